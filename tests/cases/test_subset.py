"""`score --subset`: files of which rows are missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semeval_emo import Leaderboard, load_task, score, validate
from semeval_emo.data import load_gold
from semeval_emo.errors import InvalidSubmission, UsageError

HEAD = "Unofficial score of a subset: 40 of 200 rows of release 1 track a eng test are scored"


@pytest.fixture
def first_rows(tmp_path: Path) -> Path:
    """The gold labels of the first 40 texts of the sample, without anger."""
    gold = load_gold("a", "eng", source="sample")
    rows = [f"{text_id},0,{','.join(map(str, row[1:]))}" for text_id, row in zip(gold.ids, gold.labels, strict=True)]
    path = tmp_path / "pred_eng.csv"
    path.write_text("\n".join([",".join(gold.spec.header), *rows[:40]]) + "\n")
    return path


def test_case_23(cli, shared_dir: Path, data_dir: Path) -> None:
    file = shared_dir / "cases" / "23-first-51-rows" / "pred_eng.csv"
    code, out, err = cli("score", file)
    assert code == 1 and out == ""
    assert "NOT scored, because rows are missing" in err
    assert f"semeval-emo score {file} --subset" in err.replace("\n    ", " ")
    code, out, err = cli("score", file, "--subset")
    assert code == 0 and err == ""
    assert out.startswith("Unofficial score of a subset: 51 of 116 rows of 2025 track a eng dev are scored")
    assert "release 2025 · 51 texts · a subset, not official" in out and "|subset:yes|" in out
    assert f"Next: semeval-emo score {file} --subset\n" in cli("validate", file).out
    assert "score --subset scores the rows that are there" in cli("validate", file).out.replace("\n           ", " ")


@pytest.mark.parametrize("style", ["text", "markdown", "csv", "json", "latex"])
def test_every_format_says_that_the_score_is_not_official(cli, first_rows: Path, style: str) -> None:
    code, out, _ = cli("score", first_rows, "--subset", "--gold", "sample", "--format", style)
    assert code == 0
    plain = " ".join(out.replace("\\_", "_").split())
    assert "40 of 200 rows" in plain and "nofficial score of a subset" in plain
    if style == "json":
        (card,) = json.loads(out)["scorecards"]
        assert card["texts"] == 40 and card["subset"] == json.loads(out)["warnings"][0]


def test_the_score_is_that_of_the_rows(first_rows: Path) -> None:
    card = score(first_rows, source="sample", subset=True).card
    gold = load_gold("a", "eng", source="sample")
    support = gold.labels[:40].sum(axis=0)
    assert card.metrics.by_emotion["support"] == tuple(support.tolist())
    assert card.metrics.by_emotion["f1"] == (0.0, *(1.0,) * 4)
    assert card.subset.startswith(HEAD)


def test_intervals_are_over_the_rows(cli, first_rows: Path) -> None:
    code, out, _ = cli(
        "score", first_rows, "--subset", "--gold", "sample", "--ci", "--format", "json", "--resamples", 1000
    )
    assert code == 0
    intervals = json.loads(out)["scorecards"][0]["intervals"]
    assert 0 < intervals["texts"] <= 40


def test_a_complete_file_is_scored_as_always(cli, tmp_path: Path) -> None:
    from semeval_emo.data.sample import sample_folder

    file = sample_folder() / "predictions" / "strong" / "track_a" / "pred_eng.csv"
    assert cli("score", file, "--gold", "sample", "--subset").out == cli("score", file, "--gold", "sample").out


@pytest.mark.parametrize("extra", [0, 1], ids=["same labels", "other labels"])
def test_an_id_with_two_label_sets_is_refused(cli, first_rows: Path, extra: int) -> None:
    lines = first_rows.read_text().splitlines()
    again = lines[1].rpartition(",")
    lines.append(f"{again[0]},{int(again[2]) ^ extra}")
    first_rows.write_text("\n".join(lines) + "\n")
    code, _, err = cli("score", first_rows, "--gold", "sample", "--subset")
    assert code == extra
    assert ("because of ambiguous labels" in err.replace("\n    ", " ")) == bool(extra)


def test_the_advice_is_given_only_where_it_works(first_rows: Path) -> None:
    def advice() -> str:
        return next(problem.fix for problem in validate(first_rows).problems if problem.code == "E401")

    assert "--subset" in advice()
    first_rows.write_text(first_rows.read_text().replace(",1\n", ",maybe\n"))
    assert "--subset" not in advice()
    with pytest.raises(InvalidSubmission, match="ambiguous"):
        score(first_rows, source="sample", subset=True)


def test_a_subset_has_no_place(cli, first_rows: Path) -> None:
    with pytest.raises(
        InvalidSubmission, match=r"it has 40 of 200 rows .*; only `score --subset` \(subset=True\) scores these"
    ):
        score(first_rows, source="sample")
    card = score(first_rows, source="sample", subset=True).card
    with pytest.raises(UsageError, match="cannot be placed: Unofficial score of a subset"):
        Leaderboard.load(load_task("sample")).place(card)
    assert cli("leaderboard", "place", first_rows, "--gold", "sample", "--task", "sample").code == 1
