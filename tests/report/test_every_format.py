"""Every command that prints tables, in every format: golden files for some, well-formed output for all."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import semeval_emo
from semeval_emo.cli.app import command, main
from semeval_emo.cli.options import Format
from semeval_emo.data.sample import sample_folder

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
STRONG, WEAK = "strong/track_a/pred_eng.csv", "weak/track_a/pred_eng.csv"
FAST = "--resamples 200 --trials 200"
COMMANDS = {
    "analyse": f"analyse {WEAK} --gold sample --most 2",
    "analyse-two": f"analyse {STRONG} {WEAK} --gold sample --most 2",
    "compare": f"compare {STRONG} {WEAK} --gold sample {FAST}",
    "score": f"score {STRONG} --gold sample",
    "validate": "validate mistakes/pred_eng_a.csv",
}
# They need the network, or a model; `zoo adopt` prints the tables of `zoo train`.
LEFT = {("data", "fetch"), ("zoo", "adopt")}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sample's prediction files."""
    shutil.copytree(sample_folder() / "predictions", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("style", Format)
def test_golden(name: str, style: Format, files: Path, capsys: pytest.CaptureFixture[str]):
    """SEMEVAL_EMO_GOLDEN=write rewrites the files of golden/; read the difference before committing it."""
    main([*COMMANDS[name].split(), "--format", style.value, "--quiet"])
    seen = capsys.readouterr().out.replace(f"v:{semeval_emo.__version__}", "v:VERSION")
    path = GOLDEN / f"{name}.{style.value}"
    if os.environ.get("SEMEVAL_EMO_GOLDEN") == "write":
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    """A script of docs/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def leaves(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that has formats."""
    for name, child in (group or command()).commands.items():
        if hasattr(child, "commands"):
            yield from leaves(child, (*path, name))
        elif any(one.name == "style" for one in child.params):
            yield (*path, name)


def is_json(body: str) -> None:
    assert re.fullmatch(r"semeval-emo/[a-z-]+/\d+", json.loads(body)["schema"])


def is_csv(body: str) -> None:
    for table in body.strip("\n").split("\n\n"):
        rows = list(csv.reader(io.StringIO(table)))
        assert len(rows) > 1 or rows[0]
        assert {len(row) for row in rows} == {len(rows[0])}


def is_markdown(body: str) -> None:
    tables = re.findall(r"(?:^\|.*\n?)+", body, re.M)
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table
    assert tables or body.startswith(("#", "**")), body[:200]


def is_latex(body: str) -> None:
    for name in ("table", "tabular"):
        assert body.count(rf"\begin{{{name}}}") == body.count(rf"\end{{{name}}}") > 0
    assert body.count(r"\toprule") == body.count(r"\bottomrule")
    shown = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert shown


def is_text(body: str) -> None:
    assert body.strip()
    assert "\x1b" not in body


CHECKS = {
    Format.text: is_text,
    Format.markdown: is_markdown,
    Format.csv: is_csv,
    Format.json: is_json,
    Format.latex: is_latex,
}


def test_every_command_in_every_format(files: Path, capsys: pytest.CaptureFixture[str]):
    latex = script("latex")
    commands = latex.COMMANDS["sample"]
    asked = {words for words in leaves() if any(one.split()[: len(words)] == [*words] for one in commands)}
    assert set(leaves()) - LEFT == asked, "docs/latex.py has a line for every command with formats"
    pages: dict[str, str] = {}
    for one in commands:
        for style in Format:
            code = main([*one.split(), "--format", style.value])
            body = capsys.readouterr().out
            assert code in (0, 1) and body, f"semeval-emo {one} --format {style.value}: {code}"
            CHECKS[style](body)
            if style is Format.latex:
                pages[one] = body
    if shutil.which("pdflatex"):
        assert latex.compile_errors(pages) == []
