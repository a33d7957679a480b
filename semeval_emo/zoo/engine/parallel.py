"""Running independent batches in parallel, one per CPU core.

This is faster than using all cores for each product: the cores would wait for each other after every product, and
products of a few hundred tokens are small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Batch = TypeVar("Batch")
Result = TypeVar("Result")


def worker_count(device: torch.device) -> int:
    """Return how many batches run in parallel: one per thread on a CPU, one at a time on a GPU."""
    return torch.get_num_threads() if device.type == "cpu" else 1


def parallel_map(
    run: Callable[[Batch], Result], batches: Sequence[Batch], device: torch.device, dtype: torch.dtype | None = None
) -> Iterator[tuple[Batch, Result]]:
    """Run batches in inference mode; yield each with its result, in order.

    Args:
        batches: the slowest first, so that all workers finish at about the same time.
        dtype: of matrix products (autocast), if it is not that of the weights.
    """
    threads = torch.get_num_threads()
    workers = min(worker_count(device), len(batches))

    def run_batch(batch: Batch) -> Result:
        # These settings apply to the current thread.
        if workers > 1:
            torch.set_num_threads(max(1, threads // workers))
        with torch.inference_mode(), torch.autocast(device.type, dtype=dtype, enabled=dtype is not None):
            return run(batch)

    if workers < 2:
        yield from ((batch, run_batch(batch)) for batch in batches)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from zip(batches, pool.map(run_batch, batches), strict=True)
    finally:
        # If the caller stops early, do not run the remaining batches.
        pool.shutdown(cancel_futures=True)
        # New threads use the number that was set last.
        torch.set_num_threads(threads)
