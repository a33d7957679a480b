"""Runs that predict an emotion for no text or for every text say so, and name the command that helps."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from toy_task import make_toy

from semeval_emo.data import load_gold
from semeval_emo.submission import write_predictions
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.selection.constant_predictions import constant_predictions

FIXED = ("--set", "threshold.rule=fixed", "--set")
BINARY, DEGREES = Space(("joy", "fear")), Space(("joy", "fear"), top=3)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return tmp_path


def command(text: str) -> list[str]:
    """Return the words of the command after ``Fit thresholds:``, without the program."""
    (line,) = [line for line in text.splitlines() if line.startswith("Fit thresholds: ")]
    program, *words = shlex.split(line.removeprefix("Fit thresholds: "))
    assert program == "semeval-emo"
    return words


@pytest.mark.parametrize(
    ("probabilities", "thresholds", "space", "never", "always", "reached", "notes", "separable"),
    [
        (
            [[0.1, 0.49999], [0.2, 0.3]], [0.5, 0.5], BINARY, ("joy", "fear"), (),
            "0 of 4 test probabilities (2 texts, 2 labels) reach the threshold 0.5; the lowest is 0.1000, "
            "the highest 0.4999.",
            (), True,
        ),
        (
            [[0.6, 0.9], [0.7, 0.8]], [0.5, 0.6], BINARY, (), ("joy", "fear"),
            "4 of 4 test probabilities (2 texts, 2 labels) reach their thresholds; the lowest is 0.6000, "
            "the highest 0.9000.",
            (), True,
        ),
        (
            [[0.1, 0.9], [0.2, 0.3]], [0.5, 0.35], BINARY, ("joy",), (),
            "1 of 4 test probabilities (2 texts, 2 labels) reaches its threshold; the lowest is 0.1000, "
            "the highest 0.9000.",
            ("Never predicted: joy (probabilities 0.1000 to 0.2000, threshold 0.5).",), True,
        ),
        (
            [[0.1, 0.9], [0.6, 0.7]], [0.5, 0.5], BINARY, (), ("fear",),
            "3 of 4 test probabilities (2 texts, 2 labels) reach the threshold 0.5; the lowest is 0.1000, "
            "the highest 0.9000.",
            ("Predicted for every text: fear (probabilities 0.7000 to 0.9000).",), True,
        ),
        (
            [[0.0, 0.0], [0.0, 0.0]], [0.5, 0.5], BINARY, ("joy", "fear"), (),
            "0 of 4 test probabilities (2 texts, 2 labels) reach the threshold 0.5; the lowest is 0.0000, "
            "the highest 0.0000.",
            ("Every text has the same probabilities, so other thresholds cannot separate the texts.",), False,
        ),
        # A baseline that predicts everything is one by design.
        ([[1.0, 1.0], [1.0, 1.0]], [0.5, 0.5], BINARY, (), (), None, (), False),
        ([[0.1, 0.9], [0.9, 0.1]], [0.5, 0.5], BINARY, (), (), None, (), False),
        (
            [[0.1, 0.12], [0.16, 0.01]], [0.5, 0.5], DEGREES, ("joy", "fear"), (),
            "0 of 4 test probabilities (2 texts, 2 labels) reach the threshold 0.1667 of intensity 1; the lowest is "
            "0.0100, the highest 0.1600.",
            ("Pearson's r and Spearman's rho of a constant column are undefined and count as 0.",), True,
        ),
        (
            [[0.5, 0.12], [0.6, 0.9]], [[0.2, 0.4, 0.8], [0.3, 0.5, 0.7]], DEGREES, (), ("joy",),
            "3 of 4 test probabilities (2 texts, 2 labels) reach their thresholds of intensity 1; the lowest is "
            "0.1200, the highest 0.9000.",
            (
                "Predicted for every text: joy 2 (probabilities 0.5000 to 0.6000, threshold 0.2).",
                "Pearson's r and Spearman's rho of a constant column are undefined and count as 0.",
            ),
            True,
        ),
    ],
)  # fmt: skip
def test_the_notes_name_counts_and_probabilities(
    probabilities, thresholds, space, never, always, reached, notes, separable
):
    found = constant_predictions(np.array(probabilities), np.array(thresholds), space)
    assert (found.never, found.always, found.notes, found.separable) == (never, always, notes, separable)
    assert reached in (found.reached, None)
    assert type(found).from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_run_that_predicts_nothing_names_a_command_that_runs(cli):
    words = ("zoo", "train", "tfidf-logreg", "--data", "sample", *FIXED, "threshold.value=0.99", "--runs", "my runs")
    out = cli(*words).out
    assert "test macro F1  0.0000" in out
    assert "0 of 1,000 test probabilities (200 texts, 5 labels) reach the threshold 0.99; the lowest is 0." in out
    again = cli(*words)
    assert command(again.out) == command(out)
    assert command(out)[:2] == ["zoo", "tune"] and len(command(out)) == 3
    result = json.loads(cli(*words, "-f", "json").out)
    assert result["constant"]["never"] == ["anger", "fear", "joy", "sadness", "surprise"]
    assert result["notes"][0].startswith("0 of 1,000 test probabilities")
    record = json.loads((Path(result["folder"]) / "run.json").read_text("utf-8"))
    assert record["constant"] == result["constant"]
    code, _, err = cli(*command(out))
    assert code == 0 and "Written: my runs/" in err
    # A run of a version that did not record this has no notes.
    del record["constant"]
    (Path(result["folder"]) / "run.json").write_text(json.dumps(record), "utf-8")
    assert cli(*words).code == 0


def test_a_run_that_predicts_everything_says_so(cli):
    out = cli("zoo", "train", "tfidf-logreg", "--data", "sample", *FIXED, "threshold.value=0.01").out
    assert "1,000 of 1,000 test probabilities (200 texts, 5 labels) reach the threshold 0.01; the lowest is 0." in out
    assert command(out)[:2] == ["zoo", "tune"]


def test_a_usual_run_has_no_such_notes(cli):
    for words in (("tfidf-logreg",), ("constant-all",), ("tfidf-ridge", "--track", "b")):
        out = cli("zoo", "train", *words, "--data", "sample").out
        assert "reach" not in out and "Fit thresholds" not in out


def test_a_constant_baseline_is_not_told_to_fit_thresholds(cli):
    out = cli("zoo", "train", "constant-majority", "--data", "sample").out
    assert "0 of 1,000 test probabilities" in out
    assert "Every text has the same probabilities, so other thresholds cannot separate the texts." in out
    assert "Fit thresholds" not in out


def test_intensities_that_are_all_0_are_named(cli):
    words = ("constant-majority", "--data", "sample", "--track", "b", "--set", "select.metric=pearson")
    out = cli("zoo", "train", *words).out
    assert "0 of 1,000 test probabilities (200 texts, 5 labels) reach the threshold 0.1667 of intensity 1" in out
    assert "Pearson's r and Spearman's rho of a constant column are undefined and count as 0." in out


def test_the_command_needs_neither_data_nor_task_of_a_task_by_path(folder: Path, cli):
    toml = make_toy(folder)
    words = ("--language", "xaa", "--data", folder / "data", "--task", toml, *FIXED, "threshold.value=0.99")
    out = cli("zoo", "train", "tfidf-logreg", *words).out
    assert command(out)[:2] == ["zoo", "tune"] and len(command(out)) == 3
    assert cli(*command(out)).code == 0


def test_an_ensemble_names_the_command(folder: Path, cli):
    toml = make_toy(folder)
    where = ("--data", folder / "data", "--task", toml)
    for name in ("tfidf-logreg", "tfidf-char"):
        assert cli("zoo", "train", name, "--language", "xaa", *where).code == 0
    members = ("runs/toy/tfidf-logreg/xaa", "runs/toy/tfidf-char/xaa", "--name", "both")
    out = cli("zoo", "ensemble", *members, *FIXED, "threshold.value=0.99", *where).out
    assert command(out) == ["zoo", "tune", "runs/toy/both/xaa"]
    assert cli(*command(out)).code == 0


def test_a_series_lists_the_languages(folder: Path, cli):
    toml = make_toy(folder)
    words = ("--language", "all", "--data", folder / "data", "--task", toml, *FIXED, "threshold.value=0.99")
    out = cli("zoo", "train", "tfidf-logreg", *words).out
    assert "Never predicted on test: xaa every emotion; xbb every emotion; xcc every emotion." in out
    assert out.count("Fit thresholds: semeval-emo zoo tune ") == 3
    listed = json.loads(cli("zoo", "train", "tfidf-logreg", *words, "--only-missing", "-f", "json").out)["languages"]
    assert [len(language["constant"]["never"]) for language in listed] == [5, 5, 5]


def test_evaluate_and_score_say_it_too(folder: Path, cli):
    cli("zoo", "train", "tfidf-logreg", "--data", "sample", *FIXED, "threshold.value=0.99", "--runs", folder / "runs")
    (run,) = (folder / "runs/sample").glob("*/eng")
    out = cli("zoo", "evaluate", run, "--data", "sample", "--split", "dev").out
    assert "Nothing is predicted: every cell is 0." in out
    assert "0 of 300 dev probabilities (60 texts, 5 labels) reach the threshold 0.99; the lowest is " in out
    assert f"Fit thresholds: semeval-emo zoo tune {shlex.quote(str(run))}\n" in out
    (card,) = json.loads(cli("zoo", "evaluate", run, "--data", "sample", "-f", "json").out)["scorecards"]
    assert card["note"].startswith("0 of 1,000 test probabilities")
    _, out, err = cli("score", run / "track_a/pred_eng.csv", "--gold", "sample")
    assert "Nothing is predicted: every cell is 0." in out
    assert f"Next: semeval-emo zoo tune {shlex.quote(str(run))} --data sample" in err


def test_tune_and_the_report_page_say_it_too(folder: Path, cli):
    cli("zoo", "train", "constant-majority", "--data", "sample")
    out = cli("zoo", "tune", "runs/sample/constant-majority/eng", "--data", "sample").out
    assert "0 of 1,000 test probabilities (200 texts, 5 labels) reach the threshold 0.5" in out
    assert cli("report", "runs/sample/constant-majority/eng/track_a", "-o", "page.html").code == 0
    page = (folder / "page.html").read_text("utf-8")
    assert "Nothing is predicted: every cell is 0." in page
    assert "Samples F1 and Jaccard are 0 for the 25 texts without any label in gold or predictions." in page


def test_an_exported_model_is_evaluated_without_the_command(folder: Path, cli):
    cli("zoo", "train", "tfidf-logreg", "--data", "sample", *FIXED, "threshold.value=0.99", "--runs", folder / "runs")
    (run,) = (folder / "runs/sample").glob("*/eng")
    assert cli("zoo", "export", run, "-o", folder / "model").code == 0
    out = cli("zoo", "evaluate", folder / "model", "--data", "sample").out
    assert "0 of 1,000 test probabilities" in out and "Fit thresholds" not in out


@pytest.mark.parametrize(
    ("track", "change", "line", "never", "always"),
    [
        ("a", lambda labels: 0 * labels, "Nothing is predicted: every cell is 0.", 5, 0),
        ("a", lambda labels: 0 * labels + 1, "Predicted for every text: every emotion.", 0, 5),
        ("a", lambda labels: labels * [1, 0, 1, 1, 0], "Never predicted: fear, surprise.", 2, 0),
        ("a", lambda labels: labels | [1, 0, 0, 0, 0], "Predicted for every text: anger.", 0, 1),
        ("b", lambda labels: 0 * labels, "Nothing is predicted: every cell is 0.", 5, 0),
        ("b", lambda labels: labels * [1, 0, 1, 1, 1], "Never predicted: fear.", 1, 0),
    ],
)
def test_score_names_emotions_that_are_never_or_always_predicted(track, change, line, never, always, folder, cli):
    gold = load_gold(track, "eng", source="sample")
    write_predictions(gold.spec, change(gold.labels), folder / "pred_eng.csv")
    out = cli("score", folder / "pred_eng.csv", "--track", track).out
    assert f"\n{line}\n" in out
    (card,) = json.loads(cli("score", folder / "pred_eng.csv", "--track", track, "-f", "json").out)["scorecards"]
    assert (len(card["never_predicted"]), len(card["always_predicted"])) == (never, always)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_only_test_scores_are_placed_on_a_leaderboard(split, folder, cli):
    gold = load_gold("a", "eng", split, source="sample")
    path = folder / "pred_eng.csv"
    write_predictions(gold.spec, gold.labels, path)
    code, _, err = cli("score", path)
    assert (code, "leaderboard" in err) == (0, split == "test")
    code, out, err = cli("leaderboard", "place", path)
    if split == "test":
        assert code == 0
    else:
        hint = f"the leaderboard has scores on test only, which a score on {split} cannot be compared with"
        assert code == 2 and f"  fix: {hint}\n" in err
    assert cli("report", path, "-o", folder / "page.html").code == 0
    assert ("Leaderboard" in (folder / "page.html").read_text("utf-8")) is (split == "test")
    out = cli("compare", path, "--against-score", "0.71", "--resamples", "1000").out
    texts = {"train": "240 texts", "dev": "60 texts", "test": "200 texts"}[split]
    where = "" if split == "test" else f", {split}"
    out = " ".join(out.split())
    assert f"0.71 is assumed to be a score on release 1, eng{where}, {texts}; scores of other releases " in out
