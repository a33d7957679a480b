"""`zoo export` and model cards: the exported folder works on another machine."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from transformers import BertConfig, BertModel

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.task import load_task
from semeval_emo.zoo.engine.network import byte_tokenizer
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.card import model_card
from semeval_emo.zoo.training.train import train

TEXTS = load_gold("a", "eng", source="sample").texts[:20]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder with two finished runs."""
    monkeypatch.chdir(tmp_path)
    for name in ("constant-majority", "tfidf-logreg"):
        assert main(["zoo", "train", name, "--data", "sample", "--quiet"]) == 0
    return tmp_path / "runs" / "sample"


def join(name: str, *members: str, method: str = "mean") -> Path:
    words = [f"runs/sample/{member}/eng" for member in members]
    assert main(["zoo", "ensemble", *words, "--name", name, "--method", method, "--data", "sample", "--quiet"]) == 0
    return Path("runs", "sample", name, "eng")


def said(folder: Path) -> np.ndarray:
    model = load_model(folder)
    return model.family.predict(TEXTS)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("method", ["mean", "vote"])
def test_an_exported_ensemble_includes_its_members(method: str, runs: Path, tmp_path: Path, capsys):
    run = join("pair", "tfidf-logreg", "constant-majority", method=method)
    expected = said(run)
    capsys.readouterr()
    assert main(["zoo", "export", str(run), "-o", "mine"]) == 0
    assert set(capsys.readouterr().out.splitlines()) == {f"mine/{name}" for name in files(Path("mine"))}
    assert {"members/1-tfidf-logreg/model.skops", "members/2-constant-majority/constant.json"} < files(Path("mine"))
    there = Path(shutil.move("mine", tmp_path / "elsewhere"))
    shutil.rmtree(runs)
    assert str(tmp_path) not in (there / "ensemble.json").read_text()
    assert np.array_equal(said(there), expected)


def test_an_exported_ensemble_of_an_ensemble_includes_all_members(runs: Path, tmp_path: Path):
    join("pair", "tfidf-logreg", "constant-majority")
    run = join("both", "pair", "tfidf-logreg")
    expected = said(run)
    assert main(["zoo", "export", str(run), "-o", "mine"]) == 0
    shutil.rmtree(runs)
    assert np.array_equal(said(Path("mine")), expected)
    assert str(tmp_path) not in "".join(path.read_text() for path in Path("mine").rglob("ensemble.json"))


def test_a_missing_member_is_an_error_and_nothing_is_written(runs: Path, tmp_path: Path, capsys):
    run = join("pair", "tfidf-logreg", "constant-majority")
    shutil.rmtree(runs / "tfidf-logreg")
    capsys.readouterr()
    assert main(["zoo", "export", str(run), "-o", "mine"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    gone = (runs / "tfidf-logreg" / "eng").resolve()
    assert captured.err.startswith(
        f"error: The ensemble's member {gone} does not exist any more, so its model cannot be exported.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_an_exported_embed_model_includes_its_encoder(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=300, max_position_embeddings=40, pad_token_id=0, **sizes)).save_pretrained("bert")
    byte_tokenizer().save_pretrained("bert")
    recipe = load_recipe("minilm-linear", ["model.backbone=./bert", "model.max_length=16"])
    run = train(recipe, source="sample", runs=Path("runs")).folder
    expected = said(run.path)
    assert "which `semeval-emo zoo export` copies into the folder" in run.card.read_text()
    assert main(["zoo", "export", str(run.path), "-o", "mine"]) == 0
    assert json.loads(Path("mine/embed.json").read_text()) == {"backbone": "encoder"}
    shutil.rmtree("bert")
    shutil.rmtree("runs")
    assert np.array_equal(said(Path("mine")), expected)
    assert {"encoder/model.safetensors", "encoder/config.json", "encoder/tokenizer.json"} < files(Path("mine"))


@pytest.mark.skipif(os.name == "nt", reason="left out: modes of Unix")
def test_exported_files_follow_the_umask(tmp_path: Path):
    settings = ["shape.hidden=16", "shape.mlp=16", "model.max_length=8", "train.epochs=1"]
    run = train(load_recipe("llama-tiny", settings), source="sample", runs=tmp_path).folder
    before = os.umask(0o027)
    try:
        assert main(["zoo", "export", str(run.path), "-o", str(tmp_path / "mine")]) == 0
    finally:
        os.umask(before)
    assert (run.model / "model.safetensors").stat().st_mode & 0o777 == 0o666 & ~before
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "mine").iterdir()} == {0o640}


def front(folder: RunFolder) -> dict:
    return ModelCard.load(folder.card).data.to_dict()


def test_the_hub_can_read_the_metadata_of_a_card(runs: Path):
    score = json.loads((runs / "tfidf-logreg/eng/score.json").read_text())["score"]
    linear = ModelCard.load(runs / "tfidf-logreg/eng/MODEL_CARD.md").data
    assert (linear.language, linear.metrics, linear.library_name) == (["eng"], ["f1"], "sklearn")
    # The sample is not on the Hub.
    assert linear.datasets is None
    (result,) = linear.eval_results
    assert (result.metric_type, result.metric_name, result.metric_value) == ("f1", "macro F1", round(score, 4))
    for run in (Path("runs/sample/constant-majority/eng"), join("pair", "tfidf-logreg", "constant-majority")):
        assert ModelCard.load(run / "MODEL_CARD.md").data.library_name == "semeval-emo"
        assert "Load the folder with `semeval-emo zoo predict FOLDER TEXTS`" in (run / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize(
    ("track", "language", "code", "repository", "metric"),
    [
        ("a", "chn", "zho", "BRIGHTER-emotion-categories", "f1"),
        ("b", "ptbr", "por", "BRIGHTER-emotion-intensities", "pearsonr"),
        ("c", "hau", "hau", "BRIGHTER-emotion-categories", "f1"),
    ],
)
def test_language_dataset_and_metric_have_the_names_of_the_hub(
    track, language, code, repository, metric, tmp_path: Path
):
    recipe = load_recipe(
        "constant-all", [f'data.track="{track}"', f'data.language="{language}"', 'data.release="2025"']
    )
    task = load_task()
    folder = RunFolder(tmp_path, task.spec(track, language, "test"))
    folder.update_state(status="done", thresholds=[0.5] * len(folder.spec.emotions), dev={}, versions={}, kept=1)
    folder.card.write_text(model_card(recipe, folder, None, task))
    found = front(folder)
    assert found["language"] == [code]
    assert found["datasets"] == [f"brighter-dataset/{repository}"]
    assert found["metrics"] == [metric]
