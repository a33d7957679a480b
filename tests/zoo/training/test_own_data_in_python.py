"""`train(recipe, data=...)` with data in memory, and folders that `datasets` saved."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from semeval_emo.data import load_gold
from semeval_emo.errors import UsageError
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.api import train

EMOTIONS = ["anger", "fear", "joy", "sadness", "surprise"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def frame(split: str = "train") -> pd.DataFrame:
    gold = load_gold("a", "eng", split, source="sample")
    return pd.DataFrame({"text": gold.texts}).join(pd.DataFrame(gold.labels, columns=EMOTIONS))


def test_a_frame_trains_and_the_result_predicts():
    result = train("tfidf-logreg", data=frame())
    assert repr(result).startswith("<RunResult of tfidf-logreg: your own split, track a test, macro_f1=0.")
    assert 0.3 < result.scores["macro_f1"] < 1 and set(result.scores) > {"macro_f1", "micro_f1", "jaccard"}
    assert Path(result.folder) == Path("runs/own-your-data/tfidf-logreg/own")
    table = result.to_frame()
    assert list(table.index) == EMOTIONS and {"threshold", "precision", "recall", "f1"} <= set(table.columns)
    predictions = result.predict(["What a wonderful day, I am so happy.", "I am afraid of the dark."])
    assert len(predictions) == 2 and set(predictions[0].probabilities) == set(EMOTIONS)
    assert result.scorecard.intervals.whole["macro_f1"].low < result.scores["macro_f1"]
    # The only run in the folder.
    assert load_model("runs/own-your-data").recipe.name == "tfidf-logreg"


def test_the_same_frame_resumes_and_another_is_refused():
    train("constant-all", frame())
    assert train("constant-all", frame().sample(frac=1, random_state=1)).already_done
    with pytest.raises(UsageError, match="your data is not what runs/own-your-data was made of"):
        train("constant-all", frame().iloc[:100])
    assert not train("constant-all", frame().iloc[:100], fresh=True).already_done


def test_splits_in_a_dictionary_and_settings():
    data = {"train": frame(), "validation": frame("dev"), "test": frame("test")}
    result = train("tfidf-logreg", data, settings={"tfidf.words": [1, 1], "threshold.rule": "fixed"}, seed=7)
    assert result.folder.spec.rows == 200 and result.recipe.options.words == (1, 1) and result.recipe.train.seed == 7
    with pytest.raises(UsageError, match="The splits of the data are called fold1, test"):
        train("constant-all", {"fold1": frame(), "test": frame("test")})
    with pytest.raises(UsageError, match="The data have the type list, expected a path, a DataFrame"):
        train("constant-all", [1, 2])


def test_a_saved_dataset_with_class_names(folder: Path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "labels": datasets.Sequence(datasets.ClassLabel(names=EMOTIONS))}
    )

    def split(name: str) -> object:
        rows = frame(name)
        labels = [[j for j, emotion in enumerate(EMOTIONS) if row[emotion]] for _, row in rows.iterrows()]
        return datasets.Dataset.from_dict({"text": list(rows["text"]), "labels": labels}, features=features)

    whole = datasets.DatasetDict({"train": split("train"), "validation": split("dev"), "test": split("test")})
    whole.save_to_disk("saved")
    result = train("constant-all", data="saved")
    assert result.folder.spec.emotions == tuple(sorted(EMOTIONS)) and result.folder.spec.rows == 200
    assert train("constant-all", data=whole).scores == result.scores
    split("train").save_to_disk("single")
    assert train("constant-all", data=folder / "single").folder.spec.rows == 36
