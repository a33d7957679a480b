"""The built-in sample: reproducible, balanced, learnable but not trivial."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.overlap import leaks
from semeval_emo.data.sample import make_sample, sample_folder
from semeval_emo.data.sheet import read_sheet
from semeval_emo.data.stats import describe
from semeval_emo.task import load_task

TASK = load_task("sample")
MADE = make_sample.files()


def test_the_shipped_files_equal_the_generated_ones():
    shipped = {
        path.relative_to(sample_folder()).as_posix(): path.read_bytes()
        for path in sample_folder().rglob("*.csv")
    }  # fmt: skip
    assert shipped == MADE


def test_the_script_writes_into_a_folder(tmp_path: Path):
    assert len(make_sample.make(tmp_path)) == len(MADE)
    assert (tmp_path / "track_b/train/eng.csv").read_bytes() == MADE["track_b/train/eng.csv"]


@pytest.mark.parametrize("spec", TASK.specs(), ids=lambda spec: spec.place)
def test_the_task_file_has_the_hashes_of_every_file(spec):
    sheet = read_sheet(sample_folder() / f"track_{spec.track}/{spec.split}/{spec.language}.csv")
    assert tuple(sheet.ids) == spec.ids
    assert sheet.texts_hash() == spec.texts_hash != ""
    assert sheet.labels_hash(spec.emotions) == spec.labels_hash != ""


def test_the_tracks_label_the_same_texts():
    a, b = (load_gold(track, "eng", source="sample") for track in "ab")
    assert a.texts == b.texts
    assert np.array_equal(a.labels, b.labels > 0)
    assert set(np.unique(b.labels)) == {0, 1, 2, 3}


def test_texts_are_unique_across_splits():
    train, dev, test = (load_gold("a", "eng", split, source="sample") for split in ("train", "dev", "test"))
    texts = [text.lower() for gold in (train, dev, test) for text in gold.texts]
    assert len(set(texts)) == len(texts) == 500
    assert leaks([train, dev], test).normalised == 0


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_every_emotion_occurs_and_some_texts_have_none(split):
    stats = describe(load_gold("a", "eng", split, source="sample"))
    assert min(stats.prevalence) > 0.1
    assert 0.05 < stats.neutral / stats.rows < 0.25
    assert stats.cardinality > 1.1


def test_texts_look_natural():
    for text in load_gold("a", "eng", "train", source="sample").texts:
        assert "{" not in text
        assert text == text.strip()
        assert 5 <= len(text) <= 220
        assert text[-1] in ".!"


def test_a_bag_of_words_model_learns_part_of_it():
    """Scores of the demo should be neither at chance nor perfect."""
    pytest.importorskip("sklearn", reason="left out: scikit-learn is not installed")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.multiclass import OneVsRestClassifier

    train, test = (load_gold("a", "eng", split, source="sample") for split in ("train", "test"))
    words = TfidfVectorizer(sublinear_tf=True)
    model = OneVsRestClassifier(LogisticRegression(C=10, class_weight="balanced", max_iter=1000))
    model.fit(words.fit_transform(train.texts), train.labels)
    score = f1_score(test.labels, model.predict(words.transform(test.texts)), average="macro")
    assert 0.6 < score < 0.85
    assert f1_score(test.labels, np.ones_like(test.labels), average="macro") < 0.5


@pytest.mark.parametrize(("system", "low", "high"), [("strong", 0.8, 0.95), ("weak", 0.55, 0.75)])
def test_the_systems_differ_in_score(system, low, high):
    f1_score = pytest.importorskip("sklearn.metrics", reason="left out: scikit-learn is not installed").f1_score
    gold = load_gold("a", "eng", source="sample")
    sheet = read_sheet(sample_folder() / f"predictions/{system}/track_a/pred_eng.csv")
    assert tuple(sheet.ids) == gold.ids
    guesses = sheet.labels(gold.spec.emotions, gold.spec.values)
    assert low < f1_score(gold.labels, guesses, average="macro") < high


def test_the_file_with_mistakes_has_the_predictions_of_the_strong_system():
    raw = MADE["predictions/mistakes/pred_eng_a.csv"]
    assert raw.startswith(b"\xef\xbb\xbf,id,text,Joy,Sadness,Anger,Fear,Surprise\r\n")
    bad = read_sheet(sample_folder() / "predictions/mistakes/pred_eng_a.csv")
    good = read_sheet(sample_folder() / "predictions/strong/track_a/pred_eng.csv")
    assert (len(bad), len(set(bad.ids))) == (201, 200)
    for name in TASK.emotions:
        by_id = dict(zip(bad.ids, bad.column(name.capitalize()), strict=True))
        assert [by_id[i] for i in good.ids] == [f"{value}.0" for value in good.column(name)]
