"""A stand-in for a GPU: calls of torch that need one are recorded, and run on the CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

READS = (torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.__float__, torch.Tensor.__bool__)


class RecordedCalls(TorchFunctionMode):
    """Records allocations of pinned memory, copies to a GPU, and reads that wait for one; tensors stay on the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.pinned, self.asynchronous, self.reads = 0, [], 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty:
            self.pinned += bool(kwargs.pop("pin_memory", False))
        if func is torch.Tensor.to and torch.device("cuda", 0) in args:
            self.asynchronous.append(kwargs.get("non_blocking", False))
            return args[0]
        self.reads += func in READS
        return func(*args, **kwargs)
