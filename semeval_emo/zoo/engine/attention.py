"""Texts laid end to end, and what their tokens take up from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

SHORT = 256
"""Texts of up to so many tokens are multiplied out on a CPU: its fused kernel is made for long ones."""


@dataclass(frozen=True, eq=False)
class PackedSequences:
    """Texts laid end to end; what a text shares with the one before it need not be laid twice.

    Attributes:
        lengths: tokens of each text, shape (B,).
        positions: place of each token in its text, shape (T,).
        last: where the last token of each text stands, shape (B,).
        longest: tokens of the longest text.
        spread: for each slot of a padded batch the token that fills it, shape (B * longest); whatever
            stands in a slot right of a text is never looked at. None where each slot has its own token.
        slots: a slot of each token in a padded batch, shape (T,).
    """

    lengths: torch.Tensor
    positions: torch.Tensor
    last: torch.Tensor
    longest: int
    spread: torch.Tensor | None
    slots: torch.Tensor

    @classmethod
    def of(cls, lengths: Sequence[int], device: torch.device, shared: Sequence[int] | None = None) -> PackedSequences:
        """Lays out texts of these lengths.

        Args:
            shared: how many tokens each text begins with as the text before it does; they are laid once,
                since no token looks to its right. No gradients come back through them.

        >>> packed = PackedSequences.of([2, 1], torch.device("cpu"))
        >>> packed.positions.tolist(), packed.spread.tolist()
        ([0, 1, 0], [0, 1, 2, 2])
        >>> packed = PackedSequences.of([2, 3], torch.device("cpu"), shared=[0, 1])
        >>> packed.positions.tolist(), packed.spread.tolist()
        ([0, 1, 1, 2], [0, 1, 1, 0, 2, 3])
        """
        counts, longest = torch.tensor(lengths), max(lengths)
        common = torch.zeros_like(counts) if shared is None else torch.tensor(shared)
        own = counts - common
        texts = torch.repeat_interleave(torch.arange(len(lengths)), own)
        # Where the first token of each text would stand if none of its tokens stood elsewhere.
        begins = own.cumsum(0) - own - common
        positions = torch.arange(len(texts)) - begins[texts]
        last = begins + counts - 1
        spread = None
        if shared is not None and any(shared):
            places = torch.arange(longest)
            # The text that lays the token at each place: the latest that does not share it.
            laying = torch.arange(len(lengths))[:, None].where(places >= common[:, None], 0).cummax(0).values
            tokens = (begins[laying] + places).gather(1, torch.minimum(places, counts[:, None] - 1))
            spread, last = tokens.flatten().to(device), tokens[:, -1]
        elif min(lengths) < longest:
            spread = torch.minimum(begins[:, None] + torch.arange(longest), last[:, None]).flatten().to(device)
        slots = texts * longest + positions
        return cls(counts.to(device), positions.to(device), last.to(device), longest, spread, slots.to(device))

    def padded(self, packed: torch.Tensor) -> torch.Tensor:
        """Spreads (T, H, D) to (B, longest, H, D)."""
        spread = packed if self.spread is None else _Spread.apply(packed, self.spread, self.slots)
        return spread.view(len(self.lengths), self.longest, *packed.shape[1:])

    def hidden(self, last: bool) -> torch.Tensor:
        """True for slots that are not seen: by each slot, (longest, longest), or by last tokens, (B, 1, longest)."""
        places = torch.arange(self.longest, device=self.lengths.device)
        return (places >= self.lengths[:, None])[:, None] if last else places > places[:, None]


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, packed: PackedSequences) -> torch.Tensor:
    """What tokens take up from those of their text that stand left of them, and from themselves.

    Args:
        query: of all tokens, shape (T, heads, D), or of the last one of each text, (B, heads, D).
        key, value: of all tokens, shape (T, kv_heads, D); each serves ``heads / kv_heads`` heads that adjoin.

    Returns:
        Shape (T or B, heads * D).
    """
    texts, heads, size = len(packed.lengths), *query.shape[1:]
    served = key.shape[1]
    last = len(query) != len(key) or packed.longest == 1
    asking = query[:, None] if last else packed.padded(query)
    asked = asking.shape[1]
    key, value = packed.padded(key), packed.padded(value)
    if query.device.type == "cpu" and packed.longest <= SHORT:
        # The heads that share keys ask as one: (B * kv_heads, heads / kv_heads * asked, D).
        asking = asking.view(texts, asked, served, -1, size).permute(0, 2, 3, 1, 4).reshape(texts * served, -1, size)
        key, value = (one.transpose(1, 2).reshape(texts * served, -1, size) for one in (key, value))
        # Those that are looked at come first: a softmax over few numbers is faster across rows than along them.
        found = torch.bmm(key, asking.transpose(1, 2)).view(texts, served, packed.longest, -1, asked)
        hidden = packed.hidden(last).transpose(-1, -2)
        unseen = torch.zeros(hidden.shape).masked_fill_(hidden, -torch.inf)
        found = torch.add(unseen[:, None, :, None] if last else unseen[:, None], found, alpha=size**-0.5)
        found = found.view(texts * served, packed.longest, -1).softmax(1).to(value.dtype)
        mixed = torch.bmm(found.transpose(1, 2), value)
        mixed = mixed.view(texts, heads, asked, size).transpose(1, 2)
    else:
        mask = ~packed.hidden(last)[:, None] if last else None
        asking, key, value = asking.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(
            asking, key, value, attn_mask=mask, is_causal=not last, enable_gqa=True
        ).transpose(1, 2)
    mixed = mixed.reshape(texts * asked, heads * size)
    return mixed if last or packed.spread is None else take(mixed, packed.slots)


def take(states: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Some rows, each at most once, which autograd need not know: it adds row by row where copying will do."""
    return _Take.apply(states, rows)


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(rows)
        ctx.count = len(states)
        return states.index_select(0, rows)

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor, None]:
        (rows,) = ctx.saved_tensors
        return grad_output[0].new_zeros(ctx.count, *grad_output[0].shape[1:]).index_copy_(0, rows, grad_output[0]), None


class _Spread(torch.autograd.Function):
    """Padding, through which nothing comes back: what stands in a slot right of a text is never looked at."""

    @staticmethod
    def forward(ctx: Any, packed: torch.Tensor, spread: torch.Tensor, slots: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(slots)
        return packed.index_select(0, spread)

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (slots,) = ctx.saved_tensors
        return grad_output[0].index_select(0, slots), None, None
