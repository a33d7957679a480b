"""The progress callback of long-running functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


class Progress:
    """Progress callback that does nothing; subclasses override what they display.

    Functions that take long accept one as `progress`. Work that can be counted runs inside `stage`,
    which closes the bar however the work ends.

    >>> class Printed(Progress):
    ...     def start(self, name, total, done=0):
    ...         print("start", name, total)
    ...     def finish(self):
    ...         print("finish")
    >>> with Printed().stage("training", 2) as progress:
    ...     progress.advance()
    start training 2
    finish
    """

    @contextmanager
    def stage(self, name: str, total: int, done: int = 0) -> Iterator[Self]:
        """Run a stage of countable work: `start`, the body, and `finish` even after an exception."""
        self.start(name, total, done)
        try:
            yield self
        finally:
            self.finish()

    def start(self, name: str, total: int, done: int = 0) -> None:
        """Start a stage of `total` steps, `done` of them completed by an earlier process."""

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        """Complete `count` steps; `loss` is the training loss of the last one."""

    def detail(self, text: str, fraction: float) -> None:
        """Show what runs at the moment, and which fraction (0 to 1) of the stage is done."""

    def finish(self) -> None:
        """End the stage. May be called more than once."""

    def epoch(self, row: dict[str, Any]) -> None:
        """Show the metrics of an epoch: a line of ``metrics.jsonl``."""

    def message(self, text: str) -> None:
        """Show a message for the user."""
