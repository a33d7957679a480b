"""Packed linear layers against `torch.nn.Linear`, with and without torch's packed operations."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import packed_linear
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.packed_linear import PackedLinear, SwiGLU
from semeval_emo.zoo.engine.predictor import Predictor
from semeval_emo.zoo.recipe import Recipe


@pytest.fixture(params=["packed if supported", "not packed"])
def packing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With packed operations where torch has them, and without."""
    if request.param == "not packed":
        monkeypatch.setattr(packed_linear, "can_pack_weights", lambda: False)


@pytest.mark.usefixtures("packing")
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
@pytest.mark.parametrize("count", [1, 7, 1500])
def test_packed_linear_equals_linear(bias: bool, dtype: torch.dtype, tolerance: float, count: int):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(48, 40, bias=bias), torch.nn.Linear(48, 24, bias=bias)]
    scale, states, other = torch.rand(48) + 0.5, torch.randn(count, 48), torch.randn(count, 64)
    with torch.no_grad():
        expected = torch.cat([layer(states * scale) for layer in layers], dim=1)
        ours = PackedLinear(layers, dtype, scale)
        plain = PackedLinear(layers, dtype)
        cases = (
            (ours(states), expected),
            (ours.linear(states, "swish"), functional.silu(expected)),
            (ours.multiply(states, other.to(dtype)), expected * other),
            (SwiGLU(layers[0], layers[0], dtype, scale)(states), functional.silu(expected[:, :40]) * expected[:, :40]),
            (plain(states), torch.cat([layer(states) for layer in layers], dim=1)),
        )
    for outputs, right in cases:
        assert outputs.dtype == dtype
        torch.testing.assert_close(outputs.float(), right, atol=tolerance, rtol=tolerance)


def test_packed_linear_copies_the_weights():
    layer = torch.nn.Linear(16, 16)
    ours, states = PackedLinear([layer], torch.float32), torch.randn(3, 16)
    before = layer(states).detach()
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
    torch.testing.assert_close(ours(states), before)


@pytest.mark.parametrize("missing", [AttributeError, RuntimeError])
def test_without_packed_operations_public_ones_are_used(missing: type[Exception], monkeypatch: pytest.MonkeyPatch):
    def refuses(*_):
        raise missing("no such operation")

    packed_linear.can_pack_weights.cache_clear()
    monkeypatch.setattr(torch.ops.mkldnn, "_reorder_linear_weight", refuses)
    try:
        assert not packed_linear.can_pack_weights()
        layer = torch.nn.Linear(16, 8)
        with torch.no_grad():
            outputs = PackedLinear([layer], torch.bfloat16)(torch.ones(2, 16))
            torch.testing.assert_close(outputs.float(), layer(torch.ones(2, 16)), atol=0.03, rtol=0.03)
    finally:
        packed_linear.can_pack_weights.cache_clear()


@pytest.mark.usefixtures("packing")
def test_bf16_predictions_are_close_to_fp32(tiny: Recipe):
    network = build(tiny, Space(("anger", "joy")), Progress())
    with torch.no_grad():
        for layer in network.model.model.layers:
            # With weights of 1 a missing norm would not be noticed.
            layer.input_layernorm.weight.uniform_(0.3, 2.0)
            layer.post_attention_layernorm.weight.uniform_(0.3, 2.0)
    low = replace(network, recipe=replace(tiny, train=replace(tiny.train, precision="bf16")))
    texts = [f"{'so glad ' * (i % 30)}number {i}" for i in range(90)]
    exact, rounded = (Predictor(each).probabilities(texts, Progress()) for each in (network, low))
    assert exact.std(0).min() > 1e-3
    assert 0 < abs(rounded - exact).max() < 0.02
