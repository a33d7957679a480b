"""Command line: one module per group of commands. A command parses, calls the API, prints and exits."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

# Each module has `register(app)`. The order is the order of --help.
GROUPS = ("submission", "ensemble", "score", "report", "leaderboard", "data", "task", "zoo", "demo")


def register(app: typer.Typer) -> None:
    """Add every group of commands to the application."""
    for group in GROUPS:
        importlib.import_module(f"semeval_emo.cli.{group}").register(app)
