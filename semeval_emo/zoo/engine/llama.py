"""The last layers of a Llama on texts laid end to end: no padding, and only last tokens where nothing else is read.

The same mathematics as Hugging Face's LlamaForSequenceClassification on a right-padded batch (a test
holds both to 1e-5): linear layers and norms see each token once; only attention is padded, since its
cost is small; and in the last layer only the last token of a text asks, because nothing reads the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import LlamaForSequenceClassification


def is_llama(model: Any) -> bool:
    """True for networks whose layers this module can run."""
    return type(model) is LlamaForSequenceClassification and model.config.attention_dropout == 0.0


@dataclass(frozen=True, eq=False)
class Packed:
    """Texts laid end to end.

    Attributes:
        lengths: tokens of each text, shape (B,).
        rows: number of the text of each token, shape (T,).
        positions: place of each token in its text, shape (T,).
        last: where the last token of each text stands, shape (B,).
        longest: tokens of the longest text.
    """

    lengths: torch.Tensor
    rows: torch.Tensor
    positions: torch.Tensor
    last: torch.Tensor
    longest: int

    @classmethod
    def of(cls, lengths: list[int], device: torch.device) -> Packed:
        """Lays out texts of these lengths.

        >>> Packed.of([2, 1], torch.device("cpu")).positions.tolist()
        [0, 1, 0]
        """
        counts = torch.tensor(lengths)
        rows = torch.repeat_interleave(torch.arange(len(lengths)), counts)
        ends = counts.cumsum(0)
        positions = torch.arange(int(ends[-1])) - (ends - counts)[rows]
        return cls(counts.to(device), rows.to(device), positions.to(device), (ends - 1).to(device), max(lengths))

    def padded(self, packed: torch.Tensor) -> torch.Tensor:
        """Spreads (T, H, D) to (B, H, longest, D), zeros where there is no token."""
        spread = packed.new_zeros(len(self.lengths), self.longest, *packed.shape[1:])
        return spread.index_put((self.rows, self.positions), packed).transpose(1, 2)


class Tail:
    """Layers `first` to the end, the final norm and the head of a network, run on packed activations.

    It owns no weights: those of the network move.
    """

    def __init__(self, model: Any, first: int) -> None:
        self.layers = list(model.model.layers[first:])
        self.norm = model.model.norm
        self.head = model.score
        config = model.config
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = self.layers[0].self_attn.head_dim if self.layers else 0
        self._rotary = model.model.rotary_emb
        self._tables: tuple[torch.Tensor, torch.Tensor] | None = None

    def __call__(self, states: torch.Tensor, packed: Packed) -> torch.Tensor:
        """Logits of each text.

        Args:
            states: activations before layer `first`, shape (T, hidden); shape (B, hidden), of the last
                tokens alone, where there is no layer left.

        Returns:
            Shape (B, emotions).
        """
        if self.layers:
            cos, sin = self._rotations(packed, states)
            for layer in self.layers[:-1]:
                states = self._layer(layer, states, packed, cos, sin)
            states = self._last_layer(self.layers[-1], states, packed, cos, sin)
        return self.head(self.norm(states))

    def _rotations(self, packed: Packed, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and sines of each token's place, shape (T, 1, D)."""
        if self._tables is None or len(self._tables[0]) < packed.longest:
            # Made while predicting, they would be of no use to a later backward pass.
            with torch.inference_mode(False), torch.no_grad():
                places = torch.arange(packed.longest, device=states.device)[None]
                like = torch.empty(0, device=states.device)
                cos, sin = self._rotary(like, position_ids=places)
            self._tables = (cos[0], sin[0])
        cos, sin = self._tables
        return cos[packed.positions, None], sin[packed.positions, None]

    def _heads(self, projected: torch.Tensor, heads: int) -> torch.Tensor:
        return projected.view(-1, heads, self.head_dim)

    def _repeat(self, keys: torch.Tensor) -> torch.Tensor:
        """Each key/value head once for every query head that it serves."""
        return keys.repeat_interleave(self.heads // self.kv_heads, dim=1)

    def _layer(
        self, layer: Any, states: torch.Tensor, packed: Packed, cos: torch.Tensor, sin: torch.Tensor
    ) -> torch.Tensor:
        attention = layer.self_attn
        normed = layer.input_layernorm(states)
        query = rotate(self._heads(attention.q_proj(normed), self.heads), cos, sin)
        key = rotate(self._heads(attention.k_proj(normed), self.kv_heads), cos, sin)
        value = self._heads(attention.v_proj(normed), self.kv_heads)
        # Padding stands right of every token, so a causal mask already hides it.
        mixed = functional.scaled_dot_product_attention(
            packed.padded(query),
            self._repeat(packed.padded(key)),
            self._repeat(packed.padded(value)),
            is_causal=True,
        )
        mixed = mixed.transpose(1, 2)[packed.rows, packed.positions]
        states = states + attention.o_proj(mixed.flatten(1))
        return states + layer.mlp(layer.post_attention_layernorm(states))

    def _last_layer(
        self, layer: Any, states: torch.Tensor, packed: Packed, cos: torch.Tensor, sin: torch.Tensor
    ) -> torch.Tensor:
        """The layer after which only last tokens are read: (T, hidden) to (B, hidden)."""
        attention = layer.self_attn
        normed = layer.input_layernorm(states)
        last = packed.last
        query = rotate(self._heads(attention.q_proj(normed[last]), self.heads), cos[last], sin[last])
        key = rotate(self._heads(attention.k_proj(normed), self.kv_heads), cos, sin)
        value = self._heads(attention.v_proj(normed), self.kv_heads)
        there = torch.arange(packed.longest, device=states.device) < packed.lengths[:, None]
        mixed = functional.scaled_dot_product_attention(
            query[:, :, None],
            self._repeat(packed.padded(key)),
            self._repeat(packed.padded(value)),
            attn_mask=there[:, None, None],
        )
        states = states[last] + attention.o_proj(mixed.flatten(1))
        return states + layer.mlp(layer.post_attention_layernorm(states))


def rotate(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding (Su et al. 2021), in the layout of Hugging Face's Llama: halves, not pairs.

    Args:
        states: shape (T, heads, D).
        cos, sin: shape (T, 1, D).
    """
    half = states.shape[-1] // 2
    turned = torch.cat((-states[..., half:], states[..., :half]), dim=-1)
    return states * cos.to(states.dtype) + turned * sin.to(states.dtype)
