"""Check this package on a GPU: every family trains two steps, is loaded again and predicts.

Run it once for a kind of GPU.

Each check runs in its own process, on the built-in sample, with small random networks that it creates: nothing is
downloaded. It fails if the loaded model predicts something else than the trained one, or something else on the CPU.
Without a GPU, what needs one is left out, and the rest runs on the CPU.

    python benchmarks/gpu_check.py                        every check: a few minutes
    python benchmarks/gpu_check.py --only lora            those whose name contains the word
    python benchmarks/gpu_check.py --format markdown      for an issue
    python benchmarks/gpu_check.py --encoder FOLDER --decoder FOLDER       with networks of your own, such as
                                                          intfloat/multilingual-e5-large and meta-llama/Llama-3.2-1B
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch

from semeval_emo.data import load_gold
from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table

# 240 texts: two steps of six batches of 20.
TWO_STEPS = ("train.epochs=1", "train.batch=20", "train.accumulate=6", "model.max_length=32")
FINE_TUNED = (*TWO_STEPS, "train.warmup=0.0", "train.batches=random")
CACHED = ("trainable.part=last", "trainable.layers=1", "train.engine=prefix")
ADAPTERS = (*TWO_STEPS, "train.lr=1e-3", "model.padding=longest", "model.pooling=")
SHORT_PROMPT = "pairwise.prompt={text} {emotion}?"
LIMITS = {"fp32": 1e-4, "tf32": 5e-3, "bf16": 5e-2, "fp16": 1e-2}
"""The largest difference of a probability or a loss between devices or processes, by the precision of products."""
RELOADED = 1e-3
"""The same between a trained model and the loaded one, on one device. Adapters change probabilities by 0.06."""
ENCODER, DECODER = "ENCODER", "DECODER"


@dataclass(frozen=True)
class Check:
    """A recipe to train, with the backbone that replaces its own.

    Attributes:
        precisions: each is a check of its own.
        processes: started by torchrun; the losses have to be those of one process.
        on_device: whether cached states may stay on the GPU.
    """

    name: str
    recipe: str
    settings: tuple[str, ...] = ()
    backbone: str = ""
    precisions: tuple[str, ...] = ("fp32",)
    processes: int = 1
    on_device: bool = True


EVERY = ("fp32", "tf32", "bf16", "fp16")
CHECKS = (
    Check("constant", "constant-all"),
    Check("tfidf", "tfidf-logreg"),
    Check("embed", "minilm-linear", ("model.max_length=32",), ENCODER, EVERY),
    Check("encoder", "minilm-ft", FINE_TUNED, ENCODER, EVERY),
    Check("encoder, recomputed states", "minilm-ft", (*FINE_TUNED, "train.gradient_checkpointing=true"), ENCODER),
    Check("encoder, cached states", "minilm-ft", (*FINE_TUNED, *CACHED, "model.dropout=0"), ENCODER, ("fp32", "bf16")),
    Check("encoder, mean of tokens", "minilm-ft", (*FINE_TUNED, "model.pooling=mean"), ENCODER),
    Check("decoder", "smollm2-4layer", (*FINE_TUNED, "trainable.layers=2", "train.engine=plain"), DECODER, EVERY),
    Check("decoder, cached states", "smollm2-4layer", (*FINE_TUNED, *CACHED), DECODER, ("fp32", "tf32", "bf16")),
    Check("decoder, states in CPU memory", "smollm2-4layer", (*FINE_TUNED, *CACHED), DECODER, on_device=False),
    *(
        Check(f"lora {quantization}{words}", "llama-lora-int8-batch8",
              (*ADAPTERS, f"model.quantization={quantization}", *more), backbone, precisions)
        for quantization, words, backbone, precisions, more in (
            ("none", "", DECODER, EVERY, ()),
            ("int8", "", DECODER, ("bf16", "fp16"), ()),
            ("int4", "", DECODER, ("bf16", "fp16"), ()),
            ("nf4", "", DECODER, ("fp32", "bf16", "fp16"), ()),
            ("nf4", ", recomputed states", DECODER, ("bf16",), ("train.gradient_checkpointing=true",)),
            ("nf4", " of an encoder", ENCODER, ("bf16",), ()),
        )
    ),
    *(
        Check(f"pairwise {quantization}", "qlora-pairwise",
              (*ADAPTERS, "train.batch=5", "train.accumulate=24", f"model.quantization={quantization}", SHORT_PROMPT),
              DECODER, precisions)
        for quantization, precisions in (("none", ("fp32", "bf16")), ("nf4", ("bf16", "fp16")))
    ),
    Check("adopted", "adopted", (), ENCODER),
    Check("ensemble", "ensemble", (), ENCODER),
    Check("encoder, two processes", "minilm-ft", (*FINE_TUNED, "model.dropout=0"), ENCODER, ("fp32", "bf16"), 2),
    Check("lora int8, two processes", "llama-lora-int8-batch8",
          (*ADAPTERS, "model.quantization=int8", "lora.dropout=0"), DECODER, ("bf16",), 2),
)  # fmt: skip


def save_networks(folder: Path) -> None:
    """Save a BERT and a Llama of four layers with random weights, and their tokenizers."""
    from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

    from semeval_emo.zoo.backbones.weights import silence_transformers
    from semeval_emo.zoo.engine.network import byte_tokenizer

    torch.manual_seed(0)
    sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 4}
    bert = BertModel(BertConfig(vocab_size=300, max_position_embeddings=64, pad_token_id=0, **sizes))
    llama = LlamaForCausalLM(LlamaConfig(vocab_size=300, pad_token_id=0, num_key_value_heads=2, **sizes))
    for name, network in ((ENCODER, bert), (DECODER, llama)):
        with silence_transformers():
            network.save_pretrained(folder / name)
            byte_tokenizer().save_pretrained(folder / name)


def left_out(check: Check, precision: str) -> str:
    """Return why a check cannot run here; empty if it can."""
    from semeval_emo.errors import UsageError
    from semeval_emo.zoo.engine.devices import check_precision, default_device

    try:
        check_precision(precision, default_device(), "the recipe")
    except UsageError as error:
        return error.message.partition(", which ")[2].rstrip(".")
    if _is_quantized(check) and not importlib.util.find_spec("bitsandbytes"):
        return "needs bitsandbytes"
    if torch.cuda.is_available() and torch.cuda.device_count() < check.processes:
        return "needs two GPUs"
    return ""


def _is_quantized(check: Check) -> bool:
    return any(re.search("quantization=(int|nf)", setting) for setting in check.settings)


def settings_of(check: Check, precision: str, asked: argparse.Namespace) -> list[str]:
    """Return the overrides of the recipe."""
    key = "embed.precision" if check.recipe == "minilm-linear" else "train.precision"
    backbone = {ENCODER: asked.encoder, DECODER: asked.decoder}.get(check.backbone)
    own = [f"model.backbone={backbone}", f"{key}={precision}"] if check.backbone else []
    return [*check.settings, *own]


def train_check(check: Check, precision: str, asked: argparse.Namespace, runs: Path) -> tuple[Path, Any]:
    """Train; return the run and the family object that was saved."""
    from semeval_emo.progress import Progress
    from semeval_emo.zoo.engine import finetune
    from semeval_emo.zoo.inference.adopt import adopt_recipe
    from semeval_emo.zoo.inference.ensemble import ensemble_recipe
    from semeval_emo.zoo.recipes.load import load_recipe
    from semeval_emo.zoo.runs.folder import resolve_task
    from semeval_emo.zoo.runs.model import MODEL_INFO
    from semeval_emo.zoo.training import train as training

    saved: list[Any] = []
    save_model = training.save_model
    training.save_model = lambda model, *rest: saved.append(model) or save_model(model, *rest)
    if not check.on_device:
        finetune.cache_bytes = lambda device, trained: 0
    if check.name in ("adopted", "ensemble"):
        of = load_recipe("minilm-ft", [*FINE_TUNED, f"model.backbone={asked.encoder}"])
        first = training.train(of, source="sample", runs=runs).folder
        if check.name == "adopted":
            # Without the file of this package, the model is that of someone else.
            Path(shutil.copytree(first.model, runs / "theirs"), MODEL_INFO).unlink()
            recipe = adopt_recipe(
                str(runs / "theirs"), "adopted", resolve_task(None, "sample"), track=None, language="eng", order=(),
                activation=None, thresholds=None, rule="fixed", unverified_gold=False, progress=Progress(),
            )  # fmt: skip
        else:
            second = training.train(load_recipe("tfidf-logreg"), source="sample", runs=runs).folder
            recipe = ensemble_recipe([first.path, second.path], "pair", method="mean", settings=(), runs=runs)
    else:
        recipe = load_recipe(check.recipe, settings_of(check, precision, asked))
    return training.train(recipe, source="sample", runs=runs).folder.path, saved[-1]


def measure(check: Check, precision: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Train two steps, load the model and predict; return what was measured.

    Raises:
        AssertionError: a prediction or the loss of several processes is not the expected one.
    """
    from semeval_emo.zoo.engine import network
    from semeval_emo.zoo.runs.model import load_model

    texts = list(load_gold("a", "eng", "test", source="sample").texts or ())
    gpu = torch.cuda.is_available()
    limit = LIMITS["bf16" if _is_quantized(check) else precision]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run, trained = train_check(check, precision, asked, Path(folder))
        seconds = time.perf_counter() - start
        expected = trained.predict(texts)
        start = time.perf_counter()
        loaded = load_model(run).family
        predictions = loaded.predict(texts)
        found = {
            "train": seconds, "predict": time.perf_counter() - start,
            "gpu": torch.cuda.max_memory_allocated() / 2**20 if gpu else None,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "reloaded": float(np.abs(predictions - expected).max()), "cpu": None,
        }  # fmt: skip
        assert found["reloaded"] < RELOADED, f"the loaded model predicts something else: {found['reloaded']:.0e}"
        assert np.isfinite(predictions).all(), "a prediction is not a number"
        on_device = getattr(getattr(loaded, "network", None), "device", None)
        if on_device is not None and on_device.type != "cpu":
            network.default_device = lambda: torch.device("cpu")
            found["cpu"] = float(np.abs(load_model(run).family.predict(texts) - predictions).max())
            assert found["cpu"] < limit, f"the CPU predicts something else: {found['cpu']:.0e}"
        if check.processes > 1:
            found["train"] = _compare_processes(check, precision, asked, run, Path(folder))
    return found


def _compare_processes(check: Check, precision: str, asked: argparse.Namespace, single: Path, folder: Path) -> float:
    """Train with torchrun; compare the run with that of one process and return the seconds."""
    words = [word for setting in settings_of(check, precision, asked) for word in ("--set", setting)]
    command = ["-m", "semeval_emo", "zoo", "train", check.recipe, *words, "--data", "sample", "--quiet"]
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(check.processes)]
    runs = folder / "two"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *launcher, *command, "--runs", str(runs)], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    assert done.returncode == 0, done.stderr.strip().splitlines()[-1]
    (file,) = runs.rglob("run.json")
    assert json.loads(file.read_text())["processes"] == check.processes, "only one process trained"
    losses = [json.loads((path / "metrics.jsonl").read_text())["loss"] for path in (single, file.parent)]
    assert abs(losses[0] - losses[1]) < LIMITS[precision], f"losses differ: {losses}"
    return seconds


def row(check: Check, precision: str, asked: argparse.Namespace) -> tuple[Any, ...]:
    """Run a check in its own process; return its row of the table."""
    reason = left_out(check, precision)
    values: dict[str, Any] = dict.fromkeys(("train", "predict", "gpu", "memory", "reloaded", "cpu"))
    if not reason:
        command = [sys.executable, __file__, "--encoder", asked.encoder, "--decoder", asked.decoder, "--check",
                   f"{check.name}/{precision}"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line.strip()[:160] for line in done.stderr.strip().splitlines() if line.strip()]
            # The last lines of an error of this package are its message and its remedy.
            reason = f"FAILED: {' '.join(lines[-2:]) if lines else f'exit code {done.returncode}'}"
        else:
            values = json.loads(done.stdout.splitlines()[-1])
    digits = [None if values[key] is None else f"{values[key]:.0e}" for key in ("reloaded", "cpu")]
    outcome = reason if reason.startswith("FAILED") else f"left out: {reason}" if reason else "ok"
    return check.name, precision, outcome, *(values[key] for key in ("train", "predict", "gpu", "memory")), *digits


def machine_words() -> str:
    """Return the device and the versions."""
    packages = [f"{name} {metadata.version(name)}" for name in ("torch", "transformers", "accelerate", "peft")]
    if importlib.util.find_spec("bitsandbytes"):
        packages.append(f"bitsandbytes {metadata.version('bitsandbytes')}")
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] or ["no GPU"]
    cuda = [f"CUDA {torch.version.cuda}"] if torch.version.cuda else []
    return ", ".join([*gpus, *cuda, *packages])


def main(words: Sequence[str] | None = None) -> int:
    """Run the checks; return 1 if one fails."""
    parser = argparse.ArgumentParser(description="Check this package on a GPU.")
    parser.add_argument("--only", default="", help="checks whose name contains this word")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    parser.add_argument("--encoder", help="a folder with an encoder")
    parser.add_argument("--decoder", help="a folder with a Llama")
    parser.add_argument("--check", help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    if asked.check:
        name, precision = asked.check.rsplit("/", 1)
        print(json.dumps(measure(next(check for check in CHECKS if check.name == name), precision, asked)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if not (asked.encoder and asked.decoder):
            save_networks(Path(folder))
        asked.encoder = asked.encoder or str(Path(folder, ENCODER))
        asked.decoder = asked.decoder or str(Path(folder, DECODER))
        chosen = [(check, precision) for check in CHECKS if asked.only in check.name for precision in check.precisions]
        rows = []
        for number, (check, precision) in enumerate(chosen, 1):
            print(f"{number} of {len(chosen)}: {check.name}, {precision}", file=sys.stderr, flush=True)
            rows.append(row(check, precision, asked))
    columns = (
        Column("check", "name"), Column("precision"), Column("outcome"), Column("train", "seconds"),
        Column("load and predict", "seconds"), Column("peak GPU MiB", "decimal"), Column("peak CPU MiB", "decimal"),
        Column("largest difference, loaded"), Column("on the CPU"),
    )  # fmt: skip
    notes = (machine_words(), "Seconds include loading libraries and data. Differences are of probabilities.")
    print(render([Table("Two steps of every family", columns, tuple(rows), notes)], asked.format))
    return int(any(cells[2].startswith("FAILED") for cells in rows))


if __name__ == "__main__":
    sys.exit(main())
