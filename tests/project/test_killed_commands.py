"""Commands that are killed before each of their steps on the file system: nothing is lost, half-written or left behind.

`benchmarks/kill_commands.py` does the same at random times, with real signals.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from killing import killed_at_each_step, litter

from semeval_emo.cli.app import main
from semeval_emo.data.sample import sample_folder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="left out: forks processes")

PREDICTIONS = sample_folder() / "predictions"
CASES = {
    "fix": (["fix", "in/pred_eng_a.csv", "-o", "out/pred_eng.csv", "--force", "-q"], "pred_eng.csv", 0),
    "pack": (["pack", "in/pred_eng.csv", "-o", "out/track_a.zip", "--force", "-q"], "track_a.zip", 0),
    "score": (["score", "in/pred_eng.csv", "--gold", "sample", "-o", "out/score.txt", "-q"], "score.txt", 0),
    # The row is there.
    "add": (["leaderboard", "add", "in/pred_eng.csv", "--gold", "sample", "--system", "mine", "-q"], "board.csv", 2),
}


@pytest.mark.parametrize("case", CASES)
def test_a_command_killed_at_any_step(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd):
    words, name, again = CASES[case]
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", "out/board.csv")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    output = tmp_path / "out" / name

    def prepare() -> bytes:
        shutil.rmtree("out", ignore_errors=True)
        shutil.rmtree("in", ignore_errors=True)
        Path("out").mkdir()
        Path("in").mkdir()
        for path in ("strong/track_a/pred_eng.csv", "mistakes/pred_eng_a.csv"):
            shutil.copy(PREDICTIONS / path, "in")
        if case == "add":
            options = ["-t", "a", "-l", "eng", "--task", "sample", "--system", "old", "--where", "here", "-q"]
            assert main(["leaderboard", "add", "0.5", *options]) == 0
        else:
            output.write_text("old\n")
        return output.read_bytes()

    prepare()
    inputs = {path.name: path.read_bytes() for path in Path("in").iterdir()}
    assert main(words) == 0
    new = output.read_bytes()
    files = sorted(path.name for path in Path("out").iterdir())
    old, seen = prepare(), set()
    for _ in killed_at_each_step(lambda: main(words)):
        body = output.read_bytes()
        assert body in (old, new)
        seen.add(body)
        assert {path.name: path.read_bytes() for path in Path("in").iterdir()} == inputs
        assert main(words) in (0, again if body == new else 0)
        assert output.read_bytes() == new
        assert litter(tmp_path) == []
        assert sorted(path.name for path in Path("out").iterdir()) == files
        assert list(Path("tmp").iterdir()) == []
        prepare()
    assert old in seen
