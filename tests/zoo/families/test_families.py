"""Runs of the fast families on the built-in sample."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from semeval_emo.data import load_gold
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.submission import validate
from semeval_emo.zoo.families import tfidf
from semeval_emo.zoo.families.ensemble import fit_weights
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import RunResult, train


def run(name: str, runs: Path, *settings: str, **rest: object) -> RunResult:
    return train(load_recipe(name, settings), source="sample", runs=runs, **rest)


def test_a_run_folder_is_complete(tmp_path: Path):
    result = run("tfidf-logreg", tmp_path)
    folder = result.folder.path
    assert folder == tmp_path / "sample" / "tfidf-logreg" / "eng"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "recipe.json", "run.json", "metrics.jsonl", "score.json", "MODEL_CARD.md", "lock", "track_a/pred_eng.csv",
        "dev/prob_eng.csv", "test/prob_eng.csv", "model/model.skops", "model/semeval_emo.json", "model/thresholds.json",
    }  # fmt: skip
    state = json.loads((folder / "run.json").read_text())
    assert state["status"] == "done"
    assert state["versions"]["scikit-learn"] and state["versions"]["python"]
    gold = load_gold("a", "eng", source="sample")
    assert state["data"]["test"].endswith(f":{gold.hash}")
    assert set(state["data"]) == {"train", "dev", "test"}
    # The file passes the checks of `validate`.
    assert validate(result.folder.predictions).valid
    assert result.scorecard.score > 0.6 and result.scorecard.gold_hash == gold.hash
    assert json.loads((folder / "score.json").read_text())["score"] == result.scorecard.score


@pytest.mark.parametrize("name", ["tfidf-logreg", "tfidf-svm", "tfidf-char", "constant-majority"])
def test_a_loaded_model_predicts_the_saved_probabilities(name: str, tmp_path: Path):
    result = run(name, tmp_path)
    model = load_model(result.folder.path)
    gold = load_gold("a", "eng", source="sample")
    probabilities = model.family.predict(gold.texts)
    stored = np.loadtxt(result.folder.probabilities("test"), delimiter=",", skiprows=1, usecols=range(1, 6))
    assert np.array_equal(probabilities, stored)
    assert model.space.emotions == gold.spec.emotions
    assert tuple(model.thresholds) == result.thresholds


def test_models_of_earlier_versions_with_a_table_of_ngrams_are_read(tmp_path: Path):
    result = run("tfidf-logreg", tmp_path)
    model = load_model(result.folder.path)
    texts = load_gold("a", "eng", source="sample").texts
    expected = model.family.predict(texts)
    file = result.folder.model / tfidf.FILE
    size = file.stat().st_size
    tfidf.save_skops(model.family.pipeline, file)
    assert np.array_equal(load_model(result.folder.path).family.predict(texts), expected)
    assert file.stat().st_size > 3 * size


@pytest.mark.parametrize("vocabulary", ["{", "3", "[" * 100_000])
def test_a_model_without_a_list_of_ngrams_is_refused(vocabulary: str, tmp_path: Path):
    result = run("tfidf-logreg", tmp_path, "tfidf.characters=[]")
    pipeline = load_model(result.folder.path).family.pipeline
    pipeline[0].transformer_list[0][1].vocabulary_ = vocabulary
    file = result.folder.model / tfidf.FILE
    tfidf.save_skops(pipeline, file)
    with pytest.raises(InputError) as refused:
        load_model(result.folder.path)
    assert refused.value.message.startswith(f"{file} has no vocabulary of n-grams: ")
    assert refused.value.fix == "train the recipe again"


def test_tfidf_models_are_saved_and_loaded_without_torch(tmp_path: Path):
    code = """
import sys
from semeval_emo.cli.app import main
assert main(["zoo", "train", "tfidf-logreg", "--data", "sample", "-q"]) == 0
assert main(["zoo", "predict", "runs/sample/tfidf-logreg/eng", "what a day", "-q"]) == 0
assert "skops.io" in sys.modules and "torch" not in sys.modules
import sklearn.externals.array_api_compat.torch
assert "torch" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_runs_write_the_same_bytes(tmp_path: Path):
    first, second = run("tfidf-logreg", tmp_path / "1"), run("tfidf-logreg", tmp_path / "2")
    for split in ("dev", "test"):
        assert first.folder.probabilities(split).read_bytes() == second.folder.probabilities(split).read_bytes()


def test_models_contain_no_pickle_and_untrusted_types_are_refused(tmp_path: Path):
    result = run("tfidf-logreg", tmp_path)
    file = result.folder.model / "model.skops"
    with zipfile.ZipFile(file) as archive:
        assert all(name.endswith((".json", ".npy", ".npz")) for name in archive.namelist())
        schema = archive.read("schema.json")
        others = {name: archive.read(name) for name in archive.namelist() if name != "schema.json"}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", schema.replace(b'"Pipeline"', b'"system"').replace(b"sklearn.pipeline", b"os"))
        for name, body in others.items():
            archive.writestr(name, body)
    with pytest.raises(UsageError, match="contains objects that could run code"):
        tfidf.load_skops(file)


def test_the_best_setting_on_dev_is_selected(tmp_path: Path):
    result = run("tfidf-logreg", tmp_path, "tfidf.strength=[1e-6, 1.0]", "tfidf.balanced=[false]")
    assert [row["strength"] for row in result.rows] == [1e-6, 1.0]
    assert result.rows[0]["dev"]["macro_f1"] < result.rows[1]["dev"]["macro_f1"]
    assert result.selected_epoch == 2


def test_linear_models_equal_those_of_scikit_learn():
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(80, 5)), (draw.random((80, 3)) < 0.4).astype(np.int8)
    probabilities = tfidf.linear_probabilities(tfidf.fit_linear_model("logreg", x, y, 1, 0.5, True), x)
    for i in range(3):
        model = LogisticRegression(C=0.5, class_weight="balanced", max_iter=1000).fit(x, y[:, i])
        assert np.abs(probabilities[:, i] - model.predict_proba(x)[:, 1]).max() < 1e-6


@pytest.mark.parametrize("kind", ["logreg", "svm"])
@pytest.mark.filterwarnings("ignore:Label")
def test_an_emotion_with_a_single_training_value(kind: str, tmp_path: Path):
    x, y = np.eye(4), np.array([[1, 0, 1], [0, 0, 1], [1, 0, 1], [0, 0, 1]], dtype=np.int8)
    tfidf.save_skops(tfidf.fit_linear_model(kind, x, y, 1, 1.0, True), tmp_path / "model.skops")
    probabilities = tfidf.linear_probabilities(tfidf.load_skops(tmp_path / "model.skops"), x)
    assert probabilities.shape == (4, 3)
    assert (probabilities[:, 1] < 0.5).all() and (probabilities[:, 2] > 0.5).all()


def test_intensities(tmp_path: Path):
    result = run("tfidf-ridge", tmp_path)
    assert result.folder.path == tmp_path / "sample" / "tfidf-ridge" / "eng-track_b"
    assert result.folder.predictions.parts[-2:] == ("track_b", "pred_eng.csv")
    assert validate(result.folder.predictions).valid
    assert result.scorecard.metric == "pearson"
    assert result.scorecard.score > 0.7


@pytest.mark.parametrize(
    ("name", "track", "message"),
    [
        ("tfidf-logreg", "b", "Recipe tfidf-logreg is for labels, but track b has intensities."),
        ("tfidf-ridge", "a", "Recipe tfidf-ridge is for intensities, but track a has labels."),
    ],
)
def test_a_recipe_for_the_other_kind_of_labels_is_refused(name: str, track: str, message: str, tmp_path: Path):
    with pytest.raises(UsageError) as refused:
        run(name, tmp_path, track=track)
    assert refused.value.message == message


def test_training_and_selecting_on_dev_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="trains on dev and also selects on it"):
        run("tfidf-logreg", tmp_path, 'data.splits=["train", "dev"]')


def test_constant_baselines(tmp_path: Path):
    everything, prevalence = run("constant-all", tmp_path), run("constant-all", tmp_path, "constant.says=prevalence")
    gold = load_gold("a", "eng", source="sample")
    share = gold.labels.mean(0)
    assert everything.scorecard.score == pytest.approx((2 * share / (1 + share)).mean())
    train_share = load_gold("a", "eng", "train", source="sample").labels.mean(0)
    assert load_model(prevalence.folder.path).family.predict(["x"])[0] == pytest.approx(train_share)


def test_an_ensemble_is_the_mean_of_its_members(tmp_path: Path):
    for name in ("tfidf-logreg", "tfidf-char"):
        run(name, tmp_path)
    result = run("ensemble-english", tmp_path, 'ensemble.members=["tfidf-logreg", "tfidf-char"]')
    texts = load_gold("a", "eng", source="sample").texts
    parts = [
        load_model(tmp_path / "sample" / name / "eng").family.predict(texts) for name in ("tfidf-logreg", "tfidf-char")
    ]
    assert load_model(result.folder.path).family.predict(texts) == pytest.approx(np.mean(parts, axis=0))


def test_a_missing_member_is_named_with_its_command(tmp_path: Path):
    run("tfidf-logreg", tmp_path)
    with pytest.raises(InputError) as refused:
        run("ensemble-english", tmp_path, 'ensemble.members=["tfidf-logreg", "tfidf-char"]')
    assert refused.value.message.startswith("The ensemble's member tfidf-char is not trained: there is no ")
    assert refused.value.fix == f"semeval-emo zoo train tfidf-char --data sample --runs {tmp_path}"


def test_weights_prefer_the_better_member():
    gold = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    knows, guesses = gold * 0.8 + 0.1, np.full(gold.shape, 0.5)
    weights = fit_weights(np.stack([guesses, knows]), lambda p: -float(np.abs(p - gold).sum()))
    assert weights.tolist() == [0.0, 1.0]


def official(tmp_path: Path, name: str = "release") -> Path:
    """Copy the sample's files so that a test can modify them."""
    return Path(shutil.copytree(sample_folder(), tmp_path / name))


def test_the_order_of_rows_does_not_matter(tmp_path: Path):
    folder = official(tmp_path)
    for split in ("dev", "test"):
        file = folder / "track_a" / split / "eng.csv"
        head, *rows = file.read_text("utf-8").splitlines(keepends=True)
        file.write_text(head + "".join(reversed(rows)), "utf-8")
    recipe = load_recipe("tfidf-logreg")
    shuffled = train(recipe, source=folder, task="sample", runs=tmp_path / "1")
    straight = train(recipe, source="sample", runs=tmp_path / "2")
    assert load_gold("a", "eng", source=folder, task="sample").ids == shuffled.folder.spec.ids
    for split in ("dev", "test"):
        assert shuffled.folder.probabilities(split).read_bytes() == straight.folder.probabilities(split).read_bytes()
    assert shuffled.thresholds == straight.thresholds
    assert shuffled.scorecard.score == straight.scorecard.score


def test_overlap_with_training_texts_is_counted_and_a_score_without_it_reported(data_dir: Path, tmp_path: Path):
    notes: list[str] = []

    class Notes(Progress):
        def message(self, text: str) -> None:
            notes.append(text)

    result = train(load_recipe("constant-all"), source=data_dir, runs=tmp_path, progress=Notes())
    assert (result.overlap["exact"], result.overlap["normalised"]) == (4, 5)
    assert notes == ["5 test texts are also training texts (4 exact copies); the score without them is shown, too"]
    without = result.overlap["without"]["macro_f1"]
    assert without != result.scorecard.score and without == pytest.approx(result.scorecard.score, abs=0.002)


def test_no_overlap_is_recorded_without_a_message(tmp_path: Path):
    result = run("constant-all", tmp_path)
    assert result.overlap == {"exact": 0, "normalised": 0, "without": None}


def test_training_on_test_is_refused():
    with pytest.raises(UsageError, match=r"data\.splits cannot be 'test'"):
        load_recipe("tfidf-logreg", ['data.splits=["train", "test"]'])
