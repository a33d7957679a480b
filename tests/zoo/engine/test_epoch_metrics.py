"""The metrics of each epoch: dev loss and scores, and train scores from the logits of the training steps."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from semeval_emo.data import load_gold
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import epoch_metrics
from semeval_emo.zoo.engine.checkpoint import Checkpointer
from semeval_emo.zoo.engine.tail_trainer import TailTrainer
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.selection.epochs import TrainingStopped
from semeval_emo.zoo.training.job import score_probabilities
from semeval_emo.zoo.training.train import RunResult, train

SMALL = [
    "shape.hidden=16", "shape.mlp=24", "shape.heads=2", "shape.kv_heads=1", "shape.vocabulary=260",
    "shape.layers=3", "trainable.layers=2", "model.max_length=12", "train.batch=32", "train.epochs=3",
    "groups.layers.lr=1e-3",
]  # fmt: skip
ENGINES = {"tail": [], "plain": ["train.engine=plain"]}


def run(runs: Path, *settings: str, **rest: Any) -> RunResult:
    return train(load_recipe("llama-tiny", [*SMALL, *settings]), source="sample", runs=runs, **rest)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunResult]:
    return {engine: run(tmp_path_factory.mktemp(engine), *words) for engine, words in ENGINES.items()}


def test_both_trainers_report_the_same_metrics(results: dict[str, RunResult]):
    tail, plain = results["tail"].rows, results["plain"].rows
    assert len(tail) == 3
    assert list(tail[0]) == list(plain[0]) == ["epoch", "loss", "train", "dev", "seconds"]
    for ours, theirs in zip(tail, plain, strict=True):
        assert ours["train"] == pytest.approx(theirs["train"], abs=1e-9)
        assert ours["dev"] == pytest.approx(theirs["dev"], abs=1e-5)
    assert tail[0]["train"] != tail[2]["train"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_dev_loss_equals_that_of_the_saved_model(engine: str, results: dict[str, RunResult]):
    result = results[engine]
    model = AutoModelForSequenceClassification.from_pretrained(result.folder.model)
    tokenizer = AutoTokenizer.from_pretrained(result.folder.model)
    dev = load_gold("a", "eng", "dev", source="sample")
    batch = tokenizer(list(dev.texts), padding=True, truncation=True, max_length=12, return_tensors="pt")
    with torch.no_grad():
        logits = model(**batch).logits
    expected = functional.binary_cross_entropy_with_logits(logits, torch.tensor(dev.labels, dtype=torch.float32))
    selected = next(row for row in result.rows if row["epoch"] == result.selected_epoch)
    assert selected["dev"]["loss"] == pytest.approx(float(expected), abs=2e-6)


def test_train_metrics_come_from_the_logits_before_each_update(tmp_path: Path, monkeypatch):
    """Compare with logits computed separately before each step."""
    recorded: list[tuple[list[int], torch.Tensor]] = []
    step = TailTrainer.step

    def recording(self: TailTrainer, batches: list[list[int]], *rest: Any) -> float:
        for batch in batches:
            texts = [gold.texts[i] for i in batch]
            padded = self.network.tokenizer.pad({"input_ids": self.network.tokens(texts)}, return_tensors="pt")
            with torch.no_grad():
                recorded.append((batch, self.network.model(**padded).logits))
        return step(self, batches, *rest)

    gold = load_gold("a", "eng", "train", source="sample")
    monkeypatch.setattr(TailTrainer, "step", recording)
    result = run(tmp_path, "train.epochs=1", "train.batch=16", "train.accumulate=2")
    order = [i for batch, _ in recorded for i in batch]
    assert sorted(order) == list(range(len(gold)))
    values = torch.sigmoid(torch.cat([logits for _, logits in recorded]).double()).numpy()
    expected = score_probabilities(gold.labels[order], values, np.full(5, 0.5), Space(gold.spec.emotions), "macro_f1")
    assert result.rows[0]["train"] == pytest.approx(expected)


def test_intensities_report_pearson_and_mean_squared_error(tmp_path: Path):
    words = ["train.epochs=1", "loss.kind=mse", "select.metric=pearson"]
    (row,) = run(tmp_path, *words, track="b").rows
    assert set(row["train"]) == {"pearson"}
    assert set(row["dev"]) == {"pearson", "loss"}
    assert 0 < row["dev"]["loss"] < 1


class Stopping(Progress):
    """Requests a stop within the second epoch."""

    def __init__(self) -> None:
        self.left = 11

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        self.left -= loss is not None
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


def test_resuming_from_an_older_checkpoint_omits_the_train_metrics_of_that_epoch(tmp_path: Path, monkeypatch):
    save = Checkpointer.save

    def older(self: Checkpointer, state: Any) -> None:
        save(self, state)
        stored = torch.load(self.file, weights_only=True)
        del stored["seen"]
        torch.save(stored, self.file)

    monkeypatch.setattr(Checkpointer, "save", older)
    with pytest.raises(TrainingStopped):
        run(tmp_path, progress=Stopping())
    monkeypatch.undo()
    result = run(tmp_path)
    assert result.resumed
    assert ["train" in row for row in result.rows] == [True, False, True]


def test_metrics_rows_are_json(results: dict[str, RunResult]):
    for line in results["tail"].folder.metrics.read_text().splitlines():
        assert isinstance(json.loads(line)["dev"]["loss"], float)


def test_train_metrics_need_the_logits_of_every_text():
    class Job:
        def score(self, labels, values):
            return {"share": float(((values > 0.5) == labels).mean())}

    logits = torch.tensor([[2.0], [-2.0]])
    assert epoch_metrics.train_metrics(logits, np.array([[1], [1]]), 2, Job()) == {"train": {"share": 0.5}}
    assert epoch_metrics.train_metrics(logits, np.array([[1], [1]]), 3, Job()) == {}
