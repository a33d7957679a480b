"""Loss functions, weights of positive labels, and unknown labels, which do not count."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from semeval_emo.zoo.engine.losses import loss_function, positive_weights
from semeval_emo.zoo.recipe import LossConfig

CPU = torch.device("cpu")


def test_positive_weights_equal_those_of_scikit_learn():
    labels = (np.random.default_rng(0).random((50, 3)) < (0.1, 0.5, 0.9)).astype(np.int8)
    expected = [compute_class_weight("balanced", classes=np.array([0, 1]), y=labels[:, i])[1] for i in range(3)]
    assert positive_weights(labels, "per_label") == pytest.approx(expected)
    flat = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels.ravel())[1]
    assert positive_weights(labels, "global") == pytest.approx([flat] * 3)
    assert positive_weights(labels, "none") is None


def test_losses_computed_by_hand():
    logits, intensities = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    labels = np.array([[1, 0], [0, 0], [0, 1], [0, 1]])
    plain = loss_function(LossConfig(), labels, 1, CPU)(logits, intensities)
    assert float(plain) == pytest.approx((np.log(2) + np.log1p(np.exp(2.0))) / 2)
    weighted = loss_function(LossConfig(pos_weight="per_label"), labels, 1, CPU)(logits, intensities)
    assert float(weighted) == pytest.approx((2 * np.log(2) + np.log1p(np.exp(2.0))) / 2)
    squared = loss_function(LossConfig("mse"), labels, 3, CPU)(logits, intensities)
    assert float(squared) == pytest.approx(((0.5 - 1 / 3) ** 2 + (1 / (1 + np.exp(-2.0))) ** 2) / 2)


@pytest.mark.parametrize("kind", ["bce", "mse"])
def test_the_loss_is_a_mean_over_known_cells(kind: str):
    top = 3
    draw = np.random.default_rng(3)
    y = draw.integers(0, top + 1, (120, 3))
    given = np.where(draw.random(y.shape) < [0.2, 0.0, 0.5], -1, y)
    logits = torch.tensor(draw.normal(size=y.shape), dtype=torch.float32, requires_grad=True)
    loss = loss_function(LossConfig(kind=kind), given, top, CPU)(logits, torch.tensor(given, dtype=torch.float32))
    known = torch.tensor(given >= 0)
    known_logits, gold = logits[known], torch.tensor(y, dtype=torch.float32)[known]
    if kind == "mse":
        expected = ((torch.sigmoid(known_logits) - gold / top) ** 2).mean()
    else:
        expected = functional.binary_cross_entropy_with_logits(known_logits, (gold > 0).float())
    assert float(loss.detach()) == pytest.approx(float(expected.detach()))
    loss.backward()
    assert (logits.grad[~known] == 0).all() and (logits.grad[known] != 0).all()


def test_a_batch_without_known_labels_has_no_gradient():
    given = np.full((2, 3), -1)
    logits = torch.zeros(2, 3, requires_grad=True)
    loss = loss_function(LossConfig(), given, 1, CPU)(logits, torch.tensor(given, dtype=torch.float32))
    loss.backward()
    assert float(loss.detach()) == 0 and not logits.grad.any()


def test_positive_weights_count_known_labels_only():
    labels = np.array([[1, 0], [0, -1], [0, 1], [-1, 0]])
    assert positive_weights(labels, "per_label") == pytest.approx([3 / 2, 3 / 2])
    assert positive_weights(labels, "global") == pytest.approx([6 / 4, 6 / 4])
