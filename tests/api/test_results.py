"""Results: data frames, tables in notebooks, short representations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import semeval_emo
from semeval_emo.data.sample import sample_folder
from semeval_emo.scoring.analysis import analyse
from semeval_emo.scoring.error_comparison import compare_errors
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.submission import read_probabilities, schema, write_probabilities
from semeval_emo.tables.results import Result

PREDICTIONS = sample_folder() / "predictions"
STRONG, WEAK = (PREDICTIONS / name / "track_a" / "pred_eng.csv" for name in ("strong", "weak"))
MISTAKES = PREDICTIONS / "mistakes" / "pred_eng_a.csv"
LONGEST = 300


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("results")
    gold = semeval_emo.load_gold("a", "eng", source="sample")
    write_probabilities(gold.spec, gold.labels * 0.5, folder / "prob_eng.csv")
    scores = semeval_emo.score([STRONG, WEAK], source="sample")
    strong, weak = scores.cards
    board = semeval_emo.Leaderboard.load("sample", own=False)
    return {
        "gold": gold,
        "scores": scores,
        "intervals": with_intervals(scores, resamples=200, seed=1),
        "card": strong,
        "comparison": semeval_emo.compare([STRONG, WEAK], source="sample", resamples=200, trials=200),
        "report": semeval_emo.validate(MISTAKES),
        "valid": semeval_emo.validate(STRONG),
        "fix": semeval_emo.fix(MISTAKES, folder / "fixed"),
        "refused": semeval_emo.fix(pd.read_csv(STRONG).assign(joy="maybe")),
        "pack": semeval_emo.pack(STRONG, folder / "track_a.zip"),
        "submission": semeval_emo.read_submission(STRONG),
        "predictions": semeval_emo.read_submission(STRONG).predictions[0],
        "probabilities": read_probabilities(folder / "prob_eng.csv"),
        "ensemble": semeval_emo.ensemble([STRONG, WEAK], out=folder / "vote.csv", ties="low"),
        "analysis": analyse(strong),
        "errors": compare_errors(strong, weak),
        "board": board,
        "placement": board.place(strong),
    }


NAMES = (
    "gold", "scores", "intervals", "card", "comparison", "report", "valid", "fix", "refused", "pack", "submission",
    "predictions", "probabilities", "ensemble", "analysis", "errors", "board", "placement",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_result_has_a_frame_a_table_and_a_short_representation(name: str, results: dict[str, Result]):
    result = results[name]
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame) and frame.columns.is_unique
    assert len(frame) > 0 or name == "valid"
    assert len(repr(result)) < LONGEST and "\n" not in repr(result)
    assert repr(result).startswith(type(result).__name__)
    html = result._repr_html_()
    assert "<table" in html and "<script" not in html and len(html) < 60_000


def test_representations_say_what_a_result_is(results: dict[str, Result]):
    assert repr(results["gold"]) == (
        "Gold(place='release 1 track a eng test', rows=200, source='the built-in sample (track_a/test/eng.csv)')"
    )
    assert repr(results["scores"]) == "Scores(cards=2, macro_f1=(0.8589, 0.6482))"
    assert repr(results["comparison"]) == (
        "Comparison(metric='macro_f1', track='a', languages=1, scores=('strong 0.8589', 'weak 0.6482'))"
    )
    assert repr(results["valid"]) == "Report(valid=True, files=1, errors=0, warnings=0)"


def test_representations_of_what_results_hold(results: dict[str, Result]):
    task, card, comparison = semeval_emo.load_task(), results["card"], results["comparison"]
    report, intervals = results["report"], results["intervals"].cards[0].intervals
    for value in (
        task, task.release(), task.spec("a", "eng", "test"), card.pair, card.metrics, intervals, report.files[0],
        report.files[0].parts[0], comparison.lead, comparison.systems[0], comparison.lead.standings[0],
    ):  # fmt: skip
        assert len(repr(value)) < LONGEST and "\n" not in repr(value), value


def test_frames_have_the_values_of_the_results(results: dict[str, Result]):
    scores, card = results["scores"].to_frame(), results["card"]
    assert list(scores.score) == [own.score for own in results["scores"].cards]
    assert list(scores.macro_recall) == [own.metrics.whole["macro_recall"] for own in results["scores"].cards]
    assert {"low", "high"} <= set(results["intervals"].to_frame().columns)
    emotions = card.to_frame().set_index("emotion")
    assert emotions.loc["joy", "f1"] == card.metrics.value("f1.joy") and emotions.support.sum() > 0
    comparison = results["comparison"]
    assert list(comparison.to_frame().system) == ["strong", "weak"]
    differences = comparison.to_frame("differences")
    assert list(differences.columns)[:4] == ["language", "first", "second", "difference"]
    assert differences.difference[0] == comparison.lead.differences[0].value.value
    with pytest.raises(semeval_emo.EmoError, match="no frame of 'pairs'"):
        comparison.to_frame("pairs")
    assert len(results["report"].to_frame()) == len(results["report"].problems)
    assert results["refused"].to_frame().refused.str.contains("not 0 or 1").all()
    assert results["placement"].to_frame()["rank"][0] == results["placement"].rank


def test_predictions_and_gold_go_in_as_frames_again(results: dict[str, Result]):
    predictions = results["predictions"].to_frame()
    schema(task="sample", track="a", language="eng").validate(predictions)
    assert semeval_emo.validate(predictions).valid
    card = semeval_emo.score(predictions, results["gold"].to_frame()).card
    assert card.metrics == results["card"].metrics
    pd.testing.assert_frame_equal(predictions, pd.read_csv(STRONG), check_dtype=False)


def test_markup_is_escaped():
    frame = pd.read_csv(STRONG).assign(joy="<script>alert(1)</script>")
    report = semeval_emo.validate({"<b>bold</b>": frame})
    html = report._repr_html_()
    assert "<script" not in html and "<b>" not in html and "&lt;script" in html


def test_task_and_data_stay_free_of_pandas(tmp_path: Path):
    import subprocess
    import sys

    code = (
        "import sys, semeval_emo; gold = semeval_emo.load_gold('a', 'eng', source='sample'); repr(gold);"
        "semeval_emo.score([[1, 0]], [[1, 1]]); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_labels_without_a_task_have_no_leaderboard():
    with pytest.raises(semeval_emo.EmoError) as refused:
        semeval_emo.place([[1, 0], [0, 1]], [[1, 0], [1, 1]], emotions=["joy", "fear"])
    assert refused.value.message == "These labels belong to no task, so they have no leaderboard."


def test_remedies_for_labels_in_memory_are_python():
    with pytest.raises(semeval_emo.EmoError) as alone:
        semeval_emo.compare(np.eye(2, dtype=int), np.eye(2, dtype=int), emotions=["joy", "fear"])
    assert alone.value.fix == 'name both: compare({"A": y_pred, "B": other}, y_true)'
    frame = pd.DataFrame({"id": ["a", "b"], "joy": [1, 0], "fear": [0, 1]})
    with pytest.raises(semeval_emo.EmoError) as unknown:
        semeval_emo.ensemble([frame, frame], method="vote")
    assert unknown.value.fix == "semeval_emo.validate(frame) lists its problems"


@pytest.mark.parametrize("as_arrays", [False, True])
def test_a_report_takes_labels_that_belong_to_no_task(as_arrays: bool):
    frame = pd.DataFrame({"joy": [1, 0], "fear": [0, 1], "votes": [3, 4]})
    names = ["joy", "fear"]
    gold, other = (table[names].to_numpy() if as_arrays else table for table in (frame, frame[::-1].reset_index()))
    page = semeval_emo.report({"A": gold, "B": other}, gold, emotions=names, resamples=100)
    assert [(system.name, system.cards[0].score) for system in page.contents.systems] == [("A", 1.0), ("B", 0.0)]
    assert semeval_emo.report(gold, gold, emotions=names, resamples=100).contents.scores.card.score == 1.0
