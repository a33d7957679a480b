"""Distributed training gives the results of one process; only the main process writes and prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import toy_task

from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo import distributed
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import finetune
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train, train_nonzero_rank

# Rates at which two epochs change a random network considerably.
SETTINGS = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=24", "train.engine=plain",
    "train.batch=16", "groups.layers.lr=5e-3", "groups.head.lr=1e-2",
)  # fmt: skip


def probabilities(folder: Path, split: str) -> np.ndarray:
    return np.loadtxt(folder / split / "prob_eng.csv", delimiter=",", skiprows=1, usecols=range(1, 6))


LAUNCHERS = {
    "torchrun": ("torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
    # With --cpu instead of --multi_gpu, accelerate starts one process, whatever their number.
    "accelerate": ("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
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
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # One result, and every message once.
    result = json.loads(done.stdout)
    processes = [json.loads((f / "run.json").read_text())["processes"] for f in (single, tmp_path / result["folder"])]
    assert processes == [1, 2]
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


def test_processes_train_one_model_for_several_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The second process trained on one language; where the model was there already, it waited for the first one."""
    monkeypatch.chdir(tmp_path)
    toy_task.make_toy(tmp_path)
    own = (*SETTINGS, "train.epochs=1", 'data.sources=["xbb", "xcc"]', "data.joint=true", "select.epoch=last")
    words = [word for setting in own for word in ("--set", setting)]
    launcher = [sys.executable, "-m", *LAUNCHERS["torchrun"], "-m", "semeval_emo", "zoo", "train", "llama-tiny"]
    for language in ("xbb", "xcc"):
        done = subprocess.run(
            [*launcher, *words, "--task", "toy.toml", "--data", "data", "--language", language, "--runs", "two"],
            capture_output=True, text=True, timeout=600, check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert "using the model of xbb, which was trained on the same texts" in done.stderr
    paths = sorted(tmp_path.glob("two/toy/*/*"))
    states = [json.loads((path / "run.json").read_text()) for path in paths]
    assert [(state["status"], state["processes"]) for state in states] == [("done", 2)] * 2
    one = train(load_recipe("llama-tiny", own), source="data", task="toy.toml", language="xbb", runs=Path("one"))
    # The last batch has some texts twice with two processes.
    assert json.loads((paths[0] / "metrics.jsonl").read_text())["loss"] == pytest.approx(one.rows[0]["loss"], abs=5e-3)


def test_a_batch_size_not_divisible_by_the_processes_is_refused(tiny: Recipe, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    examples = Examples(("a text", "another"), np.eye(2, dtype=np.int8))

    class NoJob:
        work, progress = tmp_path, Progress()

    with pytest.raises(UsageError) as refused:
        finetune.fit(tiny, Space(("joy", "fear")), examples, {"dev": examples}, NoJob())
    assert refused.value.message == "recipe llama-tiny: a batch of 8 cannot be divided among 3 processes."
    assert refused.value.fix == "--set train.batch=9"


CONFIGURATIONS = {
    "ACCELERATE_USE_FSDP": ("true", "uses FSDP, which divides a model among processes"),
    "ACCELERATE_USE_DEEPSPEED": ("true", "uses DeepSpeed, which divides a model among processes"),
    "ACCELERATE_DYNAMO_BACKEND": ("INDUCTOR", "compiles the model (dynamo_backend = inductor)"),
    "ACCELERATE_MIXED_PRECISION": ("bf16", "has mixed_precision = bf16, and the recipe has train.precision = fp32"),
}


@pytest.mark.parametrize("variable", CONFIGURATIONS)
def test_a_configuration_of_accelerate_that_changes_the_recipe_is_refused(variable, tiny, tmp_path, monkeypatch):
    value, reason = CONFIGURATIONS[variable]
    monkeypatch.setenv(variable, value)
    for refused_in in (train, train_nonzero_rank):
        with pytest.raises(UsageError, match=r"^The configuration of accelerate ") as refused:
            refused_in(tiny, source="sample", runs=tmp_path)
        assert reason in refused.value.message
        assert "accelerate launch " in refused.value.fix
    assert not list(tmp_path.iterdir())
    # A family that trains in one process does not use accelerate.
    train(load_recipe("constant-all"), source="sample", runs=tmp_path)


def test_the_precision_of_accelerate_may_be_that_of_the_recipe(monkeypatch):
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    distributed.check_configuration("bf16")


def test_processes_wait_for_long_predictions_of_the_first_one(monkeypatch: pytest.MonkeyPatch):
    """NCCL ended processes that waited ten minutes for the predictions of dev."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("accelerate.PartialState", lambda **given: asked.append(given))
    distributed.init()
    assert [given["timeout"].total_seconds() >= 12 * 3600 for given in asked] == [True]


@pytest.mark.parametrize(
    ("gpus", "fix"), [(2, "torchrun --nproc-per-node 2"), (1, "train without torchrun")], ids=["two", "one"]
)
def test_more_processes_than_gpus_are_refused(gpus: int, fix: str, monkeypatch):
    for name, value in (("WORLD_SIZE", "4"), ("LOCAL_WORLD_SIZE", "4")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(UsageError, match=r"^4 processes were started on this machine, which has ") as refused:
        distributed.init()
    assert refused.value.fix == fix
