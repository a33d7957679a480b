"""The wheel and the sdist: what is in them, and that the wheel works away from the checkout with the core alone.

Everything here is offline: the packages that the core asks for are linked, not downloaded, from the
environment that runs the tests. Nothing else of that environment can be seen from the new one, so
that torch, scikit-learn and datasets are as absent as after `pip install semeval-emo`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="left out: not a checkout")


def build(kind: str, source: Path, into: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    (made,) = into.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def core(wanted: list[str], seen: frozenset[str] = frozenset()) -> Iterator[Distribution]:
    """The packages that requirements bring, and theirs in turn, without any extra's."""
    for requirement in wanted:
        if "extra ==" in requirement:
            continue
        needed = re.match(r"[\w.-]+", requirement)[0]
        if needed.lower() in seen:
            continue
        try:
            found = distribution(needed)
        except PackageNotFoundError:
            # For another system or an older Python, by its marker.
            continue
        yield found
        yield from core(found.requires or [], seen | {needed.lower()})


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel and the core's packages; gives its folder of scripts."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    packages = next(home.rglob("site-packages"))
    (metadata,) = (n for n in zipfile.ZipFile(wheel).namelist() if n.endswith(".dist-info/METADATA"))
    wanted = message_from_bytes(zipfile.ZipFile(wheel).read(metadata)).get_all("Requires-Dist", [])
    for package in core(wanted):
        for top in {Path(file).parts[0] for file in package.files or () if ".." not in Path(file).parts}:
            source = Path(str(package.locate_file(top)))
            if source.exists() and not (packages / top).exists() and top != "__pycache__":
                (packages / top).symlink_to(source)
    install = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*install, "--quiet", str(wheel)], check=True, capture_output=True, text=True)
    return scripts


def run(scripts: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the installed command in a folder that is not the checkout, with nothing set that points back."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SEMEVAL_EMO", "PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [scripts / words[0], *words[1:]],
        capture_output=True,
        text=True,
        cwd=scripts.parent,
        env=environment,
        timeout=120,
        check=False,
    )


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"semeval_emo"}
    assert "semeval_emo/task/task11.toml" in names
    assert "semeval_emo/task/sample.toml" in names
    assert [n for n in names if n.startswith("semeval_emo/_leaderboard/") and n.endswith(".csv")]
    # What our systems scored, without their predictions.
    ours = {Path(n).name for n in names if n.startswith("semeval_emo/_submissions/")}
    assert ours == {"submission.toml"}
    recipes = {f"semeval_emo/_zoo/{path.name}" for path in (ROOT / "zoo").glob("*.toml")}
    assert recipes <= set(names)
    assert [n for n in names if n.startswith("semeval_emo/data/sample/") and n.endswith(".csv")]
    assert [n for n in names if n.endswith("licenses/LICENSE")]
    assert not [n for n in names if re.search(r"^(tests|runs|benchmarks|submissions|docs)/|__pycache__|\.pyc$", n)]
    assert wheel.stat().st_size < 3_000_000


def test_the_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    for needed in ("README.md", "LICENSE", "CITATION.cff", "CONTRIBUTING.md", "Makefile", "constraints.txt", "tests"):
        assert (unpacked / needed).exists(), f"{needed} is not in the sdist"
    assert not (unpacked / ".venv").exists()
    again = build("wheel", unpacked, tmp_path / "again")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_the_installed_package_is_the_wheels_and_has_only_the_core(installed: Path):
    code = (
        "import importlib.util as u, semeval_emo; print(semeval_emo.__file__);"
        "print([m for m in ('torch', 'sklearn', 'datasets', 'transformers', 'matplotlib') if u.find_spec(m)])"
    )
    done = run(installed, "python", "-c", code)
    assert done.returncode == 0, done.stderr
    where, others = done.stdout.splitlines()
    assert Path(where).is_relative_to(installed.parent)
    assert others == "[]"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--version"], "semeval-emo "),
        (["leaderboard", "show", "-t", "a", "-l", "eng"], "0.8230"),
        (["leaderboard", "place", "0.7114", "-t", "a", "-l", "eng"], "0.7083"),
        (["leaderboard", "check"], ""),
        (["leaderboard", "ours", "--summary"], "tfidf-char"),
        (["explain"], ""),
        (["data", "list", "sample"], "made-up texts"),
        (["zoo", "list"], "tfidf"),
        (["task", "bundle", "sample", "--track", "a", "--gold", "sample"], "bundle.zip: written."),
        (["demo"], "semeval-emo score"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_installed_command_works_away_from_the_checkout(installed: Path, words: list[str], shown: str):
    done = run(installed, "semeval-emo", *words)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("recipe", "extra"), [("tfidf-logreg", "tfidf"), ("minilm-ft", "zoo")])
def test_a_feature_of_an_extra_names_it(installed: Path, recipe: str, extra: str):
    done = run(installed, "semeval-emo", "zoo", "train", recipe, "--gold", "sample")
    assert done.returncode == 3, done.stdout + done.stderr
    # The wheel is in no index, so the fix names the wheel; pip accepts the line as it is.
    (words,) = re.findall(r'fix: pip install "(\S+\[\w+\])"', done.stderr)
    assert words.endswith(f".whl[{extra}]")
    command = ["install", "--dry-run", "--no-deps", "--no-index", words]
    done = subprocess.run([sys.executable, "-m", "pip", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
