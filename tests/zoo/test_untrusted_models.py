"""Model folders of strangers: their code is never run, their pickles are never opened."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from own_models import save_classifier
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from semeval_emo.cli.app import main
from semeval_emo.zoo.backbones.weights import CACHE_VARIABLE
from semeval_emo.zoo.engine.network import byte_tokenizer

SIZES = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL = ("shape.hidden=16", "shape.mlp=16", "shape.layers=2", "trainable.layers=1")
SHORT = ("train.epochs=1", "train.batch=64", "model.max_length=8")
CODE = """
from pathlib import Path
Path({marker!r}).write_text("code was run")
from transformers import {config}, {model}, PreTrainedTokenizerFast

class TheirConfig({config}):
    model_type = "theirs"

class TheirModel({model}):
    config_class = TheirConfig

class TheirTokenizer(PreTrainedTokenizerFast):
    pass
"""


class Payload:
    """A pickle that writes a file when it is opened."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.write_text, (self.marker, "a pickle was opened")


@pytest.fixture(autouse=True)
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Answer every question with y, and fail if a model's code has written a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 100))
    (tmp_path / "texts.txt").write_text("what a day\n")
    path = tmp_path / "marker"
    yield path
    assert not path.exists(), path.read_text()


def bert(folder: Path) -> Path:
    BertModel(BertConfig(vocab_size=300, max_position_embeddings=40, pad_token_id=0, **SIZES)).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def llama(folder: Path) -> Path:
    LlamaForCausalLM(LlamaConfig(vocab_size=300, pad_token_id=0, **SIZES)).save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def add_code(folder: Path, marker: Path, base: str = "Bert") -> None:
    """Let a model folder refer to its own classes, as `auto_map` does on the hub."""
    model = "BertModel" if base == "Bert" else "LlamaForSequenceClassification"
    (folder / "theirs.py").write_text(CODE.format(marker=str(marker), config=f"{base}Config", model=model))
    classes = dict.fromkeys(("AutoModel", "AutoModelForSequenceClassification"), "theirs.TheirModel")
    edit(folder / "config.json", model_type="theirs", auto_map=classes | {"AutoConfig": "theirs.TheirConfig"})
    tokenizer = {"AutoTokenizer": ["theirs.TheirTokenizer", "theirs.TheirTokenizer"]}
    edit(folder / "tokenizer_config.json", auto_map=tokenizer, tokenizer_class="TheirTokenizer")


def train(recipe: str, *settings: str) -> int:
    words = [word for setting in settings for word in ("--set", setting)]
    return main(["zoo", "train", recipe, "--data", "sample", "--quiet", *words])


@pytest.mark.parametrize(
    ("recipe", "backbone", "settings"),
    [
        ("minilm-ft", bert, SHORT),
        ("minilm-ft", bert, (*SHORT, "model.dropout=0.2")),
        ("minilm-linear", bert, SHORT[2:]),
        ("smollm2-full", llama, SHORT),
        ("llama-lora-int8-batch8", llama, SHORT),
        ("llama-lora-int8-batch8", llama, (*SHORT, "model.quantization=none", "train.precision=fp32")),
    ],
)
def test_no_code_of_a_backbone_is_run(recipe, backbone, settings, tmp_path: Path, marker: Path, capsys):
    add_code(backbone(tmp_path / "theirs"), marker, backbone.__name__.title())
    assert train(recipe, *settings, "model.backbone=./theirs") == 3
    err = capsys.readouterr().err
    if "needs bitsandbytes" not in err:
        assert "theirs needs its own Python code (theirs.py), which is never run." in err
        assert "use a model of a class that transformers has" in err


def test_code_of_another_repository_is_named(tmp_path: Path, capsys):
    edit(
        bert(tmp_path / "model") / "config.json", model_type="x", auto_map={"AutoConfig": "someone/repo--their.Config"}
    )
    assert train("minilm-ft", *SHORT, "model.backbone=./model") == 3
    assert "model needs its own Python code (someone/repo/their.py), which is never run." in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs: a fine-tuned network, an ensemble of two, and a linear model on embeddings."""
    folder = tmp_path_factory.mktemp("trained")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv(CACHE_VARIABLE, str(folder / "cache"))
    bert(folder / "bert")
    assert train("llama-tiny", *SMALL, *SHORT) == 0
    assert train("minilm-linear", SHORT[2], f"model.backbone={folder}/bert") == 0
    assert train("constant-all") == 0
    for name, start in (("network", "llama-tiny"), ("embed", "minilm-linear")):
        next((folder / "runs" / "sample").glob(f"{start}*")).rename(folder / "runs" / "sample" / name)
    words = ["runs/sample/network/eng", "runs/sample/constant-all/eng", "--name", "pair"]
    assert main(["zoo", "ensemble", *words, "--data", "sample", "--quiet"]) == 0
    monkeypatch.undo()
    return folder


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of `trained`'s runs; an ensemble names its members by absolute paths."""
    shutil.copytree(trained / "runs", tmp_path / "runs")
    folder = tmp_path / "runs" / "sample"
    ensemble = folder / "pair" / "eng" / "model" / "ensemble.json"
    ensemble.write_text(ensemble.read_text().replace(str(trained), str(tmp_path)))
    return folder


COMMANDS = {
    "predict": ["predict", "RUN", "texts.txt"],
    "evaluate": ["evaluate", "RUN", "--data", "sample", "--quiet"],
    "export": ["export", "RUN", "-o", "exported"],
}


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("name", ["network", "pair"])
def test_no_code_of_a_trained_model_is_run(command: str, name: str, runs: Path, marker: Path, capsys):
    add_code(runs / "network" / "eng" / "model", marker, "Llama")
    run = str(runs / name / "eng")
    assert main(["zoo", *(run if word == "RUN" else word for word in COMMANDS[command])]) == 3
    assert "needs its own Python code (theirs.py), which is never run." in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["predict", "theirs", "texts.txt"], ["adopt", "theirs", "--language", "eng", "--data", "sample"]]
)
def test_no_code_and_no_pickle_of_a_model_of_ones_own_is_run(words: list[str], tmp_path: Path, marker: Path, capsys):
    folder = save_classifier(tmp_path / "theirs")
    (folder / "training_args.bin").write_bytes(pickle.dumps(Payload(marker)))
    assert main(["zoo", *words]) == 0
    add_code(folder, marker)
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)
    capsys.readouterr()
    assert main(["zoo", *words]) == 3
    assert "theirs needs its own Python code (theirs.py), which is never run." in capsys.readouterr().err


def test_no_code_of_an_exported_encoder_is_run(runs: Path, tmp_path: Path, marker: Path, capsys):
    assert main(["zoo", "export", str(runs / "embed" / "eng"), "-o", "exported"]) == 0
    assert main(["zoo", "predict", "exported", "texts.txt"]) == 0
    add_code(tmp_path / "exported" / "encoder", marker)
    capsys.readouterr()
    assert main(["zoo", "predict", "exported", "texts.txt"]) == 3
    assert "needs its own Python code (theirs.py), which is never run." in capsys.readouterr().err


def test_no_code_of_an_encoder_is_run_on_export(runs: Path, trained: Path, tmp_path: Path, marker: Path, capsys):
    moved = shutil.copytree(trained / "bert", tmp_path / "bert")
    for file in (runs / "embed" / "eng").rglob("*.json"):
        file.write_text(file.read_text().replace(str(trained), str(tmp_path)))
    add_code(moved, marker)
    assert main(["zoo", "export", str(runs / "embed" / "eng"), "-o", "exported"]) == 3
    assert "bert needs its own Python code (theirs.py), which is never run." in capsys.readouterr().err
    assert not (tmp_path / "exported").exists()


def test_code_and_links_are_not_exported(runs: Path, tmp_path: Path, marker: Path, capsys):
    run = runs / "network" / "eng"
    add_code(run / "model", marker, "Llama")
    command = ["zoo", "export", str(run), "-o", "exported"]
    assert main(command) == 3
    assert "theirs.py is Python code, which is not part of a model." in capsys.readouterr().err
    (run / "model" / "theirs.py").unlink()
    (tmp_path / "private.txt").write_text("secret")
    (run / "model" / "vocab.txt").symlink_to(tmp_path / "private.txt")
    assert main(command) == 3
    assert "vocab.txt is a link to " in capsys.readouterr().err
    assert not (tmp_path / "exported").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "training_args.bin", "optimizer.pt", "model.pkl", "sub/a.joblib"]
)
def test_a_pickle_in_a_trained_model_is_refused(name: str, command: str, runs: Path, marker: Path, capsys):
    run = runs / "network" / "eng"
    path = run / "model" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps(Payload(marker)))
    assert main(["zoo", *(str(run) if word == "RUN" else word for word in COMMANDS[command])]) == 3
    assert f"{path} is a pickle, which can run code when it is opened; expected model.safetensors." in (
        capsys.readouterr().err.replace("\n", " ")
    )


@pytest.mark.parametrize("recipe", ["minilm-ft", "minilm-linear"])
def test_a_backbone_of_pickled_weights_is_refused(recipe: str, tmp_path: Path, marker: Path, capsys):
    folder = bert(tmp_path / "theirs")
    (folder / "model.safetensors").unlink()
    torch.save({"weights": Payload(marker)}, folder / "pytorch_model.bin")
    assert train(recipe, SHORT[2], "model.backbone=./theirs") == 3
    err = capsys.readouterr().err
    assert "theirs/pytorch_model.bin is a pickle, which can run code when it is opened" in err
    assert "save it again with save_pretrained" in err


def test_pickles_next_to_safetensors_weights_are_not_opened(tmp_path: Path, marker: Path):
    folder = bert(tmp_path / "theirs")
    for name in ("pytorch_model.bin", "training_args.bin"):
        (folder / name).write_bytes(pickle.dumps(Payload(marker)))
    assert train("minilm-linear", SHORT[2], "model.backbone=./theirs") == 0


def test_weights_that_are_a_pickle_are_refused(tmp_path: Path, marker: Path, capsys):
    folder = bert(tmp_path / "theirs")
    torch.save({"weights": Payload(marker)}, folder / "model.safetensors")
    assert train("minilm-linear", SHORT[2], "model.backbone=./theirs") == 3
    assert "theirs/model.safetensors cannot be read: it is not a complete safetensors file" in capsys.readouterr().err


def test_a_pickled_linear_model_is_refused(runs: Path, marker: Path, capsys):
    path = runs / "embed" / "eng" / "model" / "model.skops"
    path.write_bytes(pickle.dumps(Payload(marker)))
    assert main(["zoo", "predict", str(runs / "embed" / "eng"), "texts.txt"]) == 3
    err = capsys.readouterr().err
    assert f"{path} is a Python pickle, which can run code when it is opened; expected a skops file." in err


def test_a_pickled_array_of_probabilities_is_refused(tmp_path: Path, marker: Path):
    from semeval_emo.errors import InputError
    from semeval_emo.task import load_task
    from semeval_emo.zoo.runs.finished import load_array
    from semeval_emo.zoo.runs.folder import RunFolder

    folder = RunFolder(tmp_path, load_task("sample").spec("a", "eng", "test"))
    path = folder.array("sources")
    path.parent.mkdir()
    np.save(path, np.array([Payload(marker)], dtype=object), allow_pickle=True)
    message = f"{path} is a pickle, which can run code when it is opened; expected an array of numbers."
    for body in (path.read_bytes(), pickle.dumps(Payload(marker))):
        path.write_bytes(body)
        with pytest.raises(InputError) as info:
            load_array(folder, "sources")
        assert info.value.message == message


def checkpoint_settings(engine: str) -> tuple[str, ...]:
    return (*SMALL, *SHORT[1:], "train.epochs=40", "train.save_minutes=0", f"train.engine={engine}")


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a training that was killed after its first checkpoint, by engine; to be copied."""
    known: dict[str, Path] = {}

    def of(engine: str) -> Path:
        if engine not in known:
            folder = tmp_path_factory.mktemp(engine)
            settings = checkpoint_settings(engine)
            command = [sys.executable, "-m", "semeval_emo", "zoo", "train", "llama-tiny", "--data", "sample", "--quiet"]
            command += [word for setting in settings for word in ("--set", setting)]
            with subprocess.Popen(command, cwd=folder) as process:
                while not list(folder.glob(CHECKPOINTS[engine])) and process.poll() is None:
                    time.sleep(0.02)
                process.kill()
            known[engine] = folder
        return known[engine]

    return of


WORK = "runs/sample/*/eng/work"
CHECKPOINTS = {"auto": f"{WORK}/checkpoint.pt", "plain": f"{WORK}/trainer/checkpoint-*/zoo.json"}


@pytest.mark.parametrize("engine", CHECKPOINTS)
@pytest.mark.parametrize("damage", ["payload", "cut", "empty"])
def test_a_checkpoint_with_a_payload_is_not_resumed(
    engine: str, damage: str, killed: Callable[[str], Path], tmp_path: Path, marker: Path, capsys
):
    shutil.copytree(killed(engine), tmp_path, dirs_exist_ok=True)
    # The process may have been killed before it removed the checkpoint before the last one.
    for path in tmp_path.glob(CHECKPOINTS[engine]):
        path = path if engine == "auto" else path.with_name("optimizer.pt")
        if damage == "payload":
            torch.save({"state": Payload(marker)}, path)
        else:
            path.write_bytes(path.read_bytes()[: -100 if damage == "cut" else 0])
    assert train("llama-tiny", *checkpoint_settings(engine)) == 3
    err = capsys.readouterr().err
    assert err.startswith("error: The checkpoint runs/sample/llama-tiny")
    assert "--fresh deletes the run and starts again" in err
    if damage == "payload":
        assert "cannot be read: it contains objects that could run code." in err
