"""`zoo ensemble`: ensembles of the saved probabilities of finished runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission import validate
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.families.ensemble import combination_loss, fit_weights
from semeval_emo.zoo.inference.ensemble import ensemble_recipe
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import RunResult, train

NAMES = ("tfidf-logreg", "tfidf-char", "constant-majority")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("made")
    for name in NAMES:
        train(load_recipe(name), source="sample", runs=runs)
    return runs


@pytest.fixture
def runs(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "runs"))


def join(runs: Path, name: str = "both", *members: str, method: str = "mean", settings: tuple[str, ...] = ()):
    paths = [runs / "sample" / member / "eng" for member in members or NAMES[:2]]
    return ensemble_recipe(paths, name, method=method, settings=settings, runs=runs)


def made(recipe, runs: Path) -> RunResult:
    return train(recipe, source="sample", runs=runs)


def stored(runs: Path, name: str, split: str) -> np.ndarray:
    return np.loadtxt(
        runs / "sample" / name / "eng" / split / "prob_eng.csv", delimiter=",", skiprows=1, usecols=range(1, 6)
    )


def test_mean_of_saved_probabilities_equals_mean_of_models(runs: Path):
    result = made(join(runs), runs)
    for split in ("dev", "test"):
        parts = [stored(runs, name, split) for name in NAMES[:2]]
        assert stored(runs, "both", split) == pytest.approx(np.mean(parts, axis=0))
    texts = load_gold("a", "eng", source="sample").texts
    assert load_model(runs / "sample" / "both" / "eng").family.predict(texts) == pytest.approx(
        stored(runs, "both", "test")
    )
    assert validate(result.folder.predictions).valid
    assert result.scorecard.score > 0.6
    assert (runs / "sample" / "both" / "eng" / "MODEL_CARD.md").exists()


def test_members_are_not_loaded_for_splits_they_have_predicted(runs: Path):
    for name in NAMES[:2]:
        shutil.rmtree(runs / "sample" / name / "eng" / "model")
        (runs / "sample" / name / "eng" / "model").mkdir()
    made(join(runs), runs)


def test_vote_is_the_share_of_members_that_predict_the_emotion(runs: Path):
    made(join(runs, "three", *NAMES, method="vote"), runs)
    votes = []
    for name in NAMES:
        thresholds = json.loads((runs / "sample" / name / "eng" / "run.json").read_text())["thresholds"]
        votes.append(stored(runs, name, "test") >= thresholds)
    share = np.mean(votes, axis=0)
    assert stored(runs, "three", "test") == pytest.approx(share)
    labels = np.loadtxt(runs / "sample/three/eng/track_a/pred_eng.csv", delimiter=",", skiprows=1, usecols=range(1, 6))
    assert np.array_equal(labels, share >= 0.5)


def test_weights_are_fitted_on_dev_and_recorded(runs: Path):
    result = made(join(runs, "heavy", *NAMES, method="weighted"), runs)
    weights = result.rows[0]["weights"]
    assert list(weights) == list(NAMES)
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-3) and min(weights.values()) >= 0
    gold = load_gold("a", "eng", "dev", source="sample").labels
    space = Space(load_gold("a", "eng", "dev", source="sample").spec.emotions)

    def of(name: str) -> float:
        return combination_loss(stored(runs, name, "dev"), gold, space)

    assert of("heavy") <= min(map(of, NAMES)) + 1e-9, "no worse than the best single member"
    weights = json.loads((runs / "sample/heavy/eng/model/ensemble.json").read_text())["weights"]
    parts = [stored(runs, name, "test") for name in NAMES]
    assert stored(runs, "heavy", "test") == pytest.approx(np.tensordot(weights, parts, 1))


def test_the_loss_equals_that_of_scikit_learn():
    draw = np.random.default_rng(0)
    p, y = draw.uniform(0.01, 0.99, (40, 2)), (draw.random((40, 2)) < 0.4).astype(int)
    assert combination_loss(p, y, Space(("joy", "fear"))) == pytest.approx(log_loss(y.ravel(), p.ravel()))
    assert combination_loss(p, y, Space(("joy", "fear"), top=3)) == pytest.approx(np.mean((p - y) ** 2))


def test_weights_of_equal_members_sum_to_one():
    p = np.random.default_rng(0).random((2, 30, 2))
    weights = fit_weights(np.stack([p[0], p[0]]), lambda joined: -float(np.abs(joined - p[0]).sum()))
    assert weights.sum() == pytest.approx(1.0)


def test_a_changed_member_makes_another_experiment(runs: Path):
    recipe = join(runs)
    made(recipe, runs)
    folder = runs / "sample" / "both" / "eng"
    assert json.loads((folder / "recipe.json").read_text())["resolved"]["ensemble"]["members"] == list(NAMES[:2])
    data = json.loads((folder / "run.json").read_text())["data"]
    for name in NAMES[:2]:
        hash_of_recipe = json.loads((runs / "sample" / name / "eng" / "run.json").read_text())["hash"]
        assert data[f"member {name}"].startswith(f"{hash_of_recipe}:")
    assert made(recipe, runs).already_done
    changed = runs / "sample" / NAMES[0] / "eng" / "test" / "prob_eng.csv"
    changed.write_bytes((runs / "sample" / NAMES[1] / "eng" / "test" / "prob_eng.csv").read_bytes())
    with pytest.raises(
        UsageError, match=r"contains a run with another recipe or other data: data\.member tfidf-logreg: "
    ):
        made(recipe, runs)
    assert not train(recipe, source="sample", runs=runs, fresh=True).already_done


def test_a_member_selected_on_test_requires_an_ensemble_selected_on_test(runs: Path):
    chosen = train(load_recipe("tfidf-logreg", ["select.split=test"]), source="sample", runs=runs)
    members = (chosen.recipe.run_name, "tfidf-char")
    with pytest.raises(UsageError) as refused:
        made(join(runs, "sly", *members), runs)
    assert "was selected on test, so the ensemble's test score would be optimistic." in refused.value.message
    result = made(join(runs, "sly", *members, settings=("select.split=test",)), runs)
    assert result.recipe.selects_on_test


def test_members_that_do_not_fit_are_refused(runs: Path, tmp_path: Path):
    train(load_recipe("tfidf-ridge"), source="sample", runs=runs)
    intensities = runs / "sample" / "tfidf-ridge" / "eng-track_b"
    with pytest.raises(UsageError) as refused:
        ensemble_recipe([runs / "sample" / "tfidf-logreg" / "eng", intensities], "odd", runs=tmp_path)
    assert refused.value.message == (
        f"The members of an ensemble must predict the same texts: {runs}/sample/tfidf-logreg/eng is a run of "
        f"sample track a, eng, release 1, {intensities} of sample track b, eng, release 1."
    )
    with pytest.raises(UsageError, match="needs at least two members"):
        made(join(runs, "one", "tfidf-logreg"), runs)
    with pytest.raises(InputError, match="is not a run folder"):
        join(runs, "none", "tfidf-logreg", "nobody")
    state = json.loads((runs / "sample/tfidf-char/eng/run.json").read_text())
    (runs / "sample/tfidf-char/eng/run.json").write_text(json.dumps(state | {"data": state["data"] | {"dev": "x"}}))
    with pytest.raises(UsageError, match="tfidf-char was run on a different dev split"):
        made(join(runs), runs)
    (runs / "sample/tfidf-char/eng/run.json").write_text(json.dumps(state | {"status": "trained"}))
    with pytest.raises(InputError, match="is not finished"):
        join(runs)


@pytest.mark.parametrize("name", ["../up", "a/b", "", "tfidf-logreg"])
def test_invalid_names_are_refused(name: str, runs: Path):
    with pytest.raises(UsageError, match=r"is not a valid name of a run|is the name of a shipped recipe"):
        join(runs, name)


def test_the_command(runs: Path, monkeypatch, capsys):
    monkeypatch.chdir(runs.parent)
    words = [
        "zoo",
        "ensemble",
        *(f"runs/sample/{name}/eng" for name in NAMES[:2]),
        "--name",
        "pair",
        "--data",
        "sample",
    ]
    assert main([*words, "--method", "weighted", "--set", "threshold.rule=per_label"]) == 0
    captured = capsys.readouterr()
    assert "pair: result" in captured.out
    (weights,) = (line for line in captured.out.splitlines() if line.startswith("weights"))
    assert weights.split(maxsplit=1)[1] == "tfidf-logreg 1.00, tfidf-char 0.00"
    assert "Next: semeval-emo score runs/sample/pair/eng/track_a/pred_eng.csv --ci" in captured.err
    assert main(["zoo", "evaluate", "runs/sample/pair/eng", "--data", "sample", "--format", "json"]) == 0
    score = json.loads(capsys.readouterr().out)["scorecards"][0]["score"]
    assert score == json.loads(Path("runs/sample/pair/eng/score.json").read_text())["score"]


def test_an_ensemble_is_written_beside_its_members(runs: Path, tmp_path: Path, monkeypatch, cli):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    members = [f"../runs/sample/{name}/eng" for name in NAMES[:2]]
    code, out, _ = cli("zoo", "ensemble", *members, "--name", "pair", "--quiet")
    assert (code, "../runs/sample/pair/eng" in out, [*Path().iterdir()]) == (0, True, [])
    monkeypatch.chdir(runs / "sample")
    members = [f"{name}/eng" for name in NAMES[:2]]
    assert cli("zoo", "ensemble", *members, "--name", "two", "--quiet").code == 0
    assert (runs / "sample" / "two" / "eng" / "score.json").is_file()
    # --runs says another folder.
    assert cli("zoo", "ensemble", *members, "--name", "three", "--quiet", "--runs", tmp_path / "other").code == 0
    assert (tmp_path / "other" / "sample" / "three" / "eng" / "score.json").is_file()
