"""Predicts with a whole network; texts of equal length run together, so nothing is ever padded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from semeval_emo.zoo.engine.batches import of_equal_length
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.family import Watcher

TOKENS = 2048
"""Tokens in a batch."""


def probabilities(network: Network, texts: Sequence[str], watch: Watcher) -> np.ndarray:
    """Sigmoids of the logits: shape (n, L), float64."""
    rows = network.tokens(texts)
    found = np.zeros((len(rows), network.model.config.num_labels))
    model, device = network.model, network.device
    training = model.training
    model.eval()
    watch.begin("predicting", len(rows))
    with torch.inference_mode(), network.autocast():
        for batch in of_equal_length([len(row) for row in rows], TOKENS):
            ids = torch.tensor([rows[i] for i in batch], device=device)
            # Every token counts; a mask spares the network from guessing by the padding's id.
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
            found[batch] = torch.sigmoid(logits.double()).cpu().numpy()
            watch.step(len(batch))
    watch.end()
    model.train(training)
    return found
