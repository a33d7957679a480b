"""Vectors of texts from a frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from semeval_emo.zoo.engine.batches import by_length
from semeval_emo.zoo.engine.network import check_length
from semeval_emo.zoo.engine.quiet import quietly
from semeval_emo.zoo.family import Watcher
from semeval_emo.zoo.recipe import Model

TOKENS = 4096
"""Tokens in a batch, padding included."""


def embed(backbone: str, texts: Sequence[str], model: Model, watch: Watcher) -> tuple[np.ndarray, int]:
    """Embeds texts, those of like length together.

    Args:
        backbone: a local folder.

    Returns:
        Vectors of shape (n, hidden), float32, of unit length; and the encoder's number of parameters.

    Raises:
        UsageError: the encoder does not take texts of that length.
    """
    with quietly():
        tokenizer = AutoTokenizer.from_pretrained(backbone, local_files_only=True)
        check_length(tokenizer, model)
        encoder = AutoModel.from_pretrained(backbone, local_files_only=True).eval()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder.to(device)
    rows = tokenizer(list(texts), truncation=True, max_length=model.max_length)["input_ids"]
    found = np.zeros((len(rows), encoder.config.hidden_size), dtype=np.float32)
    watch.begin("embedding", len(rows))
    with torch.inference_mode():
        for batch in by_length([len(row) for row in rows], TOKENS):
            padded = tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt").to(device)
            states = encoder(**padded).last_hidden_state
            vectors = pool(states, padded["attention_mask"], model.pooling or "mean")
            found[batch] = torch.nn.functional.normalize(vectors, dim=-1).float().cpu().numpy()
            watch.step(len(batch))
    watch.end()
    return found, sum(p.numel() for p in encoder.parameters())


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
