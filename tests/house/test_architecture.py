"""The rooms and their arrows: what may import what, who may print, how long a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import semeval_emo

PACKAGE = Path(semeval_emo.__file__).parent
ROOT = PACKAGE.parent

# From left to right: a room may import any room to its right and none to its left.
ROOMS = ("cli", "report", "zoo", "leaderboard", "scoring", "submission", "data", "task", "files", "errors")

# Packages that are slow to import or not in the core install, and the rooms that may ask for them.
GUARDED = {
    "torch": {"zoo"},
    "transformers": {"zoo"},
    "sklearn": {"zoo"},
    "accelerate": {"zoo"},
    "peft": {"zoo"},
    "safetensors": {"zoo"},
    "skops": {"zoo"},
    "datasets": {"zoo", "data"},
    "matplotlib": {"report"},
    "pandas": {"data", "submission", "zoo"},
    "pandera": {"submission"},
    "scipy": set(),
}
HEAVY = ("pandas", "pandera", "sklearn", "torch", "transformers", "datasets", "scipy", "matplotlib", "jinja2")

MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "_zoo" not in p.parts and "_leaderboard" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module, at any depth, as a dotted name with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} imports relatively; the house writes names in full"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def test_every_module_lives_in_a_known_room():
    assert {room_of(p) for p in MODULES} - {"__init__", "__main__"} <= set(ROOMS)


# The public API, semeval_emo/__init__.py, names every room, lazily: test_importing_the_package_is_free holds that.
@pytest.mark.parametrize("path", [p for p in MODULES if room_of(p) != "__init__"], ids=name_of)
def test_imports_point_to_the_right(path: Path):
    room = room_of(path)
    allowed = ROOMS if room == "__main__" else ROOMS[ROOMS.index(room) :]
    wrong = [
        f"line {line}: {room} imports {dotted}"
        for dotted, line in imports(path)
        if dotted.startswith("semeval_emo.")
        and dotted.split(".")[1] in ROOMS
        and dotted.split(".")[1] not in allowed
    ]  # fmt: skip
    assert not wrong, f"{name_of(path)} points to the left: {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_guarded_packages_stay_in_their_rooms(path: Path):
    wrong = [
        f"line {line}: {dotted}"
        for dotted, line in imports(path)
        if room_of(path) not in GUARDED.get(dotted.split(".")[0], {room_of(path)})
    ]
    assert not wrong, f"{name_of(path)} imports what its room may not: {wrong}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=name_of)
def test_commands_import_their_room_only_when_called(path: Path):
    """At the top of a cli module stand only typer, the standard library, errors, files and other cli modules."""
    wrong = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            parts = (module or "").split(".")
            if parts[0] == "semeval_emo":
                if len(parts) > 1 and parts[1] not in ("cli", "errors", "files"):
                    wrong.append(f"line {node.lineno}: {module}")
            elif parts[0] != "typer" and parts[0] not in sys.stdlib_module_names:
                wrong.append(f"line {node.lineno}: {module}")
    assert not wrong, f"{name_of(path)} slows --help down: {wrong}"


def loaded(*command: str) -> set[str]:
    """The heavy packages in sys.modules after running Python code or a command in a new process."""
    ask = f"import sys; print('LOADED', *[m for m in {HEAVY!r} if m in sys.modules])"
    code = f"{command[0]}\n{ask}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


def test_importing_the_package_is_free():
    assert loaded("import semeval_emo") == set()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["validate", "--help"], ["leaderboard", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]):
    assert loaded(f"from semeval_emo.cli.app import main; main({words!r})") == set()


def test_the_check_of_heavy_imports_can_fail():
    assert loaded("import pandas") == {"pandas"}


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(p) != "cli"], ids=name_of)
def test_only_the_command_line_prints_or_exits(path: Path):
    speaks = {"print", "input", "exit", "quit", "breakpoint"}
    wrong = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in speaks or called in ("sys.exit", "os._exit") or called.startswith("typer."):
                wrong.append(f"line {node.lineno}: {called}")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            wrong.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc).startswith("SystemExit"):
            wrong.append(f"line {node.lineno}: SystemExit")
    assert not wrong, f"{name_of(path)} prints or exits; only cli/ may: {wrong}"


def test_no_file_is_too_long():
    folders = [PACKAGE, *(ROOT / name for name in ("tests", "benchmarks", "docs") if (ROOT / name).is_dir())]
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for folder in folders
        for path in folder.rglob("*.py")
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 350
    }
    assert not long, f"files over 350 lines want a wall: {long}"


def test_the_public_names_resolve_and_show_an_example():
    """A function in its docstring, a class in its own or a method's; the suite runs them all."""
    for name in set(semeval_emo.__all__) - {"__version__"}:
        thing = getattr(semeval_emo, name)
        if isinstance(thing, type) and issubclass(thing, Exception):
            assert thing.__doc__
            continue
        docs = [thing.__doc__, *(getattr(part, "__func__", part).__doc__ for part in vars(thing).values())]
        assert ">>> " in "".join(filter(None, docs)), f"semeval_emo.{name} has no example"
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        _ = semeval_emo.scores
