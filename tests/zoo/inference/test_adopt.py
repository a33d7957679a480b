"""`zoo adopt`: a Hugging Face model of someone else becomes a run that every command takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import ModelCard
from own_models import EMOTIONS, edit_config, save_classifier
from transformers import pipeline
from transformers.utils import logging

import semeval_emo
from semeval_emo.data import load_gold
from semeval_emo.zoo.runs.finished import FinishedRun

RUN = Path("runs/sample/theirs/eng")
LABELS = ("neutral", "Surprise", "happiness", "ANGER", "sad", "fear")


@pytest.fixture
def adopt(tmp_path: Path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    save_classifier(Path("theirs"), LABELS)
    return lambda *words: cli("zoo", "adopt", "theirs", "--language", "eng", "--data", "sample", *words)


def probabilities(run: Path = RUN) -> np.ndarray:
    return pd.read_csv(run / "test" / "prob_eng.csv")[list(EMOTIONS)].to_numpy()


def test_runs_and_models_of_unknown_languages_are_named(adopt, cli):
    code, _, err = cli("zoo", "adopt", "theirs", "--task", "task11")
    assert (code, "The language of theirs is not known." in err, "--language" in err) == (2, True, True)
    assert adopt().code == 0
    code, _, err = cli("zoo", "adopt", RUN)
    assert code == 2 and f"{RUN} is a run, or the model of one." in err


def test_an_adopted_model_is_a_run_with_scores_card_and_place(adopt, cli):
    code, out, err = adopt()
    assert code == 0 and "test macro F1" in out and "rank" in out
    assert "'happiness' is read as joy" in err
    assert "What the model was trained on is not known: it may have seen these texts." in out
    gold = load_gold("a", "eng", source="sample")
    expected = semeval_emo.load_model("theirs").predict(gold.texts)
    assert np.abs(probabilities() - expected.probabilities).max() < 1e-6
    predicted = pd.read_csv(RUN / "track_a" / "pred_eng.csv")
    assert np.array_equal(predicted[list(EMOTIONS)], expected.labels)
    assert (
        semeval_emo.score(RUN / "track_a" / "pred_eng.csv", source="sample", task="sample").card.score
        == (json.loads((RUN / "score.json").read_text())["score"])
    )
    card = (RUN / "MODEL_CARD.md").read_text()
    assert "Not trained here, scored for" in card and "what it was trained on is not known" in card
    assert "random seed" not in card
    data = ModelCard.load(RUN / "MODEL_CARD.md").data
    assert (data.pipeline_tag, data.datasets, data.library_name) == ("text-classification", None, "transformers")
    assert not (RUN / "model" / "training_args.bin").exists()
    # The outputs have the names of the task, so that the folder joins by itself.
    config = json.loads((RUN / "model" / "config.json").read_text())
    assert list(config["id2label"].values()) == ["neutral", "surprise", "joy", "anger", "sadness", "fear"]
    code, out, _ = adopt()
    assert code == 0 and "0 of " in out


def test_commands_that_take_a_run_take_an_adopted_one(adopt, cli):
    assert adopt("--quiet")[0] == 0
    assert cli("zoo", "train", "constant-majority", "--data", "sample", "--quiet")[0] == 0
    other = "runs/sample/constant-majority/eng"
    for words in (
        ["predict", RUN, "What a day!"],
        ["evaluate", RUN, "--data", "sample", "--split", "dev"],
        ["tune", RUN, "--data", "sample"],
        ["ensemble", RUN, other, "--name", "both", "--data", "sample"],
        ["results", RUN, other, "--data", "sample"],
        ["submit", RUN, "-o", "submissions/theirs", "--data", "sample"],
        ["export", RUN, "-o", "mine"],
        ["card", RUN],
        ["list", "tfidf*"],
    ):
        code, _, err = cli("zoo", *words)
        assert code == 0, (words, err)
    texts = ["What a day!", "Oh no, not again, I am so very sad about all of this and about that, too."]
    expected = semeval_emo.load_model("theirs").predict(texts).probabilities
    assert np.array_equal(semeval_emo.load_model("mine").predict(texts).probabilities, expected)
    logging.disable_progress_bar()
    classify = pipeline("text-classification", model="mine", truncation=True, top_k=None, function_to_apply="sigmoid")
    for row, scores in zip(expected, classify(texts), strict=True):
        by_name = {each["label"]: each["score"] for each in scores}
        assert np.abs(row - [by_name[emotion] for emotion in EMOTIONS]).max() < 1e-5


def test_thresholds_are_given_or_tuned_on_dev(adopt):
    assert adopt("--thresholds", "anger=0.2,joy=0.3", "--name", "given", "--quiet")[0] == 0
    run = RUN.parents[1] / "given" / "eng"
    assert FinishedRun.load(run).state["thresholds"] == [0.2, 0.5, 0.3, 0.5, 0.5]
    assert "given thresholds" in (run / "MODEL_CARD.md").read_text()
    assert adopt("--tune", "per-label", "--name", "tuned", "--quiet")[0] == 0
    tuned = FinishedRun.load(RUN.parents[1] / "tuned" / "eng").state
    assert len(set(tuned["thresholds"])) > 1
    code, _, err = adopt("--tune", "global", "--thresholds", "0.4")
    assert code == 2 and err.startswith("error: Thresholds are given or tuned, not both.")


def test_an_interrupted_adoption_goes_on(adopt, monkeypatch):
    from semeval_emo.zoo.families.adopted import Adopted

    with monkeypatch.context() as patch:
        patch.setattr(Adopted, "predict", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert adopt("--quiet")[0] == 130
    assert not (RUN / "score.json").exists()
    assert adopt("--quiet")[0] == 0
    assert (RUN / "score.json").exists()


def test_another_model_does_not_continue_a_run(adopt):
    assert adopt("--quiet")[0] == 0
    save_classifier(Path("theirs"), LABELS, seed=1)
    code, _, err = adopt("--quiet")
    assert code == 2 and "contains a run with another recipe or other data: data.model" in err
    assert adopt("--quiet", "--fresh")[0] == 0


def test_a_changed_configuration_of_an_adopted_model_is_an_error(adopt, cli):
    assert adopt("--quiet")[0] == 0
    edit_config(RUN / "model", id2label=dict(enumerate(reversed(LABELS))), label2id={})
    code, _, err = cli("zoo", "predict", RUN, "What a day!")
    assert code == 3 and "The weights in runs/sample/theirs/eng/model predict fear, sad, ANGER" in err


@pytest.mark.parametrize(
    ("labels", "words", "message"),
    [
        (("joy", "anger"), [], "theirs does not predict fear, sadness, surprise; release 1 track a eng test has"),
        (LABELS, ["--name", "mpnet-ft"], "'mpnet-ft' is the name of a shipped recipe."),
        (None, [], "The outputs of theirs have no names"),
    ],
)  # fmt: skip
def test_what_cannot_be_adopted(labels, words: list[str], message: str, adopt):
    save_classifier(Path("theirs"), labels)
    code, _, err = adopt(*words)
    assert code in (2, 3) and message in err
    assert not Path("runs").exists()


def test_a_softmax_model_is_adopted_with_its_activation(adopt, cli):
    save_classifier(Path("theirs"), LABELS, problem_type=None)
    assert adopt("--quiet")[0] == 2
    assert adopt("--quiet", "--activation", "softmax")[0] == 0
    expected = semeval_emo.load_model("theirs", activation="softmax").predict(["What a day!"]).probabilities
    assert np.array_equal(semeval_emo.load_model(RUN).predict(["What a day!"]).probabilities, expected)


def test_a_model_is_adopted_for_a_file_of_ones_own(tmp_path: Path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    save_classifier(Path("theirs"), LABELS)
    gold = load_gold("a", "eng", source="sample")
    frame = pd.DataFrame(gold.labels[:, 1:4], columns=["fear", "happy", "sadness"])
    frame.insert(0, "text", [f"{text} {i}" for i, text in enumerate(gold.texts)])
    frame.to_csv("my.csv", index=False)
    code, _, err = cli("zoo", "adopt", "theirs", "--data", "my.csv")
    assert code == 0, err
    (run,) = Path("runs").glob("*/theirs/*/run.json")
    assert cli("zoo", "evaluate", run.parent)[0] == 0
    assert pd.read_csv(next(run.parent.glob("test/prob_*.csv"))).columns.tolist() == ["id", "fear", "happy", "sadness"]
