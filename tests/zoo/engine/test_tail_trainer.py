"""Training the last layers on cached frozen states, compared with Hugging Face's Trainer on the whole network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import attention, finetune
from semeval_emo.zoo.engine.attention import PackedSequences
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states, plan_cache
from semeval_emo.zoo.engine.llama import PackedLlamaTail
from semeval_emo.zoo.engine.losses import loss_function
from semeval_emo.zoo.engine.network import Network, build
from semeval_emo.zoo.engine.parameter_groups import optimizer_groups
from semeval_emo.zoo.engine.predictor import Predictor
from semeval_emo.zoo.engine.tail_trainer import TailInputs, TailTrainer
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe

EMOTIONS = ("anger", "fear", "joy")
SPACE = Space(EMOTIONS)
SMALL = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "model.max_length=32", "train.epochs=2",
    "select.metric=macro_f1",
)  # fmt: skip


def corpus(count: int, seed: int = 0) -> Examples:
    """Return texts of different lengths with learnable labels."""
    draw = np.random.default_rng(seed)
    words = ["rage", "dread", "glee", "the", "a", "of"]
    texts, labels = [], []
    for _ in range(count):
        chosen = draw.choice(words, size=draw.integers(1, 9))
        texts.append(" ".join(chosen))
        labels.append([int(word in chosen) for word in words[:3]])
    return Examples(tuple(texts), np.array(labels, dtype=np.int8))


def tail_trainer(recipe: Recipe, examples: Examples) -> TailTrainer:
    network = build(recipe, SPACE, Progress())
    network.model.eval()
    first = len(network.model.model.layers) - recipe.trainable.layers
    rows = network.tokens(examples.texts)
    inputs = TailInputs(compute_frozen_states(network, rows, first, None, Progress(), "prefix"), examples)
    return TailTrainer(network, first, inputs, loss_function(recipe.loss, examples.labels, 1, network.device))


def losses_of_tail(recipe: Recipe, examples: Examples, steps: int) -> list[float]:
    trainer = tail_trainer(recipe, examples)
    losses: list[float] = []
    for epoch in range(recipe.train.epochs):
        for batches in trainer.batches(epoch):
            if len(losses) < steps:
                losses.append(trainer.step(batches))
    return losses


class LossCallback(TrainerCallback):
    """Collects the mean loss of each step."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.batches: list[float] = []

    def on_step_end(self, args, state, control, **rest):
        self.losses.append(sum(self.batches) / len(self.batches))
        self.batches.clear()


class RecordingTrainer(Trainer):
    """The Trainer as a notebook uses it, recording its losses before they are rounded."""

    # Transformers 5.23 assumes that a network which takes `**kwargs` scales its loss for accumulation
    # itself. Classification losses do not, so gradients would be summed instead of averaged.
    loss_is_scaled_for_ga = False

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss = super().compute_loss(model, inputs)
        self.callback.batches.append(float(loss.detach()))
        return loss


def losses_of_trainer(recipe: Recipe, examples: Examples, steps: int, folder: Path) -> list[float]:
    """Train as a notebook would: all layers on every batch, padded to the full length, with the network's loss."""
    network = build(recipe, SPACE, Progress())
    rows = [
        {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": row.astype(np.float32)}
        for ids, row in zip(network.tokens(examples.texts), examples.labels, strict=True)
    ]
    parameters = {n: p for n, p in network.model.named_parameters() if p.requires_grad}
    total = recipe.train.epochs * -(-len(rows) // (recipe.train.batch * recipe.train.accumulate))
    optimizer = torch.optim.AdamW(optimizer_groups(parameters, recipe), fused=True)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / total)
    callback = LossCallback()
    trainer = RecordingTrainer(
        model=network.model,
        args=TrainingArguments(
            output_dir=str(folder),
            per_device_train_batch_size=recipe.train.batch,
            gradient_accumulation_steps=recipe.train.accumulate,
            num_train_epochs=recipe.train.epochs,
            logging_strategy="no",
            seed=recipe.train.seed,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(
            network.tokenizer, padding="max_length", max_length=recipe.model.max_length
        ),
        optimizers=(optimizer, decay),
        callbacks=[callback],
    )
    trainer.callback = callback
    trainer.train()
    return callback.losses[:steps]


@pytest.mark.parametrize(
    "settings",
    [
        ("train.batch=2",),
        ("train.batch=3", "train.accumulate=2", "train.epochs=4"),
        ("trainable.part=head", "train.batch=2"),
        ("trainable.layers=1", "trainable.final_norm=true", "train.batch=2", "groups.layers.lr=1e-3"),
        ("trainable.layers=8", "trainable.final_norm=true", "train.batch=2", "groups.layers.lr=1e-3"),
    ],
    ids=["batch 2", "accumulated", "head only", "one layer and the norm", "all but the embeddings"],
)
def test_fifty_steps_have_the_losses_of_the_trainer(settings: tuple[str, ...], tmp_path: Path, capsys):
    recipe = load_recipe("llama-tiny", [*SMALL, *settings])
    if recipe.trainable.part == "head":
        recipe = replace(recipe, trainable=replace(recipe.trainable, layers=0))
    examples = corpus(61)
    expected = losses_of_trainer(recipe, examples, 50, tmp_path)
    losses = losses_of_tail(recipe, examples, len(expected))
    assert len(expected) >= 40
    assert max(abs(a - b) for a, b in zip(losses, expected, strict=True)) < 1e-5
    # Equal losses mean something only if they change.
    assert abs(expected[0] - expected[-1]) > 1e-3


@pytest.mark.parametrize("max_length", [attention.MATMUL_MAX_LENGTH, 0], ids=["matrix products", "fused kernel"])
def test_tail_logits_equal_those_of_transformers(max_length: int, tiny: Recipe, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attention, "MATMUL_MAX_LENGTH", max_length)
    network = build(tiny, SPACE, Progress())
    network.model.eval()
    rows = network.tokens(corpus(9).texts)
    tail = PackedLlamaTail(network.model, 4)
    with torch.no_grad():
        padded = network.tokenizer.pad({"input_ids": rows}, return_tensors="pt")
        expected = network.model(**padded).logits
        states, lengths = compute_frozen_states(network, rows, 4, None, Progress(), "").batch(range(9), network.device)
        logits = tail(states, PackedSequences.from_lengths(lengths, network.device))
    assert len(set(lengths)) > 2
    torch.testing.assert_close(logits, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("max_length", [attention.MATMUL_MAX_LENGTH, 0], ids=["matrix products", "fused kernel"])
def test_tail_gradients_equal_those_of_transformers(max_length: int, tiny: Recipe, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attention, "MATMUL_MAX_LENGTH", max_length)
    network = build(tiny, SPACE, Progress())
    network.model.eval()
    rows = network.tokens(corpus(9).texts)
    padded = network.tokenizer.pad({"input_ids": rows}, return_tensors="pt")
    trained = {n: p for n, p in network.model.named_parameters() if p.requires_grad}
    expected = torch.autograd.grad(network.model(**padded).logits.square().sum(), trained.values())
    states, lengths = compute_frozen_states(network, rows, 4, None, Progress(), "").batch(range(9), network.device)
    packed = PackedSequences.from_lengths(lengths, network.device)
    loss = PackedLlamaTail(network.model, 4)(states.clone(), packed).square().sum()
    for gradient, other in zip(torch.autograd.grad(loss, trained.values()), expected, strict=True):
        torch.testing.assert_close(gradient, other, atol=1e-6, rtol=1e-4)


def test_only_the_last_layers_and_the_head_are_trained_at_their_rates(tiny: Recipe, tmp_path: Path):
    trainer = tail_trainer(tiny, corpus(20))
    model = trainer.network.model
    rates = {group["role"]: (group["lr"], group["weight_decay"]) for group in trainer.optimizer.param_groups}
    assert rates == {"layers": (1e-4, 0.01), "head": (1e-3, 0.01)}
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for batches in trainer.batches(0):
        trainer.step(batches)
    changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert changed == {
        name for name in before if name.startswith(("score", *(f"model.layers.{i}." for i in (4, 5, 6, 7))))
    }
    # An Adam step is about as large as the learning rate, which is ten times as high for the head.
    change = {name: float((model.get_parameter(name).detach() - before[name]).abs().max()) for name in changed}
    assert change["score.weight"] > 3 * change["model.layers.7.mlp.up_proj.weight"] > 0


def test_states_on_disk_equal_those_in_memory(tiny: Recipe, tmp_path: Path):
    network = build(tiny, SPACE, Progress())
    network.model.eval()
    rows = network.tokens(corpus(7).texts)
    memory = compute_frozen_states(network, rows, 4, None, Progress(), "")
    disk = compute_frozen_states(network, rows, 4, tmp_path / "prefix.bin", Progress(), "")
    assert torch.equal(memory.states, disk.states)
    assert (tmp_path / "prefix.bin").stat().st_size == memory.states.numel() * 4


class Messages(Progress):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


class Job:
    """A job without a run folder."""

    def __init__(self, work: Path) -> None:
        self.work, self.progress, self.rows = work, Messages(), []

    def record(self, rows):
        self.rows = list(rows)

    def score(self, labels, values):
        return {"macro_f1": float(((values > 0.5) == labels).mean()), "micro_f1": 0.0}

    def stop_requested(self):
        return False


def fit(recipe: Recipe, work: Path) -> tuple[Network, Job]:
    work.mkdir()
    job = Job(work)
    return finetune.fit(recipe, SPACE, corpus(24), {"dev": corpus(10, 1)}, job), job


def predict(network: Network, texts: Sequence[str]) -> np.ndarray:
    return Predictor(network).probabilities(texts, Progress())


def test_the_cache_size_is_reported_and_a_large_cache_falls_back_to_the_trainer(tmp_path: Path):
    cached, first = fit(load_recipe("llama-tiny", SMALL), tmp_path / "a")
    assert first.progress.messages[0].startswith("layers 0-3 are frozen: their output for 34 texts (")
    assert "computed once, less than 1 MB in memory" in first.progress.messages[0]
    uncached = load_recipe("llama-tiny", [*SMALL, "train.cache_mb=0", "train.cache_disk_mb=0"])
    whole, second = fit(uncached, tmp_path / "b")
    # The message must not announce a computation.
    assert second.progress.messages[0].startswith("layers 0-3 are frozen: their output for 34 texts (")
    assert second.progress.messages[0].endswith(
        " would take less than 1 MB, more than train.cache_mb=0 and train.cache_disk_mb=0 allow, "
        "so every step runs the whole network"
    )
    assert "computed once" not in "".join(second.progress.messages)
    # Both ways give the same model up to the order of summation.
    texts = corpus(10, 1).texts
    assert np.abs(predict(cached, texts) - predict(whole, texts)).max() < 1e-4
    assert [row["loss"] for row in first.rows] == pytest.approx([row["loss"] for row in second.rows], abs=1e-5)


@pytest.mark.parametrize(("ratio", "warned"), [(2.34, True), (0.5, False)])
def test_bf16_on_a_cpu_that_is_slow_at_it_causes_a_warning(tmp_path: Path, monkeypatch, ratio, warned):
    monkeypatch.setattr(finetune, "bf16_time_ratio", lambda: ratio)
    _, job = fit(load_recipe("llama-tiny", [*SMALL, "train.precision=bf16"]), tmp_path / "a")
    warning = "bf16 takes 2.3 times as long as fp32 on this CPU: --set train.precision=fp32 is faster"
    assert (warning in job.progress.messages) == warned
    _, job = fit(load_recipe("llama-tiny", SMALL), tmp_path / "b")
    assert warning not in job.progress.messages


@pytest.mark.parametrize(
    ("field", "value", "obstacle"),
    [
        # By its own code, on padded texts.
        ("hidden_act", "gelu", ""),
        ("attention_dropout", 0.1, "LlamaForSequenceClassification has dropout (--set model.dropout=0)"),
    ],
)
def test_other_llama_variants(field: str, value: object, obstacle: str):
    network = build(load_recipe("llama-tiny", SMALL), SPACE, Progress())
    assert finetune.prefix_obstacle(network) == ""
    setattr(network.model.config, field, value)
    assert finetune.prefix_obstacle(network) == obstacle


def test_the_bf16_measurement_does_not_change_the_random_state():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    assert 0.01 < finetune.bf16_time_ratio() < 100
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["trainable.part=head", "trainable.layers=0"], "all layers are frozen: their output at the last token for 34"),
        (["trainable.layers=8"], "the embeddings are frozen: their output for 34 texts ("),
        (["trainable.layers=7"], "layer 0 is frozen: its output for 34 texts ("),
    ],
)
def test_the_message_names_the_frozen_layers(settings: list[str], message: str, tmp_path: Path):
    _, job = fit(load_recipe("llama-tiny", [*SMALL, "train.epochs=1", *settings]), tmp_path / "a")
    assert job.progress.messages[0].startswith(message)


def test_engine_prefix_without_frozen_layers_is_refused(tmp_path: Path):
    recipe = load_recipe("llama-tiny", [*SMALL, "trainable.part=all", "train.engine=prefix"])
    with pytest.raises(UsageError, match="the output of its frozen layers cannot be cached: no layer below"):
        fit(recipe, tmp_path / "a")


@pytest.mark.parametrize(
    ("memory", "disk", "location"), [(10, 0, "memory"), (0, 10, "disk"), (0, 0, "none"), (1, 1, "none")]
)
def test_where_frozen_states_are_stored(memory: int, disk: int, location: str, tmp_path: Path):
    cache = plan_cache(1024, 1024, 4, memory, disk, tmp_path)
    assert (cache.bytes, cache.location) == (4 * 2**20, location)
