"""The shipped rows: valid, with sources, and equal to the collected scores."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from semeval_emo.files import shipped
from semeval_emo.leaderboard import Leaderboard, ScoreRow
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
    "teama_repo": "team-a",
    "rs7501928": "le-2025",
}
COLLECTED = ("official", "unofficial-v2", "unofficial-v1", "paper-claims", "post-competition", "sample")
KEY = ("track", "language", "team", "score")
# Sources of rows that were added to the first collection.
ADDED = ("empaths", "zero-shot", "qmul", "iitk", "tue-jms", "gt-nlp", "ginger", "ciol", "duyanh0208")
FIRST_OF_LE = ("BERT", "RoBERTa", "DeBERTa", "rule-based voting of an LLM and BERT models")
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
    assert not [note for note in board.place(0.7114, track="a", language="eng").notes if not note.flag]


def is_addition(row: ScoreRow) -> bool:
    """Whether a row was added to the first collection."""
    if row.source == "acl-anthology":
        return row.system == "CIOL" and row.track == "b" and row.language != "rus"
    if row.source == "le-2025":
        return row.setting not in FIRST_OF_LE
    return row.source in ADDED or (row.source == "sofismv" and row.list == "post-competition")


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
        (
            row.track,
            row.language,
            None if row.source == "team-a" else row.rank,
            row.score,
            row.metric,
            row.source,
            row.kind == "baseline",
        )
        for row in board.rows
        if row.list in COLLECTED and not is_addition(row)
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
        team = "Team A" if team.startswith("(unnamed") else team
        team = "Le et al." if "Le et al." in team else team
        wanted[one["track"].lower(), one["language"], team, int(count[1]) if count else None] += 1
    ours = Counter(
        (row.track, row.language, row.system, row.teams)
        for row in board.rows
        if row.list in COLLECTED and not is_addition(row)
    )
    assert ours == wanted


@pytest.mark.shared
def test_every_addition_is_a_row_or_a_note(board: Leaderboard, shared_dir: Path) -> None:
    with (shared_dir / "leaderboard" / "additions.csv").open(encoding="utf-8") as stream:
        # The claim of CIOL in track b is listed twice.
        additions = {tuple(one[name] for name in KEY): one for one in csv.DictReader(stream)}
    lists = {
        ("rescored", "team"): "rescored",
        ("printed", "team"): "paper-claims",
        ("printed", "post"): "post-competition",
    }
    wanted = Counter(
        (one["track"], one["language"], one["team"].partition(":")[0].partition(" (sofismv")[0],
         float(one["score"]), lists[one["basis"], one["kind"]])
        for one in additions.values()
        if one["team"] not in ("PAI", "CSECU-Learners")
    )  # fmt: skip
    ours = Counter(
        (row.track, row.language, row.system, row.score, row.list)
        for row in board.rows
        if is_addition(row) or row.source == "team-a"
    )
    assert ours == wanted
    assert sum(wanted.values()) == 131
    # Only the ranks of Team A are new; the others were in the abstracts already, or are inferred.
    ranks = {one["language"]: int(one["rank"]) for one in additions.values() if one["team"] == "Team A"}
    assert {row.language: row.rank for row in board.rows if row.source == "team-a"} == ranks
    assert not [row for row in board.rows if is_addition(row) and row.rank]


@pytest.mark.shared
def test_the_bibliography_is_the_collected_one(board: Leaderboard, shared_dir: Path) -> None:
    with (shared_dir / "leaderboard" / "papers.csv").open(encoding="utf-8") as stream:
        collected = list(csv.DictReader(stream))
    assert [(one.id, one.title, one.url, one.arxiv) for one in board.papers()] == [
        (one["paper_id"], one["title"], one["url"], one["arxiv"]) for one in collected
    ]


def test_every_paper_of_a_row_is_in_the_bibliography(board: Leaderboard) -> None:
    ids = {paper.id for paper in board.papers()}
    used = {found for row in board.rows for found in re.findall(r"2025\.semeval-1\.\d+", f"{row.where} {row.source}")}
    used |= {found for source in board.sources.values() for found in re.findall(r"2025\.semeval-1\.\d+", source.title)}
    assert len(used) > 40
    assert used <= ids


def test_rescored_rows_name_repository_commit_and_path(board: Leaderboard) -> None:
    rows = [row for row in board.rows if row.list == "rescored"]
    assert len(rows) == 59
    for row in rows:
        repository, commit, path = re.fullmatch(r"([\w.-]+/[\w.-]+)@([0-9a-f]{8}):(\S+)", row.where).groups()
        assert board.sources[row.source].url == f"https://github.com/{repository}"
        assert commit in board.sources[row.source].where
        assert row.language in path and row.rank is None
    assert "Measured by us" in board.lists["rescored"].note


def test_notes_have_known_flags(board: Leaderboard) -> None:
    assert {note.flag for note in board.notes} == {"", "joined", "unverified"}
    assert all(note.source in board.sources or note.task != board.task.key for note in board.notes)


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
