"""Training and predicting against Hugging Face's Trainer, in one run: SmolLM2-135M, last 4 of 30 layers and the head.

Four configurations with the same losses alternate, in rounds before, between and after the whole runs: (a) the
notebook's (batch 2, padded to 128 tokens, plain AdamW), (b) the same with fused AdamW, (c) the Trainer at its best
(dynamic padding, fused AdamW, sorted evaluation), and ours. The Trainer's whole training (steps, and an evaluation on
the test split after each epoch) is extrapolated from these steps. Ours runs from end to end, including the construction
of the network and checkpoints. The learning rates are tuned for SmolLM2 (zoo/smollm2-4layer-tuned.toml): with the
published ones it hardly learns, and equal scores would mean nothing. They do not affect the time of a step.

    python benchmarks/bench_train.py            about twenty minutes on an idle machine, an hour on a busy one
    python benchmarks/bench_train.py --quick    a smoke test of few steps with a tiny network: its results mean nothing

CPU time is reported next to wall time, which other processes on the same cores increase.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from peer_trainer import BEST, FUSED, NOTEBOOK, Baseline, Clock

from semeval_emo.data import load_gold
from semeval_emo.progress import Progress
from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.engine import (
    checkpoint,
    finetune,
    flat_parameters,
    predictor,
    schedule,
    small_batch_adamw,
)
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states
from semeval_emo.zoo.engine.losses import loss_function
from semeval_emo.zoo.engine.network import Network, build
from semeval_emo.zoo.engine.tail_trainer import TailInputs, TailTrainer
from semeval_emo.zoo.inference.predict import CHUNK
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.job import score_probabilities

EQUAL = ("groups.head.lr=1e-3", "groups.layers.lr=1e-4", "train.weight_decay=0.0", "train.warmup=0.06")
OURS, WHOLE = "ours", "ours, whole training"
PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")


class Job:
    """A job without a run folder."""

    def __init__(self, work: Path, space: Space) -> None:
        self.work, self.space = work, space
        self.progress: Progress = Progress()
        self.rows: list[dict[str, Any]] = []

    def record(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store the metrics of the epochs."""
        self.rows = list(rows)

    def score(self, labels: np.ndarray, values: np.ndarray) -> dict[str, float]:
        """Score at a threshold of 0.5."""
        return score_probabilities(labels, values, np.full(len(self.space.emotions), 0.5), self.space, "macro_f1")

    def stop_requested(self) -> bool:
        """Return False."""
        return False

    def load_probabilities(self, run: Path, split: str) -> np.ndarray:
        """Raise: there are no other runs."""
        raise FileNotFoundError(run)


@dataclass
class Bench:
    """All measurements of a benchmark run."""

    splits: dict[str, Examples]
    space: Space
    recipe: Recipe
    rounds: int
    steps: int
    texts: int
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        size = self.recipe.train.batch
        order = schedule.order(len(self.splits["train"]), self.recipe.train.seed, 0)
        self.batches = [order[i * size : (i + 1) * size] for i in range(self.rounds * self.steps)]
        total = self.recipe.train.epochs * schedule.steps_per_epoch(len(order), self.recipe.train)
        self.peers = [
            Baseline(what, self.recipe, self.space, total, self.clock, self.folder / "trainer")
            for what in (NOTEBOOK, FUSED, BEST)
        ]
        network = build(self.recipe, self.space, Progress())
        first = finetune.first_trained_layer(network)
        self.ours = make_tail_trainer(network, first, self.splits["train"], self.batches)
        self.losses: list[float] = []
        self.predictions: dict[str, np.ndarray] = {}

    def turn(self, number: int, network: Network | None = None) -> None:
        """Run a round of all configurations, and of predictions by the Trainer and by `network`."""
        part = self.batches[number * self.steps : (number + 1) * self.steps]
        some = _spread(len(self.splits["test"]), self.texts)[number :: self.rounds]
        for peer in self.peers:
            peer.train(self.splits["train"], part)
            if peer.what != NOTEBOOK:
                peer.predict(self.splits["test"], some)
        for place, batch in enumerate(part):
            with self.clock.of(OURS if place else "first steps"):
                self.losses.append(self.ours.step([batch]))
        if network is not None:
            for precision in PRECISIONS:
                self.predictions[precision] = self.predict(network, precision)
        say(f"round {number + 1} of {self.rounds}, load {os.getloadavg()[0]:.1f}")

    def differences(self) -> dict[str, float]:
        """Return each configuration's largest difference in loss from the notebook's."""
        losses = {peer.what: peer.recorded_losses for peer in self.peers} | {OURS: self.losses}
        first = losses[NOTEBOOK]
        return {what: max(abs(a - b) for a, b in zip(first, own, strict=True)) for what, own in losses.items()}

    def whole(self, name: str, recipe: Recipe, folder: Path) -> tuple[Network, Job]:
        """Train from end to end, scoring test after each epoch (and dev, to select the epoch)."""
        folder.mkdir()
        job = Job(folder, self.space)
        calls = {
            f"{name}: building": (finetune, "build"),
            f"{name}: prefix": (finetune, "compute_frozen_states"),
            f"{name}: steps": (TailTrainer, "step"),
            f"{name}: clipping": (flat_parameters.FlatAdamW, "clip_divisor"),
            f"{name}: clipping and optimizer": (flat_parameters.FlatAdamW, "step"),
            f"{name}: small-batch clipping": (small_batch_adamw.SmallBatchAdamW, "clip_divisor"),
            f"{name}: small-batch clipping and optimizer": (small_batch_adamw.SmallBatchAdamW, "step"),
            f"{name}: evaluation": (TailTrainer, "predict"),
            f"{name}: checkpoints": (checkpoint.Checkpointer, "end_epoch"),
        }
        eval_splits = {split: self.splits[split] for split in ("dev", "test")}
        with self.clock.within(calls), self.clock.of(name):
            network = finetune.fit(recipe, self.space, self.splits["train"], eval_splits, job)
        say(f"{name}: {sum(self.clock.wall[name]):,.0f} s")
        return network, job

    def predict(self, network: Network, precision: Literal["fp32", "bf16"]) -> np.ndarray:
        """Predict the test texts as `zoo predict` does once the model is loaded: probabilities of shape (n, L)."""
        recipe = replace(network.recipe, train=replace(network.recipe.train, precision=precision))
        network, texts = replace(network, recipe=recipe), self.splits["test"].texts
        with self.clock.of(f"predict {OURS}, {precision}"):
            predict = predictor.Predictor(network).probabilities
            parts = [predict(texts[start : start + CHUNK], Progress()) for start in range(0, len(texts), CHUNK)]
        return np.concatenate(parts)


def make_tail_trainer(network: Network, first: int, train: Examples, batches: Sequence[Sequence[int]]) -> TailTrainer:
    """Return a tail trainer of the layers from `first` on, with frozen states only for the texts of these batches."""
    network.model.eval()
    rows = [[0]] * len(train)
    for i in {i for batch in batches for i in batch}:
        rows[i] = network.tokens([train.texts[i]])[0]
    inputs = TailInputs(compute_frozen_states(network, rows, first, None, Progress(), ""), train)
    return TailTrainer(network, first, inputs, loss_function(network.recipe.loss, train.labels, 1, network.device))


def _spread(count: int, wanted: int) -> list[int]:
    """Return evenly spread indices."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).astype(int)).tolist()


def peak(dtype: torch.dtype) -> float:
    """Return the GFLOP/s of a large matrix product: the best of seven."""
    matrix = torch.randn(2048, 2048).to(dtype)
    rates = []
    for _ in range(7):
        start = time.perf_counter()
        matrix @ matrix
        rates.append(2 * 2048**3 / (time.perf_counter() - start) / 1e9)
    return max(rates)


def operations(network: Network, lengths: Sequence[int], texts: int) -> tuple[float, float]:
    """Return the GFLOP of the matrix products: of the prefix on all tokens, and of a training epoch of the tail."""
    layer = network.model.model.layers[0]
    weights = sum(p.numel() for p in layer.parameters() if p.dim() == 2)
    kv_proj = layer.self_attn.k_proj.weight.numel() + layer.self_attn.v_proj.weight.numel()
    train = sum(lengths[:texts])
    frozen = finetune.first_trained_layer(network)
    return 2e-9 * frozen * weights * sum(lengths), 6e-9 * (
        train * (3 * weights + kv_proj) + texts * (weights - kv_proj)
    )


def say(note: str) -> None:
    """Print a progress message to stderr."""
    print(f"{time.strftime('%H:%M:%S')}  {note}", file=sys.stderr, flush=True)


def totals(bench: Bench, seconds: dict[str, list[float]]) -> dict[str, float]:
    """Return the extrapolated seconds of a whole training by each configuration of the Trainer."""
    train, test = bench.splits["train"], bench.splits["test"]
    epochs = bench.recipe.train.epochs
    steps = epochs * schedule.steps_per_epoch(len(train), bench.recipe.train)
    some = len(_spread(len(test), bench.texts))
    found = {}
    for what in (NOTEBOOK, FUSED, BEST):
        # Both padded configurations predict in the same way; one of them is measured.
        judging = sum(seconds[f"predict {FUSED if what == NOTEBOOK else what}"]) / some
        found[what] = statistics.fmean(seconds[what]) * steps + judging * len(test) * epochs
    return found


def compared(bench: Bench, differences: dict[str, float], jobs: dict[str, Job], note: str) -> list[Table]:
    """Return the tables of steps and of whole trainings."""
    wall, work = bench.clock.wall, bench.clock.work
    base = statistics.median(wall[FUSED])
    rows = [
        (
            what, 1e3 * statistics.median(wall[what]), 1e3 * statistics.fmean(wall[what]),
            base / statistics.median(wall[what]), len(wall[what]), f"{differences[what]:.1e}",
        )
        for what in (NOTEBOOK, FUSED, BEST, OURS)
    ]  # fmt: skip
    columns = (
        Column("step of 2 texts"), Column("median ms", "seconds"), Column("mean ms", "seconds"),
        Column("x (b)", "seconds"), Column("steps", "int"), Column("largest |loss - (a)|"),
    )  # fmt: skip
    steps = Table("Alternating steps with equal batches, order and losses", columns, tuple(rows), (note,))
    naive, naive_work = totals(bench, wall), totals(bench, work)
    best = {name: max(row["dev"]["macro_f1"] for row in job.rows) for name, job in jobs.items()}
    measured = {name: sum(wall[name]) for name in jobs}
    every = [(what, naive[what], naive_work[what], "extrapolated", "-") for what in naive]
    every += [(name, measured[name], sum(work[name]), "end to end", f"{best[name]:.3f}") for name in jobs]
    body = [
        (what, s, p, naive[FUSED] / s, naive[BEST] / s, naive_work[FUSED] / p, naive_work[BEST] / p, how, f1)
        for what, s, p, how, f1 in every
    ]
    wide = (
        Column("whole training"), Column("s", "seconds"), Column("CPU s", "seconds"),
        Column("x (b)", "seconds"), Column("x (c)", "seconds"), Column("x (b), CPU", "seconds"),
        Column("x (c), CPU", "seconds"), Column("how"), Column("dev macro F1"),
    )  # fmt: skip
    return [steps, Table("Training with an evaluation on test after each epoch", wide, tuple(body))]


def breakdown(bench: Bench, name: str, flops: tuple[float, float], epochs: int, top: float) -> Table:
    """Return where a whole training of ours spends its time, and its share of the machine's peak."""
    wall = {what: sum(s) for what, s in bench.clock.wall.items()}

    def of(part: str) -> float:
        return wall.get(f"{name}: {part}", 0.0)

    # For small batches the optimizer's time includes the computation of weight gradients.
    clipping = of("clipping") + of("small-batch clipping")
    moving = of("clipping and optimizer") + of("small-batch clipping and optimizer")
    passes = of("steps") - moving
    parts = {
        "building the network": (of("building"), None),
        "prefix, all splits, once": (of("prefix"), flops[0] / of("prefix") / top),
        "tail (its peak: with the optimizer)": (passes, flops[1] * epochs / of("steps") / top),
        "clipping": (clipping, None),
        "optimizer, with weight gradients of small batches": (moving - clipping, None),
        "evaluation": (of("evaluation"), None),
        "checkpoints": (of("checkpoints"), None),
    }
    rest = wall[name] - sum(seconds for seconds, _ in parts.values())
    rows = [(what, s, s / wall[name], "-" if share is None else f"{share:.0%}") for what, (s, share) in parts.items()]
    rows.append(("other", rest, rest / wall[name], "-"))
    columns = (Column("part"), Column("s", "seconds"), Column("share", "percent"), Column("of matmul peak"))
    return Table(f"{name}: {wall[name]:,.1f} s by part (peak {top:,.0f} GFLOP/s)", columns, tuple(rows))


def data(quick: bool) -> tuple[dict[str, Examples], Space, str]:
    """Load English from $SEMEVAL_EMO_DATA, or the built-in sample."""
    real = bool(os.environ.get("SEMEVAL_EMO_DATA"))
    task, source = (load_task(None), None) if real else (load_task("sample"), "sample")
    golds = {
        s: load_gold(next(iter(task.tracks)), "eng", s, source=source, task=task) for s in ("train", "dev", "test")
    }
    most = 96 if quick else None
    splits = {s: Examples((g.texts or ())[:most], g.labels[:most]) for s, g in golds.items()}
    words = "English of $SEMEVAL_EMO_DATA" if real else "the built-in sample, since $SEMEVAL_EMO_DATA is not set"
    counts = ", ".join(f"{len(examples):,} {s}" for s, examples in splits.items())
    return splits, Space(golds["train"].spec.emotions), f"{words}: {counts} texts"


def main() -> None:
    parser = argparse.ArgumentParser(description="Training against Hugging Face's Trainer.")
    parser.add_argument("--quick", action="store_true", help="a smoke test: its results mean nothing")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    splits, space, words = data(asked.quick)
    peaks = {dtype: peak(dtype) for dtype in (torch.float32, torch.bfloat16)}
    epochs = 1 if asked.quick else 6
    name = "llama-tiny" if asked.quick else "smollm2-4layer"
    settings = [*EQUAL, "train.batch=2", f"train.epochs={epochs}"]
    recipe = resolve_target(load_recipe(name, settings), load_task(), None, None)
    # On CPUs without bf16 matrix instructions, bf16 is slower than fp32, so the fast configuration uses fp32.
    pays = peaks[torch.bfloat16] > 1.5 * peaks[torch.float32]
    precision: Literal["fp32", "bf16"] = "bf16" if pays else "fp32"
    quick_recipe = replace(recipe, train=replace(recipe.train, batch=16, precision=precision, epochs=min(epochs, 4)))
    fast = f"ours, fast: batch 16, {precision}, {quick_recipe.train.epochs} epochs"
    rounds, steps, texts = (3, 3, 9) if asked.quick else (3, 16, 66)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(splits, space, recipe, rounds, steps, texts, folder)
        # Rounds before, between and after the whole runs, so that all configurations meet the same load.
        bench.turn(0)
        network, first = bench.whole(WHOLE, recipe, folder / "ours")
        bench.turn(1, network)
        _, second = bench.whole(fast, quick_recipe, folder / "fast")
        bench.turn(2, network)
    note = f"{words}; {asked.threads} threads; load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end"
    tables = compared(bench, bench.differences(), {WHOLE: first, fast: second}, note)
    lengths = [len(row) for s in ("train", "dev", "test") for row in network.tokens(splits[s].texts)]
    flops = operations(network, lengths, len(splits["train"]))
    tables.append(breakdown(bench, WHOLE, flops, epochs, peaks[torch.float32]))
    tables.append(
        breakdown(bench, fast, flops, quick_recipe.train.epochs, peaks[torch.bfloat16 if pays else torch.float32])
    )
    test, clock = len(splits["test"]), bench.clock
    slow = sum(clock.wall[f"predict {FUSED}"]) / len(_spread(test, texts))
    each = {precision: statistics.fmean(clock.wall[f"predict {OURS}, {precision}"]) / test for precision in PRECISIONS}
    predictions, gold = bench.predictions, splits["test"].labels
    rows = [("Trainer.predict, batch 2, padded to 128", 1e3 * slow, 1.0, "-", "-", "-")]
    for precision, values in predictions.items():
        difference = abs(values - predictions["fp32"])
        changed = int(((values > 0.5) != (predictions["fp32"] > 0.5)).sum())
        score = f"{Job(Path(), space).score(gold, values)['macro_f1']:.4f}"
        rows.append(
            (
                f"zoo predict --precision {precision}", 1e3 * each[precision], slow / each[precision],
                f"{difference.max():.4f}", f"{changed} of {difference.size}", score,
            )
        )  # fmt: skip
    columns = (
        Column("prediction"), Column("ms per text", "seconds"), Column("x", "seconds"),
        Column("largest difference"), Column("labels changed"), Column("test macro F1"),
    )  # fmt: skip
    tables.append(Table("Prediction with a trained run", columns, tuple(rows)))
    if asked.quick:
        print("SMOKE TEST (--quick): these results mean nothing.\n")
    print(f"matmul peak: {peaks[torch.float32]:,.0f} GFLOP/s in fp32, {peaks[torch.bfloat16]:,.0f} in bf16\n")
    print(render(tables, "text"))


if __name__ == "__main__":
    main()
