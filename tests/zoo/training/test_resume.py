"""Interrupted runs: the same command resumes them and gives the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import semeval_emo.files
from semeval_emo.errors import UsageError
from semeval_emo.locks import host
from semeval_emo.progress import Progress
from semeval_emo.zoo.engine import finetune, predictor
from semeval_emo.zoo.families import constant
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.folder import TRAINING, Locked, locked
from semeval_emo.zoo.selection.epochs import TrainingStopped
from semeval_emo.zoo.training.train import RunResult, train

SMALL = [
    "shape.hidden=16", "shape.mlp=24", "shape.heads=2", "shape.kv_heads=1", "shape.vocabulary=260",
    "shape.layers=3", "trainable.layers=2", "model.max_length=12", "train.batch=32", "train.epochs=3",
    "groups.layers.lr=1e-3",
]  # fmt: skip
# A checkpoint after every step, so that training can resume at every step.
OFTEN = "train.save_minutes=0"
ENGINES = {"tail": [], "plain": ["train.engine=plain", "trainable.part=all", "train.epochs=2"]}
ALL_ENGINES = {
    **ENGINES,
    "by length": [*ENGINES["plain"], "train.batches=by_length"],
    # So few tokens per step that embedding gradients stay sparse.
    "lean": ["train.batch=4", "train.epochs=2"],
}
RESULTS = ("track_a/pred_eng.csv", "dev/prob_eng.csv", "test/prob_eng.csv", "score.json", "model/model.safetensors")


# Imported once for the many child processes that are forked.
IMPORTED = (finetune, predictor)


class Killer(Progress):
    """Kills the process at a step or at the end of an epoch."""

    def __init__(self, step: int = 0, epoch: int = 0) -> None:
        self.step_left, self.epoch_at = step, epoch

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        if loss is not None:
            self.step_left -= 1
            if self.step_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def epoch(self, row: dict[str, Any]) -> None:
        if row["epoch"] == self.epoch_at:
            os.kill(os.getpid(), signal.SIGKILL)


def run(recipe: Recipe, runs: Path, progress: Progress | None = None, **rest: Any) -> RunResult:
    return train(recipe, source="sample", runs=runs, progress=progress or Progress(), **rest)


def in_child(work: Callable[[], object]) -> int:
    """Run a function in a child process; return its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            torch.set_num_threads(1)
            work()
        except BaseException as error:
            print(f"in the child: {type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def recipe_of(engine: str) -> Recipe:
    return load_recipe("llama-tiny", [*SMALL, OFTEN, *ALL_ENGINES[engine]])


def bytes_of(runs: Path, recipe: Recipe) -> dict[str, bytes]:
    folder = runs / "sample" / recipe.run_name / "eng"
    found = {name: (folder / name).read_bytes() for name in RESULTS}
    found["score.json"] = found["score.json"].replace(str(runs).encode(), b"")
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        del row["seconds"]
    found["metrics"] = json.dumps(rows).encode()
    return found


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    known: dict[str, dict[str, bytes]] = {}

    def of(engine: str) -> dict[str, bytes]:
        if engine not in known:
            runs = tmp_path_factory.mktemp(engine)
            assert in_child(lambda: run(recipe_of(engine), runs)) == 0
            known[engine] = bytes_of(runs, recipe_of(engine))
        return known[engine]

    return of


@pytest.mark.parametrize("engine", ALL_ENGINES)
@pytest.mark.parametrize(
    "kills",
    [[Killer(step=5), Killer(step=2), Killer(step=6)], [Killer(epoch=1), Killer(epoch=2)]],
    ids=["three times", "while judging"],
)
def test_killed_at_a_step(kills: list[Killer], engine: str, uninterrupted, tmp_path: Path):
    recipe = recipe_of(engine)
    for kill in kills:
        assert in_child(lambda: run(recipe, tmp_path, kill)) == -signal.SIGKILL  # noqa: B023
    assert in_child(lambda: run(recipe, tmp_path)) == 0
    assert bytes_of(tmp_path, recipe) == uninterrupted(engine)


@pytest.mark.parametrize(
    ("engine", "write"),
    [("tail", 1), ("tail", 2), ("tail", 5), ("tail", 15), ("tail", 36), ("tail", 42), ("plain", 7), ("plain", 24)],
)
def test_killed_while_a_file_is_written(engine: str, write: int, uninterrupted, tmp_path: Path, monkeypatch):
    """Kill the process after the temporary file is written and before it is renamed."""
    recipe = recipe_of(engine)
    left = [write]

    def dies(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        os.replace(self, target)  # noqa: PTH105 - the method itself is what is replaced
        return target

    def work() -> None:
        monkeypatch.setattr(semeval_emo.files.Path, "replace", dies)
        run(recipe, tmp_path)

    assert in_child(work) == -signal.SIGKILL
    assert in_child(lambda: run(recipe, tmp_path)) == 0
    assert bytes_of(tmp_path, recipe) == uninterrupted(engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_finished_epochs_are_not_repeated(engine: str, tmp_path: Path):
    recipe = load_recipe("llama-tiny", [*SMALL, *ENGINES[engine]])
    assert in_child(lambda: run(recipe, tmp_path, Killer(step=12))) == -signal.SIGKILL
    steps: list[float] = []

    class Counting(Progress):
        def advance(self, count: int = 1, loss: float | None = None) -> None:
            steps.extend([loss] if loss is not None else [])

    result = run(recipe, tmp_path, Counting())
    assert result.resumed and not result.already_done
    # 240 texts in batches of 32 are 8 steps per epoch; the first epoch was saved.
    assert len(steps) == 8 * (recipe.train.epochs - 1)
    assert [row["epoch"] for row in result.rows] == list(range(1, recipe.train.epochs + 1))


@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_saves_a_checkpoint(engine: str, uninterrupted, tmp_path: Path):
    recipe = recipe_of(engine)

    class Impatient(Progress):
        def __init__(self) -> None:
            self.steps, self.said = 0, []

        def message(self, text: str) -> None:
            self.said.append(text)

        def advance(self, count: int = 1, loss: float | None = None) -> None:
            if loss is not None:
                self.steps += 1
                if self.steps == 11:
                    signal.raise_signal(signal.SIGINT)

    progress = Impatient()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(TrainingStopped, match="stopped after step 3 of epoch 2; everything is saved") as stopped:
        run(recipe, tmp_path, progress)
    assert signal.getsignal(signal.SIGINT) is before
    assert stopped.value.exit_code == 130
    assert progress.said[-1] == "stopping after this step; press Ctrl-C again to stop immediately"
    run(recipe, tmp_path)
    assert bytes_of(tmp_path, recipe) == uninterrupted(engine)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_that_training_does_not_see_ends_the_run_after_it(number: signal.Signals, tmp_path: Path, monkeypatch):
    """The model of `constant` has no steps; a run that ended with 0 would start the next command of a script."""
    recipe = load_recipe("constant-all")
    fit = constant.Constant.fit

    def interrupted(*given: object) -> None:
        fit(*given)
        signal.raise_signal(number)

    monkeypatch.setattr(constant.Constant, "fit", interrupted)
    with pytest.raises(TrainingStopped, match=r"^stopped after training; everything is saved") as stopped:
        run(recipe, tmp_path)
    assert stopped.value.exit_code == 128 + number
    monkeypatch.undo()
    assert run(recipe, tmp_path).resumed


def test_files_of_the_user_in_a_run_folder_stay(tmp_path: Path):
    recipe = load_recipe("constant-all")
    folder = run(recipe, tmp_path).folder
    (folder.path / ".gitignore").write_text("model/")
    folder.update_state(status=TRAINING)
    folder.work.mkdir()
    run(recipe, tmp_path)
    assert (folder.path / ".gitignore").read_text() == "model/"
    # What a process leaves that is killed after its last step.
    folder.work.mkdir()
    assert run(recipe, tmp_path).already_done
    assert not folder.work.exists()


def test_a_finished_run_is_repeated_only_with_fresh(tmp_path: Path):
    recipe = load_recipe("constant-all")
    first = run(recipe, tmp_path)
    assert (first.resumed, first.already_done) == (False, False)
    folder = first.folder
    made = folder.probabilities("test").stat().st_mtime_ns
    second = run(recipe, tmp_path)
    assert (second.resumed, second.already_done) == (True, True)
    assert second.scorecard.score == first.scorecard.score
    assert folder.probabilities("test").stat().st_mtime_ns == made
    third = run(recipe, tmp_path, fresh=True)
    assert (third.resumed, third.already_done) == (False, False)
    assert folder.probabilities("test").stat().st_mtime_ns > made
    assert not folder.work.exists()


def test_another_experiment_in_the_same_folder_is_refused(tmp_path: Path, recipe_folder: Path):
    file = recipe_folder / "mine.toml"
    body = 'family = "constant"\n[data]\nlanguage = "eng"\n[constant]\nsays = "{}"\n'
    file.write_text(body.format("all"))
    run(load_recipe(str(file)), tmp_path)
    file.write_text(body.format("none"))
    with pytest.raises(UsageError) as refused:
        run(load_recipe(str(file)), tmp_path)
    assert 'contains a run with another recipe or other data: constant.says: "all" -> "none".' in refused.value.message
    assert refused.value.fix == "--fresh deletes that run, --runs chooses another folder of runs"


def test_other_folders_are_not_changed(tmp_path: Path):
    recipe = load_recipe("constant-all")
    folder = tmp_path / "sample" / "constant-all" / "eng"
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("years of work")
    for fresh in (False, True):
        with pytest.raises(UsageError, match=r"is not a run folder: it contains thesis.tex\."):
            run(recipe, tmp_path, fresh=fresh)
    assert (folder / "thesis.tex").read_text() == "years of work"


def test_two_processes_cannot_train_in_one_folder(tmp_path: Path):
    recipe = load_recipe("constant-all")
    path = tmp_path / "sample" / "constant-all" / "eng"
    ready, go = os.pipe(), os.pipe()

    def hold() -> None:
        with locked(path):
            os.write(ready[1], b"x")
            os.read(go[0], 1)

    child = os.fork()
    if child == 0:
        hold()
        os._exit(0)
    os.read(ready[0], 1)
    with pytest.raises(Locked) as refused:
        run(recipe, tmp_path)
    assert refused.value.message == f"Another process (process {child} on {host()}) is training in {path}."
    assert refused.value.exit_code == 1
    # The lock of a killed process is released.
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert (path / "lock").exists()
    assert not run(recipe, tmp_path).already_done


def test_the_command_resumes_after_kill_9(tmp_path: Path, cli, monkeypatch):
    """Kill the process from outside at an arbitrary time."""
    settings = [word for one in [*SMALL, OFTEN, "train.epochs=8"] for word in ("--set", one)]
    words = ["zoo", "train", "llama-tiny", *settings, "--data", "sample", "--format", "json"]
    for where in ("once", "killed"):
        (tmp_path / where).mkdir()
    command = [sys.executable, "-m", "semeval_emo", *words, "--runs", "killed"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "killed").glob("sample/*/eng/work/checkpoint.pt")):
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    monkeypatch.chdir(tmp_path)
    found = {}
    for where in ("killed", "once"):
        code, out, err = cli(*words, "--runs", where)
        assert code == 0, err
        found[where] = json.loads(out)
    assert found["killed"]["went_on"] and not found["once"]["went_on"]
    names = [str(Path(*Path(found[w]["predictions"]).parts[1:])) for w in ("killed", "once")]
    for name in (names[0], names[0].replace("track_a/pred_", "test/prob_")):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "once" / name).read_bytes()
