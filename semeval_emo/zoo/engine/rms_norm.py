"""Root-mean-square norm (Zhang and Sennrich 2019), computed in fp32, with a backward pass of its own.

On a CPU, torch computes this norm by six operations, and differentiates each of them. Both passes are bound by
memory, so this one has fewer operations on the whole states.
"""

from __future__ import annotations

from typing import Any

import torch


def rms_norm(states: torch.Tensor, weight: torch.Tensor, epsilon: float, dtype: torch.dtype) -> torch.Tensor:
    """Return the norm of states (..., width) over the last axis, times a weight (width,), in the given dtype."""
    if torch.compiler.is_compiling():
        # Without operations in place, so that torch can differentiate and fuse it.
        states = states.float()
        return (states * (states.square().mean(-1, keepdim=True) + epsilon).rsqrt() * weight).to(dtype)
    return _RmsNorm.apply(states, weight, epsilon, dtype)


def rms_norm_without_weight(states: torch.Tensor, epsilon: float, dtype: torch.dtype) -> torch.Tensor:
    """Return `rms_norm` before the multiplication by its weight. Not differentiable."""
    return _normalise(states, epsilon)[0].to(dtype)


def _normalise(states: torch.Tensor, epsilon: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return normalised states (..., width) and what they were multiplied by (..., 1), in fp32."""
    states = states.float()
    length = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
    factor = length.square_().div_(states.shape[-1]).add_(epsilon).rsqrt_()
    return states * factor, factor


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, epsilon: float, dtype: torch.dtype
    ) -> torch.Tensor:
        normed, factor = _normalise(states, epsilon)
        ctx.save_for_backward(normed, factor, weight)
        ctx.dtype = states.dtype
        return (normed * weight).to(dtype)

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None, None, None]:
        normed, factor, weight = ctx.saved_tensors
        gradient = grad_output[0].float()
        product = gradient * normed
        weight_gradient = product.flatten(0, -2).sum(0) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[0]:
            return None, weight_gradient, None, None
        # The part of the gradient along the states does not change their direction, so it is taken away.
        along = (product @ weight).div_(-normed.shape[-1]).unsqueeze_(-1)
        states_gradient = (gradient * weight).addcmul_(normed, along).mul_(factor)
        return states_gradient.to(ctx.dtype), weight_gradient, None, None
