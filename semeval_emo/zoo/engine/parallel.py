"""Batches that need nothing of each other, side by side.

On a processor with several cores each batch has a core to itself. Sharing every product among the cores
is slower: they wait for each other after each, and products of a few hundred tokens are small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Batch = TypeVar("Batch")
Result = TypeVar("Result")


def cores(device: torch.device) -> int:
    """How many batches run side by side: a GPU takes them one after the other."""
    return torch.get_num_threads() if device.type == "cpu" else 1


def parallel_map(
    run: Callable[[Batch], Result], batches: Sequence[Batch], device: torch.device, kind: torch.dtype | None = None
) -> Iterator[tuple[Batch, Result]]:
    """Runs batches without gradients; yields each with its result, in their order.

    Args:
        batches: the slowest first, so that no core has one left to do when the others are done.
        kind: the precision of matrix products, where it is not that of the weights.
    """
    threads = torch.get_num_threads()
    workers = min(cores(device), len(batches))

    def alone(batch: Batch) -> Result:
        # Each of these holds for the thread that says it.
        if workers > 1:
            torch.set_num_threads(max(1, threads // workers))
        with torch.inference_mode(), torch.autocast(device.type, dtype=kind, enabled=kind is not None):
            return run(batch)

    if workers < 2:
        yield from ((batch, alone(batch)) for batch in batches)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from zip(batches, pool.map(alone, batches), strict=True)
    finally:
        # Whoever stops half-way does not wait for the rest.
        pool.shutdown(cancel_futures=True)
        # Threads that begin later take up the number that was last said.
        torch.set_num_threads(threads)
