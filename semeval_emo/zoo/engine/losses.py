"""Loss functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from semeval_emo.zoo.recipe import LossConfig

LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def positive_weights(labels: np.ndarray, scope: str) -> np.ndarray | None:
    """Return the weight of positive labels for each emotion.

    Args:
        labels: shape (n, L), 0 or 1, of the training texts; -1 where unknown, which is not counted.
        scope: ``none``, ``per_label`` or ``global``.

    Returns:
        Weights of shape (L,), 1 for an emotion without positives; None with ``none``.

    >>> positive_weights(np.array([[1, 0], [0, 0], [0, 0], [1, 1]]), "per_label").tolist()
    [1.0, 2.0]
    """
    if scope == "none":
        return None
    present, known = (labels > 0).sum(0), (labels >= 0).sum(0)
    if scope == "global":
        present, known = np.full_like(present, present.sum()), np.full_like(known, known.sum())
    share = present / np.maximum(known, 1)
    return np.divide(1.0, 2 * share, out=np.ones_like(share), where=share > 0)


def loss_function(loss: LossConfig, labels: np.ndarray, top: int, device: torch.device) -> LossFunction:
    """Return the loss function of a recipe.

    Args:
        labels: intensities of the training texts, for the weights; -1 where unknown.
        top: the highest intensity.

    Returns:
        A function of logits (B, L) and intensities (B, L) that returns the mean over both axes, or over the known
        cells if there are unknown ones. ``bce`` treats intensities above 0 as positive; ``mse`` compares sigmoids with
        intensities scaled to [0, 1].
    """
    if loss.kind == "mse":

        def compute(logits: torch.Tensor, intensities: torch.Tensor, reduction: str) -> torch.Tensor:
            return functional.mse_loss(torch.sigmoid(logits.float()), intensities / top, reduction=reduction)

    else:
        weights = positive_weights(labels, loss.pos_weight)
        pos_weight = None if weights is None else torch.tensor(weights, dtype=torch.float32, device=device)

        def compute(logits: torch.Tensor, intensities: torch.Tensor, reduction: str) -> torch.Tensor:
            return functional.binary_cross_entropy_with_logits(
                logits.float(), (intensities > 0).float(), pos_weight=pos_weight, reduction=reduction
            )

    def masked_mean(logits: torch.Tensor, intensities: torch.Tensor) -> torch.Tensor:
        known = intensities >= 0
        return (compute(logits, intensities, "none") * known).sum() / known.sum().clamp(min=1)

    if (labels < 0).any():
        return masked_mean
    return lambda logits, intensities: compute(logits, intensities, "mean")
