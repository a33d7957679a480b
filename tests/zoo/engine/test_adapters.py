"""Adapters that are saved without their backbone, as those of a quantized one; and how a backbone is quantized.

bitsandbytes is replaced: the backbone keeps full precision. `benchmarks/gpu_check.py` quantizes really.
"""

from __future__ import annotations

import functools
import json
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from own_models import CLASSES, byte_tokenizer
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification
from transformers.quantizers.quantizers_utils import should_convert_module

from semeval_emo.cli.app import main
from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones import weights
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.engine import adapters, network
from semeval_emo.zoo.engine import pooling as pooling_module
from semeval_emo.zoo.engine.devices import default_device
from semeval_emo.zoo.engine.predictor import Predictor
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import train

TEXTS = ["What a day!", "Oh no, not again.", "I am so happy", ""]
RECIPE = "llama-lora-int8-batch8"
# A rate at which the adapters change the predictions.
SETTINGS = (
    "train.epochs=1", "train.batch=50", "train.lr=2e-2", "train.precision=fp32", "model.max_length=12",
    "model.pooling=",
)  # fmt: skip


def save_backbone(folder: Path, architecture: str = "llama") -> Path:
    network_class, config_class, sizes = CLASSES[architecture]
    torch.manual_seed(0)
    network_class(config_class(**sizes)).base_model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def without_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let recipes train as if they quantized: the adapters are not merged into the backbone."""
    for module in (weights, network):
        monkeypatch.setattr(module, "check_quantization", lambda recipe: None)
    monkeypatch.setattr(network, "quantization_arguments", lambda recipe, device: {})


def recipe_of(backbone: Path, *settings: str) -> Recipe:
    return load_recipe(RECIPE, [f"model.backbone={backbone}", *SETTINGS, *settings])


@pytest.mark.parametrize(
    ("architecture", "settings"),
    [
        ("llama", ()),
        ("llama", ("train.precision=bf16",)),
        ("llama", ("model.head=mlp", "model.head_hidden=[8]")),
        ("bert", ()),
        ("bert", ("model.pooling=mean",)),
        ("roberta", ()),
        ("deberta", ()),
        ("distilbert", ('lora.targets=["q_lin", "v_lin"]',)),
    ],
)
def test_adapters_of_a_quantized_backbone_are_loaded_with_their_whole_head(
    architecture: str, settings: tuple[str, ...], tmp_path: Path, without_bitsandbytes: None, monkeypatch
):
    """The packed layers ignored adapters in bf16; peft saved no `pooler` and no `pre_classifier`."""
    trained: list[Any] = []
    save = network.Network.save
    monkeypatch.setattr(network.Network, "save", lambda self, folder: trained.append(self) or save(self, folder))
    result = train(
        recipe_of(save_backbone(tmp_path / "backbone", architecture), *settings), source="sample", runs=tmp_path
    )
    (own,) = trained
    assert sorted(path.suffix for path in result.folder.model.iterdir()) == [".json"] * 5 + [".safetensors"]
    own.model.eval()
    with torch.no_grad(), own.autocast():
        rows = [torch.tensor([row]) for row in own.tokens(TEXTS)]
        logits = torch.cat([own.model(row, attention_mask=torch.ones_like(row)).logits.float() for row in rows])
    loaded = load_model(result.folder.path).family
    assert loaded.predict(TEXTS) == pytest.approx(logits.sigmoid().numpy(), abs=1e-6)
    assert loaded.parameter_counts() == result.sizes
    for name, parameter in loaded.network.model.named_parameters():
        if "lora_B" in name:
            parameter.data.zero_()
    assert np.abs(loaded.predict(TEXTS) - logits.sigmoid().numpy()).max() > 1e-4, "the adapters have an effect"


def test_predict_evaluate_and_export_of_adapters(tmp_path: Path, without_bitsandbytes: None, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_backbone(Path("backbone"))
    recipe = load_recipe(RECIPE, ["model.backbone=./backbone", *SETTINGS])
    run = train(recipe, source="sample", runs=Path("runs")).folder.path
    expected = load_model(run).family.predict(TEXTS)
    for words in (["predict", str(run), "What a day!"], ["evaluate", str(run), "--data", "sample"]):
        assert main(["zoo", *words]) == 0, capsys.readouterr().err
    assert main(["zoo", "export", str(run), "-o", "mine"]) == 0
    shutil.rmtree("backbone")
    there = Path(shutil.move("mine", tmp_path / "elsewhere"))
    assert np.array_equal(load_model(there).family.predict(TEXTS), expected)
    assert main(["zoo", "export", str(there), "-o", "again"]) == 3  # no run, but a model
    capsys.readouterr()
    assert main(["zoo", "predict", str(run), "What a day!"]) == 3
    assert capsys.readouterr().err == (
        f"error: The adapters in {run / 'model'} need their backbone. There is no folder ./backbone.\n"
        "  fix: where they were trained, `semeval-emo zoo export RUN -o FOLDER` copies it, too\n"
    )


def test_adapters_name_a_backbone_of_the_hub_and_export_does_not_copy_it(tmp_path, without_bitsandbytes, monkeypatch):
    monkeypatch.setenv(weights.MODELS_VARIABLE, str(tmp_path))
    save_backbone(tmp_path / "someone" / "llama")
    result = train(recipe_of(Path("someone/llama")), source="sample", runs=tmp_path / "runs")
    config = json.loads((result.folder.model / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "someone/llama"
    assert main(["zoo", "export", str(result.folder.path), "-o", str(tmp_path / "mine"), "--quiet"]) == 0
    assert not (tmp_path / "mine" / "backbone").exists()
    assert np.array_equal(
        load_model(tmp_path / "mine").family.predict(TEXTS), load_model(result.folder.path).family.predict(TEXTS)
    )


@pytest.mark.parametrize("damage", ["missing", "unknown", "size"])
def test_damaged_adapters_are_refused(damage: str, tmp_path: Path, without_bitsandbytes: None):
    run = train(recipe_of(save_backbone(tmp_path / "backbone")), source="sample", runs=tmp_path).folder
    file = run.model / "adapter_model.safetensors"
    tensors = load_file(file)
    name = min(tensors)
    if damage == "missing":
        del tensors[name]
    elif damage == "unknown":
        tensors["unknown"] = torch.zeros(1)
    else:
        tensors[name] = torch.zeros(3, 3)
    save_file(tensors, file)
    reason = {"missing": f"they lack {name}", "unknown": "they have unknown weights unknown", "size": "Error"}[damage]
    with pytest.raises(InputError, match=f"^The adapters in .* cannot be loaded: .*{reason}"):
        load_model(run.path)


def test_adapters_are_no_backbone(tmp_path: Path, without_bitsandbytes: None):
    run = train(recipe_of(save_backbone(tmp_path / "backbone")), source="sample", runs=tmp_path).folder
    with pytest.raises(InputError, match="has LoRA adapters, not a whole model"):
        train(recipe_of(run.model), source="sample", runs=tmp_path / "again")


class PackedLinear(torch.nn.Linear):
    """As a 4-bit layer of bitsandbytes on a CPU with bf16 instructions: rounds its scales at the first prediction."""

    support_avx512bf16_for_cpu = True

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if self.support_avx512bf16_for_cpu and not self.training:
            self.weight.data = self.weight.data.bfloat16().float()
        return super().forward(states)


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_predictions_do_not_change_a_quantized_backbone(pooling: str, tmp_path, without_bitsandbytes, monkeypatch):
    """Training went on with other weights after it had predicted dev, and the loaded model had the first ones."""
    load = {module: module.load_pretrained for module in (network, pooling_module)}

    def loaded(*given: Any, module: Any, **more: Any) -> Any:
        model = load[module](*given, **more)
        for layer in model.modules():
            if type(layer) is torch.nn.Linear:
                layer.__class__ = PackedLinear
        return model

    for module in load:
        monkeypatch.setattr(module, "load_pretrained", functools.partial(loaded, module=module))
    architecture = "llama" if pooling == "last" else "bert"
    recipe = recipe_of(save_backbone(tmp_path / "backbone", architecture), f"model.pooling={pooling}")
    built = network.build(recipe, Space(("joy", "fear")), Progress())
    before = {name: parameter.clone() for name, parameter in built.model.named_parameters()}
    Predictor(built).probabilities(TEXTS, Progress())
    changed = [name for name, parameter in built.model.named_parameters() if not torch.equal(parameter, before[name])]
    assert not changed


@pytest.fixture
def bitsandbytes_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let transformers find a version of bitsandbytes, which its configuration asks for."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.50.0" if name == "bitsandbytes" else version(name))


@pytest.mark.parametrize(
    ("quantization", "precision", "expected"),
    [
        ("int8", "bf16", (True, False, "fp4", torch.float32)),
        ("int4", "fp16", (False, True, "fp4", torch.float16)),
        ("nf4", "bf16", (False, True, "nf4", torch.bfloat16)),
        ("nf4", "fp32", (False, True, "nf4", torch.float32)),
    ],
)
def test_every_process_quantizes_on_its_own_gpu(quantization, precision, expected, monkeypatch, bitsandbytes_version):
    """All processes loaded the backbone onto the first GPU, and in 4 bits computed in bf16 on any GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("LOCAL_RANK", "1")
    recipe = load_recipe(RECIPE, [f"model.quantization={quantization}", f"train.precision={precision}"])
    arguments = adapters.quantization_arguments(recipe, default_device())
    assert arguments["device_map"] == {"": torch.device("cuda", 1)}
    config = arguments["quantization_config"]
    assert (
        config.load_in_8bit, config.load_in_4bit, config.bnb_4bit_quant_type, config.bnb_4bit_compute_dtype
    ) == expected  # fmt: skip
    assert adapters.quantization_arguments(load_recipe("minilm-ft"), default_device()) == {}


@pytest.mark.parametrize("architecture", ["llama", "bert", "roberta", "deberta", "distilbert", "qwen", "xlm-roberta"])
def test_only_the_backbone_is_quantized(architecture: str, bitsandbytes_version: None):
    """A new `classifier` of an encoder was quantized, although it has no weights yet: training failed."""
    arguments = adapters.quantization_arguments(load_recipe(RECIPE), torch.device("cpu"))
    skipped = arguments["quantization_config"].llm_int8_skip_modules
    network_class, config_class, sizes = CLASSES[architecture]
    with torch.device("meta"):
        model = network_class(config_class(**sizes))
    linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    kept = [name for name in linear if not should_convert_module(name, skipped)]
    heads = ("score", "classifier", "pre_classifier", "pooler")
    assert kept == [name for name in linear if set(name.split(".")) & set(heads)]
    assert kept and len(linear) - len(kept) >= 12


@pytest.mark.parametrize(
    ("name", "settings", "message", "fix"),
    [
        (
            "minilm-ft", (), "recipe minilm-ft with --set: model.quantization = 'nf4' is for adapters on a frozen "
            "backbone, which the family 'encoder' does not have.",
            "use a recipe of the family 'lora', or --set model.quantization=none",
        ),
        (
            RECIPE, ("model.backbone=random",), f"recipe {RECIPE} with --set: model.quantization = 'nf4', and a random "
            "backbone has no weights to quantize.", "",
        ),
    ],
    ids=["encoder", "random"],
)  # fmt: skip
def test_what_cannot_be_quantized_is_refused(name: str, settings: tuple[str, ...], message: str, fix: str):
    with pytest.raises(UsageError) as refused:
        load_recipe(name, ["model.quantization=nf4", *settings])
    assert (refused.value.message, refused.value.fix) == (message, fix)


def test_a_network_whose_layers_peft_does_not_know(tmp_path: Path):
    recipe = recipe_of(save_backbone(tmp_path / "backbone", "distilbert"), "model.quantization=none")
    with pytest.raises(UsageError) as refused:
        train(recipe, source="sample", runs=tmp_path)
    assert refused.value.message.startswith(f"recipe {RECIPE}: peft finds no layer of DistilBertForSequenceClass")
    assert refused.value.fix == (
        "name layers with --set 'lora.targets=[...]'; its linear layers are k_lin, lin1, lin2, out_lin, q_lin, v_lin"
    )


def test_merged_adapters_are_an_ordinary_model(tmp_path: Path):
    backbone = save_backbone(tmp_path / "backbone", "bert")
    result = train(recipe_of(backbone, "model.quantization=none"), source="sample", runs=tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(result.folder.model)
    assert {"bert.pooler.dense.weight", "classifier.weight"} < set(model.state_dict())
    assert not [name for name in model.state_dict() if "lora" in name or "modules_to_save" in name]
