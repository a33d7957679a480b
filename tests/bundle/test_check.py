"""`semeval-emo task bundle --check`: what Codabench would refuse, and what cannot be scored."""

from __future__ import annotations

import datetime
import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from semeval_emo.bundle.check import check_bundle
from semeval_emo.bundle.columns import score_columns
from semeval_emo.bundle.program import run
from semeval_emo.data.task_check import TaskProblem
from semeval_emo.task import load_task

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def made(unpacked) -> Path:
    return unpacked("sample", "sample", track="a")


@pytest.fixture
def changed(made, tmp_path) -> Callable[..., list[TaskProblem]]:
    """Checks a copy of the bundle with a change; notes that every new bundle has are left out."""

    def check(change: Change) -> list[TaskProblem]:
        folder = tmp_path / "content"
        # The code of the starting kit is not checked.
        shutil.copytree(made, folder, ignore=lambda where, _: ["vendor"] if Path(where).name == "starting_kit" else [])
        change(folder)
        path = Path(shutil.make_archive(str(tmp_path / "changed"), "zip", folder))
        usual = ("by the organisers", "so it is not open")
        return [problem for problem in check_bundle(path) if not problem.message.endswith(usual)]

    return check


def competition(change: Callable[[dict], object]) -> Change:
    """A change of ``competition.yaml``."""

    def edit(folder: Path) -> None:
        path = folder / "competition.yaml"
        data = yaml.safe_load(path.read_text())
        change(data)
        path.write_text(yaml.safe_dump(data, allow_unicode=True))

    return edit


def columns(data: dict) -> list[dict]:
    return data["leaderboards"][0]["columns"]


def remove(name: str) -> Change:
    def edit(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return edit


def write(name: str, text: str) -> Change:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8") and None


def test_a_new_bundle_has_only_what_the_organisers_must_do(made, tmp_path, cli):
    path = shutil.make_archive(str(tmp_path / "new"), "zip", made)
    result = cli("task", "bundle", "--check", path, "--format", "json")
    found = json.loads(result.out)
    assert (result.code, found["valid"]) == (0, True)
    assert [(one["where"], one["level"]) for one in found["problems"]] == [
        ("terms", "note"), ("page Data", "note"), ("phase dev", "note"), ("phase test", "note"),
    ]  # fmt: skip


def test_a_bundle_that_is_finished_has_no_problem(changed):
    def finish(folder: Path) -> None:
        for name in ("data.md", "terms.md"):
            (folder / name).write_text("Written.")
        dates = ("2027-01-01", "2027-01-31"), ("2027-02-01", None)

        def set_dates(data: dict) -> None:
            for phase, (start, end) in zip(data["phases"], dates, strict=True):
                phase |= {"start": start, "end": end}

        competition(set_dates)(folder)

    assert changed(finish) == []


def gold(text: Callable[[str], str]) -> Change:
    def edit(folder: Path) -> None:
        path = folder / "reference_data_test/gold/track_a/test/eng.csv"
        path.write_text(text(path.read_text()))

    return edit


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        (remove("competition.yaml"), "competition.yaml", "the zip has no such file at its root"),
        (write("competition.yaml", "title: [1"), "competition.yaml", "is not YAML"),
        (write("competition.yaml", "- 1"), "competition.yaml", "it is not a table of keys and values"),
        (competition(lambda data: data.pop("version")), "competition.yaml", "'version' is None"),
        (competition(lambda data: data.pop("image")), "competition.yaml", "image missing or empty"),
        (competition(lambda data: data.update(pages=["a"])), "pages", "it is not a list of tables"),
        (remove("logo.png"), "image", "there is no file logo.png"),
        (remove("overview.md"), "page Overview", "there is no file overview.md"),
        (lambda folder: (folder / "overview.md").write_bytes(b"\xff"), "page Overview", "overview.md is not UTF-8"),
        (write("terms.md", ""), "terms", "terms.md is empty, which Codabench refuses"),
        (competition(lambda data: data.update(terms="../../etc/hosts")), "terms", "there is no file ../../etc/hosts"),
        (competition(lambda data: data.pop("docker_image")), "docker_image", "the default one has Python 3.7"),
        (
            competition(lambda data: data.update(docker_image="codalab/codalab-legacy:py39")),
            "docker_image", "codalab/codalab-legacy:py39 has an older Python",
        ),
        (competition(lambda data: data["tasks"][1].update(index=0)), "tasks", "an index is missing or occurs twice"),
        (competition(lambda data: data["tasks"][1].update(index=[1])), "phase test", "its tasks are [1]"),
        (competition(lambda data: data["solutions"][0].update(path={})), "solutions", "there is no folder {}"),
        (remove("scoring_program"), "tasks", "there is no scoring program scoring_program"),
        (remove("scoring_program/metadata.yaml"), "scoring_program", "metadata.yaml is missing or has no command"),
        (remove("scoring_program/score.py"), "scoring_program", "names a file that is not there"),
        (remove("scoring_program/vendor/jinja2/lexer.py"), "scoring_program", "there is no vendor/jinja2/lexer.py"),
        (remove("reference_data_test"), "task 1", "there is no folder reference_data_test"),
        (remove("reference_data_test/task.toml"), "reference_data_test", "task.toml"),
        (write("reference_data_test/phase.json", "{}"), "reference_data_test", "phase.json is not that of a phase"),
        (
            write(
                "reference_data_test/phase.json",
                '{"schema": "semeval-emo/bundle-phase/1", "track": "z", "split": "test", "release": "1", '
                '"unverified_gold": false}',
            ),
            "reference_data_test", "release 1 has no test file of track z",
        ),
        (remove("reference_data_test/gold"), "reference_data_test: eng", "There is no folder"),
        (gold(lambda text: text.replace(",0,0\n", ",0,1\n", 1)), "reference_data_test: eng", "but not its labels"),
        (gold(lambda text: text.replace("_test_", "_dev_")), "reference_data_test: eng", ""),
        (
            competition(lambda data: columns(data)[1].update(key="accuracy")),
            "leaderboards", "the scoring program does not write accuracy",
        ),
        (competition(lambda data: columns(data).pop(0)), "leaderboards", "the official metric has no column: macro_f1"),
        (competition(lambda data: data.update(leaderboards=[])), "competition.yaml", "leaderboards missing or empty"),
        (
            competition(lambda data: columns(data)[0].update(sorting="asc")),
            "column macro_f1", "its sorting is asc",
        ),
        (
            competition(lambda data: columns(data)[1].update(title="a title that nobody can read in a narrow column")),
            "column micro_f1", "its title is longer than 36 characters",
        ),
        (competition(lambda data: columns(data)[1].update(index=0)), "leaderboards", "a column has no index"),
        (competition(lambda data: data["phases"][0].update(start="soon")), "phase dev", "its dates cannot be read"),
        (competition(lambda data: data["phases"][0].pop("end")), "phase dev", "it has no end"),
        (
            competition(lambda data: data["phases"][1].update(start="2099-01-05")),
            "phase test", "it begins before the phase before it has ended",
        ),
        (competition(lambda data: data["phases"][1].update(tasks=[7])), "phase test", "its tasks are [7]"),
        (remove("starting_kit"), "phase dev", "there is no starting_kit starting_kit"),
        (remove("starting_kit/sample_submission_dev"), "solutions", "there is no folder starting_kit"),
        (
            write("starting_kit/sample_submission_test/track_a/pred_eng.csv", "id,anger\n"),
            "starting_kit/sample_submission_test", "is not scored",
        ),
    ],
)  # fmt: skip
def test_errors(changed, change, where, message):
    problems = [problem for problem in changed(change) if problem.level == "error"]
    assert any(problem.where == where and message in problem.message for problem in problems), problems
    assert all(problem.fix for problem in problems)


def test_notes(changed):
    def change(folder: Path) -> None:
        with (folder / "scoring_program/vendor/semeval_emo/text.py").open("a") as stream:
            stream.write("# edited\n")
        competition(lambda data: columns(data).reverse())(folder)

    problems = changed(change)
    assert {problem.level for problem in problems} == {"note"}
    (edited, order) = problems
    assert edited.message.startswith("vendor/semeval_emo/text.py differ")
    assert order.message == "the ranking is by jaccard, and the official metric is macro_f1"


def test_the_code_of_a_bundle_is_not_run(changed, tmp_path):
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    changed(lambda folder: [path.write_text(trap) for path in (folder / "scoring_program").rglob("*.py")])
    assert not (tmp_path / "ran").exists()


def test_a_zip_of_the_folder_instead_of_its_content(made, tmp_path):
    shutil.copytree(made, tmp_path / "outer/bundle")
    path = shutil.make_archive(str(tmp_path / "b"), "zip", tmp_path / "outer")
    (problem,) = check_bundle(path)
    assert problem.fix == "zip the content of the folder bundle, not the folder"


def test_files_that_are_no_bundles(tmp_path, cli):
    (tmp_path / "a.zip").write_text("id,joy\n")
    result = cli("task", "bundle", "--check", tmp_path / "a.zip")
    assert (result.code, "not a zip" in result.out) == (1, True)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("../competition.yaml", "version: 2")
    result = cli("task", "bundle", "--check", tmp_path / "b.zip")
    assert result.code == 1
    missing = cli("task", "bundle", "--check", tmp_path / "c.zip")
    assert (missing.code, "cannot be read" in missing.err) == (3, True)


def test_a_bundle_of_another_program_is_checked_as_far_as_possible(tmp_path, cli):
    """As in the examples of Codabench: zips in the zip, dates without quotes, and a program of its own."""
    data = {
        "version": 2, "title": "Iris", "image": "logo.png", "terms": "terms.md", "docker_image": "python:3.12",
        "pages": [{"title": "Overview", "file": "overview.md"}],
        "tasks": [{"index": 0, "name": "Iris", "scoring_program": "program.zip", "reference_data": "gold.zip"}],
        "phases": [{"index": 0, "name": "First", "start": datetime.date(2026, 1, 1), "tasks": [0]}],
        "leaderboards": [{"title": "Results", "key": "main", "columns": [{"title": "a", "key": "a", "index": 0}]}],
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "iris.zip", "w") as archive:
        archive.writestr("competition.yaml", yaml.safe_dump(data))
        for name in ("logo.png", "terms.md", "overview.md", "program.zip", "gold.zip"):
            archive.writestr(name, "x")
    result = cli("task", "bundle", "--check", tmp_path / "iris.zip", "--format", "json")
    found = [(one["where"], one["level"]) for one in json.loads(result.out)["problems"]]
    assert (result.code, sorted(found)) == (0, [("gold.zip", "note"), ("program.zip", "note")])


def test_without_pyyaml(made, tmp_path, cli, monkeypatch):
    path = shutil.make_archive(str(tmp_path / "new"), "zip", made)
    monkeypatch.setitem(sys.modules, "yaml", None)
    result = cli("task", "bundle", "--check", path)
    assert (result.code, "needs the optional dependencies 'bundle'" in result.err) == (3, True)


def test_the_leaderboard_has_the_keys_that_the_program_writes(made, tmp_path):
    """The keys of `scores.json` of a sample submission are those of the columns."""
    for folder, name in (("ref", "reference_data_test"), ("res", "starting_kit/sample_submission_test")):
        shutil.copytree(made / name, tmp_path / "input" / folder)
    result = run(str(tmp_path / "input"), str(tmp_path / "output"))
    expected = [column.key for column in score_columns(load_task("sample"), "a", ["eng"])]
    assert list(result.scores) == expected
    assert list(json.loads((tmp_path / "output/scores.json").read_text())) == expected
