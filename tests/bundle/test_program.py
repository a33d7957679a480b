"""The scoring program in an environment that has NumPy only: scores equal `semeval-emo score`, and no silent zero."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semeval_emo import score
from semeval_emo.bundle.program import run as run_program
from semeval_emo.data import load_gold
from semeval_emo.data.sample import sample_folder
from semeval_emo.submission.archive import MOST_BYTES
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import load_task

PATH = "track_a/pred_eng.csv"


@pytest.fixture(scope="module")
def sample(unpacked) -> Path:
    return unpacked("sample", "sample", track="a")


def predictions(name: str, track: str = "a") -> bytes:
    return (sample_folder() / "predictions" / name / f"track_{track}" / "pred_eng.csv").read_bytes()


def test_scores_of_the_sample(sample, worker, tmp_path):
    gold = load_gold("a", "eng", source="sample")
    zeros = prediction_bytes(gold.spec, gold.labels * 0)
    submissions = {
        "oracle": prediction_bytes(gold.spec, gold.labels), "zeros": zeros,
        "strong": predictions("strong"), "weak": predictions("weak"),
    }  # fmt: skip
    runs = worker(sample, "test", {name: {PATH: body} for name, body in submissions.items()})
    for name, run in runs.items():
        path = tmp_path / name / "pred_eng.csv"
        path.parent.mkdir()
        path.write_bytes(submissions[name])
        expected = score(path, source="sample").card
        assert run.code == 0, run.err
        assert run.scores == {key: expected.metrics.whole[key] for key in ("macro_f1", "micro_f1", "jaccard")}
        assert f"{expected.score:.4f}" in run.page
        assert run.out.startswith(f"macro F1  {expected.score:.4f}\n")
    assert (runs["oracle"].scores["macro_f1"], runs["zeros"].scores["macro_f1"]) == (1, 0)
    assert runs["strong"].err == ""


def test_the_page_shows_no_gold_label_and_no_text(sample, worker):
    gold = load_gold("a", "eng", source="sample")
    page = worker(sample, "test", {"strong": {PATH: predictions("strong")}})["strong"].page
    assert not [text_id for text_id in gold.ids if text_id in page]
    assert not [text for text in gold.texts if text in page]
    assert re.findall(r'<section id="(\w+)"', page) == ["scores", "problems", "provenance"]


def test_a_task_of_ones_own_in_its_own_layout(own_task, unpacked, worker, tmp_path):
    bundle = unpacked(own_task(), tmp_path / "gold")
    files = {
        name: (tmp_path / "gold" / f"test-{name[:3]}.txt").read_bytes() for name in ("tur_pred.txt", "fin_pred.txt")
    }
    wrong = files["fin_pred.txt"].replace(b"\t1\t1\t0\n", b"\t0\t1\t0\n")
    runs = worker(bundle, "test", {
        "oracle": files, "one language": {"tur_pred.txt": files["tur_pred.txt"]},
        "other labels": files | {"fin_pred.txt": wrong},
        "commas": {"tur_pred.txt": files["tur_pred.txt"], "fin_pred.txt": files["fin_pred.txt"].replace(b"\t", b",")},
        "a row missing": files | {"fin_pred.txt": files["fin_pred.txt"].rsplit(b"\n", 2)[0] + b"\n"},
    })  # fmt: skip
    assert {name: run.code for name, run in runs.items()} == dict.fromkeys(runs, 0) | {"a row missing": 1}
    oracle = {"mean_macro_f1": 1, "mean_micro_f1": 1, "languages": 2, "macro_f1_tur": 1, "macro_f1_fin": 1}
    assert oracle.items() <= runs["oracle"].scores.items()
    assert runs["commas"].scores == runs["oracle"].scores
    assert 0.5 < runs["other labels"].scores["mean_macro_f1"] < 1


def test_texts_without_labels_in_a_layout_that_cannot_say_so(own_task, unpacked, worker, tmp_path):
    """In one cell, no label would read as an unpublished one; there is one file for both languages, too."""
    toml, texts, files = own_task(), {}, {}
    for code in ("tur", "fin"):
        lines = (tmp_path / f"gold/test-{code}.txt").read_text().splitlines()
        rows = [line.split("\t") for line in lines]
        # The second label only, which half of the texts do not have.
        kept = [rows[0], *([*row[:2], "0", row[3], "0"] for row in rows[1:])]
        files[f"{code}_pred.txt"] = "".join("\t".join(row) + "\n" for row in kept)
        texts[code] = "".join(",".join(row) + "\n" for row in [["id", "text", *rows[0][2:]], *kept[1:]])
    shutil.rmtree(tmp_path / "gold")
    (tmp_path / "gold/track_m/test").mkdir(parents=True)
    for code, body in texts.items():
        (tmp_path / f"gold/track_m/test/{code}.csv").write_text(body)
    layout = 'file = "{split}.txt"\nlabels = "names"'
    toml.write_text(toml.read_text().replace('file = "{split}-{language}.txt"', layout))
    bundle = unpacked(toml, tmp_path / "gold", splits=["test"])
    names = sorted(path.name for path in (bundle / "reference_data_test/gold").rglob("*.csv"))
    assert names == ["fin.csv", "tur.csv"]
    run = worker(bundle, "test", {"": files})[""]
    assert (run.code, run.scores["mean_micro_f1"]) == (0, 1)


def test_a_missing_language_is_0_in_the_mean_and_the_participant_is_told(own_task, unpacked, worker, tmp_path):
    bundle = unpacked(own_task(), tmp_path / "gold")
    run = worker(bundle, "test", {"": {"tur_pred.txt": (tmp_path / "gold/test-tur.txt").read_bytes()}})[""]
    assert run.code == 0
    values = ("mean_macro_f1", "languages", "macro_f1_tur")
    assert [run.scores[key] for key in values] == [0.5, 1, 1]
    assert "macro_f1_fin" not in run.scores
    told = "Predictions are missing for 1 language of 2: fin. In a mean over all languages they count as 0."
    assert told in run.page
    assert told in run.err


def test_several_official_metrics_and_weights_of_languages(own_task, unpacked, worker, tmp_path):
    toml = own_task()
    changed = 'metric = ["jaccard", "micro_f1"]\nweights = { tur = 3.0 }'
    toml.write_text(toml.read_text().replace('metric = "macro_f1"', changed))
    bundle = unpacked(toml, tmp_path / "gold")
    both = {f"{code}_pred.txt": (tmp_path / f"gold/test-{code}.txt").read_bytes() for code in ("tur", "fin")}
    runs = worker(bundle, "test", {"both": both, "one": {"tur_pred.txt": both["tur_pred.txt"]}})
    assert list(runs["both"].scores) == [
        "mean_jaccard", "mean_micro_f1", "mean_macro_f1", "languages", "jaccard_tur", "jaccard_fin",
    ]  # fmt: skip
    assert (runs["both"].scores["mean_jaccard"], runs["one"].scores["mean_jaccard"]) == (1, 0.75)
    assert "Weights of the languages in the mean: tur 3; fin 1." in (bundle / "evaluation.md").read_text()
    assert "The official metric is **Jaccard**" in (bundle / "evaluation.md").read_text()
    assert "Official too: micro F1." in (bundle / "evaluation.md").read_text()


def test_a_missing_language_fails_if_lower_is_better(own_task, unpacked, worker, tmp_path):
    """As a 0 it would be perfect."""
    bundle = unpacked(own_task("mae", '"0", "1", "2"'), tmp_path / "gold")
    both = {f"{code}_pred.txt": (tmp_path / f"gold/test-{code}.txt").read_bytes() for code in ("tur", "fin")}
    runs = worker(bundle, "test", {"both": both, "one": {"tur_pred.txt": both["tur_pred.txt"]}})
    assert runs["both"].scores["mean_mae"] == 0
    assert (runs["one"].code, runs["one"].scores) == (1, None)
    assert "Predictions are missing for fin, and a mean of MAE needs all of 2 languages." in runs["one"].err


def test_wrong_reference_data_are_not_blamed_on_the_participant(unpacked, worker):
    bundle = unpacked("sample", "sample", track="a")
    (bundle / "reference_data_test/gold/track_a/test/eng.csv").unlink()
    run = worker(bundle, "test", {"": {PATH: predictions("strong")}})[""]
    assert (run.code, run.scores) == (2, None)
    assert run.err.startswith(
        "The scoring program has failed. This is not about your submission: please tell the organ"
    )
    assert "There is no test file of track a for &#x27;eng&#x27;" in run.page


def test_edited_gold_labels_are_not_shown(unpacked, worker):
    bundle = unpacked("sample", "sample", track="a")
    path = bundle / "reference_data_test/gold/track_a/test/eng.csv"
    path.write_text(path.read_text().replace(",0,0\n", ",0,1\n", 1))
    run = worker(bundle, "test", {"": {PATH: predictions("strong")}})[""]
    assert (run.code, run.scores) == (2, None)
    assert run.err.endswith("The gold labels of the reference data are not those of the task.\n")


def test_a_link_is_not_followed_and_a_large_submission_is_not_read(sample, tmp_path):
    shutil.copytree(sample / "reference_data_test", tmp_path / "ref")
    (tmp_path / "res/track_a").mkdir(parents=True)
    (tmp_path / "res" / PATH).symlink_to(tmp_path / "ref/gold/track_a/test/eng.csv")
    result = run_program(str(tmp_path), str(tmp_path / "out"))
    assert (result.exit_code, "E110" in result.err) == (1, True)
    with (tmp_path / "res/track_a/large.csv").open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    result = run_program(str(tmp_path), str(tmp_path / "out"))
    assert (result.exit_code, "It has 67,108,865 bytes, the limit is 67,108,864." in result.page) == (1, True)
    assert not (tmp_path / "out/scores.json").exists()


def test_a_language_without_gold_is_not_blamed_on_the_participant(own_task, unpacked, worker, tmp_path):
    bundle = unpacked(own_task(), tmp_path / "gold")
    (bundle / "reference_data_test/gold/test-fin.txt").unlink()
    files = {f"{code}_pred.txt": (tmp_path / f"gold/test-{code}.txt").read_bytes() for code in ("tur", "fin")}
    run = worker(bundle, "test", {"": files})[""]
    assert (run.code, run.scores) == (2, None)
    assert "please tell the organisers" in run.err


@pytest.mark.parametrize("part", ["an old Python", "no NumPy"])
def test_an_image_that_does_not_fit(part, sample, tmp_path):
    change = "sys.version_info = (3, 7, 0)" if part == "an old Python" else "sys.modules['numpy'] = None"
    code = f"import runpy, sys; {change}; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    words = [sys.executable, "-c", code, sample / "scoring_program/score.py", tmp_path, tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The scoring program cannot run: " in done.stderr
    assert "it needs Python 3.11 or newer, with NumPy" in done.stderr


@pytest.mark.data
def test_scores_of_task_11(data_dir, unpacked, worker, tmp_path):
    """Figures equal `semeval-emo score` on the real gold: of all languages, of two, and of one with a row too few."""
    rng, task = np.random.default_rng(11), load_task()
    bundle = unpacked(task, data_dir, track="a", splits=["test"])
    files = {}
    for spec in task.specs("2025", "a", split="test"):
        gold = load_gold("a", spec.language, source=data_dir)
        labels = gold.labels ^ (rng.random(gold.labels.shape) < 0.2)
        files[f"track_a/{spec.file_name}"] = prediction_bytes(spec, labels)
    two = {path: files[path] for path in ("track_a/pred_eng.csv", "track_a/pred_deu.csv")}
    short = {PATH: files[PATH].rsplit(b"\n", 2)[0] + b"\n"}
    runs = worker(bundle, "test", {"all": files, "two": two, "short": short})
    for name, submission in (("all", files), ("two", two)):
        for path, body in submission.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(body)
        scores = score(tmp_path / name, source=data_dir)
        (mean,) = scores.averages
        expected = {f"mean_{metric}": mean.all_languages[metric] for metric in ("macro_f1", "micro_f1", "jaccard")}
        expected |= {"languages": len(submission)}
        expected |= {f"macro_f1_{card.spec.language}": card.score for card in scores.cards}
        assert runs[name].scores == pytest.approx(expected, abs=1e-12)
        assert all(f"{card.score:.4f}" in runs[name].page for card in scores.cards)
    assert (runs["short"].code, runs["short"].scores) == (1, None)
    assert "E401" in runs["short"].page
