"""Prediction without padding: a Llama on concatenated texts, other networks on batches of equally long texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from semeval_emo.progress import Progress
from semeval_emo.zoo.engine import llama
from semeval_emo.zoo.engine.attention import PackedSequences
from semeval_emo.zoo.engine.batches import (
    MAX_TOKENS,
    equal_length_batches,
    prefix_sharing_batches,
    shared_prefix_lengths,
)  # fmt: skip
from semeval_emo.zoo.engine.devices import tf32_products
from semeval_emo.zoo.engine.epoch_metrics import to_probabilities
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parallel import parallel_map, worker_count

TokenRows = Sequence[Sequence[int]]

Strategy = tuple[Callable[[TokenRows], Iterator[list[int]]], Callable[[TokenRows], torch.Tensor]]
"""A function that groups texts into batches, and one that computes the logits of a batch."""


class Predictor:
    """Predicts with a network whose weights must not change during its lifetime."""

    def __init__(self, network: Network) -> None:
        self.network = network
        strategy = _packed_llama if llama.is_llama(network.model) else _equal_lengths
        self._batches, self._run = strategy(network)

    def probabilities(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """Return the sigmoids of the logits: shape (n, L), float64."""
        return to_probabilities(self.logits(texts, progress))

    def logits(self, texts: Sequence[str], progress: Progress) -> torch.Tensor:
        """Return the logits of each text: shape (n, L)."""
        network, model = self.network, self.network.model
        rows = network.tokens(texts)
        logits = torch.zeros(len(rows), model.config.num_labels, device=network.device)
        training = model.training
        model.eval()

        def run(batch: list[int]) -> torch.Tensor:
            return self._run([rows[i] for i in batch]).float()

        batches = list(self._batches(rows))
        precision = network.recipe.train.precision
        with progress.stage("predicting", len(rows)), tf32_products(precision, network.device):
            for batch, batch_logits in parallel_map(run, batches, network.device, network.inference_dtype):
                logits[batch] = batch_logits
                progress.advance(len(batch))
        model.train(training)
        return logits


def _equal_lengths(network: Network) -> Strategy:
    """Run the network itself on batches of equally long texts."""

    def batches(rows: TokenRows) -> Iterator[list[int]]:
        return equal_length_batches([len(row) for row in rows], MAX_TOKENS)

    def run(rows: TokenRows) -> torch.Tensor:
        ids = torch.tensor(rows, device=network.device)
        # Without a mask the network would treat padding ids inside a text as padding.
        logits: torch.Tensor = network.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        return logits

    return batches, run


def _packed_llama(network: Network) -> Strategy:
    """Run a Llama's layers on concatenated texts; shared prefixes are computed once."""
    layers = llama.PackedLlamaTail(network.model, 0, network.inference_dtype)

    def batches(rows: TokenRows) -> Iterator[list[int]]:
        return prefix_sharing_batches(rows, MAX_TOKENS, worker_count(network.device))

    def run(rows: TokenRows) -> torch.Tensor:
        shared = shared_prefix_lengths(rows)
        own = [token for row, count in zip(rows, shared, strict=True) for token in row[count:]]
        packed = PackedSequences.from_lengths([len(row) for row in rows], network.device, shared)
        return layers(network.model.model.embed_tokens(torch.tensor(own, device=network.device)), packed)

    return batches, run
