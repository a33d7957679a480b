"""Several processes that train one model, as ``torchrun`` and ``accelerate launch`` start them.

Owns who speaks (the first process alone writes and prints) and how the others hear what was decided.
With one process every function gives back what it got, and torch is not imported.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def processes() -> int:
    """How many there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """True in the one that writes and prints."""
    return int(os.environ.get("RANK", "0")) == 0


def init() -> None:
    """Joins the others: gloo on CPUs, nccl on GPUs, one GPU a process."""
    if processes() > 1:
        import torch
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available())


def close() -> None:
    """Leaves the others; nothing is agreed on any more."""
    if processes() > 1:
        import torch.distributed as others

        if others.is_initialized():
            others.destroy_process_group()


def broadcast(value: T) -> T:
    """What the first process calls it with.

    >>> broadcast("alone")
    'alone'
    """
    if processes() == 1:
        return value
    import torch.distributed as others

    said = [value]
    others.broadcast_object_list(said, src=0)
    return said[0]


def all_reduce(*values: float) -> list[float]:
    """Sums over all processes, one for each value.

    >>> all_reduce(0.5, True)
    [0.5, 1.0]
    """
    if processes() == 1:
        return [float(value) for value in values]
    import torch
    import torch.distributed as others

    device = "cuda" if torch.cuda.is_available() else "cpu"
    sums = torch.tensor(values, dtype=torch.float64, device=device)
    others.all_reduce(sums)
    return sums.tolist()


def all_gather(value: T) -> list[T]:
    """What every process calls it with, the first one's first.

    >>> all_gather("alone")
    ['alone']
    """
    if processes() == 1:
        return [value]
    import torch.distributed as others

    found: list[T] = [value] * processes()
    others.all_gather_object(found, value)
    return found
