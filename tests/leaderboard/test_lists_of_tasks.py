"""Lists, sources and notes belong to a task: nothing of one task is shown or mixed on the board of another."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from semeval_emo.files import shipped
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.leaderboard.model import COLUMNS
from semeval_emo.leaderboard.read import read_lists, read_sources

TASK = """
key = "moods-2027"
title = "Moods 2027"
default_release = "1"
emotions = ["calm", "glee", "gloom"]
ids = { prefix = "{language}_{split}_{track}_", width = 4 }
[tracks.a]
title = "Which moods"
values = ["0", "1"]
metric = "jaccard"
averaging = "mean over texts"
[languages]
tur = ["Turkish", "Turkic", "Latin"]
eng = ["English", "Indo-European", "Latin"]
[releases.1]
title = "First"
published = 2027-01-31
source = "here"
[releases.1.files]
"a/tur/test" = { rows = 12 }
"a/eng/test" = { rows = 12 }
"""
TASK_11 = "semeval-2025-task-11"
FOREIGN = ("Second-hand", "SemEval", "BRIGHTER", "teams' own", "Our systems", "made-up", "YNWA")


@pytest.fixture
def moods(tmp_path: Path) -> str:
    path = tmp_path / "moods.toml"
    path.write_text(TASK, encoding="utf-8")
    return str(path)


@pytest.fixture
def run(cli):
    return partial(cli, "leaderboard")


@pytest.fixture
def add(run, moods: str):
    def added(score: str, *words: str, task: str = moods, language: str = "eng"):
        return run("add", score, "-t", "a", "-l", language, "-s", "x", "--where", "y", "--task", task, *words)

    return added


def test_every_shipped_list_and_source_has_a_task_or_is_for_every_task() -> None:
    home = shipped("leaderboard")
    assert {key for key, own in read_lists(home).items() if not own.task} == {"mine"}
    assert {key for key, own in read_sources(home).items() if not own.task} == {"own", "zoo"}
    others = {"goemotions", "semeval-2018-ec", "semeval-2026-polar"}
    assert {own.task for own in read_lists(home).values()} == {TASK_11, "sample", "", *others}
    assert list(Leaderboard.load(own=False).lists)[:2] == ["official", "unofficial-v2"]
    assert list(Leaderboard.load("sample", own=False).lists) == ["sample", "mine"]


def test_a_list_of_the_same_name_is_another_list(run, add, moods: str) -> None:
    assert add("0.5", "--list", "official").code == 0
    words = ("--task", moods)
    shown = run("show", "-t", "a", *words)
    assert shown.out == (
        "List official · track A · English (eng) · test · Jaccard · release 1\n"
        "system  score\n------  -----\nx         0.5\n"
    )
    overview = run("show", *words)
    assert overview.out.startswith("Moods 2027 · list official · release 1\n")
    placed = run("place", "0.6", "-t", "a", "-l", "eng", *words)
    assert placed.out.startswith("track A · English (eng) · test · Jaccard · release 1 · list official\n")
    assert "0 higher among 1 known score; the list is not a ranking, so there is no rank." in placed.out
    for style in ("markdown", "latex", "json"):
        placed = run("place", "0.6", "-t", "a", "-l", "eng", *words, "-f", style)
        assert not [word for word in FOREIGN if word in placed.out + overview.out + shown.out]
    page = run("export", "-f", "html", *words).out
    assert not [word for word in FOREIGN if word in page]
    # The list of the competition is unchanged.
    assert "x" not in run("show", "-t", "a", "-l", "eng").out.split()
    assert run("show", "-t", "a", "-l", "eng").err.count("Left out") == 0


def test_a_list_with_ranks_is_a_ranking(run, add, moods: str) -> None:
    assert add("0.61", "--list", "unofficial-v2", "--rank", "2", "--teams", "7").code == 0
    placed = run("place", "0.6", "-t", "a", "-l", "eng", "--task", moods)
    assert "Rank 3 to 8 of 8 (the 7 teams and this score)" in placed.out
    assert "27 February" not in placed.out
    refused = add("0.7", "--list", "unofficial-v2", "--rank", "1", "--teams", "9", "--setting", "b")
    assert refused.code == 2
    assert "List unofficial-v2, track a, eng has 7 teams in one row and 9 in another" in refused.err


def test_a_list_of_another_task_is_unknown(run, add, moods: str) -> None:
    refused = run("show", "-t", "a", "-l", "eng", "--list", "seed-runs", "--task", moods)
    assert (refused.code, refused.err.splitlines()) == (2, [
        "error: There is no list 'seed-runs' on the leaderboard of Moods 2027.",
        "  fix: use one of: mine (your own rows)",
    ])  # fmt: skip
    assert "no list 'sample'" in run("place", "0.5", "-t", "a", "-l", "eng", "--list", "sample").err
    for task, name in (("sample", "official"), ("task11", "sample")):
        refused = add("0.5", "--list", name, task=task)
        assert refused.code == 2
        assert f"'{name}' is not a known list" in refused.err
    refused = add("0.5", "--source", "ynwa-final")
    assert (refused.code, "'ynwa-final' is not known" in refused.err) == (2, True)


def test_no_row_can_be_added_to_our_systems(add) -> None:
    refused = add("0.5", "--list", "zoo", task="task11")
    assert refused.code == 2
    assert "List zoo has the systems of submissions/: no row can be added to it." in refused.err


def test_your_own_rows_do_not_become_the_default_list_of_a_task(run, add) -> None:
    assert add("0.5", task="sample").code == 0
    assert "sample board, not SemEval" in run("show", "--task", "sample").out
    assert "sample board, not SemEval" in run("place", "0.5", "-t", "a", "-l", "eng", "--task", "sample").out


def test_rows_of_a_task_that_is_not_installed_are_no_problem(run, add, moods: str) -> None:
    assert add("0.5").code == add("0.6", language="tur").code == 0
    for words in (("show", "-t", "a", "-l", "eng"), ("place", "0.7", "-t", "a", "-l", "eng")):
        assert "Left out" not in run(*words).err
    checked = run("check")
    assert checked.code == 0
    assert "Not checked: 2 rows of task moods-2027 (check them with --task FILE)." in checked.out
    assert json.loads(run("check", "-f", "json").out)["other_tasks"] == {"moods-2027": 2}
    assert run("check", "--task", moods).code == 0


def test_a_misspelled_task_is_still_a_problem(run, own_store: Path) -> None:
    own_store.parent.mkdir(parents=True)
    row = "semeval-2025-task11,2025,test,a,eng,mine,,,us,,macro_f1,0.9,1,user,dev,,own,T1,"
    own_store.write_text(f"{','.join(COLUMNS)}\n{row}\n", encoding="utf-8")
    checked = run("check")
    assert checked.code == 1
    assert "There is no task 'semeval-2025-task11'." in checked.out


def test_definitions_of_an_extra_folder_are_for_the_tasks_of_its_rows(run, moods: str, tmp_path: Path) -> None:
    folder = tmp_path / "league"
    folder.mkdir()
    (folder / "lists.toml").write_text('[official]\ntitle = "the league"\nranked = true\nnote = "Ours."\n')
    (folder / "sources.toml").write_text('[seed]\ntitle = "our source"\nurl = ""\nwhere = "w"\n')
    (folder / "rows.csv").write_text(
        ",".join(COLUMNS) + "\nmoods-2027,1,test,a,eng,official,1,3,us,,jaccard,0.9,1,team,dev,,seed,T1,\n"
    )
    words = ("--extra", str(folder))
    shown = run("show", "-t", "a", "--task", moods, *words).out
    assert shown.startswith("The league · track A · English (eng)")
    assert shown.endswith("Ours.\n")
    theirs = run("show", "-t", "a", "-l", "eng", *words).out
    assert theirs.startswith("Official list · ")
    assert "Ours." not in theirs
    assert "our source" not in run("export", "-f", "html", *words).out
    assert "our source" in run("export", "-f", "html", "--task", moods, *words).out


def test_a_task_without_scores(run, moods: str) -> None:
    shown = run("--task", moods)
    assert shown.code == 0
    assert shown.err.startswith("The leaderboard has no scores of Moods 2027. `semeval-emo leaderboard add` adds your ")
    placed = run("place", "0.5", "-t", "a", "-l", "eng", "--task", moods)
    assert (placed.code, placed.err.splitlines()[0]) == (2, "error: The leaderboard has no scores of Moods 2027.")
    late = run("--task", moods, "show")
    assert (late.code, "--task is before the command" in late.err) == (2, True)


def test_a_task_file_brings_its_own_rows(run, moods: str, tmp_path: Path) -> None:
    board = tmp_path / "board"
    board.mkdir()
    (board / "lists.toml").write_text('[league]\ntask = "moods-2027"\ntitle = "the league"\nranked = true\n')
    (board / "sources.toml").write_text('[paper]\ntask = "moods-2027"\ntitle = "a paper"\nurl = ""\nwhere = "w"\n')
    row = "moods-2027,1,test,a,eng,league,1,3,us,,jaccard,0.9,1,team,dev,,paper,T1,"
    (board / "rows.csv").write_text(f"{','.join(COLUMNS)}\n{row}\n{row.replace('0.9', '9.9')}\n")
    Path(moods).write_text(f'leaderboard = "board"\n{TASK}', encoding="utf-8")
    shown = run("--task", moods)
    assert shown.out.startswith("Moods 2027 · the league · release 1\n")
    assert "Left out: 1 invalid line" in shown.err
    assert "Rank 2 to 4 of 4" in run("place", "0.5", "-t", "a", "-l", "eng", "--task", moods).out
    checked = run("check", "--task", moods)
    assert checked.code == 1 and "rows.csv" in checked.out and "official.csv" not in checked.out
    # Nothing of it is on the board of another task.
    assert "league" not in run("export", "-f", "html").out


def test_the_number_of_rows_that_a_limit_hides_is_said(run) -> None:
    shown = run("show", "-t", "b", "--limit", "3")
    assert shown.out.endswith("3 of 33 rows are shown.\n")
    assert shown.err.startswith("30 more: --limit 0 shows all.")
    assert json.loads(run("show", "-t", "b", "--limit", "3", "-f", "json").out)["total"] == 33
    assert "2 of 210 rows are shown." in run("show", "--limit", "2").out
    assert "are shown" not in run("show", "-t", "b").out


def test_a_metric_where_lower_is_better_has_no_list(tmp_path: Path, run):
    toml = tmp_path / "degrees.toml"
    toml.write_text(TASK.replace('["0", "1"]', '["0", "1", "2"]').replace("jaccard", "mae"), encoding="utf-8")
    for words in (("place", "0.5"), ("add", "0.5", "-s", "x", "--where", "y")):
        refused = run(*words, "-t", "a", "-l", "eng", "--task", toml)
        assert refused.code == 2
        assert "error: The leaderboard has no scores of MAE, where lower is better." in refused.err
        assert "fix: compare systems with semeval-emo compare\n" in refused.err
