"""Training the last layers of encoders and decoders of transformers on cached states: the same as the Trainer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch._dynamo.exc import TorchDynamoException
from transformers import (
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    Gemma3TextConfig,
    Gemma3TextModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    Qwen3Config,
    Qwen3Model,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine.compiled import can_compile, compiled, is_worthwhile
from semeval_emo.zoo.engine.gemma import PackedGemmaEncoder
from semeval_emo.zoo.engine.network import build, byte_tokenizer
from semeval_emo.zoo.engine.pooling import HEAD, MeanPooled
from semeval_emo.zoo.engine.tail_trainer import is_packed
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import train

SIZES = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 2,
    "pad_token_id": 0,
}  # fmt: skip
LONG = {**SIZES, "max_position_embeddings": 130}
HEADS = {"num_key_value_heads": 1, "head_dim": 16}
MODELS = {
    "bert": (BertModel, BertConfig, LONG),
    "xlm-roberta": (XLMRobertaModel, XLMRobertaConfig, LONG),
    "mpnet": (MPNetModel, MPNetConfig, LONG),
    "deberta": (DebertaV2Model, DebertaV2Config, {**LONG, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]}),
    "modernbert": (
        ModernBertModel, ModernBertConfig,
        {**LONG, "local_attention": 16, "bos_token_id": 1, "eos_token_id": 1, "cls_token_id": 1, "sep_token_id": 1},
    ),
    "gemma": (
        Gemma3TextModel, Gemma3TextConfig,
        {**LONG, **HEADS, "use_bidirectional_attention": True, "sliding_window": 16,
         "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
    ),
    # Without texts beyond the window of local layers there is a path without padding.
    "gemma-wide": (
        Gemma3TextModel, Gemma3TextConfig,
        {**LONG, **HEADS, "use_bidirectional_attention": True, "sliding_window": 128,
         "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
    ),
    "qwen": (Qwen3Model, Qwen3Config, {**LONG, **HEADS}),
}  # fmt: skip
SETTINGS = (
    "model.max_length=24", "model.dropout=0.0", "trainable.part=last", "trainable.layers=1", "train.batches=random",
    "train.epochs=2", "train.batch=8", "train.warmup=0.0", "groups.head.lr=0.01", "train.lr=0.001",
    "threshold.rule=fixed",
)  # fmt: skip


def save_encoder(folder: Path, name: str) -> Path:
    model_class, config_class, sizes = MODELS[name]
    torch.manual_seed(0)
    model = model_class(config_class(**sizes))
    for parameter in model.parameters():
        # Larger weights, so that texts differ.
        parameter.data.mul_(2)
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def trained(folder: Path, runs: Path, *settings: str):
    recipe = load_recipe("minilm-ft", [f"model.backbone={folder}", *SETTINGS, *settings])
    return train(recipe, source="sample", runs=runs)


def test_the_path_without_padding(tmp_path: Path):
    def packed(name: str, *settings: str) -> bool:
        folder = save_encoder(tmp_path / name, name)
        recipe = load_recipe("minilm-ft", [f"model.backbone={folder}", *SETTINGS, *settings])
        return is_packed(build(recipe, Space(("joy", "fear")), Progress()))

    assert packed("gemma-wide", "model.pooling=mean")
    assert not packed("gemma", "model.pooling=mean") and not packed("bert", "model.pooling=mean")


@pytest.mark.parametrize("pooling", ["", "mean"])
@pytest.mark.parametrize("name", MODELS)
def test_losses_and_scores_are_those_of_the_trainer(name: str, pooling: str, tmp_path: Path):
    """Two epochs of 30 steps, fp32: losses to 1e-5, probabilities to 1e-4."""
    folder = save_encoder(tmp_path / "model", name)
    settings = [f"model.pooling={pooling}"] if pooling else []
    cached = trained(folder, tmp_path / "cached", *settings, "train.engine=prefix")
    plain = trained(folder, tmp_path / "plain", *settings, "train.engine=plain")
    for one, other in zip(cached.rows, plain.rows, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5)
    texts = list(load_gold("a", "eng", source="sample").texts[:40])
    first, second = (load_model(run.folder.path).family.predict(texts) for run in (cached, plain))
    assert first == pytest.approx(second, abs=2e-4)
    assert first.std(axis=0).max() > 1e-3


def test_compiled_operations_have_the_losses_of_the_trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The operations between the matrix products of long work are compiled, forwards and backwards."""
    if not can_compile():
        pytest.skip("left out: needs a C++ compiler")
    calls: list[str] = []

    def watched(function):
        calls.append(function.__name__)
        return compiled(function)

    monkeypatch.setattr("semeval_emo.zoo.engine.gemma.compiled", watched)
    folder = save_encoder(tmp_path / "model", "gemma-wide")
    plain = trained(folder, tmp_path / "plain", "model.pooling=mean", "train.engine=plain")
    assert not calls
    monkeypatch.setattr("semeval_emo.zoo.engine.compiled.MIN_TOKENS", 0)
    ours = trained(folder, tmp_path / "ours", "model.pooling=mean", "train.engine=prefix")
    for one, other in zip(ours.rows, plain.rows, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5)
    assert set(calls) == {"_normed", "_rotated", "_added", "_gated", "_residual"}
    # 60 steps of one layer; the frozen layers run in a few batches.
    assert calls.count("_gated") >= 60


def test_a_function_that_cannot_be_compiled_runs_as_it_is(monkeypatch: pytest.MonkeyPatch):
    calls: list[int] = []

    def failing(function, **options):
        def run(*arguments):
            calls.append(1)
            raise TorchDynamoException("disk full")

        return run

    def twice(numbers: torch.Tensor) -> torch.Tensor:
        return 2 * numbers

    monkeypatch.setattr("torch.compile", failing)
    run = compiled(twice)
    assert [float(run(torch.tensor(number))) for number in (1.0, 2.0)] == [2.0, 4.0]
    # It is not tried again.
    assert calls == [1]


def test_a_function_is_compiled_by_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of threads that start together, the others wait until the first one has called every function."""
    started, finished = [], []

    def watched(function):
        def run(*arguments):
            if function.__name__ == "_gated" and not finished:
                started.append(1)
                time.sleep(0.2)
                finished.append(1)
            return function(*arguments)

        return run

    monkeypatch.setattr("semeval_emo.zoo.engine.gemma.compiled", watched)
    encoder = Gemma3TextModel.from_pretrained(save_encoder(tmp_path / "model", "gemma-wide")).eval()
    layers = PackedGemmaEncoder(encoder, compiling=True)

    def encode(_: int) -> None:
        with torch.inference_mode():
            layers.encode([[5, 6, 7]])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(encode, range(4)))
    assert started == [1]


def test_without_a_compiler_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch):
    def missing(function, **options):
        raise RuntimeError("no compiler")

    monkeypatch.setattr("torch.compile", missing)
    can_compile.cache_clear()
    try:
        assert not is_worthwhile(10**9, torch.device("cpu"))
    finally:
        can_compile.cache_clear()


def test_batches_by_length_and_frozen_embeddings(tmp_path: Path):
    """The order is that of the Trainer's sampler; with all layers trained, the cut is above the embeddings."""
    folder = save_encoder(tmp_path / "model", "gemma")
    settings = ("model.pooling=mean", "train.batches=by_length", "trainable.layers=3")
    cached, plain = (
        trained(folder, tmp_path / engine, *settings, f"train.engine={engine}") for engine in ("prefix", "plain")
    )
    assert [row["loss"] for row in cached.rows] == pytest.approx([row["loss"] for row in plain.rows], abs=1e-5)


def test_bf16_states_and_steps_give_nearly_the_same_model(tmp_path: Path):
    folder = save_encoder(tmp_path / "model", "gemma")
    exact, rounded = (
        trained(folder, tmp_path / precision, "model.pooling=mean", f"train.precision={precision}")
        for precision in ("fp32", "bf16")
    )
    assert [row["loss"] for row in exact.rows] == pytest.approx([row["loss"] for row in rounded.rows], abs=0.02)


def test_a_mean_pooled_model_is_read_back_by_three_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = trained(save_encoder(tmp_path / "model", "gemma"), tmp_path / "runs", "model.pooling=mean").folder
    texts = list(load_gold("a", "eng", source="sample").texts[:20])
    expected = load_model(run.path).family.predict(texts)
    stored = np.loadtxt(run.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))
    assert expected == pytest.approx(stored[:20], abs=1e-6)
    assert main(["zoo", "export", str(run.path), "-o", str(tmp_path / "mine"), "-q"]) == 0
    assert (load_model(tmp_path / "mine").family.predict(texts) == expected).all()
    network = MeanPooled.load(tmp_path / "mine").eval()
    tokens = AutoTokenizer.from_pretrained(tmp_path / "mine")(texts, truncation=True, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = network(tokens["input_ids"], tokens["attention_mask"]).logits
    assert torch.sigmoid(logits).numpy() == pytest.approx(expected, abs=1e-5)
    encoder = AutoModel.from_pretrained(tmp_path / "mine")
    assert torch.equal(encoder.layers[2].mlp.up_proj.weight, network.model.layers[2].mlp.up_proj.weight)
    card = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert "cannot load the head of this model, the mean over tokens" in card and "pipeline_tag" not in card
    (tmp_path / "mine" / HEAD).write_bytes(b"half")
    with pytest.raises(InputError, match="The head in"):
        load_model(tmp_path / "mine").family.predict(texts)


def test_an_mlp_head_on_the_mean(tmp_path: Path):
    settings = ("model.pooling=mean", "model.head=mlp", "model.head_hidden=[12]")
    run = trained(save_encoder(tmp_path / "model", "bert"), tmp_path / "runs", *settings)
    texts = list(load_gold("a", "eng", source="sample").texts[:20])
    stored = np.loadtxt(run.folder.probabilities("dev"), delimiter=",", skiprows=1, usecols=range(1, 6))
    dev = load_gold("a", "eng", "dev", source="sample").texts
    assert load_model(run.folder.path).family.predict(list(dev)) == pytest.approx(stored, abs=1e-6)
    assert load_model(run.folder.path).family.predict(texts).std(axis=0).max() > 1e-4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("model.dropout=0.1",), "BertForSequenceClassification has dropout (--set model.dropout=0)"),
        (("trainable.part=head", "trainable.layers=0"), "no layer of BertForSequenceClassification is trained"),
    ],
)
def test_what_cannot_be_cached_is_said(settings: tuple[str, ...], said: str, tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        trained(save_encoder(tmp_path / "model", "bert"), tmp_path / "runs", *settings, "train.engine=prefix")
    assert caught.value.message.endswith(f"the output of its frozen layers cannot be cached: {said}.")


def test_the_network_is_whole_again_after_training(tmp_path: Path):
    from semeval_emo.zoo.engine.layer_cut import LayerCut

    recipe = load_recipe("minilm-ft", [f"model.backbone={save_encoder(tmp_path / 'm', 'bert')}", *SETTINGS])
    network = build(recipe, Space(("joy", "fear")), Progress())
    network.model.eval()
    rows = network.tokens(["so happy", "afraid of the dark"])
    ids = torch.tensor([rows[0]])
    with torch.inference_mode():
        whole = network.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        cut = LayerCut(network.model, 2, 0)
        halves = cut.above(rows, cut.below(rows))
        assert halves[:1].numpy() == pytest.approx(whole.numpy(), abs=1e-6)
        cut.close()
        assert not any("forward" in vars(layer) for layer in cut.layers)
        assert torch.equal(network.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits, whole)
