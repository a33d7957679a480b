"""Texts without labels in gold and predictions: 0 or 1 in Jaccard and samples F1, by the rule of the track."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from semeval_emo.data import load_gold
from semeval_emo.data.pin import pin
from semeval_emo.errors import UsageError
from semeval_emo.scoring import score, score_arrays
from semeval_emo.scoring.analysis import analyse
from semeval_emo.scoring.comparing import compare
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.submission import write_predictions
from semeval_emo.task import load_task

EC_EMOTIONS = (
    "anger", "anticipation", "disgust", "fear", "joy", "love", "optimism", "pessimism", "sadness", "surprise", "trust",
)  # fmt: skip
TASK = """
key = "ec-2018"
title = "SemEval-2018 Task 1 E-c"
default_release = "1"
emotions = {emotions}
ids = {{ prefix = "2018-En-", width = 5 }}
[tracks.ec]
title = "Emotions"
values = ["0", "1"]
metric = "jaccard"
averaging = "mean over texts"
{rule}
[languages]
eng = ["English", "Indo-European", "Latin"]
spa = ["Spanish", "Indo-European", "Latin"]
[releases.1]
title = "First"
published = 2018-02-01
source = "test"
[releases.1.files]
"""


def make_task(
    folder: Path, rows: dict[str, list[list[str]]], emotions: tuple[str, ...], rule: str = "empty = 1"
) -> Path:
    """Write a task with the rule, and its dev files ``id, text, labels`` by language; return the task file."""
    for language, lines in rows.items():
        path = folder / f"data/track_ec/dev/{language}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([["id", "text", *emotions], *lines])
    toml = folder / "ec.toml"
    text = TASK.format(emotions=list(emotions), rule=rule)
    toml.write_text(text, encoding="utf-8")
    pinned = pin(folder / "data", load_task(toml))
    pinned.write_ids(folder)
    load_task.__globals__["_load"].cache_clear()
    toml.write_text(text + pinned.toml + "\n", encoding="utf-8")
    return toml


def toy_rows(language: str, first: int) -> list[list[str]]:
    """Return forty texts, ten of them without labels."""
    rng = np.random.default_rng(first)
    labels = rng.integers(0, 2, (40, 3)) * (np.arange(40) % 4 > 0)[:, None]
    return [
        [f"2018-En-{first + i:05d}", f"{language} text {i}", *map(str, row)] for i, row in enumerate(labels.tolist())
    ]


@pytest.fixture(params=["", "empty = 0", "empty = 1"])
def world(request, tmp_path: Path) -> tuple[Path, int]:
    """A task of two languages with the rule, and the rule's value."""
    rows = {"eng": toy_rows("eng", 1), "spa": toy_rows("spa", 1001)}
    return make_task(tmp_path, rows, ("joy", "fear", "hope"), request.param), int(request.param[-1:] or 0)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 8), st.sampled_from([0, 1]))
def test_both_rules_equal_scikit_learn(seed: int, rows: int, emotions: int, empty: int) -> None:
    rng = np.random.default_rng(seed)
    gold, predicted = (
        (rng.random((rows, emotions)) < 0.4) & (rng.random((rows, 1)) < rng.choice([0.2, 0.8])) for _ in range(2)
    )
    # scikit-learn takes a single column for binary labels of one class.
    pad = np.zeros((rows, 1), bool)
    wide = [np.hstack([pad, labels]) for labels in (gold, predicted)] if emotions == 1 else [gold, predicted]
    values = score_arrays(gold, predicted, tuple(map(str, range(emotions))), empty=empty)
    jaccard = sk.jaccard_score(*wide, average="samples", zero_division=empty)
    f1 = sk.f1_score(*wide, average="samples", zero_division=empty)
    assert values.whole["jaccard"] == pytest.approx(jaccard, abs=1e-12)
    assert values.whole["samples_f1"] == pytest.approx(f1, abs=1e-12)
    # No other metric depends on the rule.
    other = score_arrays(gold, predicted, values.emotions, empty=1 - empty)
    assert {n for n in values.whole if values.whole[n] != other.whole[n]} <= {"jaccard", "samples_f1"}
    assert other.by_emotion == values.by_emotion


def test_a_rule_other_than_0_and_1_is_an_error() -> None:
    with pytest.raises(UsageError, match="There is no rule '2' for texts without labels"):
        score_arrays([[0, 1]], [[0, 1]], ("joy", "fear"), empty=2)


def test_scores_intervals_averages_and_slices_follow_the_rule(world, tmp_path: Path) -> None:
    toml, empty = world
    paths, expected = [], []
    for language in ("eng", "spa"):
        gold = load_gold("ec", language, "dev", source=tmp_path / "data", task=toml)
        predicted = gold.labels ^ (np.random.default_rng(7).random(gold.labels.shape) < 0.1)
        paths.append(tmp_path / f"pred_{language}.csv")
        write_predictions(gold.spec, predicted, paths[-1])
        expected.append(sk.jaccard_score(gold.labels, predicted, average="samples", zero_division=empty))
        assert (gold.labels.any(axis=1) | predicted.any(axis=1)).sum() < 40
    scores = with_intervals(score(paths, source=tmp_path / "data", task=toml), resamples=1000)
    assert [card.score for card in scores.cards] == pytest.approx(expected, abs=1e-12)
    (average,) = scores.averages
    assert average.submitted["jaccard"] == pytest.approx(np.mean(expected), abs=1e-12)
    for result in (*scores.cards, average):
        interval = result.intervals.whole["jaccard"]
        assert interval.low < interval.value < interval.high
        assert ("|empty:1|" in result.signature) is bool(empty)
        assert "empty:0" not in result.signature
    assert [card.to_dict()["empty"] for card in scores.cards] == [empty, empty]
    assert scores.cards[0].intervals.whole["jaccard"].value == pytest.approx(expected[0], abs=1e-12)
    comparison = compare([f"one={paths[0]}", f"two={paths[0]}"], source=tmp_path / "data", task=toml, resamples=1000)
    assert comparison.lead.standings[0].score.value == pytest.approx(expected[0], abs=1e-12)
    # `compare` and `score` draw the same resamples.
    assert comparison.lead.standings[0].score == scores.cards[0].intervals.whole["jaccard"]
    assert ("|empty:1|" in comparison.signature) is bool(empty)
    pair = scores.cards[0].pair
    neutral = ~pair.gold.any(axis=1)
    (own,) = [own for own in analyse(scores.cards[0]).slices if own.name == "neutral"]
    right = 1 - pair.predicted[neutral].any(axis=1).mean()
    assert own.score == (pytest.approx(right) if empty else None)


def test_a_perfect_file_scores_1_and_the_screen_names_the_rule(world, tmp_path: Path, cli) -> None:
    toml, empty = world
    gold = load_gold("ec", "eng", "dev", source=tmp_path / "data", task=toml)
    unlabelled = int((gold.labels.sum(axis=1) == 0).sum())
    path = tmp_path / "pred_eng.csv"
    write_predictions(gold.spec, gold.labels, path)
    words = ("score", path, "--gold", tmp_path / "data", "--task", toml)
    out = cli(*words).out
    assert f"Samples F1 and Jaccard are {empty} for the {unlabelled} texts without any label" in out
    assert f"Jaccard {1 if empty else 1 - unlabelled / 40:.4f}" in out
    assert ("|rule:undefined-is-0|empty:1|" in out) is bool(empty)
    (card,) = json.loads(cli(*words, "-f", "json").out)["scorecards"]
    assert (card["empty"], card["texts_without_any_label"]) == (empty, unlabelled)
    assert card["figures"]["macro_f1"] == 1.0


def test_error_analysis_scores_the_texts_without_labels_if_the_track_counts_them(world, tmp_path: Path, cli):
    toml, empty = world
    gold = load_gold("ec", "eng", "dev", source=tmp_path / "data", task=toml)
    write_predictions(gold.spec, gold.labels, tmp_path / "pred_eng.csv")
    out = cli("analyse", tmp_path / "pred_eng.csv", "--gold", tmp_path / "data", "--task", toml).out
    (row,) = [line.split() for line in out.splitlines() if line.startswith("neutral   neutral")]
    assert row[3] == ("1.0000" if empty else "–")
    assert ("Jaccard is undefined for texts without gold labels." in out) is not bool(empty)


def test_the_shipped_tasks_count_them_as_0() -> None:
    """The official scorers of Task 11 print neither metric; its published values count them as 0."""
    for name in ("task11", "sample"):
        task = load_task(name)
        assert {track.empty for track in task.tracks.values()} == {spec.empty for spec in task.specs()} == {0}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("empty = 2", "'empty' of track ec is 2, expected 0 or 1"),
        ("empty = -1", "'empty' of track ec is -1, expected 0 or 1"),
        ("empty = 0.5", "'tracks.ec.empty' is a number, expected an integer"),
        ('empty = "1"', "'tracks.ec.empty' is text, expected an integer"),
        ("empty = true", "'tracks.ec.empty' is true or false, expected an integer"),
        ("empty = []", "'tracks.ec.empty' is a list, expected an integer"),
    ],
)
def test_another_rule_in_a_task_file_is_refused(tmp_path: Path, rule: str, message: str) -> None:
    path = tmp_path / "ec.toml"
    path.write_text(TASK.format(emotions=["joy"], rule=rule), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_task(path)
    assert message in caught.value.message


def test_the_rule_is_for_binary_labels_only(tmp_path: Path) -> None:
    path = tmp_path / "ec.toml"
    text = TASK.format(emotions=["joy"], rule="empty = 1").replace('["0", "1"]', '["0", "1", "2"]')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="'empty' of track ec is for tracks of binary labels"):
        load_task(path)


def test_a_perfect_file_of_ec_scores_1(shared_dir: Path, tmp_path: Path) -> None:
    """The scorer of SemEval-2018 Task 1 prints 1.0 for the gold labels of the dev split, 14 texts without labels."""
    source = shared_dir / "data/other-tasks/semeval-2018-ec/2018-E-c-En-dev.txt"
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    for rule, jaccard in (("empty = 0", 0.9842), ("empty = 1", 1.0)):
        folder = tmp_path / rule[-1]
        toml = make_task(folder, {"eng": rows}, EC_EMOTIONS, rule)
        gold = load_gold("ec", "eng", "dev", source=folder / "data", task=toml)
        order = [gold.ids.index(one) for one in gold.spec.ids]
        write_predictions(gold.spec, gold.labels[order], folder / "pred_eng.csv")
        card = score(folder / "pred_eng.csv", source=folder / "data", task=toml).card
        assert (card.metrics.texts, card.metrics.unlabelled) == (886, 14)
        assert round(card.score, 4) == round(card.metrics.whole["samples_f1"], 4) == jaccard
