"""Every command that needs gold labels names the same three ways to get them."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.data.hub import remedies
from semeval_emo.task import load_task
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train

WAYS = ("1. a folder that holds track_a/test/…: ", "2. the Hugging Face hub: ", "3. the built-in sample, ")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(load_recipe("constant-all"), source="sample", runs=tmp_path_factory.mktemp("runs")).folder.path


@pytest.fixture
def predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the predictions of two systems, on a machine without data."""
    monkeypatch.setenv("SEMEVAL_EMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    spec = load_task().spec("a", "eng", "dev")
    for system in ("one", "two"):
        (tmp_path / system).mkdir()
        rows = [",".join(spec.header), *(f"{i},0,0,0,0,1" for i in spec.ids)]
        (tmp_path / system / "pred_eng.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    [
        "score one",
        "score one --subset",
        "compare one two",
        "analyse one",
        "report one -o report.html",
        "leaderboard place one",
        "validate one/pred_eng.csv --gold hub",
        "zoo train constant-all --track a --language eng --runs runs",
        "zoo evaluate {run} --task task11",
        "data check",
        "data stats",
        "data fetch --language eng",
        "data list",
    ],
)
def test_three_ways_to_get_gold_labels(line: str, predictions: Path, run: Path, cli):
    code, _, err = cli(*line.format(run=run).split())
    assert code == (0 if line == "data list" else 3)
    assert all(way in err for way in WAYS)
    assert ("--gold FOLDER" in err) == (not line.startswith("data") or "fetch" in line)


def test_a_task_that_is_not_on_the_hub_names_no_hub():
    assert [line.strip()[:2] for line in remedies(load_task("sample")).splitlines()] == ["on", "1.", "2."]
