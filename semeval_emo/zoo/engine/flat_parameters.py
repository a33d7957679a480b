"""Trainable parameters and their gradients in contiguous blocks, so that an optimizer step reads each of them once.

The gradient norm is one pass over one block, AdamW one kernel per group, and the gradient of a weight is written
directly to its block: no pass to zero, accumulate or scale. The mathematics is that of ``clip_grad_norm_`` and AdamW on
separate parameters.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from semeval_emo.zoo.engine import schedule
from semeval_emo.zoo.engine.parameter_groups import plan_groups
from semeval_emo.zoo.recipe import Recipe


class FlatParameters:
    """Moves parameters into one block per group, until `release`.

    Attributes:
        groups: optimizer groups, each with one tensor, its rates, role and the names of its parameters.
    """

    def __init__(self, parameters: Mapping[str, torch.nn.Parameter], recipe: Recipe) -> None:
        self.parameters = dict(parameters)
        first = next(iter(parameters.values()))
        self._gradient = first.new_zeros(sum(p.numel() for p in parameters.values()))
        self.groups: list[dict[str, Any]] = []
        start = 0
        for group in plan_groups(list(parameters), recipe):
            members = [parameters[name] for name in group.names]
            block = torch.nn.Parameter(torch.cat([p.detach().reshape(-1) for p in members]))
            block.grad = self._gradient[start : start + block.numel()]
            offset = 0
            for p in members:
                p.data = block.data[offset : offset + p.numel()].view(p.shape)
                p.grad = block.grad[offset : offset + p.numel()].view(p.shape)
                offset += p.numel()
            start += offset
            rates = {"lr": group.lr, "weight_decay": group.weight_decay, "role": group.role}
            self.groups.append({"params": [block], "names": group.names, **rates})

    def grad_norm(self) -> torch.Tensor:
        """Return the norm of all gradients."""
        return torch.linalg.vector_norm(self._gradient)

    def release(self) -> None:
        """Give each parameter its own memory again."""
        for p in self.parameters.values():
            p.data = p.data.clone()
            p.grad = None


def clip_divisor(norm: torch.Tensor, max_norm: float) -> torch.Tensor | None:
    """Return the number to divide gradients of this norm by, as ``clip_grad_norm_`` does; None for no clipping."""
    divisor = (norm + 1e-6) / max_norm
    if divisor.device.type != "cpu":
        # Not read: a GPU would be waited for.
        return divisor.clamp(min=1)
    return divisor if divisor > 1 else None


class FlatAdamW:
    """AdamW with gradient clipping on flat parameters; `clip` is the maximum norm, 0 for no clipping."""

    def __init__(self, flat: FlatParameters, clip: float) -> None:
        self.flat, self.clip = flat, clip
        self.optimizer = schedule.adamw(flat.groups)

    def step(self) -> None:
        """Update the parameters; the fused kernel divides the gradients while reading them."""
        # torch's GradScaler uses the same attribute to pass a divisor to a fused optimizer.
        self.optimizer.grad_scale = self.clip_divisor() if self.clip > 0 else None  # type: ignore[attr-defined]
        self.optimizer.step()

    def clip_divisor(self) -> torch.Tensor | None:
        """Return the number to divide the gradients by; None for no clipping."""
        return clip_divisor(self.flat.grad_norm(), self.clip)


class FusedLinear:
    """Linear layers with the same input, as one matrix product if their weights are adjacent in memory.

    Attributes:
        weight_grads: gradients that the backward pass writes itself; empty where autograd accumulates them.
        overwrite_grads: whether the next backward pass overwrites them, or adds to them.
        defer_grads: whether the next backward pass only stores the factors of the gradient in `grad_factors`.
    """

    def __init__(self, layers: Sequence[torch.nn.Linear]) -> None:
        self.layers = list(layers)
        self.overwrite_grads, self.defer_grads = True, False
        self._grad_factors: tuple[torch.Tensor, torch.Tensor] | None = None
        weights = [layer.weight for layer in layers]
        self.weight_grads: list[torch.Tensor] = []
        if all(w.requires_grad and w.grad is not None for w in weights) and _are_adjacent(weights):
            self.weight_grads = [w.grad for w in weights if w.grad is not None]
            self.weight = _as_one_matrix(weights).requires_grad_()
            self._gradient = _as_one_matrix(self.weight_grads)

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """Return the concatenated outputs of the layers: shape (T, sum of widths)."""
        if self.weight_grads:
            outputs = _FusedLinear.apply(states, self.weight, self)
            bias = self.layers[0].bias
            return outputs if bias is None else outputs + torch.cat([layer.bias for layer in self.layers])
        return torch.cat([layer(states) for layer in self.layers], dim=-1)

    def backward_weight(self, grad_output: torch.Tensor, states: torch.Tensor) -> None:
        """Write the weight's gradient to its block, or store its factors."""
        if self.defer_grads:
            self._grad_factors = (grad_output, states)
        elif states.dtype != self._gradient.dtype:
            gradient = grad_output.t() @ states
            self._gradient.copy_(gradient) if self.overwrite_grads else self._gradient.add_(gradient)
        else:
            beta = 0 if self.overwrite_grads else 1
            torch.addmm(self._gradient, grad_output.t(), states, beta=beta, out=self._gradient)

    def grad_factors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return output gradients (T, sum of widths) and inputs (T, width); the weight's gradient is their product."""
        assert self._grad_factors is not None, "run a backward pass first"
        return self._grad_factors

    def clear_grad_factors(self) -> None:
        """Free the stored factors."""
        self._grad_factors = None


class _FusedLinear(torch.autograd.Function):
    """x W', whose backward pass writes the gradient of W directly to its block."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, weight: torch.Tensor, fused: FusedLinear) -> torch.Tensor:
        if torch.is_autocast_enabled(states.device.type):
            dtype = torch.get_autocast_dtype(states.device.type)
            states, weight = states.to(dtype), weight.to(dtype)
        ctx.save_for_backward(states, weight)
        ctx.fused = fused
        return states @ weight.t()

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor | None, None, None]:
        states, weight = ctx.saved_tensors
        with torch.no_grad():
            ctx.fused.backward_weight(grad_output[0], states)
            return (grad_output[0] @ weight if ctx.needs_input_grad[0] else None), None, None


def _are_adjacent(tensors: Sequence[torch.Tensor]) -> bool:
    """Return whether each tensor begins where the previous one ends in the same storage."""
    return all(
        a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
        and a.storage_offset() + a.numel() == b.storage_offset()
        for a, b in itertools.pairwise(tensors)
    )


def _as_one_matrix(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return a view of adjacent matrices as one."""
    rows = sum(len(t) for t in tensors)
    first = tensors[0].detach()
    return first.as_strided((rows, first.shape[1]), (first.shape[1], 1), first.storage_offset())
