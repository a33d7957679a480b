"""The scoring program in an environment that has NumPy only: scores equal `semeval-emo score`, and no silent zero."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from semeval_emo import score
from semeval_emo.data import load_gold
from semeval_emo.data.sample import sample_folder
from semeval_emo.submission.write import prediction_bytes

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
