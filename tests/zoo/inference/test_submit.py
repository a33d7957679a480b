"""`zoo submit`: predictions of finished runs with their provenance; the submissions of the project."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.files import shipped
from semeval_emo.leaderboard.submitted import SubmittedSystem, read_system, read_systems
from semeval_emo.scoring.scorer import score
from semeval_emo.submission import validate
from semeval_emo.submission.read import read_submission

SYSTEMS = read_systems()
IDS = [system.name for system in SYSTEMS]


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(name: str, *more: str) -> None:
    assert main(["zoo", "train", name, "--data", "sample", "-q", *more]) == 0


def submit(cli, *words: str) -> tuple[int, str, str]:
    return cli("zoo", "submit", *words, "-o", "submissions/mine", "--data", "sample")


def test_files_are_copied_with_their_provenance(cli, capsys):
    train("constant-all")
    capsys.readouterr()
    code, out, err = submit(cli, "runs/sample/constant-all")
    assert code == 0
    state = json.loads(Path("runs/sample/constant-all/eng/run.json").read_text())
    raw = tomllib.loads(Path("submissions/mine/submission.toml").read_text())
    (file,) = raw["files"].values()
    assert (raw["task"], file["recipe"], file["recipe_hash"]) == ("sample", "constant-all", state["hash"])
    assert raw["made"]["1"]["versions"] == state["versions"] and raw["made"]["1"]["machine"] == state["machine"]
    assert file["seconds"] == state["seconds"] and file["selected_on"] == "none"
    card = json.loads(Path("runs/sample/constant-all/eng/score.json").read_text())
    assert file["score"] == card["score"] and file["signature"] == card["signature"]
    low, high = file["interval"]
    assert low < file["score"] < high
    assert (
        Path("submissions/mine/track_a/pred_eng.csv").read_bytes()
        == Path("runs/sample/constant-all/eng/track_a/pred_eng.csv").read_bytes()
    )
    assert "Written: submissions/mine (1 file)." in err
    assert f"{card['score']:.4f}" in out and "new" in out


def test_an_ensemble_records_its_members_and_their_training_time(cli, capsys):
    names = ("constant-all", "tfidf-logreg")
    for name in names:
        train(name)
    joined = ["zoo", "ensemble", *(f"runs/sample/{name}/eng" for name in names), "--name", "pair", "--data", "sample"]
    capsys.readouterr()
    assert main([*joined, "-q"]) == 0
    shown = capsys.readouterr().out
    states = [json.loads(Path(f"runs/sample/{name}/eng/run.json").read_text()) for name in names]
    spent = sum(state["seconds"] for state in states)
    assert spent > 0.05
    state = json.loads(Path("runs/sample/pair/eng/run.json").read_text())
    assert spent < state["seconds"] < spent + 5
    assert f"{state['seconds']:,.1f} (ensemble members: {spent:,.1f})" in shown
    assert submit(cli, "runs/sample/pair")[0] == 0
    (file,) = read_system(Path("submissions/mine")).files
    assert file.seconds == state["seconds"]
    assert [(one.run, one.recipe_hash, one.seconds) for one in file.members] == [
        (name, one["hash"], one["seconds"]) for name, one in zip(names, states, strict=True)
    ]
    # Repeating the command does not change the time.
    assert main([*joined, "-q"]) == 0
    assert json.loads(Path("runs/sample/pair/eng/run.json").read_text())["seconds"] == state["seconds"]


def test_an_ensemble_without_recorded_members_is_refused(cli, capsys):
    for name in ("constant-all", "constant-majority"):
        train(name)
    joined = ["zoo", "ensemble", "runs/sample/constant-all/eng", "runs/sample/constant-majority/eng", "--name", "pair"]
    joined += ["--data", "sample", "-q"]
    assert main(joined) == 0
    path = Path("runs/sample/pair/eng/run.json")
    state = json.loads(path.read_text())
    del state["members"]
    path.write_text(json.dumps(state | {"seconds": 0.005}))
    capsys.readouterr()
    code, _, err = submit(cli, "runs/sample/pair")
    assert (code, Path("submissions").exists()) == (2, False)
    assert err == (
        "error: runs/sample/pair/eng is an ensemble of a version that did not record its members and their training "
        "time.\n  fix: repeat the `zoo ensemble` command with --fresh, which takes seconds\n"
    )
    words = ("results", "runs/sample/pair", "runs/sample/constant-all", "--data", "sample", "-f", "json")
    lines = {one["name"]: one for one in json.loads(cli("zoo", *words)[1])["lines"]}
    assert lines["pair"]["seconds"] is None and lines["constant-all"]["seconds"] is not None
    assert main([*joined, "--fresh"]) == 0
    capsys.readouterr()
    assert submit(cli, "runs/sample/pair")[0] == 0
    lines = {one["name"]: one for one in json.loads(cli("zoo", *words)[1])["lines"]}
    (file,) = read_system(Path("submissions/mine")).files
    assert lines["pair"]["seconds"] == file.seconds


def test_overlap_with_training_is_recorded(cli):
    train("constant-all")
    assert submit(cli, "runs/sample/constant-all")[0] == 0
    assert "overlap" not in Path("submissions/mine/submission.toml").read_text()
    path = Path("runs/sample/constant-all/eng/run.json")
    state = json.loads(path.read_text())
    overlap = {"exact": 1, "normalised": 2, "without": {"macro_f1": 0.25, "micro_f1": 0.5}}
    path.write_text(json.dumps(state | {"overlap": overlap}))
    code, out, _ = submit(cli, "runs/sample/constant-all")
    assert code == 0
    (file,) = read_system(Path("submissions/mine")).files
    assert (file.overlap, file.without) == (2, 0.25)
    assert "Without the test texts that are also in the training data: eng 0.2500 (2 texts)." in out


def test_other_tracks_are_kept_and_unchanged_files_are_marked(cli):
    train("constant-all")
    train("tfidf-ridge")
    assert submit(cli, "runs/sample/constant-all")[0] == 0
    first = read_system(Path("submissions/mine")).files
    code, out, _ = submit(cli, "runs/sample/tfidf-ridge", "runs/sample/constant-all")
    assert code == 0
    system = read_system(Path("submissions/mine"))
    assert [one.key for one in system.files] == [("a", "eng"), ("b", "eng")]
    assert system.files[:1] == first
    assert [line.split()[-1] for line in out.splitlines()[3:5]] == ["new", "same"]


def test_the_best_of_two_runs_on_dev_is_taken_only_with_the_option(cli, capsys):
    train("constant-all")
    train("constant-majority")
    capsys.readouterr()
    code, _, err = submit(cli, "runs/sample/constant-all", "runs/sample/constant-majority")
    assert (code, Path("submissions").exists()) == (2, False)
    assert err == (
        "error: runs/sample/constant-all/eng and runs/sample/constant-majority/eng are both runs for track a, eng.\n"
        "  fix: name one of them, or add --best-on-dev\n"
    )
    code, _, err = submit(cli, "runs/sample/constant-majority", "runs/sample/constant-all", "--best-on-dev")
    assert code == 0
    dev = {
        name: json.loads(Path(f"runs/sample/{name}/eng/run.json").read_text())["dev"]["macro_f1"]
        for name in ("constant-all", "constant-majority")
    }
    (file,) = read_system(Path("submissions/mine")).files
    assert file.recipe == max(dev, key=dev.get)
    assert (
        "Left out: runs/sample/constant-majority/eng scores no better on dev than runs/sample/constant-all/eng." in err
    )


def test_a_file_that_is_better_on_dev_stays_where_the_best_is_asked_for(cli):
    for name in ("constant-all", "constant-majority"):
        train(name)
    assert submit(cli, "runs/sample/constant-all")[0] == 0
    before = Path("submissions/mine/track_a/pred_eng.csv").read_bytes()
    code, out, _ = submit(cli, "runs/sample/constant-majority", "--best-on-dev")
    assert code == 0 and out.splitlines()[3].split()[-1] == "kept"
    (file,) = read_system(Path("submissions/mine")).files
    assert (file.recipe, file.candidates) == ("constant-all", ("constant-all", "constant-majority"))
    assert Path("submissions/mine/track_a/pred_eng.csv").read_bytes() == before
    # A better one takes its place; without the option any does.
    assert submit(cli, "runs/sample/constant-majority")[0] == 0
    assert submit(cli, "runs/sample/constant-all", "--best-on-dev")[0] == 0
    (file,) = read_system(Path("submissions/mine")).files
    assert file.recipe == "constant-all" and file.candidates == ("constant-majority", "constant-all")


def test_the_recorded_score_is_kept_without_test_labels(cli, monkeypatch):
    train("constant-all")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert cli("zoo", "submit", "runs/sample/constant-all", "-o", "mine", "--data", "nowhere")[0] == 0
    (file,) = read_system(Path("mine")).files
    assert file.score == json.loads(Path("runs/sample/constant-all/eng/score.json").read_text())["score"]
    assert file.interval == ()


def test_a_changed_prediction_file_is_refused(cli, capsys):
    train("constant-all")
    path = Path("runs/sample/constant-all/eng/track_a/pred_eng.csv")
    path.write_text(path.read_text().replace(",1,1,1,1,1\n", ",0,1,1,1,1\n", 1))
    capsys.readouterr()
    code, _, err = submit(cli, "runs/sample/constant-all")
    assert code == 2
    assert err == (
        "error: runs/sample/constant-all/eng/track_a/pred_eng.csv was changed after the run wrote it.\n"
        "  fix: delete or move the file, then repeat the training command, which writes it again\n"
    )
    assert not Path("submissions").exists()


def test_a_folder_without_finished_runs_is_an_error(cli):
    code, _, err = submit(cli, "runs/nothing")
    assert code == 3
    assert err.startswith("error: There is no finished run in runs/nothing.\n  fix: name run folders")


# The submissions of the project.


def folder_of(system: SubmittedSystem) -> Path:
    return shipped("submissions") / system.name


def test_shipped_systems_cover_whole_tracks():
    assert len(SYSTEMS) >= 2


@pytest.mark.parametrize("system", SYSTEMS, ids=IDS)
def test_shipped_submissions_are_valid_and_complete(system: SubmittedSystem):
    """Without gold labels: every file exists, is valid and matches its record."""
    folder = folder_of(system)
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == sorted(
        ["submission.toml", *(one.name for one in system.files)]
    )
    assert validate(folder).valid
    found = {(one.spec.track, one.spec.language): one for one in read_submission(folder).predictions}
    for file in system.files:
        spec = found[file.key].spec
        assert (spec.release, spec.split) == (file.release, file.split)
        assert found[file.key].hash == file.predictions
        assert file.recipe and file.recipe_hash and file.seconds > 0 and file.made.machine
        assert file.selected_on in ("none", "dev", "folds", "sources")
        if file.score is not None:
            assert f"pred:{file.predictions}" in file.signature


@pytest.mark.data
@pytest.mark.parametrize("system", SYSTEMS, ids=IDS)
def test_shipped_submissions_have_the_recorded_scores(system: SubmittedSystem, data_dir: Path):
    cards = score(folder_of(system), source=data_dir).cards
    found = {(card.spec.track, card.spec.language): card for card in cards}
    assert len(found) == len(system.files)
    for file in system.files:
        assert file.score == pytest.approx(found[file.key].score, abs=1e-9)
        gold = found[file.key].gold_hash
        assert f"gold:{gold}" in file.signature and found[file.key].metric == file.metric
