"""Parallel batches give the results of sequential ones."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.parallel import parallel_map
from semeval_emo.zoo.engine.predictor import Predictor
from semeval_emo.zoo.recipes.load import load_recipe

CPU = torch.device("cpu")


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set the number of threads for a test."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_results_are_ordered_without_gradients_and_thread_settings_restored(threads: int):
    weight = torch.ones(3, requires_grad=True)

    def run(batch: int) -> torch.Tensor:
        time.sleep(0.01 * (5 - batch))
        return weight * batch

    results = list(parallel_map(run, range(5), CPU))
    assert [batch for batch, _ in results] == list(range(5))
    for batch, result in results:
        assert result.tolist() == [batch] * 3
        assert not result.requires_grad
    assert torch.get_num_threads() == threads
    assert list(parallel_map(run, [], CPU)) == []


def test_products_run_in_the_given_dtype(threads: int):
    def run(_: int) -> torch.Tensor:
        return torch.ones(2, 2) @ torch.ones(2, 2)

    assert {result.dtype for _, result in parallel_map(run, range(4), CPU, torch.bfloat16)} == {torch.bfloat16}
    assert {result.dtype for _, result in parallel_map(run, range(4), CPU)} == {torch.float32}


def test_an_error_is_raised_and_cancels_the_remaining_batches(threads: int):
    started = []

    def run(batch: int) -> int:
        started.append(batch)
        if batch == 1:
            raise ValueError("the second")
        time.sleep(0.02)
        return batch

    with pytest.raises(ValueError, match="the second"):
        list(parallel_map(run, range(2000), CPU))
    assert len(started) < 400
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_predictions_do_not_depend_on_the_number_of_threads(precision: str):
    recipe = load_recipe("llama-tiny", [f"train.precision={precision}"])
    network = build(recipe, Space(("anger", "joy")), Progress())
    texts = [f"{'so glad ' * (i % 90)}number {i}" for i in range(300)]
    before, predictions = torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        predictions.append(Predictor(network).probabilities(texts, Progress()))
    torch.set_num_threads(before)
    assert np.ptp(predictions[0]) > 1e-4
    assert np.abs(predictions[0] - predictions[1]).max() < (1e-6 if precision == "fp32" else 1e-3)
