"""Batches of concatenated texts, and attention on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

MATMUL_MAX_LENGTH = 256
"""On a CPU, attention over up to this many tokens is computed by matrix products: the fused kernel is slower."""


@dataclass(frozen=True, eq=False)
class PackedSequences:
    """The layout of a batch whose B texts are concatenated to T tokens, without padding.

    The tokens that a text has in common with the start of the previous one may be stored only once. Attention uses the
    padded layout of B * max_length slots.

    Attributes:
        lengths: tokens of each text, shape (B,).
        positions: position of each token in its text, shape (T,).
        last_tokens: index of the last token of each text, shape (B,).
        max_length: tokens of the longest text.
        token_of_slot: index of the token that fills each padded slot, shape (B * max_length,). Slots after the end of
            a text hold any token and are masked. None if every slot has its own token.
        slot_of_token: index of a padded slot that holds each token, shape (T,).
    """

    lengths: torch.Tensor
    positions: torch.Tensor
    last_tokens: torch.Tensor
    max_length: int
    token_of_slot: torch.Tensor | None
    slot_of_token: torch.Tensor

    @classmethod
    def from_lengths(
        cls, lengths: Sequence[int], device: torch.device, shared: Sequence[int] | None = None
    ) -> PackedSequences:
        """Lay out texts of the given lengths.

        Args:
            shared: how many tokens each text has in common with the start of the previous one. Causal attention gives
                them the same states, so they are stored once. Not differentiable.

        >>> packed = PackedSequences.from_lengths([2, 1], torch.device("cpu"))
        >>> packed.positions.tolist(), packed.token_of_slot.tolist()
        ([0, 1, 0], [0, 1, 2, 2])
        >>> packed = PackedSequences.from_lengths([2, 3], torch.device("cpu"), shared=[0, 1])
        >>> packed.positions.tolist(), packed.token_of_slot.tolist()
        ([0, 1, 1, 2], [0, 1, 1, 0, 2, 3])
        """
        counts, max_length = torch.tensor(lengths), max(lengths)
        shared_counts = torch.zeros_like(counts) if shared is None else torch.tensor(shared)
        own_counts = counts - shared_counts
        texts = torch.repeat_interleave(torch.arange(len(lengths)), own_counts)
        # Where the first token of each text would be if the text shared no tokens.
        starts = own_counts.cumsum(0) - own_counts - shared_counts
        positions = torch.arange(len(texts)) - starts[texts]
        last_tokens = starts + counts - 1
        token_of_slot = None
        if shared is not None and any(shared):
            columns = torch.arange(max_length)
            # For each position, the text that stores the token: the latest one that does not share it.
            owners = torch.arange(len(lengths))[:, None].where(columns >= shared_counts[:, None], 0).cummax(0).values
            tokens = (starts[owners] + columns).gather(1, torch.minimum(columns, counts[:, None] - 1))
            token_of_slot, last_tokens = tokens.flatten().to(device), tokens[:, -1]
        elif min(lengths) < max_length:
            slots = starts[:, None] + torch.arange(max_length)
            token_of_slot = torch.minimum(slots, last_tokens[:, None]).flatten().to(device)
        slot_of_token = texts * max_length + positions
        return cls(
            counts.to(device), positions.to(device), last_tokens.to(device), max_length, token_of_slot,
            slot_of_token.to(device),
        )  # fmt: skip

    def pad(self, states: torch.Tensor) -> torch.Tensor:
        """Copy packed states (T, H, D) to padded ones (B, max_length, H, D)."""
        if self.token_of_slot is not None:
            states = _Pad.apply(states, self.token_of_slot, self.slot_of_token)
        return states.view(len(self.lengths), self.max_length, *states.shape[1:])

    def mean(self, states: torch.Tensor) -> torch.Tensor:
        """Return the mean of the states (T, hidden) of each text: shape (B, hidden)."""
        texts = torch.repeat_interleave(self.lengths)
        sums = states.new_zeros(len(self.lengths), states.shape[1]).index_add(0, texts, states)
        return sums / self.lengths[:, None]

    def mask(self, causal: bool) -> torch.Tensor:
        """Return a mask, True for keys that a query does not attend to.

        Args:
            causal: later keys, shape (max_length, max_length), else the slots after the end of a text,
                shape (B, 1, max_length).
        """
        columns = torch.arange(self.max_length, device=self.lengths.device)
        return columns > columns[:, None] if causal else (columns >= self.lengths[:, None])[:, None]


def grouped_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    packed: PackedSequences,
    *,
    causal: bool = True,
    scale: float | None = None,
) -> torch.Tensor:
    """Compute grouped-query attention within each text.

    Args:
        query: of all tokens, shape (T, heads, D), or of the last token of each text, (B, heads, D).
        key, value: of all tokens, shape (T, kv_heads, D); each is used by ``heads / kv_heads`` consecutive heads.
        causal: whether a token attends only to itself and the tokens before it.
        scale: of the products of queries and keys; None for ``D**-0.5``.

    Returns:
        Shape (T or B, heads * D).
    """
    texts, heads, size = len(packed.lengths), *query.shape[1:]
    kv_heads, scale = key.shape[1], scale or size**-0.5
    last_only = len(query) != len(key) or packed.max_length == 1
    query_padded = query[:, None] if last_only else packed.pad(query)
    queries = query_padded.shape[1]
    key, value = packed.pad(key), packed.pad(value)
    # The last token of a text attends to all its tokens.
    causal = causal and not last_only
    if query.device.type == "cpu" and packed.max_length <= MATMUL_MAX_LENGTH:
        # The heads of a group are queries of one product: (B * kv_heads, heads / kv_heads * queries, D).
        grouped = query_padded.view(texts, queries, kv_heads, -1, size).permute(0, 2, 3, 1, 4)
        grouped = grouped.reshape(texts * kv_heads, -1, size)
        key, value = (states.transpose(1, 2).reshape(texts * kv_heads, -1, size) for states in (key, value))
        # Keys are the first dimension: a softmax over few numbers is faster across rows than along them.
        scores = torch.bmm(key, grouped.transpose(1, 2)).view(texts, kv_heads, packed.max_length, -1, queries)
        mask = packed.mask(causal).transpose(-1, -2)
        bias = torch.zeros(mask.shape).masked_fill_(mask, -torch.inf)
        scores = torch.add(bias[:, None] if causal else bias[:, None, :, None], scores, alpha=scale)
        weights = scores.view(texts * kv_heads, packed.max_length, -1).softmax(1).to(value.dtype)
        mixed = torch.bmm(weights.transpose(1, 2), value)
        mixed = mixed.view(texts, heads, queries, size).transpose(1, 2)
    else:
        attend_to = None if causal else ~packed.mask(causal)[:, None]
        query_padded, key, value = query_padded.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        mixed = functional.scaled_dot_product_attention(
            query_padded, key, value, attn_mask=attend_to, is_causal=causal, enable_gqa=True, scale=scale
        ).transpose(1, 2)
    mixed = mixed.reshape(texts * queries, heads * size)
    return mixed if last_only or packed.token_of_slot is None else select_rows(mixed, packed.slot_of_token)


def select_rows(states: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Select rows, each at most once; the backward pass copies them, where indexing would add row by row."""
    return _SelectRows.apply(states, rows)


class _SelectRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(rows)
        ctx.count = len(states)
        return states.index_select(0, rows)

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor, None]:
        (rows,) = ctx.saved_tensors
        return grad_output[0].new_zeros(ctx.count, *grad_output[0].shape[1:]).index_copy_(0, rows, grad_output[0]), None


class _Pad(torch.autograd.Function):
    """Padding whose backward pass ignores the slots after the end of a text, since they are masked."""

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, token_of_slot: torch.Tensor, slot_of_token: torch.Tensor
    ) -> torch.Tensor:
        ctx.save_for_backward(slot_of_token)
        return states.index_select(0, token_of_slot)

    @staticmethod
    def backward(ctx: Any, *grad_output: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (slot_of_token,) = ctx.saved_tensors
        return grad_output[0].index_select(0, slot_of_token), None, None
