"""Predicts with a whole network, without padding: a Llama runs on texts end to end, others on texts of equal length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from semeval_emo.zoo.engine import llama
from semeval_emo.zoo.engine.abreast import abreast
from semeval_emo.zoo.engine.attention import Packed
from semeval_emo.zoo.engine.batches import TOKENS, of_equal_length, packs
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.rows import probabilities_of
from semeval_emo.zoo.family import Watcher


class Predictor:
    """Predicts with a network whose weights do not move while this lives."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._batches, self._run = (packs, _packed(network)) if llama.is_llama(network.model) else (
            of_equal_length, _whole(network),
        )  # fmt: skip

    def probabilities(self, texts: Sequence[str], watch: Watcher) -> np.ndarray:
        """Sigmoids of the logits: shape (n, L), float64."""
        return probabilities_of(self.logits(texts, watch))

    def logits(self, texts: Sequence[str], watch: Watcher) -> torch.Tensor:
        """What the network says of each text: shape (n, L)."""
        network, model = self.network, self.network.model
        rows = network.tokens(texts)
        found = torch.zeros(len(rows), model.config.num_labels, device=network.device)
        training = model.training
        model.eval()
        watch.begin("predicting", len(rows))
        batches = list(self._batches([len(row) for row in rows], TOKENS))

        def run(batch: list[int]) -> torch.Tensor:
            return self._run([rows[i] for i in batch]).float()

        for batch, logits in abreast(run, batches, network.device, network.fixed):
            found[batch] = logits
            watch.step(len(batch))
        watch.end()
        model.train(training)
        return found


def _whole(network: Network) -> Callable[[list[list[int]]], torch.Tensor]:
    """Logits of texts of one length by the network itself."""

    def run(rows: list[list[int]]) -> torch.Tensor:
        ids = torch.tensor(rows, device=network.device)
        # Every token counts; a mask spares the network from guessing by the padding's id.
        said: torch.Tensor = network.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        return said

    return run


def _packed(network: Network) -> Callable[[list[list[int]]], torch.Tensor]:
    """Logits of texts of any length by its layers, the texts end to end."""
    whole = llama.Tail(network.model, 0, network.fixed)

    def run(rows: list[list[int]]) -> torch.Tensor:
        ids = torch.tensor([token for row in rows for token in row], device=network.device)
        packed = Packed.of([len(row) for row in rows], network.device)
        return whole(network.model.model.embed_tokens(ids), packed)

    return run
