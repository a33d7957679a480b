"""Every file of a run folder may be damaged: commands succeed or name the file, and never report a bug."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toy_task import make_toy

from semeval_emo.cli.app import main

SMALL = (
    "shape.hidden=16", "shape.mlp=16", "shape.layers=2", "trainable.layers=1", "train.epochs=1", "train.batch=64",
    "model.max_length=8",
)  # fmt: skip
BODIES = (b"", b"\xff\xfe\xe9 x\x00" * 9, b"[]", b"null", b"{}", b"0", b'"x"', b"[[]]", b"[" * 9_000)
VALUES = (None, True, -1, 10**12, "x", [], [None], {"a": 1}, float("nan"))
COMMANDS: dict[str, list[str]] = {
    "predict": ["zoo", "predict", "RUN", "texts.txt"],
    "evaluate": ["zoo", "evaluate", "RUN", "--data", "data", "--task", "toy.toml", "--quiet"],
    "export": ["zoo", "export", "RUN", "-o", "exported", "--quiet"],
    "card": ["zoo", "card", "RUN"],
    "tune": ["zoo", "tune", "RUN", "--data", "data", "--task", "toy.toml", "--quiet"],
    "submit": ["zoo", "submit", "RUN", "-o", "system", "--data", "data", "--task", "toy.toml", "--quiet"],
    "results": ["zoo", "results", "runs/toy", "--data", "data", "--task", "toy.toml", "--quiet"],
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the toy task, three finished runs in it, and the names network, words and constant."""
    folder = tmp_path_factory.mktemp("toy")
    make_toy(folder, ("xaa",))
    (folder / "texts.txt").write_text("what a day\n")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.chdir(folder)
    for recipe, name, settings in (
        ("llama-tiny", "network", SMALL), ("tfidf-logreg", "words", ("tfidf.characters=[]",)),
        ("constant-majority", "constant", ()),
    ):  # fmt: skip
        words = [word for setting in settings for word in ("--set", setting)]
        command = ["zoo", "train", recipe, "--data", "data", "--task", "toy.toml", "--language", "xaa", "--quiet"]
        assert main([*command, *words]) == 0
        next(Path("runs/toy").glob(f"{recipe}*")).rename(f"runs/toy/{name}")
    monkeypatch.undo()
    return folder


@pytest.fixture
def here(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(toy, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(run: Path, command: str, capsys: pytest.CaptureFixture[str], what: str) -> None:
    for written in (Path("exported"), Path("system"), run / "tuned"):
        shutil.rmtree(written, ignore_errors=True)
    code = main([str(run) if word == "RUN" else word for word in COMMANDS[command]])
    err = capsys.readouterr().err
    assert code in (0, 1, 2, 3), f"{what}: {command}: {err}"
    assert code == 0 or err.startswith("error: "), f"{what}: {command}: {err}"


FILES = {
    "network": (
        "model/config.json", "model/tokenizer.json", "model/tokenizer_config.json", "model/semeval_emo.json",
        "model/thresholds.json", "model/model.safetensors",
    ),
    "words": ("model/model.skops", "metrics.jsonl"),
    "constant": (
        "model/constant.json", "model/semeval_emo.json", "run.json", "recipe.json", "score.json", "MODEL_CARD.md",
        "dev/prob_xaa.csv", "test/prob_xaa.csv", "track_a/pred_xaa.csv",
    ),
}  # fmt: skip


def commands_for(file: str) -> list[str]:
    """Return the commands that read a file; each damage is tried with one of them in turn, since there are many."""
    return ["predict", "export"] if file.startswith("model/") else ["tune", "submit", "card", "export"]


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, files in FILES.items() for file in files])
def test_a_damaged_file_is_an_input_error(name: str, file: str, here: Path, capsys):
    run = here / "runs" / "toy" / name / "xaa"
    path = run / file
    good = path.read_bytes()
    draw = np.random.default_rng(0)
    commands = commands_for(file)
    for number, body in enumerate((*BODIES, good[: len(good) // 2], good[:-9], draw.bytes(300))):
        path.write_bytes(body)
        check(run, commands[number % len(commands)], capsys, f"{file} with {body[:20]!r}")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("constant", "run.json"), ("constant", "recipe.json"), ("constant", "model/semeval_emo.json"),
        ("constant", "model/constant.json"), ("constant", "score.json"), ("constant", "model/thresholds.json"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_an_input_error(name: str, file: str, here: Path, capsys):
    run = here / "runs" / "toy" / name / "xaa"
    path = run / file
    good = json.loads(path.read_text())
    keys = list(good)[: 8 if file == "score.json" else 20] if isinstance(good, dict) else [0]
    commands = commands_for(file)
    for number, (key, value) in enumerate((key, value) for key in keys for value in (*VALUES, KeyError)):
        body = json.loads(json.dumps(good))
        if value is KeyError:
            del body[key]
        else:
            body[key] = value
        path.write_text(json.dumps(body))
        check(run, commands[number % len(commands)], capsys, f"{file} with {key} = {value!r}")


def test_results_name_a_broken_run_and_go_on(here: Path, capsys):
    command = COMMANDS["results"][:-1]
    for file, body in (
        ("run.json", "{"), ("run.json", '{"status": "done"}'), ("recipe.json", "[]"), ("metrics.jsonl", "null\n"),
        ("track_a/pred_xaa.csv", "id,anger\n"),
    ):  # fmt: skip
        path = here / "runs" / "toy" / "network" / "xaa" / file
        good = path.read_text()
        path.write_text(body)
        assert main(command) == 0
        out, err = capsys.readouterr()
        assert "words " in out and "constant-majority " in out and "network" not in out
        assert f"Left out: runs/toy/network/xaa/{file}" in err
        assert main([*command, "--format", "json"]) == 0
        (skipped,) = json.loads(capsys.readouterr().out)["skipped"]
        assert skipped.startswith(f"runs/toy/network/xaa/{file} ")
        path.write_text(good)
    assert main(command) == 0
    assert "Left out" not in capsys.readouterr().err


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def nan_weights(model: Path) -> None:
    body = (model / "model.safetensors").read_bytes()
    start = 8 + struct.unpack("<Q", body[:8])[0]
    (model / "model.safetensors").write_bytes(body[:start] + b"\xff" * (len(body) - start))


def huge_header(model: Path) -> None:
    body = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(struct.pack("<Q", 2**40) + body[8:])


def without_a_layer(model: Path) -> None:
    from safetensors.numpy import load_file, save_file

    tensors = load_file(model / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if ".layers.1." not in name}
    save_file(kept, model / "model.safetensors", {"format": "pt"})


ORDER = {"0": "fear", "1": "anger", "2": "joy", "3": "sadness", "4": "surprise"}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda m: change(m / "config.json", num_hidden_layers=10**9), "num_hidden_layers = 1,000,000,000, expected"),
        (lambda m: change(m / "config.json", vocab_size=10**12), "vocab_size = 1,000,000,000,000, expected at most"),
        (lambda m: change(m / "config.json", hidden_size=50_000_000), "describes a network of "),
        (lambda m: change(m / "config.json", vocab_size=100_000_000), "describes a network of "),
        (lambda m: change(m / "config.json", num_hidden_layers=3), "its weights lack model.layers.2."),
        (lambda m: change(m / "config.json", num_attention_heads=0), "cannot be loaded: "),
        (lambda m: change(m / "config.json", model_type="unknown"), "cannot be loaded: "),
        (lambda m: change(m / "config.json", id2label=ORDER), "predict fear, anger, joy, sadness, surprise; the model"),
        (without_a_layer, "its weights lack model.layers.1."),
        (nan_weights, "is damaged: for a text it predicts nan, nan, nan, nan, nan, expected numbers from 0 to 1."),
        (huge_header, "is not a complete safetensors file"),
        (lambda m: (m / "config.json").unlink(), "contains no model: it has no config.json."),
        (lambda m: (m / "thresholds.json").write_text("[0.5, NaN, 0.5, 0.5, 0.5]"), "is not a finite number"),
        (lambda m: (m / "thresholds.json").write_text("[true, 0, 0, 0, 0]"), "is true or false, expected a number"),
        (lambda m: (m / "thresholds.json").write_text('{"anger": 0.5}'), "has no threshold for fear, "),
        (lambda m: (m / "thresholds.json").write_text("[0.5]"), "contains 1 threshold; the model predicts 5 emotions."),
        (
            lambda m: change(m / "semeval_emo.json", emotions=list("abcde")),
            "thresholds.json has no threshold for a, b, c, d, e.",
        ),
        (lambda m: change(m / "semeval_emo.json", top=0), "it has no valid emotions or intensities"),
    ],
)
def test_a_model_that_does_not_fit_its_files_is_refused(damage: Callable[[Path], None], message: str, here, capsys):
    run = here / "runs" / "toy" / "network" / "xaa"
    damage(run / "model")
    assert main(["zoo", "predict", str(run), "texts.txt"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_an_ensemble_of_itself_is_refused(here: Path, capsys):
    members = ["runs/toy/words/xaa", "runs/toy/constant/xaa"]
    assert main(["zoo", "ensemble", *members, "--name", "pair", "--data", "data", "--task", "toy.toml", "--quiet"]) == 0
    path = here / "runs" / "toy" / "pair" / "xaa" / "model" / "ensemble.json"
    change(path, members=[str(path.parents[1])] * 2)
    capsys.readouterr()
    assert main(["zoo", "predict", "runs/toy/pair/xaa", "texts.txt"]) == 3
    assert "is an ensemble with itself as a member." in capsys.readouterr().err
    for weights in ([0.5], [0.5, float("nan")], [[0.5], [0.5]], "x"):
        change(path, members=[str(here / name) for name in members], weights=weights)
        assert main(["zoo", "predict", "runs/toy/pair/xaa", "texts.txt"]) == 3
        assert "ensemble.json cannot be read: 'weights' " in capsys.readouterr().err
