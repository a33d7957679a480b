"""`semeval-emo demo`: the whole story, as a person sees it."""

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
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """What one run prints on both streams, and the folder that it kept."""
    patch = pytest.MonkeyPatch()
    # Nothing may be asked of the network, and nothing of the person's own settings may show.
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


def test_every_step_is_shown_as_typed(told):
    out, _, _ = told
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


def test_the_bad_file_is_explained_mended_and_valid(told):
    out, _, _ = told
    parts = out.split("\n=== ")
    assert "Not valid:" in parts[1]
    assert "Written and validated" in parts[3]
    assert "Valid: 1 file." in parts[4]


def test_the_score_is_the_samples(told):
    out, _, _ = told
    assert "macro F1 0.8589" in out
    assert "task:sample" in out


def test_the_board_is_headed_as_the_sample_and_never_as_semeval(told):
    out, _, _ = told
    board = out.split("\n=== ")[7]
    assert "0.8589" in board
    assert "sample" in board.split("\n")[2].lower()
    for other in ("SemEval-2025", "official list", "0.8230", "RemBERT"):
        assert other not in board


def test_the_same_commands_are_shown_for_ones_own_file(told):
    out, _, _ = told
    yours = out.split("\n=== ")[-1]
    for verb in ("validate", "fix", "pack", "score", "leaderboard place"):
        assert f"  semeval-emo {verb} " in yours


def test_the_files_are_kept_where_asked(told):
    _, _, folder = told
    assert (folder / "pred_eng_a.csv").is_file()
    assert zipfile.ZipFile(folder / "submission.zip").namelist() == ["track_a/pred_eng.csv"]


def test_no_path_of_this_machine_is_shown(told):
    out, err, folder = told
    rest = (out + err).replace(f"The files of this demo are in {folder}.", "")
    assert str(folder) not in rest
    assert str(Path(__file__).parents[2]) not in rest


def test_what_is_there_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert "exists and is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_folder_and_the_settings_are_as_before(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_DATA", "mine")
    assert main(["demo"]) == 0
    assert Path.cwd() == tmp_path
    assert os.environ["SEMEVAL_EMO_DATA"] == "mine"
    assert not list(tmp_path.iterdir())
    assert "Traceback" not in capsys.readouterr().err
