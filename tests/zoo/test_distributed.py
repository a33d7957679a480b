"""Distributed training gives the results of one process; only the main process writes and prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import finetune
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train

# Rates at which two epochs change a random network considerably.
SETTINGS = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=24", "train.engine=plain",
    "train.batch=16", "groups.layers.lr=5e-3", "groups.head.lr=1e-2",
)  # fmt: skip


def probabilities(folder: Path, split: str) -> np.ndarray:
    return np.loadtxt(folder / split / "prob_eng.csv", delimiter=",", skiprows=1, usecols=range(1, 6))


LAUNCHERS = {
    "torchrun": ("torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
    "accelerate": ("accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1",
                   "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"),
}  # fmt: skip


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one process."""
    return train(load_recipe("llama-tiny", SETTINGS), source="sample", runs=tmp_path_factory.mktemp("one")).folder.path


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_give_the_results_of_one(launcher: str, single: Path, tmp_path: Path):
    recipe = load_recipe("llama-tiny", SETTINGS)
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    launched = [sys.executable, "-m", *LAUNCHERS[launcher]]
    command = ["-m", "semeval_emo", "zoo", "train", "llama-tiny", *words, "--data", "sample", "--format", "json"]
    done = subprocess.run(
        [*launched, *command, "--runs", "two"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # One result, and every message once.
    result = json.loads(done.stdout)
    assert done.stderr.count("epoch 1 ") == done.stderr.count("Next: semeval-emo score ") == 1
    two = tmp_path / result["folder"]
    assert two == tmp_path / "two" / "sample" / recipe.run_name / "eng"
    assert sorted(p.name for p in two.iterdir()) == sorted(p.name for p in single.iterdir()), "no file is left over"
    rows = [[json.loads(line) for line in (f / "metrics.jsonl").read_text().splitlines()] for f in (single, two)]
    for expected, row in zip(*rows, strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], abs=1e-5)
        assert row["dev"] == pytest.approx(expected["dev"], abs=1e-5)
        # Train metrics cover the texts of all processes.
        assert row["train"] == pytest.approx(expected["train"])
    assert rows[0][1]["loss"] < rows[0][0]["loss"]
    for split in ("dev", "test"):
        found = probabilities(single, split), probabilities(two, split)
        assert found[0].std(0).max() > 1e-3, "the predictions differ between texts"
        assert np.abs(found[0] - found[1]).max() < 1e-4


def test_a_batch_size_not_divisible_by_the_processes_is_refused(tiny: Recipe, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    examples = Examples(("a text", "another"), np.eye(2, dtype=np.int8))

    class NoJob:
        work, progress = tmp_path, Progress()

    with pytest.raises(UsageError) as refused:
        finetune.fit(tiny, Space(("joy", "fear")), examples, {"dev": examples}, NoJob())
    assert refused.value.message == "recipe llama-tiny: a batch of 8 cannot be divided among 3 processes."
    assert refused.value.fix == "--set train.batch=9"
