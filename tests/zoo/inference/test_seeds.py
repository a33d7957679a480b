"""Runs of a recipe with several random seeds are counted wherever the score of one of them is shown."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from statistics import fmean, stdev

import pytest

from semeval_emo.cli.app import main
from semeval_emo.report.origins import card_notes
from semeval_emo.scoring.scorer import score
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.seeds import origin_of
from semeval_emo.zoo.training.train import train

TINY = ["shape.hidden=16", "shape.mlp=24", "model.max_length=12", "train.epochs=1", "train.batch=64"]
GLOBAL = "threshold.rule=global"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds of one recipe, one seed of another setting, and a recipe that does not depend on a seed."""
    folder = tmp_path_factory.mktemp("runs")
    for seed in (3, 1, 2):
        train(load_recipe("llama-tiny", [*TINY, GLOBAL, f"train.seed={seed}"]), source="sample", runs=folder)
    train(load_recipe("llama-tiny", [*TINY, GLOBAL, "train.lr=1e-3"]), source="sample", runs=folder)
    for settings in ([], ["train.seed=7"]):
        train(load_recipe("constant-all", settings), source="sample", runs=folder)
    return folder / "sample"


@pytest.fixture(scope="module")
def by_seed(runs: Path) -> dict[int, Path]:
    found = {json.loads((path / "run.json").read_text())["seed"]: path for path in runs.glob("llama-tiny*/eng")}
    return {seed: found[seed] for seed in (1, 2, 3)}


@pytest.fixture(scope="module")
def note(by_seed: dict[int, Path]) -> str:
    scores = [json.loads((path / "score.json").read_text())["score"] for path in by_seed.values()]
    return f"of 3: mean {fmean(scores):.4f}, sd {stdev(scores):.4f}, highest {max(scores):.4f}"


def test_other_seeds_are_found_beside_a_run(runs: Path, by_seed: dict[int, Path], note: str) -> None:
    origin = origin_of(FinishedRun.load(by_seed[2]))
    assert [run.seed for run in origin.runs] == [2, 1, 3]
    assert origin.note == f"seed 2 {note}"
    (other,) = set(runs.glob("llama-tiny*/eng")) - set(by_seed.values())
    assert origin_of(FinishedRun.load(other)).note == ""
    # A seed that the family does not use makes no other run.
    assert all(origin_of(FinishedRun.load(path)).note == "" for path in runs.glob("constant-all*/eng"))


def test_the_cards_of_all_seeds_have_the_mean(by_seed: dict[int, Path], note: str) -> None:
    for seed, path in by_seed.items():
        card = (path / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert card.count("One run with random seed") == 1
        assert f"\nOne run with random seed {seed}. Seed {seed} {note}.\n" in card


def test_a_broken_run_beside_it_does_not_count(by_seed: dict[int, Path], note: str) -> None:
    state = (by_seed[3] / "run.json").read_text()
    try:
        (by_seed[3] / "run.json").write_text("{")
        assert [run.seed for run in origin_of(FinishedRun.load(by_seed[1])).runs] == [1, 2]
    finally:
        (by_seed[3] / "run.json").write_text(state)


def test_one_seed_in_zoo_results_names_the_others(runs: Path, by_seed: dict[int, Path], note: str, capsys) -> None:
    constant = str(runs / "constant-all" / "eng")
    assert main(["zoo", "results", str(by_seed[1]), constant, "-f", "markdown"]) == 0
    assert f": seed 1 {note}.\n" in capsys.readouterr().out
    assert main(["zoo", "results", str(by_seed[1]), str(by_seed[2]), constant, "-f", "markdown"]) == 0
    assert ": seeds 1, 2 of 3.\n" in capsys.readouterr().out
    assert main(["zoo", "results", *map(str, by_seed.values()), constant, "-f", "json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    (tiny,) = [line for line in lines if len(line["seeds"]) == 3]
    assert tiny["origin"]["mean"] == pytest.approx(tiny["score"])
    assert main(["zoo", "results", *map(str, by_seed.values()), constant]) == 0
    assert "of 3" not in capsys.readouterr().out


def test_a_submission_records_the_seeds(by_seed: dict[int, Path], note: str, tmp_path: Path, capsys) -> None:
    target = tmp_path / "mine"
    assert main(["zoo", "submit", str(by_seed[1]), "-o", str(target), "--data", "sample"]) == 0
    assert f"seed 1 {note}." in " ".join(capsys.readouterr().out.split())
    (file,) = tomllib.loads((target / "submission.toml").read_text())["files"].values()
    scores = {seed: json.loads((path / "score.json").read_text())["score"] for seed, path in by_seed.items()}
    assert {run["seed"]: run["score"] for run in file["seeds"]} == scores
    assert "candidates" not in file


def test_a_submission_of_the_best_on_dev_records_the_candidates(by_seed, tmp_path: Path, capsys) -> None:
    target = tmp_path / "mine"
    paths = [str(path) for path in by_seed.values()]
    assert main(["zoo", "submit", *paths, "-o", str(target), "--data", "sample", "--best-on-dev"]) == 0
    assert "best on dev of 3 (" in capsys.readouterr().out
    (file,) = tomllib.loads((target / "submission.toml").read_text())["files"].values()
    assert file["candidates"] == [path.parent.name for path in by_seed.values()]
    # The same run without the others is still the one that was selected.
    best = next(path for path in by_seed.values() if path.parent.name == file["recipe"])
    assert main(["zoo", "submit", str(best), "-o", str(target), "--data", "sample"]) == 0
    (again,) = tomllib.loads((target / "submission.toml").read_text())["files"].values()
    assert again["candidates"] == file["candidates"]


def test_an_ensemble_names_the_seeds_of_its_members(
    runs: Path, by_seed: dict[int, Path], capsys, tmp_path: Path
) -> None:
    members = [str(by_seed[1]), str(by_seed[2])]
    assert (
        main(["zoo", "ensemble", *members, "--name", "both", "--data", "sample", "--runs", str(runs.parent), "-q"]) == 0
    )
    shown = " ".join(capsys.readouterr().out.split())
    assert "members: llama-tiny (seeds 1, 2 of 3)." in shown
    card = (runs / "both" / "eng" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "Members: llama-tiny (seeds 1, 2 of 3)." in card
    assert main(["zoo", "submit", str(runs / "both"), "-o", str(tmp_path / "mine"), "--data", "sample"]) == 0
    (file,) = tomllib.loads((tmp_path / "mine" / "submission.toml").read_text())["files"].values()
    assert [(member["seed"], member["seeds"]) for member in file["members"]] == [(1, 3), (2, 3)]


def test_compare_and_report_name_the_other_seeds(by_seed: dict[int, Path], note: str, tmp_path: Path, capsys) -> None:
    # The names of the run folders contain commas.
    for seed, path in by_seed.items():
        (tmp_path / str(seed)).symlink_to(path.parent)
    one, *others = [tmp_path / str(seed) / "eng" for seed in by_seed]
    words = ["compare", f"one={one}", f"two={others[0]},{others[1]}", "--gold", "sample"]
    assert main([*words, "--resamples", "200", "--trials", "200", "-f", "markdown"]) == 0
    shown = capsys.readouterr().out
    assert f" one: seed 1 {note}." in shown
    assert " two: seed" not in shown
    assert main(["leaderboard", "place", str(one), "--gold", "sample"]) == 0
    assert f"pred_eng.csv: seed 1 {note}." in " ".join(capsys.readouterr().out.split())
    card = score(str(by_seed[1]), source="sample").card
    assert card_notes("one", [card]) == [f"one: seed 1 {note}."]
