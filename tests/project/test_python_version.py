"""The error message of an older Python."""

from __future__ import annotations

import sys

import pytest

import semeval_emo


def test_an_older_python_gets_a_message_that_names_3_11(monkeypatch, capsys):
    code = compile(semeval_emo.__loader__.get_source("semeval_emo"), "semeval_emo/__init__.py", "exec")
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    with pytest.raises(ImportError, match=r"needs Python 3\.11 or newer"):
        exec(code, {"__name__": "semeval_emo"})
    monkeypatch.setattr(sys, "argv", ["-m"])
    with pytest.raises(SystemExit) as error:
        exec(code, {"__name__": "semeval_emo"})
    assert error.value.code == 3
    assert capsys.readouterr().err.startswith("error: semeval-emo needs Python 3.11 or newer")
