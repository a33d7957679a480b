"""The shipped rows: valid, with sources, and equal to the collected scores."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from semeval_emo.files import shipped
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.leaderboard.check import check_row
from semeval_emo.leaderboard.read import read_rows, to_csv
from semeval_emo.task import task_files

FILES = sorted(shipped("leaderboard").glob("*.csv"))
SOURCES = {
    "ynwa_official": "ynwa-final",
    "ynwa_unoff_v1": "ynwa-v1",
    "ynwa_unoff_v2": "ynwa-v2",
    "brighter_pdf": "brighter-paper",
    "acl_semeval_xml": "acl-anthology",
    "org_slides": "organisers-slides",
    "chinchunmei_arxiv": "chinchunmei-arxiv",
    "uob_arxiv": "uob-nlp-arxiv",
    "sofismv_pdf": "sofismv",
    "jellyk_repo": "jellyk",
    "teama_repo": "e5-repository",
    "rs7501928": "le-2025",
}
METRICS = {"macro-F1": "macro_f1", "Pearson r": "pearson"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_of_the_file_is_valid(path: Path) -> None:
    rows, problems = read_rows(path)
    assert rows and not problems
    boards = {key: Leaderboard.load(key) for key in task_files()}
    board_of = {board.task.key: board for board in boards.values()}
    for row in rows:
        board = board_of[row.task]
        assert not list(check_row(row, board.task, board.lists, board.sources)), row
        assert row.list in board.lists
        assert row.source in board.sources


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_have_the_format_of_the_writer(path: Path) -> None:
    """A row added by hand then changes one line."""
    assert to_csv(read_rows(path)[0]) == path.read_text(encoding="utf-8")


def test_the_leaderboard_is_valid(board: Leaderboard) -> None:
    result = board.check()
    assert result.problems == ()
    assert sum(result.rows.values()) == len(board.rows)


def test_scores_without_a_name_in_the_source_have_no_name(board: Leaderboard) -> None:
    named = {(row.track, row.language, row.system) for row in board.rows if row.list == "official" and row.rank == 1}
    assert {one for one in named if one[2]} == {
        ("a", "hin", "JNLP"), ("a", "sun", "Lazarus NLP"), ("a", "tir", "NTA"), ("a", "vmw", "Team Unibuc - NLP"),
        ("c", "kin", "YNWA_PZ"), ("c", "orm", "YNWA_PZ"), ("c", "tir", "YNWA_PZ"),
    }  # fmt: skip


def test_the_doubtful_cells_are_flagged(board: Leaderboard) -> None:
    suspect = Counter((row.list, row.track, row.language) for row in board.rows if row.flag == "suspect")
    assert suspect == {
        ("official", "c", "som"): 1, ("official", "c", "jav"): 1, ("official", "c", "ron"): 1,
        ("unofficial-v2", "c", "jav"): 1,
        ("unofficial-v1", "c", "chn"): 2, ("unofficial-v1", "c", "jav"): 2, ("unofficial-v1", "c", "zul"): 2,
        ("brighter-tables", "c", "ron"): 5,
    }  # fmt: skip
    joined = {row.language for row in board.rows if row.flag == "joined"}
    assert joined == {"hin", "sun", "tir", "vmw"}


def test_the_facts_about_the_official_list_in_the_docs(board: Leaderboard) -> None:
    """docs/leaderboard.md uses these two facts as evidence."""
    teams: dict[tuple[str, str], dict[str, int]] = {}
    for row in board.rows:
        if row.teams and row.list in ("official", "unofficial-v2"):
            teams.setdefault((row.track, row.language), {})[row.list] = row.teams
    assert len(teams) == 71
    assert all(team["official"] < team["unofficial-v2"] for team in teams.values())
    models = {
        (row.track, row.language): row.score
        for row in board.rows
        if row.list == "brighter-tables" and row.system == "RemBERT"
    }
    stated = {(row.track, row.language): row.score for row in board.rows if row.kind == "baseline"}
    both = models.keys() & stated.keys()
    assert len(both) == 62
    assert all(models[cell] == stated[cell] for cell in both)


def test_the_rows_behind_the_claim_of_the_reference_notebook(board: Leaderboard) -> None:
    holders = {(row.track, row.language, row.rank) for row in board.rows if row.score == 0.6986}
    assert holders == {("a", "afr", 1)}
    english = board.filter(track="a", language="eng", among="official")
    assert [(row.rank, row.score) for row in english] == [(1, 0.8230), (28, 0.7397), (None, 0.7083)]
    (headline,) = [row for row in board.rows if row.list == "seed-runs" and row.score == 0.7114]
    assert headline.selected_on == "test"
    assert board.place(0.7114, track="a", language="eng").notes == ()


@pytest.fixture(scope="session")
def collected(shared_dir: Path) -> list[dict[str, str]]:
    with (shared_dir / "leaderboard" / "leaderboard.csv").open(encoding="utf-8") as stream:
        # Aggregates ("19 of 28 languages") are notes, not rows.
        return [one for one in csv.DictReader(stream) if len(one["language"]) <= 4]


@pytest.fixture(scope="session")
def collected_models(shared_dir: Path) -> list[dict[str, str]]:
    with (shared_dir / "leaderboard" / "brighter_models.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.shared
def test_every_collected_score_and_rank_is_a_row_and_no_other(
    board: Leaderboard, collected: list[dict[str, str]]
) -> None:
    wanted = Counter(
        (
            one["track"].lower(), one["language"], int(one["rank"]) if one["rank"] else None,
            float(one["score"]) if one["score"] else None, METRICS[one["metric"]], SOURCES[one["source_id"]],
            one["is_baseline"] == "1",
        )
        for one in collected
        if one["source_id"] != "brighter_pdf"
    )  # fmt: skip
    ours = Counter(
        (row.track, row.language, row.rank, row.score, row.metric, row.source, row.kind == "baseline")
        for row in board.rows
        if row.list not in ("brighter-tables", "seed-runs", "zoo")
    )
    assert ours == wanted
    assert sum(ours.values()) == 588


@pytest.mark.shared
def test_teams_and_names_are_those_of_the_source(board: Leaderboard, collected: list[dict[str, str]]) -> None:
    wanted: Counter[tuple[str, str, str, int | None]] = Counter()
    for one in collected:
        if one["source_id"] == "brighter_pdf":
            continue
        count = re.search(r"N=(\d+)", one["quote_or_table"]) or re.search(r"rank \d+/(\d+)", one["quote_or_table"])
        team = "" if one["team"].startswith("(rank-1") else one["team"]
        team = {"Organizers baseline (RemBERT)": "RemBERT"}.get(team, team)
        team = "unnamed repository" if team.startswith("(unnamed") else team
        team = "Le et al." if "Le et al." in team else team
        wanted[one["track"].lower(), one["language"], team, int(count[1]) if count else None] += 1
    ours = Counter(
        (row.track, row.language, row.system, row.teams)
        for row in board.rows
        if row.list not in ("brighter-tables", "seed-runs", "zoo")
    )
    assert ours == wanted


@pytest.mark.shared
def test_all_five_hundred_model_scores(
    board: Leaderboard, collected: list[dict[str, str]], collected_models: list[dict[str, str]]
) -> None:
    has_a = {row["language"] for row in collected_models if row["track"] == "A"}

    def track(one: dict[str, str]) -> str:
        if one["track"] != "A/C test set":
            return one["track"].lower()
        return "a/c" if one["language"] in has_a else "c"

    wanted = Counter(
        (
            track(row),
            row["language"],
            row["model"],
            float(row["score"]),
            METRICS[row["metric"]],
            row["table"],
        )
        for row in collected_models
    )
    tables = [row for row in board.rows if row.list == "brighter-tables"]
    ours = Counter((row.track, row.language, row.system, row.score, row.metric, row.where) for row in tables)
    assert ours == wanted
    assert len(tables) == 500
    # The baselines that the collection took from the same tables are these very cells.
    cells = {(row.track, row.language, row.score) for row in tables if row.system == "RemBERT"}
    stated = [one for one in collected if one["source_id"] == "brighter_pdf"]
    assert len(stated) == 62
    assert all((one["track"].lower(), one["language"], float(one["score"])) in cells for one in stated)


@pytest.mark.shared
def test_the_22_runs_of_the_reference_notebooks(board: Leaderboard, shared_dir: Path) -> None:
    text = (shared_dir / "leaderboard" / "seed_runs.md").read_text(encoding="utf-8")
    table = text.partition("## All runs")[2].partition("\n\nEvaluation")[0]
    lines = [
        [cell.strip(" *") for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")
    ]
    runs = {cells[0]: cells for cells in lines[2:]}
    ours = {row.where.removeprefix("notebook "): row for row in board.rows if row.list == "seed-runs"}
    assert len(runs) == 22
    assert set(ours) == set(runs)
    restored = set()
    for row in (row for row in board.rows if row.list == "seed-runs"):
        cells = runs[row.where.removeprefix("notebook ")]
        numbers = re.findall(r"(?<!\d)\.\d{4}", " ".join(cells[7:]))
        assert f"{row.score:.4f}"[1:] in numbers, row
        if "best on test" in cells[7] or "tuned ON TEST" in cells[7]:
            restored.add(cells[0])
    chosen = {row.where.removeprefix("notebook ") for row in ours.values() if row.selected_on == "test"}
    assert chosen == restored
    assert len(chosen) == 6
