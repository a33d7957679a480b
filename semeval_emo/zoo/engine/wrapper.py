"""A network around a model of transformers."""

from __future__ import annotations

from typing import Any

import torch


class ModelWrapper(torch.nn.Module):
    """A network that the Trainer can treat as the model inside.

    Attributes:
        model: a model of transformers, of any class.
    """

    model: Any

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    @property
    def supports_gradient_checkpointing(self) -> bool:
        """Whether the model can compute the states of its layers again in the backward pass."""
        return bool(self.model.supports_gradient_checkpointing)

    def activation_checkpointing_enable(self, **arguments: Any) -> None:
        """Let the model do so; the Trainer calls this with `train.gradient_checkpointing`."""
        self.model.activation_checkpointing_enable(**arguments)

    def get_input_embeddings(self) -> Any:
        """Return the embeddings of the model's tokens."""
        return self.model.get_input_embeddings()
