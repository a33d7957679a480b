"""The norm of Llama and Gemma, compared with torch's."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from semeval_emo.zoo.engine.rms_norm import rms_norm, rms_norm_without_weight


@pytest.mark.parametrize("shape", [(5, 16), (5, 3, 16)])
@pytest.mark.parametrize("frozen", [False, True])
def test_norm_and_gradients_are_those_of_torch(shape: tuple[int, ...], frozen: bool):
    generator = torch.Generator().manual_seed(0)
    states, weight, gradient = (torch.randn(size, generator=generator) for size in (shape, shape[-1:], shape))
    found = []
    for norm in (
        lambda x, w: rms_norm(x, w, 1e-6, torch.float32),
        lambda x, w: functional.rms_norm(x, w.shape, w, 1e-6),
    ):
        x, w = states.clone().requires_grad_(), weight.clone().requires_grad_(not frozen)
        out = norm(x, w)
        out.backward(gradient)
        found.append((out.detach(), x.grad, torch.zeros(()) if frozen else w.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_a_norm_in_bf16_is_computed_in_fp32():
    states, weight = 100 * torch.randn(4, 64, generator=torch.Generator().manual_seed(0)), torch.full((64,), 2.0)
    exact = functional.rms_norm(states.bfloat16().float(), (64,), weight, 1e-6)
    found = rms_norm(states.bfloat16().requires_grad_(), weight, 1e-6, torch.bfloat16)
    assert (found == exact.bfloat16()).all()
    assert (2 * rms_norm_without_weight(states.bfloat16(), 1e-6, torch.float32) - exact).abs().max() < 1e-5
    found.sum().backward()
