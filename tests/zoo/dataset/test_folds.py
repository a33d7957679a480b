"""Selection on folds: assignment, out-of-fold predictions, and independence of the test labels."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.data.overlap import letters
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import UsageError
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import ALWAYS_TRAIN, stratified_folds
from semeval_emo.zoo.families import tfidf
from semeval_emo.zoo.families.tfidf import FoldFeatures
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.selection.thresholds import out_of_fold_labels, tune
from semeval_emo.zoo.training.train import RunResult, train

FOLDS = (
    'data.splits=["train", "dev"]', "select.split=folds", "threshold.split=folds", "threshold.rule=per_label",
    "tfidf.strength=[0.1, 1.0, 10.0]",
)  # fmt: skip


# The labels of some splits are made up.
ACCEPT = "data.unverified_gold=true"


def run(runs: Path, *more: str, name: str = "tfidf-logreg", source: str | Path = "sample") -> RunResult:
    return train(load_recipe(name, (*FOLDS, *more)), source=source, task="sample", runs=runs)


def stored(result: RunResult, split: str) -> np.ndarray:
    path = result.folder.probabilities(split)
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 6))


@given(seed=st.integers(0, 10_000), n=st.integers(10, 150), count=st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_every_text_is_held_out_once_and_together_with_its_copies(seed: int, n: int, count: int):
    draw = np.random.default_rng(seed)
    # Few different texts, so that there are copies, some with other capitals and punctuation.
    texts = [f"text {draw.integers(n)}"[:: draw.choice([1])] + draw.choice(["", "!", " ?"]) for _ in range(n)]
    labels = (draw.random((n, 3)) < [0.5, 0.2, 0.05]).astype(np.int8)
    own = int(draw.integers(n // 2, n + 1))
    folds = stratified_folds(texts, labels, count, seed, own)
    assert np.array_equal(folds.fold_of, stratified_folds(texts, labels, count, seed, own).fold_of), "the seed decides"
    held = np.concatenate([rows for _, rows in folds])
    assert sorted(held) == list(range(own))
    for learn, rows in folds:
        assert not {letters(texts[row]) for row in learn} & {letters(texts[row]) for row in rows}
    for row in range(own, n):
        alone = letters(texts[row]) not in {letters(text) for text in texts[:own]}
        assert (folds.fold_of[row] == ALWAYS_TRAIN) == alone


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_label_sets_are_distributed_evenly(seed: int):
    draw = np.random.default_rng(seed)
    labels = (draw.random((200, 4)) < [0.5, 0.3, 0.1, 0.04]).astype(np.int8)
    folds = stratified_folds([f"text {i}" for i in range(200)], labels, 5, seed)
    rows = [held for _, held in folds]
    for one in np.unique(labels, axis=0):
        counts = [(labels[held] == one).all(1).sum() for held in rows]
        assert max(counts) - min(counts) <= 1
    for emotion in range(4):
        counts = [labels[held, emotion].sum() for held in rows]
        assert max(counts) - min(counts) <= 4
    sizes = [len(held) for held in rows]
    assert max(sizes) - min(sizes) <= 6


def test_a_rare_emotion_is_in_every_fold():
    labels = np.zeros((60, 2), dtype=np.int8)
    labels[:5, 1] = 1
    labels[::2, 0] = 1
    assert [labels[held, 1].sum() for _, held in stratified_folds([str(i) for i in range(60)], labels, 5, 3)] == [1] * 5


def test_predictions_of_a_text_come_from_other_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A nearest-neighbour model and random labels: perfect in sample, random out of fold."""

    def remember(kind, top, together, matrix, labels: np.ndarray, settings) -> list[KNeighborsClassifier]:
        return [KNeighborsClassifier(1).fit(matrix, labels) for _ in settings]

    monkeypatch.setattr(tfidf, "fit_linear_models", remember)
    monkeypatch.setattr(tfidf, "linear_probabilities", lambda model, matrix: model.predict(matrix).astype(float))
    monkeypatch.setattr(tfidf.Tfidf, "parameter_counts", lambda self: None)
    monkeypatch.setattr(tfidf, "save_skops", lambda model, path: None)
    monkeypatch.setattr(tfidf.Tfidf, "predict", lambda self, texts, progress=None: np.zeros((len(texts), 5)))
    monkeypatch.setattr(tfidf.Tfidf, "load", classmethod(lambda cls, folder, recipe, space: cls(recipe, space)))
    data = noisy(tmp_path / "data", "train", "dev")
    # Every dev text is also in train, with the same labels.
    folder = data / "track_a"
    spec = load_task("sample").spec("a", "eng", "dev")
    head, *rows = read(folder / "train" / "eng.csv")
    copies = [[i, *row[1:]] for i, row in zip(spec.ids, rows, strict=False)]
    write(folder / "dev" / "eng.csv", [head, *copies])
    result = run(tmp_path, ACCEPT, source=data)
    for split in ("train", "dev"):
        gold = load_gold("a", "eng", split, source=data, task="sample", unverified_gold=True).labels
        assert f1_score(gold, stored(result, split), average="macro") < 0.65, "random labels"
    assert result.dev["macro_f1"] < 0.75


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)


def noisy(folder: Path, *splits: str) -> Path:
    """Return the sample with random labels in some splits."""
    shutil.copytree(sample_folder(), folder)
    draw = np.random.default_rng(7)
    for split in splits:
        path = folder / "track_a" / split / "eng.csv"
        head, *rows = read(path)
        write(path, [head, *[[*row[:2], *map(str, draw.integers(0, 2, len(row) - 2))] for row in rows]])
    return folder


def inside(path: Path) -> list[bytes]:
    """Return the parts of a model file without names and times, which differ between files."""
    with zipfile.ZipFile(path) as archive:
        bodies = {name: archive.read(name) for name in archive.namelist()}
    schema = bodies.pop("schema.json").decode()
    places = {one: str(i) for i, one in enumerate(dict.fromkeys(re.findall(r"\d{9,}", schema)))}
    return [re.sub(r"\d{9,}", lambda m: places[m[0]], schema).encode(), *sorted(bodies.values())]


def test_test_labels_do_not_affect_predictions(tmp_path: Path):
    honest = run(tmp_path / "1", source=Path(shutil.copytree(sample_folder(), tmp_path / "data")))
    blind = run(tmp_path / "2", ACCEPT, source=noisy(tmp_path / "noise", "test"))
    assert abs(blind.scorecard.score - honest.scorecard.score) > 0.1, "the labels differ"
    for one in ("predictions", "metrics"):
        assert getattr(honest.folder, one).read_bytes() == getattr(blind.folder, one).read_bytes()
    for split in ("train", "dev", "test"):
        assert honest.folder.probabilities(split).read_bytes() == blind.folder.probabilities(split).read_bytes()
    assert honest.thresholds == blind.thresholds
    assert inside(honest.folder.model / tfidf.FILE) == inside(blind.folder.model / tfidf.FILE)


def test_files_of_a_run_are_consistent(tmp_path: Path):
    result = run(tmp_path)
    gold = np.concatenate([load_gold("a", "eng", split, source="sample").labels for split in ("train", "dev")])
    said = np.concatenate([stored(result, split) for split in ("train", "dev")])
    space = Space(result.folder.spec.emotions)
    rule = ThresholdConfig(rule="per_label")
    assert result.thresholds == tuple(tune(said, gold, space, rule, "macro_f1"))
    texts = [text for split in ("train", "dev") for text in load_gold("a", "eng", split, source="sample").texts]
    folds = stratified_folds(texts, gold, 5, seed=42)
    decided = out_of_fold_labels(said, gold, folds, space, rule, "macro_f1")
    kept = result.rows[result.selected_epoch - 1]
    assert kept["folds"]["macro_f1"] == pytest.approx(f1_score(gold, decided, average="macro"))
    assert kept["folds"]["macro_f1"] == max(row["folds"]["macro_f1"] for row in result.rows)
    # The final model is trained on dev, too, so it fits dev better than the out-of-fold predictions.
    assert result.dev["macro_f1"] < 1.0
    assert json.loads((result.folder.path / "recipe.json").read_text())["resolved"]["select"]["folds"] == 5


def test_features_of_a_fold_equal_those_of_vectorizers_fitted_to_it():
    vectorizers = [
        TfidfVectorizer(ngram_range=(1, 2), min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4)),
    ]
    texts = np.array(load_gold("a", "eng", "train", source="sample").texts, dtype=object)
    learn, held = np.arange(0, 200), np.arange(200, 240)
    found = FoldFeatures(vectorizers, texts).of_fold(learn, held)
    union = FeatureUnion([(str(i), clone(one)) for i, one in enumerate(vectorizers)]).fit(texts[learn])
    for rows, matrix in zip((learn, held), found, strict=True):
        assert abs(matrix - union.transform(texts[rows])).max() < 1e-12


def test_dev_can_be_excluded_from_the_folds(tmp_path: Path):
    """With folds of train only, dev is predicted by the model trained on all of train."""
    result = run(tmp_path, 'data.splits=["train"]')
    gold = load_gold("a", "eng", "dev", source="sample")
    assert np.array_equal(load_model(result.folder.path).family.predict(gold.texts), stored(result, "dev"))


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        (
            "llama-tiny",
            (),
            "Recipe llama-tiny selects on folds, which leave no texts to select the epoch of a network on.",
        ),
        (
            "tfidf-logreg",
            ("select.split=dev",),
            "Recipe tfidf-logreg tunes thresholds on folds but selects on dev: there are no out-of-fold probabilities.",
        ),
        (
            "tfidf-logreg",
            ("select.split=dev", "threshold.split=dev"),
            "Recipe tfidf-logreg trains on dev and also selects on it.",
        ),
    ],
)
def test_invalid_selections_are_refused(name: str, more: tuple[str, ...], message: str, tmp_path: Path):
    own = FOLDS if name.startswith("tfidf") else FOLDS[:-1]
    with pytest.raises(UsageError) as refused:
        train(load_recipe(name, (*own, *more)), source="sample", runs=tmp_path)
    assert refused.value.message == message
    assert refused.value.fix.startswith(("--set select.split=", "--set select.epoch=last", "select on dev"))


def test_recipes_without_folds_keep_their_hash():
    recipe = load_recipe("tfidf-logreg")
    assert "folds" not in recipe.resolved()["select"]
    changed = replace(recipe, select=replace(recipe.select, folds=7))
    assert changed.hash == recipe.hash


def test_list_and_show_name_the_folds(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["zoo", "list", "tfidf-folds"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("tfidf-folds"))
    assert line.split()[1] == "folds"
    assert main(["zoo", "show", "tfidf-folds"]) == 0
    said = capsys.readouterr().out
    assert "best official metric on 5 folds" in said and "one per label, tuned on folds" in said
