"""Compiling the operations between matrix products with torch, so that they read and write memory once.

Norms, rotary embeddings and activations read and write each number several times if they run one by one. Compiling them
takes about half a minute and a C++ compiler, so only work on many tokens is compiled; the results differ by rounding.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch._dynamo.exc import TorchDynamoException

MIN_TOKENS = 100_000
"""Smallest number of tokens for which compiling saves time."""

RECOMPILE_LIMIT = 64
"""Versions of a function that are kept: with and without gradients, for several dtypes and numbers of threads."""


@functools.cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of tensors with any number of tokens that is compiled when it is called first.

    If that fails, because the disk is full, for example, it runs as it is.
    """
    fast, failed = _compile(function), False

    def run(*arguments: Any) -> Any:
        nonlocal failed
        if not failed:
            try:
                return fast(*arguments)
            except TorchDynamoException:
                failed = True
        return function(*arguments)

    return run


def is_worthwhile(tokens: int, device: torch.device) -> bool:
    """Return whether work on this number of tokens is faster with compiled operations."""
    return device.type == "cpu" and tokens >= MIN_TOKENS and can_compile()


@functools.cache
def can_compile() -> bool:
    """Return whether torch can compile for this machine's CPU, tested on a small function."""
    ones = torch.ones(2, 16)
    try:
        return bool((_compile(torch.add)(ones, ones) == 2).all())
    except Exception:  # torch reports a missing compiler by several classes of its private modules.
        return False


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, RECOMPILE_LIMIT)
    # The compiled code reads the number of threads when it runs, since workers have fewer.
    fast: Callable[..., Any] = torch.compile(function, dynamic=True, options={"cpp.dynamic_threads": True})
    return fast
