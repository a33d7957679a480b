"""Trained parameters and their gradients side by side in memory, so that a step touches each of them once.

The norm of the gradient is one pass over one block, AdamW one kernel a group, and the gradient of a
weight is written straight to its place: no pass to clear, none to add, none to scale. The mathematics
is that of ``clip_grad_norm_`` and AdamW on the parameters one by one.
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
    """Moves parameters into one block a group, and keeps them there until `release`.

    Attributes:
        groups: what an optimizer takes: one tensor a group, with the group's rates, role and names.
    """

    def __init__(self, parameters: Mapping[str, torch.nn.Parameter], recipe: Recipe) -> None:
        self.parameters = dict(parameters)
        like = next(iter(parameters.values()))
        self._gradient = like.new_zeros(sum(p.numel() for p in parameters.values()))
        self.groups: list[dict[str, Any]] = []
        begin = 0
        for group in plan_groups(list(parameters), recipe):
            members = [parameters[name] for name in group.names]
            block = torch.nn.Parameter(torch.cat([p.detach().reshape(-1) for p in members]))
            block.grad = self._gradient[begin : begin + block.numel()]
            place = 0
            for p in members:
                p.data = block.data[place : place + p.numel()].view(p.shape)
                p.grad = block.grad[place : place + p.numel()].view(p.shape)
                place += p.numel()
            begin += place
            rates = {"lr": group.lr, "weight_decay": group.weight_decay, "role": group.role}
            self.groups.append({"params": [block], "names": group.names, **rates})

    def scale(self, largest: float) -> torch.Tensor | None:
        """What gradients must be divided by so that their norm is at most this; None for nothing."""
        return self.too_long(torch.linalg.vector_norm(self._gradient), largest)

    @staticmethod
    def too_long(norm: torch.Tensor, largest: float) -> torch.Tensor | None:
        """What gradients of this norm must be divided by; None for nothing."""
        times = (norm + 1e-6) / largest
        return times if times > 1 else None

    def release(self) -> None:
        """Gives each parameter memory of its own again."""
        for p in self.parameters.values():
            p.data = p.data.clone()
            p.grad = None


class Stepper:
    """Clipping and AdamW over flat parameters.

    Args:
        clip: largest norm of the gradient; 0 never clips.
    """

    def __init__(self, flat: FlatParameters, clip: float) -> None:
        self.flat, self.clip = flat, clip
        self.optimizer = schedule.adamw(flat.groups)

    def step(self) -> None:
        """Moves the parameters; the fused kernel divides the gradients while it reads them."""
        # The attribute by which torch's own GradScaler tells a fused optimizer the same thing.
        self.optimizer.grad_scale = self.flat.scale(self.clip) if self.clip > 0 else None  # type: ignore[attr-defined]
        self.optimizer.step()


class FusedLinear:
    """Linear layers that read the same input, as one matrix product where their weights lie side by side.

    Args:
        layers: ``torch.nn.Linear`` each.

    Attributes:
        written: the gradients that a backward pass writes itself.
        anew: True where the next backward pass overwrites them, False where it adds.
        holding: True where the next backward pass writes nothing, and what it would have multiplied is `held`.
    """

    def __init__(self, layers: Sequence[torch.nn.Linear]) -> None:
        self.layers = list(layers)
        self.anew, self.holding = True, False
        self._held: tuple[torch.Tensor, torch.Tensor] | None = None
        weights = [layer.weight for layer in layers]
        self.written: list[torch.Tensor] = []
        if all(w.requires_grad and w.grad is not None for w in weights) and _adjoining(weights):
            self.written = [w.grad for w in weights if w.grad is not None]
            self.weight = _joined(weights).requires_grad_()
            self._gradient = _joined(self.written)

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """Outputs of all layers, one after the other: shape (T, sum of widths)."""
        if self.written:
            mixed = _FusedLinear.apply(states, self.weight, self)
            return mixed if self.layers[0].bias is None else mixed + torch.cat([layer.bias for layer in self.layers])
        return torch.cat([layer(states) for layer in self.layers], dim=-1)

    def take(self, grad_output: torch.Tensor, states: torch.Tensor) -> None:
        """Writes the weight's gradient to its place, or keeps what it is made of."""
        if self.holding:
            self._held = (grad_output, states)
        elif states.dtype != self._gradient.dtype:
            found = (grad_output.t() @ states).to(self._gradient.dtype)
            self._gradient.copy_(found) if self.anew else self._gradient.add_(found)
        else:
            beta = 0 if self.anew else 1
            torch.addmm(self._gradient, grad_output.t(), states, beta=beta, out=self._gradient)

    def held(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Outward gradients (T, sum of widths) and inputs (T, width): the weight's gradient is one times the other."""
        assert self._held is not None, "a backward pass comes first"
        return self._held

    def drop(self) -> None:
        """Forgets what is held."""
        self._held = None


class _FusedLinear(torch.autograd.Function):
    """x W', whose backward pass writes the gradient of W straight to its place."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, weight: torch.Tensor, product: FusedLinear) -> torch.Tensor:
        if torch.is_autocast_enabled(states.device.type):
            kind = torch.get_autocast_dtype(states.device.type)
            states, weight = states.to(kind), weight.to(kind)
        ctx.save_for_backward(states, weight)
        ctx.product = product
        return states @ weight.t()

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor | None, None, None]:
        states, weight = ctx.saved_tensors
        with torch.no_grad():
            ctx.product.take(grad_output[0], states)
            return (grad_output[0] @ weight if ctx.needs_input_grad[0] else None), None, None


def _adjoining(tensors: Sequence[torch.Tensor]) -> bool:
    """Whether each begins where the one before ends, in the same storage."""
    return all(
        a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
        and a.storage_offset() + a.numel() == b.storage_offset()
        for a, b in itertools.pairwise(tensors)
    )


def _joined(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """One matrix over adjoining ones."""
    rows = sum(len(t) for t in tensors)
    first = tensors[0].detach()
    return first.as_strided((rows, first.shape[1]), (first.shape[1], 1), first.storage_offset())
