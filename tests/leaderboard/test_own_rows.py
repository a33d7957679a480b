"""The user's own rows: validation, sources, concurrent writes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.errors import InputError, UsageError
from semeval_emo.leaderboard import Leaderboard, ScoreRow, store_path, to_csv
from semeval_emo.leaderboard.read import read_rows
from semeval_emo.report.formats import render
from semeval_emo.report.leaderboard import rows_tables

MakeRow = Callable[..., ScoreRow]


def test_a_row_is_stored_separately_from_the_shipped_ones(
    board: Leaderboard, make_row: MakeRow, own_store: Path
) -> None:
    row = make_row(score=0.73, decimals=4, note="one run")
    after = board.add(row)
    assert after.rows[-1] == row
    assert own_store.read_text(encoding="utf-8").splitlines()[1].split(",")[11] == "0.7300"
    again = Leaderboard.load()
    assert again.rows[-1] == row
    assert (again.rows[-1].own, again.rows[-1].line) == (True, 2)
    assert len(again.rows) == len(board.rows) + 1
    assert again.check().valid
    assert Leaderboard.load(own=False).rows == board.rows
    placed = again.place(0.7114, track="a", language="eng", among="mine")
    assert placed.above == row


def test_the_shipped_files_are_never_written(board: Leaderboard, make_row: MakeRow) -> None:
    before = {path: path.read_bytes() for path in board.files}
    board.add(make_row(list="official", rank=29, teams=74, kind="team", source="https://example.org", score=0.7390))
    assert {path: path.read_bytes() for path in before} == before


def test_the_same_row_twice_is_refused(board: Leaderboard, make_row: MakeRow, own_store: Path) -> None:
    board.add(make_row())
    before = own_store.read_bytes()
    # From a board that was loaded before, too: the store is read again under the lock.
    for stale in (board, Leaderboard.load()):
        with pytest.raises(UsageError) as caught:
            stale.add(make_row(score=0.5))
        assert caught.value.message == (
            f"The row was not added: my model is already in list mine, track a, eng (line 2 of {own_store})."
        )
    assert own_store.read_bytes() == before
    board.add(make_row(setting="second run"))
    assert len(own_store.read_text(encoding="utf-8").splitlines()) == 3


def test_a_shipped_row_cannot_be_added_again(board: Leaderboard, own_store: Path) -> None:
    with pytest.raises(UsageError, match="already"):
        board.add(board.rows[0])
    assert not own_store.exists()


@pytest.mark.parametrize(
    ("changes", "message", "fix"),
    [
        ({"language": "en"}, "There is no language 'en'.", "this task calls English 'eng', not 'en'"),
        ({"track": "d"}, "There is no track 'd'.", "use one of: a, b, c"),
        ({"track": "b", "language": "afr", "metric": "pearson"},
         "Release 2025 has no test file of track b for 'afr'.", "correct the track, the language or the release"),
        ({"score": 71.14, "decimals": 2}, "The score 71.14 is not from 0 to 1.", "divide a percentage by 100"),
        ({"score": float("nan")}, "The score nan is not from 0 to 1.", "give a number from 0 to 1"),
        ({"score": 0.71145}, "The score 0.71145 has more than 4 decimals.", "correct the score or its decimals"),
        ({"score": None}, "The row has neither a score nor a rank.", "give one of them"),
        ({"source": ""}, "The source '' is not known.", "name a key of sources.toml, or a URL or DOI"),
        ({"source": "acl-antology"}, "The source 'acl-antology' is not known.", "did you mean 'acl-anthology'?"),
        ({"where": ""}, "The row does not name the place in its source.", "name the table, page or file: --where TEXT"),
        ({"list": "offical"}, "'offical' is not a known list.", "did you mean 'official'?"),
        ({"kind": "teams"}, "'teams' is not a known kind.", "did you mean 'team'?"),
        ({"selected_on": "tst"}, "'tst' is not a known selected_on.", "did you mean 'test'?"),
        ({"flag": "odd"}, "'odd' is not a known flag.", "use one of: (blank), suspect, unverified, joined"),
        ({"metric": "mae"}, "'mae' is not a known metric.", "use one of: "),
        ({"release": "2027"}, "There is no release '2027'.", "use one of: 2024, 2025"),
        ({"rank": 9, "teams": 8}, "Rank 9 of 8 teams.", "correct one of the two"),
        ({"rank": 0}, "Column rank is 0.", "count from 1, or leave it blank"),
        ({"task": "sample"}, "The task of the row is 'sample', not semeval-2025-task-11.", "write semeval"),
        ({"system": ""}, "The row names no system and has no rank.", "name the team or system"),
        ({"system": "a\nb"}, "Column system contains a line break, an invisible character or outer spaces: 'a\\nb'.",
         "write it on one line, without invisible characters"),
        ({"system": "a\x1b[31m"}, "Column system contains a line break", "write it on one line"),
        ({"note": "x" * 301}, "Column note has 301 characters.", "keep to 300"),
        ({"list": "official", "kind": "team", "rank": 20, "teams": 74, "score": 0.9},
         "Rank 20 has 0.9000, more than the 0.8230 of rank 1 (line 20 of ", "correct a number, or flag the doubtful"),
        ({"list": "official", "kind": "team", "rank": 20, "teams": 74, "score": 0.1},
         "Rank 28 has 0.7397, more than the 0.1000 of rank 20 (the new row).", "correct a number, or flag"),
        ({"list": "official", "kind": "team", "rank": 28, "teams": 74, "score": 0.7},
         "Rank 28 has 0.7397 (line 21 of ", "correct a number, or flag the doubtful"),
        ({"list": "official", "kind": "team", "rank": 2, "teams": 90, "score": 0.8},
         "List official, track a, eng has 74 teams in one row and 90 in another.", "correct one of them"),
    ],
)  # fmt: skip
def test_an_invalid_row_is_refused_and_not_written(
    board: Leaderboard, make_row: MakeRow, own_store: Path, changes: dict, message: str, fix: str
) -> None:
    with pytest.raises(UsageError) as caught:
        board.add(make_row(**changes))
    assert caught.value.message.startswith(f"The row was not added: {message}")
    assert caught.value.fix.startswith(fix)
    assert not own_store.exists()


@pytest.mark.parametrize("source", ["https://aclanthology.org/2025.semeval-1.149/", "doi:10.1/x", "arXiv:2502.11926"])
def test_a_link_is_a_source(board: Leaderboard, make_row: MakeRow, source: str) -> None:
    assert board.add(make_row(source=source, where="")).rows[-1].source == source


def test_unusual_names_are_read_back_unchanged(board: Leaderboard, make_row: MakeRow) -> None:
    names = ['=cmd|"/c calc"!A1', "a | b", "@x", "-1", 'quo"te, comma', "<b>&amp;</b>", "भाषा", "\\textbf{x}", "'"]
    for name in names:
        board = board.add(make_row(system=name))
    assert [row.system for row in Leaderboard.load().rows if row.own] == names


def test_concurrent_commands_lose_no_row(board: Leaderboard, own_store: Path) -> None:
    script = (
        "import sys\n"
        "from semeval_emo.leaderboard import Leaderboard\n"
        "from dataclasses import replace\n"
        "board = Leaderboard.load()\n"
        "base = board.filter(track='a', language='eng', among='official')[1]\n"
        "for i in range(5):\n"
        "    name = f'{sys.argv[1]}-{i}'\n"
        "    board = board.add(replace(base, list='mine', rank=None, teams=None, system=name, kind='user'))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(k)], stderr=subprocess.PIPE) for k in range(3)]
    for one in running:
        _, errors = one.communicate(timeout=60)
        assert one.returncode == 0, errors.decode()
    with own_store.open(encoding="utf-8", newline="") as stream:
        names = {line["system"] for line in csv.DictReader(stream)}
    assert names == {f"{k}-{i}" for k in range(3) for i in range(5)}


def test_a_damaged_store_is_reported_and_not_overwritten(
    board: Leaderboard, make_row: MakeRow, own_store: Path
) -> None:
    board.add(make_row())
    damaged = own_store.read_text(encoding="utf-8") + "one,two\n"
    own_store.write_text(damaged, encoding="utf-8")
    loaded = Leaderboard.load()
    assert loaded.rows[-1].system == "my model"
    (fault,) = loaded.check().problems
    assert (fault.code, fault.line, fault.message) == ("cells", 3, "The line has 2 cells, the header 19.")
    with pytest.raises(InputError) as caught:
        loaded.add(make_row(system="other"))
    assert "1 line cannot be read. Line 3: The line has 2 cells, the header 19." in caught.value.message
    assert own_store.read_text(encoding="utf-8") == damaged


def test_a_store_that_cannot_be_created(
    board: Leaderboard, make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "file" / "board.csv"))
    with pytest.raises(InputError) as caught:
        board.add(make_row())
    assert "cannot be written" in caught.value.message
    assert "$SEMEVAL_EMO_BOARD" in caught.value.fix


def test_the_path_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path))
    assert store_path() == tmp_path / "board.csv"
    monkeypatch.delenv("SEMEVAL_EMO_BOARD")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert store_path() == tmp_path / "semeval-emo" / "board.csv"


def test_extra_rows_from_a_file_or_a_folder(board: Leaderboard, make_row: MakeRow, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "sources.toml").write_text('[ours]\ntitle = "T"\nurl = ""\nwhere = "w"\n', encoding="utf-8")
    (folder / "lists.toml").write_text('[ours]\ntitle = "our list"\nranked = true\n', encoding="utf-8")
    (folder / "rows.csv").write_text(
        ",".join(csv_header())
        + "\nsemeval-2025-task-11,2025,test,a,eng,ours,1,3,us,,macro_f1,0.9,1,team,dev,,ours,T1,\n",
        encoding="utf-8",
    )
    loaded = Leaderboard.load(extra=[folder])
    assert loaded.check().valid
    assert loaded.place(0.8, track="a", language="eng", among="ours").rank == "2 to 4 of 4"
    alone = Leaderboard.load(extra=[folder / "rows.csv"])
    assert {fault.code for fault in alone.check().problems} == {"unknown-name", "source"}
    # A row that is not sound counts for nothing.
    assert alone.rows == board.rows
    for name, content in (("lists.toml", "[x]\nname = 1\n"), ("sources.toml", "x = 1\n"), ("notes.toml", "note = 3\n")):
        (folder / name).write_text(content, encoding="utf-8")
        with pytest.raises(UsageError, match=f"{name} has the wrong structure"):
            Leaderboard.load(extra=[folder])
        (folder / name).write_text("= broken", encoding="utf-8")
        with pytest.raises(UsageError, match="is not valid TOML"):
            Leaderboard.load(extra=[folder])
        (folder / name).unlink()
    with pytest.raises(InputError, match=r"cannot be read: No such file"):
        Leaderboard.load(extra=[tmp_path / "none.csv"])


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("lists.toml", "x = 1", "'x' is an integer, expected a table"),
        ("lists.toml", "[x]\ntitle = 3\nranked = true", "'x.title' is an integer, expected text"),
        ("lists.toml", "[x]\ntitle = 'X'\nranked = 1", "'x.ranked' is an integer, expected true or false"),
        ("lists.toml", "[x]\ntitle = 'X'", "the key 'ranked' is missing in 'x'"),
        ("lists.toml", "[x]\ntitle = 'X'\nranked = true\nentires = ''", "there is no key 'entires' in 'x'"),
        ("sources.toml", "[x]\ntitle = 'X'\nurl = []\nwhere = ''", "'x.url' is a list, expected text"),
        ("notes.toml", "[[note]]\ntext = 'X'\nscores = ['1']", "'scores[0]' is text, expected a number"),
        ("notes.toml", "[[note]]\ntext = 'X'\nlists = 'official'", "'lists' is text, expected a list"),
        ("notes.toml", "note = 3", "'note' is an integer, expected a list"),
    ],
)
def test_a_wrong_value_of_the_tables_of_a_board_is_named(name: str, body: str, message: str, tmp_path: Path):
    (tmp_path / name).write_text(body)
    with pytest.raises(UsageError) as caught:
        Leaderboard.load(extra=[tmp_path])
    assert caught.value.message == f"The leaderboard file {tmp_path / name} has the wrong structure: {message}."


def test_a_table_of_a_board_that_is_not_utf8_is_an_input_error(tmp_path: Path):
    (tmp_path / "notes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"notes\.toml is not UTF-8"):
        Leaderboard.load(extra=[tmp_path])


@pytest.mark.parametrize("value", ["1000001", "1" + "0" * 5000, "1e400", "nan"])
def test_a_rank_out_of_range_is_a_problem(value: str, tmp_path: Path):
    path = tmp_path / "rows.csv"
    row = f"semeval-2025-task-11,2025,test,a,eng,ours,{value},,us,,macro_f1,0.9,1,team,dev,,https://x.org,,"
    path.write_text(",".join(csv_header()) + "\n" + row + "\n", encoding="utf-8")
    (problem,) = Leaderboard.load(extra=[path]).problems
    assert (problem.code, problem.column) == ("number", "rank")


def test_the_problems_of_a_file_are_limited(tmp_path: Path):
    path = tmp_path / "rows.csv"
    row = "semeval-2025-task-11,2025,test,a,eng,nobody,1,3,us,,macro_f1,0.9,1,team,dev,,https://x.org,T1,\n"
    path.write_text(",".join(csv_header()) + "\n" + row * 1500, encoding="utf-8")
    problems = Leaderboard.load(extra=[path]).problems
    assert len(problems) == 1002
    assert problems[-1].message == "The file has more than 1,000 problems, and the rest of it was not checked."


def csv_header() -> tuple[str, ...]:
    from semeval_emo.leaderboard.model import COLUMNS

    return COLUMNS


SOUND = "semeval-2025-task-11,2025,test,a,eng,mine,,,us,,macro_f1,0.9,1,user,dev,,own,T1,"
ODD = st.sampled_from(
    [
        "",
        "-1",
        "0",
        "1e999",
        "nan",
        "inf",
        "99999999999999999999",
        "9" * 5000,
        "0.5",
        "a/b",
        "٣",
        "=1",
        '"',
        "\n",
        "\x00",
        "sample",
    ]
)


@settings(max_examples=50, deadline=None)
@given(changes=st.dictionaries(st.integers(0, 18), ODD | st.text(max_size=8), max_size=4))
def test_any_row_can_be_read_shown_and_checked(
    board: Leaderboard, tmp_path_factory: pytest.TempPathFactory, changes: dict[int, str]
) -> None:
    cells = SOUND.split(",")
    for column, value in changes.items():
        cells[column] = value
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([csv_header(), cells])
    path = tmp_path_factory.mktemp("odd") / "rows.csv"
    path.write_bytes(text.getvalue().encode("utf-8", "replace"))
    loaded = Leaderboard.load(extra=[path], own=False)
    mine = [row for row in loaded.rows if row.own]
    # Either the row is on the leaderboard of its task, or a message explains why not.
    assert mine or loaded.check().problems or cells[0] == "sample"
    assert render(rows_tables(loaded, loaded.filter(among="mine")), "text") or not mine
    if mine:
        assert read_rows(path)[0] == mine
        path.write_text(to_csv(mine), encoding="utf-8")
        assert read_rows(path)[0] == mine
