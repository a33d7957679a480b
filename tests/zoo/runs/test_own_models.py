"""Hugging Face models of other people in `load_model`, `zoo predict` and `zoo evaluate`: labels joined by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from own_models import CLASSES, EMOTIONS, edit_config, save_classifier
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
from transformers.utils import logging

import semeval_emo
from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones import weights

TEXTS = ["What a day!", "Oh no, not again, I am so very sad about all of this and about that, too.", "b"]


class Notes(Progress):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def logits_of(folder: Path, length: int) -> np.ndarray:
    """Return the logits by transformers alone, text by text."""
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [tokenizer(text, truncation=True, max_length=length, return_tensors="pt") for text in TEXTS]
    with torch.no_grad():
        return torch.cat([model(input_ids=row["input_ids"]).logits for row in rows]).double().numpy()


@pytest.mark.parametrize("architecture", CLASSES)
def test_any_architecture_predicts_what_transformers_predicts(architecture: str, tmp_path: Path):
    folder = save_classifier(tmp_path / "theirs", architecture=architecture)
    limit = 39 if "roberta" in architecture else 40
    model = semeval_emo.load_model(str(folder))
    assert model.recipe.model.max_length == limit
    assert model.space.emotions == EMOTIONS
    expected = 1 / (1 + np.exp(-logits_of(folder, limit)))
    assert expected.std(0).max() > 0.01
    assert np.abs(model.predict(TEXTS).probabilities - expected).max() < 1e-5
    assert model.thresholds.tolist() == [0.5] * 5


def test_the_pipeline_gives_the_same_where_the_tokenizer_has_a_limit(tmp_path: Path):
    folder = save_classifier(tmp_path / "theirs")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = 12
    tokenizer.save_pretrained(folder)
    logging.disable_progress_bar()
    classify = pipeline("text-classification", model=str(folder), truncation=True, top_k=None)
    expected = [[row["score"] for row in sorted(rows, key=lambda row: row["label"])] for rows in classify(TEXTS)]
    assert np.abs(semeval_emo.load_model(folder).predict(TEXTS).probabilities - expected).max() < 1e-5


def test_labels_are_joined_by_name_in_any_order_and_case(tmp_path: Path):
    labels = ("neutral", "Surprise", "happiness", "ANGER", "sad", "fear")
    folder = save_classifier(tmp_path / "theirs", labels)
    notes = Notes()
    model = semeval_emo.load_model(folder, progress=notes)
    expected = 1 / (1 + np.exp(-logits_of(folder, 40)))
    assert np.abs(model.predict(TEXTS).probabilities - expected[:, [3, 5, 2, 4, 1]]).max() < 1e-5
    assert notes.messages == [
        f"{folder}: 'happiness' is read as joy, 'sad' is read as sadness; left out: neutral, not emotions of "
        "SemEval-2025 Task 11 (BRIGHTER)"
    ]


def test_an_exact_name_comes_before_synonyms(tmp_path: Path):
    folder = save_classifier(tmp_path / "theirs", ("joy", "happiness", "anger"))
    model = semeval_emo.load_model(folder)
    assert model.space.emotions == ("anger", "joy")
    expected = 1 / (1 + np.exp(-logits_of(folder, 40)))
    assert np.abs(model.predict(TEXTS).probabilities - expected[:, [2, 0]]).max() < 1e-5


@pytest.mark.parametrize(
    "labels", [None, ("0", "1", "2", "3", "4"), ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4")]
)
def test_outputs_without_names_need_an_order(labels, tmp_path: Path):
    folder = save_classifier(tmp_path / "theirs", labels)
    with pytest.raises(UsageError) as info:
        semeval_emo.load_model(folder)
    assert "have no names" in info.value.message and "no id2label" in info.value.message
    assert info.value.fix.startswith("name the 5 outputs in the order of its training, such as --order anger,")
    model = semeval_emo.load_model(folder, order=("joy", "Neutral", "sad", "anger", "fear"))
    assert model.space.emotions == ("anger", "fear", "joy", "sadness")
    expected = 1 / (1 + np.exp(-logits_of(folder, 40)))
    assert np.abs(model.predict(TEXTS).probabilities - expected[:, [3, 4, 0, 2]]).max() < 1e-5


@pytest.mark.parametrize(
    ("labels", "options", "error", "message"),
    [
        (("GOOD", "BAD"), {"task": "task11"}, InputError, "None of the labels of theirs (GOOD, BAD) is"),
        (("Joy", "joy", "fear"), {}, UsageError, "theirs has several labels for 'joy': Joy, joy."),
        (("happy", "glad", "fear"), {}, UsageError, "theirs has several labels for 'joy': happy, glad."),
        (EMOTIONS, {"order": ("fear", "anger", "joy", "sadness", "surprise")}, UsageError,
         "--order contradicts the names of the labels of theirs: anger, fear, joy, sadness, surprise."),
        (None, {"order": ("anger", "fear")}, UsageError, "--order has 2 names, and theirs has 5 outputs"),
        (None, {"order": ("angr", "fear", "joy", "sadness", "x")}, UsageError, "--order has 'angr', which is not an"),
        (None, {"order": ("a", "b", "c", "d", "e"), "task": "task11"}, UsageError, "--order has no emotion of SemEval"),
        (EMOTIONS, {"activation": "relu"}, UsageError, "There is no activation 'relu'."),
        (EMOTIONS, {"thresholds": {"disgust": 0.5}}, UsageError, "The model does not predict 'disgust'; it predicts"),
    ],
)  # fmt: skip
def test_labels_are_never_guessed(labels, options, error, message: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_classifier(Path("theirs"), labels)
    with pytest.raises(error) as info:
        semeval_emo.load_model("theirs", **options)
    assert info.value.message.startswith(message)
    assert info.value.fix


@pytest.mark.parametrize(
    ("labels", "predicted", "task"),
    [
        (("Toxic", "insult", "threat"), ("Toxic", "insult", "threat"), ""),
        (
            ("other", "Political", "gender", "racial", "religion"),
            ("political", "racial/ethnic", "religious", "gender/sexual", "other"),
            "semeval-2026-polar",
        ),
        # A few emotions are those of the default task.
        (("joy", "trust", "love"), ("joy",), "semeval-2025-task-11"),
    ],
)
def test_a_model_predicts_its_own_labels_where_no_task_is_named(labels, predicted, task: str, tmp_path: Path, cli):
    folder = save_classifier(tmp_path / "theirs", labels)
    model = semeval_emo.load_model(folder)
    assert (model.space.emotions, model.task) == (predicted, task)
    code, out, err = cli("zoo", "predict", folder, "What a day!", "--thresholds", "0.01")
    assert code == 0, err
    assert any(label in out for label in predicted)
    unnamed = save_classifier(tmp_path / "unnamed", tuple(f"LABEL_{i}" for i in range(len(labels))))
    ordered = semeval_emo.load_model(unnamed, order=labels)
    assert ordered.space.emotions == predicted


@pytest.mark.parametrize("problem_type", [None, "single_label_classification"])
def test_a_model_with_one_label_for_a_text_needs_its_activation(problem_type, tmp_path: Path):
    folder = save_classifier(tmp_path / "theirs", (*EMOTIONS, "neutral"), problem_type=problem_type)
    with pytest.raises(UsageError, match="does not say that it predicts several labels for a text") as info:
        semeval_emo.load_model(folder)
    assert "--activation sigmoid" in info.value.fix and "--activation softmax" in info.value.fix
    logits = logits_of(folder, 40)
    softmax = semeval_emo.load_model(folder, activation="softmax").predict(TEXTS)
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert np.abs(softmax.probabilities - expected[:, :5]).max() < 1e-5
    assert softmax.labels.sum(1).max() <= 1
    sigmoid = semeval_emo.load_model(folder, activation="sigmoid").predict(TEXTS).probabilities
    assert np.abs(sigmoid - 1 / (1 + np.exp(-logits[:, :5]))).max() < 1e-5


def test_folders_that_are_no_classifier_are_named(tmp_path: Path, monkeypatch):
    from transformers import BertModel

    monkeypatch.chdir(tmp_path)
    folder = save_classifier(Path("theirs"))
    BertModel.from_pretrained(folder).save_pretrained("base")
    with pytest.raises(InputError, match="base is a BertModel; expected a model ") as info:
        semeval_emo.load_model("base")
    assert info.value.fix == "train it first: semeval-emo zoo train minilm-ft --set model.backbone=base"
    AutoTokenizer.from_pretrained(folder).save_pretrained("base")
    edit_config(Path("base"), architectures=None, id2label=dict(enumerate(EMOTIONS)))
    with pytest.raises(InputError, match="its weights lack classifier"):
        semeval_emo.load_model("base", activation="sigmoid")
    with pytest.raises(InputError, match=r"\. does not contain a trained model\."):
        semeval_emo.load_model(".")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match="is a pickle, which can run code when it is opened"):
        semeval_emo.load_model("theirs")


def test_parts_of_a_model_are_named_with_what_to_do(tmp_path: Path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    save_classifier(Path("results/checkpoint-500"))
    Path("adapter").mkdir()
    Path("adapter/adapter_config.json").write_text("{}")
    for name, message, fix in (
        ("results", "results has no config.json; it has 1 checkpoint of a training.", "such as results/checkpoint-500"),
        (
            "adapter",
            "adapter has LoRA adapters, not a whole model.",
            "model.merge_and_unload().save_pretrained(FOLDER)",
        ),
    ):
        for words in (["predict", name, "What a day!"], ["adopt", name, "--language", "eng", "--data", "sample"]):
            code, _, err = cli("zoo", *words)
            assert code == 3 and err.startswith(f"error: {message}") and fix in err
    code, _, err = cli("zoo", "adopt", "nothing", "--language", "eng")
    assert code == 3 and err.startswith("error: There is no folder nothing.")
    for file in Path("results/checkpoint-500").glob("token*"):
        file.unlink()
    code, _, err = cli("zoo", "predict", "results/checkpoint-500", "What a day!")
    assert code == 3
    assert err.startswith(
        "error: results/checkpoint-500 has no tokenizer.\n  fix: save it there with tokenizer.save_pre"
    )


def test_names_that_only_label2id_has(tmp_path: Path):
    folder = save_classifier(tmp_path / "theirs", None)
    edit_config(folder, label2id={"joy": 1, "anger": 0, "fear": 2, "sadness": 3, "surprise": 4})
    expected = 1 / (1 + np.exp(-logits_of(folder, 40)))
    model = semeval_emo.load_model(folder)
    assert np.abs(model.predict(TEXTS).probabilities - expected[:, [0, 2, 1, 3, 4]]).max() < 1e-5
    edit_config(folder, id2label=dict(enumerate(EMOTIONS)))
    with pytest.raises(InputError, match="id2label and label2id name the outputs differently"):
        semeval_emo.load_model(folder)


def test_a_model_on_the_hub_is_found_in_the_cache_or_downloaded(tmp_path: Path, monkeypatch):
    folder = save_classifier(tmp_path / "snapshot")
    calls = []

    def snapshot(name: str, local_files_only: bool = False, allow_patterns: list[str] = ()) -> str:
        calls.append((name, local_files_only, allow_patterns))
        if local_files_only:
            raise FileNotFoundError
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    monkeypatch.setattr(weights, "_check_hub", lambda name: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    expected = semeval_emo.load_model(folder).predict(TEXTS).probabilities
    assert np.array_equal(semeval_emo.load_model("someone/emotions").predict(TEXTS).probabilities, expected)
    assert [call[:2] for call in calls] == [("someone/emotions", True), ("someone/emotions", False)]
    assert not any(".py" in pattern or ".bin" in pattern or pattern == "*" for pattern in calls[1][2])


def test_an_exported_run_on_the_hub_is_loaded(tmp_path: Path, monkeypatch):
    from semeval_emo.zoo.recipes.load import load_recipe
    from semeval_emo.zoo.training.train import train

    run = train(load_recipe("tfidf-logreg"), source="sample", runs=tmp_path).folder
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **_: str(run.model))
    model = semeval_emo.load_model("me/my-tfidf")
    assert np.array_equal(model.thresholds, semeval_emo.load_model(run.path).thresholds)


def test_a_model_that_is_not_there_is_an_error_with_a_way(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError) as info:
        semeval_emo.load_model("someone/emotions")
    assert info.value.message.startswith("There is no folder someone/emotions; as a model on the hub: the files of ")
    assert "hf download someone/emotions --local-dir FOLDER" in info.value.fix
    Path("runs").mkdir()
    with pytest.raises(InputError, match="runs/mpnet does not contain a trained model"):
        semeval_emo.load_model("runs/mpnet")


def test_zoo_predict_and_evaluate_take_a_folder(tmp_path: Path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    save_classifier(Path("theirs"), (*EMOTIONS, "neutral"))
    code, out, err = cli("zoo", "predict", "theirs", "What a day!", "--as", "labels")
    assert (code, out.splitlines()[0]) == (0, "id,anger,fear,joy,sadness,surprise")
    assert err.startswith("theirs: left out: neutral, not emotions of SemEval-2025 Task 11")
    code, out, err = cli("zoo", "evaluate", "theirs", "--data", "sample", "--thresholds", "0.3")
    assert code == 0 and "macro F1" in out
    assert "what the model was trained on is not known: it may have seen these texts" in err
    save_classifier(Path("few"), ("joy", "anger"))
    assert cli("zoo", "predict", "few", "What a day!")[0] == 0
    code, _, err = cli("zoo", "evaluate", "few", "--data", "sample")
    assert code == 2 and "few does not predict fear, sadness, surprise" in err
    save_classifier(Path("unnamed"), None)
    assert cli("zoo", "predict", "unnamed", "What a day!")[0] == 2
    assert cli("zoo", "predict", "unnamed", "What a day!", "--order", ",".join(EMOTIONS))[0] == 0


def test_a_folder_below_home(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_classifier(tmp_path / "theirs")
    assert semeval_emo.load_model("~/theirs").space.emotions == EMOTIONS


def test_evaluate_asks_for_the_language_of_the_texts(tmp_path: Path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    save_classifier(Path("theirs"))
    code, _, err = cli("zoo", "evaluate", "theirs")
    assert code == 2
    assert err.startswith(
        "error: The model does not say which language its texts have.\n  fix: name it, such as --lang"
    )


def test_a_run_knows_its_labels(tmp_path: Path):
    from semeval_emo.zoo.recipes.load import load_recipe
    from semeval_emo.zoo.training.train import train

    run = train(load_recipe("constant-all"), source="sample", runs=tmp_path).folder.path
    with pytest.raises(UsageError, match="knows its labels"):
        semeval_emo.load_model(run, order=EMOTIONS)
    shutil.rmtree(run / "model")
    with pytest.raises(InputError, match="does not contain a trained model"):
        semeval_emo.load_model(run)
