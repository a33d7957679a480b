"""What the frozen layers make of each text, computed once and kept without padding.

Exact, since nothing below the cut has dropout or moves: the same text gives the same activations in
every epoch. A network without trained layers keeps only its last tokens.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from semeval_emo.progress import Progress
from semeval_emo.zoo.engine.attention import PackedSequences
from semeval_emo.zoo.engine.batches import MAX_TOKENS, packed_batches
from semeval_emo.zoo.engine.llama import Body
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parallel import cores, parallel_map

MEGABYTE = 2**20


@dataclass(frozen=True)
class Room:
    """How much the activations need, and where they fit.

    Attributes:
        bytes: of all splits together.
        place: ``memory``, ``disk`` or ``nowhere``.
        why: what keeps them out; empty where they fit.
    """

    bytes: int
    place: str
    why: str = ""

    def __str__(self) -> str:
        size = f"{self.bytes / MEGABYTE:,.0f} MB" if self.bytes >= MEGABYTE else "less than 1 MB"
        return size + {"memory": " in memory", "disk": " in a file", "nowhere": ""}[self.place]


@dataclass(frozen=True, eq=False)
class Prefix:
    """Activations of many texts, end to end.

    Attributes:
        states: shape (all tokens, hidden).
        starts: where each text begins, shape (n + 1,).
    """

    states: torch.Tensor
    starts: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Tokens kept of each text, shape (n,)."""
        return np.diff(self.starts)

    def of(self, texts: Sequence[int], device: torch.device) -> tuple[torch.Tensor, list[int]]:
        """Activations of some texts end to end, and their lengths."""
        pieces = [self.states[self.starts[i] : self.starts[i + 1]] for i in texts]
        return torch.cat(pieces).to(device), [len(piece) for piece in pieces]


def room_for(tokens: int, hidden: int, size: int, memory_mb: int, disk_mb: int, folder: Path) -> Room:
    """Where so many activations fit.

    Args:
        tokens: kept in all.
        size: bytes of a number.
        memory_mb, disk_mb: the recipe's limits.
        folder: where a file would lie.

    >>> room_for(1_000_000, 512, 4, 1024, 4096, Path(".")).place
    'disk'
    >>> room_for(1_000_000, 512, 4, 1024, 1024, Path(".")).place
    'nowhere'
    """
    need = tokens * hidden * size
    if need <= memory_mb * MEGABYTE:
        return Room(need, "memory")
    free = shutil.disk_usage(folder).free
    if need > disk_mb * MEGABYTE:
        why = f"more than train.cache_mb={memory_mb} and train.cache_disk_mb={disk_mb} allow"
        return Room(need, "nowhere", why)
    if need > 0.9 * free:
        return Room(need, "nowhere", f"the disk has {free / MEGABYTE:,.0f} MB free")
    return Room(need, "disk")


def compute(
    network: Network, rows: Sequence[Sequence[int]], first: int, file: Path | None, progress: Progress, what: str
) -> Prefix:
    """Runs the frozen layers over texts, those of like length together.

    Args:
        rows: token ids of each text.
        first: number of the first layer that moves; the number of layers where none does.
        file: where to keep them, memory-mapped; None for memory.
        what: named in the progress bar.
    """
    body: Any = network.model.model
    only_last = first == len(body.layers)
    lengths = [1 if only_last else len(row) for row in rows]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    kind = network.inference_dtype or torch.float32
    states = _empty(int(starts[-1]), network.model.config.hidden_size, kind, file)
    frozen = Body(network.model, body.layers[:first], last=only_last, fixed=network.inference_dtype)

    def run(batch: list[int]) -> torch.Tensor:
        ids = torch.tensor([token for i in batch for token in rows[i]], device=network.device)
        packed = PackedSequences.of([len(rows[i]) for i in batch], network.device)
        return frozen(body.embed_tokens(ids), packed).to(kind).cpu()

    batches = list(packed_batches([len(row) for row in rows], MAX_TOKENS, cores(network.device)))
    with progress.stage(what, len(rows)):
        for batch, hidden in parallel_map(run, batches, network.device, network.inference_dtype):
            for i, one in zip(batch, hidden.split([lengths[i] for i in batch]), strict=True):
                states[starts[i] : starts[i + 1]] = one
            progress.advance(len(batch))
    return Prefix(states, starts)


def _empty(tokens: int, hidden: int, kind: torch.dtype, file: Path | None) -> torch.Tensor:
    if file is None:
        return torch.empty(tokens, hidden, dtype=kind)
    return torch.from_file(str(file), shared=True, size=tokens * hidden, dtype=kind).view(tokens, hidden)
