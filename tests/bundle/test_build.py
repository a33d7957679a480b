"""`semeval-emo task bundle`: the zip, its starting kit, dates, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from semeval_emo.bundle.build import build_bundle
from semeval_emo.bundle.yaml_text import to_yaml
from semeval_emo.task import load_task


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return tmp_path


def competition(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return yaml.safe_load(archive.read("competition.yaml"))


def test_the_command_writes_the_bundle_once(here, cli):
    words = ("task", "bundle", "sample", "--gold", "sample", "--track", "b", "-o", "b.zip")
    first = cli(*words)
    body = (here / "b.zip").read_bytes()
    assert (first.code, "b.zip: written." in first.out) == (0, True)
    assert first.err.endswith("Next: semeval-emo task bundle --check b.zip\n")
    again = cli(*words, "--quiet", "--format", "json")
    assert (again.code, again.err, json.loads(again.out)["was_there"]) == (0, "", True)
    assert (here / "b.zip").read_bytes() == body
    other = cli(*words, "--image", "mine/numpy:1")
    assert other.code == 2
    assert "b.zip exists and differs." in other.err
    assert cli(*words, "--image", "mine/numpy:1", "--force").code == 0
    assert competition(here / "b.zip")["docker_image"] == "mine/numpy:1"
    assert [path.name for path in here.iterdir()] == ["b.zip"]


def test_what_codabench_reads(here):
    made = build_bundle("sample", "sample", "b.zip", track="a")
    found = competition(here / "b.zip")
    assert found["version"] == 2
    assert [phase["name"] for phase in found["phases"]] == ["dev", "test"]
    (board,) = found["leaderboards"]
    assert [column["key"] for column in board["columns"]] == [column.key for column in made.columns]
    assert board["columns"][0] | {"index": 0} == {
        "title": "macro F1", "key": "macro_f1", "index": 0, "sorting": "desc", "precision": 4,
    }  # fmt: skip
    with zipfile.ZipFile("b.zip") as archive:
        names = archive.namelist()
        named = [found["image"], found["terms"], *(page["file"] for page in found["pages"])]
        named += [task[key] for task in found["tasks"] for key in ("scoring_program", "reference_data")]
        named += [solution["path"] for solution in found["solutions"]]
        named += [phase["starting_kit"] for phase in found["phases"]]
        assert [name for name in named if not any(f"{one}/".startswith(f"{name}/") for one in names)] == []
        assert {date for info in archive.infolist() for date in [info.date_time[0]]} == {1980}
        assert archive.read("logo.png").startswith(b"\x89PNG")
        # Nobody can see the labels of the texts but the scoring program.
        gold = [name for name in names if "/gold/" in name]
        assert gold == ["reference_data_dev/gold/track_a/dev/eng.csv", "reference_data_test/gold/track_a/test/eng.csv"]


def test_the_check_of_the_starting_kit(here, unpacked, image):
    kit = unpacked("sample", "sample", track="a") / "starting_kit"

    def check(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-S", "-s", "validate.py", *words],
            cwd=kit, env={"PYTHONPATH": str(image)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    code, said = check("sample_submission_test")
    assert (code, said.endswith("It can be scored in the phase test: 1 file of 1.\n")) == (0, True)
    assert check("sample_submission_dev")[1].endswith("It can be scored in the phase dev: 1 file of 1.\n")
    path = kit / "sample_submission_test/track_a/pred_eng.csv"
    path.write_text(path.read_text().replace(",0\n", ",2\n", 3))
    code, said = check("sample_submission_test")
    assert (code, "E512" in said, said.endswith("It cannot be scored.\n")) == (1, True, True)
    path.write_text(path.read_text().replace("test_a", "test_b").replace(",2\n", ",1\n"))
    code, said = check("sample_submission_test")
    assert (code, "No file has the ids of this phase" in said) == (1, True)
    code, said = check("nothing.zip")
    assert (code, said.startswith("error: nothing.zip does not exist.")) == (1, True)
    readme = (kit / "README.md").read_text()
    assert "python validate.py track_a.zip" in readme
    assert "| test | `track_a/pred_eng.csv` | 200 |" in readme


def test_phases_are_closed_until_they_have_dates(here, cli):
    result = cli("task", "bundle", "sample", "--gold", "sample", "--track", "a")
    assert "The phases begin in 2099: no submission is accepted before you set their dates" in result.out
    assert [str(phase["start"]) for phase in competition(here / "bundle.zip")["phases"]] == [
        "2099-01-01 00:00:00", "2099-02-01 00:00:00",
    ]  # fmt: skip
    dates = ("--phase", "test=2027-02-01T12:00+02:00", "--phase", "dev=2027-01-01/2027-01-31")
    assert cli("task", "bundle", "sample", "--gold", "sample", "--track", "a", *dates, "--force").code == 0
    dev, test = competition(here / "bundle.zip")["phases"]
    assert (dev["start"], dev["end"]) == ("2027-01-01 00:00:00", "2027-01-31 00:00:00")
    assert (test["start"], "end" in test) == ("2027-02-01 10:00:00", False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "has the tracks a, b, and each of them is a competition of its own"),
        (["--track", "x"], "There is no track 'x'"),
        (["--track", "a", "--split", "trial"], "There is no split 'trial'"),
        (["--track", "a", "-o", "b.tar"], "does not end in .zip"),
        (["--track", "a", "--phase", "test"], "'test' is not a phase with its dates"),
        (["--track", "a", "--phase", "test=2027-01-01"], "There are no dates for the phase dev."),
        (["--track", "a", "--split", "test", "--phase", "test=soon"], "The phase test has the date 'soon'."),
        (["--track", "a", "--split", "test", "--phase", "test=2027-02-01/2027-01-01"], "ends before it begins"),
        (["--track", "a", "--phase", "dev=2027-01-01", "--phase", "test=2027-02-01"], "The phase dev has no end"),
        (
            ["--track", "a", "--phase", "dev=2027-01-01/2027-03-01", "--phase", "test=2027-02-01"],
            "The phase test begins before the one before it has ended.",
        ),
    ],
)
def test_what_cannot_be_built(here, cli, words, message):
    result = cli("task", "bundle", "sample", "--gold", "sample", *words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "fix: " in result.err
    assert not list(here.iterdir())


def test_a_command_without_a_task_says_what_it_needs(here, cli):
    assert "There is no task to build a bundle of." in cli("task", "bundle").err
    assert "both given" in cli("task", "bundle", "sample", "--check", "b.zip").err


def test_gold_labels_that_are_missing_or_others(here, cli, own_task):
    toml = own_task()
    gold = here / "gold"
    made = cli("task", "bundle", toml, "--gold", gold)
    assert made.code == 0
    assert "No phase for dev: There is no dev file of track m for 'tur'" in made.out
    missing = cli("task", "bundle", toml, "--gold", gold, "--split", "dev", "-o", "dev.zip")
    assert (missing.code, "There is no dev file of track m for 'tur'" in missing.err) == (3, True)
    (gold / "test-fin.txt").unlink()
    missing = cli("task", "bundle", toml, "--gold", gold, "-o", "test.zip")
    assert (missing.code, "There is no test file of track m for 'fin'" in missing.err) == (3, True)


def test_other_labels_than_those_of_the_release_have_to_be_accepted(here, cli, sample_gold):
    words = ("task", "bundle", "sample", "--gold", sample_gold, "--track", "a", "--split", "test")
    refused = cli(*words)
    assert (refused.code, "but not its labels" in refused.err) == (3, True)
    accepted = cli(*words, "--unverified-gold")
    assert (accepted.code, "Unverified gold" in accepted.out.splitlines()[0]) == (0, True)


@pytest.fixture
def sample_gold(tmp_path: Path) -> Path:
    """The sample's test file with one other label."""
    from semeval_emo.data.sample import sample_folder

    body = (sample_folder() / "track_a/test/eng.csv").read_text(encoding="utf-8")
    first, second, *rest = body.splitlines()
    flipped = second[:-1] + ("1" if second[-1] == "0" else "0")
    path = tmp_path / "data/track_a/test/eng.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([first, flipped, *rest]) + "\n", encoding="utf-8")
    return tmp_path / "data"


def test_lists_of_ids_go_with_the_task(here, data_dir):
    build_bundle("semeval-2018-ec", data_dir / "other-tasks/semeval-2018-ec", "b.zip")
    with zipfile.ZipFile("b.zip") as archive:
        archive.extractall("content")
    for folder in ("reference_data_dev", "starting_kit/task"):
        copied = load_task(here / "content" / folder / "task.toml")
        assert copied.spec("ec", "en", "dev").ids == load_task("semeval-2018-ec").spec("ec", "en", "dev").ids


@pytest.mark.parametrize(
    "data",
    [
        {"text": "yes", "number": 2, "date": "2027-01-01", "flag": False, "nothing": None, "empty": [], "none": {}},
        {"odd": "a: b # c 'd' \"e\" \\\\ \tü 情", "list": ["- a", "", "null", "1e3", "0x1"]},
        {"deep": [{"a": [{"b": 1}, {"c": ["x", "y"]}], "d": {"e": [1, 2]}}, {"a": 1}]},
    ],
)
def test_yaml_reads_back(data):
    assert yaml.safe_load(to_yaml(data)) == data


def test_the_pages_say_how_labels_in_one_cell_are_written(own_task, unpacked, worker, tmp_path):
    toml = own_task()
    one_cell = 'labels = "names"\nseparator = "|"\n'
    toml.write_text(
        toml.read_text()
        .replace("[layout.predictions]\n", f"[layout.predictions]\n{one_cell}")
        .replace("[layout.data]\n", 'neutral = "gloom"\n[layout.data]\n')
        .replace('fin = ["Finnish", "Uralic", "Latin"]\n', "")
        .replace(next(line for line in toml.read_text().splitlines() if line.startswith('"m/fin/test')), "")
        .replace(next(line for line in toml.read_text().splitlines() if line.startswith('"m/fin/dev')), "")
    )
    bundle = unpacked(toml, tmp_path / "gold")
    page = (bundle / "evaluation.md").read_text()
    assert "A zip with one file:" in page and "Values are" not in page
    assert (
        "The column `labels` has the names of the labels of the text, separated by `|`; for a text without "
        "labels it has nothing. A text has `gloom` only alone." in page
    )
    assert "ID\tTweet\tlabels\nt3\tA text\t\nt1\tA text\tcalm\nt2\tA text\tcalm|glee\n" in page
    assert "in which no text has a label" in (bundle / "starting_kit/README.md").read_text()
    # The example of the page is a valid start of a submission.
    rows = dict(line.split("\t")[::2] for line in page.partition("labels\n")[2].partition("\n```")[0].splitlines())
    body = "ID\tTweet\tlabels\n" + "".join(f"t{n}\tText of t{n}\t{rows.get(f't{n}', '')}\n" for n in (3, 1, 2, 6, 5, 4))
    assert worker(bundle, "test", {"": {"tur_pred.txt": body}})[""].scores is not None
