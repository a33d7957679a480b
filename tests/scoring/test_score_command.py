"""The command `score`: output, refused files, exit codes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring import score
from semeval_emo.scoring.fail_under import Threshold
from semeval_emo.submission.write import write_predictions


@pytest.fixture
def run(cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return partial(cli, "score")


def write_sample(path: Path, track: str = "a", share: float = 0.2, seed: int = 0) -> Path:
    """Write a prediction file for the sample's test split: its gold with some cells changed."""
    gold = load_gold(track, "eng", source="sample")
    rng = np.random.default_rng(seed)
    other = rng.integers(0, len(gold.spec.values), gold.labels.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_predictions(gold.spec, np.where(rng.random(gold.labels.shape) < share, other, gold.labels), path)
    return path


def test_one_file_is_shown_in_detail(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    code, out, err = run("pred_eng.csv", "--gold", "sample")
    card = score("pred_eng.csv", source="sample").card
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == f"macro F1 {card.score:.4f} · track A · English (eng) · test · release 1 · 200 texts"
    assert lines[1].split() == ["emotion", "precision", "recall", "F1", "support", "TP", "FP", "FN", "TN"]
    for i, emotion in enumerate(card.metrics.emotions):
        by = card.metrics.by_emotion
        expected = [f"{by[name][i]:.4f}" for name in ("precision", "recall", "f1")]
        expected += [str(by[name][i]) for name in ("support", "tp", "fp", "fn", "tn")]
        assert lines[3 + i].split() == [emotion, *expected]
    whole = card.metrics.whole
    macro = next(line.split() for line in lines[1:] if line.startswith("macro "))
    assert macro == ["macro", *(f"{whole[f'macro_{one}']:.4f}" for one in ("precision", "recall", "f1")), *["–"] * 5]
    means = ["samples_f1", "jaccard", "exact_match", "hamming_loss"]
    assert [f"{whole[one]:.4f}" for one in means] in [line.split() for line in lines]
    assert lines[-1] == card.signature
    assert all(len(line) <= 80 for line in lines[:-1])
    assert "Next: semeval-emo leaderboard place pred_eng.csv --gold sample" in err


def test_quiet_prints_only_the_result(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    assert run("pred_eng.csv", "--gold", "sample", "-q")[2] == ""


def test_intensities_have_correlations_and_errors(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv", track="b")
    code, out, _ = run("pred_eng.csv", "--gold", "sample")
    assert code == 0
    assert out.startswith("Pearson r 0.")
    assert out.splitlines()[1].split("  ")[0] == "emotion"
    assert "Official metric: Pearson r (" in out
    assert "|rule:constant-is-0|" in out


def test_a_constant_column_names_both_rules(run, tmp_path: Path, official_sample: str) -> None:
    gold = load_gold("b", "eng", source="sample")
    values = gold.labels.copy()
    values[:, 1] = 0
    write_predictions(gold.spec, values, tmp_path / "pred_eng.csv")
    name = gold.spec.emotions[1]
    _, out, _ = run("pred_eng.csv", "--gold", "sample")
    assert f"constant for {name}: Pearson r is 0 (1 if both have the same value). " in " ".join(out.split())
    assert "--rule" not in out
    words = ("pred_eng.csv", "--gold", "sample", "--task", official_sample)
    _, out, _ = run(*words)
    shown = " ".join(out.split())
    assert f"The gold or the predictions are constant for {name}: Pearson r is 0 (" in shown
    assert "In the organisers' 2025 checker it and the mean are nan: --rule organisers-2025." in shown
    code, out, _ = run(*words, "--rule", "organisers-2025")
    assert code == 0
    assert out.startswith("Pearson r nan · track B")
    assert "In the Codabench scorer it is 0: --rule codabench (the default)." in " ".join(out.split())


@pytest.mark.parametrize(("rounding", "decimals"), [("organisers", 4), ("codabench", 6)])
def test_rounding_as_an_official_scorer(
    run, tmp_path: Path, official_sample: str, rounding: str, decimals: int
) -> None:
    write_sample(tmp_path / "pred_eng.csv", track="b")
    words = ("pred_eng.csv", "--gold", "sample", "--task", official_sample, "--rounding", rounding)
    _, out, _ = run(*words)
    assert f"(--rounding {rounding})." in out
    shown = out.split()[2]
    assert len(shown.partition(".")[2]) == decimals
    _, out, _ = run(*words, "-f", "json")
    value = json.loads(out)["scorecards"][0]["score"]
    assert f"{value:.{decimals}f}" == shown
    assert value == round(value, decimals)


def test_several_files_of_one_language_have_a_row_each_and_no_mean(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "x" / "pred_eng.csv")
    write_sample(tmp_path / "y" / "pred_eng.csv", seed=1)
    code, out, err = run("x/pred_eng.csv", "y/pred_eng.csv", "--gold", "sample", "--per-emotion")
    assert code == 0
    assert out.startswith("Track A · eng · test · release 1 · official metric: macro F1\nfile ")
    assert out.count("\nx/pred_eng.csv  ") == out.count("\ny/pred_eng.csv  ") == 2
    assert "F1 of each emotion" in out
    assert "mean of" not in out
    assert out.count("macro_f1|release:1|") == 2
    assert "Next: semeval-emo compare x/pred_eng.csv y/pred_eng.csv --gold sample" in err


def test_csv_has_an_unrounded_row_per_file_and_metric(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    _, out, _ = run("pred_eng.csv", "--gold", "sample", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    card = score("pred_eng.csv", source="sample").card
    whole = {row["figure"]: float(row["value"]) for row in rows if not row["emotion"]}
    assert whole == card.metrics.whole
    joy = {row["figure"]: float(row["value"]) for row in rows if row["emotion"] == "joy"}
    assert joy["f1"] == card.metrics.value("f1.joy")
    assert {row["file"] for row in rows} == {"pred_eng.csv"}


@pytest.mark.parametrize("style", ["markdown", "latex"])
def test_formats_for_papers_contain_the_signature(run, tmp_path: Path, style: str) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    code, out, _ = run("pred_eng.csv", "--gold", "sample", "-f", style)
    assert code == 0
    assert "release:1" in out
    assert {"markdown": "| emotion", "latex": r"\toprule"}[style] in out


def test_output_is_written_with_the_signature(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    code, out, err = run("pred_eng.csv", "--gold", "sample", "--output", "score.txt")
    assert (code, out) == (0, "")
    assert "Written to score.txt." in err
    assert (tmp_path / "score.txt").read_text().rstrip().splitlines()[-1].startswith("macro_f1|release:1|")


def test_without_a_path_the_current_folder_then_submissions(run, tmp_path: Path) -> None:
    code, out, err = run("--gold", "sample")
    assert (code, out) == (3, "")
    assert "error: No path given, and there is no pred_*.csv in this folder nor in submissions/." in err
    write_sample(tmp_path / "submissions" / "mine" / "track_a" / "pred_eng.csv")
    code, out, err = run("--gold", "sample")
    assert code == 0
    expected = "No path given: scoring the prediction files of submissions/: submissions/mine/track_a/pred_eng.csv."
    assert expected in err
    write_sample(tmp_path / "pred_eng.csv", seed=1)
    code, out, err = run("--gold", "sample")
    assert "scoring the prediction files of this folder: pred_eng.csv." in err
    assert "File: pred_eng.csv" in out


def test_files_with_unambiguous_labels_are_scored_with_a_note(run, tmp_path: Path) -> None:
    """Capitals, another column order, blank lines and a byte order mark leave the labels unambiguous."""
    path = write_sample(tmp_path / "pred_eng.csv")
    expected = score(path, source="sample").card
    rows = [line.split(",") for line in path.read_text().splitlines()]
    rows[0] = [one.capitalize() for one in rows[0]]
    turned = ["\ufeff" + ",".join([rows[0][0], *rows[0][:0:-1]])]
    turned += [",".join([row[0], *row[:0:-1]]) for row in rows[1:]]
    path.write_text("\n\n".join(turned) + "\n", encoding="utf-8")
    code, out, err = run("pred_eng.csv", "--gold", "sample")
    assert code == 0
    assert out.splitlines()[-1] == expected.signature
    assert err.startswith("pred_eng.csv: scored, but not in the format of the official scorers.\n")
    for code_of_problem in ("E309", "E311"):
        assert code_of_problem in err
    assert "fix: semeval-emo fix pred_eng.csv -o fixed" in err


@pytest.mark.parametrize(
    ("spoil", "code_of_problem"),
    [
        (lambda lines: [*lines, lines[-1].replace(",1", ",0").replace(",0", ",1", 1)], "E405"),  # an id twice
        (lambda lines: [lines[0], lines[1][:-1] + "x", *lines[2:]], "E514"),  # a word for a label
        (lambda lines: [lines[0], lines[1][:-1], *lines[2:]], "E507"),  # a blank label
    ],
)
def test_files_with_ambiguous_labels_are_refused(run, tmp_path: Path, spoil, code_of_problem: str) -> None:
    path = write_sample(tmp_path / "pred_eng.csv")
    path.write_text("\n".join(spoil(path.read_text().splitlines())) + "\n")
    code, out, err = run("pred_eng.csv", "--gold", "sample")
    assert (code, out) == (1, "")
    assert err.startswith("pred_eng.csv: NOT scored, because of ambiguous labels.\n")
    assert f"  {code_of_problem}" in err
    assert "semeval-emo fix pred_eng.csv" in err or "semeval-emo validate pred_eng.csv" in err
    code, out, _ = run("pred_eng.csv", "--gold", "sample", "-f", "json")
    assert code == 1
    payload = json.loads(out)
    assert (payload["scorecards"], payload["refused"]) == ([], ["pred_eng.csv"])
    assert payload["problems"]


def test_fail_under_decides_the_exit_code(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    card = score("pred_eng.csv", source="sample").card
    held = ["--fail-under", f"macro_f1={card.score}", "--fail-under", "f1.joy=0", "--fail-under", "hamming_loss=1"]
    code, out, err = run("pred_eng.csv", "--gold", "sample", *held)
    assert code == 0
    code, out, err = run("pred_eng.csv", "--gold", "sample", "--fail-under", "macro_f1=0.99")
    assert code == 1
    assert out.startswith("macro F1")
    place = "pred_eng.csv (track a, eng, test)"
    assert f"missed: macro_f1 is {card.score:.6f}, below the minimum 0.99: {place}" in err
    code, _, err = run("pred_eng.csv", "--gold", "sample", "-q", "--fail-under", "hamming_loss=0.01")
    assert code == 1
    assert err.startswith("missed: hamming_loss is 0.") and "above the maximum 0.01" in err


def test_nan_meets_no_threshold(run, tmp_path: Path, official_sample: str) -> None:
    gold = load_gold("b", "eng", source="sample")
    write_predictions(gold.spec, np.zeros_like(gold.labels), tmp_path / "pred_eng.csv")
    threshold = ("--fail-under", "pearson=-1")
    assert run("pred_eng.csv", "--gold", "sample", *threshold)[0] == 0
    words = (*threshold, "--rule", "organisers-2025", "--task", official_sample)
    assert run("pred_eng.csv", "--gold", "sample", *words)[0] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("macro_f1", "'macro_f1' is not a threshold of the form METRIC=VALUE."),
        ("macro_f1=high", "'macro_f1=high' is not a threshold of the form METRIC=VALUE."),
        ("macrof1=0.7", "did you mean 'macro_f1'?"),
        ("f1=0.7", "write it as f1.EMOTION=0.7"),
        ("macro_f1.joy=0.7", "write it as macro_f1=0.7"),
    ],
)
def test_thresholds_that_cannot_be_parsed(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Threshold.parse(text)
    assert message in str(caught.value)


def test_a_threshold_for_a_metric_that_no_file_has_is_a_usage_error(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv")
    for text in ("pearson=0.5", "f1.nostalgia=0.5"):
        code, _, err = run("pred_eng.csv", "--gold", "sample", "--fail-under", text)
        assert code == 2
        assert f"error: There is no metric '{text.partition('=')[0]}' for this file." in err


def test_a_missing_file_exits_3(run) -> None:
    code, out, err = run("pred_eng.csv", "--gold", "sample")
    assert (code, out) == (3, "")
    assert "pred_eng.csv does not exist" in err


@pytest.mark.data
def test_the_reference_file_at_the_command_line(run, data_dir: Path) -> None:
    seed = data_dir / "seed" / "pred_eng.csv"
    code, out, err = run(seed, "--gold", data_dir, "--track", "a")
    assert code == 0
    for line in (
        "macro F1 0.7114 · track A · English (eng) · test · release 2025 · 2,767 texts",
        "anger        0.7512  0.4689  0.5774      322    151   50    171  2,395",
        "macro        0.7689  0.6697  0.7114        –      –    –      –      –",
        "micro        0.7834  0.7187  0.7496    4,216  3,030  838  1,186  8,781",
    ):
        assert line in out.splitlines()
    assert "scored, but not in the format of the official scorers." in " ".join(err.split())
    assert "E311 line 1: the columns are id,joy,sadness,anger,fear,surprise" in err
    assert "E410 line 2769" in err
    _, both, _ = run(seed, "--gold", data_dir)
    assert both.count("macro F1 0.7114 · track") == 2
    assert "· track C ·" in both


@pytest.mark.data
def test_the_other_release_at_the_command_line(run, data_dir: Path) -> None:
    code, out, err = run(data_dir / "seed" / "pred_eng.csv", "--gold", data_dir / "releases" / "2025-09-english")
    assert (code, out) == (1, "")
    assert err.startswith("error: The gold labels are not those of release 2025")
    assert "2,765 rows, and all its labels are blank" in err


@pytest.mark.data
def test_languages_are_averaged_both_ways(run, data_dir: Path, tmp_path: Path) -> None:
    for language in ("afr", "eng"):
        gold = load_gold("a", language, source=data_dir)
        write_predictions(gold.spec, gold.labels, tmp_path / f"pred_{language}.csv")
    code, out, _ = run(".", "--gold", data_dir, "--per-emotion")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0
    assert "eng English 2,767 1.0000 1.0000 1.0000 1.0000" in lines
    assert "mean of 2 scored – 1.0000 1.0000 1.0000 1.0000" in lines
    assert f"mean of all 28 – {2 / 28:.4f} {2 / 28:.4f} {2 / 28:.4f} {2 / 28:.4f}" in lines
    assert "afr Afrikaans 1.0000 1.0000 1.0000 1.0000 1.0000 –" in lines  # no surprise in Afrikaans
    assert "|langs:afr+eng|of:28|" in lines[-1]
    assert all(len(line) <= 80 for line in out.splitlines()[:-1])


def test_a_file_of_another_track_is_named(run, tmp_path: Path) -> None:
    write_sample(tmp_path / "pred_eng.csv", track="b")
    code, out, err = run("pred_eng.csv", "--gold", "sample", "--track", "a")
    assert (code, out) == (1, "")
    assert "There are no labels to score for the selected track, language or split: pred_eng.csv is release" in err
    assert "release 1 track b eng test." in err


def test_a_zip_with_unreadable_files_is_reported(run, tmp_path: Path) -> None:
    path = write_sample(tmp_path / "pred_eng.csv")
    with zipfile.ZipFile(tmp_path / "track_a.zip", "w") as archive:
        archive.write(path, "../pred_eng.csv")
    code, out, err = run("track_a.zip", "--gold", "sample")
    assert (code, out) == (1, "")
    assert err.startswith("track_a.zip: NOT scored completely, because some files cannot be read.\n  E105")


def test_a_language_without_gold_is_named_and_the_rest_is_scored(run, data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "in/track_a").mkdir(parents=True)
    for language in ("ron", "rus"):
        gold = load_gold("a", language, source=data_dir)
        write_predictions(gold.spec, gold.labels, tmp_path / f"in/track_a/pred_{language}.csv")
    home = tmp_path / "gold/track_a/test"
    home.mkdir(parents=True)
    (home / "ron.csv").write_bytes(Path(load_gold("a", "ron", source=data_dir).source).read_bytes())
    code, out, err = run("in", "--gold", "gold")
    shown = " ".join(err.split())
    assert code == 3
    assert "1.0000" in out and "ron" in out and "rus" not in out
    assert "in/track_a/pred_rus.csv is NOT scored: There is no test file of track a for 'rus' in gold." in shown
    code, out, _ = run("in", "--gold", "gold", "--format", "json")
    assert code == 3 and len(json.loads(out)["without_gold"]) == 1
    # Without any gold there is nothing to show.
    assert run("in/track_a/pred_rus.csv", "--gold", "gold")[0] == 3
    with pytest.raises(InputError, match="for 'rus'"):
        score("in", source="gold")
