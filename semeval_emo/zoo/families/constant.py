"""Baselines that do not read the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.files import write_file
from semeval_emo.parse import ShapeError, members, read_json
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.family import Family, Job
from semeval_emo.zoo.recipe import Recipe

FILE = "constant.json"


@dataclass(frozen=True)
class ConstantOptions:
    """The constant prediction.

    Attributes:
        says: ``all``: every emotion at its highest intensity; ``none``: no emotion; ``majority``: the median of
            each emotion over the training texts; ``prevalence``: the share of texts with each emotion (or its
            mean intensity) as the probability.
    """

    says: Literal["all", "none", "majority", "prevalence"] = "all"


class Constant(Family):
    """The same prediction for every text."""

    options_class = ConstantOptions
    values: np.ndarray

    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Compute the constant from the training labels."""
        intensities = np.ma.masked_less(train.labels, 0) / self.space.top
        emotions = len(self.space.emotions)
        self.values = {
            "all": lambda: np.ones(emotions),
            "none": lambda: np.zeros(emotions),
            "majority": lambda: np.ma.median(intensities, axis=0).filled(0).round(),
            "prevalence": lambda: intensities.mean(axis=0).filled(0),
        }[self.recipe.options.says]()

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return the constant for every text: shape (n, L)."""
        return np.tile(self.values, (len(texts), 1))

    def save(self, folder: Path) -> None:
        """Save ``constant.json``."""
        write_file(folder / FILE, json.dumps({"values": self.values.tolist()}) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load a model that `save` wrote."""
        model = cls(recipe, space)
        try:
            model.values = np.array(members(read_json(folder / FILE), "values", float))
        except ShapeError as error:
            raise InputError(f"{folder / FILE} cannot be read: {error}.") from error
        return model
