"""Vectors of texts from a frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.quiet import quietly
from semeval_emo.zoo.engine.batches import TOKENS, by_length
from semeval_emo.zoo.engine.network import check_length
from semeval_emo.zoo.engine.parallel import parallel_map
from semeval_emo.zoo.recipe import ModelConfig


@dataclass(frozen=True, eq=False)
class Encoder:
    """A frozen encoder with its tokenizer."""

    tokenizer: Any
    network: Any

    @classmethod
    def load(cls, backbone: str) -> Self:
        """Loads it from a local folder, to the GPU where there is one."""
        with quietly():
            tokenizer = AutoTokenizer.from_pretrained(backbone, local_files_only=True)
            network = AutoModel.from_pretrained(backbone, local_files_only=True).eval()
        return cls(tokenizer, network.to("cuda" if torch.cuda.is_available() else "cpu"))

    @property
    def size(self) -> int:
        """How many parameters it has."""
        return sum(p.numel() for p in self.network.parameters())

    def embed(
        self, texts: Sequence[str], model: ModelConfig, progress: Progress, precision: str = "fp32"
    ) -> np.ndarray:
        """Embeds texts, those of like length together.

        Args:
            precision: ``fp32`` or ``bf16``, of the matrix products.

        Returns:
            Vectors of shape (n, hidden), float32, of unit length.

        Raises:
            UsageError: the encoder does not take texts of that length.
        """
        check_length(self.tokenizer, model)
        device = self.network.device
        rows = self.tokenizer(list(texts), truncation=True, max_length=model.max_length)["input_ids"]
        found = np.zeros((len(rows), self.network.config.hidden_size), dtype=np.float32)

        def run(batch: list[int]) -> np.ndarray:
            padded = self.tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt").to(device)
            states = self.network(**padded).last_hidden_state
            vectors = pool(states.float(), padded["attention_mask"], model.pooling or "mean")
            unit: np.ndarray = torch.nn.functional.normalize(vectors, dim=-1).float().cpu().numpy()
            return unit

        batches = list(by_length([len(row) for row in rows], TOKENS))
        with progress.stage("embedding", len(rows)):
            for batch, vectors in parallel_map(run, batches, device, torch.bfloat16 if precision == "bf16" else None):
                found[batch] = vectors
                progress.advance(len(batch))
        return found


def save_encoder(backbone: str, folder: Path) -> None:
    """Copies an encoder and its tokenizer, whatever else lies beside them.

    Args:
        backbone: a local folder.
    """
    with quietly():
        AutoTokenizer.from_pretrained(backbone, local_files_only=True).save_pretrained(folder)
        AutoModel.from_pretrained(backbone, local_files_only=True).save_pretrained(folder)


def pool(states: torch.Tensor, mask: torch.Tensor, how: str) -> torch.Tensor:
    """One vector a text: of its first token, its last one, or the mean.

    Args:
        states: shape (B, T, hidden), padded on the right.
        mask: shape (B, T), 1 where there is a token.
    """
    if how == "first":
        return states[:, 0]
    if how == "last":
        return states[torch.arange(len(states)), mask.sum(1) - 1]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)
