"""The built-in sample: 500 made-up English texts to try every command offline."""

from __future__ import annotations

from pathlib import Path


def sample_folder() -> Path:
    """Return the folder of the sample: the official layout, and ``predictions/`` to try commands on.

    >>> sorted(path.name for path in (sample_folder() / "predictions").iterdir())
    ['mistakes', 'strong', 'weak']
    """
    return Path(__file__).parent
