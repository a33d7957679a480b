"""Clipping and AdamW where a step has few tokens: no matrix's gradient is ever whole.

The gradient of a weight is dY' X, of T tokens' outward gradients and inputs. Written out for every
weight, read for the norm and read again by AdamW, it costs a small step more time than to multiply
it. Its norm needs only products of T by T (Goodfellow 2015, "Efficient per-example gradient
computations"): |dY' X|^2 is the sum over (X X') * (dY dY'). With that known, each gradient is made a
few rows at a time, in memory that never leaves the cache, and used at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from semeval_emo.zoo.engine.flat_parameters import FlatParameters, FusedLinear

TOKENS = 128
"""Up to so many tokens a step, products of tokens by tokens cost less than the gradient's way through memory."""

ROWS = 2**20
"""Numbers of a gradient made at once, four megabytes: fewer are not worth a call, more would leave the cache."""


@dataclass(frozen=True, eq=False)
class Piece:
    """What one call of the fused kernel moves.

    Attributes:
        group: of the optimizer.
        state: of the group's block: ``step`` and both moments.
        moved: some rows of a weight and of its two moments.
        gradient: where its gradient lies, or is made.
        product: whose weight it is; None where autograd has written the gradient.
        rows: of that product.
    """

    group: dict[str, Any]
    state: dict[str, torch.Tensor]
    moved: list[torch.Tensor]
    gradient: torch.Tensor
    product: FusedLinear | None = None
    rows: slice | None = None


class SmallBatchAdamW:
    """Steps of an optimizer over flat parameters, from what the products hold.

    Args:
        clip: largest norm of the gradient; 0 never clips.
    """

    def __init__(
        self, flat: FlatParameters, optimizer: torch.optim.AdamW, products: Sequence[FusedLinear], clip: float
    ) -> None:
        self.flat, self.optimizer, self.clip = flat, optimizer, clip
        self.products = [product for product in products if product.written]
        self._pieces: list[Piece] = []

    def able(self, tokens: int, batches: int) -> bool:
        """Whether a step of so many tokens and batches is better made this way."""
        # A GPU has the bandwidth, and would wait for so many small calls.
        on_cpu = self.flat.groups[0]["params"][0].device.type == "cpu"
        return on_cpu and batches == 1 and tokens <= TOKENS and bool(self.products)

    @torch.no_grad()
    def step(self) -> None:
        """Moves the parameters once."""
        if not self._pieces or any(p.state is not self.optimizer.state[p.group["params"][0]] for p in self._pieces):
            self._pieces = list(self._cut())
        scale = self.scale() if self.clip > 0 else None
        for group in self.optimizer.param_groups:
            self.optimizer.state[group["params"][0]]["step"] += 1
        for piece in self._pieces:
            if piece.product is not None:
                # Rows of dY' X.
                grad_output, states = piece.product.held()
                torch.mm(grad_output[:, piece.rows].t(), states, out=piece.gradient)
            group, (beta1, beta2) = piece.group, piece.group["betas"]
            weight, first, second = piece.moved
            torch._fused_adamw_(
                [weight], [piece.gradient], [first], [second], [], [piece.state["step"]],
                amsgrad=False, lr=group["lr"], beta1=beta1, beta2=beta2, weight_decay=group["weight_decay"],
                eps=group["eps"], maximize=False, grad_scale=scale, found_inf=None,
            )  # fmt: skip
        for product in self.products:
            product.drop()
        # Tells the schedule, which watches the optimizer's own method, that it has moved.
        self.optimizer._opt_called = True  # type: ignore[attr-defined]

    def scale(self) -> torch.Tensor | None:
        """What gradients must be divided by; None for nothing."""
        squares = [piece.gradient.square().sum() for piece in self._pieces if piece.product is None]
        for product in self.products:
            grad_output, states = product.held()
            squares.append((states @ states.t()).mul_(grad_output @ grad_output.t()).sum())
        return self.flat.too_long(torch.stack(squares).sum().sqrt(), self.clip)

    def _cut(self) -> Iterator[Piece]:
        """Cuts all blocks into pieces, and gives the optimizer the state that its first step would."""
        scratch = torch.empty(max([ROWS, *(product.weight.shape[1] for product in self.products)]))
        written = {gradient.data_ptr() for product in self.products for gradient in product.written}
        for group in self.optimizer.param_groups:
            (block,) = group["params"]
            state = self.optimizer.state[block]
            if not state:
                state |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(block)}
                state["exp_avg_sq"] = torch.zeros_like(block)
            parts = [block.detach(), state["exp_avg"], state["exp_avg_sq"]]
            for name in group["names"]:
                p = self.flat.parameters[name]
                if p.grad is not None and p.grad.data_ptr() not in written:
                    yield Piece(group, state, [_part(part, p) for part in parts], p.grad)
            for product in self.products:
                weight = product.weight
                if weight.untyped_storage().data_ptr() != block.untyped_storage().data_ptr():
                    continue
                views = [_part(part, weight) for part in parts]
                each = max(1, ROWS // weight.shape[1])
                for start in range(0, len(weight), each):
                    rows = slice(start, min(start + each, len(weight)))
                    shape = (rows.stop - start, weight.shape[1])
                    gradient = scratch[: shape[0] * shape[1]].view(shape)
                    yield Piece(group, state, [view[rows] for view in views], gradient, product, rows)


def _part(block: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """What belongs to a parameter in something of its block's size."""
    begin = parameter.storage_offset()
    return block[begin : begin + parameter.numel()].view(parameter.shape)
