"""The commands `validate`, `fix`, `explain`, `pack`."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds these commands."""
