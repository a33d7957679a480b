"""Data frames in `validate`, `fix`, `score` and `compare`: the same answers as for the files that they write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import semeval_emo
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import EmoError, InputError, InvalidSubmission, ReleaseMismatch, UnverifiedGold, UsageError
from semeval_emo.submission import schema

PREDICTIONS = sample_folder() / "predictions"
STRONG, WEAK = (PREDICTIONS / name / "track_a" / "pred_eng.csv" for name in ("strong", "weak"))
EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")


@pytest.fixture
def strong() -> pd.DataFrame:
    return pd.read_csv(STRONG)


@pytest.fixture
def weak() -> pd.DataFrame:
    return pd.read_csv(WEAK)


@pytest.fixture
def gold() -> pd.DataFrame:
    loaded = semeval_emo.load_gold("a", "eng", source="sample")
    return pd.DataFrame({"id": loaded.ids, "text": loaded.texts}).join(pd.DataFrame(loaded.labels, columns=EMOTIONS))


CHANGES = {
    "nothing": lambda frame: frame,
    "a value": lambda frame: frame.assign(joy=2),
    "fractions": lambda frame: frame.assign(joy=0.7),
    "floats": lambda frame: frame.astype({"joy": float}),
    "booleans": lambda frame: frame.astype({"joy": bool}),
    "texts": lambda frame: frame.astype({"joy": str}),
    "blank cells": lambda frame: frame.assign(joy=[None, *frame.joy[1:]]),
    "capitals": lambda frame: frame.rename(columns=str.title),
    "another order": lambda frame: frame[["joy", "id", "anger", "fear", "sadness", "surprise"]],
    "a missing column": lambda frame: frame.drop(columns="joy"),
    "another column": lambda frame: frame.assign(hope=1),
    "rows in another order": lambda frame: frame.iloc[::-1],
    "missing rows": lambda frame: frame.iloc[:-3],
    "duplicate rows": lambda frame: pd.concat([frame, frame.iloc[:2]]),
    "unknown ids": lambda frame: frame.assign(id=[f"x_{i}" for i in range(len(frame))]),
    "no rows": lambda frame: frame.iloc[:0],
    "no columns": lambda frame: frame[[]],
    "no ids": lambda frame: frame.drop(columns="id"),
    "categories": lambda frame: frame.astype({"joy": "category"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_frame_gets_the_answers_of_the_file_that_it_writes(change: str, strong: pd.DataFrame, tmp_path: Path):
    frame = CHANGES[change](strong)
    path = tmp_path / "pred_eng.csv"
    frame.to_csv(path, index=False)
    of_file, of_frame = semeval_emo.validate(path), semeval_emo.validate({"eng": frame})
    assert of_frame.counts == of_file.counts and of_frame.valid == of_file.valid
    assert [(p.code, p.line, p.message, p.fix) for p in of_frame.problems] == [
        (p.code, p.line, p.message, p.fix) for p in of_file.problems
    ]
    try:
        schema(task="sample", track="a", language="eng").validate(frame)
    except Exception as error:
        assert type(error).__module__.startswith("pandera") and not of_frame.valid
    else:
        assert of_frame.valid
    fixed, written = semeval_emo.fix({"eng": frame}), semeval_emo.fix(path, tmp_path / "out")
    assert [(c.code, c.done, c.count) for c in fixed.changes] == [(c.code, c.done, c.count) for c in written.changes]
    assert [refusal.counts for refusal in fixed.refusals] == [refusal.counts for refusal in written.refusals]
    assert fixed.written == () and [p.spec for p in fixed.predictions] == [file.spec for file in written.written]


def test_ids_can_be_the_index(strong: pd.DataFrame):
    for frame in (strong.set_index("id"), strong.set_index("id").rename_axis(None), strong.set_index(["id", "joy"])):
        report = semeval_emo.validate(frame)
        assert {file.rows for file in report.files} == {200} and report.files[0].parts
    assert semeval_emo.validate(strong.set_index("id")).valid


def test_frames_keep_their_names(strong: pd.DataFrame, weak: pd.DataFrame):
    report = semeval_emo.validate({"bert": strong.assign(joy=2), "tfidf": weak})
    assert [file.file for file in report.files] == ["bert", "tfidf"]
    assert {problem.file for problem in report.problems} == {"bert"}
    scores = semeval_emo.score({"bert": strong, "tfidf": weak}, source="sample")
    assert [card.file for card in scores.cards] == ["bert", "tfidf"]
    assert [file.file for file in semeval_emo.validate([strong, weak]).files] == ["frame 1", "frame 2"]
    mixed = semeval_emo.validate([strong, str(WEAK)])
    assert [file.file for file in mixed.files] == ["frame 1", str(WEAK)]
    comparison = semeval_emo.compare({"bert": strong, "tfidf": WEAK}, source="sample", resamples=200, trials=200)
    assert [standing.name for standing in comparison.lead.standings] == ["bert", "tfidf"]
    unnamed = semeval_emo.compare([strong, weak], source="sample", resamples=200, trials=200)
    assert [system.name for system in unnamed.systems] == ["frame 1", "frame 2"]
    runs = semeval_emo.compare({"a": [strong, weak], "b": [weak, weak]}, source="sample", resamples=200, trials=200)
    assert len(runs.systems[0].files) == 2


def made_up(language: str, seed: int) -> pd.DataFrame:
    """Return labels for the dev texts of a language, which are not the real ones."""
    spec = semeval_emo.load_task().spec("a", language, "dev")
    labels = np.random.default_rng(seed).integers(0, 2, (spec.rows, len(spec.emotions)))
    return pd.DataFrame({"id": spec.ids}).join(pd.DataFrame(labels, columns=spec.emotions))


def test_frames_of_several_languages():
    frames = {language: made_up(language, 1) for language in ("eng", "ron", "hau")}
    gold = {language: made_up(language, 2) for language in reversed(frames)}
    report = semeval_emo.validate(frames)
    assert report.valid and [file.file for file in report.files] == ["eng", "ron", "hau"]
    assert [outcome.outcome for outcome in report.official] != []
    scores = semeval_emo.score(frames, gold, unverified_gold=True)
    assert scores.averages[0].languages == tuple(card.file for card in scores.cards) == ("eng", "ron", "hau")
    options = {"unverified_gold": True, "resamples": 200, "trials": 200}
    comparison = semeval_emo.compare({"x": frames, "y": gold}, gold, **options)
    assert [(s.name, round(s.score.value, 3)) for s in comparison.average.standings] == [
        ("y", 1), ("x", round(scores.averages[0].submitted["macro_f1"], 3))
    ]  # fmt: skip
    # A frame of all languages, whose blank cells are those of emotions that a language does not have.
    together = pd.concat(frames.values())
    assert len(semeval_emo.fix(together).predictions) in (0, 3)
    with pytest.raises(InputError, match="The gold labels eng have no id of 2025 track a ron dev"):
        semeval_emo.score(frames, {"eng": gold["eng"]}, unverified_gold=True)


def test_scores_of_frames_are_those_of_files(strong: pd.DataFrame, gold: pd.DataFrame):
    expected = semeval_emo.score(STRONG, source="sample").card
    for frame in (
        strong, strong.set_index("id"), strong.astype({"joy": float, "fear": bool}), strong.iloc[::-1],
        strong.astype({"joy": "Int64", "fear": "boolean", "anger": "float32"}), strong.astype(object),
    ):  # fmt: skip
        card = semeval_emo.score(frame, source="sample").card
        assert card.metrics == expected.metrics and card.prediction_hash == expected.prediction_hash
        assert (card.file, card.signature) == ("frame", expected.signature)
    with_gold = semeval_emo.score(strong, gold).card
    assert with_gold.metrics == expected.metrics and with_gold.gold == "gold frame" and with_gold.release == "1"
    assert semeval_emo.score(strong, {"eng": gold.sample(frac=1, random_state=1)}).card.metrics == expected.metrics
    assert semeval_emo.score(STRONG, gold).card.metrics == expected.metrics
    assert semeval_emo.score(y_true=gold, y_pred=strong).card.metrics == expected.metrics


def test_gold_labels_from_a_file(strong: pd.DataFrame, gold: pd.DataFrame, tmp_path: Path):
    gold.to_csv(tmp_path / "eng.csv", index=False)
    assert semeval_emo.score(strong, tmp_path / "eng.csv").card.score == pytest.approx(0.8590, abs=1e-4)
    with pytest.raises(UsageError, match="Gold labels are given twice"):
        semeval_emo.score(strong, tmp_path, source="sample")


def test_gold_frames_are_verified_as_files_are(strong: pd.DataFrame, gold: pd.DataFrame):
    with pytest.raises(UnverifiedGold, match="gold frame has the ids of release 1"):
        semeval_emo.score(strong, gold.assign(joy=1 - gold.joy))
    card = semeval_emo.score(strong, gold.assign(joy=1 - gold.joy), unverified_gold=True).card
    assert card.unverified
    with pytest.raises(EmoError, match="gold frame"):
        semeval_emo.score(strong, gold.iloc[:-1])
    with pytest.raises(InputError, match="The gold labels ron have no id of"):
        semeval_emo.score(strong, {"ron": gold.assign(id=gold.id.str.replace("eng", "ron"))})
    with pytest.raises(InputError, match="y_true is an ndarray, and y_pred has ids"):
        semeval_emo.score(strong, gold[list(EMOTIONS)].to_numpy())


def test_probabilities_in_a_frame(strong: pd.DataFrame):
    probabilities = strong.assign(**{name: 0.2 + 0.6 * strong[name] for name in EMOTIONS})
    with pytest.raises(InvalidSubmission, match="frame is not scored"):
        semeval_emo.score(probabilities, source="sample")
    expected = semeval_emo.score(STRONG, source="sample").card.metrics
    assert semeval_emo.score(probabilities, source="sample", threshold=0.5).card.metrics == expected
    each = dict.fromkeys(EMOTIONS, 0.5)
    assert semeval_emo.score(probabilities, source="sample", threshold=each).card.metrics == expected
    with pytest.raises(UsageError, match="no column 'hope' for a threshold"):
        semeval_emo.score(probabilities, source="sample", threshold={"hope": 0.5})
    with pytest.raises(UsageError, match="A threshold is for arrays and frames"):
        semeval_emo.score(STRONG, source="sample", threshold=0.5)


def test_frames_of_ones_own_data_are_joined_by_their_ids():
    gold = pd.DataFrame({"id": ["t3", "t1", "t2"], "text": ["x", "y", "z"], "happy": [1, 0, 1], "angry": [0, 1, 0]})
    predicted = pd.DataFrame({"id": ["t1", "t2", "t3"], "angry": [1, 0, 1], "happy": [0, 1, 1]})
    card = semeval_emo.score(predicted, gold).card
    assert card.metrics.whole["macro_f1"] == pytest.approx((1 + 2 / 3) / 2)
    assert card.metrics.by_emotion["f1"] == (1, pytest.approx(2 / 3)) and card.spec.emotions == ("happy", "angry")
    comparison = semeval_emo.compare({"a": predicted, "b": gold}, gold, resamples=200, trials=200)
    assert [standing.name for standing in comparison.lead.standings] == ["b", "a"] and comparison.lead.texts == 3
    with pytest.raises(InputError, match="y_pred has not the ids of y_true: 1 of 3 is missing, such as t3"):
        semeval_emo.score(predicted.iloc[:2], gold)
    with pytest.raises(InputError, match="y_pred has the id 't1' twice"):
        semeval_emo.score(pd.concat([predicted, predicted]), gold)


def test_other_libraries_of_frames(strong: pd.DataFrame):
    pyarrow = pytest.importorskip("pyarrow")
    datasets = pytest.importorskip("datasets")
    expected = semeval_emo.score(STRONG, source="sample").card.metrics
    assert semeval_emo.score(pyarrow.Table.from_pandas(strong), source="sample").card.metrics == expected
    dataset = datasets.Dataset.from_pandas(strong)
    assert semeval_emo.validate(dataset).valid
    assert semeval_emo.score(dataset, source="sample").card.metrics == expected


@pytest.mark.parametrize(
    "given", [None, 3, 0.5, [3], {}, {"a": 3}, (c for c in "ab"), pd.Series([1, 2]), object, {1, 2}, b"x", [None], len]
)
@pytest.mark.parametrize("function", ["validate", "fix", "score", "pack", "analyse", "read_submission"])
def test_wrong_types_are_input_errors_with_an_example(function: str, given: object):
    with pytest.raises(InputError) as caught:
        getattr(semeval_emo, function)(given)
    assert "pass " in caught.value.fix and "Error" not in caught.value.message


def test_other_gold_and_columns(strong: pd.DataFrame, gold: pd.DataFrame):
    levels = strong.set_axis(pd.MultiIndex.from_product([["x"], strong.columns]), axis=1)
    with pytest.raises(InputError, match="columns of several levels"):
        semeval_emo.validate(levels)
    with pytest.raises(ReleaseMismatch):
        semeval_emo.score(strong, gold.assign(id=gold.id.str.replace("test", "dev")))


def test_other_shapes_and_gold_frames(strong: pd.DataFrame, gold: pd.DataFrame, tmp_path: Path):
    lists = pd.DataFrame(
        {"id": strong.id, "labels": [[n for n in EMOTIONS if row[n]] for row in strong.to_dict("records")]}
    )
    sets = lists.assign(labels=lists.labels.map(set))
    arrays = lists.assign(labels=lists.labels.map(np.array))
    dicts = lists.assign(labels=lists.labels.map(lambda names: {name: int(name in names) for name in EMOTIONS}))
    for frame in (lists, sets, arrays, dicts):
        fixed = semeval_emo.fix(frame)
        assert (fixed.predictions[0].values == strong[list(EMOTIONS)].to_numpy()).all()
    packed = semeval_emo.pack({"eng": strong}, tmp_path / "track_a.zip")
    assert [file.path for file in packed.files] == ["track_a/pred_eng.csv"]
    assert semeval_emo.score(packed.out, gold).card.score == semeval_emo.score(strong, gold).card.score
    assert semeval_emo.validate(strong, gold=gold).valid


def test_wrong_sources_of_gold_labels_and_probabilities(strong: pd.DataFrame, gold: pd.DataFrame):
    assert semeval_emo.load_gold("a", "eng", source=gold, task="sample").labels.shape == (200, 5)
    options = {"resamples": 100, "trials": 100}
    assert semeval_emo.compare({"a": strong, "b": gold}, [gold], **options).lead.standings[0].name == "b"
    for wrong in (
        lambda: semeval_emo.load_gold("a", "eng", source=3, task="sample"),
        lambda: semeval_emo.score(strong, source=3),
        lambda: semeval_emo.validate(strong, gold=3),
        lambda: semeval_emo.analyse(strong, source="sample", probabilities=3),
        lambda: semeval_emo.score(strong, [3]),
        lambda: semeval_emo.score(strong[list(EMOTIONS)], str(STRONG)),
        lambda: semeval_emo.compare(3),
        lambda: semeval_emo.compare({"a": 3, "b": strong}),
        lambda: semeval_emo.load_model(3),
    ):
        with pytest.raises(InputError) as caught:
            wrong()
        assert caught.value.fix.startswith("pass ")
