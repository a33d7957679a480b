"""Codabench bundles for the organisers of a task: build one, check one, and the scoring program inside it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semeval_emo.bundle.build import Bundle, build_bundle
    from semeval_emo.bundle.check import check_bundle

# Imported late: the scoring program and the starting kit need neither.
_LAZY = {"Bundle": "build", "build_bundle": "build", "check_bundle": "check"}

__all__ = ["Bundle", "build_bundle", "check_bundle"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'semeval_emo.bundle' has no attribute '{name}'")
    return getattr(importlib.import_module(f"semeval_emo.bundle.{_LAZY[name]}"), name)
