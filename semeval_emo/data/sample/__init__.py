"""The built-in sample: some hundreds of made-up English texts, so that every command can be tried offline."""

from __future__ import annotations

from pathlib import Path


def sample_folder() -> Path:
    """The folder that holds the sample in the official layout, and ``predictions/`` to try commands on.

    >>> sorted(path.name for path in (sample_folder() / "predictions").iterdir())
    ['mistakes', 'strong', 'weak']
    """
    return Path(__file__).parent
