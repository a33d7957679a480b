"""What this processor is good at."""

from __future__ import annotations

import time

import torch


def cost_of_bf16() -> float:
    """How many times as long a matrix product takes in bf16 as in fp32 on the CPU; tried out in some milliseconds.

    Processors without instructions for bf16 do it by way of fp32, so they are slower for it.
    """
    # No random numbers: the seed is the recipe's.
    return _fastest(torch.ones(512, 512, dtype=torch.bfloat16)) / _fastest(torch.ones(512, 512))


def _fastest(matrix: torch.Tensor) -> float:
    """Seconds of the fastest of some products: others on the same cores only ever make one slower."""
    found = []
    for _ in range(8):
        began = time.perf_counter()
        matrix @ matrix
        found.append(time.perf_counter() - began)
    return min(found)
