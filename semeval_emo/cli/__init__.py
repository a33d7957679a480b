"""Commands: parse, call the API, render, exit. One file a group; no logic here."""

from __future__ import annotations

import importlib

import typer

# One module a group; each has `register(app)`. Order is the order of --help.
GROUPS = ("submission", "repair", "score", "compare", "analyse", "report", "leaderboard", "data", "zoo", "demo")


def register(app: typer.Typer) -> None:
    """Adds every command group to the application."""
    for group in GROUPS:
        importlib.import_module(f"semeval_emo.cli.{group}").register(app)
