"""Training on other languages: sources, labels, refused data, and selection without target labels."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cross_task import EMOTIONS, SAMPLE, make_cross, write

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.errors import UsageError
from semeval_emo.submission import validate
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.dataset.splits import load_splits, training_examples
from semeval_emo.zoo.inference.ensemble import ensemble_recipe
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.selection.epochs import zero_shot_note
from semeval_emo.zoo.training.train import RunResult, train

BY_FOLDS = ('data.sources=["others"]', "select.split=folds", "threshold.split=folds", "threshold.rule=per_label")
BY_DEV = ('data.sources=["others"]', "select.split=sources", "threshold.split=sources", "threshold.rule=per_label")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross(tmp_path_factory.mktemp("cross")).parent


@pytest.fixture
def target_copy(tmp_path: Path) -> Path:
    """Return a copy that a test can change."""
    return make_cross(tmp_path).parent


def settled(folder: Path, track: str, language: str, *settings: str, name: str = "tfidf-logreg") -> Recipe:
    return resolve_target(load_recipe(name, settings), load_task(folder / "cross.toml"), track, language)


def run(folder: Path, runs: Path, *settings: str, track: str = "c", language: str = "xaa", name: str = "tfidf-logreg"):
    return train(
        load_recipe(name, settings), track=track, language=language, source=folder / "data",
        task=load_task(folder / "cross.toml"), runs=runs,
    )  # fmt: skip


def task_of(folder: Path) -> Task:
    return load_task(folder / "cross.toml")


@pytest.mark.parametrize(
    ("track", "words", "wanted"),
    [
        ("c", '["others"]', ("a/xbb", "a/xcc")),
        ("c", '["family"]', ("a/xbb",)),
        ("c", '["xcc", "a/xbb", "xcc"]', ("a/xcc", "a/xbb")),
        ("a", '["others"]', ("a/xbb", "a/xcc")),
        ("b", '["a/self"]', ("a/xaa",)),
        ("b", '["others"]', ("b/xbb",)),
    ],
)
def test_sources_are_resolved_to_names(track: str, words: str, wanted: tuple[str, ...], folder: Path):
    resolved = settled(folder, track, "xaa", f"data.sources={words}").data
    assert resolved.sources == wanted
    assert resolved.splits == (() if track == "c" else ("train",))
    assert (
        resolve_target(settled(folder, track, "xaa", f"data.sources={words}"), task_of(folder), None, None).data
        == resolved
    )


@pytest.mark.parametrize(
    ("track", "language", "words", "message"),
    [
        ("c", "xaa", '["xaa"]', "'xaa' is Xaa, the target language; track c trains on other "),
        ("c", "xaa", '["a/self"]', "'a/self' is Xaa, the target language; track c trains on "),
        ("c", "xaa", '["b/xaa"]', "'b/xaa' is Xaa, the target language; track c trains on "),
        ("c", "xcc", '["family"]', "xcc has no source 'family': track a has no training texts in another language of "),
        ("a", "xaa", '["xaa"]', "the source 'xaa' is the language's own train split."),
    ],
)
def test_the_target_language_is_not_a_valid_source(track: str, language: str, words: str, message: str, folder: Path):
    with pytest.raises(UsageError) as refused:
        settled(folder, track, language, f"data.sources={words}")
    assert refused.value.message.startswith(f"Recipe tfidf-logreg: {message}")


def test_missing_training_data_is_an_error(folder: Path):
    with pytest.raises(UsageError) as refused:
        settled(folder, "c", "xaa")
    assert refused.value.message == "Track c has no training texts, so recipe tfidf-logreg has no training data."
    assert refused.value.fix == "--set 'data.sources=[\"others\"]' trains on the other languages of track a"
    with pytest.raises(UsageError, match="There is no language 'xdd'"):
        settled(folder, "c", "xaa", 'data.sources=["xdd"]')
    with pytest.raises(UsageError, match="has no train file of track b for 'xcc'"):
        settled(folder, "b", "xaa", 'data.sources=["xcc"]')


@pytest.mark.parametrize("name", ["a/train", "b/train", "a/dev"])
def test_splits_of_the_target_language_are_not_valid_extra_data(name: str, folder: Path, tmp_path: Path):
    with pytest.raises(UsageError, match=rf"'{name}' is Xaa, the target language"):
        run(folder, tmp_path, 'data.sources=["others"]', f'data.extra=["{name}"]')


def test_a_file_with_texts_of_the_target_language_is_refused(folder: Path, tmp_path: Path):
    file = write(tmp_path, "a", "xaa", "train", ["a new text", "another"], np.zeros((2, 5), int))
    settings = ('data.sources=["others"]', f'data.extra=["{file}"]')
    run(folder, tmp_path / "runs", *settings, name="constant-majority")
    text = load_gold("a", "xaa", "train", source=folder / "data", task=task_of(folder)).texts[7]
    file = write(tmp_path, "a", "xaa", "train", ["a new text", text.upper()], np.zeros((2, 5), int))
    with pytest.raises(UsageError) as refused:
        run(folder, tmp_path / "other", *settings, name="constant-majority")
    place = "release 1 track a xaa train"
    assert refused.value.message == (
        f"'{file}' contains 1 of 240 texts of {place} (cross_xaa_train_a_0002 is cross_xaa_train_a_0008); "
        "track c trains on other languages only."
    )


def test_emotions_without_labels_in_a_source_are_unknown(folder: Path):
    recipe = settled(folder, "c", "xaa", 'data.sources=["xbb"]')
    golds = load_splits(recipe, folder / "data", task_of(folder))
    labels = golds["a/xbb"].labels
    fear = SAMPLE.index("fear")
    assert (labels[:, fear] == -1).all()
    wanted = load_gold("a", "xbb", "train", source=folder / "data", task=task_of(folder)).labels
    assert (np.delete(labels, fear, axis=1) == wanted).all()
    learned, judged = training_examples(recipe, golds)
    assert len(learned) == 240 and set(judged) == {"dev"}
    # In the other direction the column is removed.
    recipe = settled(folder, "c", "xbb", 'data.sources=["xaa"]')
    golds = load_splits(recipe, folder / "data", task_of(folder))
    assert golds["a/xaa"].labels.shape[1] == len(EMOTIONS["xbb"]) and golds["a/xaa"].labels.min() == 0


def test_an_emotion_without_labels_in_any_source_is_never_predicted(folder: Path, tmp_path: Path):
    result = run(folder, tmp_path, 'data.sources=["xbb"]', "threshold.rule=fixed")
    fear = SAMPLE.index("fear")
    output = np.loadtxt(result.folder.predictions, delimiter=",", skiprows=1, usecols=range(1, 6))
    assert not output[:, fear].any() and output.sum() > 100


def test_evaluation_texts_are_removed_from_sources(target_copy: Path, tmp_path: Path):
    task, data = task_of(target_copy), target_copy / "data"
    test = load_gold("c", "xaa", source=data, task=task).texts
    gold = load_gold("a", "xbb", "train", source=data, task=task)
    texts = [f"{test[0]}!", test[1].upper(), *gold.texts[2:]]
    write(target_copy, "a", "xbb", "train", texts, gold.labels)
    result = run(target_copy, tmp_path, 'data.sources=["others"]', name="constant-majority")
    assert [note.endswith("removed: they are also in dev or test of xaa.") for note in result.data_notes] == [True]
    assert result.data_notes[0].startswith("2 of 240 texts of ")
    assert result.overlap == {"exact": 0, "normalised": 0, "without": None}


@pytest.fixture(scope="module")
def strict(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunResult]:
    runs = tmp_path_factory.mktemp("runs")
    settings = {"folds": BY_FOLDS, "sources": BY_DEV}
    return {name: run(folder, runs, *words) for name, words in settings.items()}


@pytest.mark.parametrize("how", ["folds", "sources"])
def test_selection_on_folds_of_sources_is_independent_of_target_labels(
    how: str, strict: dict[str, RunResult], target_copy: Path, tmp_path: Path
):
    """With random labels in the target's dev, test and train splits all predictions are the same bytes."""
    result = strict[how]
    assert validate(result.folder.predictions, task=task_of(target_copy)).valid
    draw = np.random.default_rng(0)
    for track, split in (("a", "train"), ("a", "dev"), ("c", "dev"), ("c", "test")):
        gold = load_gold(track, "xaa", split, source=target_copy / "data", task=task_of(target_copy))
        write(target_copy, track, "xaa", split, list(gold.texts), draw.integers(0, 2, gold.labels.shape))
    noise = run(target_copy, tmp_path, *(BY_FOLDS if how == "folds" else BY_DEV))
    assert noise.scorecard.score != result.scorecard.score and noise.dev != result.dev
    assert noise.selected_epoch == result.selected_epoch and noise.thresholds == result.thresholds
    for one, other in (
        (noise.folder.predictions, result.folder.predictions),
        (noise.folder.probabilities("test"), result.folder.probabilities("test")),
    ):
        assert one.read_bytes() == other.read_bytes()


def test_whole_languages_are_held_out(folder: Path):
    recipe = settled(folder, "c", "xaa", *BY_FOLDS)
    learned, _ = training_examples(recipe, load_splits(recipe, folder / "data", task_of(folder)))
    folds = [(set(learn.tolist()), set(held.tolist())) for learn, held in learned.folds]
    first, second = set(range(240)), set(range(240, 480))
    assert sorted(folds, key=lambda one: min(one[1])) == [(second, first), (first, second)]


def test_number_of_texts_of_each_source(folder: Path):
    settings = ('data.sources=["others"]', "data.most=50")
    task = task_of(folder)
    golds = load_splits(settled(folder, "c", "xaa", *settings), folder / "data", task)
    whole = load_gold("a", "xbb", "train", source=folder / "data", task=task)
    part = golds["a/xbb"]
    rows = [whole.ids.index(one) for one in part.ids]
    assert len(part) == len(golds["a/xcc"]) == 50 and rows == sorted(rows)
    assert part.texts == tuple(whole.texts[row] for row in rows)
    assert (np.delete(part.labels, SAMPLE.index("fear"), axis=1) == whole.labels[rows]).all()
    again = load_splits(settled(folder, "c", "xaa", *settings), folder / "data", task)["a/xbb"]
    other = load_splits(settled(folder, "c", "xaa", *settings, "train.seed=1"), folder / "data", task)["a/xbb"]
    assert again.ids == part.ids != other.ids


def test_a_single_source_is_split_into_folds_by_text(folder: Path, tmp_path: Path):
    result = run(folder, tmp_path, 'data.sources=["xcc"]', "select.split=folds", "select.folds=3")
    assert "folds" in result.rows[0]


def test_tables_and_cards_state_whether_target_labels_were_used(
    strict: dict[str, RunResult], folder: Path, tmp_path: Path, capsys
):
    card = strict["folds"].folder.card.read_text()
    assert "track c, Xaa, release 1, on Xbb and Xcc (track a)." in card
    assert "No labels of xaa were used." in card
    assert "No labels of xaa were used." in strict["sources"].folder.card.read_text()
    words = ["--track", "c", "--language", "xaa", "--data", str(folder / "data"), "--task", str(folder / "cross.toml")]
    words += ["--runs", str(tmp_path), "--quiet", "--set", 'data.sources=["others"]']
    assert main(["zoo", "train", "tfidf-logreg", *words]) == 0
    output = capsys.readouterr().out
    assert "The thresholds were selected on dev labels of xaa, so this is not strictly zero-shot." in output
    assert main(["zoo", "train", "tfidf-logreg", *words, "--set", "threshold.rule=fixed"]) == 0
    assert "No labels of xaa were used." in capsys.readouterr().out


def test_a_language_without_a_train_split_uses_stand_ins(folder: Path, tmp_path: Path):
    settings = ('data.stand_in=["a/self"]', "threshold.rule=per_label")
    result = run(folder, tmp_path, *settings, track="b", language="xcc", name="tfidf-ridge")
    assert result.recipe.data.sources == ("a/xcc",) and result.recipe.data.splits == ()
    assert result.recipe.data.stand_in == ()
    golds = load_splits(result.recipe, folder / "data", task_of(folder))
    assert set(np.unique(golds["a/xcc"].labels)) == {0, 3}
    assert result.dev["pearson"] > 0.5
    assert "track b, Xcc, release 1, on Xcc (track a)." in result.folder.card.read_text()
    with_its_own = settled(folder, "b", "xaa", *settings, name="tfidf-ridge")
    assert with_its_own.resolved() == settled(folder, "b", "xaa", settings[1], name="tfidf-ridge").resolved()


def test_the_target_language_in_another_track_is_checked_for_leaks(target_copy: Path, tmp_path: Path):
    task, data = task_of(target_copy), target_copy / "data"
    test = load_gold("b", "xcc", source=data, task=task).texts
    gold = load_gold("a", "xcc", "train", source=data, task=task)
    write(target_copy, "a", "xcc", "train", [test[5], *gold.texts[1:]], gold.labels)
    with pytest.raises(UsageError, match=r"'a/xcc' contains 1 of 200 test texts of release 1 track b xcc"):
        run(target_copy, tmp_path, 'data.stand_in=["a/self"]', track="b", language="xcc", name="tfidf-ridge")
    allowed = ('data.stand_in=["a/self"]', 'data.allow=["a/xcc"]')
    result = run(target_copy, tmp_path, *allowed, track="b", language="xcc", name="tfidf-ridge")
    assert result.overlap["exact"] == 1


def test_the_sources_of_an_ensemble_are_those_of_its_members(folder: Path, tmp_path: Path):
    members = [run(folder, tmp_path, *BY_FOLDS, name=name) for name in ("tfidf-logreg", "tfidf-char")]
    words = {"source": folder / "data", "task": task_of(folder), "runs": tmp_path}
    recipe = ensemble_recipe([one.folder.path for one in members], "both", runs=tmp_path)
    assert recipe.data.sources == ("a/xbb", "a/xcc") and recipe.select.split == "dev"
    result = train(recipe, **words)
    assert zero_shot_note(result.recipe, result.rows).startswith("The thresholds were selected on dev labels of xaa")
    fixed = ensemble_recipe(
        [one.folder.path for one in members], "other", settings=["threshold.rule=fixed"], runs=tmp_path
    )
    result = train(fixed, **words)
    assert zero_shot_note(result.recipe, result.rows) == "No labels of xaa were used."
    by_folds = replace(fixed, name="third", select=replace(fixed.select, split="folds"))
    with pytest.raises(UsageError, match="an ensemble cannot select by folds of other languages"):
        train(by_folds, **words)


def test_constant_baselines_of_all_languages_need_no_options(folder: Path, tmp_path: Path, capsys):
    words = ["--track", "c", "--language", "all", "--data", str(folder / "data"), "--task", str(folder / "cross.toml")]
    assert main(["zoo", "train", "constant-all", *words, "--runs", str(tmp_path), "--jobs", "1", "--quiet"]) == 0
    output = capsys.readouterr().out
    assert "No labels of the target language were used." in output
    with zipfile.ZipFile(tmp_path / "cross" / "constant-all" / "track_c.zip") as archive:
        assert sorted(archive.namelist()) == [f"track_c/pred_{code}.csv" for code in EMOTIONS]


ALL = ('data.sources=["all"]', "data.splits=[]", "select.epoch=last")
TINY = (
    "shape.hidden=32", "shape.mlp=48", "shape.vocabulary=300", "shape.layers=4", "trainable.layers=2",
    "model.max_length=16", "train.epochs=1",
)  # fmt: skip


def test_one_model_for_all_languages_is_trained_once(folder: Path, tmp_path: Path):
    def joint(language: str, runs: Path) -> RunResult:
        return run(folder, runs, *ALL, *TINY, track="a", language=language, name="llama-tiny")

    first, second = joint("xaa", tmp_path), joint("xcc", tmp_path)
    alone = joint("xcc", tmp_path / "alone")
    assert "shares" not in first.folder.state()
    assert second.folder.state()["shares"] == "xaa" and second.seconds == 0.0
    for split in ("dev", "test"):
        output = [one.folder.probabilities(split).read_bytes() for one in (second, alone)]
        assert output[0] == output[1]
    weights = [one.folder.model / "model.safetensors" for one in (first, second)]
    assert weights[0].stat().st_ino == weights[1].stat().st_ino
    # The weights are shared; the model info of each run is its own.
    assert [load_model(one.folder.path).recipe.data.language for one in (first, second)] == ["xaa", "xcc"]
    # Dev scores of the first language do not apply to the second.
    assert "dev" in first.rows[0] and "dev" not in second.rows[0]
    assert second.rows[0]["loss"] == first.rows[0]["loss"]
    assert validate(second.folder.predictions, task=load_task(folder / "cross.toml")).valid


@pytest.mark.parametrize("setting", ["select.epoch=best", "train.seed=1", 'data.sources=["xaa","xcc"]', "data.most=3"])
def test_a_different_model_is_not_reused(setting: str, folder: Path, tmp_path: Path):
    run(folder, tmp_path, *ALL, *TINY, track="a", language="xaa", name="llama-tiny")
    other = run(folder, tmp_path, *ALL, *TINY, setting, track="a", language="xcc", name="llama-tiny")
    assert "shares" not in other.folder.state()
