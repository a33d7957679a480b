"""The metrics of an epoch in ``metrics.jsonl``, computed from logits."""

from __future__ import annotations

import numpy as np
import torch

from semeval_emo.zoo.engine.losses import LossFunction
from semeval_emo.zoo.family import Job


def to_probabilities(logits: torch.Tensor) -> np.ndarray:
    """Return the sigmoids: shape (n, L), float64."""
    # On the CPU: the GPU of a Mac has no float64.
    return torch.sigmoid(logits.cpu().double()).numpy()


def to_shares(logits: torch.Tensor) -> np.ndarray:
    """Return the softmax over the labels: shape (n, L), float64."""
    return torch.softmax(logits.cpu().double(), dim=-1).numpy()


def eval_metrics(logits: torch.Tensor, labels: np.ndarray, loss: LossFunction, job: Job) -> dict[str, float]:
    """Return the scores and the loss of a split.

    Args:
        logits: shape (n, L).
        labels: intensities, shape (n, L).
    """
    intensities = torch.tensor(labels, dtype=torch.float32, device=logits.device)
    scores = job.score(labels, to_probabilities(logits))
    return {**scores, "loss": round(float(loss(logits, intensities)), 6)}


def train_metrics(logits: torch.Tensor, labels: np.ndarray, texts: int, job: Job) -> dict[str, dict[str, float]]:
    """Return the scores of the training texts, from the logits of each training step.

    Args:
        logits: of the steps of an epoch, shape (n, L); computed before each step's update and with dropout.
        labels: intensities, shape (n, L).
        texts: number of texts in the epoch.

    Returns:
        ``{"train": scores}``; empty if logits are missing, after resuming from a checkpoint of an older version.
    """
    return {"train": job.score(labels, to_probabilities(logits))} if len(logits) >= texts else {}
