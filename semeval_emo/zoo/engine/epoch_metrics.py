"""What a line of ``metrics.jsonl`` says of a split, from logits that are there anyway."""

from __future__ import annotations

import numpy as np
import torch

from semeval_emo.zoo.engine.losses import LossFunction
from semeval_emo.zoo.family import Job


def probabilities_of(logits: torch.Tensor) -> np.ndarray:
    """Sigmoids: shape (n, L), float64."""
    return torch.sigmoid(logits.double()).cpu().numpy()


def judged(logits: torch.Tensor, labels: np.ndarray, loss: LossFunction, job: Job) -> dict[str, float]:
    """Figures and loss of a split.

    Args:
        logits: shape (n, L).
        labels: degrees, shape (n, L).
    """
    degrees = torch.tensor(labels, dtype=torch.float32, device=logits.device)
    figures = job.score(labels, probabilities_of(logits))
    return {**figures, "loss": round(float(loss(logits, degrees)), 6)}


def seen(logits: torch.Tensor, labels: np.ndarray, texts: int, job: Job) -> dict[str, dict[str, float]]:
    """Figures of the training texts, from what each step said before it moved the weights.

    Args:
        logits: of the steps of an epoch, shape (n, L), as a step had them: with dropout.
        labels: degrees, shape (n, L).
        texts: of the epoch.

    Returns:
        Nothing where a checkpoint of an older version did not keep what the first steps said.
    """
    return {"train": job.score(labels, probabilities_of(logits))} if len(logits) >= texts else {}
