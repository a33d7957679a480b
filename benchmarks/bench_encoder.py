"""Training the last layers of an encoder against Hugging Face's Trainer: EmbeddingGemma, last 6 of 24 layers.

Steps of 16 texts of English, in random order, alternate in one run: the Trainer at its best (dynamic padding, fused
AdamW), and ours on the cached output of the 18 frozen layers, which is timed apart. Losses of both are compared.

    SEMEVAL_EMO_MODELS=MODELS python benchmarks/bench_encoder.py       MODELS/google/embeddinggemma-300m is the model
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from bench_train import data, make_tail_trainer
from peer_trainer import BEST, Baseline, Clock

from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table
from semeval_emo.zoo.engine import schedule
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.recipes.load import load_recipe

ROUNDS, STEPS, FIRST = 3, 8, 18
OURS = "ours, on cached states"


def measured(precision: str) -> tuple[list[tuple[Any, ...]], str]:
    """Return the rows of a precision, and the seconds of the frozen layers."""
    splits, space, words = data(False)
    recipe = load_recipe("gemma-ft", ["train.batches=random", f"train.precision={precision}"])
    size, train = recipe.train.batch, splits["train"]
    order = schedule.order(len(train), recipe.train.seed, 0)
    batches = [order[i * size : (i + 1) * size] for i in range(ROUNDS * STEPS)]
    total = recipe.train.epochs * schedule.steps_per_epoch(len(train), recipe.train)
    clock, losses = Clock(), []
    with tempfile.TemporaryDirectory() as folder:
        peer = Baseline(BEST, recipe, space, total, clock, Path(folder))
        network = build(recipe, space, Progress())
        tokens = sum(len(row) for batch in batches for row in network.tokens([train.texts[i] for i in batch]))
        start = time.perf_counter()
        ours = make_tail_trainer(network, FIRST, train, batches)
        prefix = f"{tokens / (time.perf_counter() - start):,.0f} tokens a second, once"
        for turn in range(ROUNDS):
            part = batches[turn * STEPS : (turn + 1) * STEPS]
            peer.train(train, part)
            for number, batch in enumerate(part):
                # The Trainer's first step of a round is left out, too.
                with clock.of(OURS if number else "first steps"):
                    losses.append(ours.step([batch]))
    difference = max(abs(a - b) for a, b in zip(peer.recorded_losses, losses, strict=True))
    base = statistics.median(clock.wall[BEST])
    rows = [
        (
            what, precision, statistics.median(clock.wall[what]), statistics.median(clock.work[what]),
            base / statistics.median(clock.wall[what]), len(clock.wall[what]),
        )
        for what in (BEST, OURS)
    ]  # fmt: skip
    note = f"{precision}: largest difference in loss {difference:.1e}; the frozen layers take {prefix}; {words}"
    return rows, note


def main() -> None:
    load = os.getloadavg()[0]
    try:
        found = [measured(precision) for precision in ("fp32", "bf16")]
    except InputError as error:
        print(f"Left out: {error.message}")
        return
    columns = (
        Column("step of 16 texts"), Column("precision"), Column("median s", "score"), Column("CPU s", "score"),
        Column("x", "seconds"), Column("steps", "int"),
    )  # fmt: skip
    notes = [note for _, note in found]
    notes.append(
        f"{torch.get_num_threads()} threads; load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end"
    )
    rows = tuple(row for rows, _ in found for row in rows)
    print(render([Table("Last six of 24 layers of EmbeddingGemma-300M", columns, rows, tuple(notes))], "text"))


if __name__ == "__main__":
    main()
