"""The output of the frozen layers, computed once per text and stored without padding.

The result is exact: frozen layers have no dropout and do not change, so a text has the same output in every epoch. If
no layer is trained, only the states of last tokens are stored.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from semeval_emo.files import full_disk_named
from semeval_emo.progress import Progress
from semeval_emo.zoo.engine.attention import PackedSequences
from semeval_emo.zoo.engine.batches import MAX_TOKENS, packed_batches
from semeval_emo.zoo.engine.compiled import is_worthwhile
from semeval_emo.zoo.engine.devices import concatenated
from semeval_emo.zoo.engine.gemma import PackedGemmaLayers, is_gemma
from semeval_emo.zoo.engine.layer_cut import LayerCut
from semeval_emo.zoo.engine.llama import PackedLlamaLayers, is_llama
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parallel import parallel_map, worker_count
from semeval_emo.zoo.engine.parameter_groups import count_layers

MEGABYTE = 2**20


@dataclass(frozen=True)
class CachePlan:
    """The size of the cached states and where they fit.

    Attributes:
        bytes: of all splits together.
        location: where to store them, ``device`` for the GPU; ``none`` if they are too large.
        reason: why they are too large; else empty.
    """

    bytes: int
    location: Literal["device", "memory", "disk", "none"]
    reason: str = ""

    def __str__(self) -> str:
        size = f"{self.bytes / MEGABYTE:,.0f} MB" if self.bytes >= MEGABYTE else "less than 1 MB"
        places = {"device": " on the GPU", "memory": " in memory", "disk": " in a file", "none": ""}
        return size + places[self.location]


@dataclass(frozen=True, eq=False)
class FrozenStates:
    """Output of the frozen layers for many texts, concatenated.

    Attributes:
        states: shape (all tokens, hidden).
        starts: first row of each text: shape (n,).
        lengths: stored tokens of each text: shape (n,).
        rows: token ids of each text.
    """

    states: torch.Tensor
    starts: np.ndarray
    lengths: np.ndarray
    rows: Sequence[Sequence[int]] = ()

    def select(self, texts: np.ndarray) -> FrozenStates:
        """Return the states of some texts, which remain where they are."""
        return FrozenStates(self.states, self.starts[texts], self.lengths[texts], [self.rows[i] for i in texts])

    def batch(self, texts: Sequence[int], device: torch.device) -> tuple[torch.Tensor, list[int]]:
        """Return the concatenated states of some texts, and their lengths."""
        parts = self.of(texts)
        return concatenated(parts, device), [len(part) for part in parts]

    def of(self, texts: Sequence[int]) -> list[torch.Tensor]:
        """Return the states of some texts, each of shape (T, hidden)."""
        return [self.states[self.starts[i] : self.starts[i] + self.lengths[i]] for i in texts]


def plan_cache(
    tokens: int, hidden: int, itemsize: int, memory_mb: int, disk_mb: int, folder: Path, device_bytes: int = 0
) -> CachePlan:
    """Decide where to store the states of the frozen layers.

    Args:
        itemsize: bytes per number.
        device_bytes: of the GPU's memory that the cache may use; 0 without a GPU.

    >>> plan_cache(1_000_000, 512, 4, 1024, 4096, Path(".")).location
    'disk'
    >>> plan_cache(1_000_000, 512, 4, 1024, 1024, Path(".")).location
    'none'
    """
    size = tokens * hidden * itemsize
    if size <= device_bytes:
        return CachePlan(size, "device")
    if size <= memory_mb * MEGABYTE:
        return CachePlan(size, "memory")
    free = shutil.disk_usage(folder).free
    if size > disk_mb * MEGABYTE:
        return CachePlan(size, "none", f"more than train.cache_mb={memory_mb} and train.cache_disk_mb={disk_mb} allow")
    if size > 0.9 * free:
        return CachePlan(size, "none", f"but the disk has {free / MEGABYTE:,.0f} MB free")
    return CachePlan(size, "disk")


def compute_frozen_states(
    network: Network,
    rows: Sequence[Sequence[int]],
    first: int,
    file: Path | None,
    progress: Progress,
    stage: str,
    device: torch.device | None = None,
) -> FrozenStates:
    """Run the frozen layers on texts.

    Args:
        rows: token ids of each text.
        first: index of the first trained layer; the number of layers if none is trained.
        file: memory-mapped file to store the states in; None for memory.
        device: whose memory, if there is no file; by default the CPU's.
    """
    layers = count_layers(name for name, _ in network.model.named_parameters())
    lengths = np.array([1 if first == layers else len(row) for row in rows], dtype=np.int64)
    starts = lengths.cumsum() - lengths
    dtype = network.inference_dtype or torch.float32
    states = _allocate(int(lengths.sum()), network.model.config.hidden_size, dtype, file, device)
    if is_llama(network.model) or is_gemma(network.model, network.recipe.model.max_length):
        run, close = _packed(network, rows, first)
    else:
        cut = LayerCut(network.model, first, network.tokenizer.pad_token_id)

        def run(batch: list[int]) -> torch.Tensor:
            return torch.cat(cut.below([rows[i] for i in batch]))

        close = cut.close
    batches = list(packed_batches([len(row) for row in rows], MAX_TOKENS, worker_count(network.device)))
    try:
        with progress.stage(stage, len(rows)):
            for batch, hidden in parallel_map(run, batches, network.device, network.inference_dtype):
                parts = hidden.to(states.device, dtype).split(lengths[batch].tolist())
                for i, text_states in zip(batch, parts, strict=True):
                    states[starts[i] : starts[i] + lengths[i]] = text_states
                progress.advance(len(batch))
    finally:
        close()
    return FrozenStates(states, starts, lengths, rows)


def _packed(
    network: Network, rows: Sequence[Sequence[int]], first: int
) -> tuple[Callable[[list[int]], torch.Tensor], Callable[[], None]]:
    """Return a function that runs the frozen layers on a batch of concatenated texts, and one that ends it."""
    model: Any = network.model.model
    frozen, dtype = model.layers[:first], network.inference_dtype
    layers: PackedLlamaLayers | PackedGemmaLayers
    if is_llama(network.model):
        layers = PackedLlamaLayers(network.model, frozen, first == len(model.layers), dtype)
    else:
        compiling = is_worthwhile(sum(len(row) for row in rows), network.device)
        layers = PackedGemmaLayers(model, frozen, dtype, compiling=compiling)

    def run(batch: list[int]) -> torch.Tensor:
        ids = torch.tensor([token for i in batch for token in rows[i]], device=network.device)
        packed = PackedSequences.from_lengths([len(rows[i]) for i in batch], network.device)
        return layers(model.embed_tokens(ids), packed)

    return run, lambda: None


def _allocate(
    tokens: int, hidden: int, dtype: torch.dtype, file: Path | None, device: torch.device | None
) -> torch.Tensor:
    if file is None:
        return torch.empty(tokens, hidden, dtype=dtype, device=device or "cpu")
    size = tokens * hidden * dtype.itemsize
    # Reserved now: a disk that becomes full while mapped memory is written would kill the process (SIGBUS).
    with full_disk_named(file), file.open("wb") as stream:
        if hasattr(os, "posix_fallocate") and size:
            os.posix_fallocate(stream.fileno(), 0, size)
    return torch.from_file(str(file), shared=True, size=tokens * hidden, dtype=dtype).view(tokens, hidden)
