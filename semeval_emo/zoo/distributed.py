"""Distributed training: several processes train one model, started by ``torchrun`` or ``accelerate launch``.

Only the main process writes files and prints. With one process every function returns its argument, and torch
is not imported.
"""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def world_size() -> int:
    """Return the number of processes."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_rank() -> int:
    """Return the number of this process on its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def is_main_process() -> bool:
    """Return True in the process of rank 0, the one that writes and prints."""
    return int(os.environ.get("RANK", "0")) == 0


def init() -> None:
    """Join the process group: gloo on CPUs, nccl on GPUs, one GPU per process."""
    if world_size() > 1:
        import torch
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available())


def close() -> None:
    """Leave the process group; no collective operation may follow."""
    if world_size() > 1:
        import torch.distributed as dist

        if dist.is_initialized():
            dist.destroy_process_group()


def broadcast(value: T) -> T:
    """Return the main process's value in every process.

    >>> broadcast("alone")
    'alone'
    """
    if world_size() == 1:
        return value
    import torch.distributed as dist

    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def all_reduce(*values: float) -> list[float]:
    """Return the sum of each value over all processes.

    >>> all_reduce(0.5, True)
    [0.5, 1.0]
    """
    if world_size() == 1:
        return [float(value) for value in values]
    import torch
    import torch.distributed as dist

    device = "cuda" if torch.cuda.is_available() else "cpu"
    sums = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(sums)
    return sums.tolist()


def all_gather(value: T) -> list[T]:
    """Return the values of all processes in order of rank.

    >>> all_gather("alone")
    ['alone']
    """
    if world_size() == 1:
        return [value]
    import torch.distributed as dist

    values: list[T] = [value] * world_size()
    dist.all_gather_object(values, value)
    return values
