"""Progress on a terminal: a bar with the time left and the loss, a line per epoch, on stderr."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

from semeval_emo.cli.output import discard, note
from semeval_emo.progress import Progress

# Bars are drawn at most this often; a small model takes hundreds of steps a second.
SECONDS_BETWEEN = 0.1
# The bar, the hours left, the loss and the dev score fit into 80 columns.
WIDTH = 12

# Short names of metrics, for the line of the bar.
SHORT = {"macro_f1": "F1", "micro_f1": "micro F1", "pearson": "r"}


class TerminalProgress(Progress):
    """Draw progress bars on a terminal; elsewhere print only messages, and nothing in quiet mode."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bars = sys.stderr.isatty() and not quiet
        self._open = False
        self._name, self._total, self._done, self._before = "", 0, 0, 0
        self._began = self._drawn = 0.0
        self._loss: float | None = None
        self._metric = ""
        self._detail = ""
        self._fraction: float | None = None

    def start(self, name: str, total: int, done: int = 0) -> None:
        """Open a bar."""
        self.finish()
        self._name, self._total, self._done, self._before, self._loss = name, total, done, done, None
        self._detail, self._fraction = "", None
        self._began = time.monotonic()
        self._open = self._bars and total > 1

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        """Move the bar."""
        self._done += count
        self._loss = self._loss if loss is None else loss
        if self._open and time.monotonic() - self._drawn >= SECONDS_BETWEEN:
            self._draw()

    def detail(self, text: str, fraction: float) -> None:
        """Redraw the bar with `text` after it; the time left follows from `fraction`."""
        self._detail, self._fraction = text, fraction
        if self._open:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._fraction is None:
            time_left = left(self._began, self._drawn, self._done - self._before, self._total - self._done)
        else:
            time_left = left(self._began, self._drawn, round(1e6 * self._fraction), round(1e6 * (1 - self._fraction)))
        loss = "" if self._loss is None else f"loss {self._loss:.4f}"
        parts = (bar(self._name, self._done, self._total, time_left), loss, self._metric, self._detail)
        text = "  ".join(filter(None, parts))
        # A wrapped line cannot be overwritten.
        _write(text[: shutil.get_terminal_size().columns - 1])

    def finish(self) -> None:
        """Close the bar."""
        if self._open:
            self._clear()
        self._open = False

    def _clear(self) -> None:
        _write("")

    def epoch(self, row: dict[str, Any]) -> None:
        """Print the metrics of an epoch above the bar."""
        from semeval_emo.zoo.selection.epochs import row_unit

        parts = [f"{row_unit(row)} {row['epoch']}"]
        if "loss" in row:
            parts.append(f"loss {row['loss']:.4f}")
        for split in ("folds", "dev", "test"):
            if split in row:
                metric, value = next(iter(row[split].items()))
                loss = f"loss {row[split]['loss']:.4f}, " if "loss" in row[split] else ""
                parts.append(f"{split} {loss}{metric} {value:.4f}")
        self._metric = _metric_of(row) or self._metric
        self.message("  ".join(parts))

    def message(self, text: str) -> None:
        """Print a message above the bar."""
        if self._open:
            self._clear()
        note(text, self._quiet)


def _write(text: str) -> None:
    """Write a text over the line of the cursor."""
    try:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def _metric_of(row: dict[str, Any]) -> str:
    """Return the metric of an epoch on the split that generalises best: dev, else folds, else test.

    >>> _metric_of({"epoch": 1, "loss": 0.5, "dev": {"macro_f1": 0.69604, "micro_f1": 0.7, "loss": 0.6}})
    'dev F1 .6960'
    """
    split = next((name for name in ("dev", "folds", "test") if name in row), None)
    if split is None:
        return ""
    metric, value = next(iter(row[split].items()))
    return f"{split} {SHORT.get(metric, metric)} {f'{value:.4f}'.replace('0.', '.', 1)}"


def bar(name: str, done: int, total: int, time_left: str) -> str:
    """Return a bar as one line of text.

    >>> bar("training", 50, 200, "1:30 left")
    'training [###---------] 50/200  1:30 left'
    """
    filled = min(WIDTH, WIDTH * done // total)
    return f"{name} [{'#' * filled}{'-' * (WIDTH - filled)}] {done:,}/{total:,}  {time_left}".rstrip()


def left(began: float, now: float, done: int, remaining: int) -> str:
    """Return the time that the remaining steps take at the present rate; empty if no step is done.

    Args:
        began, now: times in seconds.
        done: steps since `began`, without those of an earlier process.

    >>> left(0.0, 30.0, 10, 30), left(0.0, 1.0, 0, 30), left(0.0, 100.0, 1, 100)
    ('1:30 left', '', '2:46:40 left')
    """
    if not done:
        return ""
    seconds = round((now - began) / done * remaining)
    hours, minutes = divmod(seconds // 60, 60)
    return (f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes}:{seconds % 60:02d}") + " left"
