"""Gradient clipping and AdamW for steps with few tokens, without materializing the gradients of weight matrices.

The gradient of a weight is dY' X, with the output gradients dY and inputs X of T tokens. Writing it for every weight,
reading it for the norm and again for AdamW takes longer than computing it in a small step. Its norm only needs
products of shape T by T (Goodfellow 2015, "Efficient per-example gradient computations"): |dY' X|^2 is the sum of
(X X') * (dY dY'). Then each gradient is computed a few rows at a time, in a buffer that stays in the cache, and used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from semeval_emo.zoo.engine.flat_parameters import FlatParameters, FusedLinear, clip_divisor

MAX_TOKENS = 128
"""With up to this many tokens, T by T products are cheaper than writing and reading the gradients."""

SLICE_SIZE = 2**20
"""Numbers of a gradient computed at once (4 MB): smaller slices have more overhead, larger ones leave the cache."""


@dataclass(frozen=True, eq=False)
class UpdateSlice:
    """What one call of the fused AdamW kernel updates.

    Attributes:
        state: optimizer state of the group's block: ``step`` and both moments.
        weight_and_moments: views of some rows of a weight and of its two moments.
        gradient: the gradient that autograd wrote, or the buffer for it.
        fused: the layers whose gradient is computed here; None where autograd wrote it.
        rows: rows of the fused weight.
    """

    group: dict[str, Any]
    state: dict[str, torch.Tensor]
    weight_and_moments: list[torch.Tensor]
    gradient: torch.Tensor
    fused: FusedLinear | None = None
    rows: slice | None = None


class SmallBatchAdamW:
    """AdamW with gradient clipping, as `FlatAdamW`, from the deferred gradients of fused layers."""

    def __init__(
        self, flat: FlatParameters, optimizer: torch.optim.AdamW, fused_layers: Sequence[FusedLinear], clip: float
    ) -> None:
        self.flat, self.optimizer, self.clip = flat, optimizer, clip
        self.fused_layers = [fused for fused in fused_layers if fused.weight_grads]
        self._slices: list[UpdateSlice] = []

    def is_faster(self, tokens: int, batches: int) -> bool:
        """Return whether a step with this number of tokens and accumulated batches is faster with it."""
        # A GPU has the memory bandwidth, and many small kernels would slow it down.
        on_cpu = self.flat.groups[0]["params"][0].device.type == "cpu"
        return on_cpu and batches == 1 and tokens <= MAX_TOKENS and bool(self.fused_layers)

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters."""
        # `load_state_dict` replaces the optimizer's state.
        if not self._slices or any(s.state is not self.optimizer.state[s.group["params"][0]] for s in self._slices):
            self._slices = list(self._make_slices())
        divisor = self.clip_divisor() if self.clip > 0 else None
        for group in self.optimizer.param_groups:
            self.optimizer.state[group["params"][0]]["step"] += 1
        for part in self._slices:
            if part.fused is not None:
                # Rows of dY' X.
                grad_output, states = part.fused.grad_factors()
                torch.mm(grad_output[:, part.rows].t(), states, out=part.gradient)
            group, (beta1, beta2) = part.group, part.group["betas"]
            weight, first, second = part.weight_and_moments
            torch._fused_adamw_(
                [weight], [part.gradient], [first], [second], [], [part.state["step"]],
                amsgrad=False, lr=group["lr"], beta1=beta1, beta2=beta2, weight_decay=group["weight_decay"],
                eps=group["eps"], maximize=False, grad_scale=divisor, found_inf=None,
            )  # fmt: skip
        for fused in self.fused_layers:
            fused.clear_grad_factors()
        # The schedule checks this attribute, which the optimizer's own `step` sets.
        self.optimizer._opt_called = True  # type: ignore[attr-defined]

    def clip_divisor(self) -> torch.Tensor | None:
        """Return the number to divide the gradients by; None for no clipping."""
        squares = [part.gradient.square().sum() for part in self._slices if part.fused is None]
        for fused in self.fused_layers:
            grad_output, states = fused.grad_factors()
            squares.append((states @ states.t()).mul_(grad_output @ grad_output.t()).sum())
        return clip_divisor(torch.stack(squares).sum().sqrt(), self.clip)

    def _make_slices(self) -> Iterator[UpdateSlice]:
        """Divide all blocks into slices, and create the optimizer state that its first step would create."""
        buffer = torch.empty(max([SLICE_SIZE, *(fused.weight.shape[1] for fused in self.fused_layers)]))
        written = {gradient.data_ptr() for fused in self.fused_layers for gradient in fused.weight_grads}
        for group in self.optimizer.param_groups:
            (block,) = group["params"]
            state = self.optimizer.state[block]
            if not state:
                state |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(block)}
                state["exp_avg_sq"] = torch.zeros_like(block)
            tensors = [block.detach(), state["exp_avg"], state["exp_avg_sq"]]
            for name in group["names"]:
                p = self.flat.parameters[name]
                if p.grad is not None and p.grad.data_ptr() not in written:
                    yield UpdateSlice(group, state, [_view_like(tensor, p) for tensor in tensors], p.grad)
            for fused in self.fused_layers:
                weight = fused.weight
                if weight.untyped_storage().data_ptr() != block.untyped_storage().data_ptr():
                    continue
                views = [_view_like(tensor, weight) for tensor in tensors]
                size = max(1, SLICE_SIZE // weight.shape[1])
                for start in range(0, len(weight), size):
                    rows = slice(start, min(start + size, len(weight)))
                    shape = (rows.stop - start, weight.shape[1])
                    gradient = buffer[: shape[0] * shape[1]].view(shape)
                    yield UpdateSlice(group, state, [view[rows] for view in views], gradient, fused, rows)


def _view_like(tensor: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """Return a parameter's part of a tensor as large as the parameter's block."""
    start = parameter.storage_offset()
    return tensor[start : start + parameter.numel()].view(parameter.shape)
