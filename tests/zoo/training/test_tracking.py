"""`zoo train --log-to`: losses and metrics in experiment trackers, which are replaced by modules that record calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import toy_task

from semeval_emo.cli.app import main
from semeval_emo.errors import InputError, UsageError
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training import tracking
from semeval_emo.zoo.training.train import RunResult, train

# 240 texts: 15 steps in each of two epochs.
SETTINGS = ("shape.hidden=16", "shape.mlp=16", "shape.vocabulary=300", "model.max_length=8", "train.batch=16")


class Recorder(ModuleType):
    """A tracker's module: every function records its arguments."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, None)
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *given, **named: self.calls.append((name, given, named))


@pytest.fixture(params=["trackio", "wandb", "mlflow"])
def tracker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    module = Recorder(request.param)
    monkeypatch.setitem(sys.modules, request.param, module)
    return module


def trained(runs: Path, *settings: str, log_to: str | None = None) -> RunResult:
    return train(load_recipe("llama-tiny", [*SETTINGS, *settings]), source="sample", runs=runs, log_to=log_to)


def logged(module: Recorder) -> list[tuple[int, dict[str, float]]]:
    """Return the steps and values that were logged."""
    names = ("log", "log_metrics")
    return [(named["step"], given[0]) for name, given, named in module.calls if name in names]


@pytest.mark.parametrize("engine", ["prefix", "plain"])
def test_both_engines_log_the_same_losses_and_metrics(engine: str, tracker: Recorder, tmp_path: Path):
    result = trained(tmp_path, f"train.engine={engine}", log_to=tracker.__name__)
    rows = logged(tracker)
    losses = [(step, values["step/loss"]) for step, values in rows if "step/loss" in values]
    assert [step for step, _ in losses] == [10, 15, 25, 30]
    means = [losses[0][1] * 10 + losses[1][1] * 5, losses[2][1] * 10 + losses[3][1] * 5]
    assert [mean / 15 for mean in means] == pytest.approx([row["loss"] for row in result.rows], abs=1e-5)
    epochs = [(step, values) for step, values in rows if "epoch" in values]
    assert [step for step, _ in epochs] == [15, 30]
    for (_, values), row in zip(epochs, result.rows, strict=True):
        assert values["dev/macro_f1"] == row["dev"]["macro_f1"] and values["loss"] == row["loss"]
    step, values = rows[-1]
    assert step == 30
    assert values["result/test/macro_f1"] == result.scorecard.score
    assert values["result/dev/macro_f1"] == result.dev["macro_f1"]
    # One run of the tracker, named after the run, with the whole recipe.
    names = [name for name, *_ in tracker.calls if not name.startswith("log")]
    start, end = ("start_run", "end_run") if tracker.__name__ == "mlflow" else ("init", "finish")
    assert names == (["set_experiment", start, end] if tracker.__name__ == "mlflow" else [start, end])
    (opened,) = [named for name, _, named in tracker.calls if name == start]
    assert opened.get("name", opened.get("run_name")) == f"{result.recipe.run_name}/eng"
    config = opened.get("config") or next(given[0] for name, given, _ in tracker.calls if name == "log_params")
    assert (config["train.batch"], config["family"]) == (16, "decoder")


def test_tensorboard_writes_event_files_into_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written: dict[str, list[tuple[float, int]]] = {}

    class SummaryWriter:
        def __init__(self, folder: str) -> None:
            self.folder = folder

        def add_text(self, name: str, text: str) -> None:
            assert "train.batch = 16" in text

        def add_scalar(self, name: str, value: float, step: int) -> None:
            written.setdefault(name, []).append((value, step))

        def close(self) -> None:
            written["folder"] = [(self.folder, 0)]

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setitem(sys.modules, "tensorboard", Recorder("tensorboard"))
    result = trained(tmp_path, log_to="tensorboard")
    assert written["folder"] == [(str(result.folder.path / "tensorboard"), 0)]
    assert [step for _, step in written["step/loss"]] == [10, 15, 25, 30]
    assert [value for value, _ in written["dev/macro_f1"]] == [row["dev"]["macro_f1"] for row in result.rows]


def test_nothing_is_logged_by_default_or_for_a_finished_run(tracker: Recorder, tmp_path: Path):
    trained(tmp_path)
    trained(tmp_path, log_to=tracker.__name__)
    assert not tracker.calls


def test_a_tracker_that_fails_does_not_stop_the_training(tmp_path: Path, monkeypatch, capsys):
    module = Recorder("wandb")

    def log(values: dict[str, float], step: int) -> None:
        raise ConnectionError("no route to host")

    module.log = log
    monkeypatch.setitem(sys.modules, "wandb", module)
    monkeypatch.chdir(tmp_path)
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    assert main(["zoo", "train", "llama-tiny", *words, "--data", "sample", "--log-to", "wandb"]) == 0
    message = "logging to wandb failed, and the training goes on without it: no route to host"
    assert capsys.readouterr().err.count(message) == 1


def test_a_tracker_that_does_not_start_is_an_error(tmp_path: Path, monkeypatch):
    module = Recorder("wandb")

    def init(**given: Any) -> None:
        raise RuntimeError("not logged in")

    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    with pytest.raises(InputError) as refused:
        trained(tmp_path, log_to="wandb")
    assert (refused.value.message, refused.value.fix) == (
        "wandb cannot start a run: not logged in.", "leave out --log-to"
    )  # fmt: skip


def test_each_run_of_a_series_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its workers are other processes, so the tracker is a module that they find; it prints, as trackio does."""
    monkeypatch.chdir(tmp_path)
    toy_task.make_toy(tmp_path)
    Path("modules").mkdir()
    Path("modules/trackio.py").write_text(TRACKIO)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "modules"), *sys.path]))
    words = ["zoo", "train", "constant-all", "--task", "toy.toml", "--data", "data", "--log-to", "trackio"]
    for number, more in enumerate((["--language", "all", "--jobs", "2"], ["--language", "xaa", "--fresh"])):
        done = subprocess.run(
            [sys.executable, "-m", "semeval_emo", *words, *more, "--format", "json"], capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["schema"].startswith("semeval-emo/zoo-train")
        assert "Run finished" in done.stderr
        logged = [line.split(maxsplit=1) for line in Path("logged").read_text().splitlines()]
        names = sorted(f"constant-all/{code}" for code in (*toy_task.LANGUAGES, *["xaa"] * number))
        assert sorted(name for name, _ in logged) == names
        assert all("result/test/macro_f1" in values for _, values in logged)


TRACKIO = """
def init(project, name, config):
    global run
    run = name
    print("Run started")

def log(values, step):
    with open("logged", "a") as file:
        file.write(f"{run} {values}\\n")

def finish():
    print("Run finished")
"""


def test_trackers_that_are_not_there(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as missing:
        trained(tmp_path, log_to="trackio")
    assert missing.value.message == "Logging to trackio needs the package trackio, which is not installed."
    assert missing.value.fix == "pip install trackio"
    with pytest.raises(UsageError, match="There is no tracker 'wandbb'") as unknown:
        trained(tmp_path, log_to="wandbb")
    assert "wandb" in unknown.value.fix
    assert not list(tmp_path.iterdir())
