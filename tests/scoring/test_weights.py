"""Weights of languages in means over languages, and the neutral label of a task."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from semeval_emo import analyse, compare, score, validate
from semeval_emo.data.pin import pin
from semeval_emo.data.task_check import check_task
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.task import Task, load_task

WEIGHTS = {"aa": 1.0, "bb": 3.0, "cc": 1.0}
EMOTIONS = ("glee", "gloom", "neutral")


def write(path: Path, ids: list[str], labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = path.parent.name == "test"
    rows = [",".join(["id", *(["text"] if texts else []), *EMOTIONS])]
    rows += [
        ",".join([name, *([f"Text {name}"] if texts else []), *map(str, row)])
        for name, row in zip(ids, labels, strict=True)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """Three languages, one with the weight 3, with gold labels and two systems."""
    rng = np.random.default_rng(1)
    for code, count in (("aa", 30), ("bb", 40), ("cc", 20)):
        ids = [f"{code}-{number:03d}" for number in range(1, count + 1)]
        gold = rng.integers(0, 2, (count, 3))
        gold[:, 2] = gold[:, :2].sum(1) == 0
        write(tmp_path / f"data/track_a/test/{code}.csv", ids, gold)
        for system, noise in (("mine", 0.1), ("theirs", 0.4)):
            labels = np.where(rng.random(gold.shape) < noise, 1 - gold, gold)
            write(tmp_path / f"{system}/track_a/pred_{code}.csv", ids, labels)
    toml = tmp_path / "moods.toml"
    head = f"""
key = "moods"
title = "Moods of made-up towns"
default_release = "one"
emotions = {json.dumps(EMOTIONS)}
neutral = "neutral"
ids = {{ prefix = "{{language}}-", width = 3 }}
[tracks.a]
title = "Which moods"
values = ["0", "1"]
metric = ["macro_f1", "jaccard"]
averaging = "mean"
weights = {{ bb = 3 }}
[languages]
aa = ["Aaish", "Made-up", "Latin"]
bb = ["Beeish", "Made-up", "Latin"]
cc = ["Ceeish", "Made-up", "Latin"]
[releases.one]
title = "One"
published = 2026-01-01
source = "this test"
[releases.one.files]
"""
    toml.write_text(head, encoding="utf-8")
    toml.write_text(head + pin(tmp_path / "data", load_task(toml)).toml + "\n", encoding="utf-8")
    load_task.__globals__["_load"].cache_clear()
    return load_task(toml)


def macro_f1(folder: Path, system: str, code: str) -> float:
    def labels(path: Path) -> np.ndarray:
        return np.array([line.split(",")[-3:] for line in path.read_text().splitlines()[1:]], dtype=int)

    gold, predicted = folder / f"data/track_a/test/{code}.csv", folder / f"{system}/track_a/pred_{code}.csv"
    return float(f1_score(labels(gold), labels(predicted), average="macro"))


def test_the_mean_over_languages_has_the_weights_of_the_task(task: Task, tmp_path: Path, cli):
    values = {code: macro_f1(tmp_path, "mine", code) for code in WEIGHTS}
    expected = sum(WEIGHTS[code] * value for code, value in values.items()) / 5
    scores = score(tmp_path / "mine", source=tmp_path / "data", task=task)
    (mean,) = scores.averages
    assert mean.submitted["macro_f1"] == pytest.approx(expected, abs=1e-12)
    assert mean.to_dict()["weights"] == WEIGHTS
    assert "weights:bb=3" in mean.signature
    interval = with_intervals(scores, resamples=500).averages[0].intervals.whole["macro_f1"]
    assert interval.low < expected < interval.high and interval.value == pytest.approx(expected)
    shown = cli("score", tmp_path / "mine", "--gold", tmp_path / "data", "--task", task.file, "--track", "a")
    assert shown.code == 0 and f"{expected:.4f}" in shown.out
    assert "Weights of the languages in the mean: bb 3; aa, cc 1." in shown.out
    assert "official metrics: macro F1, Jaccard" in shown.out


def test_a_missing_language_counts_with_its_weight(task: Task, tmp_path: Path):
    (tmp_path / "mine/track_a/pred_bb.csv").unlink()
    values = [macro_f1(tmp_path, "mine", code) for code in ("aa", "cc")]
    (mean,) = score(tmp_path / "mine", source=tmp_path / "data", task=task).averages
    assert mean.submitted["macro_f1"] == pytest.approx(sum(values) / 2)
    assert mean.all_languages["macro_f1"] == pytest.approx(sum(values) / 5)
    assert mean.share == pytest.approx(0.4)


def test_systems_are_compared_by_the_weighted_mean(task: Task, tmp_path: Path):
    found = compare(
        [tmp_path / "mine", tmp_path / "theirs"], source=tmp_path / "data", task=task, trials=200, resamples=200
    )
    for place, system in zip(found.average.standings, ("mine", "theirs"), strict=True):
        values = {code: macro_f1(tmp_path, system, code) for code in WEIGHTS}
        expected = sum(WEIGHTS[code] * value for code, value in values.items()) / 5
        assert place.score.value == pytest.approx(expected, abs=1e-12)


def test_compare_notes_the_weights_of_its_mean(task: Task, tmp_path: Path, cli):
    both = (tmp_path / "mine", tmp_path / "theirs")
    words = ("--gold", tmp_path / "data", "--task", task.file, "--trials", "200", "--resamples", "200")
    shown = cli("compare", *both, *words)
    assert shown.code == 0 and "Weights of the languages in the mean: bb 3; aa, cc 1." in shown.out
    assert json.loads(cli("compare", *both, *words, "--format", "json").out)["weights"] == WEIGHTS


def test_neutral_beside_another_label_is_a_warning(task: Task, tmp_path: Path):
    report = validate(tmp_path / "theirs/track_a/pred_aa.csv", task=task)
    rows = [line.split(",") for line in (tmp_path / "theirs/track_a/pred_aa.csv").read_text().splitlines()[1:]]
    both = [row[0] for row in rows if row[3] == "1" and "1" in row[1:3]]
    (problem,) = [one for one in report.problems if one.code == "W523"]
    assert report.valid and problem.message.startswith(f"{len(both)} rows with neutral and another label, such as")
    assert both[0] in problem.message


def test_a_file_with_other_labels_is_reported_once(task: Task, tmp_path: Path):
    """It lies where the task expects it, so it is not missing."""
    path = tmp_path / "data/track_a/test/aa.csv"
    path.write_text(path.read_text().replace(",1,1,0\n", ",0,0,1\n"), encoding="utf-8")
    found = [one.message for one in check_task(task, tmp_path / "data") if one.level == "error"]
    assert found == ["the ids belong to release one, but the labels do not"]
    path.unlink()
    found = [one.message for one in check_task(task, tmp_path / "data") if one.level == "error"]
    assert found == [f"it is not in {tmp_path / 'data'}"]


def test_the_mean_of_models_of_all_languages_has_the_weights_of_the_task(task: Task, tmp_path: Path, cli):
    folder = tmp_path / "data/track_a"
    for split in ("train", "dev"):
        for path in sorted((folder / "test").iterdir()):
            copied = folder / split / path.name
            copied.parent.mkdir(exist_ok=True)
            copied.write_text(path.read_text().replace(f"{path.stem}-", f"{path.stem}-{split}-"))
    toml = tmp_path / "again.toml"
    assert cli("task", "new", tmp_path / "data", "-o", toml).code == 0
    changed = toml.read_text().replace('metric = "macro_f1"', 'weights = { bb = 3 }\nmetric = "macro_f1"')
    toml.write_text(changed)
    options = ("--task", toml, "--language", "all", "--runs", tmp_path / "runs", "--jobs", "1")
    trained = json.loads(cli("zoo", "train", "constant-majority", *options, "--format", "json").out)
    scores = {row["language"]: row["score"] for row in trained["languages"]}
    expected = (scores["aa"] + 3 * scores["bb"] + scores["cc"]) / 5
    assert trained["mean"]["test"] == pytest.approx(expected, abs=1e-12)
    assert expected != pytest.approx(sum(scores.values()) / 3)
    shown = cli("zoo", "train", "constant-majority", *options).out
    assert f"{expected:.4f}" in shown and "Weights of the languages in the mean: bb 3; aa, cc 1." in shown


def test_the_neutral_label_is_no_emotion_in_the_error_analysis(task: Task, tmp_path: Path, cli):
    path = tmp_path / "mine/track_a/pred_aa.csv"
    body = path.read_text().splitlines()
    path.write_text("\n".join([*body[:-1], "aa-030,0,0,0"]) + "\n")
    lines = [line.split(",") for line in (tmp_path / "data/track_a/test/aa.csv").read_text().splitlines()[1:]]
    neutral = sum(line[-1] == "1" for line in lines)
    (result,) = analyse(path, source=tmp_path / "data", task=task)
    found = [(own.name, own.texts) for own in result.slices if own.group == "neutral"]
    assert found == [("neutral", neutral), ("with emotion", 30 - neutral)]
    shown = cli("analyse", path, "--gold", tmp_path / "data", "--task", task.file, "--limit", "0").out
    # The task calls its label neutral, so the empty set is not.
    assert "  no emotion  " in shown


def test_gold_labels_that_contradict_neutral_are_found(task: Task, tmp_path: Path):
    assert not [one for one in check_task(task, tmp_path / "data") if one.level == "error"]
    path = tmp_path / "data/track_a/test/aa.csv"
    path.write_text(path.read_text().replace(",1,1,0\n", ",1,1,1\n"), encoding="utf-8")
    messages = [one.message for one in check_task(task, tmp_path / "data")]
    assert any("of 30 have neutral and another label" in message for message in messages)
