"""Our submitted systems: files, comparison with others, number of wins."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.errors import InputError, UsageError
from semeval_emo.leaderboard import Leaderboard
from semeval_emo.leaderboard.ours_vs_board import WinCount, results, verdict
from semeval_emo.leaderboard.submitted import (
    BuildInfo,
    EnsembleMember,
    SubmittedFile,
    SubmittedSystem,
    read_system,
    read_systems,
    rows_of,
    to_toml,
)

MADE = BuildInfo("0123456789ab", "2-core x86-64 VM", {"python": "3.11.7", "scikit-learn": "1.9.1"})


def submitted(language: str, score: float | None, interval: tuple[float, ...] = (), **changes: object) -> SubmittedFile:
    one = SubmittedFile(
        track="a", language=language, release="2025", split="test", recipe="mine", recipe_hash="0" * 16, seed=42,
        seconds=1.5, selected_on="dev", metric="macro_f1", dev=0.5, score=score, interval=interval,
        predictions="1" * 16, signature="macro_f1|release:2025", made=MADE,
    )  # fmt: skip
    return replace(one, **changes)


def store(folder: Path, *files: SubmittedFile, title: str = "a title") -> SubmittedSystem:
    system = SubmittedSystem(folder.name, title, "semeval-2025-task-11", folder, files)
    folder.mkdir(parents=True)
    (folder / "submission.toml").write_text(to_toml(system))
    return system


# Rank 1 and the baseline: eng .8230 and .7083, ibo .6001 and .4790, hau .7507 and .5955.
FILES = (
    submitted("eng", 0.7083, (0.69, 0.72)),
    submitted("hau", 0.60, (0.58, 0.62)),
    submitted("ibo", 0.61, (0.58, 0.63)),
    submitted("yor", None),
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "submissions"
    store(folder / "mine", *FILES)
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", str(folder))
    return folder


MEMBERS = (EnsembleMember("tfidf-char", "2" * 16, 100.5), EnsembleMember("mpnet-ft", "3" * 16, 4000.0))


def test_members_and_overlap_are_written_if_there_are_any(tmp_path: Path):
    plain = submitted("deu", 0.5)
    joined = submitted("ibo", 0.61, seconds=4100.6, members=MEMBERS, overlap=61, without=0.579)
    text = to_toml(store(tmp_path / "both", plain, joined))
    assert read_system(tmp_path / "both").files == (plain, joined)
    first, second = text.split('[files."a/ibo"]')
    assert not [word for word in ("members", "overlap", "without") if word in first]
    assert tomllib.loads(second)["members"][0] == {"run": "tfidf-char", "recipe_hash": "2" * 16, "seconds": 100.5}
    assert tomllib.loads(second)["overlap"] == 61


def test_ours_shows_overlap_and_the_training_time_of_members(root: Path, capsys):
    assert main(["leaderboard", "ours", "--system", "mine"]) == 0
    plain = capsys.readouterr().out
    assert "Total training time: 4 s." in plain and "are also in the training data" not in plain
    files = (submitted("eng", 0.7, overlap=5, without=0.69), *FILES[1:2])
    joined = submitted("ibo", 0.61, seconds=4100.6, members=MEMBERS, overlap=1061, without=0.579)
    store(root / "other", *files, joined)
    assert main(["leaderboard", "ours", "--system", "other"]) == 0
    shown = capsys.readouterr().out
    assert "Total training time: 68 min, including ensemble members." in shown
    assert (
        "Without the test texts that are also in the training data: eng 0.6900 (5 texts), ibo 0.5790 (1,061)."
    ) in shown.splitlines()
    assert main(["leaderboard", "ours", "--system", "other", "--format", "json"]) == 0
    (system,) = json.loads(capsys.readouterr().out)["tracks"][0]["systems"]
    rows = {language["language"]: language for language in system["languages"]}
    assert (rows["ibo"]["overlap"], rows["ibo"]["without"], rows["ibo"]["seconds"]) == (1061, 0.579, 4100.6)
    assert [member["run"] for member in rows["ibo"]["members"]] == ["tfidf-char", "mpnet-ft"]
    assert (rows["hau"]["overlap"], rows["hau"]["without"], rows["hau"]["members"]) == (0, None, [])


def test_a_written_system_is_read_back(tmp_path: Path):
    other = submitted("deu", 0.123456789012345, (0.1, 0.2), track="b", made=replace(MADE, commit=""))
    system = store(tmp_path / "both", *FILES, other, title='with "quotes" and a \\')
    assert read_system(tmp_path / "both") == system
    assert (tmp_path / "both" / "submission.toml").read_text().count("[made.") == 2, "what is shared is written once"


def test_an_invalid_file_has_a_fix(tmp_path: Path):
    (tmp_path / "submission.toml").write_text('title = "x"\ntask = "y"\n')
    with pytest.raises(UsageError, match=r"has the wrong structure: KeyError 'made'\.") as refused:
        read_system(tmp_path)
    assert "zoo submit" in refused.value.fix


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 42", "seed = true", "'files.a/eng.seed' is true or false, expected an integer"),
        ("seed = 42", 'seed = "42"', "'files.a/eng.seed' is text, expected an integer"),
        ("seconds = 1.5", "seconds = nan", "'files.a/eng.seconds' is nan, expected a finite number"),
        ("seconds = 1.5", "seconds = false", "'files.a/eng.seconds' is true or false, expected a number"),
        ("seconds = 1.5", f"seconds = 1{'0' * 400}.0", "'files.a/eng.seconds' is inf, expected a finite number"),
        ('made = "1"', "made = true", "'files.a/eng.made' is true or false, expected text"),
        ('made = "1"', 'made = "7"', "'files.a/eng.made' is '7', which is not a key of [made]"),
        ('metric = "macro_f1"', 'metric = "accuracy"', "metric 'accuracy' are not known"),
        ('metric = "macro_f1"', 'metric = "f1"', "metric 'f1' are not known"),
        ('"a/eng"', '"A/eng"', "track 'A' and metric 'macro_f1' are not known"),
        ('"a/eng"', '"q/eng"', "There is no track 'q' in SemEval-2025 Task 11 (BRIGHTER)"),
        ('"a/eng"', '"a/xxx"', "There is no language 'xxx' in SemEval-2025 Task 11 (BRIGHTER)"),
        ('"a/eng"', '"eng"', "There is no track 'eng'"),
        ('release = "2025"', 'release = "1999"', "There is no release '1999'"),
        ('split = "test"', 'split = "tset"', "Release 2025 has no tset file of track a for 'eng'"),
        ('recipe = "', 'recipes = 3\nrecipe = "', "there is no key 'recipes' in 'files.a/eng'"),
        ("versions = {", "versions = 3 #", "'made.1.versions' is an integer, expected a table"),
        ('title = "', 'title = 3 # "', "'title' is an integer, expected text"),
        ('task = "', '# "', "the key 'task' is missing"),
    ],
)
def test_a_wrong_value_of_a_submission_is_named(old: str, new: str, message: str, tmp_path: Path):
    text = to_toml(SubmittedSystem("x", "Title", "semeval-2025-task-11", tmp_path, (replace(FILES[0], seconds=1.5),)))
    assert old in text
    (tmp_path / "submission.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError, match=r"submission\.toml has the wrong structure: ") as refused:
        read_system(tmp_path)
    assert message in refused.value.message


@pytest.mark.parametrize("body", [b"title = '\xe9'", b"\xff\xfe"])
def test_a_submission_that_is_not_utf8_is_an_input_error(body: bytes, tmp_path: Path):
    (tmp_path / "submission.toml").write_bytes(body)
    with pytest.raises(InputError, match="is not UTF-8"):
        read_system(tmp_path)


def test_wins_are_counted_at_the_printed_precision(root: Path):
    result = results(Leaderboard.load(own=False), "a")
    (system,) = result.systems
    # eng ties the baseline and is no win; yor has no score; ibo is above rank 1, but not clearly.
    assert result.wins(system, lambda line: line.baseline) == WinCount(won=2, clear=1, of=3)
    assert result.wins(system, lambda line: line.leader) == WinCount(won=1, clear=0, of=3)
    verdicts = {line.language: verdict(result.files(system)[line.language], line) for line in result.languages[:3]}
    assert verdicts == {"eng": "equal to baseline", "hau": "above baseline, unclear", "ibo": "above rank 1, unclear"}


def test_without_an_interval_no_win_is_clear(root: Path):
    store(root / "bare", submitted("ibo", 0.9))
    result = results(Leaderboard.load(own=False), "a", names=["bare"])
    assert result.wins(result.systems[0], lambda line: line.leader) == WinCount(won=1, clear=0, of=1)


def test_suspect_scores_are_not_counted(root: Path):
    """The whole Romanian row of track C in the source duplicates another one."""
    store(root / "c", submitted("ron", 0.99, (0.98, 1.0), track="c"), submitted("som", 0.99, (0.98, 1.0), track="c"))
    result = results(Leaderboard.load(own=False), "c")
    lines = {line.language: line for line in result.languages}
    assert lines["ron"].leader is None or lines["ron"].leader.usable
    assert "RemBERT" not in lines["ron"].models
    assert lines["som"].leader is None
    assert result.wins(result.systems[0], lambda line: line.leader).of < 2


def test_the_leaderboard_has_our_rows_and_marks_them(root: Path, capsys):
    assert main(["leaderboard", "show", "-t", "a", "-l", "ibo", "--list", "zoo"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^mine \(ours\) +0\.6100 +dev$", out, re.M)
    assert "unofficial" in out.splitlines()[0]
    assert "made after the competition; not leaderboard entries." in out
    # No rank is given and none is taken: the official list does not know them.
    assert main(["leaderboard", "show", "-t", "a", "-l", "ibo", "-f", "json", "-q"]) == 0
    assert not [row for row in json.loads(capsys.readouterr().out)["rows"] if row["kind"] == "zoo"]
    assert main(["leaderboard", "check"]) == 0
    assert re.search(r"submissions/mine/submission.toml +3$", capsys.readouterr().out, re.M)


def test_the_html_page_has_our_rows(root: Path, capsys):
    assert main(["leaderboard", "export", "-t", "a", "-l", "ibo", "-f", "html"]) == 0
    # Without the places where a line may end.
    page = capsys.readouterr().out.replace("<wbr>", "")
    assert "mine (ours)" in page and "unofficial" in page
    assert "submissions/mine/track_a/pred_ibo.csv" in page


def test_our_rows_are_valid(root: Path):
    board = Leaderboard.load(own=False)
    assert board.check().problems == ()
    assert [row.score_text for row in rows_of([read_system(root / "mine")])] == ["0.7083", "0.6000", "0.6100"]


def test_the_command_shows_release_list_selection_and_verdicts(root: Path, capsys):
    assert main(["leaderboard", "ours", "-t", "a"]) == 0
    out = capsys.readouterr().out
    assert "release 2025, official list" in out and "Selected on dev" in out and "(RemBERT)" in out
    summary = next(line.split() for line in out.splitlines() if line.startswith("A "))
    assert summary[1:3] == ["mine", "dev"] and summary[6:] == ["2", "of", "3", "1", "1", "of", "3"]
    assert "above rank 1, unclear" in out
    # RemBERT is the baseline, which English only equals.
    assert re.search(r"^mine above .*\b2 of 3\b", out, re.M), "wins over each published model"
    assert "commit 0123456789ab, 2-core x86-64 VM" in out


def test_scores_link_to_their_files_only_in_markdown(root: Path, capsys):
    words = ["leaderboard", "ours", "-t", "a", "--links", "../"]
    assert main([*words, "-f", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "[0.6100](../submissions/mine/track_a/pred_ibo.csv)" in out
    assert "[mine](../submissions/mine/submission.toml)" in out
    for style in ("text", "csv", "latex"):
        assert main([*words, "-f", style]) == 0
        assert "submissions/mine" not in capsys.readouterr().out


def test_results_as_json(root: Path, capsys):
    assert main(["leaderboard", "ours", "-f", "json"]) == 0
    (track,) = json.loads(capsys.readouterr().out)["tracks"]
    (system,) = track["systems"]
    assert system["above"]["baseline"] == {"won": 2, "clear": 1, "of": 3}
    ibo = next(language for language in system["languages"] if language["language"] == "ibo")
    assert (ibo["file"], ibo["rank_1"]) == ("submissions/mine/track_a/pred_ibo.csv", 0.6001)
    assert ibo["models"]["LaBSE"] == 0.4590


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-s", "mien"], 2, "error: There is no system 'mien' among the submissions.\n  fix: did you mean 'mine'?\n"),
        (["-t", "b"], 3, "error: There is no system of ours for track B.\n  fix: `semeval-emo zoo submit`"),
    ],
)
def test_missing_systems_and_tracks_are_reported(words, code, message, root: Path, capsys):
    assert main(["leaderboard", "ours", *words]) == code
    assert capsys.readouterr().err.startswith(message)


def test_no_line_is_wider_than_the_terminal(root: Path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["leaderboard", "ours"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_broken_file_is_named_unless_it_is_of_another_task(tmp_path: Path):
    system = store(tmp_path / "mine", *FILES)
    broken = tmp_path / "theirs" / "submission.toml"
    broken.parent.mkdir()
    broken.write_text('title = "theirs"\ntask = "other"\nnonsense\n')
    assert read_systems(tmp_path, system.task) == [system]
    for task in ("other", ""):
        with pytest.raises(UsageError, match=r"theirs/submission.toml is not valid TOML"):
            read_systems(tmp_path, task)
    broken.write_text("nonsense\n")
    with pytest.raises(UsageError, match=r"theirs/submission.toml is not valid TOML"):
        read_systems(tmp_path, system.task)
