"""Names of recipes, runs, systems and tasks that become folders cannot lead out of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.errors import UsageError
from semeval_emo.files import LONGEST_NAME, check_name, shipped
from semeval_emo.zoo.runs.folder import task_runs

BAD = (
    "", " ", ".", "..", "...", "a/b", "/abs", "a\\b", "a b", " a", "a ", "a\nb", "a\tb", "a\x00b", "a\x1b[31m",
    "a\u202eb", "-a", ".a", "+a", "a.", "a:b", "a*", "a?", 'a"b', "a'b", "a<b", "a|b", "a;b", "$a", "~", "a=b", "a,b",
    "\ud800", "x" * (LONGEST_NAME + 1), "é" * LONGEST_NAME,
)  # fmt: skip
GOOD = ("a", "tfidf-char", "v1.2", "a+b", "_x", "7", "été", "e\u0301te\u0301", "हिन्दी", "模型", "x" * LONGEST_NAME)
HINT = "begin with a letter or a digit, and use letters, digits, '-', '_', '.' and '+', 150 bytes at most"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_refused_on_one_line(name: str):
    with pytest.raises(UsageError) as info:
        check_name(name, "a run")
    assert info.value.fix == HINT
    assert info.value.message.isprintable() and len(info.value.message) < 100
    assert info.value.message.endswith(" is not a valid name of a run.")


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_kept(name: str):
    assert check_name(name, "a run") == name


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["zoo", "train", "constant-all", "--data", "sample", "--quiet"]) == 0
    assert main(["zoo", "train", "constant-majority", "--data", "sample", "--quiet"]) == 0
    return tmp_path


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["...toml", ".toml", "a b.toml", "a\nb.toml", "-x.toml", "sub/...toml"])
def test_a_recipe_with_a_bad_name_is_not_trained(name: str, here: Path, capsys):
    (here / "sub").mkdir()
    (here / name).write_text('extends = "constant-all"\n')
    before = files(here)
    capsys.readouterr()
    path = f"./{name}" if name.startswith("-") else name
    assert main(["zoo", "train", path, "--data", "sample", "--quiet"]) == 2
    assert " is not a valid name of a recipe (its file is " in capsys.readouterr().err
    assert files(here) == before


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../x", "/x", "", "a\nb", "x" * 300])
def test_an_ensemble_with_a_bad_name_is_not_made(name: str, here: Path, capsys):
    before = files(here)
    runs = ["runs/sample/constant-all/eng", "runs/sample/constant-majority/eng"]
    capsys.readouterr()
    assert main(["zoo", "ensemble", *runs, "--name", name, "--data", "sample", "--quiet"]) == 2
    assert " is not a valid name of a run." in capsys.readouterr().err
    assert files(here) == before


@pytest.mark.parametrize("folder", ["..", "subs/..", "subs/a b", "subs/a\nb", "/", "subs/-x"])
def test_a_system_with_a_bad_name_is_not_written(folder: str, here: Path, capsys):
    before = files(here)
    capsys.readouterr()
    assert main(["zoo", "submit", "runs/sample/constant-all", "-o", folder, "--quiet"]) == 2
    assert " is not a valid name of a system." in capsys.readouterr().err
    assert files(here) == before


def test_a_system_in_the_current_folder_has_the_name_of_the_folder(here: Path, monkeypatch, capsys):
    (here / "mine").mkdir()
    monkeypatch.chdir(here / "mine")
    assert main(["zoo", "submit", "../runs/sample/constant-all", "-o", ".", "--data", "sample", "--quiet"]) == 0
    assert (here / "mine" / "submission.toml").is_file()


def test_the_key_of_a_task_stays_in_the_folder_of_runs():
    assert task_runs(Path("runs"), "a/../b") == Path("runs/a-..-b")
    for key in ("..", ".", "../..", "-"):
        with pytest.raises(UsageError, match="is not a valid name of a task"):
            task_runs(Path("runs"), key)


def test_a_broken_recipe_does_not_stop_the_list(tmp_path: Path, monkeypatch, capsys):
    folder = shutil.copytree(shipped("zoo"), tmp_path / "zoo")
    monkeypatch.setenv("SEMEVAL_EMO_ZOO", str(folder))
    bodies = {
        "broken.toml": b"family = \n", "latin.toml": b"\xff\xfe", "types.toml": b'extends = ["a"]\n',
        "value.toml": b'extends = "constant-all"\n[train]\nseed = true\n', "...toml": b'extends = "constant-all"\n',
        "child.toml": b'extends = "broken"\n', "track.toml": b'extends = "minilm-ft"\n[data]\ntrack = "z"\n',
    }  # fmt: skip
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    assert main(["zoo", "list"]) == 0
    out, err = capsys.readouterr()
    assert "tfidf-char" in out and "constant-majority" in out
    lines = err.splitlines()
    assert [line.startswith("Left out: ") for line in lines] == [True] * 6
    for part in ("broken.toml is not valid TOML", "latin.toml is not UTF-8", "'extends' is a list, expected text"):
        assert part in err
    for part in ("train.seed must be an integer, not True", "its file is ...toml", "track 'z'"):
        assert part in err
    assert main(["zoo", "show", "tfidf-char", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["zoo", "list", "broken"]) == 2
    assert "broken.toml is not valid TOML" in capsys.readouterr().err
