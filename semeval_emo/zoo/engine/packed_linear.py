"""Linear layers that do not move, from copies of their weights in the precision and layout that products like best.

On a CPU that is oneDNN's own layout, and what follows a product is done while its result is still at hand.
Torch has operations for both, which it keeps to itself; where they are missing, the usual ones stand in.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal

import torch
from torch.nn import functional

TOKENS = 1024
"""Tokens for which the layout is chosen; products of fewer work too."""


class PackedLinear:
    """Linear layers that read the same input, as one product.

    Args:
        layers: without gradients; what they learn later is not seen.
        kind: the precision of the copy.
        scale: what the input is first multiplied by, shape (width,): the weight of a norm before them.
    """

    def __init__(self, layers: Sequence[torch.nn.Linear], kind: torch.dtype, scale: torch.Tensor | None = None) -> None:
        with torch.no_grad():
            weights = [layer.weight if scale is None else layer.weight * scale for layer in layers]
            weight = torch.cat([one.to(kind) for one in weights])
            biases = [layer.bias.detach().to(kind) for layer in layers if layer.bias is not None]
        self._kind = kind
        self._bias = torch.cat(biases) if biases else None
        self._packed = kind == torch.bfloat16 and weight.device.type == "cpu" and packs_weights()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, TOKENS) if self._packed else weight

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """Outputs of all layers, one after the other: shape (T, sum of widths)."""
        return self.product(states, "none")

    def product(self, states: torch.Tensor, then: Literal["none", "swish"]) -> torch.Tensor:
        """Outputs, or SiLU ("swish") of them."""
        states = states.to(self._kind)
        if self._packed:
            return torch.ops.mkldnn._linear_pointwise(states, self._weight, self._bias, then, [], "")
        found = functional.linear(states, self._weight, self._bias)
        return functional.silu(found) if then == "swish" else found

    def times(self, states: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """The outputs times `other`, of the same shape."""
        states = states.to(self._kind)
        if self._packed:
            return torch.ops.mkldnn._linear_pointwise.binary(states, other, self._weight, self._bias, "mul")
        return functional.linear(states, self._weight, self._bias) * other


class SwiGLU:
    """SiLU of what one layer says, times what another says of the same input; arguments as `PackedLinear` has them."""

    def __init__(
        self, gate: torch.nn.Linear, up: torch.nn.Linear, kind: torch.dtype, scale: torch.Tensor | None = None
    ) -> None:
        self._gate, self._up = PackedLinear([gate], kind, scale), PackedLinear([up], kind, scale)

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """Shape (T, width of either)."""
        return self._up.times(states, self._gate.product(states, "swish"))


@functools.cache
def packs_weights() -> bool:
    """Whether this torch has the operations, on this processor; tried out on a small product."""
    one = torch.ones(2, 16, dtype=torch.bfloat16)
    weight = torch.ones(16, 16, dtype=torch.bfloat16)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, TOKENS)
        first = torch.ops.mkldnn._linear_pointwise(one, packed, None, "swish", [], "")
        found = torch.ops.mkldnn._linear_pointwise.binary(one, first, packed, None, "mul")
    except (AttributeError, RuntimeError, TypeError):
        return False
    return bool((found == 256).all())
