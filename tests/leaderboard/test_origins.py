"""Seeds, ensemble members and candidates are shown wherever a score of ours is."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean, stdev

import pytest

from semeval_emo.files import shipped
from semeval_emo.leaderboard.origin import EnsembleMember, ScoreOrigin, SeedRun
from semeval_emo.leaderboard.submitted import (
    BuildInfo,
    SubmittedFile,
    SubmittedSystem,
    find_origins,
    origins,
    read_system,
    read_systems,
    to_toml,
)

ROOT = Path(__file__).parents[2]
MPNET = "seed 42 of 3: mean 0.7211, sd 0.0104, highest 0.7330"
ENGLISH = "members: mpnet-ft, smollm2-full, minilm-ft (each seed 42 of 3)"
GEMMA = "seed 42 of 3: mean 0.7278, sd 0.0118, highest 0.7375"
STACK = "members: gemma-joint, gemma-linear, tfidf-folds, tfidf-char-folds (each seed 42)"
THREE = "best on dev of 3 (e5-linear, e5-stack, tfidf-best)"
FOUR = "best on dev of 4 (e5-linear, e5-stack, tfidf-best, gemma-joint-stack)"


def member(run: str, seed: int | None = None, seeds: int = 1) -> EnsembleMember:
    return EnsembleMember(run, "0" * 16, 1.0, seed, seeds)


@pytest.mark.parametrize(
    ("members", "note"),
    [
        ((), ()),
        ((member("a", 42, 3), member("b", 42, 3)), ("members: a, b (each seed 42 of 3)",)),
        ((member("a", 42, 3), member("b", 7)), ("members: a (seed 42 of 3); b (seed 7)",)),
        ((member("a", 42, 3), member("a+seed=1-7366a7", 1, 3)), ("members: a (seeds 42, 1 of 3)",)),
        ((member("a", 42, 2), member("a+seed=1-7366a7", 1, 2), member("b", 42)),
         ("members: a (seeds 42, 1); b (seed 42)",)),
        ((member("a"), member("b+seed=1-7366a7")), ("members: a, b+seed=1-7366a7",)),
    ],
)  # fmt: skip
def test_the_members_of_an_ensemble_are_named_with_their_seeds(members, note) -> None:
    assert ScoreOrigin(42, members=members).notes == note


def test_without_scores_the_number_of_seeds_is_said() -> None:
    assert ScoreOrigin(1, (SeedRun(1, score=0.5), SeedRun(2))).note == "seed 1 of 2"
    assert ScoreOrigin(1, (SeedRun(1, score=0.5), SeedRun(2))).to_dict()["mean"] is None
    assert ScoreOrigin(1).notes == ()


def submitted(recipe: str, seed: int, score: float, language: str = "eng", **changes: object) -> SubmittedFile:
    one = SubmittedFile(
        track="a", language=language, release="2025", split="test", recipe=recipe, recipe_hash=f"{seed:016}", seed=seed,
        seconds=1.5, selected_on="dev", metric="macro_f1", dev=0.5, score=score, interval=(score - 0.02, score + 0.02),
        predictions="1" * 16, signature="", made=BuildInfo("0123456789ab", "VM", {"python": "3.11"}),
    )  # fmt: skip
    return replace(one, **changes)


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two systems with two seeds of one recipe, and one that was selected on dev."""
    root = tmp_path / "submissions"
    for name, files in {
        "one": [submitted("mine", 42, 0.75)],
        "other": [submitted("mine+seed=1-7366a7", 1, 0.71), submitted("mine", 42, 0.5, "hau")],
        "best": [submitted("else", 42, 0.6, candidates=("else", "mine"))],
    }.items():
        (root / name).mkdir(parents=True)
        system = SubmittedSystem(name, "a title", "semeval-2025-task-11", root / name, tuple(files))
        (root / name / "submission.toml").write_text(to_toml(system), encoding="utf-8")
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", str(root))
    return root


@pytest.fixture
def run(cli):
    return partial(cli, "leaderboard")


SEEDS = ("one: seed 42 of 2: mean 0.7300, sd 0.0283, highest 0.7500.", "seed 1 of 2: mean 0.7300, sd 0.0283")
CHOSEN = "best: best on dev of 2 (else, mine)."


def test_seeds_of_other_submissions_are_counted(run, ours: Path) -> None:
    words = ("-t", "a", "-l", "eng", "--list", "zoo")
    for style in ("text", "markdown", "latex"):
        shown = run("show", *words, "-f", style).out
        assert all(line in shown for line in (*SEEDS, CHOSEN)), style
        assert SEEDS[0] in run("show", "-t", "a", "--list", "zoo", "-f", style).out.replace("one (eng)", "one")
        brief = run("ours", "--summary", "-f", style).out
        assert all(line in brief.replace("(eng)", "").replace("  ", " ") for line in (*SEEDS, CHOSEN)), style
        assert SEEDS[0] in run("ours", "-t", "a", "--system", "one", "-f", style).out
    assert "other (eng): seed 1 of 2" in run("show", "-t", "a", "--list", "zoo").out


def test_csv_and_json_have_the_note_and_the_seeds(run, ours: Path) -> None:
    words = ("-t", "a", "-l", "eng", "--list", "zoo")
    rows = {row["system"]: row for row in csv.DictReader(io.StringIO(run("export", *words).out))}
    assert rows["one"]["note"] == "seed 42 of 2: mean 0.7300, sd 0.0283, highest 0.7500"
    assert rows["best"]["note"] == "best on dev of 2 (else, mine)"
    by_name = {row["system"]: row for row in json.loads(run("show", *words, "-f", "json").out)["rows"]}
    origin = by_name["one"]["origin"]
    assert (origin["seed"], origin["mean"], origin["sd"]) == (42, fmean([0.75, 0.71]), stdev([0.75, 0.71]))
    assert [one["seed"] for one in origin["seeds"]] == [42, 1]
    assert by_name["best"]["origin"]["candidates"] == ["else", "mine"]
    body = json.loads(run("ours", "-t", "a", "-f", "json").out)
    (one,) = [system for system in body["tracks"][0]["systems"] if system["system"] == "one"]
    assert one["languages"][0]["origin"] == origin
    assert "origin" not in json.loads(run("show", "-t", "a", "-l", "eng", "-f", "json").out)["rows"][0]


def test_csv_has_the_notes_in_a_column(run, ours: Path) -> None:
    words = ("-t", "a", "-l", "eng", "--list", "zoo")
    seeds = "seed 42 of 2: mean 0.7300, sd 0.0283, highest 0.7500"
    wanted = {
        ("show", *words): {"one (ours)": seeds, "best (ours)": "best on dev of 2 (else, mine)"},
        ("ours", "-t", "a"): {"one": f"one: {seeds}.", "best": "best: best on dev of 2 (else, mine)."},
        ("place", "0.7", *words): {"one, mine (ours) (best known)": seeds, "this score": ""},
    }
    for command, notes in wanted.items():
        table = run(*command, "-f", "csv").out.split("\n\n")[0]
        rows = {row["system"]: row for row in csv.DictReader(io.StringIO(table))}
        assert {system: rows[system]["note"] for system in notes} == notes


def test_a_placement_names_the_seeds_of_the_rows_that_it_shows(run, ours: Path) -> None:
    placed = run("place", "0.7", "-t", "a", "-l", "eng", "--list", "zoo").out
    assert SEEDS[0] in placed
    assert SEEDS[0] in run("place", "0.7", "-t", "a", "-l", "eng").out
    page = run("export", "-t", "a", "--list", "zoo", "-f", "html").out
    assert "seed 42 of 2: mean 0.7300, sd 0.0283, highest 0.7500" in page


def test_seeds_of_other_languages_tasks_and_recipes_do_not_count() -> None:
    system = SubmittedSystem("one", "t", "semeval-2025-task-11", Path("one"), (submitted("mine", 42, 0.7),))
    others = [
        replace(system, name="b", files=(submitted("mine", 1, 0.6, "hau"),)),
        replace(system, name="c", files=(submitted("mine+epochs=2-7366a7", 1, 0.6),)),
        replace(system, name="d", files=(submitted("mine", 1, 0.6, release="hub"),)),
        replace(system, name="e", task="sample", files=(submitted("mine", 1, 0.6),)),
        replace(system, name="f", files=(submitted("mine", 42, 0.6),)),
    ]
    assert all(origin.runs == () for origin in origins([system, *others]).values())


def test_versions_of_weights_with_the_id_of_a_hub_are_written_and_read_back(tmp_path: Path) -> None:
    """`submission.toml` was not valid TOML with them: a bare key has no slash."""
    file = submitted("mine", 42, 0.7)
    file = replace(file, made=replace(file.made, versions={"python": "3.11", "owner/name-300m": "sha256:ab"}))
    system = SubmittedSystem("one", "t", "semeval-2025-task-11", tmp_path, (file,))
    (tmp_path / "submission.toml").write_text(to_toml(system), encoding="utf-8")
    assert read_system(tmp_path).files[0].made.versions == file.made.versions


def test_seeds_members_and_candidates_are_written_and_read_back(tmp_path: Path) -> None:
    file = submitted(
        "mine", 42, 0.7, seeds=(SeedRun(42, 0.5, 0.7), SeedRun(1, 0.4)), candidates=("mine", "else"),
        members=(member("a", 42, 3), member("b")),
    )  # fmt: skip
    system = SubmittedSystem("one", "t", "semeval-2025-task-11", tmp_path, (file,))
    (tmp_path / "submission.toml").write_text(to_toml(system), encoding="utf-8")
    assert read_system(tmp_path).files == (file,)
    (raw,) = tomllib.loads(to_toml(system))["files"].values()
    assert raw["seeds"] == [{"seed": 42, "dev": 0.5, "score": 0.7}, {"seed": 1, "dev": 0.4}]
    assert raw["members"][1] == {"run": "b", "recipe_hash": "0" * 16, "seconds": 1.0}


# --- the shipped submissions, whose folder conftest.py replaces for other tests --------------------------------------


@pytest.fixture
def shipped_ours(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SEMEVAL_EMO_SUBMISSIONS")
    return shipped("submissions")


def test_the_notes_of_our_systems(run, shipped_ours: Path) -> None:
    shown = run("show", "-t", "a", "-l", "eng", "--list", "zoo").out
    assert f"mpnet-ft: {MPNET}." in shown
    assert f"ensemble-english: {ENGLISH}." in shown
    brief = run("ours", "--summary").out
    assert f"mpnet-ft: {MPNET}." in brief
    assert f"best-on-dev (9 languages): {THREE}." in brief and f"best-on-dev (18 languages): {FOUR}." in brief
    assert f"gemma-ft: {GEMMA}." in brief
    every = origins(read_systems())
    # A system that was selected or combined always has a note.
    assert all(origin.note for (name, *_), origin in every.items() if name.startswith(("best", "ensemble", "e5-stack")))
    assert all(member.seed == 42 for origin in every.values() for member in origin.members)


def test_no_candidate_has_a_higher_score_on_dev(shipped_ours: Path) -> None:
    systems = {system.name: {file.key: file for file in system.files} for system in read_systems()}
    for key, file in systems["best-on-dev"].items():
        assert file.recipe in file.candidates
        known = [systems[name][key].dev for name in file.candidates if key in systems.get(name, {})]
        assert file.dev == pytest.approx(max([file.dev, *known]))


def test_a_file_of_ours_is_recognised_by_its_predictions(cli, run, shipped_ours: Path, data_dir: Path, tmp_path: Path):
    copy = tmp_path / "pred_eng.csv"
    shutil.copy(shipped_ours / "mpnet-ft" / "track_a" / "pred_eng.csv", copy)
    placed = run("place", str(copy), "--gold", str(data_dir))
    assert "This file has the predictions of mpnet-ft (ours).\n" in placed.out
    assert f"mpnet-ft: {MPNET}.\n" in placed.out
    other = shipped_ours / "ensemble-english" / "track_a" / "pred_eng.csv"
    words = ("compare", str(copy), str(other), "--gold", str(data_dir), "--resamples", "200", "--trials", "200")
    compared = cli(*words)
    assert re.search(rf"^b .+: {MPNET}\.$", compared.out, re.M)
    assert f"{ENGLISH}.\n" in compared.out
    body = json.loads(cli(*words, "-f", "json").out)
    assert body["origins"]["b"]["eng"]["sd"] == pytest.approx(0.0104, abs=5e-5)
    page = tmp_path / "page.html"
    assert (
        cli("report", str(copy), "-o", str(page), "--no-texts", "--resamples", "200", "--gold", str(data_dir)).code == 0
    )
    assert f"pred_eng.csv: {MPNET}." in page.read_text(encoding="utf-8")


def test_a_file_is_of_the_system_whose_folder_it_is_in(cli, run, shipped_ours: Path, data_dir: Path, tmp_path: Path):
    """Two systems have the same predictions: the head of the page named one, the leaderboard the other."""
    path = shipped_ours / "best-on-dev" / "track_a" / "pred_eng.csv"
    placed = run("place", str(path), "--gold", str(data_dir)).out
    assert "This file has the predictions of best-on-dev, gemma-joint-stack (ours).\n" in placed
    page = tmp_path / "page.html"
    cli("report", str(path), "-o", str(page), "--no-texts", "--resamples", "200", "--gold", str(data_dir))
    notes = re.findall(r"(?:pred_eng.csv|best-on-dev): best on dev of 6", page.read_text(encoding="utf-8"))
    assert notes == ["pred_eng.csv: best on dev of 6", "best-on-dev: best on dev of 6"]
    other = shipped_ours / "gemma-cross" / "track_c" / "pred_eng.csv"
    words = ("--no-texts", "--resamples", "200", "--gold", str(data_dir), "-o", str(page))
    cli("report", str(path), str(other), *words)
    assert "2 files (track A eng): best on dev of 6" in page.read_text(encoding="utf-8")
    cli("report", f"mine={path}", f"other={shipped_ours / 'mpnet-ft' / 'track_a' / 'pred_eng.csv'}", *words)
    assert "mine has the predictions of best-on-dev, gemma-joint-stack (ours)." in re.sub(
        "<wbr>", "", page.read_text(encoding="utf-8")
    )
    copy = tmp_path / "pred_eng.csv"
    shutil.copy(path, copy)
    placed = run("place", str(copy), "--gold", str(data_dir)).out
    assert "This file has the predictions of gemma-joint-stack (ours).\n" in placed


def test_the_recorded_seeds_are_those_of_the_runs(shipped_ours: Path, data_dir: Path) -> None:
    from semeval_emo.scoring import score

    (file,) = read_system(shipped_ours / "mpnet-ft").files
    folders = sorted((ROOT / "benchmarks" / "english").glob("mpnet-ft*/eng"))
    assert len(folders) == len(file.seeds) == 3
    by_seed = {own.seed: own for own in file.seeds}
    for folder in folders:
        state = json.loads((folder / "run.json").read_text())
        card = score(str(folder / "track_a" / "pred_eng.csv"), source=data_dir).card
        assert by_seed[state["seed"]].score == pytest.approx(card.score, abs=1e-12)
        assert by_seed[state["seed"]].dev == state["dev"]["macro_f1"]


OTHER_TRACKS = ("gemma-degrees", "ensemble-cross")


def test_the_readme_gives_means_over_seeds(shipped_ours: Path) -> None:
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    every = origins(read_systems())
    gemma = every["gemma-ft", "a", "eng"]
    (linear,) = [file for file in read_system(shipped_ours / "gemma-linear").files if file.language == "eng"]
    # A linear model on frozen vectors, and better than the mean of the fine-tuned ones.
    assert f"| {linear.score:.3f} |" in text and linear.score > fmean(gemma.scores)
    (english,) = re.findall(r"macro F1 (0\.\d+) in English \(a stack, one seed of each of five members;", text)
    (file,) = read_system(shipped_ours / "gemma-english").files
    assert english == f"{file.score:.3f}" and len(file.members) == 5
    assert f"{max(gemma.scores):.3f}" not in text
    best = [file.score for file in read_system(shipped_ours / "best-on-dev").files]
    assert f"and {fmean(best):.3f} on average over the {len(best)} languages" in text
    stack = [file.score for file in read_system(shipped_ours / "gemma-joint-stack").files]
    assert f"| {fmean(stack):.3f} ({len(stack)} languages) |" in text
    degrees, cross = (fmean(file.score for file in read_system(shipped_ours / name).files) for name in OTHER_TRACKS)
    assert f"a mean Pearson r of {degrees:.3f} on track B and macro F1 {cross:.3f} on track C" in text
    assert len(text) < 8_000


def test_the_path_distinguishes_systems_with_the_same_predictions(shipped_ours: Path) -> None:
    paths = [shipped_ours / name / "track_a" / "pred_eng.csv" for name in ("best-on-dev", "gemma-joint-stack")]
    (file,) = [file for file in read_system(shipped_ours / "gemma-joint-stack").files if file.language == "eng"]
    best, recipe, copy = find_origins([(str(path), file.predictions) for path in (*paths, Path("copy.csv"))])
    assert best is not None and recipe is not None
    candidates = "e5-linear, e5-stack, ensemble-english, mpnet-ft, tfidf-best, gemma-joint-stack"
    assert best.notes == (f"best on dev of 6 ({candidates})", STACK)
    assert recipe == copy
    assert recipe.notes == (STACK,)
    assert find_origins([("copy.csv", "0" * 16)]) == [None]
