"""A series: one recipe in many languages, one zip and a summary; failures do not stop other languages."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import toy_task

from semeval_emo.data import load_gold
from semeval_emo.errors import UnverifiedGold
from semeval_emo.locks import host
from semeval_emo.submission import validate
from semeval_emo.task import load_task
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.folder import locked
from semeval_emo.zoo.training.series import Series, select_languages, train_series
from semeval_emo.zoo.training.train import RunResult, train

# A recipe that is trained, and one that needs no training.
LEARNS, NAME, LANGUAGES = "tfidf-logreg", "constant-all", toy_task.LANGUAGES


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "board.csv"))
    return toy_task.make_toy(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Series:
    """Return an uninterrupted series of the trained recipe."""
    folder = tmp_path_factory.mktemp("whole")
    task = toy_task.make_toy(folder)
    return train_series(load_recipe(LEARNS), source=folder / "data", task=str(task), runs=folder / "runs", jobs=1)


def files(series: Series) -> dict[str, bytes]:
    return {one.folder.predictions.name: one.folder.predictions.read_bytes() for one in series.outcomes}


def words(*more: str, name: str = NAME) -> list[str]:
    return ["zoo", "train", name, "--task", "toy.toml", "--data", "data", *more]


def predictions(runs: str = "runs", name: str = NAME) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(runs, "toy", name).glob("*/track_a/pred_*.csv")}


def test_a_series_gives_a_valid_zip_and_a_summary(cli):
    code, out, err = cli(*words("--language", "all"))
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert [row[0] for row in rows[3:6]] == list(LANGUAGES)
    assert rows[1] == ["language", "labels", "dev", "test", "base", "vs", "base", "top", "vs", "top", "rank", "of"]
    scores = [json.loads(Path(f"runs/toy/{NAME}/{one}/score.json").read_text())["score"] for one in LANGUAGES]
    assert [row[3] for row in rows[3:6]] == [f"{score:.4f}" for score in scores]
    assert rows[7][0] == "mean" and rows[7][3] == f"{np.mean(scores):.4f}"
    packed = Path(f"runs/toy/{NAME}/track_a.zip")
    report = validate(packed, task="toy.toml")
    assert report.valid and len(report.files) == 3
    assert zipfile.ZipFile(packed).namelist() == [f"track_a/pred_{one}.csv" for one in LANGUAGES]
    for one in LANGUAGES:
        assert zipfile.ZipFile(packed).read(f"track_a/pred_{one}.csv") == predictions()[f"pred_{one}.csv"]
    assert f"Written and validated: runs/toy/{NAME}/track_a.zip (3 files)." in err
    assert sorted(line.split()[1] for line in err.splitlines() if line.startswith("[")) == list(LANGUAGES)


def test_a_run_in_a_series_equals_a_single_run(whole: Series, cli):
    assert cli(*words("--language", "xbb", "-q", name=LEARNS))[0] == 0
    assert predictions(name=LEARNS) == {"pred_xbb.csv": files(whole)["pred_xbb.csv"]}
    assert not Path("runs", "toy", LEARNS, "track_a.zip").exists(), "a single language has no zip"


def test_finished_languages_are_not_repeated(cli):
    cli(*words("--language", "xaa", "-q"))
    before = Path(f"runs/toy/{NAME}/xaa/model/constant.json").stat().st_mtime_ns
    code, out, _ = cli(*words("--language", "all", "-q", "-f", "json"))
    assert code == 0
    assert {one["language"]: one["was_done"] for one in json.loads(out)["languages"]} == {
        "xaa": True, "xbb": False, "xcc": False,
    }  # fmt: skip
    assert Path(f"runs/toy/{NAME}/xaa/model/constant.json").stat().st_mtime_ns == before


def test_only_missing_does_not_check_the_data_of_finished_languages(cli):
    cli(*words("--language", "xaa,xbb", "-q"))
    for one in ("xaa", "xbb"):
        Path(f"data/track_a/train/{one}.csv").write_text("id,text\nbroken,file\n")
    code, out, err = cli(*words("--language", "all", "--only-missing"))
    assert code == 0
    assert "2 of 3 languages are already finished and are not trained again" in err
    assert [line.split()[0] for line in out.splitlines()[3:6]] == list(LANGUAGES)
    # Without the option the data are checked, as in a single `zoo train`.
    code, out, err = cli(*words("--language", "all"))
    assert code == 1
    assert err.count("\nerror: ") == 2


def test_only_missing_repeats_runs_of_another_version_of_the_recipe(cli, monkeypatch):
    Path("mine.toml").write_text(f'extends = "{NAME}"\ntitle = "mine"\n')
    cli(*words("--language", "xaa,xbb", "-q", name="mine.toml"))
    Path("mine.toml").write_text(f'extends = "{NAME}"\ntitle = "mine"\n[threshold]\nvalue = 0.4\n')
    code, _, err = cli(*words("--language", "xaa,xbb,xcc", "--only-missing", name="mine.toml"))
    assert code == 1
    assert (
        "error: xaa: runs/toy/mine/xaa contains a run with another recipe or other data: threshold.value: 0.5 -> 0.4."
        in err
    )


def test_a_failed_language_does_not_stop_the_others(cli):
    Path("data/track_a/dev/xbb.csv").unlink()
    code, out, err = cli(*words("--language", "all"))
    assert code == 1
    table = {line.split()[0]: line.split() for line in out.splitlines()[3:] if line}
    assert table["xbb"][-2] == "failed" and table["xaa"][-2] != "failed"
    assert "Failed, not in the means: xbb." in out
    assert "\nerror: xbb: There is no dev file of track a for 'xbb' in data.\n  fix: expected data/track_a/dev/" in err
    assert [one.file for one in validate(f"runs/toy/{NAME}/track_a.zip", task="toy.toml").files] == [
        f"runs/toy/{NAME}/track_a.zip!track_a/pred_{one}.csv" for one in ("xaa", "xcc")
    ]
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="left out: forks a process")
def test_a_language_that_another_process_trains_is_in_progress_and_not_failed(cli):
    path = Path(f"runs/toy/{NAME}/xbb")
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with locked(path):
            os.write(ready[1], b"x")
            os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        code, out, err = cli(*words("--language", "all"))
        alone = cli(*words("--language", "xbb", "--jobs", "1"))
        body = json.loads(cli(*words("--language", "all", "-q", "-f", "json"))[1])
    finally:
        os.write(go[1], b"x")
        os.waitpid(child, 0)
    assert code == 0
    assert "] xbb  in progress elsewhere\n" in err
    assert (
        f"\nxbb is in progress elsewhere: Another process (process {child} on {host()}) is training in {path}.\n"
        "  The same command, when it has finished, adds it to the zip.\n"
    ) in err
    assert "error" not in err and "failed" not in err + out
    assert "In progress elsewhere, not in the means: xbb." in out
    assert {line.split()[0]: line.split()[-2] for line in out.splitlines()[3:6]}["xbb"] == "elsewhere"
    assert {each["language"]: each["in_progress_elsewhere"] for each in body["languages"]} == {
        "xaa": False, "xbb": True, "xcc": False,
    }  # fmt: skip
    assert alone.code == 0 and "xbb is in progress elsewhere" in alone.err
    archive = f"runs/toy/{NAME}/track_a.zip"
    assert [each.file[-12:] for each in validate(archive, task="toy.toml").files] == ["pred_xaa.csv", "pred_xcc.csv"]
    assert cli(*words("--language", "all", "-q"))[0] == 0
    assert len(validate(archive, task="toy.toml").files) == 3


def test_a_broken_run_folder_fails_only_its_language(cli):
    cli(*words("--language", "xaa", "-q"))
    Path(f"runs/toy/{NAME}/xaa/run.json").write_text("{")
    code, out, err = cli(*words("--language", "xaa,xbb", "--only-missing"))
    assert code == 1
    assert f"\nerror: xaa: runs/toy/{NAME}/xaa/run.json cannot be read: " in err
    assert "Failed, not in the means: xaa." in out and Path(f"runs/toy/{NAME}/xbb/score.json").exists()


def test_a_common_failure_is_printed_once(cli):
    code, out, err = cli(*words("--language", "all", "--set", "select.metric=pearson", "-q"))
    assert (code, out) == (2, "")
    assert err == (
        "error: Recipe constant-all is for intensities, but track a has labels.\n  fix: --set select.metric=official\n"
    )


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--language", "xaa,eng"], 2, "error: There is no language 'eng' in Toy.\n"),
        (
            ["--language", "all", "--fresh", "--only-missing"],
            2,
            "error: --fresh and --only-missing exclude each other.",
        ),
        (["--language", "all", "--jobs", "0"], 2, "error: --jobs must be 1 or more, not 0.\n"),
        (["--language", "all", "--zip", "a.tar"], 2, "error: The name of the archive, a.tar, does not end in .zip.\n"),
        (["--language", ","], 2, "error: --language names no language.\n  fix: name codes, such as eng,hau, or all\n"),
    ],
)
def test_invalid_options_are_refused_before_training(more, code, said, cli):
    found, out, err = cli(*words(*more))
    assert (found, out) == (code, "")
    assert err.startswith(said)
    assert not Path("runs").exists()


def test_the_path_of_the_zip_and_quiet_output(cli):
    code, out, err = cli(*words("--language", "xaa", "--zip", "mine.zip", "-q"))
    assert (code, err) == (0, "")
    assert validate("mine.zip", task="toy.toml").valid
    assert out.splitlines()[0] == f"{NAME} · track A · macro F1 · release 1"


def test_json_output(cli):
    code, out, _ = cli(*words("--language", "xaa,xbb", "-q", "-f", "json"))
    found = json.loads(out)
    assert (code, found["schema"], found["track"]) == (0, "semeval-emo/zoo-train-series/1", "a")
    assert [one["folder"] for one in found["languages"]] == [f"runs/toy/{NAME}/xaa", f"runs/toy/{NAME}/xbb"]
    assert found["mean"]["test"] == pytest.approx(np.mean([one["score"] for one in found["languages"]]))
    assert found["zip"]["out"] == f"runs/toy/{NAME}/track_a.zip"
    assert found["above_baseline"] == {"won": 0, "equal": 0, "of": 0}


def test_predictions_do_not_depend_on_test_labels(whole: Series, cli):
    """With random test labels all predictions are the same bytes."""
    for one in LANGUAGES:
        path = Path(f"data/track_a/test/{one}.csv")
        with path.open(encoding="utf-8") as handle:
            texts = [row["text"] for row in csv.DictReader(handle)]
        noise = np.random.default_rng(7).integers(0, 2, (toy_task.ROWS["test"], len(toy_task.EMOTIONS)))
        toy_task.write_split(Path(), one, "test", texts, noise)
    code, out, _ = cli(*words("--language", "all", "-q", "-f", "json", name=LEARNS))
    assert code == 0
    assert len(files(whole)) == 3 and predictions(name=LEARNS) == files(whole)
    found = zip(json.loads(out)["languages"], whole.outcomes, strict=True)
    assert all(noisy["score"] < real.score - 0.1 for noisy, real in found)


def test_overlap_with_training_is_noted(cli):
    texts = {}
    for split in ("train", "test"):
        with Path(f"data/track_a/{split}/xbb.csv").open(encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        texts[split] = [row["text"] for row in rows]
        labels = np.array([[int(row[emotion]) for emotion in toy_task.EMOTIONS] for row in rows])
    toy_task.write_split(Path(), "xbb", "test", [*texts["train"][:7], *texts["test"][7:]], labels)
    # Trained, checked again, and with --only-missing.
    for more in ([], [], ["--only-missing"]):
        code, out, _ = cli(*words("--language", "xaa,xbb", *more, name=LEARNS))
        assert code == 0
        _, body, _ = cli(*words("--language", "xaa,xbb", *more, "-q", "-f", "json", name=LEARNS))
        found = {one["language"]: one for one in json.loads(body)["languages"]}
        assert found["xaa"]["overlap"] == {"exact": 0, "normalised": 0, "without": None}
        assert found["xbb"]["overlap"]["exact"] == 7
        without = found["xbb"]["overlap"]["without"]["macro_f1"]
        assert without != found["xbb"]["score"]
        assert (
            f"Without the test texts that are also in the training data: xbb {without:.4f} (7 texts)."
        ) in out.splitlines()
    code, out, _ = cli(*words("--language", "xbb", "-q", name=LEARNS))
    assert f"{without:.4f} (macro F1)" in out, "equal to the single run"


@pytest.mark.data
def test_predictions_on_real_data_do_not_depend_on_test_labels(data_dir: Path):
    task = load_task()
    for name in ("true", "noise"):
        for split in ("train", "dev", "test"):
            gold = load_gold("a", "sun", split, source=data_dir, task=task)
            path = Path(name, "track_a", split, "sun.csv")
            path.parent.mkdir(parents=True)
            noisy = split == "test" and name == "noise"
            labels = np.random.default_rng(7).integers(0, 2, gold.labels.shape) if noisy else gold.labels
            with path.open("w", newline="", encoding="utf-8") as handle:
                rows = zip(gold.ids, gold.texts, labels.tolist(), strict=True)
                lines = [[one, text, *values] for one, text, values in rows]
                csv.writer(handle).writerows([["id", "text", *gold.spec.emotions], *lines])

    def run(name: str, *settings: str) -> RunResult:
        recipe = load_recipe("tfidf-char", settings)
        return train(recipe, track="a", language="sun", source=name, runs=Path("runs", name))

    with pytest.raises(UnverifiedGold):
        run("noise")
    runs = {"true": run("true"), "noise": run("noise", "data.unverified_gold=true")}
    said = [run.folder.predictions.read_bytes() for run in runs.values()]
    assert said[0] == said[1]
    assert runs["true"].scorecard.release == "2025" and runs["noise"].scorecard.release == "unknown"


def start(*more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "semeval_emo", *words(*more, name=LEARNS)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A suite in the background ignores interrupts, and child processes inherit that.
        preexec_fn=None if os.name == "nt" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def wait_for(what: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not list(Path().glob(what)):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.01)


@pytest.mark.skipif(os.name == "nt", reason="left out: signals of Unix")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_series_can_be_resumed(how: signal.Signals, whole: Series, cli):
    process = start("--language", "all", "--jobs", "1")
    wait_for(f"runs/toy/{LEARNS}/*/run.json", process)
    process.send_signal(how)
    _, err = process.communicate(timeout=300)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert err.endswith(
            "error: stopped with 0 of 3 languages finished\n"
            "  fix: the same command resumes; --only-missing skips finished languages without checking them\n"
        )
        assert "Traceback" not in err
    # Immediately: no worker of the stopped series holds a lock.
    assert cli(*words("--language", "all", "-q", name=LEARNS))[0] == 0
    assert predictions(name=LEARNS) == files(whole)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="left out: processes are found the Linux way")
def test_a_crashed_worker_fails_only_its_language():
    process = start("--language", "all", "--jobs", "1")
    wait_for(f"runs/toy/{LEARNS}/*/run.json", process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (worker,) = [one for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    os.kill(int(worker), signal.SIGKILL)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    reason = "Its worker process ended with signal 9, perhaps because memory ran out."
    assert f"\nerror: xaa: {reason}\n  fix: the same command resumes; --jobs 1 needs less memory\n" in err
    assert set(predictions(name=LEARNS)) == {"pred_xbb.csv", "pred_xcc.csv"}


def test_all_selects_the_languages_with_the_data_of_the_recipe():
    task = load_task()
    ridge = load_recipe("tfidf-ridge")
    found = select_languages(ridge, task, "b")
    assert len(found) == 10 and "ron" not in found
    both = load_recipe("tfidf-char", ['data.extra=["b/train"]'])
    assert select_languages(both, task, "a") == found
