"""The line that adds an extra works for how the package was installed."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from semeval_emo.errors import install_line


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, 'pip install "semeval-emo[zoo]"'),
        ("no json", 'pip install "semeval-emo[zoo]"'),
        ({"url": "file:///gone/since", "dir_info": {}}, 'pip install "semeval-emo[zoo]"'),
        (
            {"url": "https://example.org/it.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}},
            'pip install "semeval-emo[zoo] @ git+https://example.org/it.git"',
        ),
    ],
)
def test_from_an_index_a_folder_that_is_gone_or_a_repository(monkeypatch, origin: object, line: str):
    said = origin if origin is None or isinstance(origin, str) else json.dumps(origin)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: SimpleNamespace(read_text=lambda _: said))
    assert install_line("zoo") == line


@pytest.mark.parametrize(("about", "option"), [({}, ""), ({"editable": True}, "-e ")])
def test_from_a_checkout(monkeypatch, tmp_path: Path, about: dict[str, bool], option: str):
    checkout = tmp_path / "my work"
    checkout.mkdir()
    said = json.dumps({"url": checkout.as_uri(), "dir_info": about})
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: SimpleNamespace(read_text=lambda _: said))
    assert install_line("hub") == f'pip install {option}"{checkout}[hub]"'
