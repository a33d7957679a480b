"""The general way: Hugging Face's Trainer, for any network, any number of machines and GPUs.

Its checkpoints are folders that it writes file by file; ours is done when `PROGRESS` lies in it, and
one without it is what a killed process left.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from semeval_emo.errors import UsageError
from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.zoo import distributed
from semeval_emo.zoo.backbones.weights import silence_transformers
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.engine import epoch_metrics, predictor, schedule
from semeval_emo.zoo.engine.losses import LossFunction
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parameter_groups import optimizer_groups
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import TrainConfig
from semeval_emo.zoo.selection.epochs import patience_exhausted, selected_epoch, stopped_after

PROGRESS = "zoo.json"
SEEN = "seen.safetensors"


class LossTrainer(Trainer):
    """The Trainer with the recipe's loss; it remembers the last one, for the progress bar.

    Attributes:
        seen: logits and degrees of each batch since somebody emptied the list.
    """

    def __init__(self, loss: LossFunction, sampler: ByLength | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.loss, self.sampler = loss, sampler
        # A mean over the batch: the Trainer divides it by the number of batches that it accumulates.
        self.loss_is_scaled_for_ga = False
        self.model_accepts_loss_kwargs = False
        self.pending = 0.0
        self.seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler | None:
        return self.sampler or super()._get_train_sampler(train_dataset)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The recipe's loss of a batch."""
        degrees = inputs.pop("labels")
        outputs = model(**inputs)
        loss = self.loss(outputs.logits, degrees)
        self.pending += float(loss.detach()) / self.current_gradient_accumulation_steps
        self.seen.append((outputs.logits.detach(), degrees))
        return (loss, outputs) if return_outputs else loss


class ByLength(torch.utils.data.Sampler):
    """Texts of like length together, in an order of each epoch's own."""

    def __init__(self, lengths: Sequence[int], train: TrainConfig) -> None:
        self.lengths, self.train, self.epoch = lengths, train, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(schedule.order_by_length(self.lengths, self.train, self.epoch))

    def set_epoch(self, epoch: int) -> None:
        """What the Trainer calls before each epoch."""
        self.epoch = epoch


class Collator:
    """Pads a batch as the recipe says."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Tensors of a batch: ids and mask of shape (B, T), degrees of shape (B, L)."""
        model = self.network.recipe.model
        padded = self.network.tokenizer.pad(
            {"input_ids": [row["input_ids"] for row in rows]},
            padding=model.padding,
            max_length=model.max_length,
            return_tensors="pt",
        )
        labels = torch.tensor(np.array([row["labels"] for row in rows]), dtype=torch.float32)
        return {"input_ids": padded["input_ids"], "attention_mask": padded["attention_mask"], "labels": labels}


class Watching(TrainerCallback):
    """Judges each epoch, keeps the best weights, completes checkpoints, and stops when asked to."""

    def __init__(self, network: Network, texts: int, judged: dict[str, Examples], job: Job, steps: int) -> None:
        self.network, self.texts, self.judged, self.job, self.steps = network, texts, judged, job, steps
        self.recipe = network.recipe
        self.trainer: LossTrainer
        self.rows: list[dict[str, Any]] = []
        self.losses: list[float] = []
        self._saved = self._began = time.monotonic()
        self.stopped_at = -1

    def restore(self, checkpoint: Path) -> None:
        """Takes up what the checkpoint knew."""
        stored = json.loads((checkpoint / PROGRESS).read_text("utf-8"))
        self.rows, self.losses = stored["rows"], stored["losses"]
        if distributed.is_main_process() and (checkpoint / SEEN).exists():
            tensors = load_file(checkpoint / SEEN, device=str(self.network.device))
            self.trainer.seen.append((tensors["logits"], tensors["degrees"]))
        self.job.record(self.rows)

    def _seen(self) -> list[torch.Tensor]:
        """Logits and degrees of the epoch's steps so far, of all processes; empty before the first."""
        own = [torch.cat(tensors).float().cpu() for tensors in zip(*self.trainer.seen, strict=True)]
        return [torch.cat(tensors) for tensors in zip(*filter(None, distributed.all_gather(own)), strict=True)]

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """After each optimizer step."""
        late = distributed.is_main_process() and time.monotonic() - self._saved > 60 * self.recipe.train.save_minutes
        loss, due = distributed.all_reduce(self.trainer.pending / distributed.world_size(), late)
        self.losses.append(loss)
        self.trainer.pending = 0.0
        self.job.progress.advance(1, self.losses[-1])
        if state.global_step % self.steps == 0:
            return  # the epoch's end saves and stops
        # Whoever is asked to stop, all stop, and at the same step.
        (stopping,) = distributed.all_reduce(self.job.stop_requested())
        if stopping or due:
            control.should_save = True
        if stopping:
            self.stopped_at = state.global_step
            control.should_training_stop = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """After each epoch, and where the Trainer left one half done."""
        if state.global_step % self.steps:
            control.should_save = False  # the step has just saved
            return
        epoch = state.global_step // self.steps
        row: dict[str, Any] = {"epoch": epoch, "loss": round(float(np.mean(self.losses)), 6)}
        logits, degrees = self._seen()
        self.trainer.seen.clear()
        if state.is_world_process_zero:
            row |= epoch_metrics.seen(logits, degrees.numpy().astype(np.int8), self.texts, self.job)
            for split, examples in self.judged.items():
                logits = predictor.Predictor(self.network).logits(examples.texts, Progress())
                row[split] = epoch_metrics.judged(logits, examples.labels, self.trainer.loss, self.job)
        row["seconds"] = round(time.monotonic() - self._began, 2)
        row = distributed.broadcast(row)
        self._began = time.monotonic()
        self.rows.append(row)
        self.losses = []
        self.job.progress.epoch(row)
        if distributed.is_main_process() and selected_epoch(self.rows, self.recipe) == epoch:
            weights = {n: p.detach().cpu() for n, p in self.network.model.named_parameters() if p.requires_grad}
            write_file(self.kept_file(epoch), save(weights))
        (stopping,) = distributed.all_reduce(self.job.stop_requested())
        if stopping:
            self.stopped_at = state.global_step
        control.should_training_stop |= bool(stopping) or patience_exhausted(self.rows, self.recipe)

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Completes the checkpoint that the Trainer has just written, and drops what it replaces."""
        seen = self._seen()
        if not distributed.is_main_process():
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if seen:
            write_file(folder / SEEN, save(dict(zip(("logits", "degrees"), seen, strict=True))))
        write_file(folder / PROGRESS, json.dumps({"rows": self.rows, "losses": self.losses}))
        self.job.record(self.rows)
        for old in Path(args.output_dir).glob("checkpoint-*"):
            if old != folder:
                shutil.rmtree(old)
        kept = self.kept_file(selected_epoch(self.rows, self.recipe))
        for file in self.job.work.glob("kept-*.safetensors"):
            if file != kept:
                file.unlink()
        self._saved = time.monotonic()

    def kept_file(self, epoch: int) -> Path:
        """The weights of the kept epoch."""
        return self.job.work / f"kept-{epoch}.safetensors"


def train(network: Network, train_on: Examples, judged: dict[str, Examples], loss: LossFunction, job: Job) -> None:
    """Trains to the end, from where an earlier process left off; the kept epoch's weights stay in the network.

    Of several processes that train together, each takes its share of every batch; only the first has
    the kept weights at the end.

    Raises:
        UsageError: a batch cannot be shared out evenly.
    """
    recipe = network.recipe
    if recipe.train.batch % distributed.world_size():
        raise UsageError(
            f"recipe {recipe.name}: {distributed.world_size()} processes cannot share a batch of {recipe.train.batch}.",
            f"--set train.batch={-(-recipe.train.batch // distributed.world_size()) * distributed.world_size()}",
        )
    steps = schedule.steps_per_epoch(len(train_on), recipe.train)
    watching = Watching(network, len(train_on), judged, job, steps)
    folder = job.work / "trainer"
    checkpoint = distributed.broadcast(_last_complete(folder) if distributed.is_main_process() else None)
    learned = [
        {"input_ids": ids, "labels": labels}
        for ids, labels in zip(network.tokens(train_on.texts), train_on.labels, strict=True)
    ]
    by_length = recipe.train.batches == "by_length"
    parameters = {name: p for name, p in network.model.named_parameters() if p.requires_grad}
    optimizer = schedule.adamw(optimizer_groups(parameters, recipe))
    with silence_transformers():
        trainer = LossTrainer(
            loss,
            ByLength([len(row["input_ids"]) for row in learned], recipe.train) if by_length else None,
            model=network.model,
            args=_arguments(folder, network),
            train_dataset=learned,
            data_collator=Collator(network),
            optimizers=(optimizer, schedule.scheduler(optimizer, steps * recipe.train.epochs, recipe.train)),
            callbacks=[watching],
        )
        trainer.remove_callback(PrinterCallback)
        watching.trainer = trainer
        if checkpoint is not None:
            watching.restore(checkpoint)
        done = len(watching.rows) * steps + len(watching.losses)
        with job.progress.stage("training", steps * recipe.train.epochs, done):
            # A run that was stopped after its last epoch, or whose patience ran out, has nothing left to train.
            if len(watching.rows) < recipe.train.epochs and not patience_exhausted(watching.rows, recipe):
                trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if watching.stopped_at >= 0:
        raise stopped_after(*divmod(watching.stopped_at, steps))
    if not distributed.is_main_process():
        return
    weights = load_file(watching.kept_file(selected_epoch(watching.rows, recipe)))
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(weights[name])


def _last_complete(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; what a killed process left half-written goes."""
    found = None
    for one in sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2])):
        if (one / PROGRESS).exists():
            found = one
        else:
            shutil.rmtree(one)
    return found


def _arguments(folder: Path, network: Network) -> TrainingArguments:
    train = network.recipe.train
    on_cpu = network.device.type == "cpu"
    return TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=train.batch // distributed.world_size(),
        gradient_accumulation_steps=train.accumulate,
        num_train_epochs=train.epochs,
        max_grad_norm=train.clip,
        seed=train.seed,
        bf16=train.precision == "bf16",
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        save_strategy="epoch",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
    )
