"""Linear layers for inference, on copies of their weights in the fastest dtype and memory layout.

On a CPU that is bf16 in oneDNN's own layout, with activations fused into the product. Torch has private operations for
this; where they are missing, the public ones are used.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal

import torch
from torch.nn import functional

LAYOUT_TOKENS = 1024
"""Number of tokens for which oneDNN chooses the layout; products of other sizes work too."""


class PackedLinear:
    """Linear layers with the same input, as one matrix product.

    Args:
        layers: their weights are copied; later changes have no effect.
        dtype: of the copy, and of the product.
        scale: multiplied with the input first, shape (width,): the weight of a preceding norm.
    """

    def __init__(
        self, layers: Sequence[torch.nn.Linear], dtype: torch.dtype, scale: torch.Tensor | None = None
    ) -> None:
        with torch.no_grad():
            weights = [layer.weight if scale is None else layer.weight * scale for layer in layers]
            weight = torch.cat([each.to(dtype) for each in weights])
            biases = [layer.bias.detach().to(dtype) for layer in layers if layer.bias is not None]
        self._dtype = dtype
        self._bias = torch.cat(biases) if biases else None
        self._packed = dtype == torch.bfloat16 and weight.device.type == "cpu" and can_pack_weights()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, LAYOUT_TOKENS) if self._packed else weight

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """Return the concatenated outputs of the layers: shape (T, sum of widths)."""
        return self.linear(states, "none")

    def linear(self, states: torch.Tensor, activation: Literal["none", "swish"]) -> torch.Tensor:
        """Return the outputs, or SiLU ("swish") of them."""
        states = states.to(self._dtype)
        if self._packed:
            return torch.ops.mkldnn._linear_pointwise(states, self._weight, self._bias, activation, [], "")
        outputs = functional.linear(states, self._weight, self._bias)
        return functional.silu(outputs) if activation == "swish" else outputs

    def multiply(self, states: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return the outputs times a factor of the same shape."""
        states = states.to(self._dtype)
        if self._packed:
            return torch.ops.mkldnn._linear_pointwise.binary(states, factor, self._weight, self._bias, "mul")
        return functional.linear(states, self._weight, self._bias) * factor


class SwiGLU:
    """SiLU of the gate layer's output times the up layer's output; arguments as in `PackedLinear`."""

    def __init__(
        self,
        gate_proj: torch.nn.Linear,
        up_proj: torch.nn.Linear,
        dtype: torch.dtype,
        scale: torch.Tensor | None = None,
    ) -> None:
        self._gate, self._up = PackedLinear([gate_proj], dtype, scale), PackedLinear([up_proj], dtype, scale)

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        """Return the gated outputs: shape (T, width of one layer)."""
        return self._up.multiply(states, self._gate.linear(states, "swish"))


@functools.cache
def can_pack_weights() -> bool:
    """Return whether torch has the operations and they work on this CPU, tested on a small product."""
    ones = torch.ones(2, 16, dtype=torch.bfloat16)
    weight = torch.ones(16, 16, dtype=torch.bfloat16)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, LAYOUT_TOKENS)
        gate = torch.ops.mkldnn._linear_pointwise(ones, packed, None, "swish", [], "")
        product = torch.ops.mkldnn._linear_pointwise.binary(ones, gate, packed, None, "mul")
    except (AttributeError, RuntimeError, TypeError):
        return False
    return bool((product == 256).all())
