"""The layers of any network of transformers, cut in two: frozen ones below, trained ones above.

The network runs by its own code, with its own masks and positions; only its layers are skipped. Below the cut, those
above it pass their input on, which is recorded. Above the cut, those below it do, and the recorded states take the
place of what they passed on. So every network whose layers are a list can train its last layers on cached states.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from semeval_emo.zoo.engine.parameter_groups import role_of

BELOW, ABOVE = "below", "above"

MOST_PADDING = 1.3
"""Texts of a batch run together while padding makes at most this many times as many tokens: each part has a cost."""


def layer_list(model: Any) -> torch.nn.ModuleList | None:
    """Return the layers of a network; None if they are not one list."""
    names = {
        found.group(1)
        for name, _ in model.named_parameters()
        if role_of(name).layer is not None and (found := re.match(r"(.*?)\.\d+\.", name))
    }
    if len(names) != 1:
        return None
    layers = model.get_submodule(names.pop())
    return layers if isinstance(layers, torch.nn.ModuleList) else None


def dropouts(model: Any) -> list[str]:
    """Return the names of the rates of dropout that a network has, in its modules or in its configuration."""
    modules = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Dropout) and module.p > 0]
    values = vars(model.config).items()
    return modules + [name for name, value in values if "drop" in name and isinstance(value, float) and value > 0]


class LayerCut:
    """A network cut below its layer `first`; `close` makes it whole again.

    Args:
        first: index of the first layer above the cut, at most that of the last layer.
        pad: id of the padding token.
    """

    def __init__(self, model: Any, first: int, pad: int) -> None:
        self.model, self.first, self.pad = model, first, pad
        layers = layer_list(model)
        assert layers is not None and first < len(layers)
        self.layers = layers
        # The threads of `parallel_map` run batches of one network at the same time.
        self._thread = threading.local()
        # The length of the tuple that a layer returns; 0 if it returns the states alone.
        self._width = 0
        for number, layer in enumerate(layers):
            self._wrap(number, layer)
        device = next(model.parameters()).device
        with torch.inference_mode():
            # A first run shows what a layer returns.
            model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=device) + max(1 - pad, 0),
                  attention_mask=torch.ones(1, 1, dtype=torch.long, device=device))  # fmt: skip

    def close(self) -> None:
        """Make the network whole again."""
        for layer in self.layers:
            del layer.forward

    def _wrap(self, number: int, layer: Any) -> None:
        run, first = layer.forward, self.first

        @functools.wraps(run)
        def forward(hidden_states: torch.Tensor, *rest: Any, **more: Any) -> Any:
            half = getattr(self._thread, "half", "")
            if number == first and half == BELOW:
                self._thread.states = hidden_states
            if (half == BELOW and number >= first) or (half == ABOVE and number < first):
                return (hidden_states, *[None] * (self._width - 1)) if self._width else hidden_states
            if number == first and half == ABOVE:
                hidden_states = self._thread.states
            output = run(hidden_states, *rest, **more)
            if not half:
                self._width = len(output) if isinstance(output, tuple) else 0
            return output

        layer.forward = forward

    def _run(self, half: str, rows: Sequence[Sequence[int]], states: torch.Tensor | None = None) -> Any:
        device = next(self.model.parameters()).device
        ids = pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=self.pad).to(device)
        mask = pad_sequence([torch.ones(len(row), dtype=torch.long) for row in rows], batch_first=True).to(device)
        self._thread.half, self._thread.states = half, states
        try:
            output = self.model(input_ids=ids, attention_mask=mask)
            return self._thread.states if half == BELOW else output.logits
        finally:
            self._thread.half, self._thread.states = "", None

    def below(self, rows: Sequence[Sequence[int]]) -> list[torch.Tensor]:
        """Return the states that reach the layer `first`, of each text: shape (T, hidden).

        Args:
            rows: token ids of each text.
        """
        states = self._run(BELOW, rows)
        return [text[: len(row)] for text, row in zip(states, rows, strict=True)]

    def above(self, rows: Sequence[Sequence[int]], states: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the logits, shape (B, L), of texts with these states below the layer `first`."""
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        parts = []
        for part in _similar(order, [len(row) for row in rows]):
            padded = pad_sequence([states[i] for i in part], batch_first=True)
            parts.append(self._run(ABOVE, [rows[i] for i in part], padded))
        back = torch.empty(len(rows), dtype=torch.long)
        back[order] = torch.arange(len(rows))
        return torch.cat(parts)[back.to(parts[0].device)]


def _similar(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Split texts, the longest first, where padding would exceed `MOST_PADDING`.

    >>> _similar([1, 2, 0], [2, 10, 9])
    [[1, 2], [0]]
    """
    parts: list[list[int]] = []
    tokens = 0
    for i in order:
        padded = lengths[parts[-1][0]] * (len(parts[-1]) + 1) if parts else 0
        if not parts or padded > MOST_PADDING * (tokens + lengths[i]):
            parts.append([])
            tokens = 0
        parts[-1].append(i)
        tokens += lengths[i]
    return parts
