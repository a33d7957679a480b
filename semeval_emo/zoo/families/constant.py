"""Floors: systems that read no text. What scores below them has learned nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np

from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.family import Family, Job
from semeval_emo.zoo.recipe import Recipe

FILE = "constant.json"


@dataclass(frozen=True)
class Options:
    """What is said of every text.

    Attributes:
        says: ``all`` says every emotion at its highest degree; ``none`` says none; ``majority`` says
            of each emotion what most training texts say; ``prevalence`` gives its share (or its mean
            degree) as the probability.
    """

    says: Literal["all", "none", "majority", "prevalence"] = "all"


class Constant(Family):
    """The same answer for every text."""

    Options = Options
    values: np.ndarray

    def fit(self, train: Examples, judged: dict[str, Examples], job: Job) -> None:
        """Looks at the labels alone."""
        degrees = np.ma.masked_less(train.labels, 0) / self.space.top
        emotions = len(self.space.emotions)
        self.values = {
            "all": lambda: np.ones(emotions),
            "none": lambda: np.zeros(emotions),
            "majority": lambda: np.ma.median(degrees, axis=0).filled(0).round(),
            "prevalence": lambda: degrees.mean(axis=0).filled(0),
        }[self.recipe.options.says]()

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """The same row for every text."""
        return np.tile(self.values, (len(texts), 1))

    def save(self, folder: Path) -> None:
        """Writes the row."""
        write_file(folder / FILE, json.dumps({"values": self.values.tolist()}) + "\n")

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Reads the row."""
        model = cls(recipe, space)
        model.values = np.array(json.loads((folder / FILE).read_text("utf-8"))["values"])
        return model
