"""`zoo results`: runs with several seeds share a row, and everything is scored again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from statistics import fmean, stdev

import pytest

from semeval_emo.cli.app import main
from semeval_emo.errors import InputError, UsageError
from semeval_emo.zoo.inference.results import compare_runs
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train

TINY = ["shape.hidden=16", "shape.mlp=24", "model.max_length=12", "train.epochs=1", "train.batch=64"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for seed in (1, 2):
        settings = [*TINY, "threshold.rule=global", f"train.seed={seed}"]
        train(load_recipe("llama-tiny", settings), source="sample", runs=folder)
    for name in ("tfidf-logreg", "constant-all"):
        train(load_recipe(name), source="sample", runs=folder)
    return folder


def scores(runs: Path, pattern: str) -> list[float]:
    return [json.loads(path.read_text())["score"] for path in sorted(runs.glob(f"sample/{pattern}/eng/score.json"))]


def test_seeds_share_a_row_and_are_averaged(runs: Path):
    comparison = compare_runs([runs / "sample"], source="sample")
    by_name = {recipe.name.split("+")[0]: recipe for recipe in comparison.recipes}
    assert list(by_name) == sorted(by_name, key=lambda name: -by_name[name].result.score.value)
    tiny = by_name["llama-tiny"]
    run_scores = scores(runs, "llama-tiny*")
    assert tiny.seeds == (1, 2) and len(run_scores) == 2
    assert tiny.result.score.value == pytest.approx(fmean(run_scores), abs=1e-12)
    assert tiny.result.run_sd == pytest.approx(stdev(run_scores), abs=1e-12)
    assert by_name["tfidf-logreg"].result.score.value == pytest.approx(scores(runs, "tfidf-logreg")[0], abs=1e-12)
    assert by_name["tfidf-logreg"].result.score.low < by_name["tfidf-logreg"].result.score.value


def test_the_command_shows_seeds_costs_and_selection(runs: Path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    command = ["zoo", "results", str(runs / "sample")]
    assert main([*command, "--format", "json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["schema"] == "semeval-emo/zoo-results/1"
    by_name = {recipe["name"]: recipe for recipe in body["lines"]}
    assert by_name["constant-all"]["selected_on"] == "none"
    assert by_name["tfidf-logreg"]["selected_on"] == "dev"
    assert by_name["tfidf-logreg"]["parameters"]["trained"] > 1_000
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "rank 1" in shown and "official baseline" in shown and "macro_f1|release:1|task:sample" in shown


def test_an_unfinished_run_is_skipped_with_a_note(runs: Path, tmp_path: Path):
    for name in ("tfidf-logreg", "constant-all"):
        (tmp_path / name).symlink_to(runs / "sample" / name)
    half = tmp_path / "half" / "eng"
    half.mkdir(parents=True)
    (half / "recipe.json").write_bytes((runs / "sample" / "tfidf-logreg" / "eng" / "recipe.json").read_bytes())
    (half / "run.json").write_text('{"status": "training"}')
    comparison = compare_runs([tmp_path], source="sample")
    assert len(comparison.recipes) == 2
    assert comparison.skipped == (f"The run in {half} is not finished.",)


def test_a_single_run_has_its_score_and_interval(runs: Path, cli):
    out = cli("zoo", "results", runs / "sample" / "constant-all").out
    assert "constant-all  " in out and "95 % interval" in out and "beats" not in out


def test_no_runs_and_several_files_are_refused(runs: Path, tmp_path: Path):
    with pytest.raises(InputError, match="contains no runs"):
        compare_runs([tmp_path], source="sample")
    intensities = train(load_recipe("tfidf-ridge"), source="sample", runs=tmp_path)
    with pytest.raises(UsageError, match="runs of several files"):
        compare_runs([runs / "sample", intensities.folder.path], source="sample")


def test_two_versions_of_a_recipe_have_two_rows(runs: Path, tmp_path: Path):
    first = next(iter(runs.glob("sample/llama-tiny*/eng")))
    body = json.loads((first / "recipe.json").read_text())
    for name, epochs in (("before", 1), ("after", 2)):
        folder = tmp_path / name / "eng"
        shutil.copytree(first, folder)
        body["resolved"]["train"]["epochs"], body["settings"] = epochs, {}
        (folder / "recipe.json").write_text(json.dumps(body))
    comparison = compare_runs([tmp_path], source="sample")
    assert sorted(recipe.name for recipe in comparison.recipes) == ["after", "before"]
