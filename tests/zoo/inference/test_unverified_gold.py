"""Gold that is not that of the release: every command of the zoo refuses it, or says so and records it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from semeval_emo.data.sample import sample_folder

RECIPE = "constant-all"


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample in which one test text has other labels, and a finished run on the sample itself."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    folder = Path("changed")
    shutil.copytree(sample_folder(), folder)
    path = folder / "track_a/test/eng.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1][:-1] + str(1 - int(lines[1][-1]))
    path.write_text("\n".join(lines) + "\n")
    return folder


def words(*more: object) -> tuple[object, ...]:
    return (*more, "--task", "sample", "--quiet")


def test_every_command_refuses_other_labels_unless_they_are_accepted(cli, changed: Path):
    for seed in ("1", "2"):
        assert cli("zoo", "train", RECIPE, "--data", "sample", "--set", f"train.seed={seed}", "-q")[0] == 0
    first, second = sorted(path.parent for path in Path("runs").rglob("run.json"))
    seen = f"{changed}/track_a/test/eng.csv has the ids of release 1 track a eng test, but not its labels: 1 of 200 "
    commands = {
        "train": ("train", RECIPE),
        "evaluate": ("evaluate", first),
        "tune": ("tune", first),
        "results": ("results", first, second),
    }
    for name, command in commands.items():
        call = words("zoo", *command, "--data", changed)
        code, out, err = cli(*call)
        assert (code, out) == (3, ""), name
        assert seen in err, name
        code, out, err = cli(*call, "--unverified-gold", "--format", "json")
        assert code == 0, err
        assert json.loads(out)["warnings"][0].startswith(f"Unverified gold: {seen}"), name
        _, out, _ = cli(*call, "--unverified-gold")
        assert out.startswith("Unverified gold: "), name


def test_an_ensemble_of_such_runs_needs_the_option_too(cli, changed: Path):
    for seed in ("1", "2"):
        train = ("zoo", "train", RECIPE, "--data", changed, "--unverified-gold", "--seed", seed)
        assert cli(*words(*train))[0] == 0
    first, second = sorted(path.parent for path in Path("runs").rglob("run.json"))
    call = words("zoo", "ensemble", first, second, "--name", "pair", "--data", changed)
    assert cli(*call)[0] == 3
    code, out, err = cli(*call, "--unverified-gold")
    assert code == 0, err
    assert out.startswith("Unverified gold: ")


def test_a_run_records_unverified_gold(cli, changed: Path):
    code, out, _ = cli(*words("zoo", "train", RECIPE, "--data", changed, "--unverified-gold", "--format", "json"))
    assert code == 0
    run = json.loads(out)
    folder = Path(run["folder"])
    assert run["recipe"]["data"]["unverified_gold"] is True
    assert "unverified_gold=true" in folder.parent.name, "the folder is not that of the run on verified gold"
    (warning,) = json.loads((folder / "run.json").read_text())["unverified_gold"]
    assert run["warnings"] == [warning]
    assert f"**{warning}**" in (folder / "MODEL_CARD.md").read_text()
    assert "|unverified_gold:yes|" in run["score"]["signature"]


def test_a_submitted_file_is_flagged_on_the_leaderboard(cli, changed: Path, monkeypatch):
    monkeypatch.setenv("SEMEVAL_EMO_SUBMISSIONS", "submissions")
    assert cli(*words("zoo", "train", RECIPE, "--data", changed, "--unverified-gold"))[0] == 0
    (run,) = (path.parent for path in Path("runs").rglob("run.json"))
    submit = words("zoo", "submit", run, "-o", "submissions/mine", "--data", changed)
    assert cli(*submit)[0] == 3
    code, out, err = cli(*submit, "--unverified-gold")
    assert code == 0, err
    assert out.startswith("Unverified gold: ")
    assert "unverified = true" in Path("submissions/mine/submission.toml").read_text()
    _, out, _ = cli("leaderboard", "show", "--task", "sample", "--list", "zoo", "--format", "json")
    (row,) = (row for row in json.loads(out)["rows"] if row["list"] == "zoo")
    assert (row["flag"], row["note"]) == ("unverified", "the gold labels are not those of the release")
