"""Fine-tuning by folds: a network for each fold, which predicts the texts that it was not trained on.

The networks have the same frozen parameters, whose output is computed once for all of them where it can be cached. A
text without a fold is predicted by the mean of all networks, so none is trained on everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import make_folder, write_file
from semeval_emo.parse import read_json
from semeval_emo.progress import Progress
from semeval_emo.zoo import distributed
from semeval_emo.zoo.backbones.model_folder import reading_model
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.engine.checkpoint import copy_weights, reading_checkpoint
from semeval_emo.zoo.engine.devices import tf32_products
from semeval_emo.zoo.engine.epoch_metrics import to_probabilities
from semeval_emo.zoo.engine.finetune import (
    first_trained_layer,
    fit,
    frozen_inputs,
    prefix_obstacle,
    remove_states,
    warn_of_slow_bf16,
)
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states
from semeval_emo.zoo.engine.losses import loss_function
from semeval_emo.zoo.engine.network import Network, build, load
from semeval_emo.zoo.engine.predictor import Predictor
from semeval_emo.zoo.engine.tail_trainer import TailInputs, TailTrainer, make_tail, tail_logits
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import Recipe

Weights = dict[str, torch.Tensor]
"""Trained parameters of a network, by name."""

PREDICTED, ROWS = "predicted.safetensors", "rows.json"
"""The predictions of a finished fold for its texts, and its epochs, beside its weights."""
CHUNK = 4096
"""Texts whose frozen states are in memory at once."""


def fold_file(fold: int) -> str:
    """Return the file with the trained parameters of a fold's network (from 0), in a model folder."""
    return f"fold-{fold + 1}.safetensors"


@dataclass
class FoldJob:
    """The part of a training run that trains one fold: its checkpoints have a folder of their own."""

    run: Job
    work: Path
    rows: Sequence[dict[str, Any]] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.run, name)

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Record the epochs of this fold."""
        self.rows = rows
        self.run.record(rows)


@dataclass(frozen=True, eq=False)
class FoldNetworks:
    """The networks of all folds: one network, and the trained parameters of each fold."""

    network: Network
    weights: Sequence[Weights]

    def probabilities(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """Return the mean probabilities of all networks: shape (n, L), float64."""
        if prefix_obstacle(self.network):
            each = [Predictor(network).probabilities(texts, progress) for network in self._networks()]
            return np.mean(each, axis=0)
        chunks = [self._by_states(texts[start : start + CHUNK], progress) for start in range(0, len(texts), CHUNK)]
        return np.concatenate([np.empty((0, self.network.model.config.num_labels)), *chunks])

    def _by_states(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """Return mean probabilities; the output of the frozen layers is computed once for all networks."""
        network, first = self.network, first_trained_layer(self.network)
        network.model.eval()
        frozen = compute_frozen_states(network, network.tokens(texts), first, None, progress, "predicting")
        each = []
        for one in self._networks():
            tail = make_tail(one, first, int(frozen.lengths.sum()))
            each.append(to_probabilities(tail_logits(one, tail, frozen)))
            tail.close()
        return np.mean(each, axis=0)

    def _networks(self) -> Iterator[Network]:
        """Yield the network of each fold; it is the same object, with other parameters."""
        parameters = trained_parameters(self.network)
        for weights in self.weights:
            copy_weights(weights, parameters)
            yield self.network

    def save(self, folder: Path) -> None:
        """Save the network of the first fold as an ordinary folder, and the parameters of all folds."""
        next(self._networks()).save(folder)
        for fold, weights in enumerate(self.weights):
            write_file(folder / fold_file(fold), save(weights))

    @classmethod
    def load(cls, folder: Path, recipe: Recipe, space: Space) -> FoldNetworks:
        """Load what `save` wrote.

        Raises:
            InputError: a file cannot be read, or does not fit the network.
        """
        network = load(folder, recipe, space)
        shapes = {name: p.shape for name, p in trained_parameters(network).items()}
        files = sorted(folder.glob("fold-*.safetensors"), key=lambda file: int(file.stem.removeprefix("fold-")))
        folds = []
        for file in files:
            with reading_model(file):
                folds.append(load_file(file))
            if {name: weight.shape for name, weight in folds[-1].items()} != shapes:
                raise InputError(f"{file} has other weights than the network beside it.", "copy the whole folder again")
        if not folds:
            raise InputError(f"{folder} has no {fold_file(0)}.", "copy the whole folder again")
        return cls(network, folds)


def trained_parameters(network: Network) -> dict[str, torch.nn.Parameter]:
    """Return the trainable parameters of a network, by name."""
    return {name: p for name, p in network.model.named_parameters() if p.requires_grad}


def fit_folds(recipe: Recipe, space: Space, train: Examples, job: Job) -> FoldNetworks:
    """Train a network for each fold; save and score what they predict for the texts they were not trained on.

    Raises:
        UsageError: training is distributed over several processes.
    """
    if distributed.world_size() > 1:
        raise UsageError(
            f"Recipe {recipe.name}: folds cannot be trained by several processes.",
            "start one process, or select on dev",
        )
    network = build(recipe, space, job.progress)
    warn_of_slow_bf16(recipe, network, job)
    with tf32_products(recipe.train.precision, network.device):
        return _fit_each(network, space, train, job)


def _fit_each(network: Network, space: Space, train: Examples, job: Job) -> FoldNetworks:
    """Train the folds that are not finished, one after the other."""
    recipe, folds = network.recipe, train.folds
    assert folds is not None
    inputs = frozen_inputs(network, {"train": train}, job)
    start = {name: p.detach().clone() for name, p in trained_parameters(network).items()}
    probabilities = np.zeros((folds.n_predicted, train.labels.shape[1]))
    weights, epochs = [], []
    for fold, (train_rows, held_out) in enumerate(folds):
        work = job.work / f"fold-{fold + 1}"
        make_folder(work)
        part = FoldJob(job, work)
        if not (work / ROWS).exists():
            job.progress.message(f"fold {fold + 1} of {folds.n_folds}: training on {len(train_rows):,} texts")
            own = Examples(tuple(train.texts[i] for i in train_rows), train.labels[train_rows])
            if inputs is None:
                network = fit(recipe, space, own, {}, part)
                predicted = Predictor(network).probabilities([train.texts[i] for i in held_out], job.progress)
            else:
                copy_weights(start, trained_parameters(network))
                predicted = _train_tail(network, inputs["train"], train_rows, held_out, own, space, part)
            trained = {name: p.detach().cpu() for name, p in trained_parameters(network).items()}
            write_file(work / fold_file(fold), save(trained))
            write_file(work / PREDICTED, save({PREDICTED: torch.from_numpy(predicted)}))
            # Written last: the fold is complete.
            write_file(work / ROWS, json.dumps(list(part.rows)) + "\n")
        with reading_checkpoint(work):
            probabilities[held_out] = load_file(work / PREDICTED)[PREDICTED].numpy()
            weights.append(load_file(work / fold_file(fold)))
            epochs.append(read_json(work / ROWS))
    remove_states(job)
    job.save_out_of_fold(probabilities)
    rows = [
        {"epoch": each[0]["epoch"], "loss": round(float(np.mean([row["loss"] for row in each])), 6)}
        for each in zip(*epochs, strict=True)
    ]
    rows[-1][FOLDS] = job.score_out_of_fold(train.labels[: folds.n_predicted], probabilities, folds)
    job.record(rows)
    job.progress.epoch(rows[-1])
    return FoldNetworks(network, weights)


def _train_tail(
    network: Network, inputs: TailInputs, train_rows: np.ndarray, held_out: np.ndarray, own: Examples, space: Space,
    job: Job,
) -> np.ndarray:  # fmt: skip
    """Train the last layers on the cached states of a fold; return the probabilities of the held-out texts."""
    loss = loss_function(network.recipe.loss, own.labels, space.top, network.device)
    trainer = TailTrainer(
        network, first_trained_layer(network), TailInputs(inputs.frozen.select(train_rows), own), loss
    )
    trainer.run({}, job)
    frozen = inputs.frozen.select(held_out)
    tail = make_tail(network, first_trained_layer(network), int(frozen.lengths.sum()))
    predicted = to_probabilities(tail_logits(network, tail, frozen))
    tail.close()
    return predicted
