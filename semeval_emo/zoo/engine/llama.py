"""The last layers of a Llama on texts laid end to end: no padding, and only last tokens where nothing else is read.

The same mathematics as Hugging Face's LlamaForSequenceClassification on a right-padded batch (a test
holds both to 1e-5): linear layers and norms see each token once;
attention alone is padded, since its cost is small; and in the last layer only the last token of a text
asks, because nothing reads the others.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional
from transformers import LlamaForSequenceClassification

from semeval_emo.zoo.engine.attention import PackedSequences, attend, take
from semeval_emo.zoo.engine.flat_parameters import FusedLinear
from semeval_emo.zoo.engine.packed_linear import PackedLinear, SwiGLU


def is_llama(model: Any) -> bool:
    """True for networks whose layers this module can run."""
    if type(model) is not LlamaForSequenceClassification:
        return False
    return model.config.attention_dropout == 0.0 and model.config.hidden_act == "silu"


class Layer:
    """One layer of a Llama; its linear layers that read the same input are one product.

    Args:
        last: the layer after which only last tokens are read, so that only they ask.
        fixed: the precision of a copy of the weights, where they do not move while this lives; None
            where they do.
    """

    def __init__(self, layer: Any, config: Any, last: bool, fixed: torch.dtype | None) -> None:
        def product(*layers: torch.nn.Linear, after: Any = None) -> FusedLinear | PackedLinear:
            scale = None if after is None else after.weight
            return FusedLinear(layers) if fixed is None else PackedLinear(layers, fixed, scale)

        attention, mlp = layer.self_attn, layer.mlp
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads, config.num_key_value_heads, attention.head_dim,
        )  # fmt: skip
        self.last = last
        self.before, self.between = layer.input_layernorm, layer.post_attention_layernorm
        if last:
            self.ask = product(attention.q_proj, after=self.before)
            self.answer = product(attention.k_proj, attention.v_proj, after=self.before)
        else:
            self.all = product(attention.q_proj, attention.k_proj, attention.v_proj, after=self.before)
        self.out = product(attention.o_proj)
        # Weights that do not move take up those of the norm before them.
        self._norm = norm if fixed is None else functools.partial(norm_without_weight, kind=fixed)
        self.wide = (
            FusedLinear([mlp.gate_proj, mlp.up_proj])
            if fixed is None
            else SwiGLU(mlp.gate_proj, mlp.up_proj, fixed, self.between.weight)
        )
        self.narrow = product(mlp.down_proj)

    @property
    def products(self) -> list[FusedLinear]:
        """Its matrix products whose weights may move."""
        every = [*([self.ask, self.answer] if self.last else [self.all]), self.out, self.wide, self.narrow]
        return [product for product in every if isinstance(product, FusedLinear)]

    def __call__(
        self, states: torch.Tensor, packed: PackedSequences, cos: torch.Tensor, sin: torch.Tensor
    ) -> torch.Tensor:
        """(T, hidden) to (T, hidden), or to (B, hidden) where it is the last."""
        normed = self._norm(self.before, states)
        turned = self.heads + self.kv_heads
        if self.last:
            states = take(states, packed.last)
            query = self.ask(take(normed, packed.last)).view(-1, self.heads, self.head_dim)
            query = rotate(query, cos[packed.last], sin[packed.last])
            key, value = self.answer(normed).view(-1, 2 * self.kv_heads, self.head_dim).split(self.kv_heads, dim=1)
            key = rotate(key, cos, sin)
        else:
            both, value = (
                self.all(normed).view(-1, turned + self.kv_heads, self.head_dim).split([turned, self.kv_heads], dim=1)
            )
            query, key = rotate(both, cos, sin).split([self.heads, self.kv_heads], dim=1)
        mixed = attend(query, key, value, packed)
        if torch.is_grad_enabled():
            states = states + self.out(mixed)
            return states + self.narrow(self._gated(self._norm(self.between, states)))
        # In place where nothing comes back: every block that is not made anew is one less to write.
        states = states.add_(self.out(mixed))
        return states.add_(self.narrow(self._gated(self._norm(self.between, states))))

    def _gated(self, normed: torch.Tensor) -> torch.Tensor:
        """SiLU of one half of the wide outputs times the other half."""
        if isinstance(self.wide, SwiGLU):
            return self.wide(normed)
        gate, up = self.wide(normed).chunk(2, dim=-1)
        return functional.silu(gate) * up if gate.requires_grad else functional.silu(gate, inplace=True).mul_(up)


class Body:
    """Some layers of a network in their order, run on packed activations.

    It owns no weights: those of the network move.

    Args:
        layers: of the network.
        last: whether only last tokens are read after the last of them.
        fixed: see `Layer`.
    """

    def __init__(self, model: Any, layers: Sequence[Any], last: bool, fixed: torch.dtype | None = None) -> None:
        self.layers = [Layer(layer, model.config, last and layer is layers[-1], fixed) for layer in layers]
        self._rotary = model.model.rotary_emb
        self._tables: tuple[torch.Tensor, torch.Tensor] | None = None

    @property
    def products(self) -> list[FusedLinear]:
        """All matrix products of its layers."""
        return [product for layer in self.layers for product in layer.products]

    def __call__(self, states: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
        """Activations (T, hidden) before the layers to those after them: (T, hidden), or (B, hidden) of last tokens.

        Without gradients they are overwritten.
        """
        if self.layers:
            cos, sin = self._rotations(packed, states)
            for layer in self.layers:
                states = layer(states, packed, cos, sin)
        return states

    def _rotations(self, packed: PackedSequences, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and sines of each token's place as `rotate` takes them, in the precision of the products."""
        if self._tables is None or len(self._tables[0]) < packed.longest:
            # Made while predicting, they would be of no use to a later backward pass.
            with torch.inference_mode(False), torch.no_grad():
                places = torch.arange(packed.longest, device=states.device)[None]
                like = torch.empty(0, device=states.device)
                cos, sin = self._rotary(like, position_ids=places)
            half = sin.shape[-1] // 2
            self._tables = (cos[0], torch.cat((-sin[0, :, :half], sin[0, :, half:]), dim=-1))
        device = states.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
        cos, sin = (table[packed.positions, None].to(kind) for table in self._tables)
        return cos, sin


class Tail(Body):
    """Layers `first` to the end, the final norm and the head of a network."""

    def __init__(self, model: Any, first: int, fixed: torch.dtype | None = None) -> None:
        super().__init__(model, list(model.model.layers[first:]), last=True, fixed=fixed)
        self.norm = model.model.norm
        self.head = model.score

    def __call__(self, states: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
        """Logits of each text.

        Args:
            states: activations before layer `first`, shape (T, hidden); shape (B, hidden), of the last
                tokens alone, where there is no layer left.

        Returns:
            Shape (B, emotions).
        """
        return self.head(norm(self.norm, super().__call__(states, packed)))


def norm(layer: Any, states: torch.Tensor) -> torch.Tensor:
    """Root-mean-square norm in full precision, by one operation instead of six."""
    return functional.rms_norm(states.float(), layer.weight.shape, layer.weight, layer.variance_epsilon)


def norm_without_weight(layer: Any, states: torch.Tensor, kind: torch.dtype) -> torch.Tensor:
    """What `norm` multiplies by its weight, in the precision of products; nothing comes back through it."""
    states = states.float()
    length = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
    return (states * length.square_().div_(states.shape[-1]).add_(layer.variance_epsilon).rsqrt_()).to(kind)


def rotate(states: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding (Su et al. 2021), in the layout of Hugging Face's Llama: halves, not pairs.

    Args:
        states: shape (T, heads, D).
        cos, sin: shape (T, 1, D); the sine's first half with its sign turned.
    """
    half = states.shape[-1] // 2
    turned = torch.cat((states[..., half:], states[..., :half]), dim=-1)
    return turned.mul_(sin).addcmul_(states, cos)
