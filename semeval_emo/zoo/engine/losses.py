"""What is minimised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from semeval_emo.zoo.recipe import LossConfig

LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def positive_weights(labels: np.ndarray, how: str) -> np.ndarray | None:
    """Weight of the positive side of each emotion.

    Args:
        labels: shape (n, L), 0 or 1, of the training texts; -1 where unknown, which counts on neither side.
        how: ``none``, ``per_label`` or ``global``.

    Returns:
        Weights of shape (L,), or None for none. An emotion without positives weighs 1.

    >>> positive_weights(np.array([[1, 0], [0, 0], [0, 0], [1, 1]]), "per_label").tolist()
    [1.0, 2.0]
    """
    if how == "none":
        return None
    present, known = (labels > 0).sum(0), (labels >= 0).sum(0)
    if how == "global":
        present, known = np.full_like(present, present.sum()), np.full_like(known, known.sum())
    share = present / np.maximum(known, 1)
    return np.divide(1.0, 2 * share, out=np.ones_like(share), where=share > 0)


def loss_function(loss: LossConfig, labels: np.ndarray, top: int, device: torch.device) -> LossFunction:
    """The loss of a recipe.

    Args:
        labels: degrees of the training texts, for weights.
        top: the highest degree.

    Returns:
        A function of logits (B, L) and degrees (B, L) to a mean over both, or over the cells that are
        known where some are not. Degrees above 0 are "present" for ``bce``; ``mse`` compares sigmoids
        with degrees scaled to [0, 1].
    """
    if loss.kind == "mse":

        def each(logits: torch.Tensor, degrees: torch.Tensor, reduction: str) -> torch.Tensor:
            return functional.mse_loss(torch.sigmoid(logits.float()), degrees / top, reduction=reduction)

    else:
        found = positive_weights(labels, loss.pos_weight)
        weights = None if found is None else torch.tensor(found, dtype=torch.float32, device=device)

        def each(logits: torch.Tensor, degrees: torch.Tensor, reduction: str) -> torch.Tensor:
            return functional.binary_cross_entropy_with_logits(
                logits.float(), (degrees > 0).float(), pos_weight=weights, reduction=reduction
            )

    def known_only(logits: torch.Tensor, degrees: torch.Tensor) -> torch.Tensor:
        known = degrees >= 0
        return (each(logits, degrees, "none") * known).sum() / known.sum().clamp(min=1)

    if (labels < 0).any():
        return known_only
    return lambda logits, degrees: each(logits, degrees, "mean")
