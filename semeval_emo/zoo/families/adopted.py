"""Classification models of other people, used as they are: a Hugging Face folder or a model on the hub."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np

from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.classifier import MULTI_LABEL, own_labels
from semeval_emo.zoo.backbones.model_folder import CONFIG, read_table, weight_files
from semeval_emo.zoo.backbones.weights import find_backbone
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.families.transformer import Transformer, wrong_labels
from semeval_emo.zoo.family import Job, ParameterCounts
from semeval_emo.zoo.recipe import non_empty
from semeval_emo.zoo.runs.model import MODEL_INFO

if TYPE_CHECKING:
    from semeval_emo.task import Task
    from semeval_emo.zoo.dataset.examples import Space
    from semeval_emo.zoo.recipe import Recipe


@dataclass(frozen=True)
class AdoptedOptions:
    """The outputs of the model.

    Attributes:
        labels: the name of each output: an emotion, or a label that is left out.
        activation: ``sigmoid`` for labels of their own, ``softmax`` for one label of all.
    """

    labels: Annotated[tuple[str, ...], non_empty] = ()
    activation: Literal["sigmoid", "softmax"] = "sigmoid"


class Adopted(Transformer):
    """A trained network that is not trained any further; ``model.backbone`` is its folder or its name on the hub."""

    options_class: ClassVar[type] = AdoptedOptions
    recipe_sections: ClassVar[frozenset[str]] = frozenset({"model", "train"})
    supports_distributed: ClassVar[bool] = False
    trains_on_splits: ClassVar[bool] = False

    def prepare(self, progress: Progress) -> None:
        """Find the model."""
        find_backbone(self.recipe.model.backbone, progress)

    def dependency_hashes(self, run: Path, data: dict[str, str], task: Task) -> dict[str, str]:
        """Return the hash of the model's files, so that a run of another model is not continued."""
        folder = find_backbone(self.recipe.model.backbone, Progress())
        digest = hashlib.sha256()
        for path in (folder / CONFIG, *weight_files(folder)):
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return {"model": digest.hexdigest()[:16]}

    def fit(self, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        """Load the model; nothing is trained."""
        from semeval_emo.zoo.engine.network import load_classifier

        folder = find_backbone(self.recipe.model.backbone, job.progress)
        self.network = load_classifier(folder, self.recipe, self.recipe.options.labels)
        if self.recipe.options.activation == "sigmoid":
            # So that Hugging Face's pipeline applies it, too.
            self.network.model.config.problem_type = MULTI_LABEL

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> Self:
        """Load a model that `save` wrote, or one of someone else."""
        from semeval_emo.zoo.engine.network import load_classifier

        adopted, labels = cls(recipe, space), recipe.options.labels
        stored = own_labels(read_table(folder / CONFIG), folder / CONFIG)
        if (folder / MODEL_INFO).exists() and stored != labels:
            raise wrong_labels(folder, stored, labels)
        adopted.network = load_classifier(folder, recipe, labels)
        config = adopted.network.model.config
        if config.pad_token_id is None:
            # Texts are predicted without padding, and every token counts.
            config.pad_token_id = -1
        return adopted

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Return the probabilities of the emotions: shape (n, L), float64."""
        from semeval_emo.zoo.engine.epoch_metrics import to_probabilities, to_shares

        options = self.recipe.options
        logits = self._predictor.logits(texts, progress or Progress())
        probabilities = to_probabilities(logits) if options.activation == "sigmoid" else to_shares(logits)
        return probabilities[:, [options.labels.index(emotion) for emotion in self.space.emotions]]

    def parameter_counts(self) -> ParameterCounts:
        """Return the number of parameters; none is trained here."""
        return ParameterCounts(0, self.network.parameter_counts.total)
