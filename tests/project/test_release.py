"""The script of `make release-check`: what it calls a failure. The whole check installs packages and is not run."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

import semeval_emo
from semeval_emo.cli.app import command

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "release" / "check.py"
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="left out: not a checkout")


@pytest.fixture(scope="module")
def check() -> Any:
    spec = importlib.util.spec_from_file_location("release_check", SCRIPT)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_version_is_the_same_in_all_files(check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert check.version() == semeval_emo.__version__
    monkeypatch.setattr(check, "ROOT", tmp_path)
    (tmp_path / "semeval_emo").mkdir()
    (tmp_path / "semeval_emo" / "__init__.py").write_text('__version__ = "9.9"\n')
    (tmp_path / "CITATION.cff").write_text("version: 9.9\n")
    (tmp_path / "CHANGELOG.md").write_text("## 9.8\n")
    with pytest.raises(check.CheckFailed, match=r"CHANGELOG\.md has no line '## 9\.9'"):
        check.version()


def test_the_supported_versions_of_python_are_those_of_the_classifiers(check: Any):
    assert check.pythons() == ["3.11", "3.12", "3.13"]


def test_a_missing_python_is_a_failure_with_a_remedy(check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("HOME", "PYENV_ROOT", "PATH"):
        monkeypatch.setenv(name, str(tmp_path))
    # A shim that is on the path and fails, as pyenv has for versions that are not selected.
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.12").chmod(0o755)
    with pytest.raises(check.CheckFailed, match=r"there is no python3\.12; install it, or name"):
        check.interpreter("3.12")


def test_a_program_that_fails_or_shows_a_traceback_is_a_failure(check: Any, tmp_path: Path):
    assert check.run(sys.executable, "-c", "print(1)").strip() == "1"
    with pytest.raises(check.CheckFailed, match=r"exit code 3, expected 0\n +wrong"):
        check.run(sys.executable, "-c", "print('wrong'); raise SystemExit(3)")
    with pytest.raises(check.CheckFailed, match="Traceback"):
        check.run(sys.executable, "-c", "print('Traceback (most recent call last)')")
    with pytest.raises(check.CheckFailed, match="No such file"):
        check.run(tmp_path / "nothing")


def test_every_check_is_run_and_failures_are_counted(check: Any, capsys: pytest.CaptureFixture[str]):
    checks = check.Checks()
    with checks.one("first") as note:
        note("2 files")
        raise check.CheckFailed("seen")
    with checks.one("second") as note:
        note("2 files")
    assert checks.failed == ["first"]
    first, seen, second = capsys.readouterr().out.splitlines()
    assert (first, seen) == ("FAILED  first", "        seen")
    assert second.startswith("ok      second: 2 files (")


def test_the_walk_has_commands_that_exist(check: Any):
    names = set(command().commands)
    for words, _, shown in check.WALK:
        first = shlex.split(words)[0]
        assert first in names or first.startswith("--")
        assert shown
