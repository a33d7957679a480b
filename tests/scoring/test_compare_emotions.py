"""Comparison over languages: each emotion is averaged over the languages that have it."""

from __future__ import annotations

import numpy as np
import pytest

from semeval_emo.data import Gold
from semeval_emo.progress import Progress
from semeval_emo.report.comparison import tables
from semeval_emo.scoring import Comparison, SystemRuns, compare
from semeval_emo.submission import Predictions
from semeval_emo.task import load_task

# A system of the same share and length of name has the same predictions.
SHARES = {"fine": 0.1, "twin": 0.1, "rough": 0.4, "poor": 0.6}
# English has no disgust, Afrikaans no surprise.
LANGUAGES = ("afr", "eng", "ron")


def made(language: str) -> Gold:
    """Return random labels for the ids of a real file, with made-up texts."""
    spec = load_task().spec("a", language, "dev")
    draw = np.random.default_rng(sum(map(ord, language)))
    labels = (draw.random((spec.rows, len(spec.emotions))) < 0.3).astype(np.int8)
    return Gold(spec, spec.ids, tuple(f"text {i}" for i in range(spec.rows)), labels, "made", (spec.release,))


def compared(*names: str, **settings: object) -> Comparison:
    golds = [made(language) for language in LANGUAGES]
    systems = []
    for name in names:
        draw = np.random.default_rng(len(name))
        changed = [np.where(draw.random(g.labels.shape) < SHARES[name], 1 - g.labels, g.labels) for g in golds]
        run = [Predictions(g.spec, y, f"{name}.csv", ("2025",)) for g, y in zip(golds, changed, strict=True)]
        systems.append(SystemRuns(name, (tuple(run),)))
    return compare(systems, gold=golds, **{"resamples": 500, "trials": 500, "unverified_gold": True, **settings})


@pytest.mark.parametrize("interval", ["bca", "percentile"])
def test_an_emotion_is_averaged_over_the_languages_that_have_it(interval: str):
    result = compared("fine", "rough", interval=interval)
    standing = {place.language: place.standings[0] for place in result.places}
    own = result.average.standings[0].emotions
    assert list(own) == ["anger", "disgust", "fear", "joy", "sadness", "surprise"]
    for name, interval in own.items():
        having = [one.emotions[name] for one in standing.values() if name in one.emotions]
        assert len(having) == (2 if name in ("disgust", "surprise") else 3)
        assert interval.value == pytest.approx(np.mean([one.value for one in having]))
        assert interval.se == pytest.approx(np.sqrt(sum(one.se**2 for one in having)) / len(having), rel=0.15)
        assert interval.low < interval.value < interval.high
    (difference,) = result.average.differences
    for name, one in difference.emotions.items():
        assert one.value.value == pytest.approx(own[name].value - result.average.standings[1].emotions[name].value)
        assert one.p <= 0.01


def test_the_average_is_the_same_without_emotions():
    names = ("fine", "rough", "poor")
    with_them, without = compared(*names, per_emotion=True), compared(*names)
    assert with_them.average.standings[0].score == without.average.standings[0].score
    assert [difference.p for difference in with_them.average.differences] == [
        difference.p for difference in without.average.differences
    ]
    assert not without.average.standings[0].emotions


def test_tables_note_the_number_of_languages_of_each_emotion():
    two = next(table for table in tables(compared("fine", "rough")) if table.title == "Difference a − b")
    assert [row[0] for row in two.rows] == ["macro F1", "anger", "disgust", "fear", "joy", "sadness", "surprise"]
    note = "Each emotion is averaged over the languages that have it: all 3, except disgust (2), surprise (2)."
    assert two.notes[-1] == note
    many = [
        t for t in tables(compared("fine", "rough", "poor", per_emotion=True)) if t.title.startswith("Each emotion")
    ]
    assert [t.title.split(" · ")[1] for t in many] == [
        "average over 3 languages", "afr Afrikaans", "eng English", "ron Romanian"
    ]  # fmt: skip
    assert many[0].notes[-1] == note
    assert len(many[1].notes) == 1


def test_the_progress_callback_is_called_for_every_step():
    class Recorder(Progress):
        def __init__(self) -> None:
            self.seen: list[list] = []

        def start(self, name: str, total: int, done: int = 0) -> None:
            self.seen.append([name, total, 0])

        def advance(self, count: int = 1, loss: float | None = None) -> None:
            self.seen[-1][2] += count

        def finish(self) -> None:
            self.seen[-1].append("finished")

    progress = Recorder()
    compared("fine", "rough", progress=progress)
    assert progress.seen == [["trials", 500, 500, "finished"], ["resamples", 3, 3, "finished"]]


def test_equal_best_systems_of_a_language_are_named():
    table = tables(compared("rough", "twin", "fine"))[-1]
    assert table.title == "Best system by language"
    assert {(row[2], row[-1]) for row in table.rows} == {("a b", "–")}
    assert table.notes == ("Several letters in best: systems with the same score; P(best) is that of each.",)
    alone = tables(compared("rough", "poor", "fine"))[-1]
    assert {row[2] for row in alone.rows} == {"a"}
    assert alone.notes == ()
