"""The operations between matrix products, compiled by torch to one pass over memory.

Norms, rotations and activations read and write each number several times if they run one by one. Compiling them takes
some seconds and a C++ compiler, so it is for long work only; the results differ by rounding.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar, cast

import torch

Function = TypeVar("Function", bound=Callable[..., object])

MIN_TOKENS = 100_000
"""Tokens of a layer's work that take about as long as compiling."""


@functools.cache
def compiled(function: Function) -> Function:
    """Return a function of tensors with any number of tokens, compiled when it is called first."""
    # Without the option, a function compiled in a worker's thread would use one core everywhere.
    return cast(Function, torch.compile(function, dynamic=True, options={"cpp.dynamic_threads": True}))


def is_worthwhile(tokens: int, device: torch.device) -> bool:
    """Return whether work on this number of tokens is faster with compiled operations."""
    return device.type == "cpu" and tokens >= MIN_TOKENS and can_compile()


@functools.cache
def can_compile() -> bool:
    """Return whether torch can compile for this machine's CPU, tested on a small function."""
    ones = torch.ones(2, 16)
    try:
        return bool((torch.compile(torch.add, dynamic=True)(ones, ones) == 2).all())
    except Exception:  # torch reports a missing compiler by several classes of its private modules.
        return False
