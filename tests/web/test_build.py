"""The builder of the page: what it needs, what it refuses, what is in the folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def test_without_npm_the_message_says_what_to_install(builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(builder, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(builder.BuildError, match=r"npm is missing\.\n  fix: install Node\.js"):
        builder.pyodide()


def test_a_registry_that_cannot_be_reached_is_no_traceback(
    builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(builder, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(builder.BuildError, match=r"npm cannot download pyodide .*: npm error network"):
        builder.pyodide()
    assert not list((tmp_path / "cache").iterdir())


def test_a_changed_package_is_refused(builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / f"pyodide-{builder.PYODIDE}.tgz").write_bytes(b"something else")
    monkeypatch.setattr(builder, "CACHE", tmp_path)
    with pytest.raises(builder.BuildError, match="has another hash than pyodide"):
        builder.pyodide()


def test_a_python_without_the_tools_says_to_use_make(builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'Traceback ...\nNo module named hatchling' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(builder.sys, "executable", str(python))
    message = r"No module named hatchling\n  fix: make web, which installs what it needs"
    with pytest.raises(builder.BuildError, match=message):
        builder.wheel()


def test_building_the_documentation_site_keeps_the_downloaded_package(builder: Any):
    """`make docs-site` empties .cache."""
    assert builder.CACHE.relative_to(ROOT).parts[0] == "build"


def test_the_page_names_no_other_host(builder: Any):
    page = (ROOT / "web" / "index.html").read_text("utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert not re.search(r"https?:|\*|unsafe-inline|'unsafe-eval'", policy)
    for name in builder.PAGE:
        body = (ROOT / "web" / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.findall(r"https?://[\w.]+", body), name


def test_the_folder_has_what_the_page_loads_and_no_list_of_other_packages(builder: Any):
    if not (builder.SITE / "index.html").is_file():
        pytest.skip("left out: needs the page of build/web (make web)")
    names = {path.relative_to(builder.SITE).as_posix() for path in builder.SITE.rglob("*") if path.is_file()}
    own = {*builder.PAGE, "package.zip", "page.zip", "LICENSE"}
    assert names == own | {f"pyodide/{name}" for name in builder.RUNTIME}
    assert json.loads((builder.SITE / "pyodide" / "pyodide-lock.json").read_text("utf-8"))["packages"] == {}
    assert sum((builder.SITE / name).stat().st_size for name in names) < 20_000_000


@pytest.mark.parametrize("words", [["--help"], ["server"]])
def test_help_and_wrong_words_build_nothing(
    builder: Any, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(builder, "build", lambda: pytest.fail("built"))
    monkeypatch.setattr(builder.sys, "argv", ["build.py", *words])
    with pytest.raises(SystemExit) as stopped:
        builder.main()
    shown = capsys.readouterr()
    assert stopped.value.code == (0 if words == ["--help"] else 2)
    assert "[-h] [{serve}]" in shown.out + shown.err
