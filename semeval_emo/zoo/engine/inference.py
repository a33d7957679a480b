"""Predicts with a whole network, without padding: a Llama runs on texts end to end, others on texts of equal length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from semeval_emo.zoo.engine import llama
from semeval_emo.zoo.engine.attention import Packed
from semeval_emo.zoo.engine.batches import of_equal_length, packs
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.rows import probabilities_of
from semeval_emo.zoo.family import Watcher

TOKENS = 1024
"""Tokens in a batch."""


def probabilities(network: Network, texts: Sequence[str], watch: Watcher) -> np.ndarray:
    """Sigmoids of the logits: shape (n, L), float64."""
    return probabilities_of(logits(network, texts, watch))


def logits(network: Network, texts: Sequence[str], watch: Watcher) -> torch.Tensor:
    """What the network says of each text: shape (n, L)."""
    rows = network.tokens(texts)
    found = torch.zeros(len(rows), network.model.config.num_labels, device=network.device)
    model = network.model
    training = model.training
    model.eval()
    watch.begin("predicting", len(rows))
    lengths = [len(row) for row in rows]
    run = _packed(network) if llama.is_llama(model) else _whole(network)
    with torch.inference_mode(), network.autocast():
        for batch in packs(lengths, TOKENS) if llama.is_llama(model) else of_equal_length(lengths, TOKENS):
            found[batch] = run([rows[i] for i in batch]).float()
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
