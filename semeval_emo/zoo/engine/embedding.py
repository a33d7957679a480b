"""Sentence embeddings by a frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from transformers import AutoModel

from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.weights import silence_transformers
from semeval_emo.zoo.engine.batches import MAX_TOKENS, padded_batches
from semeval_emo.zoo.engine.network import check_length, default_device, position_count
from semeval_emo.zoo.engine.parallel import parallel_map
from semeval_emo.zoo.engine.pretrained import check_vocabulary, load_pretrained, load_tokenizer
from semeval_emo.zoo.recipe import ModelConfig


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """A frozen encoder with its tokenizer."""

    tokenizer: Any
    network: Any

    @classmethod
    def load(cls, backbone: str) -> Self:
        """Load an encoder from a local folder, onto the GPU if there is one."""
        folder = Path(backbone)
        tokenizer = load_tokenizer(folder)
        network = _load_encoder(folder)
        check_vocabulary(tokenizer, network, folder)
        return cls(tokenizer, network.eval().to(default_device()))

    @property
    def parameter_count(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in self.network.parameters())

    def embed(
        self, texts: Sequence[str], model: ModelConfig, progress: Progress, precision: str = "fp32"
    ) -> np.ndarray:
        """Embed texts.

        Args:
            precision: ``fp32`` or ``bf16``, of the matrix products.

        Returns:
            Embeddings of shape (n, hidden), float32, normalized to unit length.

        Raises:
            UsageError: the encoder does not support ``model.max_length``.
        """
        check_length(self.tokenizer, model, position_count(self.network))
        device = self.network.device
        rows = self.tokenizer(list(texts), truncation=True, max_length=model.max_length)["input_ids"]
        embeddings = np.zeros((len(rows), self.network.config.hidden_size), dtype=np.float32)

        def run(batch: list[int]) -> np.ndarray:
            padded = self.tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt").to(device)
            states = self.network(**padded).last_hidden_state
            vectors = pool(states.float(), padded["attention_mask"], model.pooling or "mean")
            normalized: np.ndarray = torch.nn.functional.normalize(vectors, dim=-1).float().cpu().numpy()
            return normalized

        batches = list(padded_batches([len(row) for row in rows], MAX_TOKENS))
        with progress.stage("embedding", len(rows)):
            for batch, vectors in parallel_map(run, batches, device, torch.bfloat16 if precision == "bf16" else None):
                embeddings[batch] = vectors
                progress.advance(len(batch))
        return embeddings


def save_encoder(backbone: str, folder: Path, max_length: int) -> None:
    """Save the encoder of a local folder and its tokenizer, which truncates to `max_length` tokens."""
    source = Path(backbone)
    tokenizer, network = load_tokenizer(source), _load_encoder(source)
    tokenizer.model_max_length = max_length
    with silence_transformers():
        tokenizer.save_pretrained(folder)
        network.save_pretrained(folder)


def _load_encoder(folder: Path) -> Any:
    # A pooler that the files lack is not used.
    return load_pretrained(AutoModel, folder, what="The encoder")


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Pool hidden states into one vector per text.

    Args:
        states: shape (B, T, hidden), padded on the right.
        mask: shape (B, T), 1 where there is a token.
        pooling: ``first`` token, ``last`` token or ``mean``.
    """
    if pooling == "first":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(len(states)), mask.sum(1) - 1]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)
