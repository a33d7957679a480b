"""Which versions a run was made with."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = (
    "semeval-emo", "numpy", "torch", "transformers", "tokenizers", "accelerate", "peft", "scikit-learn", "skops",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that shape a result, without importing them."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
