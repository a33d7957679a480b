"""Atomic writing of folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.files import write_folder


def test_write_folder_replaces_the_old_folder_at_the_end(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("1")
    with write_folder(tmp_path / "model") as folder:
        (folder / "new").write_text("2")
        assert (tmp_path / "model" / "old").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "new"]


def test_write_folder_keeps_the_old_folder_on_an_exception(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("1")
    with pytest.raises(KeyboardInterrupt), write_folder(tmp_path / "model") as folder:
        (folder / "new").write_text("2")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "old"]


def test_write_folder_removes_what_a_killed_process_left(tmp_path: Path):
    (tmp_path / ".model.new").mkdir()
    (tmp_path / ".model.new" / "half").write_text("1")
    with write_folder(tmp_path / "model"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["model"]


def test_of_two_processes_that_write_a_shared_folder_the_first_wins(tmp_path: Path):
    with write_folder(tmp_path / "weights", shared=True) as folder:
        (folder / "second").write_text("2")
        (tmp_path / "weights").mkdir()
        (tmp_path / "weights" / "first").write_text("1")
    assert [path.name for path in tmp_path.rglob("*")] == ["weights", "first"]
