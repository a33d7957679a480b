"""Distributed training: several processes train one model, started by ``torchrun`` or ``accelerate launch``.

Only the main process writes files and prints. With one process every function returns its argument, and torch
is not imported.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TypeVar

from semeval_emo.errors import UsageError
from semeval_emo.text import plural

T = TypeVar("T")

SHARDING = {
    "ACCELERATE_USE_FSDP": "FSDP",
    "ACCELERATE_USE_DEEPSPEED": "DeepSpeed",
    "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM",
    "ACCELERATE_USE_PARALLELISM_CONFIG": "a parallelism configuration",
}
"""Variables that ``accelerate launch`` sets to divide a model among processes, and what they stand for."""

LONGEST_WAIT = timedelta(days=1)
"""How long a process waits for another one, such as for the first one to predict dev; NCCL ends it after 10 minutes."""


def world_size() -> int:
    """Return the number of processes."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_rank() -> int:
    """Return the number of this process on its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def is_main_process() -> bool:
    """Return True in the process of rank 0, the one that writes and prints."""
    return int(os.environ.get("RANK", "0")) == 0


def has_gpus() -> bool:
    """Return whether GPUs are used: those of CUDA or ROCm, unless accelerate is configured for the CPU."""
    import torch

    return torch.cuda.is_available() and not is_set_to_cpu()


def is_set_to_cpu() -> bool:
    """Return whether accelerate is configured for the CPU (``accelerate launch --cpu``)."""
    return _is_set("ACCELERATE_USE_CPU")


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in ("1", "true")


def check_configuration(precision: str) -> None:
    """Check that accelerate's configuration does not change what the recipe says.

    Every process must have the whole model, because checkpoints, the selected weights and the predictions after each
    epoch are those of the main process.

    Args:
        precision: of the recipe.

    Raises:
        UsageError: it divides the model among processes, compiles it, or has another precision.
    """
    for variable, name in SHARDING.items():
        if _is_set(variable):
            raise UsageError(
                f"The configuration of accelerate uses {name}, which divides a model among processes. Here every "
                "process trains a copy of the whole model.",
                "accelerate launch --multi_gpu --num_processes 2 (or torchrun); for a model that is larger than a GPU: "
                "the family 'lora' with model.quantization=nf4 and train.gradient_checkpointing=true",
            )
    backend = os.environ.get("ACCELERATE_DYNAMO_BACKEND", "no").lower()
    if backend != "no":
        raise UsageError(
            f"The configuration of accelerate compiles the model (dynamo_backend = {backend}), which recipes do not.",
            "accelerate launch --dynamo_backend no",
        )
    mixed = os.environ.get("ACCELERATE_MIXED_PRECISION", "no").lower()
    if mixed not in ("no", precision):
        raise UsageError(
            f"The configuration of accelerate has mixed_precision = {mixed}, and the recipe has train.precision = "
            f"{precision}.",
            f"accelerate launch --mixed_precision no, or --set train.precision={mixed}",
        )


def init() -> None:
    """Join the process group: gloo on CPUs, nccl on GPUs, one GPU per process.

    Raises:
        UsageError: this machine has fewer GPUs than processes.
    """
    if world_size() > 1:
        import torch
        from accelerate import PartialState

        gpus, processes = torch.cuda.device_count(), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        if has_gpus() and processes > gpus:
            raise UsageError(
                f"{processes} processes were started on this machine, which has {plural(gpus, 'GPU')}; every process "
                "needs its own.",
                f"torchrun --nproc-per-node {gpus}" if gpus > 1 else "train without torchrun",
            )
        PartialState(cpu=not has_gpus(), timeout=LONGEST_WAIT)


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

    device = "cuda" if has_gpus() else "cpu"
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
