"""Validate, score and rank predictions for SemEval-2025 Task 11 (BRIGHTER), and train models for it.

Other multi-label tasks are shipped too (``load_task("semeval-2018-ec")``, ``goemotions``, ``semeval-2026-polar``), and
a task of your own is a TOML file. Functions find the task of files by their ids; ``task=`` names another.

The public API is the names in `__all__`; they load on first use, so importing the package is free.
"""

from __future__ import annotations

import importlib
import sys

if sys.version_info < (3, 11):  # noqa: UP036  (a checkout runs without pip, which checks `requires-python`)
    _message = f"semeval-emo needs Python 3.11 or newer; {sys.executable} is Python {sys.version.split()[0]}"
    if sys.argv[:1] == ["-m"]:  # python -m semeval_emo
        print(f"error: {_message}", file=sys.stderr)
        sys.exit(3)
    raise ImportError(_message)

__version__ = "0.2.0"

# Without the slow import of `typing`; type checkers know this name.
TYPE_CHECKING = False

_HOME = {
    "load_task": "semeval_emo.task",
    "load_gold": "semeval_emo.data",
    "read_submission": "semeval_emo.submission",
    "schema": "semeval_emo.submission",
    "validate": "semeval_emo.submission",
    "fix": "semeval_emo.submission",
    "pack": "semeval_emo.submission",
    "ensemble": "semeval_emo.submission",
    "score": "semeval_emo.scoring",
    "compare": "semeval_emo.scoring",
    "metrics": "semeval_emo.scoring.adapters",
    "compute_metrics": "semeval_emo.scoring.adapters",
    "scorer": "semeval_emo.scoring.adapters",
    "analyse": "semeval_emo.scoring.analysis",
    "place": "semeval_emo.leaderboard.api",
    "train": "semeval_emo.zoo.training.api",
    "load_model": "semeval_emo.zoo.runs.model",
    "Leaderboard": "semeval_emo.leaderboard",
    "EmoError": "semeval_emo.errors",
}
# Modules and packages of the public API; `report` can be called.
_MODULES = ("plots", "report")
__all__ = ["__version__", *_HOME, *_MODULES]

if TYPE_CHECKING:
    from typing import Any

    from semeval_emo import plots
    from semeval_emo.data import load_gold
    from semeval_emo.errors import EmoError
    from semeval_emo.leaderboard import Leaderboard
    from semeval_emo.leaderboard.api import place
    from semeval_emo.report.api import report
    from semeval_emo.scoring import compare, score
    from semeval_emo.scoring.adapters import compute_metrics, metrics, scorer
    from semeval_emo.scoring.analysis import analyse
    from semeval_emo.submission import ensemble, fix, pack, read_submission, schema, validate
    from semeval_emo.task import load_task
    from semeval_emo.zoo.runs.model import load_model
    from semeval_emo.zoo.training.api import train


if not TYPE_CHECKING:  # with this function, type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return importlib.import_module(f"semeval_emo.{name}")
        if name not in _HOME:
            raise AttributeError(f"module 'semeval_emo' has no attribute '{name}'")
        return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
