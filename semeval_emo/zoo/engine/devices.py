"""The device of a network, and its memory and precision: a GPU, the GPU of a Mac, or the CPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from semeval_emo.errors import UsageError
from semeval_emo.zoo import distributed

BYTES_PER_TRAINED = 16
"""GPU memory of a trained parameter in fp32: itself, its gradient and both moments of AdamW."""


def default_device() -> torch.device:
    """Return the device of this process: its own GPU, the GPU of a Mac, else the CPU."""
    if distributed.has_gpus():
        return torch.device("cuda", distributed.local_rank())
    # Processes cannot exchange tensors of a Mac's GPU, so several of them train on the CPU.
    if torch.backends.mps.is_available() and distributed.world_size() == 1 and not distributed.is_set_to_cpu():
        return torch.device("mps")
    return torch.device("cpu")


def check_precision(precision: str, device: torch.device, what: str) -> None:
    """Check that a device has a precision.

    Args:
        what: the recipe and the key of the precision, for the error: ``recipe minilm-ft: train.precision``.

    Raises:
        UsageError: it does not, or only by slow emulation on a GPU.
    """
    other = "fp32"
    if precision in ("fp16", "tf32") and device.type == "cpu":
        reason = "which needs a GPU"
    elif device.type == "mps" and precision == "tf32":
        reason = "which the GPU of a Mac does not have"
    elif device.type == "cuda" and precision in ("bf16", "tf32") and torch.cuda.get_device_capability(device)[0] < 8:
        reason = f"which {torch.cuda.get_device_name(device)} does not have (Ampere or newer)"
        other = "fp16" if precision == "bf16" else other
    else:
        return
    raise UsageError(f"{what} is {precision}, {reason}.", f"--set {what.rpartition(' ')[2]}={other}")


def product_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the dtype of matrix products; None where it is that of the weights.

    A model that was trained in fp16 on a GPU predicts in fp32 on a CPU.
    """
    if precision == "fp16":
        return None if device.type == "cpu" else torch.float16
    return torch.bfloat16 if precision == "bf16" else None


@contextmanager
def tf32_products(precision: str, device: torch.device) -> Iterator[None]:
    """Let a GPU multiply fp32 matrices in TF32 if that is the precision, and in fp32 otherwise."""
    if device.type != "cuda":
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


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
