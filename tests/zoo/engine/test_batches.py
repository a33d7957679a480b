"""Batches for inference, with and without shared prefixes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import attention
from semeval_emo.zoo.engine.attention import PackedSequences
from semeval_emo.zoo.engine.batches import LENGTH_BUCKET, packed_batches, prefix_sharing_batches, shared_prefix_lengths
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.predictor import Predictor
from semeval_emo.zoo.recipe import Recipe

CPU = torch.device("cpu")
rows_of_tokens = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=40), min_size=1, max_size=60)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 50), max_size=100), tokens=st.integers(1, 80), workers=st.integers(1, 4))
def test_packed_batches_contain_every_text_once_within_the_token_limit(lengths: list[int], tokens: int, workers: int):
    batches = list(packed_batches(lengths, tokens, workers))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(batch for batch in batches)
    assert all(sum(lengths[i] for i in batch) <= tokens for batch in batches if len(batch) > 1)
    assert [lengths[i] for batch in batches for i in batch] == sorted(lengths, reverse=True)


def test_a_text_longer_than_the_limit_gets_its_own_batch():
    lengths = [5, 1, 30, 2, 2, 9, 7]
    batches = list(packed_batches(lengths, 12))
    assert sorted(i for batch in batches for i in batch) == list(range(7))
    assert all(sum(lengths[i] for i in batch) <= 12 for batch in batches if len(batch) > 1)
    assert [2] in batches


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_every_worker_gets_the_same_number_of_batches_of_similar_size(workers: int):
    lengths = np.random.default_rng(0).integers(5, 60, 1_000).tolist()
    sizes = [sum(lengths[i] for i in batch) for batch in packed_batches(lengths, 1024, workers)]
    assert len(sizes) % workers == 0
    assert max(sizes) - min(sizes) <= 2 * max(lengths)
    assert max(sizes) <= 1024


@settings(deadline=None)
@given(rows=rows_of_tokens, tokens=st.integers(1, 80), workers=st.integers(1, 3))
def test_texts_with_a_shared_prefix_are_adjacent(rows: list[list[int]], tokens: int, workers: int):
    order = [i for batch in prefix_sharing_batches(rows, tokens, workers) for i in batch]
    assert sorted(order) == list(range(len(rows)))
    ordered = [rows[i] for i in order]
    assert all(len(later) - len(row) < LENGTH_BUCKET for row, later in itertools.pairwise(ordered))
    equal = [group for _, group in itertools.groupby(ordered)]
    assert len(equal) == len({tuple(row) for row in rows})


@settings(deadline=None)
@given(rows=rows_of_tokens)
def test_padding_restores_the_tokens_of_each_text(rows: list[list[int]]):
    rows = sorted(rows)
    shared = shared_prefix_lengths(rows)
    tokens = torch.tensor([token for row, count in zip(rows, shared, strict=True) for token in row[count:]])
    packed = PackedSequences.from_lengths([len(row) for row in rows], CPU, shared)
    padded_tokens = packed.pad(tokens.view(-1, 1, 1)).flatten(1)
    for row, slots in zip(rows, padded_tokens.tolist(), strict=True):
        assert slots == row + [row[-1]] * (packed.max_length - len(row))
    assert tokens[packed.last_tokens].tolist() == [row[-1] for row in rows]
    # Each token is restored from its slot.
    assert torch.equal(padded_tokens.flatten()[packed.slot_of_token], tokens)
    places = [place for row, count in zip(rows, shared, strict=True) for place in range(count, len(row))]
    assert packed.positions.tolist() == places


TEXTS = (
    "so", "so glad", "so glad today", "so glad today", "so glad you came", "so sad", "unlike all others",
    "so glad today that nothing else matters to me", "glad", "so",
)  # fmt: skip


@pytest.mark.parametrize("max_length", [attention.MATMUL_MAX_LENGTH, 0], ids=["matrix products", "fused kernel"])
def test_logits_with_shared_prefixes_equal_those_of_transformers(
    max_length: int, tiny: Recipe, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(attention, "MATMUL_MAX_LENGTH", max_length)
    network = build(tiny, Space(("anger", "joy")), Progress())
    network.model.eval()
    rows = network.tokens(TEXTS)
    (batch,) = prefix_sharing_batches(rows, 1024)
    assert sum(shared_prefix_lengths([rows[i] for i in batch])) > len(rows)
    with torch.no_grad():
        padded = network.tokenizer.pad({"input_ids": rows}, return_tensors="pt")
        expected = network.model(**padded).logits
    logits = Predictor(network).logits(TEXTS, Progress())
    torch.testing.assert_close(logits, expected, atol=1e-6, rtol=1e-5)
    # Copies of a text: equal but for the last bits, which depend on the row of the batch on some CPUs.
    torch.testing.assert_close(logits[2], logits[3], atol=1e-7, rtol=1e-6)
    assert expected.std(0).min() > 1e-3
