"""The layers of a bidirectional Gemma 3, such as EmbeddingGemma, on concatenated texts, without padding.

The mathematics is that of Hugging Face's ``Gemma3TextModel`` under a head on the mean of its states (a test compares
both to 1e-5). Linear layers and norms process each token once. Only attention is padded, since its cost is small.
Norms, rotary embeddings and activations are compiled if there are many tokens.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional
from transformers import Gemma3TextModel

from semeval_emo.zoo.engine.attention import PackedSequences, grouped_attention
from semeval_emo.zoo.engine.compiled import compiled
from semeval_emo.zoo.engine.flat_parameters import FusedLinear
from semeval_emo.zoo.engine.llama import rotate
from semeval_emo.zoo.engine.packed_linear import PackedLinear
from semeval_emo.zoo.engine.pooling import MeanPooled
from semeval_emo.zoo.engine.rms_norm import rms_norm


def is_gemma(model: Any, max_length: int) -> bool:
    """Return whether this module can run the layers of a model on texts of at most `max_length` tokens."""
    encoder = model.model if isinstance(model, MeanPooled) else model
    if type(encoder) is not Gemma3TextModel:
        return False
    config = encoder.config
    return (
        bool(config.use_bidirectional_attention)
        and config.attention_dropout == 0.0
        and config.hidden_activation == "gelu_pytorch_tanh"
        and not config.attn_logit_softcapping
        # Longer texts would need the window of local layers.
        and max_length <= (config.sliding_window or max_length)
    )


class PackedGemmaLayer:
    """A layer of a Gemma 3; linear layers with the same input are one matrix product.

    Args:
        copy_dtype: dtype of a copy of the weights, for inference with frozen weights; None uses the weights themselves.
        compiling: whether the operations between matrix products are compiled.
    """

    def __init__(self, layer: Any, copy_dtype: torch.dtype | None, *, compiling: bool) -> None:
        def fuse(*layers: torch.nn.Linear) -> FusedLinear | PackedLinear:
            return FusedLinear(layers) if copy_dtype is None else PackedLinear(layers, copy_dtype)

        attention, mlp = layer.self_attn, layer.mlp
        config = attention.config
        self.compiling = compiling
        self.layer_type = attention.layer_type
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim, self.scale = attention.head_dim, attention.scaling
        self.q_norm, self.k_norm = attention.q_norm, attention.k_norm
        self.input_norm, self.attention_norm = layer.input_layernorm, layer.post_attention_layernorm
        self.mlp_input_norm, self.mlp_norm = layer.pre_feedforward_layernorm, layer.post_feedforward_layernorm
        self.qkv_proj = fuse(attention.q_proj, attention.k_proj, attention.v_proj)
        self.o_proj = fuse(attention.o_proj)
        self.gate_up_proj = fuse(mlp.gate_proj, mlp.up_proj)
        self.down_proj = fuse(mlp.down_proj)

    @property
    def fused_layers(self) -> list[FusedLinear]:
        """The matrix products with trainable weights."""
        projections = [self.qkv_proj, self.o_proj, self.gate_up_proj, self.down_proj]
        return [projection for projection in projections if isinstance(projection, FusedLinear)]

    def __call__(
        self, states: torch.Tensor, packed: PackedSequences, cos: torch.Tensor, sin: torch.Tensor
    ) -> torch.Tensor:
        """Map states of shape (T, hidden) to (T, hidden)."""
        dtype = _product_dtype(states)
        qkv = self.qkv_proj(self._run(_normed, states, self.input_norm.weight, self.input_norm.eps, dtype))
        query, key, value = self._run(
            _rotated, qkv.view(len(states), -1, self.head_dim), self.heads, self.kv_heads, self.q_norm.weight,
            self.k_norm.weight, self.q_norm.eps, cos, sin,
        )  # fmt: skip
        mixed = grouped_attention(query, key, value, packed, causal=False, scale=self.scale)
        states, normed = self._run(
            _added, states, self.o_proj(mixed), self.attention_norm.weight, self.mlp_input_norm.weight,
            self.attention_norm.eps, dtype,
        )  # fmt: skip
        outputs = self.down_proj(self._run(_gated, self.gate_up_proj(normed)))
        return self._run(_residual, states, outputs, self.mlp_norm.weight, self.mlp_norm.eps)

    def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return (compiled(function) if self.compiling else function)(*arguments)


class PackedGemmaLayers:
    """Consecutive layers of an encoder, run on packed states; the weights remain those of the encoder."""

    def __init__(
        self, encoder: Any, layers: Sequence[Any], copy_dtype: torch.dtype | None = None, *, compiling: bool = False
    ) -> None:
        self.layers = [PackedGemmaLayer(layer, copy_dtype, compiling=compiling) for layer in layers]
        self._ready, self._lock = not compiling, threading.Lock()
        self._rotary = encoder.rotary_emb
        self._tables: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    @property
    def fused_layers(self) -> list[FusedLinear]:
        """The matrix products with trainable weights of all layers."""
        return [fused for layer in self.layers for fused in layer.fused_layers]

    def __call__(self, states: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
        """Run the layers on states (T, hidden) and return the same shape."""
        kinds = {layer.layer_type for layer in self.layers}
        rotations = {kind: self._rotations(kind, packed, states) for kind in kinds}
        for layer in self.layers:
            # Threads that compile a function at the same time would each keep a version of it.
            with contextlib.nullcontext() if self._ready else self._lock:
                states = layer(states, packed, *rotations[layer.layer_type])
            self._ready = True
        return states

    def _rotations(self, kind: str, packed: PackedSequences, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return cosines and sines of each token's position as `rotate` takes them, in the dtype of the products."""
        if kind not in self._tables or len(self._tables[kind][0]) < packed.max_length:
            # Tensors created in inference mode could not be used in a later backward pass.
            with torch.inference_mode(False), torch.no_grad():
                positions = torch.arange(packed.max_length, device=states.device)[None]
                cos, sin = self._rotary(torch.empty(0, device=states.device), positions, kind)
            half = sin.shape[-1] // 2
            self._tables[kind] = (cos[0], torch.cat((-sin[0, :, :half], sin[0, :, half:]), dim=-1))
        cos, sin = (table[packed.positions, None].to(_product_dtype(states)) for table in self._tables[kind])
        return cos, sin


class PackedGemmaEncoder(PackedGemmaLayers):
    """All layers of an encoder, from token ids to the states after the final norm."""

    def __init__(self, encoder: Any, copy_dtype: torch.dtype | None = None, *, compiling: bool = False) -> None:
        super().__init__(encoder, list(encoder.layers), copy_dtype, compiling=compiling)
        self.embed_tokens, self.norm = encoder.embed_tokens, encoder.norm

    def encode(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, PackedSequences]:
        """Return the states of the tokens of some texts, shape (T, hidden), fp32, and where each text is."""
        device = self.norm.weight.device
        packed = PackedSequences.from_lengths([len(row) for row in rows], device)
        ids = torch.tensor([token for row in rows for token in row], device=device)
        return _normed(self(self.embed_tokens(ids), packed), self.norm.weight, self.norm.eps, torch.float32), packed


class PackedGemmaTail(PackedGemmaLayers):
    """The layers from `first` on, the final norm, and the head on the mean over tokens of a `MeanPooled`."""

    def __init__(self, model: MeanPooled, first: int, *, compiling: bool = False) -> None:
        super().__init__(model.model, list(model.model.layers[first:]), compiling=compiling)
        self.norm, self.head = model.model.norm, model.score

    def __call__(self, states: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
        """Return the logits of each text, shape (B, emotions), from the input of layer `first`, shape (T, hidden)."""
        states = _normed(super().__call__(states, packed), self.norm.weight, self.norm.eps, torch.float32)
        return self.head(packed.mean(states))


def _product_dtype(states: torch.Tensor) -> torch.dtype:
    """Return the dtype of matrix products: that of autocast, else that of the states."""
    device = states.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype


def _normed(states: torch.Tensor, weight: torch.Tensor, epsilon: float, dtype: torch.dtype) -> torch.Tensor:
    """Return Gemma's norm, whose weight is stored less one, in the given dtype."""
    return rms_norm(states, 1.0 + weight, epsilon, dtype)


def _residual(states: torch.Tensor, outputs: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Return states plus the norm of what attention or the MLP made of them."""
    return states + _normed(outputs, weight, epsilon, states.dtype)


def _added(
    states: torch.Tensor, outputs: torch.Tensor, weight: torch.Tensor, next_weight: torch.Tensor, epsilon: float,
    dtype: torch.dtype,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Return `_residual`, and the next norm of it in the given dtype."""
    states = _residual(states, outputs, weight, epsilon)
    return states, _normed(states, next_weight, epsilon, dtype)


def _rotated(
    qkv: torch.Tensor, heads: int, kv_heads: int, q_weight: torch.Tensor, k_weight: torch.Tensor, epsilon: float,
    cos: torch.Tensor, sin: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:  # fmt: skip
    """Return normed and rotated queries and keys, and values, of the heads (T, all heads, D)."""
    query, key, value = qkv.split([heads, kv_heads, kv_heads], dim=1)
    query, key = (_normed(each, weight, epsilon, qkv.dtype) for each, weight in ((query, q_weight), (key, k_weight)))
    return rotate(query, cos, sin), rotate(key, cos, sin), value


def _gated(gate_up: torch.Tensor) -> torch.Tensor:
    """Return GELU of the first half of the columns times the second half."""
    gate, up = gate_up.chunk(2, dim=-1)
    return functional.gelu(gate, approximate="tanh") * up
