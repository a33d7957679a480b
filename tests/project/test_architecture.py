"""The structure of the package: which module may import which, who may print, how long a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import semeval_emo
from semeval_emo.data.sample import sample_folder
from semeval_emo.task import load_task

PACKAGE = Path(semeval_emo.__file__).parent
ROOT = PACKAGE.parent

# A package imports only packages to its right.
PACKAGES = (
    "cli", "plots", "bundle", "report", "zoo", "leaderboard", "scoring", "submission", "data", "task", "tables",
    "progress", "parse", "locks", "files", "temporary", "errors", "text",
)  # fmt: skip

# The same inside zoo/.
ZOO = (
    "inference", "training", "families", "engine", "runs", "selection", "recipes", "registry", "family", "dataset",
    "backbones", "recipe", "distributed", "requirements",
)  # fmt: skip

# Third-party packages that are slow to import or not in the core install, and the packages that may import them.
GUARDED = {
    "torch": {"zoo"},
    "transformers": {"zoo"},
    "sklearn": {"zoo"},
    "accelerate": {"zoo"},
    "peft": {"zoo"},
    "safetensors": {"zoo"},
    "skops": {"zoo"},
    "datasets": {"zoo", "data"},
    "matplotlib": {"report", "plots"},
    "pandas": {"submission", "tables"},
    "pandera": {"submission", "tables"},
    "pyarrow": {"tables", "zoo"},
    "scipy": set(),
}
# Parts that an ordinary prediction file does not need, and that its check would wait for.
UNUSED = (
    "gzip", "zipfile", "html",
    *(f"semeval_emo.tables.{name}" for name in ("containers", "decided_values", "json_table")),
    *(f"semeval_emo.tables.shapes.{name}" for name in ("cell", "find", "listed", "long", "unnamed", "view", "wide")),
    *(f"semeval_emo.submission.{name}" for name in ("combine", "frames", "joining", "packing", "repair", "row_ids")),
)  # fmt: skip
HEAVY = ("pandas", "pandera", "sklearn", "torch", "transformers", "datasets", "scipy", "matplotlib", "jinja2")

MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "_zoo" not in p.parts and "_leaderboard" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted_name(path: Path) -> str:
    return ".".join(("semeval_emo", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


BY_NAME = {dotted_name(path): path for path in MODULES}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module, at any depth, as a dotted name with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno} is a relative import; use the full name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def imported_modules(path: Path) -> dict[str, int]:
    """The modules of this package that a module imports, inside functions and for types too, with a line of each."""
    found = {}
    for dotted, line in imports(path):
        module = dotted if dotted in BY_NAME else dotted.rpartition(".")[0]
        if module in BY_NAME and BY_NAME[module] != path:
            found[module] = line
    return found


def test_every_module_is_in_a_known_package():
    assert {package_of(p) for p in MODULES} - {"__init__", "__main__"} <= set(PACKAGES)
    assert {path.name.removesuffix(".py") for path in (PACKAGE / "zoo").iterdir()} - {"__init__", "__pycache__"} == set(
        ZOO
    )


def test_the_zoo_has_at_most_sixteen_entries():
    assert len([path for path in (PACKAGE / "zoo").iterdir() if path.name != "__pycache__"]) <= 16


# The public API, semeval_emo/__init__.py, imports every package, lazily: test_importing_the_package_is_free checks it.
@pytest.mark.parametrize("path", [p for p in MODULES if package_of(p) != "__init__"], ids=name_of)
def test_packages_import_only_those_to_their_right(path: Path):
    package = package_of(path)
    allowed = PACKAGES if package == "__main__" else PACKAGES[PACKAGES.index(package) :]
    wrong = [
        f"line {line}: {module}"
        for module, line in imported_modules(path).items()
        if "." in module and module.split(".")[1] not in allowed
    ]
    assert not wrong, f"{name_of(path)} imports a package to its left: {wrong}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "zoo").rglob("*.py")), ids=name_of)
def test_zoo_packages_import_only_those_to_their_right(path: Path):
    own = dotted_name(path).split(".")[2:3]
    wrong = [
        f"line {line}: {module}"
        for module, line in imported_modules(path).items()
        if own and module.startswith("semeval_emo.zoo.") and ZOO.index(module.split(".")[2]) < ZOO.index(own[0])
    ]
    assert not wrong, f"{name_of(path)} imports a package to its left: {wrong}"


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    components = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph[module]:
            if other not in index:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == index[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                components.append(sorted(component))

    for module in graph:
        if module not in index:
            visit(module)
    return components


def test_modules_do_not_import_each_other_in_a_circle():
    # The public API is lazy, so that a module may import the package's version.
    graph = {
        name: set(imported_modules(path)) - {"semeval_emo"} for name, path in BY_NAME.items() if name != "semeval_emo"
    }
    assert cycles(graph) == []
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_class_name_occurs_twice():
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(name_of(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_guarded_packages_are_imported_only_where_allowed(path: Path):
    wrong = [
        f"line {line}: {dotted}"
        for dotted, line in imports(path)
        if package_of(path) not in GUARDED.get(dotted.split(".")[0], {package_of(path)})
    ]
    assert not wrong, f"{name_of(path)} imports what its package may not: {wrong}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=name_of)
def test_commands_import_their_code_only_when_called(path: Path):
    """Modules of cli/ import at the top only typer, the standard library, errors, files, progress and cli."""
    wrong = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            parts = (module or "").split(".")
            if parts[0] == "semeval_emo":
                if len(parts) > 1 and parts[1] not in ("cli", "errors", "files", "temporary", "progress", "text"):
                    wrong.append(f"line {node.lineno}: {module}")
            elif parts[0] != "typer" and parts[0] not in sys.stdlib_module_names:
                wrong.append(f"line {node.lineno}: {module}")
    assert not wrong, f"{name_of(path)} slows --help down: {wrong}"


def loaded(code: str, modules: Sequence[str] = HEAVY) -> set[str]:
    """Those of the modules that are in sys.modules after running Python code in a new process."""
    code += f"\nimport sys; print('LOADED', *[m for m in {modules!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


def test_importing_the_package_is_free():
    assert loaded("import semeval_emo") == set()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["validate", "--help"], ["leaderboard", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]):
    assert loaded(f"from semeval_emo.cli.app import main; main({words!r})") == set()


@pytest.mark.parametrize("command", ["validate", "validate with bad cells", "fix", "pack", "score"])
def test_the_file_commands_load_nothing_heavy(command: str, tmp_path: Path):
    body = (sample_folder() / "predictions" / "strong" / "track_a" / "pred_eng.csv").read_text(encoding="utf-8")
    if command == "validate with bad cells":
        body = body.replace(",0\n", ",0.5\n")
    elif command == "fix":
        body = body.replace(",0\n", ",0.0\n")
    path = tmp_path / "pred_eng.csv"
    path.write_text(body, encoding="utf-8")
    options = {"fix": ["-o", f"{tmp_path / 'fixed'}"], "pack": ["-o", f"{tmp_path / 'track_a.zip'}"],
               "score": ["--gold", "sample"]}.get(command, [])  # fmt: skip
    exit_code = int(command == "validate with bad cells")
    words = [command.split()[0], f"{path}", *options]
    assert loaded(f"from semeval_emo.cli.app import main; assert main({words!r}) == {exit_code}") == set()


@pytest.mark.parametrize("cell", ["0", "0.5"])
def test_validate_of_an_ordinary_file_loads_no_other_parts(cell: str, tmp_path: Path):
    spec = load_task().spec("a", "eng", "dev")
    path = tmp_path / "pred_eng.csv"
    rows = [",".join([text_id, cell, *"0" * (len(spec.emotions) - 1)]) for text_id in spec.ids]
    path.write_text("\n".join([",".join(["id", *spec.emotions]), *rows, ""]), encoding="utf-8")
    code = f"from semeval_emo.cli.app import main; assert main(['validate', {str(path)!r}]) == {int(cell != '0')}"
    assert loaded(code, UNUSED) == set()


def test_the_modules_that_validate_leaves_unused_exist():
    assert loaded(f"import importlib\nfor name in {UNUSED!r}: importlib.import_module(name)", UNUSED) == {*UNUSED}


def test_the_check_of_heavy_imports_can_fail():
    assert loaded("import pandas") == {"pandas"}


# The package itself tells an older Python what it needs, before any other module could be parsed.
@pytest.mark.parametrize("path", [p for p in MODULES if package_of(p) not in ("cli", "__init__")], ids=name_of)
def test_only_the_command_line_prints_or_exits(path: Path):
    terminal_calls = {"print", "input", "exit", "quit", "breakpoint"}
    wrong = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in terminal_calls or called in ("sys.exit", "os._exit") or called.startswith("typer."):
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
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 500
    }
    assert not long, f"files over 500 lines: {long}"


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
