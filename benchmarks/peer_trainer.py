"""Training with Hugging Face's Trainer, as the baselines of bench_train.py, and the clock for all measurements."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones.weights import silence_transformers
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import schedule
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.parameter_groups import optimizer_groups
from semeval_emo.zoo.recipe import Recipe

NOTEBOOK, FUSED, BEST = (
    "Trainer, padded to 128, plain AdamW", "Trainer, padded to 128, fused AdamW",
    "Trainer at its best: dynamic padding, fused AdamW",
)  # fmt: skip


@dataclass
class Clock:
    """Wall time and CPU time in seconds, by activity."""

    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    work: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Measure a block."""
        wall, work = time.perf_counter(), time.process_time()
        yield
        self.wall[what].append(time.perf_counter() - wall)
        self.work[what].append(time.process_time() - work)

    @contextmanager
    def within(self, places: dict[str, tuple[Any, str]]) -> Iterator[None]:
        """Measure every call of some functions, each given by its owner and attribute name."""
        before = {what: getattr(*place) for what, place in places.items()}

        def timed(what: str, call: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(call)
            def wrapper(*args: Any, **rest: Any) -> Any:
                with self.of(what):
                    return call(*args, **rest)

            return wrapper

        for what, (owner, name) in places.items():
            setattr(owner, name, timed(what, before[what]))
        try:
            yield
        finally:
            for what, (owner, name) in places.items():
                setattr(owner, name, before[what])


class Steps(TrainerCallback):
    """Measure the Trainer's steps, except the first of a round, which includes its start."""

    def __init__(self, clock: Clock, what: str) -> None:
        self.clock, self.what, self.losses = clock, what, []
        self.last: tuple[float, float] | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Record the time since the previous step."""
        now = time.perf_counter(), time.process_time()
        if self.last is not None:
            self.clock.wall[self.what].append(now[0] - self.last[0])
            self.clock.work[self.what].append(now[1] - self.last[1])
        self.last = now


class RecordingTrainer(Trainer):
    """The Trainer with texts in the given order, recording its losses before they are rounded."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **rest: Any) -> Any:
        """Return the network's own loss."""
        result = super().compute_loss(model, inputs, return_outputs=return_outputs, **rest)
        if model.training:
            self.recorded_losses.append(float((result[0] if return_outputs else result).detach()))
        return result

    def _get_train_sampler(self, *_: Any) -> torch.utils.data.Sampler:
        return torch.utils.data.SequentialSampler(self.train_dataset)


class Baseline:
    """A configuration of the Trainer."""

    def __init__(self, what: str, recipe: Recipe, space: Space, total: int, clock: Clock, folder: Path) -> None:
        self.what, self.recipe, self.clock, self.folder = what, recipe, clock, folder
        self.network = build(recipe, space, Progress())
        parameters = {n: p for n, p in self.network.model.named_parameters() if p.requires_grad}
        groups = optimizer_groups(parameters, recipe)
        self.optimizer = torch.optim.AdamW(groups) if what == NOTEBOOK else schedule.adamw(groups)
        self.schedule = schedule.scheduler(self.optimizer, total, recipe.train)
        self.recorded_losses: list[float] = []

    def _trainer(self, rows: list[dict[str, Any]], batch: int) -> RecordingTrainer:
        tokenizer = self.network.tokenizer
        padding = {} if self.what == BEST else {"padding": "max_length", "max_length": self.recipe.model.max_length}
        trainer = RecordingTrainer(
            model=self.network.model,
            args=TrainingArguments(
                output_dir=str(self.folder), per_device_train_batch_size=self.recipe.train.batch,
                per_device_eval_batch_size=batch, num_train_epochs=1, save_strategy="no",
                use_cpu=self.network.device.type == "cpu", bf16=self.recipe.train.precision == "bf16",
                logging_strategy="no", report_to="none", disable_tqdm=True, dataloader_pin_memory=False,
            ),
            train_dataset=rows,
            data_collator=DataCollatorWithPadding(tokenizer, **padding),
            optimizers=(self.optimizer, self.schedule),
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.recorded_losses = self.recorded_losses
        return trainer

    def _rows(self, examples: Examples, chosen: Sequence[int]) -> list[dict[str, Any]]:
        tokens = self.network.tokens([examples.texts[i] for i in chosen])
        return [
            {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": examples.labels[i].astype(np.float32)}
            for i, ids in zip(chosen, tokens, strict=True)
        ]

    def train(self, examples: Examples, batches: Sequence[Sequence[int]]) -> None:
        """Run the steps of a round."""
        with silence_transformers():
            trainer = self._trainer(self._rows(examples, [i for batch in batches for i in batch]), 2)
            trainer.add_callback(Steps(self.clock, self.what))
            trainer.train()

    def predict(self, examples: Examples, chosen: Sequence[int]) -> np.ndarray:
        """Return the logits of some texts: two at a time, padded; for `BEST` sorted by length and eight at a time."""
        rows = self._rows(examples, chosen)
        if self.what == BEST:
            rows.sort(key=lambda row: len(row["input_ids"]))
        with silence_transformers():
            trainer = self._trainer(rows, 8 if self.what == BEST else 2)
            with self.clock.of(f"predict {self.what}"):
                return trainer.predict(rows).predictions
