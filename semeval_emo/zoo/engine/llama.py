"""The layers of a Llama on concatenated texts, without padding; the last layer computes only the last tokens.

The mathematics is that of Hugging Face's ``LlamaForSequenceClassification`` on a right-padded batch (a test compares
both to 1e-5). Linear layers and norms process each token once. Only attention is padded, since its cost is small. In
the last layer only the last token of each text is a query, because the head reads no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional
from transformers import LlamaForSequenceClassification

from semeval_emo.zoo.engine.attention import PackedSequences, grouped_attention, select_rows
from semeval_emo.zoo.engine.flat_parameters import FusedLinear
from semeval_emo.zoo.engine.packed_linear import PackedLinear, SwiGLU
from semeval_emo.zoo.engine.rms_norm import rms_norm, rms_norm_without_weight


def is_llama(model: Any) -> bool:
    """Return whether this module can run the layers of a model."""
    if type(model) is not LlamaForSequenceClassification:
        return False
    return model.config.attention_dropout == 0.0 and model.config.hidden_act == "silu"


class PackedLlamaLayer:
    """A layer of a Llama; linear layers with the same input are one matrix product.

    Args:
        last: whether this is the layer after which only last tokens are read.
        copy_dtype: dtype of a copy of the weights, for inference with frozen weights; None uses the weights themselves.
    """

    def __init__(self, layer: Any, config: Any, last: bool, copy_dtype: torch.dtype | None) -> None:
        def fuse(*layers: torch.nn.Linear, preceding_norm: Any = None) -> FusedLinear | PackedLinear:
            scale = None if preceding_norm is None else preceding_norm.weight
            return FusedLinear(layers) if copy_dtype is None else PackedLinear(layers, copy_dtype, scale)

        attention, mlp = layer.self_attn, layer.mlp
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads, config.num_key_value_heads, attention.head_dim,
        )  # fmt: skip
        self.last = last
        self.input_norm, self.mlp_norm = layer.input_layernorm, layer.post_attention_layernorm
        if last:
            self.q_proj = fuse(attention.q_proj, preceding_norm=self.input_norm)
            self.kv_proj = fuse(attention.k_proj, attention.v_proj, preceding_norm=self.input_norm)
        else:
            self.qkv_proj = fuse(attention.q_proj, attention.k_proj, attention.v_proj, preceding_norm=self.input_norm)
        self.o_proj = fuse(attention.o_proj)
        self._copy_dtype = copy_dtype
        self.gate_up_proj = (
            FusedLinear([mlp.gate_proj, mlp.up_proj])
            if copy_dtype is None
            else SwiGLU(mlp.gate_proj, mlp.up_proj, copy_dtype, self.mlp_norm.weight)
        )
        self.down_proj = fuse(mlp.down_proj)

    @property
    def fused_layers(self) -> list[FusedLinear]:
        """The matrix products with trainable weights."""
        attention = [self.q_proj, self.kv_proj] if self.last else [self.qkv_proj]
        projections = [*attention, self.o_proj, self.gate_up_proj, self.down_proj]
        return [projection for projection in projections if isinstance(projection, FusedLinear)]

    def __call__(
        self, states: torch.Tensor, packed: PackedSequences, cos: torch.Tensor, sin: torch.Tensor
    ) -> torch.Tensor:
        """Map states of shape (T, hidden) to (T, hidden), or to (B, hidden) if this is the last layer."""
        normed = self._norm(self.input_norm, states)
        rotated_heads = self.heads + self.kv_heads
        if self.last:
            states = select_rows(states, packed.last_tokens)
            query = self.q_proj(select_rows(normed, packed.last_tokens)).view(-1, self.heads, self.head_dim)
            query = rotate(query, cos[packed.last_tokens], sin[packed.last_tokens])
            key, value = self.kv_proj(normed).view(-1, 2 * self.kv_heads, self.head_dim).split(self.kv_heads, dim=1)
            key = rotate(key, cos, sin)
        else:
            qkv = self.qkv_proj(normed).view(-1, rotated_heads + self.kv_heads, self.head_dim)
            query_key, value = qkv.split([rotated_heads, self.kv_heads], dim=1)
            query, key = rotate(query_key, cos, sin).split([self.heads, self.kv_heads], dim=1)
        mixed = grouped_attention(query, key, value, packed)
        if torch.is_grad_enabled():
            states = states + self.o_proj(mixed)
            return states + self.down_proj(self._gate_up(self._norm(self.mlp_norm, states)))
        # In place without gradients: allocating and writing a new tensor costs time.
        states = states.add_(self.o_proj(mixed))
        return states.add_(self.down_proj(self._gate_up(self._norm(self.mlp_norm, states))))

    def _norm(self, layer: Any, states: torch.Tensor) -> torch.Tensor:
        """Return the norm of states; copied weights include that of the norm."""
        if self._copy_dtype is not None:
            return rms_norm_without_weight(states, layer.variance_epsilon, self._copy_dtype)
        return rms_norm(states, layer.weight, layer.variance_epsilon, torch.float32)

    def _gate_up(self, normed: torch.Tensor) -> torch.Tensor:
        """Return SiLU of the gate projection times the up projection."""
        if isinstance(self.gate_up_proj, SwiGLU):
            return self.gate_up_proj(normed)
        gate, up = self.gate_up_proj(normed).chunk(2, dim=-1)
        return functional.silu(gate) * up if gate.requires_grad else functional.silu(gate, inplace=True).mul_(up)


class PackedLlamaLayers:
    """Consecutive layers of a network, run on packed states; the weights remain those of the network.

    Args:
        last_only: whether only last tokens are read after the last of the layers.
        copy_dtype: as in `PackedLlamaLayer`.
    """

    def __init__(
        self, model: Any, layers: Sequence[Any], last_only: bool, copy_dtype: torch.dtype | None = None
    ) -> None:
        self.layers = [
            PackedLlamaLayer(layer, model.config, last_only and layer is layers[-1], copy_dtype) for layer in layers
        ]
        self._rotary = model.model.rotary_emb
        self._tables: tuple[torch.Tensor, torch.Tensor] | None = None

    @property
    def fused_layers(self) -> list[FusedLinear]:
        """The matrix products with trainable weights of all layers."""
        return [fused for layer in self.layers for fused in layer.fused_layers]

    def __call__(self, states: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
        """Run the layers on states (T, hidden): return (T, hidden), or (B, hidden) of last tokens.

        Without gradients the input is overwritten.
        """
        if self.layers:
            cos, sin = self._rotations(packed, states)
            for layer in self.layers:
                states = layer(states, packed, cos, sin)
        return states

    def _rotations(self, packed: PackedSequences, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return cosines and sines of each token's position as `rotate` takes them, in the dtype of the products."""
        if self._tables is None or len(self._tables[0]) < packed.max_length:
            # Tensors created in inference mode could not be used in a later backward pass.
            with torch.inference_mode(False), torch.no_grad():
                positions = torch.arange(packed.max_length, device=states.device)[None]
                like = torch.empty(0, device=states.device)
                cos, sin = self._rotary(like, position_ids=positions)
            half = sin.shape[-1] // 2
            self._tables = (cos[0], torch.cat((-sin[0, :, :half], sin[0, :, half:]), dim=-1))
        device = states.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
        cos, sin = (table[packed.positions, None].to(dtype) for table in self._tables)
        return cos, sin


class PackedLlamaTail(PackedLlamaLayers):
    """The layers from `first` on, the final norm and the head of a network."""

    def __init__(self, model: Any, first: int, copy_dtype: torch.dtype | None = None) -> None:
        super().__init__(model, list(model.model.layers[first:]), last_only=True, copy_dtype=copy_dtype)
        self.norm = model.model.norm
        self.head = model.score

    def __call__(self, states: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
        """Return the logits of each text, shape (B, emotions).

        Args:
            states: input of layer `first`, shape (T, hidden); without layers, the states of the last tokens,
                shape (B, hidden).
        """
        states = super().__call__(states, packed)
        return self.head(rms_norm(states, self.norm.weight, self.norm.variance_epsilon, torch.float32))


def rotate(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Apply rotary position embedding (Su et al. 2021) in the layout of Hugging Face's Llama: halves, not pairs.

    Args:
        states: shape (T, heads, D).
        cos, sin: shape (T, 1, D); the first half of the sine is negated.
    """
    half = states.shape[-1] // 2
    swapped = torch.cat((states[..., half:], states[..., :half]), dim=-1)
    return swapped.mul_(sin).addcmul_(states, cos)
