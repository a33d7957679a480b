"""Names of splits in names of files and in cells."""

from __future__ import annotations

from semeval_emo.data.columns import normalised

NAMES = {
    "train": "train", "training": "train", "dev": "dev", "development": "dev", "val": "dev", "valid": "dev",
    "validation": "dev", "test": "test", "testing": "test", "gold": "test",
}  # fmt: skip


def split_of(name: str) -> str:
    """Return the split that a name stands for; empty if none.

    >>> split_of("validation"), split_of("Test"), split_of("reviews")
    ('dev', 'test', '')
    """
    return NAMES.get(normalised(name), "")
