"""Pooling of hidden states, and classification networks whose linear head is on the pooled states."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel
from transformers.modeling_outputs import SequenceClassifierOutput

from semeval_emo.zoo.backbones.model_folder import reading_model
from semeval_emo.zoo.engine.pretrained import load_pretrained
from semeval_emo.zoo.engine.wrapper import ModelWrapper

HEAD = "head.safetensors"
"""The weights of the head, beside those of the encoder."""


def pool(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """Pool hidden states into one vector per text.

    Args:
        states: shape (B, T, hidden), padded on the right.
        mask: shape (B, T), 1 where there is a token.
        pooling: ``first`` token, ``last`` token or ``mean``.
    """
    if pooling == "first":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(len(states)), mask.sum(1) - 1]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


class MeanPooled(ModelWrapper):
    """An encoder and a linear head on the mean of the states of its last layer.

    `save_pretrained` writes an ordinary folder of the encoder, which ``AutoModel`` reads, and the head in `HEAD`, which
    `load` reads, too::

        model = MeanPooled.load(folder)
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits      # (n, L)

    """

    pooling: ClassVar[str] = "mean"

    def __init__(self, model: Any, labels: int) -> None:
        super().__init__(model)
        if getattr(model, "pooler", None) is not None:
            # It is not read, so it would be trained without a gradient.
            model.pooler = None
        self.dropout = torch.nn.Dropout(0.0)
        self.score = torch.nn.Linear(self.config.hidden_size, labels)
        torch.nn.init.normal_(self.score.weight, std=getattr(self.config, "initializer_range", 0.02))
        torch.nn.init.zeros_(self.score.bias)

    @classmethod
    def load(cls, folder: str | Path, labels: Mapping[str, Any] | None = None, **arguments: Any) -> Self:
        """Load a folder that `save_pretrained` wrote, or an encoder with a new head.

        Args:
            labels: fields of the configuration that describe the labels of a new head.
            arguments: of `load_pretrained` of the encoder.

        Raises:
            InputError: it cannot be loaded.
        """
        folder = Path(folder)
        base = load_pretrained(AutoModel, folder, what="The backbone", **arguments, **(labels or {}))
        network = cls(base, base.config.num_labels)
        if labels is None:
            network.load_head(folder)
        return network

    def load_head(self, folder: Path) -> None:
        """Load the weights of the head.

        Raises:
            InputError: they cannot be read, or are those of another head.
        """
        with reading_model(folder, "The head"):
            self.score.load_state_dict(load_file(folder / HEAD))

    def save_pretrained(self, folder: str | Path, **arguments: Any) -> None:
        """Save the encoder and the head."""
        self.model.save_pretrained(folder, **arguments)
        save_file({name: tensor.contiguous() for name, tensor in self.score.state_dict().items()}, Path(folder) / HEAD)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor | None = None, **rest: Any
    ) -> SequenceClassifierOutput:
        """Return the logits, shape (B, L), of texts padded on the right; with labels also the loss (BCE)."""
        states = self.model(input_ids=input_ids, attention_mask=attention_mask, **rest).last_hidden_state
        pooled = pool(states.float(), attention_mask, self.pooling)
        logits = self.score(self.dropout(pooled))
        loss = None if labels is None else torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.float())
        return SequenceClassifierOutput(loss=loss, logits=logits)


class FirstTokenPooled(MeanPooled):
    """An encoder and a linear head on the state of its first token, without the dense layer of Hugging Face's class."""

    pooling = "first"
