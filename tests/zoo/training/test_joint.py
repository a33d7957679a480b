"""Networks trained by folds, and one model for many languages: every text is predicted by networks that did not see it.

The task of `cross_task` has three languages, one of them (xbb) without fear.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from semeval_emo.cli.app import main
from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.submission import validate
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.joint import joint_set
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.dataset.splits import load_splits
from semeval_emo.zoo.engine import fold_training
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.finished import FinishedRun, load_probabilities
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.runs.reuse import is_language_independent
from semeval_emo.zoo.training.result import RunResult
from semeval_emo.zoo.training.train import train
from tests.zoo.cross_task import EMOTIONS, make_cross
from tests.zoo.engine.test_layer_cut import save_encoder

LANGUAGES = tuple(EMOTIONS)
JOINT = (
    f"data.sources={list(LANGUAGES)}".replace("'", '"'), "select.folds=2", "model.max_length=24", "trainable.layers=1",
    "train.epochs=2", "train.batch=32", "train.precision=fp32", "train.lr=0.003", "groups.head.lr=0.03",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("joint")
    make_cross(path)
    save_encoder(path / "encoder", "gemma-wide")
    return path


def run(folder: Path, runs: Path, *settings: str, language: str = "xbb", track: str | None = None) -> RunResult:
    backbone = f"model.backbone={folder / 'encoder'}"
    recipe = load_recipe("gemma-joint", [backbone, *JOINT, *settings])
    return train(
        recipe, track=track, language=language, source=folder / "data", task=str(folder / "cross.toml"), runs=runs
    )


@pytest.fixture(scope="module")
def trained(folder: Path) -> dict[str, RunResult]:
    return {language: run(folder, folder / "runs", language=language) for language in LANGUAGES}


def stored(result: RunResult, split: str, folder: Path) -> np.ndarray:
    return load_probabilities(result.folder, split, load_task(str(folder / "cross.toml")))


def test_the_model_is_trained_once_and_each_language_has_its_labels(folder: Path, trained: dict[str, RunResult]):
    task = load_task(str(folder / "cross.toml"))
    first, *others = LANGUAGES
    assert "shares" not in trained[first].folder.state()
    for language in others:
        assert trained[language].folder.state()["shares"] == first and trained[language].seconds == 0.0
    for language, result in trained.items():
        model = load_model(result.folder.path)
        assert model.space.emotions == EMOTIONS[language]
        assert stored(result, "train", folder).shape == (240, len(EMOTIONS[language]))
        assert validate(result.folder.predictions, task=task).valid
        # Scores are those of the language's own texts.
        assert result.rows[-1]["folds"]["macro_f1"] != trained[first].rows[-1]["folds"]["macro_f1"] or language == first
    seconds = {FinishedRun.load(result.folder.path).seconds for result in trained.values()}
    assert seconds == {trained[first].seconds} and min(seconds) > 0
    assert load_model(trained["xbb"].folder.path).family.network.model.config.num_labels == 5
    card = trained["xbb"].folder.card.read_text(encoding="utf-8")
    assert "the train and dev splits of 3 languages together" in card
    assert "The model is the mean of 2 networks, one for each fold." in card
    assert "2 folds of train and dev, each text predicted by a model that was not trained on it; other texts by" in card


def test_every_text_is_predicted_by_the_networks_that_did_not_see_it(
    folder: Path, trained: dict[str, RunResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[set[str]] = []
    fit = fold_training._train_tail

    def watched(network, inputs, train_rows, held_out, own, space, job):
        seen.append(set(own.texts))
        return fit(network, inputs, train_rows, held_out, own, space, job)

    monkeypatch.setattr(fold_training, "_train_tail", watched)
    again = run(folder, tmp_path, language="xbb")
    assert "shares" not in again.folder.state()
    family = load_model(again.folder.path).family
    columns = [family._network_labels().index(emotion) for emotion in EMOTIONS["xbb"]]
    data = {s: load_gold("a", "xbb", s, source=folder / "data", task=str(folder / "cross.toml")).texts for s in
            ("train", "dev", "test")}  # fmt: skip
    each: list[dict[str, np.ndarray]] = []
    for weights in family.folds.weights:
        one = fold_training.FoldNetworks(family.network, [weights])
        each.append({split: one.probabilities(texts, Progress())[:, columns] for split, texts in data.items()})
    for split in ("train", "dev"):
        expected = [
            each[next(fold for fold, texts in enumerate(seen) if text not in texts)][split][row]
            for row, text in enumerate(data[split])
        ]
        assert stored(again, split, folder) == pytest.approx(np.array(expected), abs=2e-6)
        # Each text was seen by the other network, which predicts something else.
        assert all(sum(text in texts for texts in seen) == 1 for text in data[split])
    mean = (each[0]["test"] + each[1]["test"]) / 2
    assert stored(again, "test", folder) == pytest.approx(mean, abs=2e-6)
    assert abs(each[0]["test"] - each[1]["test"]).max() > 1e-3
    # The language that trains it makes no difference.
    for split in ("train", "dev", "test"):
        files = [result.folder.probabilities(split).read_bytes() for result in (again, trained["xbb"])]
        assert files[0] == files[1]


def test_a_stopped_run_continues_with_the_fold_it_was_in(
    folder: Path, trained: dict[str, RunResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fit, calls = fold_training._train_tail, []

    def killed(*arguments):
        calls.append(len(arguments[4]))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fit(*arguments)

    monkeypatch.setattr(fold_training, "_train_tail", killed)
    with pytest.raises(KeyboardInterrupt):
        run(folder, tmp_path)
    result = run(folder, tmp_path)
    assert len(calls) == 3 and result.resumed
    for split in ("train", "dev", "test"):
        assert (
            result.folder.probabilities(split).read_bytes() == trained["xbb"].folder.probabilities(split).read_bytes()
        )
    for fold in (0, 1):
        name = fold_training.fold_file(fold)
        ours, theirs = (load_file(one.folder.model / name) for one in (result, trained["xbb"]))
        assert all(bool((ours[key] == theirs[key]).all()) for key in theirs)


def test_folds_of_a_whole_network_by_the_trainer(folder: Path, tmp_path: Path):
    settings = ("data.joint=false", "data.sources=[]", "trainable.part=all", "trainable.layers=0", "train.epochs=1")
    result = run(folder, tmp_path, *settings, language="xaa")
    model = load_model(result.folder.path)
    texts = load_gold("a", "xaa", "test", source=folder / "data", task=str(folder / "cross.toml")).texts
    assert model.family.predict(texts) == pytest.approx(stored(result, "test", folder), abs=2e-6)
    assert len(model.family.folds.weights) == 2
    assert stored(result, "train", folder).std() > 1e-3


def test_it_is_a_member_of_a_stack(folder: Path, trained: dict[str, RunResult], tmp_path: Path, capsys):
    runs = folder / "runs"
    train(
        load_recipe("tfidf-folds"), language="xbb", source=folder / "data", task=str(folder / "cross.toml"), runs=runs
    )
    members = [str(trained["xbb"].folder.path), str(runs / "cross" / "tfidf-folds" / "xbb")]
    command = ["zoo", "ensemble", *members, "--name", "both", "--method", "stack", "--runs", str(runs), "-q"]
    assert main([*command, "--data", str(folder / "data")]) == 0, capsys.readouterr().err
    stack = FinishedRun.load(runs / "cross" / "both" / "xbb")
    assert stack.recipe.select.split == "folds" and stack.metrics[-1]["folds"]["macro_f1"] > 0.2
    # Another language does not take over an ensemble.
    assert not is_language_independent(stack.recipe)


def test_each_language_may_have_outputs_of_its_own(folder: Path, tmp_path: Path):
    results = {language: run(folder, tmp_path, "data.own_outputs=true", language=language) for language in LANGUAGES}
    assert results["xbb"].folder.state()["shares"] == LANGUAGES[0]
    model = load_model(results["xbb"].folder.path)
    assert model.family._network_labels() == [f"a/{code}/{name}" for code in LANGUAGES for name in EMOTIONS[code]]
    texts = load_gold("a", "xbb", "test", source=folder / "data", task=str(folder / "cross.toml")).texts
    every = model.family.folds.probabilities(texts, Progress())
    start = len(EMOTIONS[LANGUAGES[0]])
    own = every[:, start : start + len(EMOTIONS["xbb"])]
    assert stored(results["xbb"], "test", folder) == pytest.approx(own, abs=2e-6)
    assert model.family.predict(texts) == pytest.approx(own, abs=2e-6)
    card = results["xbb"].folder.card.read_text(encoding="utf-8")
    assert "named such as `a/xbb/anger`. Scores and thresholds here are of the outputs of Xbb" in card
    for language, result in results.items():
        assert stored(result, "train", folder).shape == (240, len(EMOTIONS[language]))
        # The labels of the toy task can be learned, so every language's outputs were trained on its own labels.
        assert result.rows[-1]["folds"]["macro_f1"] > 0.3


def test_texts_have_labels_for_the_outputs_of_their_language_only(folder: Path):
    task = load_task(str(folder / "cross.toml"))
    recipe = load_recipe("gemma-joint", [*JOINT, "data.own_outputs=true"])
    recipe = resolve_target(recipe, task, "a", "xbb")
    golds = load_splits(recipe, folder / "data", task)
    joint = joint_set(recipe, golds, Space.of(task.spec("a", "xbb", "test")), task)
    sizes = [len(EMOTIONS[code]) for code in LANGUAGES]
    labels, row, column = joint.train.labels, 0, 0
    for code, size in zip(LANGUAGES, sizes, strict=True):
        expected = golds[f"a/{code}"].labels
        known = [golds[f"a/{code}"].spec.emotions.index(emotion) for emotion in EMOTIONS[code]]
        own = labels[row : row + len(expected)]
        assert (own[:, column : column + size] == expected[:, known]).all()
        assert (np.delete(own, range(column, column + size), axis=1) == -1).all()
        row, column = row + len(expected), column + size
    assert labels.shape == (row, sum(sizes))
    assert (joint.own(labels) >= 0).all() and joint.own(labels).shape[1] == 4


def test_an_emotion_may_have_a_slash_in_its_name():
    task = load_task("semeval-2026-polar")
    settings = ('data.sources=["deu"]', 'data.splits=["train"]', "select.split=dev", "threshold.split=dev")
    recipe = resolve_target(load_recipe("gemma-joint", [*settings, "data.own_outputs=true"]), task, "2", "eng")
    golds = {}
    for name in recipe.data.joint_languages:
        spec = task.spec("2", name.removeprefix("2/"), "train")
        golds[name] = Gold(spec, ("1", "2"), ("one", "two"), np.zeros((2, len(spec.emotions)), np.int8), "made", ())
    joint = joint_set(recipe, golds, Space.of(task.spec("2", "eng", "test")), task)
    assert "2/deu/racial/ethnic" in joint.space.emotions
    assert (joint.train.labels == 0).sum() == 2 * len(joint.space.emotions)


def test_outputs_of_their_own_need_a_joint_network(folder: Path):
    task = load_task(str(folder / "cross.toml"))
    alone = load_recipe("gemma-joint", [*JOINT, "data.own_outputs=true", "data.joint=false", "data.sources=[]"])
    with pytest.raises(UsageError, match="that is for one model for several languages"):
        resolve_target(alone, task, "a", "xbb")
    asked = load_recipe("qlora-pairwise", ["data.joint=true", "data.own_outputs=true"])
    with pytest.raises(UsageError, match="the family 'pairwise' does not support that"):
        resolve_target(asked, task, "a", "xbb")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("data.most=5",), "neither data.most nor data.extra"),
        (("select.split=dev", "threshold.split=dev"), "selects on folds"),
        (("data.splits=[]",), "it needs data.splits"),
        (("select.epoch=best",), "which leave no texts to select the epoch"),
        (('data.sources=["b/xaa"]',), "its sources are of track a only"),
    ],
)
def test_settings_that_depend_on_the_target_are_refused(
    settings: tuple[str, ...], message: str, folder: Path, tmp_path: Path
):
    with pytest.raises(UsageError, match=message):
        run(folder, tmp_path, *settings)


def test_adapters_have_no_folds(folder: Path, tmp_path: Path):
    (tmp_path / "adapters.toml").write_text('extends = "llama-lora"\n')
    recipe = load_recipe(str(tmp_path / "adapters.toml"), ["select.split=folds", "threshold.split=folds"])
    with pytest.raises(UsageError, match="the family 'lora' does not support folds"):
        train(recipe, language="xaa", source=folder / "data", task=str(folder / "cross.toml"), runs=tmp_path)


def run_elsewhere(folder: Path, language: str, *settings: str) -> RunResult:
    """Train for track c, with two groups of targets: xaa and xcc, which train on xbb; xbb, which trains on both."""
    encoder, *others = f"model.backbone={folder / 'encoder'}", "data.target_groups=2", "model.max_length=24"
    small = ("trainable.layers=1", "train.batch=32", "train.precision=fp32", "train.lr=0.003", "groups.head.lr=0.03")
    recipe = load_recipe("gemma-joint-cross", [encoder, *others, *small, *settings])
    return train(
        recipe, language=language, source=folder / "data", task=str(folder / "cross.toml"), runs=folder / "runs"
    )


def test_targets_of_a_group_share_a_model_trained_on_the_languages_of_other_groups(folder: Path, tmp_path: Path):
    make_cross(tmp_path, without_fear="xcc")
    save_encoder(tmp_path / "encoder", "gemma-wide")
    trained = {language: run_elsewhere(tmp_path, language) for language in LANGUAGES}
    assert {code: result.folder.state().get("shares") for code, result in trained.items()} == {
        "xaa": None, "xbb": None, "xcc": "xaa-track_c",
    }  # fmt: skip
    sources = {code: result.recipe.data.sources for code, result in trained.items()}
    assert sources == {"xaa": ("a/xbb",), "xbb": ("a/xaa", "a/xcc"), "xcc": ("a/xbb",)}
    # xcc has no fear, and the model that it shares does.
    assert load_model(trained["xcc"].folder.path).space.emotions == ("anger", "joy", "sadness", "surprise")
    task = load_task(str(tmp_path / "cross.toml"))
    for result in trained.values():
        assert validate(result.folder.predictions, task=task).valid
        assert not (result.folder.probabilities("train")).exists()
    card = trained["xbb"].folder.card.read_text(encoding="utf-8")
    assert "the train splits of 2 languages together" in card
    # The texts of a sample are the same for all targets of a group.
    few = [run_elsewhere(tmp_path, language, "data.most=100") for language in ("xaa", "xcc")]
    assert few[1].folder.state()["shares"] == few[0].folder.path.name
    assert any("100 of 240 texts" in note for note in few[0].data_notes), few[0].data_notes


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ("select.split=folds", "threshold.split=folds"),
            "no training texts of its own, so there are no folds to select on",
        ),
        (("data.sources=[]",), "it needs data.sources"),
        (("select.epoch=best",), "takes the last epoch"),
        (("data.own_outputs=true",), "no training texts of xaa in track c"),
        ((), "has fear, and none of the languages that it trains on"),
    ],
)
def test_settings_that_one_model_for_a_group_of_targets_cannot_have(
    settings: tuple[str, ...], message: str, folder: Path
):
    # xaa trains on xbb, which has no fear.
    with pytest.raises(UsageError, match=message):
        run_elsewhere(folder, "xaa", *settings)
