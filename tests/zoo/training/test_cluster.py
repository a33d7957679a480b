"""Runs as a job array: with submitit's local executor, and on a real SLURM where one is running."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import toy_task

from semeval_emo.errors import InputError, UsageError
from semeval_emo.locks import lock_holder
from semeval_emo.task import load_task
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe, load_seeds
from semeval_emo.zoo.runs.folder import LOCK, Locked, locked
from semeval_emo.zoo.runs.status import RunStatus, run_states, run_status
from semeval_emo.zoo.training.array import array_tasks
from semeval_emo.zoo.training.cluster import JobArray, submit
from semeval_emo.zoo.training.series import train_series
from semeval_emo.zoo.training.slurm_options import slurm_options
from semeval_emo.zoo.training.worker_pool import THREADS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="left out: job engines of Unix")

# A network that is in training for some seconds, so that it can be stopped there.
SMALL = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=24", "train.batch=8",
    "train.epochs=8",
)  # fmt: skip
LIMIT = 300


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return toy_task.make_toy(tmp_path)


@pytest.fixture
def slurm() -> None:
    """A running SLURM."""
    if shutil.which("sbatch") is None or subprocess.run(["sinfo", "-h"], capture_output=True, check=False).returncode:
        pytest.skip("left out: needs a running SLURM (.ci/run installs and starts one if it runs as root)")


def start(recipes: list[Recipe], *languages: str, engine: str = "local", **more: object) -> JobArray:
    tasks = array_tasks(recipes, languages or toy_task.LANGUAGES, load_task("toy.toml"), "a")
    return submit(
        tasks, slurm_options(["time=30"]), track="a", task="toy.toml", runs=Path("runs"), source="data",
        engine=engine, **more,
    )  # fmt: skip


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        logs = [path.read_text() for path in Path("runs").rglob("*_log.out")]
        assert time.monotonic() < deadline, f"{what}: {logs}"
        time.sleep(0.2)


def states(runs: str = "runs") -> list[str]:
    return [status.state for status in run_states([Path(runs)])]


def wait_for_all() -> None:
    """Wait until all runs are done or failed, and their processes have left the folders."""
    running = {"not started", "training", "interrupted"}
    wait_until(lambda: not running.intersection(states()), "not all runs ended")
    wait_until(lambda: not any(lock_holder(path) for path in Path("runs").rglob(LOCK)), "a run is locked")


def files(runs: str = "runs") -> dict[str, bytes]:
    """Predictions and probabilities, by their path in the folder of runs."""
    return {str(path.relative_to(runs)): path.read_bytes() for path in Path(runs).rglob("*_x??.csv")}


def trained_here(recipes: list[Recipe], *languages: str) -> dict[str, bytes]:
    """The files of the same runs, trained by the worker pool."""
    for recipe in recipes:
        train_series(
            recipe, ",".join(languages), source="data", task="toy.toml", runs=Path("here"), jobs=1, packs=False
        )
    return files("here")


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the runs of a network with two random seeds, trained by the worker pool with one thread."""
    folder = tmp_path_factory.mktemp("networks")
    toy_task.make_toy(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in THREADS:
            patch.setenv(name, "1")
        return trained_here(load_seeds("llama-tiny", 2, settings=SMALL), "xaa")


def in_training(path: Path) -> RunStatus:
    """Wait until a run has completed an epoch."""
    wait_until(lambda: run_status(path).state == "training" and (run_status(path).epochs or 0) > 0, "not in training")
    return run_status(path)


@pytest.mark.slow
def test_jobs_train_the_runs_that_are_not_finished(cli):
    recipes = load_seeds("tfidf-logreg", 2)
    cli("zoo", "train", "tfidf-logreg", "--task", "toy.toml", "--data", "data", "--language", "xbb", "-q")
    done = Path("runs/toy/tfidf-logreg/xbb/run.json").read_bytes()
    array = start(recipes, "xaa", "xbb")
    assert [outcome.folder.path.name for outcome in array.finished] == ["xbb"]
    assert (array.jobs, len(array.submitted), array.in_training) == (3, 3, ())
    assert array.logs == Path("runs/toy/tfidf-logreg/jobs")
    wait_for_all()
    assert states() == ["done"] * 4
    assert files() == trained_here(recipes, "xaa", "xbb")
    assert Path("runs/toy/tfidf-logreg/xbb/run.json").read_bytes() == done
    # Submitting again continues; here there is nothing left.
    again = start(recipes, "xaa", "xbb")
    assert (again.job, len(again.finished)) == ("", 4)


def test_a_failed_job_is_recorded_in_its_run_folder(cli):
    Path("data/track_a/dev/xbb.csv").unlink()
    start([load_recipe("constant-all")])
    wait_for_all()
    code, out, err = cli("zoo", "status")
    assert code == 0 and out.startswith("3 runs: 2 done, 1 failed\n")
    (log,) = [line.removeprefix("  log: ") for line in err.splitlines() if line.startswith("  log: ")]
    assert "error: constant-all/xbb: There is no dev file of track a for 'xbb' in data." in err
    assert "error: There is no dev file of track a for 'xbb' in data." in Path(log).read_text()
    toy_task.make_toy(Path())
    assert len(start([load_recipe("constant-all")]).submitted) == 1
    wait_for_all()
    assert states() == ["done"] * 3


@pytest.mark.slow
def test_a_job_at_its_time_limit_saves_a_checkpoint_and_resumes(networks: dict[str, bytes], monkeypatch):
    """The signal that announces the limit comes in the middle of training."""
    for name in THREADS:
        monkeypatch.setenv(name, "1")
    recipe = load_recipe("llama-tiny", SMALL)
    array = start([recipe], "xaa")
    path = array.submitted[0].folder.path
    process = in_training(path).process
    os.kill(int(process.split()[1]), signal.SIGUSR2)
    wait_for_all()
    (log,) = array.logs.glob("*_log.out")
    assert "stopping after this step" in log.read_text()
    assert states() == ["done"] and run_status(path).epochs == 8
    assert files() == {path: networks[path] for path in files()} != {}


def test_runs_in_training_are_left_out_and_fresh_ones_deleted():
    recipe = load_recipe("constant-all")
    start([recipe])
    wait_for_all()
    path = Path("runs/toy/constant-all/xaa")
    state = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(state | {"status": "training"}))
    with locked(path):
        array = start([recipe])
        assert [outcome.folder.path for outcome in array.in_training] == [path]
        assert array.job == ""
        with pytest.raises(Locked, match="is training in runs/toy/constant-all/xaa"):
            start([recipe], fresh=True)
    assert len(start([recipe], fresh=True).submitted) == 3
    wait_for_all()
    assert states() == ["done"] * 3


def words(*more: str) -> list[str]:
    return ["zoo", "train", "constant-all", "--task", "toy.toml", "--data", "data", "--language", "all", *more]


def test_without_slurm_the_command_names_the_remedy(cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    assert cli(*words("--on", "slurm")) == (
        3, "",
        "error: SLURM is not installed here: there is no command sbatch.\n"
        "  fix: run this on a login node of the cluster, or train on this machine: --on local\n",
    )  # fmt: skip
    assert not Path("runs").exists()


def test_without_submitit_the_command_names_the_extra(cli, monkeypatch: pytest.MonkeyPatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "submitit" else find(name))
    code, _, err = cli(*words("--on", "slurm"))
    assert code == 3
    assert "Training on a cluster needs the optional dependencies 'cluster', which are not installed." in err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--slurm", "partition=gpu"], "--slurm has options of jobs on a cluster.\n  fix: add --on slurm"),
        (["--on", "slurm", "--shard", "1/2"], "--on slurm submits all runs that are not finished, without --shard."),
        (["--on", "slurm", "--only-missing"], "--on slurm submits all runs that are not finished, without --only-"),
        (["--on", "slurm", "--zip", "a.zip"], "--zip is the file of one series that is trained here."),
        (["--on", "slurm", "--slurm", "gpu"], "--slurm gpu is neither KEY=VALUE nor a TOML file."),
        (["--on", "slurm", "--slurm", "array=0-3"], "--slurm array is set by the submission."),
        (["--on", "slurm", "--slurm", "ntasks=2"], "--slurm ntasks=2 would start several processes for each run"),
        (["--on", "slurm", "--slurm", "time=soon"], "--slurm time=soon is not a time limit."),
        (["--on", "slurm", "--slurm", "time=0"], "--slurm time must be more than 0."),
        (["--on", "slurm", "--slurm", "cpus-per-task=0"], "--slurm cpus-per-task=0 is not a number of cores."),
        (["--on", "slurm", "--slurm", "a b=1"], "--slurm a b is not an option."),
    ],
)
def test_options_that_do_not_fit_are_refused(more: list[str], said: str, cli):
    code, out, err = cli(*words(*more))
    assert (code, out) == (2, "") and err.startswith(f"error: {said}")
    assert not Path("runs").exists()


def test_options_of_a_file(tmp_path: Path):
    Path("a.toml").write_text('[slurm]\npartition = "gpu"\ngpus-per-node = 1\ntime = 02:30:00\nexclusive = true\n')
    Path("b.toml").write_text('account = "lab"\n')
    assert slurm_options(["a.toml", "b.toml", "partition=long"]) == {
        "time": 150, "cpus_per_task": 1, "partition": "long", "gpus_per_node": 1, "exclusive": True, "account": "lab",
    }  # fmt: skip
    Path("c.toml").write_text("slurm = 3\n")
    with pytest.raises(UsageError, match="'slurm' is not a table"):
        slurm_options(["c.toml"])
    Path("d.toml").write_text("[slurm]\ngres = [1]\n")
    with pytest.raises(UsageError, match=r"--slurm gres is \[1\], expected a text, a number or true"):
        slurm_options(["d.toml"])
    with pytest.raises(InputError, match=r"missing.toml"):
        slurm_options(["missing.toml"])


def control(*words: str) -> str:
    return subprocess.run(["scontrol", *words], check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_slurm_trains_what_the_worker_pool_trains(slurm: None, networks: dict[str, bytes], cli):
    """One process is killed in training; its job is requeued and resumes from the checkpoint."""
    settings = [word for setting in SMALL for word in ("--set", setting)]
    code, out, _ = cli(
        "zoo", "train", "llama-tiny", *settings, "--task", "toy.toml", "--data", "data", "--language", "xaa",
        "--seeds", "2", "--on", "slurm", "--slurm", "time=10", "--jobs", "2", "-f", "json",
    )  # fmt: skip
    array = json.loads(out)
    assert (code, array["jobs"], len(array["submitted"])) == (0, 2, 2)
    # The first job of the array has the first run.
    path, job = Path(array["submitted"][0]), f"{array['job']}_0"
    os.kill(int(in_training(path).process.split()[1]), signal.SIGKILL)
    wait_until(lambda: "JobState=FAILED" in control("show", "job", job), "the job goes on")
    assert run_status(path).state == "interrupted"
    control("requeue", job)
    wait_until(lambda: "JobState=PENDING" in control("show", "job", job), "the job was not requeued")
    # SLURM waits two minutes before it starts a requeued job. In the second of its end the node would refuse it ("Job
    # credential revoked"), and a later time is seen by the scheduler once a minute only.
    time.sleep(2)
    control("update", f"jobid={job}", "StartTime=now")
    wait_until(lambda: states() == ["done"] * 2, "not all runs ended")
    assert files() == networks
    code, out, _ = cli("zoo", "collect", "runs", "-f", "json", "-q")
    assert code == 0 and json.loads(out)["recipes"][0]["seeds"] == [42, 43]


def test_slurm_says_why_it_refuses_jobs(slurm: None, cli):
    code, _, err = cli(*words("--on", "slurm", "--slurm", "partition=no-such"))
    assert code == 3
    assert "error: SLURM refused the jobs: " in err and "partition" in err
    assert "fix: change the options with --slurm KEY=VALUE, such as partition and account" in err
