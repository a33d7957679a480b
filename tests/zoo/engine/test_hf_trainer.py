"""The Trainer path on GPUs, as far as it can be tested on a CPU: what it asks of transformers, and what it computes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from devices_for_tests import RecordedCalls
from own_models import save_bert
from transformers.modeling_layers import GradientCheckpointingLayer

from semeval_emo.errors import UsageError
from semeval_emo.zoo.engine import hf_trainer
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import RunResult, train

# Three optimizer steps of four batches, the last of two.
SETTINGS = (
    "model.max_length=8", "train.engine=plain", "train.epochs=1", "train.batch=25", "train.accumulate=4",
    "train.lr=1e-3",
)  # fmt: skip
SHAPE = ("shape.hidden=16", "shape.mlp=16", "shape.vocabulary=300")


def rows_of(result: RunResult) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (result.folder.path / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def trained(tmp_path: Path, *settings: str, name: str = "llama-tiny") -> RunResult:
    shape = SHAPE if name == "llama-tiny" else ()
    return train(load_recipe(name, [*SETTINGS, *shape, *settings]), source="sample", runs=tmp_path)


def arguments_of(recipe: Recipe, device: str, folder: Path) -> Any:
    return hf_trainer._arguments(folder, SimpleNamespace(recipe=recipe, device=torch.device(device)))


def test_several_visible_gpus_train_the_steps_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The Trainer saw two GPUs, trained half as many steps with `DataParallel`, and no epoch ever ended."""
    expected = rows_of(trained(tmp_path / "one"))
    arguments = hf_trainer.TrainingArguments
    # The Trainer counts GPUs unless it is told to use the CPU; the network itself stays there.
    monkeypatch.setattr(hf_trainer, "TrainingArguments", lambda **given: arguments(**given | {"use_cpu": False}))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert rows_of(trained(tmp_path / "two")) == expected


def test_fp16_has_a_scaled_loss_and_pinned_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(hf_trainer, "TrainingArguments", lambda **given: made.append(given) or SimpleNamespace(n_gpu=2))
    cases = {"fp16": "cuda:1", "bf16": "cuda", "tf32": "cuda", "fp32": "mps"}
    for precision, device in cases.items():
        arguments_of(load_recipe("llama-tiny", [f"train.precision={precision}"]), device, tmp_path)
    kinds = [(given["fp16"], given["bf16"], given["dataloader_pin_memory"], given["use_cpu"]) for given in made]
    assert kinds == [(True, False, True, False), (False, True, True, False), (False, False, True, False), (False,) * 4]


def test_the_values_of_a_batch_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The Trainer asked after each batch whether its loss is a number, which waits for a GPU."""
    train_network, reads = hf_trainer.LossTrainer.train, []

    def recorded(self: Any, *given: Any, **more: Any) -> None:
        with RecordedCalls() as calls:
            train_network(self, *given, **more)
        reads.append(calls.reads)

    monkeypatch.setattr(hf_trainer.LossTrainer, "train", recorded)
    # transformers reads the mask of each batch, to leave out one without padding.
    monkeypatch.setattr("transformers.masking_utils._ignore_causal_mask_sdpa", lambda *given: False)
    # Three steps each, of ten batches and of three.
    trained(tmp_path / "ten")
    trained(tmp_path / "three", "train.batch=100", "train.accumulate=1")
    assert reads[0] == reads[1] >= 3


@pytest.fixture
def recomputed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the classes of the layers whose states a backward pass computes again."""
    classes: list[str] = []
    checkpoint = torch.utils.checkpoint.checkpoint

    def recorded(function: Any, *given: Any, **more: Any) -> Any:
        classes.append(type(getattr(function, "__self__", getattr(function, "func", function))).__name__)
        return checkpoint(function, *given, **more)

    monkeypatch.setattr("transformers.modeling_utils.checkpoint", recorded)
    return classes


@pytest.fixture(scope="module")
def small_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert"))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("llama-tiny", ()),
        ("minilm-ft", ("train.warmup=0.0",)),
        ("minilm-ft", ("train.warmup=0.0", "model.pooling=mean")),
        ("llama-lora-int8-batch8", ("model.quantization=none", "train.precision=fp32", "model.pooling=")),
    ],
)
def test_gradient_checkpointing_gives_the_same_result(
    name: str, settings: tuple[str, ...], small_bert: Path, tmp_path: Path, recomputed: list[str]
):
    """Of a decoder whose last layers are trained, an encoder, one that pools the mean, and adapters."""
    own = settings if name == "llama-tiny" else (*settings, f"model.backbone={small_bert}")
    without = rows_of(trained(tmp_path / "without", *own, name=name))
    assert not recomputed
    again = rows_of(trained(tmp_path / "with", *own, "train.gradient_checkpointing=true", name=name))
    assert recomputed
    assert again[0]["loss"] == pytest.approx(without[0]["loss"], abs=1e-6)
    assert again[0]["dev"] == pytest.approx(without[0]["dev"], abs=1e-6)


def test_gradient_checkpointing_where_a_network_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("transformers.LlamaForSequenceClassification.supports_gradient_checkpointing", False)
    with pytest.raises(UsageError) as refused:
        trained(tmp_path, "train.gradient_checkpointing=true")
    assert refused.value.message.endswith("LlamaForSequenceClassification does not support gradient checkpointing.")
    assert refused.value.fix == "--set train.gradient_checkpointing=false"
    assert GradientCheckpointingLayer.gradient_checkpointing is False
