"""Time and memory of training a network of Llama-3.2-1B's shape with random weights, against Hugging Face's Trainer.

Each configuration runs in its own process, so that its peak memory can be measured: the notebook's (batch 2, padded to
128 tokens, plain AdamW), the same with fused AdamW, the Trainer at its best (dynamic padding), and ours. They run on
the GPU if there is one (peak memory allocated by torch), else on the CPU (peak resident memory). The time of a whole
training (6 epochs with an evaluation on the test split after each) is extrapolated from some steps and predictions.
Texts are cut to a quarter, since a token of the random network's tokenizer is a byte, and one of Llama's about four.

    python benchmarks/bench_shape.py                      16 steps each: about ten minutes on two cores
    python benchmarks/bench_shape.py --precision bf16     for a GPU, or a CPU with bf16 instructions
    python benchmarks/bench_shape.py --quick              a smoke test with a tiny network: its results mean nothing
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from bench_train import data, make_tail_trainer, peak, say
from peer_trainer import BEST, FUSED, NOTEBOOK, Baseline, Clock

from semeval_emo.progress import Progress
from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.engine import schedule, tail_trainer
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.parameter_groups import count_layers
from semeval_emo.zoo.recipes.load import load_recipe

OURS = "ours"
WAYS = (NOTEBOOK, FUSED, BEST, OURS)


def shortened(examples: Examples) -> Examples:
    """Cut texts to a quarter."""
    return replace(examples, texts=tuple(text[: max(1, len(text) // 4)] for text in examples.texts))


def measure(way: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Return the time of each step (after the first) and of a predicted text, and the peak memory."""
    splits, space, words = data(asked.quick)
    splits = {split: shortened(examples) for split, examples in splits.items()}
    overrides = [f"train.precision={asked.precision}", "model.backbone=random"]
    recipe = load_recipe("llama-tiny" if asked.quick else "llama-4layer", [*overrides, "train.batch=2"])
    order = schedule.order(len(splits["train"]), recipe.train.seed, 0)
    batches = [order[2 * i : 2 * i + 2] for i in range(asked.steps + 1)]
    total = recipe.train.epochs * schedule.steps_per_epoch(len(order), recipe.train)
    test = splits["test"]
    some = list(range(0, len(test), max(1, len(test) // asked.texts)))[: asked.texts]
    clock, found = Clock(), {"texts": {split: len(examples) for split, examples in splits.items()}, "words": words}
    if way != OURS:
        with tempfile.TemporaryDirectory() as folder:
            peer = Baseline(way, recipe, space, total, clock, Path(folder))
            peer.train(splits["train"], batches)
            peer.predict(test, some)
        said = clock.wall[f"predict {way}"]
        losses, network, prefix = peer.recorded_losses, peer.network, 0.0
    else:
        network = build(recipe, space, Progress())
        first = count_layers(name for name, _ in network.model.named_parameters()) - recipe.trainable.layers
        trainer = make_tail_trainer(network, first, splits["train"], batches)
        judged = Examples(tuple(test.texts[i] for i in some), test.labels[some])
        tokens = network.tokens(judged.texts)
        with clock.of("prefix"):
            frozen = compute_frozen_states(network, tokens, first, None, Progress(), "")
            inputs = tail_trainer.TailInputs(frozen, judged)
        losses = []
        for place, batch in enumerate(batches):
            with clock.of(OURS if place else "first"):
                losses.append(trainer.step([batch]))
                if network.device.type == "cuda":
                    torch.cuda.synchronize()
        with clock.of("predict"):
            trainer.predict(inputs).cpu()
        said, prefix = clock.wall["predict"], sum(clock.wall["prefix"]) / len(some)
    gpu = network.device.type == "cuda"
    memory = (
        torch.cuda.max_memory_allocated() / 2**20 if gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )
    sizes = [network.parameter_counts.trainable, network.parameter_counts.total]
    steps = clock.wall[way]
    return found | {
        "steps": steps, "losses": losses, "text": sum(said) / len(some), "prefix": prefix, "mebibytes": memory,
        "sizes": sizes, "device": torch.cuda.get_device_name() if gpu else "the CPU", "epochs": recipe.train.epochs,
    }  # fmt: skip


def whole(one: dict[str, Any]) -> float:
    """Return the extrapolated seconds of a whole training."""
    texts, epochs = one["texts"], one["epochs"]
    steps = epochs * -(-texts["train"] // 2)
    once = one["prefix"] * (texts["train"] + texts["test"])
    return statistics.fmean(one["steps"]) * steps + one["text"] * texts["test"] * epochs + once


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Training a network of Llama-3.2-1B's shape against Hugging Face's Trainer."
    )
    parser.add_argument("--steps", type=int, default=16, help="steps of each configuration")
    parser.add_argument("--texts", type=int, default=32, help="texts that each configuration predicts")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--quick", action="store_true", help="a smoke test with a tiny network")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(measure(asked.way, asked)))
        return
    found: dict[str, dict[str, Any]] = {}
    for way in WAYS:
        say(way)
        command = [sys.executable, *sys.argv, "--way", way]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[way] = json.loads(done.stdout.splitlines()[-1])
    first = found[NOTEBOOK]
    base, longest = statistics.median(found[FUSED]["steps"]), whole(found[FUSED])
    rows = tuple(
        (
            way, 1e3 * statistics.median(one["steps"]), base / statistics.median(one["steps"]), whole(one),
            longest / whole(one), whole(found[BEST]) / whole(one), one["mebibytes"],
            f"{max(abs(a - b) for a, b in zip(first['losses'], one['losses'], strict=True)):.1e}",
        )
        for way, one in found.items()
    )  # fmt: skip
    columns = (
        Column("configuration"), Column("median ms per step", "seconds"), Column("x fused", "seconds"),
        Column("s of 6 epochs, extrapolated", "seconds"), Column("x fused", "seconds"), Column("x best", "seconds"),
        Column("peak MiB", "seconds"), Column("largest |loss - notebook's|"),
    )  # fmt: skip
    trained, total = first["sizes"]
    note = (
        f"{first['words']}; on {first['device']}, {asked.precision}, {torch.get_num_threads()} threads; "
        f"{len(first['steps'])} steps of 2 texts each; {trained:,} of {total:,} parameters trained"
    )
    if asked.quick:
        print("SMOKE TEST (--quick): these results mean nothing.\n")
    elif not torch.cuda.is_available():
        dtype = torch.bfloat16 if asked.precision == "bf16" else torch.float32
        print(f"matmul peak: {peak(dtype):,.0f} GFLOP/s in {asked.precision}\n")
    print(
        render([Table("Llama-3.2-1B's shape, random weights, last 4 layers and head", columns, rows, (note,))], "text")
    )


if __name__ == "__main__":
    main()
