"""Case 37 of shared/cases with a model: thresholds per emotion, as an option, a JSON and a CSV file."""

from __future__ import annotations

from pathlib import Path

import pytest

import semeval_emo
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train

GIVEN = [0.35, 0.5, 0.45, 0.4, 0.3]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(load_recipe("constant-all"), source="sample", runs=tmp_path_factory.mktemp("runs")).folder.path


@pytest.mark.parametrize("name", ["thresholds.json", "thresholds.csv"])
def test_zoo_predict_takes_the_file_of_thresholds(name: str, run: Path, shared_dir: Path, cli):
    path = shared_dir / "cases" / "37-thresholds-per-emotion" / name
    assert semeval_emo.load_model(run, thresholds=path).thresholds.tolist() == GIVEN
    code, out, _ = cli("zoo", "predict", run, "What a day!", "--thresholds", path)
    assert code == 0 and "anger 0.35, fear 0.50, joy 0.45" in " ".join(out.split())


def test_zoo_predict_takes_the_thresholds_as_words(run: Path, cli):
    words = "anger=0.35,fear=0.5,joy=0.45,sadness=0.4,surprise=0.3"
    assert semeval_emo.load_model(run, thresholds=words).thresholds.tolist() == GIVEN
    code, _, err = cli("zoo", "predict", run, "What a day!", "--thresholds", "anger=high")
    assert code == 2 and err.startswith("error: --thresholds has 'anger=high', expected LABEL=NUMBER.")
