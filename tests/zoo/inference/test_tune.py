"""`zoo tune`: thresholds are tuned on dev or out of fold, never on test, and the run is not changed."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission import validate
from semeval_emo.submission.write import write_probabilities
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.inference.tune import cross_validate, tune_run
from semeval_emo.zoo.recipe import ThresholdConfig
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.selection.thresholds import tune
from semeval_emo.zoo.training.train import train


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(load_recipe("tfidf-logreg"), source="sample", runs=tmp_path_factory.mktemp("runs")).folder.path


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "eng"))


def stored(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 6))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_written_predictions_follow_from_the_thresholds(run_folder: Path):
    before = files(run_folder)
    tuned = tune_run(run_folder, rule="per_label", source="sample")
    after = files(run_folder)
    assert {name: after[name] for name in before if name != "lock"} == {
        name: body for name, body in before.items() if name != "lock"
    }, "the run stays as its recipe made it"
    assert set(after) - set(before) == {"tuned/track_a/pred_eng.csv", "tuned/thresholds.json", "tuned/tuning.json"}
    assert validate(tuned.predictions).valid
    thresholds = [*json.loads(tuned.thresholds.read_text()).values()]
    # Computed again from the files.
    gold = {split: load_gold("a", "eng", split, source="sample").labels for split in ("dev", "test")}
    p = {split: stored(run_folder / split / "prob_eng.csv") for split in gold}
    assert np.array_equal(stored(tuned.predictions), p["test"] >= thresholds)
    row = tuned.row("per_label")
    assert row.thresholds == tuple(thresholds)
    for split, said in (("dev", row.dev), ("test", row.test)):
        assert said == pytest.approx(f1_score(gold[split], p[split] >= thresholds, average="macro", zero_division=0))
    rule = ThresholdConfig(rule="per_label")
    space = Space(load_task("sample").spec("a", "eng", "dev").emotions)
    assert thresholds == tune(p["dev"], gold["dev"], space, rule, "macro_f1").tolist()
    assert tuned.row("as trained").dev == json.loads((run_folder / "run.json").read_text())["dev"]["macro_f1"]
    assert json.loads((run_folder / "tuned" / "tuning.json").read_text())["split"] == "dev"


def test_test_labels_do_not_affect_predictions(run_folder: Path, tmp_path: Path):
    from semeval_emo.data.sample import sample_folder

    data = Path(shutil.copytree(sample_folder(), tmp_path / "data"))
    file = data / "track_a" / "test" / "eng.csv"
    rows = list(csv.reader(file.open(encoding="utf-8", newline="")))
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([rows[0], *[[*row[:2], *[""] * (len(row) - 2)] for row in rows[1:]]])
    with_labels = tune_run(run_folder, rule="per_label", source="sample")
    written = with_labels.predictions.read_bytes()
    without = tune_run(run_folder, rule="per_label", source=data, task="sample")
    assert [row.test for row in without.rows] == [None] * 3
    assert [row.thresholds for row in without.rows] == [row.thresholds for row in with_labels.rows]
    assert without.predictions.read_bytes() == written


@pytest.mark.parametrize("best", ["as trained", "global", "per_label"])
def test_the_best_rule_out_of_fold_is_written_by_default(best: str, run_folder: Path, tmp_path: Path, capsys):
    """Probabilities of train for which a given rule is the best."""
    spec = load_task("sample").spec("a", "eng", "train")
    labels = load_gold("a", "eng", "train", source="sample").labels
    trained = np.array(json.loads((run_folder / "run.json").read_text())["thresholds"])
    cuts = {"as trained": trained, "global": trained / 2, "per_label": np.array([0.2, 0.8, 0.3, 0.9, 0.1])}[best]
    noise = np.random.default_rng(0).random(labels.shape)
    # Thresholds fitted to a part of the texts differ slightly from the true ones.
    write_probabilities(spec, np.where(labels == 1, cuts + (1 - cuts) * noise, cuts * noise), tmp_path / "prob_eng.csv")
    by = ["--by", str(tmp_path / "prob_eng.csv"), "--shrink", "0"]
    words = ["zoo", "tune", str(run_folder), "--data", "sample", *by]
    assert main(words) == 0
    said = capsys.readouterr().out
    names = {"as trained": "as trained", "global": "one for all", "per_label": "one per label"}
    rows = {name: next(line for line in said.splitlines() if line.startswith(name)).split() for name in names.values()}
    scores = {name: [float(word) for word in row if word[0].isdigit()] for name, row in rows.items()}
    written = [name for name, row in rows.items() if row[-1] == "written"]
    assert written == [names[best]]
    assert scores[names[best]][1] == max(row[1] for row in scores.values())
    note = "No other thresholds have a higher out-of-fold score than those of the run, so these were written."
    assert (note in said) == (best == "as trained")
    if best == "as trained":
        assert (run_folder / "tuned/track_a/pred_eng.csv").read_text() == (
            run_folder / "track_a/pred_eng.csv"
        ).read_text()
        assert [*json.loads((run_folder / "tuned/thresholds.json").read_text()).values()] == trained.tolist()
        # Another rule can be requested; a note names the best.
        assert main([*words, "--threshold-rule", "per-label"]) == 0
        said = capsys.readouterr().out
        assert "'as trained' has a higher out-of-fold score than the thresholds that were written." in " ".join(
            said.split()
        )


def test_tuning_on_test_is_refused(run_folder: Path):
    for words in ({"split": "test"}, {"by": run_folder / "test" / "prob_eng.csv"}):
        with pytest.raises(UsageError, match="Thresholds are never tuned on test"):
            tune_run(run_folder, source="sample", **words)
    with pytest.raises(UsageError, match="stores no out-of-fold probabilities of train"):
        tune_run(run_folder, source="sample", split="train")
    assert not (run_folder / "tuned").exists()


def test_out_of_fold_probabilities_of_train(run_folder: Path, tmp_path: Path):
    spec = load_task("sample").spec("a", "eng", "train")
    labels = load_gold("a", "eng", "train", source="sample").labels
    # Only probabilities above 0.7 are positive, unlike on dev.
    noise = np.random.default_rng(0).random(labels.shape) * 0.1
    write_probabilities(spec, np.where(labels == 1, 0.75, 0.55) + noise, tmp_path / "prob_eng.csv")
    tuned = tune_run(run_folder, by=tmp_path / "prob_eng.csv", shrink=0.0, source="sample")
    assert (tuned.split, tuned.texts) == ("train", len(labels))
    row = tuned.row("per_label")
    assert row.fitted == row.out_of_fold == 1.0
    assert all(0.64 < threshold < 0.76 for threshold in row.thresholds)
    assert row.dev < 1.0


def test_thresholds_of_rare_emotions_are_shrunk_to_the_global_one(run_folder: Path):
    alone, far = (tune_run(run_folder, shrink=shrink, source="sample") for shrink in (0.0, 1e9))
    common = far.row("global").thresholds
    assert far.row("per_label").thresholds == pytest.approx(common, abs=1e-6)
    assert alone.row("per_label").thresholds != pytest.approx(common, abs=1e-3)


def test_out_of_fold_scores_of_random_labels_are_not_optimistic():
    """With random labels the fitted score rises, and the out-of-fold score does not."""
    draw = np.random.default_rng(1)
    p, y = draw.random((60, 1)), (draw.random((60, 1)) < 0.5).astype(int)

    def best(rows: np.ndarray) -> np.ndarray:
        grid = np.linspace(0, 1, 51)
        return grid[np.argmax([((p[rows] >= t) == y[rows]).mean() for t in grid])]

    def accuracy(decided: np.ndarray) -> float:
        return float((decided == y).mean())

    fitted = accuracy((p >= best(np.ones(60, dtype=bool))).astype(float))
    assert cross_validate(60, best, lambda rows, threshold: p[rows] >= threshold, accuracy) < fitted - 0.03


def test_invalid_arguments_are_refused(run_folder: Path, tmp_path: Path):
    with pytest.raises(InputError, match="is not a run folder"):
        tune_run(tmp_path, source="sample")
    state = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps(state | {"data": state["data"] | {"dev": "other"}}))
    with pytest.raises(UsageError, match="is not the dev split that"):
        tune_run(run_folder, source="sample")
    (run_folder / "run.json").write_text(json.dumps(state | {"status": "trained"}))
    with pytest.raises(InputError, match="is not finished"):
        tune_run(run_folder, source="sample")


def test_predict_with_tuned_thresholds(run_folder: Path, capsys):
    assert main(["zoo", "tune", str(run_folder), "--data", "sample", "--threshold-rule", "global"]) == 0
    said = capsys.readouterr()
    lines = [line for line in said.out.splitlines() if line.endswith("written")]
    assert len(lines) == 1 and lines[0].startswith("one for all")
    assert f"Written: {run_folder}/tuned/track_a/pred_eng.csv" in said.err
    texts = run_folder.parent / "texts.csv"
    gold = load_gold("a", "eng", source="sample")
    with texts.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([("id", "text"), *zip(gold.ids, gold.texts, strict=True)])
    use = ["--thresholds", str(run_folder / "tuned" / "thresholds.json")]
    assert main(["zoo", "predict", str(run_folder), str(texts), "--as", "labels", *use]) == 0
    assert capsys.readouterr().out == (run_folder / "tuned" / "track_a" / "pred_eng.csv").read_text()
    texts.with_name("bad.json").write_text("[0.5]")
    assert main(["zoo", "predict", str(run_folder), str(texts), "--thresholds", str(texts.with_name("bad.json"))]) == 3
    assert "bad.json contains 1 threshold; the model predicts 5 emotions." in capsys.readouterr().err
    assert main(["zoo", "tune", str(run_folder), "--data", "sample", "--split", "test"]) == 2
    assert capsys.readouterr().err.startswith("error: Thresholds are never tuned on test")
