"""Fixtures of the zoo's tests: small models."""

from __future__ import annotations

import os

# Set before transformers is imported.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from dataclasses import dataclass
from pathlib import Path

import pytest

from semeval_emo.zoo.backbones.weights import CACHE_VARIABLE
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe

# A Llama that trains in a second.
SMALL = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=24", "train.batch=8",
)  # fmt: skip


@pytest.fixture
def tiny() -> Recipe:
    """Return `llama-tiny` with smaller layers."""
    return load_recipe("llama-tiny", SMALL)


@pytest.fixture
def recipe_folder(tmp_path: Path) -> Path:
    """Return an empty folder of recipes."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    return folder


@dataclass(frozen=True)
class Site:
    """A folder of installed packages."""

    folder: Path

    def install(self, package: str, file: str, body: bytes) -> None:
        """Install a distribution as pip does; importing its module raises an error."""
        module = package.replace("-", "_")
        about = self.folder / f"{module}-1.0.dist-info"
        for folder in ((self.folder / module / file).parent, about):
            folder.mkdir(parents=True)
        (self.folder / module / "__init__.py").write_text("raise RuntimeError('imported')\n")
        (self.folder / module / file).write_bytes(body)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (about / "RECORD").write_text(f"{module}/__init__.py,,\n{module}/{file},,\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return an empty folder on the import path, with an empty cache of unpacked weights."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return Site(folder)
