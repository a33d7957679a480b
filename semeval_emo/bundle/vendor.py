"""The code that a scoring program carries: this package, and the pure Python packages that it needs.

Only NumPy, which is compiled, has to be in the Docker image.
"""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import semeval_emo
from semeval_emo.errors import InputError

PACKAGES = ("jinja2", "markupsafe", "tabulate", "wcwidth")
"""What `semeval_emo.bundle.program` imports beside NumPy and the standard library."""
_LEFT_OUT = ("__pycache__", "_zoo", "_leaderboard", "_submissions")
"""Folders of this package that scoring does not need: recipes, rows of leaderboards, submissions."""
_SUFFIXES = (".py", ".toml", ".gz", ".j2", ".css", ".js", ".txt", ".png")
_LICENSES = ("licen", "copying", "notice")


def vendored(own_only: bool = False) -> dict[str, bytes]:
    """Return the files of the folder ``vendor`` by their paths in it.

    Args:
        own_only: leave out the packages that only pages and tables need, for the check of the starting kit.

    Raises:
        InputError: a package is not installed as files.
    """
    root = Path(semeval_emo.__file__).parent
    found = {
        f"semeval_emo/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in root.rglob("*")
        if path.suffix in _SUFFIXES and not {*path.relative_to(root).parts[:-1]} & {*_LEFT_OUT}
    }
    found |= _licenses("semeval-emo")
    lines = [f"semeval-emo {semeval_emo.__version__}"]
    for name in () if own_only else PACKAGES:
        spec = importlib.util.find_spec(name)
        folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
        if spec is None or not (folder / "__init__.py").is_file():
            raise InputError(f"The package {name} is not installed as files.", f"pip install --force-reinstall {name}")
        # Compiled parts are for one version of Python only; each of these packages works without them.
        found |= {
            f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in folder.rglob("*.py")
            if "__pycache__" not in path.parts
        }
        found |= _licenses(name)
        lines.append(f"{name} {version(name)}")
    found["VERSIONS.txt"] = ("\n".join(lines) + "\n").encode()
    return dict(sorted(found.items()))


def _licenses(name: str) -> dict[str, bytes]:
    """Return the license files of an installed package."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return {}
    return {
        f"licenses/{name}/{file.name}": Path(str(file.locate())).read_bytes()
        for file in files
        if file.name.lower().startswith(_LICENSES) and Path(str(file.locate())).is_file()
    }
