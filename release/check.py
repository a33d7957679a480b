"""Check what a release uploads, as a user gets it: `make release-check`.

Builds the sdist and the wheel into dist/, checks both, installs the wheel into a new environment for each supported
version of Python and the sdist into one more, and walks through the commands there. Prints a line for each check, and
exits with 1 if one has failed. A version of Python that is not on this machine is a failure too, unless it is left out
with `--python 3.11 --python 3.13`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"

# What a user does first, in a folder with the files of the sample: words, exit code, a part of what is shown.
WALK = (
    ("--version", 0, "semeval-emo {version}"),
    ("--help", 0, "leaderboard"),
    ("validate mistakes/pred_eng_a.csv", 1, "Not valid: 1,012 errors of 8 kinds"),
    ("validate mistakes/pred_eng_a.csv --format github", 1, "::error title=E311"),
    ("fix mistakes/pred_eng_a.csv -o fixed", 0, "Written and validated"),
    ("validate fixed", 0, "Valid: 1 file"),
    ("pack fixed -o track_a.zip", 0, "track_a.zip"),
    ("score fixed --gold sample --ci --resamples 500", 0, "macro F1 0.8589"),
    ("compare strong/track_a weak/track_a --gold sample --resamples 500 --trials 500", 0, "strong"),
    ("leaderboard place 0.7114 -t a -l eng", 0, "29 to 75"),
    ("report fixed --gold sample -o page.html --resamples 500", 0, "page.html"),
    ("zoo list", 0, "tfidf-folds"),
    ("zoo train tfidf-folds --data sample", 3, '[tfidf]"'),
    ("explain E311", 0, "columns in another order"),
    ("demo", 0, "semeval-emo score"),
)


class CheckFailed(Exception):
    """A check has failed; the message says what was seen."""


@dataclass
class Checks:
    """The checks so far, with their times."""

    failed: list[str] = field(default_factory=list)

    @contextmanager
    def one(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run one check and print its result; the function that is given adds a detail to the line."""
        began, details = time.monotonic(), list[str]()
        try:
            yield details.append
        except CheckFailed as error:
            self.failed.append(name)
            print(f"FAILED  {name}\n        {error}", flush=True)
        else:
            text = f": {', '.join(details)}" if details else ""
            print(f"ok      {name}{text} ({time.monotonic() - began:.1f} s)", flush=True)


def run(*words: str | os.PathLike[str], folder: Path = ROOT, code: int = 0) -> str:
    """Run a program as a user would, without variables of this checkout, and return what it prints.

    Raises:
        CheckFailed: it exits with another code, prints a traceback, or is not there.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SEMEVAL_EMO", "PYTHON", "VIRTUAL_ENV"))}
    command = " ".join(map(str, words))
    try:
        done = subprocess.run(
            [os.fspath(word) for word in words], cwd=folder, env=environment | {"COLUMNS": "100"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, timeout=900,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CheckFailed(f"{command}: {error}") from error
    if done.returncode != code or "Traceback" in done.stdout:
        end = "\n        ".join(done.stdout.strip().splitlines()[-12:])
        raise CheckFailed(f"{command}: exit code {done.returncode}, expected {code}\n        {end}")
    return done.stdout


def version() -> str:
    """Return the version of the package, which the citation and the changelog must name too.

    Raises:
        CheckFailed: they do not.
    """
    found = re.search(r'^__version__ = "(.+)"$', (ROOT / "semeval_emo" / "__init__.py").read_text("utf-8"), re.M)
    assert found is not None
    own = found[1]
    for name, line in (("CITATION.cff", f"version: {own}"), ("CHANGELOG.md", f"## {own}")):
        if not re.search(rf"^{re.escape(line)}\b", (ROOT / name).read_text("utf-8"), re.M):
            raise CheckFailed(f"{name} has no line '{line}'; semeval_emo/__init__.py has the version {own}")
    return own


def build() -> tuple[Path, Path]:
    """Build the sdist and the wheel into dist/, which is emptied first; return the wheel and the sdist."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "-d", str(DIST))
    return next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))


def pythons() -> list[str]:
    """Return the supported versions of Python, as the classifiers of pyproject.toml name them."""
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    return [found[1] for line in lines if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line))]


def interpreter(wanted: str) -> Path:
    """Return the interpreter of a version: of the path, or of the folders where pyenv and uv keep theirs.

    Raises:
        CheckFailed: there is none.
    """
    home = Path.home()
    folders = [Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions", home / ".local/share/uv/python"]
    named = shutil.which(f"python{wanted}")
    installed = [path for folder in folders for path in sorted(folder.glob(f"*{wanted}*/bin/python{wanted}"))]
    for path in [*([Path(named)] if named else []), *installed]:
        # A shim of pyenv is on the path for versions that are not selected, and fails.
        show = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([path, "-c", show], capture_output=True, text=True, check=False)
        if done.stdout.strip() == wanted:
            return path
    raise CheckFailed(f"there is no python{wanted}; install it, or name the versions to check with --python")


def install(python: Path, package: Path, home: Path) -> Path:
    """Install a package into a new environment and return its folder of programs."""
    run(python, "-m", "venv", home)
    run(home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
    run(home / "bin" / "python", "-m", "pip", "check", "--disable-pip-version-check")
    return home / "bin"


def walk(command: Sequence[str | os.PathLike[str]], python: Path, home: Path, own: str) -> int:
    """Run the commands of `WALK` in a new folder with the files of the sample, and return how many they are.

    Raises:
        CheckFailed: one exits with another code, or does not show what it should.
    """
    show = "from semeval_emo.data.sample import sample_folder as f; print(f() / 'predictions')"
    source = Path(run(python, "-c", show, folder=home.parent).strip())
    shutil.copytree(source, home)
    for words, code, shown in WALK:
        seen = run(*command, *words.split(), folder=home, code=code)
        if shown.format(version=own) not in seen:
            raise CheckFailed(f"semeval-emo {words} does not show '{shown}':\n{seen[-1500:]}")
    return len(WALK)


def main() -> int:
    """Run all checks; return 1 if one has failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", metavar="VERSION", help="check this version only; repeatable")
    chosen = parser.parse_args().python or pythons()
    checks, own = Checks(), ""
    with checks.one("the version agrees") as note:
        own = version()
        note(own)
    with checks.one("sdist and wheel are built") as note:
        for path in build():
            note(f"{path.name} {path.stat().st_size / 1e6:.1f} MB")
    packages = [*DIST.glob("*.whl"), *DIST.glob("*.tar.gz")]
    if not own or len(packages) != 2:
        return 1
    wheel, sdist = packages
    with checks.one("twine check"):
        run(sys.executable, "-m", "twine", "check", "--strict", *packages)
    with checks.one("check-wheel-contents"):
        run(sys.executable, "-m", "check_wheel_contents", wheel)
    with tempfile.TemporaryDirectory(prefix="semeval-emo-release-") as scratch:
        for at, (wanted, package) in enumerate([*((each, wheel) for each in chosen), (chosen[-1], sdist)]):
            home = Path(scratch) / str(at)
            home.mkdir()
            with checks.one(f"{package.name} in Python {wanted}") as note:
                scripts = install(interpreter(wanted), package, home / "venv")
                count = walk([scripts / "semeval-emo"], scripts / "python", home / "work", own)
                size = sum(path.stat().st_size for path in (home / "venv").rglob("*") if path.is_file())
                note(f"{count} commands, {size / 1e6:.0f} MB installed")
        with checks.one("uvx --from WHEEL semeval-emo validate FILE"):
            uvx = shutil.which("uvx", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
            work = Path(scratch) / "0" / "work"
            shown = run(uvx or "uvx", "--from", wheel, "semeval-emo", "validate", "fixed", folder=work)
            if "Valid: 1 file" not in shown:
                raise CheckFailed(shown)
    print(f"\n{'FAILED: ' + '; '.join(checks.failed) if checks.failed else f'semeval-emo {own} can be released.'}")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
