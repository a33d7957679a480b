"""The public functions that use other packages: analyse, report, place, plots; and the public API as a whole."""

from __future__ import annotations

import html
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import semeval_emo
from semeval_emo import plots
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError, UsageError
from semeval_emo.report.api import ReportPage
from semeval_emo.scoring.score_intervals import with_intervals

PREDICTIONS = sample_folder() / "predictions"
STRONG, WEAK = (PREDICTIONS / name / "track_a" / "pred_eng.csv" for name in ("strong", "weak"))


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.read_csv(STRONG)


def test_analyse_takes_cards_scores_files_and_frames(frame: pd.DataFrame):
    card = semeval_emo.score(STRONG, source="sample").card
    expected = semeval_emo.analyse(card)
    for results in (
        semeval_emo.analyse(semeval_emo.score(STRONG, source="sample")),
        semeval_emo.analyse(STRONG, source="sample"),
        semeval_emo.analyse(frame, source="sample"),
        semeval_emo.analyse(frame, semeval_emo.load_gold("a", "eng", source="sample")),
    ):
        (analysis,) = results
        assert analysis.emotions == expected.emotions and analysis.exact == expected.exact
    two = semeval_emo.analyse({"bert": frame, "tfidf": WEAK}, source="sample")
    assert [own.card.file for own in two] == ["bert", str(WEAK)]
    assert list(two.to_frame().file.unique()) == ["bert", str(WEAK)] and len(two.to_frame()) == 10
    assert len(repr(two)) < 300 and "<table" in two._repr_html_()
    with pytest.raises(InputError, match="3 is not a prediction file or frame"):
        semeval_emo.analyse(3)


def test_analyse_takes_probabilities_in_a_frame(frame: pd.DataFrame):
    probabilities = frame.assign(**{name: 0.1 + 0.8 * frame[name] for name in frame.columns[1:]})
    (analysis,) = semeval_emo.analyse(frame, source="sample", probabilities=probabilities)
    assert analysis.confident_errors is not None and analysis.confident_errors[0].confidence == pytest.approx(0.9)


def test_analyse_arrays():
    (analysis,) = semeval_emo.analyse([[1, 0], [0, 1]], [[1, 0], [1, 1]], emotions=["joy", "fear"])
    assert [own.missed for own in analysis.emotions] == [1, 0] and analysis.exact == 1


def test_place_takes_numbers_cards_scores_files_and_frames(frame: pd.DataFrame):
    assert semeval_emo.place(0.7114, track="a", language="eng", own=False).rank == "29 to 75 of 75"
    card = semeval_emo.score(STRONG, source="sample").card
    expected = semeval_emo.place(card, own=False)
    assert expected.rank == semeval_emo.Leaderboard.load("sample", own=False).place(card).rank
    for results in (
        semeval_emo.place(semeval_emo.score(STRONG, source="sample"), own=False),
        semeval_emo.place(STRONG, source="sample", own=False),
        semeval_emo.place({"eng": frame}, source="sample", own=False),
    ):
        assert [placed.rank for placed in results] == [expected.rank]
        assert list(results.to_frame()["rank"]) == [expected.rank]
    with pytest.raises(UsageError, match="needs a track and a language"):
        semeval_emo.place(0.5)
    with pytest.raises(InputError, match="None is not a prediction file or frame"):
        semeval_emo.place(None)


def test_report_takes_files_and_frames(frame: pd.DataFrame, tmp_path: Path):
    page = semeval_emo.report(frame, source="sample", resamples=100, out=tmp_path / "report.html")
    assert isinstance(page, ReportPage) and (tmp_path / "report.html").read_text(encoding="utf-8") == page.html
    assert page.html.startswith("<!doctype html>") and "0.8589" in page.html
    assert page.save(tmp_path / "other.html").is_file()
    assert len(repr(page)) < 300 and page.to_frame().score[0] == pytest.approx(0.8589, abs=1e-4)
    assert html.escape(page.html[:200]) in page._repr_html_() and page._repr_html_().startswith("<iframe srcdoc=")
    # After the package of this name was imported, too.
    gold = semeval_emo.load_gold("a", "eng", source="sample").to_frame()
    both = semeval_emo.report({"bert": frame, "tfidf": WEAK}, gold, resamples=100, texts=False)
    assert [system.name for system in both.contents.systems] == ["bert", "tfidf"] and both.contents.comparison
    assert "I " in page.html and gold.text[0] not in both.html
    with pytest.raises(InputError, match="None is not a prediction file or frame"):
        semeval_emo.report(None)


def test_plots_return_figures(frame: pd.DataFrame):
    figure = pytest.importorskip("matplotlib.figure").Figure
    scores = semeval_emo.score({"bert": frame, "tfidf": pd.read_csv(WEAK)}, source="sample")
    card = scores.cards[0]
    comparison = semeval_emo.compare({"bert": frame, "tfidf": WEAK}, source="sample", resamples=100, trials=100)
    probabilities = 0.1 + 0.8 * frame.iloc[:, 1:].to_numpy()
    board = semeval_emo.Leaderboard.load("sample", own=False)
    drawn = {
        "one file": plots.emotions(card),
        "two files": plots.emotions(scores),
        "intervals": plots.emotions(with_intervals(scores, resamples=100, seed=1)),
        "comparison": plots.emotions(comparison),
        "rank": plots.rank(scores, board),
        "curves": plots.precision_recall(card, probabilities),
        "calibration": plots.calibration(card, probabilities),
        "thresholds": plots.thresholds(card, probabilities),
        "labels": plots.co_occurrence(card),
        "numbers of labels": plots.label_counts(card),
    }
    assert all(isinstance(own, figure) and own.axes for own in drawn.values())
    assert [text.get_text() for text in drawn["two files"].legends[0].get_texts()] == ["bert", "tfidf"]
    with pytest.raises(UsageError, match="several languages"):
        plots.languages(scores)
    with pytest.raises(UsageError, match=r"shape \(3, 5\), expected \(200, 5\)"):
        plots.calibration(card, probabilities[:3])
    with pytest.raises(UsageError, match="two systems have one p-value"):
        plots.p_values(comparison)
    with pytest.raises(InputError, match="3 has no scores to plot"):
        plots.emotions(3)
    with pytest.raises(InputError, match="is not a run folder"):
        plots.training("nowhere")


def test_a_plot_of_several_languages():
    pytest.importorskip("matplotlib")
    cards = [semeval_emo.score([[1, 0], [0, 1]], [[1, 0], [1, 1]], emotions=["joy", "fear"]).card for _ in range(2)]
    assert cards[0].spec.language == "und"
    task = semeval_emo.load_task()
    frames = {
        code: pd.DataFrame({"id": spec.ids} | dict.fromkeys(spec.emotions, 1))
        for code in ("eng", "ron")
        for spec in [task.spec("a", code, "dev")]
    }
    scores = semeval_emo.score(frames, frames, unverified_gold=True)
    assert plots.languages(scores).axes
    assert plots.languages(
        semeval_emo.compare({"x": frames, "y": frames}, frames, unverified_gold=True, resamples=100, trials=100)
    ).axes


def test_every_public_name_is_there_and_documented():
    assert set(dir(semeval_emo)) == set(semeval_emo.__all__)
    for name in semeval_emo.__all__:
        assert getattr(semeval_emo, name).__doc__ or name == "__version__", name
    api = (Path(semeval_emo.__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for name in {*semeval_emo.__all__} - {"__version__"}:
        assert f"`{name}" in api or f"{name}(" in api, f"docs/api.md does not name {name}"


@pytest.mark.slow
def test_type_checkers_know_the_public_names(tmp_path: Path):
    pytest.importorskip("mypy")
    code = tmp_path / "user.py"
    code.write_text(
        "import semeval_emo\n"
        "reveal_type(semeval_emo.score('x').card.score)\n"
        "reveal_type(semeval_emo.analyse('x')[0].exact)\n"
        "reveal_type(semeval_emo.place(0.5).rank)\n"
        "reveal_type(semeval_emo.metrics([[1]], [[1]]))\n"
        "reveal_type(semeval_emo.train('x').scores)\n"
        "semeval_emo.nothing\n"
    )
    done = subprocess.run(
        # With the options of the project, so that the cache of `make lint` is used.
        [sys.executable, "-m", "mypy", str(code)],
        capture_output=True, text=True, check=False, cwd=Path(semeval_emo.__file__).parent.parent,
    )  # fmt: skip
    types = [
        line.partition("Revealed type is ")[2].strip('"') for line in done.stdout.splitlines() if "Revealed" in line
    ]
    assert [own.replace("builtins.", "") for own in types if own] == [
        "float", "int", "str", "dict[str, float]", "dict[str, float]"
    ], done.stdout + done.stderr  # fmt: skip
    assert 'Module has no attribute "nothing"' in done.stdout
