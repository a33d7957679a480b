"""Training with Hugging Face's Trainer: any network, any number of GPUs and machines.

The Trainer writes a checkpoint folder file by file. A checkpoint is complete once it contains `STATE_FILE`.
"""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from semeval_emo.errors import UsageError
from semeval_emo.files import full_disk_named, write_file
from semeval_emo.parse import members, read_json
from semeval_emo.progress import Progress
from semeval_emo.zoo import distributed
from semeval_emo.zoo.backbones.model_folder import tensor_shapes
from semeval_emo.zoo.backbones.weights import silence_transformers
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.engine import epoch_metrics, predictor, schedule
from semeval_emo.zoo.engine.checkpoint import SelectedWeights, reading_checkpoint
from semeval_emo.zoo.engine.losses import LossFunction
from semeval_emo.zoo.engine.network import Network
from semeval_emo.zoo.engine.parameter_groups import optimizer_groups
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.recipe import TrainConfig
from semeval_emo.zoo.selection.epochs import patience_exhausted, selected_epoch, stopped_after

STATE_FILE = "zoo.json"
LOGITS_FILE = "seen.safetensors"


class LossTrainer(Trainer):
    """The Trainer with the recipe's loss and sampler.

    Attributes:
        pending_losses: of the batches of the current optimizer step, on the device.
        outputs: logits and intensities of each batch of the current epoch.
    """

    def __init__(self, loss: LossFunction, sampler: LengthSampler | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.loss, self.sampler = loss, sampler
        # The loss is a mean over the batch, which the Trainer divides by the number of accumulated batches.
        self.loss_is_scaled_for_ga = False
        self.model_accepts_loss_kwargs = False
        self.pending_losses: list[torch.Tensor] = []
        self.outputs: list[tuple[torch.Tensor, torch.Tensor]] = []

    def _get_train_sampler(self, train_dataset: Any = None) -> torch.utils.data.Sampler | None:
        return self.sampler or super()._get_train_sampler(train_dataset)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the recipe's loss of a batch."""
        intensities = inputs.pop("labels")
        outputs = model(**inputs)
        loss = self.loss(outputs.logits, intensities)
        self.pending_losses.append(loss.detach())
        self.outputs.append((outputs.logits.detach(), intensities))
        return (loss, outputs) if return_outputs else loss

    def take_loss(self) -> float:
        """Return the mean loss of the batches of an optimizer step; read once a step, since a GPU is waited for."""
        losses = torch.stack(self.pending_losses).tolist()
        self.pending_losses.clear()
        return float(sum(loss / len(losses) for loss in losses))


class LengthSampler(torch.utils.data.Sampler):
    """Groups texts of similar length into batches, in a different order each epoch."""

    def __init__(self, lengths: Sequence[int], train: TrainConfig) -> None:
        self.lengths, self.train, self.epoch = lengths, train, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(schedule.order_by_length(self.lengths, self.train, self.epoch))

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; called by the Trainer."""
        self.epoch = epoch


class PaddingCollator:
    """Pads batches as the recipe specifies."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return a batch: ids and mask of shape (B, T), intensities of shape (B, L)."""
        model = self.network.recipe.model
        padded = self.network.tokenizer.pad(
            {"input_ids": [row["input_ids"] for row in rows]},
            padding=model.padding,
            max_length=model.max_length,
            return_tensors="pt",
        )
        labels = torch.tensor(np.array([row["labels"] for row in rows]), dtype=torch.float32)
        return {"input_ids": padded["input_ids"], "attention_mask": padded["attention_mask"], "labels": labels}


class EpochCallback(TrainerCallback):
    """Scores each epoch, saves the selected epoch's weights, completes checkpoints, stops on request or patience."""

    def __init__(self, network: Network, texts: int, eval_splits: dict[str, Examples], job: Job, steps: int) -> None:
        self.network, self.texts, self.eval_splits, self.job, self.steps = network, texts, eval_splits, job, steps
        self.recipe = network.recipe
        self.parameters = {name: p for name, p in network.model.named_parameters() if p.requires_grad}
        self.selected_weights = SelectedWeights(job.work, self.parameters)
        self.trainer: LossTrainer
        self.rows: list[dict[str, Any]] = []
        self.losses: list[float] = []
        self._saved = self._epoch_start = time.monotonic()
        self.stopped_at = -1

    def restore(self, checkpoint: Path) -> None:
        """Restore the metrics, losses and outputs from a checkpoint."""
        with reading_checkpoint(checkpoint):
            stored = read_json(checkpoint / STATE_FILE)
            self.rows, self.losses = members(stored, "rows", dict), members(stored, "losses", float)
            if distributed.is_main_process() and (checkpoint / LOGITS_FILE).exists():
                tensors = load_file(checkpoint / LOGITS_FILE, device=str(self.network.device))
                self.trainer.outputs.append((tensors["logits"], tensors["degrees"]))
        self.job.record(self.rows)

    def _gather_outputs(self) -> list[torch.Tensor]:
        """Return logits and intensities of the epoch's steps so far, of all processes; empty before the first step."""
        own = [torch.cat(tensors).float().cpu() for tensors in zip(*self.trainer.outputs, strict=True)]
        return [torch.cat(tensors) for tensors in zip(*filter(None, distributed.all_gather(own)), strict=True)]

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Record the loss; save and stop if necessary."""
        late = time.monotonic() - self._saved > 60 * self.recipe.train.save_minutes
        loss, due = distributed.all_reduce(
            self.trainer.take_loss() / distributed.world_size(), distributed.is_main_process() and late
        )
        self.losses.append(loss)
        self.job.progress.advance(1, self.losses[-1])
        if state.global_step % self.steps == 0:
            return  # `on_epoch_end` saves and stops
        # A stop request to one process stops all at the same step.
        (stopping,) = distributed.all_reduce(self.job.stop_requested())
        if stopping or due:
            control.should_save = True
        if stopping:
            self.stopped_at = state.global_step
            control.should_training_stop = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Score the epoch; the Trainer also calls this when it stops within an epoch."""
        if state.global_step % self.steps:
            control.should_save = False  # `on_step_end` has just saved
            return
        epoch = state.global_step // self.steps
        row: dict[str, Any] = {"epoch": epoch, "loss": round(float(np.mean(self.losses)), 6)}
        logits, intensities = self._gather_outputs()
        self.trainer.outputs.clear()
        if state.is_world_process_zero:
            row |= epoch_metrics.train_metrics(logits, intensities.numpy().astype(np.int8), self.texts, self.job)
            for split, examples in self.eval_splits.items():
                logits = predictor.Predictor(self.network).logits(examples.texts, Progress())
                row[split] = epoch_metrics.eval_metrics(logits, examples.labels, self.trainer.loss, self.job)
        row["seconds"] = round(time.monotonic() - self._epoch_start, 2)
        row = distributed.broadcast(row)
        self._epoch_start = time.monotonic()
        self.rows.append(row)
        self.losses = []
        self.job.progress.epoch(row)
        if distributed.is_main_process() and selected_epoch(self.rows, self.recipe) == epoch:
            self.selected_weights.save(epoch)
        (stopping,) = distributed.all_reduce(self.job.stop_requested())
        if stopping:
            self.stopped_at = state.global_step
        control.should_training_stop |= bool(stopping) or patience_exhausted(self.rows, self.recipe)

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        """Complete the checkpoint that the Trainer has just written, and remove those it replaces."""
        outputs = self._gather_outputs()
        if not distributed.is_main_process():
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if outputs:
            write_file(folder / LOGITS_FILE, save(dict(zip(("logits", "degrees"), outputs, strict=True))))
        write_file(folder / STATE_FILE, json.dumps({"rows": self.rows, "losses": self.losses}))
        self.job.record(self.rows)
        for checkpoint in Path(args.output_dir).glob("checkpoint-*"):
            if checkpoint != folder:
                shutil.rmtree(checkpoint)
        self.selected_weights.remove_others(selected_epoch(self.rows, self.recipe))
        self._saved = time.monotonic()


def train(network: Network, examples: Examples, eval_splits: dict[str, Examples], loss: LossFunction, job: Job) -> None:
    """Train from the last checkpoint to the end, and load the selected epoch's weights into the network.

    In distributed training each process gets its share of every batch; only the main process has the selected weights
    at the end.

    Raises:
        UsageError: the batch size is not divisible by the number of processes, or the network cannot compute the
            states of its layers again.
    """
    recipe = network.recipe
    processes = distributed.world_size()
    if recipe.train.gradient_checkpointing and not network.model.supports_gradient_checkpointing:
        raise UsageError(
            f"recipe {recipe.name}: {type(network.model).__name__} does not support gradient checkpointing.",
            "--set train.gradient_checkpointing=false",
        )
    if recipe.train.batch % processes:
        raise UsageError(
            f"recipe {recipe.name}: a batch of {recipe.train.batch} cannot be divided among {processes} processes.",
            f"--set train.batch={-(-recipe.train.batch // processes) * processes}",
        )
    gpus = torch.cuda.device_count() if network.device.type == "cuda" else 0
    if gpus > 1 and processes == 1:
        job.progress.message(f"training on one of {gpus} GPUs; torchrun --nproc-per-node {gpus} trains on all")
    steps = schedule.steps_per_epoch(len(examples), recipe.train)
    callback = EpochCallback(network, len(examples), eval_splits, job, steps)
    folder = job.work / "trainer"
    checkpoint = distributed.broadcast(_last_complete(folder) if distributed.is_main_process() else None)
    dataset = [
        {"input_ids": ids, "labels": labels}
        for ids, labels in zip(network.tokens(examples.texts), examples.labels, strict=True)
    ]
    lengths = [len(row["input_ids"]) for row in dataset]
    optimizer = schedule.adamw(optimizer_groups(callback.parameters, recipe))
    with silence_transformers():
        trainer = LossTrainer(
            loss,
            LengthSampler(lengths, recipe.train) if recipe.train.batches == "by_length" else None,
            model=network.model,
            args=_arguments(folder, network),
            train_dataset=dataset,
            data_collator=PaddingCollator(network),
            optimizers=(optimizer, schedule.scheduler(optimizer, steps * recipe.train.epochs, recipe.train)),
            callbacks=[callback],
        )
        trainer.remove_callback(PrinterCallback)
        callback.trainer = trainer
        if checkpoint is not None:
            callback.restore(checkpoint)
            _check_checkpoint(checkpoint)
        done = len(callback.rows) * steps + len(callback.losses)
        with job.progress.stage("training", steps * recipe.train.epochs, done):
            # A run that was stopped after its last epoch, or by its patience, has nothing left to train.
            if len(callback.rows) < recipe.train.epochs and not patience_exhausted(callback.rows, recipe):
                with full_disk_named(folder), _no_code(folder):
                    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if callback.stopped_at >= 0:
        raise stopped_after(*divmod(callback.stopped_at, steps))
    if distributed.is_main_process():
        callback.selected_weights.load(selected_epoch(callback.rows, recipe))


def _check_checkpoint(checkpoint: Path) -> None:
    """Check that the files that the Trainer reads from a checkpoint are complete.

    Raises:
        InputError: one is not.
    """
    for file in (*checkpoint.glob("*.pt"), *checkpoint.glob("*.pth")):
        with reading_checkpoint(file):
            # torch also reads plain pickles of old versions, which this package does not write.
            if not zipfile.is_zipfile(file):
                raise ValueError("it is not complete")
    for file in checkpoint.glob("*.safetensors"):
        tensor_shapes(file)
    read_json(checkpoint / "trainer_state.json")


@contextmanager
def _no_code(folder: Path) -> Iterator[None]:
    """Report objects in a checkpoint that could run code, which torch does not load (``weights_only``)."""
    try:
        yield
    except UnpicklingError as error:
        with reading_checkpoint(folder):
            raise error


def _last_complete(folder: Path) -> Path | None:
    """Return the newest complete checkpoint; remove incomplete ones."""
    newest = None
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=_step):
        if (checkpoint / STATE_FILE).exists():
            newest = checkpoint
        else:
            shutil.rmtree(checkpoint)
    return newest


def _step(checkpoint: Path) -> int:
    number = checkpoint.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def _arguments(folder: Path, network: Network) -> TrainingArguments:
    train = network.recipe.train
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=train.batch // distributed.world_size(),
        gradient_accumulation_steps=train.accumulate,
        num_train_epochs=train.epochs,
        max_grad_norm=train.clip,
        seed=train.seed,
        bf16=train.precision == "bf16",
        fp16=train.precision == "fp16",
        activation_checkpointing=train.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        use_cpu=network.device.type == "cpu",
        dataloader_pin_memory=network.device.type == "cuda",
        save_strategy="epoch",
        logging_strategy="no",
        # Else each batch's loss is read, and a GPU is waited for. `TrainingRun.record` reports one that is no number.
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
    )
    # With several GPUs visible to one process, the Trainer would copy the network to all of them (`DataParallel`) and
    # multiply the batch size. Several GPUs train as several processes.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments
