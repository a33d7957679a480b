"""The device of a network, and its memory and precision: a GPU, the GPU of a Mac, or the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from semeval_emo.zoo import distributed

BYTES_PER_TRAINED = 16
"""GPU memory of a trained parameter in fp32: itself, its gradient and both moments of AdamW."""


def default_device() -> torch.device:
    """Return the device of this process: its own GPU, the GPU of a Mac, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", distributed.local_rank())
    # Processes cannot exchange tensors of a Mac's GPU, so several of them train on the CPU.
    if torch.backends.mps.is_available() and distributed.world_size() == 1:
        return torch.device("mps")
    return torch.device("cpu")


def cache_bytes(device: torch.device, trained: int) -> int:
    """Return how many bytes of a GPU's memory a cache may use; 0 on other devices.

    Half of what training leaves free is for activations.

    Args:
        trained: number of trained parameters, whose memory is not allocated yet.
    """
    if device.type != "cuda":
        return 0
    free, _ = torch.cuda.mem_get_info(device)
    return max(0, free - BYTES_PER_TRAINED * trained) // 2


def concatenated(parts: Sequence[torch.Tensor], device: torch.device) -> torch.Tensor:
    """Return tensors of the same width concatenated on a device, shape (sum of lengths, width).

    Parts in the memory of the CPU are copied to a GPU through pinned memory: the CPU does not wait for the copy.
    """
    if device.type != "cuda" or parts[0].device == device:
        return torch.cat(list(parts)).to(device)
    rows = sum(len(part) for part in parts)
    pinned = torch.empty(rows, *parts[0].shape[1:], dtype=parts[0].dtype, pin_memory=True)
    return torch.cat(list(parts), out=pinned).to(device, non_blocking=True)
