"""`load_model(...).predict(...)` and `zoo predict`: texts as arguments, results by name, output formats."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import semeval_emo
from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import Model
from semeval_emo.zoo.training.train import train

EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")
TEXTS = ["What a lovely day!", "Oh no, not again.", "She left."]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(load_recipe("tfidf-logreg"), source="sample", runs=tmp_path_factory.mktemp("runs")).folder.path


@pytest.fixture
def model(run: Path) -> Model:
    return semeval_emo.load_model(run)


@pytest.fixture
def predict(run: Path, tmp_path: Path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    return lambda *words: cli("zoo", "predict", run, *words)


def test_a_text_gives_one_prediction_by_name(model: Model):
    prediction = model.predict(TEXTS[0])
    probabilities = model.family.predict(TEXTS[:1])[0]
    assert prediction.probabilities == dict(zip(EMOTIONS, probabilities.tolist(), strict=True))
    assert prediction.labels == {
        e: int(p >= t) for e, p, t in zip(EMOTIONS, probabilities, model.thresholds, strict=True)
    }
    assert prediction.present == {emotion: 1 for emotion, label in prediction.labels.items() if label}
    assert list(prediction.top(2).values()) == sorted(probabilities.tolist())[:-3:-1]
    assert prediction.text == TEXTS[0]
    assert len(repr(prediction)) < 120 and repr(prediction).startswith("TextPrediction('What a lovely day!': ")


def test_several_texts_give_arrays_rows_and_a_frame(model: Model):
    predictions = model.predict(TEXTS)
    assert (predictions.probabilities.shape, predictions.labels.dtype) == ((3, 5), np.int8)
    assert [one.text for one in predictions] == TEXTS
    assert predictions[-1].labels == dict(zip(EMOTIONS, predictions.labels[2].tolist(), strict=True))
    assert predictions[1:].texts == tuple(TEXTS[1:])
    frame = predictions.to_frame()
    assert list(frame.columns) == ["text", *EMOTIONS, *(f"{emotion}_prob" for emotion in EMOTIONS)]
    assert np.array_equal(frame[list(EMOTIONS)], predictions.labels)
    assert repr(predictions).startswith("TextPredictions(3 texts: anger ")
    html = model.predict(["<b>bold</b>"] * 30)._repr_html_()
    assert "&lt;b&gt;bold" in html and "<b>bold" not in html and "30 rows" in html
    assert model.predict(TEXTS[0]).to_frame().loc["joy", "probability"] == model.predict(TEXTS[0]).probabilities["joy"]
    assert len(model.predict([])) == 0 and model.predict([]).to_frame().shape == (0, 11)


def test_every_container_of_texts_is_taken(model: Model):
    from datasets import Dataset

    expected = model.predict(TEXTS).probabilities
    frame = pd.DataFrame({"text": TEXTS}, index=[7, 8, 9])
    dataset = Dataset.from_pandas(frame, preserve_index=False)
    for texts in (tuple(TEXTS), iter(TEXTS), frame["text"], np.array(TEXTS), frame["text"].to_numpy(), dataset["text"]):
        assert np.array_equal(model.predict(texts).probabilities, expected)
    assert list(model.predict(frame["text"]).to_frame().index) == [7, 8, 9]
    assert list(model.predict(frame["text"])[1:].to_frame().index) == [8, 9]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (pd.DataFrame({"id": [1], "Text": ["a"]}), "predict takes texts, not a DataFrame with the columns id, Text.\n"
         "  fix: name the column of the texts, such as ['Text']"),
        ({"text": "a"}, "predict takes a text or a list of texts, not a dict."),
        (Path("a.csv"), "predict takes a text or a list of texts, not a PosixPath."),
        (3, "predict takes a text or a list of texts, not an int."),
        (["a", None], "Text 1 is None, not a str.\n  fix: leave out or replace missing texts"),
        (pd.Series(["a", float("nan")]), "Text 1 is nan, not a str.\n  fix: leave out or replace missing texts"),
        (pd.Series(["a", None], dtype="string"), "Text 1 is <NA>, not a str.\n  fix: leave out or replace missing"),
        (np.array("a"), "predict takes a text or a list of texts, not a ndarray."),
        ([["a"]], "Text 0 is ['a'], not a str."),
        (["\ud800"], "Text 0 has half of a surrogate pair at 0"),
        ("texts.csv", "'texts.csv' looks like the name of a file; predict takes texts."),
    ],
)  # fmt: skip
def test_something_else_is_an_error_with_an_example(texts: object, message: str, model: Model):
    with pytest.raises(UsageError) as info:
        model.predict(texts)
    assert str(info.value).startswith(message)


def test_thresholds_of_the_user(run: Path, tmp_path: Path):
    own = semeval_emo.load_model(run).thresholds
    assert semeval_emo.load_model(run, thresholds=0.25).thresholds.tolist() == [0.25] * 5
    assert semeval_emo.load_model(run, thresholds={"joy": 0.1}).thresholds.tolist() == [*own[:2], 0.1, *own[3:]]
    (tmp_path / "t.json").write_text("[0.1, 0.2, 0.3, 0.4, 0.5]")
    assert semeval_emo.load_model(run, thresholds=tmp_path / "t.json").thresholds.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    (tmp_path / "t.csv").write_text("emotion,threshold\njoy,0.1\nother,0.6\n")
    assert semeval_emo.load_model(run, thresholds=str(tmp_path / "t.csv")).thresholds.tolist() == [
        0.6,
        0.6,
        0.1,
        0.6,
        0.6,
    ]
    assert semeval_emo.load_model(run, thresholds="joy=0.2").thresholds.tolist() == [*own[:2], 0.2, *own[3:]]
    with pytest.raises(UsageError, match="The model does not predict 'happines'; it predicts anger, fear, joy"):
        semeval_emo.load_model(run, thresholds={"happines": 0.1})


def test_a_long_list_shows_its_progress(model: Model, monkeypatch):
    monkeypatch.setattr("semeval_emo.zoo.runs.model.CHUNK", 2)
    assert np.array_equal(model.predict(TEXTS).probabilities, model.family.predict(TEXTS))
    calls = []
    monkeypatch.setattr(
        model.family, "predict", lambda texts, progress: calls.append(progress) or np.zeros((len(texts), 5))
    )
    progress = Progress()
    model.predict(TEXTS, progress=progress)
    assert calls == [progress, progress]


def test_texts_as_arguments_are_shown_as_a_table(predict):
    code, out, err = predict(*TEXTS, "--thresholds", "0.01")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].split() == ["text", "predicted", *EMOTIONS]
    assert lines[3].startswith("What a lovely day!  anger 0.")
    assert lines[-1] == "predicted: a probability of at least 0.01"
    code, out, _ = predict(TEXTS[0], "--top", "2", "--thresholds", "anger=1,fear=1,joy=1,sadness=1,surprise=1")
    assert code == 0 and out.splitlines()[1].split("  ")[-1].strip() == "top 2" and "no label" in out


def test_a_text_in_the_formats_of_files(predict, model: Model):
    expected = model.predict(TEXTS[0])
    code, out, _ = predict(TEXTS[0], "--as", "labels")
    assert (code, out.splitlines()[0]) == (0, "id,anger,fear,joy,sadness,surprise")
    assert out.splitlines()[1] == ",".join(["1", *map(str, expected.labels.values())])
    (record,) = map(json.loads, predict(TEXTS[0], "--as", "jsonl", "--top", "1", "--keep-text")[1].splitlines())
    assert record["text"] == TEXTS[0] and record["labels"] == expected.present
    assert list(record["probabilities"]) == list(expected.top(1))


def test_a_file_stays_csv_and_an_output_has_the_format_of_its_name(predict, model: Model):
    Path("texts.csv").write_text('id,text\na,What a lovely day!\nb,"Oh no, not again."\n')
    code, out, _ = predict("texts.csv", "--keep-text", "--top", "1")
    assert (code, out.splitlines()[0]) == (0, "id,text,top_1,probability_1")
    assert out.splitlines()[2].startswith('b,"Oh no, not again.",')
    probabilities = model.predict(TEXTS[:2]).probabilities
    for name, read in (("out.parquet", pd.read_parquet), ("out.csv", pd.read_csv)):
        code, _, err = predict("texts.csv", "-o", name, "--keep-text")
        assert (code, err) == (0, f"2 texts, written to {name}.\n")
        frame = read(name)
        assert list(frame.columns) == ["id", "text", *EMOTIONS] and frame["id"].tolist() == ["a", "b"]
        assert np.array_equal(frame[list(EMOTIONS)].to_numpy(), probabilities)
    assert predict("texts.csv", "-o", "out.jsonl")[0] == 0
    assert [json.loads(line)["id"] for line in Path("out.jsonl").read_text().splitlines()] == ["a", "b"]
    assert predict("texts.csv", "-o", "labels.parquet", "--as", "labels")[0] == 0
    assert pd.read_parquet("labels.parquet")["joy"].dtype == np.int8


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nothing.csv"], 3, "nothing.csv cannot be read: No such file or directory.\n  fix: name an existing file; a"),
        (["day.txt", "Oh!"], 2, "day.txt is the name of a file, given with other texts or files."),
        (["folder"], 3, "folder is a folder.\n  fix: name one of its files"),
        (["Oh!", "-o", "a.parquet", "--as", "jsonl"], 2, "a.parquet is a Parquet file, not jsonl."),
        (["Oh!", "--as", "labels", "--top", "1"], 2, "--top shows probabilities, not labels."),
        (["Oh!", "--column", "text"], 2, "--column is for a file of texts, and texts are given."),
        (["Oh!", "--thresholds", "2"], 2, "The threshold must be greater than 0 and at most 1, not 2."),
        (["Oh!", "--thresholds", "nothing.json"], 2, "--thresholds is 'nothing.json', no number and no file."),
    ],
)
def test_what_is_neither_a_text_nor_a_file(words: list[str], code: int, message: str, predict):
    Path("folder").mkdir()
    result = predict(*words)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(f"error: {message}")


def test_a_file_with_any_name_is_a_file_and_a_very_long_word_a_text(predict):
    Path("happy").write_text("What a lovely day!\nOh no.\n")
    assert len(predict("happy")[1].splitlines()) == 3
    assert len(predict("", "--as", "labels")[1].splitlines()) == 2
    code, out, _ = predict("a" * 5000, "--as", "probabilities")
    assert code == 0 and len(out.splitlines()) == 2
