"""A training run as a person watches it: a bar with time to go and live loss, a line an epoch, on stderr."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import Any

import typer

from semeval_emo.cli.common import is_interactive, note

# Bars are drawn at most this often; a small model takes hundreds of steps a second.
SECONDS_BETWEEN = 0.1


class Progress:
    """Draws bars on a terminal; elsewhere, and in quiet mode, only lines or nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bars = is_interactive() and not quiet
        self._stack = ExitStack()
        self._bar: Any = None
        self._pending = 0
        self._drawn = 0.0
        self._loss: float | None = None
        self._judged = ""

    def begin(self, what: str, total: int, done: int = 0) -> None:
        """Opens a bar."""
        self.end()
        self._pending, self._drawn, self._loss = 0, time.monotonic(), None
        if self._bars and total > 1:
            bar: Any = typer.progressbar(
                length=total,
                label=f"{what:<10}",
                file=sys.stderr,
                width=24,
                show_pos=True,
                item_show_func=lambda _: self._live(),
            )
            self._bar = self._stack.enter_context(bar)
            if done:
                self._bar.update(done)

    def _live(self) -> str:
        loss = "" if self._loss is None else f"loss {self._loss:.4f}"
        return "  ".join(part for part in (loss, self._judged) if part)

    def step(self, count: int = 1, loss: float | None = None) -> None:
        """Moves the bar."""
        if self._bar is None:
            return
        self._pending += count
        self._loss = self._loss if loss is None else loss
        now = time.monotonic()
        if now - self._drawn >= SECONDS_BETWEEN:
            self._flush(now)

    def _flush(self, now: float) -> None:
        self._bar.update(self._pending, current_item=True)
        self._pending, self._drawn = 0, now

    def end(self) -> None:
        """Closes the bar."""
        if self._bar is not None:
            self._flush(time.monotonic())
        self._stack.close()
        self._bar = None

    def epoch(self, row: dict[str, Any]) -> None:
        """Says what an epoch reached, above the bar."""
        parts = [f"epoch {row['epoch']}"]
        if "loss" in row:
            parts.append(f"loss {row['loss']:.4f}")
        for split in ("dev", "test"):
            if split in row:
                metric, value = next(iter(row[split].items()))
                parts.append(f"{split} {metric} {value:.4f}")
        self._judged = parts[-1] if len(parts) > 1 else ""
        self.say("  ".join(parts))

    def say(self, message: str) -> None:
        """Says something without tearing the bar."""
        if self._bar is not None:
            # Back to the start of the line and clear it: the bar is drawn anew below.
            sys.stderr.write("\r\x1b[K")
        note(message, self._quiet)
