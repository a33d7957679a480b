"""The commands `compare` and `score --ci`."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import load_gold
from semeval_emo.scoring import compare
from semeval_emo.submission.write import write_predictions

FAST = ("--gold", "sample", "--resamples", "500", "--trials", "500")


@pytest.fixture
def run(cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return cli


def write(path: str, share: float, seed: int = 0, track: str = "a") -> str:
    """Write a prediction file for the sample's test split: its gold with some cells changed."""
    gold = load_gold(track, "eng", source="sample")
    rng = np.random.default_rng(seed)
    other = rng.integers(0, len(gold.spec.values), gold.labels.shape)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_predictions(gold.spec, np.where(rng.random(gold.labels.shape) < share, other, gold.labels), Path(path))
    return path


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_two_systems_that_differ(run) -> None:
    code, out, err = run("compare", write("fine/pred_eng.csv", 0.1), write("rough/pred_eng.csv", 0.6, 1), *FAST)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    comparison = compare(["fine/pred_eng.csv", "rough/pred_eng.csv"], source="sample", resamples=500, trials=500)
    fine, rough = comparison.lead.standings
    assert lines[0] == "macro F1 · track A · English (eng) · test · release 1 · 200 texts"
    assert lines[3].split() == [
        "a", "fine", f"{fine.score.value:.4f}", "b", f"[{fine.score.low:.4f},", f"{fine.score.high:.4f}]",
        "1", "1", "100.0", "%",
    ]  # fmt: skip
    gap = comparison.lead.differences[0]
    assert (
        f"a (fine) is significantly better than b (rough): macro F1 {fine.score.value:.4f} against "
        f"{rough.score.value:.4f}, a difference of {gap.value.value:.4f} (95 % interval +{gap.value.low:.4f} to "
        f"+{gap.value.high:.4f}, p = 0.002)."
    ) in unwrapped(out)
    assert "Difference a − b" in out
    assert re.search(r"^joy .* \*$", out, re.M)
    assert lines[-1] == comparison.signature
    assert all(len(line) <= 100 for line in lines[:-1])


def test_two_systems_without_a_significant_difference(run) -> None:
    _, out, _ = run("compare", "x=" + write("x.csv", 0.2, 1), "y=" + write("y.csv", 0.2, 2), *FAST)
    assert re.search(r"The difference between a \([xy]\) and b \([xy]\) is not significant", unwrapped(out))
    assert re.search(r"would differ at least as much by chance in \d+ of 100 cases\.", unwrapped(out))


def test_a_system_against_itself(run) -> None:
    path = write("x.csv", 0.2)
    _, out, _ = run("compare", f"x={path}", f"y={path}", *FAST)
    assert "a (x) and b (y) have the same score: macro F1" in unwrapped(out)


def test_letters_for_more_than_26_systems(run) -> None:
    paths = [write(f"s{i:02}.csv", i / 60, i) for i in range(28)]
    code, out, _ = run("compare", *paths, "--gold", "sample", "--resamples", "500", "--trials", "1000")
    assert code == 0
    rows = [line for line in out.splitlines() if re.match(r"^[a-z]{1,2} +s\d\d", line)]
    assert [row.split()[0] for row in rows][-3:] == ["z", "aa", "ab"]
    assert re.search(r"[a-z](?: [a-z])*–ab", rows[0])
    assert "a (s00) is significantly better than" in unwrapped(out)


def test_too_few_trials_for_the_family_are_noted(run) -> None:
    paths = [write(f"s{i:02}.csv", i / 60, i) for i in range(12)]
    _, out, _ = run("compare", *paths, "--gold", "sample", "--resamples", "200", "--trials", "200", "--family", "pairs")
    assert "With 200 trials, no p-value can be significant after a correction over 66 tests" in unwrapped(out)


def test_each_emotion_of_many_systems_has_letters_of_its_own(run) -> None:
    paths = [write(f"s{i}.csv", 0.05 + i / 4, i) for i in range(3)]
    _, out, _ = run("compare", *paths, *FAST, "--per-emotion")
    title, header, _, first, _, last, *_ = out.split("Each emotion · ")[1].splitlines()
    assert title == "eng English"
    assert header.split() == [w for name in ("anger", "fear", "joy", "sadness", "surprise") for w in (name, "beats")]
    assert first.startswith("a ")
    assert len(re.findall(r"b c|\bc\b", first)) >= 3
    assert not re.search(r"[abc]", last[1:])
    assert "Each emotion" not in run("compare", *paths, *FAST)[1]


def test_power_and_pairs(run) -> None:
    paths = [write(f"s{i}.csv", 0.1 + i / 50, i) for i in range(3)]
    _, out, _ = run("compare", *paths, *FAST, "--power", "--pairs")
    header = next(line for line in out.splitlines() if line.startswith("pair "))
    assert header.split()[-1] == "detectable"
    assert [line.split()[:3] for line in out.splitlines() if re.match(r"^[abc] − [abc]", line)] == [
        ["a", "−", "b"], ["a", "−", "c"], ["b", "−", "c"],
    ]  # fmt: skip
    assert re.search(r"detects a true difference of 0\.\d{4} between a and b in 80 of 100 cases", unwrapped(out))


def test_comparison_with_a_published_score_names_the_levels(run) -> None:
    _, out, _ = run("compare", write("ours.csv", 0.2), "--against-score", "0.7083", *FAST)
    shown = unwrapped(out)
    assert "Compared with the published score 0.7083" in shown
    assert "(level 2, same-size rival: p" in shown
    assert "Level 1, fixed target: does our score differ from the number 0.7083, which is rounded to ±0.00005?" in shown
    assert "Level 3, the paired test, needs the predictions of the other system" in shown
    assert "0.7083 is assumed to be a score on release 1, eng, 200 texts" in shown


def test_runs_of_one_recipe(run) -> None:
    paths = [write(f"seed{i}/pred_eng.csv", 0.2, i) for i in range(3)]
    code, out, _ = run("compare", *paths, "--one-recipe", *FAST)
    assert code == 0
    assert re.search(r"a \(\w+\): mean 0\.\d{4} over 3 runs, standard deviation 0\.\d{4}, from", unwrapped(out))
    _, other, _ = run("compare", "rec=" + ",".join(paths), write("base.csv", 0.6, 9), *FAST)
    assert "p-values by two-level bootstrap over runs and texts" in unwrapped(other)


def test_json_is_unrounded(run) -> None:
    _, out, _ = run("compare", write("x.csv", 0.1), write("y.csv", 0.4, 1), *FAST, "--format", "json")
    payload = json.loads(out)
    assert payload["schema"] == "semeval-emo/compare/1"
    assert set(payload) >= {"metric", "systems", "places", "average", "tallies", "against", "settings", "signature"}
    place = payload["places"][0]
    assert {"letter", "name", "score", "rank", "rank_low", "rank_high", "best", "beats"} <= set(place["standings"][0])
    assert place["differences"][0]["value"]["value"] == pytest.approx(
        place["standings"][0]["score"]["value"] - place["standings"][1]["score"]["value"]
    )
    assert payload["settings"]["seed"] == 12345


def test_csv_is_one_table(run) -> None:
    paths = [write("x.csv", 0.1), write("y.csv", 0.4, 1)]
    rows = list(csv.DictReader(io.StringIO(run("compare", *paths, *FAST, "--format", "csv")[1])))
    assert [(row["letter"], row["system"], row["beats"]) for row in rows] == [("a", "x", "b"), ("b", "y", "")]
    pairs = list(csv.DictReader(io.StringIO(run("compare", *paths, *FAST, "--format", "csv", "--pairs")[1])))
    assert [(row["first"], row["second"], row["significant"]) for row in pairs] == [("x", "y", "True")]


@pytest.mark.parametrize(("style", "mark"), [("markdown", "<sup>b</sup>"), ("latex", r"\textsuperscript{b}")])
def test_letters_are_superscripts_where_there_are_any(run, style: str, mark: str) -> None:
    _, out, _ = run("compare", write("x.csv", 0.1), write("y.csv", 0.6, 1), *FAST, "--format", style)
    assert mark in out
    assert "is significantly better than" in out
    assert "compare_macro_f1" in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["x.csv"], 2, "A comparison needs two systems"),
        (["x.csv", "nowhere.csv"], 3, "nowhere.csv"),
        (["x.csv", "y.csv", "--metric", "f2"], 2, "There is no metric 'f2'"),
        (["x.csv", "--against-score", "70"], 2, "'70' is not a score from -1 to 1"),
        (["x.csv", "y.csv", "--alpha", "2"], 2, "Alpha is 2"),
        (["x.csv", "b.csv"], 2, "There is no file that all systems predicted"),
        (["x.csv", "bad.csv"], 1, "bad.csv has no predictions that can be scored"),
        ([], 2, "Missing argument"),
    ],
)
def test_errors_have_a_fix(run, words: list[str], code: int, message: str) -> None:
    write("x.csv", 0.2)
    write("y.csv", 0.3, 1)
    write("b.csv", 0.3, 1, track="b")
    Path("bad.csv").write_text(Path("x.csv").read_text().replace(",1", ",yes", 1))
    result, out, err = run("compare", *words, *(FAST if words else ()))
    assert (result, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_a_result_can_be_written_to_a_file(run) -> None:
    paths = [write("x.csv", 0.1), write("y.csv", 0.4, 1)]
    code, out, err = run("compare", *paths, *FAST, "--output", "result.txt")
    assert (code, out) == (0, "")
    assert "Written to result.txt." in err
    assert Path("result.txt").read_text().splitlines()[0].startswith("macro F1 · track A")


# --- score --ci ----------------------------------------------------------------------------------


def test_score_with_intervals(run) -> None:
    path = write("pred_eng.csv", 0.2)
    code, out, _ = run("score", path, "--gold", "sample", "--ci", "--resamples", "500", "-q")
    assert code == 0
    comparison = compare([f"x={path}", f"y={path}"], source="sample", resamples=500, trials=100)
    one = comparison.lead.standings[0]
    # Beside the headline, and beside F1 in the table of scores.
    bounds = f"[{one.score.low:.4f}, {one.score.high:.4f}]"
    assert out.startswith(f"macro F1 {one.score.value:.4f} {bounds} · track A")
    macro = next(line for line in out.splitlines() if line.startswith("macro  "))
    assert f"{one.score.value:.4f}  {bounds}" in macro
    joy = next(line for line in out.splitlines() if line.startswith("joy "))
    own = one.emotions["joy"]
    assert f"{own.value:.4f}  [{own.low:.4f}, {own.high:.4f}]" in joy
    assert out.split("95 % intervals")[1].splitlines()[1].split() == ["emotion", "precision", "recall"]
    assert "BCa bootstrap over texts, 500 resamples, seed 12345." in out
    assert "|bs:500|ci:bca|level:0.95|seed:12345|" in out.splitlines()[-1]


def test_score_with_intervals_of_intensities_and_in_other_formats(run) -> None:
    write("track_b/pred_eng.csv", 0.3, track="b")
    words = ("score", "track_b", "--gold", "sample", "--ci", "--resamples", "300", "-q")
    assert "Spearman rho" in run(*words)[1].split("95 % intervals")[1]
    card = json.loads(run(*words, "--format", "json")[1])["scorecards"][0]
    assert (
        card["intervals"]["figures"]["pearson"]["low"] < card["score"] < card["intervals"]["figures"]["pearson"]["high"]
    )
    rows = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv")[1])))
    ends = {(row["figure"], row["emotion"]): (row["low"], row["high"]) for row in rows}
    assert float(ends["pearson", ""][0]) == card["intervals"]["figures"]["pearson"]["low"]
    assert ends["emotion_mae", "joy"][0] != ""
    assert ends["gold_mean", "joy"] == ("", "")


def test_score_without_ci_has_no_intervals(run) -> None:
    path = write("pred_eng.csv", 0.2)
    _, out, _ = run("score", path, "--gold", "sample", "-q")
    assert "interval" not in out
    assert "bs:" not in out


def test_percentile_intervals_on_request(run) -> None:
    path = write("pred_eng.csv", 0.2)
    words = ("score", path, "--gold", "sample", "--ci", "--resamples", "500", "-q")
    bca, percentile = run(*words)[1], run(*words, "--interval", "percentile")[1]
    assert "Percentile bootstrap over texts" in percentile
    assert bca.split("95 % intervals")[1] != percentile.split("95 % intervals")[1]
