"""Steps and the order of the texts in an epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import schedule
from semeval_emo.zoo.engine.finetune import prefix_obstacle
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.recipe import TrainConfig
from semeval_emo.zoo.recipes.load import load_recipe


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=200),
    batch=st.integers(1, 9),
    accumulate=st.integers(1, 3),
    epoch=st.integers(0, 3),
)
def test_an_epoch_contains_every_text_once(lengths: list[int], batch: int, accumulate: int, epoch: int):
    train = TrainConfig(batch=batch, accumulate=accumulate)
    found = schedule.order_by_length(lengths, train, epoch)
    assert sorted(found) == list(range(len(lengths)))
    assert found == schedule.order_by_length(lengths, train, epoch)


def padded(lengths: np.ndarray, order: list[int], batch: int) -> int:
    """Return the tokens of all batches, padding included."""
    return sum(max(lengths[order[i : i + batch]]) * len(order[i : i + batch]) for i in range(0, len(order), batch))


def test_batches_by_length_reduce_padding_and_differ_between_epochs():
    lengths = np.random.default_rng(0).geometric(0.06, 2_000)
    train = TrainConfig(batch=16)
    first, second = (schedule.order_by_length(lengths, train, epoch) for epoch in (0, 1))
    assert padded(lengths, first, 16) < 1.3 * lengths.sum() < padded(lengths, schedule.order(2_000, 42, 0), 16) / 2
    batches = [{frozenset(order[i : i + 16]) for i in range(0, 2_000, 16)} for order in (first, second)]
    assert len(batches[0] & batches[1]) < 3


def test_the_default_of_batches_is_not_in_the_resolved_recipe():
    assert "batches" not in load_recipe("llama-tiny").resolved()["train"]
    assert load_recipe("llama-tiny", ["train.batches=by_length"]).resolved()["train"]["batches"] == "by_length"


def test_batches_by_length_exclude_the_tail_trainer(tmp_path: Path):
    recipe = load_recipe("llama-tiny", ["train.batches=by_length"])
    assert "by_length" in prefix_obstacle(build(recipe, Space(("joy", "fear")), Progress()))


@pytest.mark.parametrize("batch", [1, 3])
def test_only_the_last_batch_is_smaller(batch: int):
    lengths = [5, 1, 4, 2, 3, 9, 7]
    found = schedule.order_by_length(lengths, TrainConfig(batch=batch), 0)
    whole = [found[i : i + batch] for i in range(0, len(found) // batch * batch, batch)]
    assert all([lengths[i] for i in one] == sorted(lengths[i] for i in one) for one in whole)


def test_steps_and_order():
    assert schedule.steps_per_epoch(2768, TrainConfig(batch=2)) == 1384
    assert schedule.steps_per_epoch(61, TrainConfig(batch=3, accumulate=2)) == 11
    assert schedule.warmup_steps(100, TrainConfig(warmup=0.06)) == 6
    assert sorted(schedule.order(10, 42, 3)) == list(range(10))
    assert schedule.order(10, 42, 3) == schedule.order(10, 45, 0), (
        "the seed and the epoch are added, as accelerate does"
    )
