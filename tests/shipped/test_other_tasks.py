"""The shipped tasks beside Task 11, on their real files as they are published."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

from semeval_emo import fix, score, validate
from semeval_emo.data import Gold, load_gold
from semeval_emo.data.pin import pin
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import Task, load_task


class Case(NamedTuple):
    """A task, a file with published labels, and a language in which a model can be trained in seconds."""

    task: str
    track: str
    language: str
    split: str


CASES = [
    Case("semeval-2018-ec", "ec", "en", "dev"),
    Case("goemotions", "emotions", "eng", "test"),
    Case("semeval-2026-polar", "2", "deu", "dev"),
]
each_task = pytest.mark.parametrize("case", CASES, ids=[case.task for case in CASES])
# By the official metric of the task.
DEV = {
    "semeval-2018-ec": ("jaccard", 0.5120),
    "goemotions": ("macro_f1", 0.4911),
    "semeval-2026-polar": ("macro_f1", 0.4325),
}
FILES = {"semeval-2018-ec": 3, "goemotions": 3, "semeval-2026-polar": 6}


@pytest.fixture
def folder(data_dir: Path) -> Path:
    """The folder with a folder of files for each task."""
    return data_dir / "other-tasks"


def gold_of(case: Case, folder: Path) -> tuple[Task, Gold]:
    task = load_task(case.task)
    return task, load_gold(case.track, case.language, case.split, source=folder / case.task, task=task)


def system(gold: Gold, to: Path, seed: int, noise: float) -> tuple[Path, np.ndarray]:
    """Write the gold labels with noise as a prediction file, and return both."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(gold.labels.shape) < noise, 1 - gold.labels, gold.labels)
    path = to / gold.spec.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = dict(zip(gold.ids, gold.texts or (), strict=True))
    path.write_bytes(prediction_bytes(gold.spec, labels, texts))
    return path, labels


@each_task
def test_the_ids_and_hashes_are_those_of_the_files(case: Case, folder: Path):
    """In file order; the test labels of E-c are not in its files, so only the other hashes are pinned again."""
    task = load_task(case.task)
    pinned = pin(folder / case.task, task)
    lines = pinned.toml.splitlines()
    assert len(lines) == FILES[case.task] == len(task.specs())
    assert task.file is not None
    shipped = task.file.read_text(encoding="utf-8")
    for line in lines:
        assert line.removesuffix(" }") in shipped
    for name, body in pinned.ids.items():
        assert (task.file.parent / name).read_bytes() == body


@each_task
def test_predictions_are_valid_and_scored_as_by_scikit_learn(case: Case, folder: Path, tmp_path: Path, cli):
    task, gold = gold_of(case, folder)
    path, labels = system(gold, tmp_path, 1, 0.05)
    report = validate(path)
    assert report.valid and report.counts.keys() <= {"W517"}
    assert report.files[0].parts[0].spec.place == gold.spec.place
    card = score(path, source=folder / case.task).cards[0]
    whole = card.metrics.whole
    gold_labels = gold.labels
    for name, value in {
        "macro_f1": f1_score(gold_labels, labels, average="macro", zero_division=0),
        "micro_f1": f1_score(gold_labels, labels, average="micro"),
        "macro_precision": precision_score(gold_labels, labels, average="macro", zero_division=0),
        "macro_recall": recall_score(gold_labels, labels, average="macro", zero_division=0),
    }.items():
        assert whole[name] == pytest.approx(value, abs=1e-12), name
    # scikit-learn knows the rules 0 and 1 for texts without labels by another name.
    both_empty = ~(gold_labels.any(axis=1) | labels.any(axis=1))
    jaccard = jaccard_score(gold_labels, labels, average="samples", zero_division=0)
    expected = jaccard + task.track(case.track).empty * both_empty.mean()
    assert whole["jaccard"] == pytest.approx(expected, abs=1e-12)
    assert card.official_metrics == task.track(case.track).metrics
    shown = cli("score", path, "--gold", folder / case.task, "--ci", "--format", "json")
    assert shown.code == 0 and json.loads(shown.out)


@each_task
def test_the_order_of_the_file_is_the_right_one(case: Case, folder: Path, tmp_path: Path):
    """Another order is a warning, and `fix` restores the order of the file."""
    _, gold = gold_of(case, folder)
    path, _ = system(gold, tmp_path / "official", 2, 0.05)
    head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    other = tmp_path / "sorted" / path.name
    other.parent.mkdir()
    other.write_text("".join([head, *sorted(rows)]), encoding="utf-8")
    assert "W416" not in validate(path).counts
    assert "W416" in validate(other).counts
    written = fix(other, out=tmp_path / "fixed").written[0].path
    assert Path(written).read_bytes() == path.read_bytes()


@each_task
def test_systems_are_compared_and_placed(case: Case, folder: Path, tmp_path: Path, cli):
    _, gold = gold_of(case, folder)
    mine, _ = system(gold, tmp_path / "mine", 3, 0.05)
    theirs, _ = system(gold, tmp_path / "theirs", 4, 0.2)
    data = folder / case.task
    compared = cli("compare", mine, theirs, "--gold", data, "--trials", "200", "--format", "json")
    assert compared.code == 0
    assert json.loads(compared.out)
    page = cli("report", mine, "--gold", data, "--no-texts", "-o", tmp_path / "report.html")
    assert page.code == 0 and (tmp_path / "report.html").stat().st_size > 10_000
    language = "eng" if case.task == "semeval-2026-polar" else case.language
    words = ("--task", case.task, "--track", case.track, "--language", language)
    placed = cli("leaderboard", "place", "0.55", *words)
    assert placed.code == 0, placed.err
    for word in ("BRIGHTER", "Task 11", "Codabench"):
        assert word not in placed.out


@each_task
def test_a_model_is_trained(case: Case, folder: Path, tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch):
    """Selected on dev and tuned for the official metric of the task."""
    monkeypatch.chdir(tmp_path)
    # The only track is implied, and so is the only language.
    language = ("--language", case.language) if case.language == "deu" else ()
    options = ("--task", case.task, *language)
    done = cli("zoo", "train", "tfidf-logreg", *options, "--data", folder / case.task)
    assert done.code == 0, done.err
    run = tmp_path / f"runs/{case.task}/tfidf-logreg/{case.language}"
    spec = load_task(case.task).spec(case.track, case.language, "test")
    predictions = next(run.glob(f"*/{spec.file_name}"))
    report = validate(predictions)
    assert report.valid and report.files[0].rows == spec.rows
    dev = json.loads((run / "run.json").read_text(encoding="utf-8"))["dev"]
    first, score = DEV[case.task]
    assert next(iter(dev)) == first and dev[first] == pytest.approx(score, abs=0.001)
    assert f"dev {METRICS[first].title}" in done.out


def test_the_real_submission_is_valid_and_keeps_its_order_and_bytes(folder: Path, tmp_path: Path):
    path = folder / "semeval-2018-ec" / "E-C_en_pred.txt"
    report = validate(path)
    assert report.valid and not report.counts
    written = Path(fix(path, out=tmp_path).written[0].path)
    assert written.read_bytes() == path.read_bytes()
    with written.open(encoding="utf-8", newline="") as stream:
        ids = [row[0] for row in csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]
    assert tuple(ids) == load_task("semeval-2018-ec").spec("ec", "en", "test").ids


def test_ids_of_two_files_without_a_form_are_told_apart(tmp_path: Path):
    """Ids of three files of one task are told apart, though they have no form."""
    task = load_task("goemotions")
    dev, test = task.spec("emotions", "eng", "dev"), task.spec("emotions", "eng", "test")
    mixed = tmp_path / "pred_eng.csv"
    zeros = ",0" * len(task.emotions)
    ids = [*dev.ids[:100], *test.ids]
    mixed.write_text("\n".join([",".join(test.header), *(f"{one}{zeros}" for one in ids)]) + "\n", encoding="utf-8")
    report = validate(mixed)
    assert not report.valid
    assert {part.spec.split for part in report.files[0].parts} == {"dev", "test"}


def test_missing_ids_without_a_form_are_one_problem(tmp_path: Path):
    spec = load_task("goemotions").spec("emotions", "eng", "dev")
    path = tmp_path / "pred_eng.csv"
    kept = spec.ids[::2]
    rows = [f"{one}{',0' * len(spec.emotions)}" for one in kept]
    path.write_text("\n".join([",".join(spec.header), *rows]) + "\n", encoding="utf-8")
    report = validate(path)
    (missing,) = [problem for problem in report.problems if problem.code == "E401"]
    assert report.counts["E401"] == 2_713
    assert missing.message == f"there is no row for {spec.ids[1]} and 2,712 other ids"
