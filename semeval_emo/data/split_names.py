"""Names of splits in names of files and in cells."""

from __future__ import annotations

import re

from semeval_emo.data.columns import normalised

NAMES = {
    "train": "train", "training": "train", "dev": "dev", "development": "dev", "val": "dev", "valid": "dev",
    "validation": "dev", "test": "test", "testing": "test", "gold": "test",
}  # fmt: skip
SPLIT_COLUMNS = ("split", "set", "partition", "subset")
"""Columns that name the split of each text."""


def split_of(name: str) -> str:
    """Return the split that a name stands for; empty if none.

    >>> split_of("validation"), split_of("Test"), split_of("test-gold"), split_of("reviews")
    ('dev', 'test', 'test', '')
    """
    splits = {NAMES.get(word, "") for word in re.split("[-_. ]", normalised(name))}
    return splits.pop() if len(splits) == 1 else ""
