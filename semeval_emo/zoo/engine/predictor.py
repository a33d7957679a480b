"""Predicts with a whole network, without padding: a Llama runs on texts end to end, others on texts of equal length."""

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
)
from semeval_emo.zoo.engine.epoch_metrics import probabilities_of
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parallel import cores, parallel_map

Rows = Sequence[Sequence[int]]


class Predictor:
    """Predicts with a network whose weights do not move while this lives."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._batches, self._run = (_packed if llama.is_llama(network.model) else _whole)(network)

    def probabilities(self, texts: Sequence[str], progress: Progress) -> np.ndarray:
        """Sigmoids of the logits: shape (n, L), float64."""
        return probabilities_of(self.logits(texts, progress))

    def logits(self, texts: Sequence[str], progress: Progress) -> torch.Tensor:
        """What the network says of each text: shape (n, L)."""
        network, model = self.network, self.network.model
        rows = network.tokens(texts)
        found = torch.zeros(len(rows), model.config.num_labels, device=network.device)
        training = model.training
        model.eval()

        def run(batch: list[int]) -> torch.Tensor:
            return self._run([rows[i] for i in batch]).float()

        with progress.stage("predicting", len(rows)):
            for batch, logits in parallel_map(run, list(self._batches(rows)), network.device, network.inference_dtype):
                found[batch] = logits
                progress.advance(len(batch))
        model.train(training)
        return found


Way = tuple[Callable[[Rows], Iterator[list[int]]], Callable[[Rows], torch.Tensor]]
"""Which texts make a batch, and the logits of a batch."""


def _whole(network: Network) -> Way:
    """Texts of one length by the network itself."""

    def batches(rows: Rows) -> Iterator[list[int]]:
        return equal_length_batches([len(row) for row in rows], MAX_TOKENS)

    def run(rows: Rows) -> torch.Tensor:
        ids = torch.tensor(rows, device=network.device)
        # Every token counts; a mask spares the network from guessing by the padding's id.
        said: torch.Tensor = network.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        return said

    return batches, run


def _packed(network: Network) -> Way:
    """Texts of any length by its layers, end to end, those that begin alike with one beginning."""
    whole = llama.Tail(network.model, 0, network.inference_dtype)

    def batches(rows: Rows) -> Iterator[list[int]]:
        return prefix_sharing_batches(rows, MAX_TOKENS, cores(network.device))

    def run(rows: Rows) -> torch.Tensor:
        common = shared_prefix_lengths(rows)
        own = [token for row, same in zip(rows, common, strict=True) for token in row[same:]]
        packed = PackedSequences.of([len(row) for row in rows], network.device, common)
        return whole(network.model.model.embed_tokens(torch.tensor(own, device=network.device)), packed)

    return batches, run
