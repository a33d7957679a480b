"""The command `semeval-emo demo`."""

from __future__ import annotations

import contextlib
import io
import os
import re
import socket
import zipfile
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.cli.demo import STORY


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """The output of one run on both streams, and its folder."""
    patch = pytest.MonkeyPatch()
    # Neither the network nor settings of the user may be used.
    patch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the demo went to the network"))
    patch.setenv("SEMEVAL_EMO_DATA", "nowhere")
    patch.setenv("SEMEVAL_EMO_TASKS", "nowhere")
    patch.setenv("COLUMNS", "100")
    folder = tmp_path_factory.mktemp("demo") / "kept"
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["demo", "--output", str(folder)])
    finally:
        patch.undo()
    assert code == 0, err.getvalue()
    return out.getvalue(), err.getvalue(), folder


def test_every_step_shows_its_command(demo):
    out, _, _ = demo
    shown = re.findall(r"^\$ semeval-emo (.*)$", out, re.M)
    assert shown == [step.line for step in STORY]
    assert [line.split()[0] for line in shown] == [
        "validate",
        "explain",
        "fix",
        "validate",
        "pack",
        "score",
        "leaderboard",
    ]


def test_the_invalid_file_is_explained_fixed_and_valid(demo):
    out, _, _ = demo
    parts = out.split("\n=== ")
    assert "Not valid:" in parts[1]
    assert "Written and validated" in parts[3]
    assert "Valid: 1 file." in parts[4]


def test_the_score_is_that_of_the_sample(demo):
    out, _, _ = demo
    assert "macro F1 0.8589" in out
    assert "task:sample" in out


def test_the_board_is_that_of_the_sample_and_not_of_semeval(demo):
    out, _, _ = demo
    board = out.split("\n=== ")[7]
    assert "0.8589" in board
    assert "sample" in board.split("\n")[2].lower()
    for other in ("SemEval-2025", "official list", "0.8230", "RemBERT"):
        assert other not in board


def test_the_same_commands_are_shown_for_the_users_file(demo):
    out, _, _ = demo
    yours = out.split("\n=== ")[-1]
    for verb in ("validate", "fix", "pack", "score", "leaderboard place"):
        assert f"  semeval-emo {verb} " in yours


def test_the_files_are_kept_in_the_output_folder(demo):
    _, _, folder = demo
    assert (folder / "pred_eng_a.csv").is_file()
    assert zipfile.ZipFile(folder / "submission.zip").namelist() == ["track_a/pred_eng.csv"]


def test_no_path_of_this_machine_is_shown(demo):
    out, err, folder = demo
    rest = (out + err).replace(f"The files of this demo are in {folder}.", "")
    assert str(folder) not in rest
    assert str(Path(__file__).parents[2]) not in rest


def test_existing_files_are_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert "exists and is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_folder_and_settings_are_restored(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_DATA", "mine")
    assert main(["demo"]) == 0
    assert Path.cwd() == tmp_path
    assert os.environ["SEMEVAL_EMO_DATA"] == "mine"
    assert not list(tmp_path.iterdir())
    assert "Traceback" not in capsys.readouterr().err
