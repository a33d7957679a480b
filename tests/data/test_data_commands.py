"""The `data` commands: output, notes, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semeval_emo.data import hub as module
from semeval_emo.data.sample import sample_folder


@pytest.fixture
def run(world, cli, monkeypatch):
    """The command line on the made-up task."""
    monkeypatch.setenv("SEMEVAL_EMO_TASKS", str(world.folder))
    return cli


def test_check_names_the_release(world, run):
    code, out, err = run("data", "check", world.official())
    assert (code, err) == (0, f"comparing the texts of {world.folder}/first\n")
    assert out == (
        f"{world.folder}/first\n"
        "Release 1 (First): all 15 files, identified by their hashes.\n\n"
        "Contents\n"
        "track  split  languages  texts\n"
        "-----  -----  ---------  -----\n"
        "a      train  xx yy         18\n"
        "a      dev    xx yy          8\n"
        "a      test   xx yy         12\n"
        "b      train  xx             9\n"
        "b      dev    xx             4\n"
        "b      test   xx             6\n"
        "c      dev    xx yy zz      12\n"
        "c      test   xx yy zz      18\n\n"
        "No problems.\n"
    )


def test_check_exits_1_when_gold_is_blank(world, run):
    code, out, _ = run("data", "check", world.second(), "--quiet")
    assert code == 1
    assert (
        "PROBLEM  track_a/test/xx.csv: the gold labels are blank\n"
        "  15 of 15 label cells are blank.\n"
        "  fix: blank does not mean 0: use another release to score this split\n" in out
    )
    assert out.endswith("\n1 problem.\n")


def test_the_same_problem_of_many_files_is_reported_once(world, run):
    for name in "abcdefg":
        world.write(world.folder / f"sent/{name}.csv", [(i, t, (0, 0, 0)) for i, t, _ in world.rows("a", "xx", "test")])
    code, out, _ = run("data", "check", world.folder / "sent")
    assert code == 1
    assert "PROBLEM  a.csv, b.csv, c.csv, d.csv and 3 more files: of no known release\n" in out
    assert out.endswith("\n7 problems.\n")


def test_check_of_the_sample_is_clean(run):
    code, out, _ = run("data", "check", "sample")
    assert code == 0
    assert f"{sample_folder()}\nRelease 1 (First): all 6 files, identified by their hashes." in out
    assert "No split shares 1 % or more of its texts with an earlier split; 2 pairs share less (see --all)." in out


@pytest.mark.parametrize("style", ["markdown", "csv", "latex"])
def test_check_in_other_formats_has_the_problem(world, run, style):
    code, out, _ = run("data", "check", world.second(), "-q", "-f", style)
    assert code == 1
    assert "15 of 15 label cells are blank" in out


def test_check_as_json(world, run):
    code, out, _ = run("data", "check", world.second(), "-f", "json", "-q")
    assert (code, json.loads(out)["schema"]) == (1, "semeval-emo/data-check/1")


def test_check_uses_the_folder_of_the_environment(world, run, monkeypatch):
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.official()))
    assert run("data", "check", "-q")[1].startswith(f"{world.folder}/first\nRelease 1")


def test_check_without_data_names_three_remedies(run):
    code, out, err = run("data", "check")
    assert (code, out) == (3, "")
    assert err.startswith("error: No data found: $SEMEVAL_EMO_DATA is not set, and the cache is empty.\n  fix: one of")


def test_list_shows_releases_and_folders(world, run, monkeypatch):
    world.official("old")
    world.second("new")
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.folder))
    code, out, err = run("data", "list")
    assert code == 0
    assert "0        refused  Draft   2020-01-01      –" in out
    assert "1        default  First   2021-01-01     15" in out
    assert f"Data in {world.folder} ($SEMEVAL_EMO_DATA)" in out
    assert "new     2        a b     xx         test                2     10\n" in out
    assert "old     1        a b c   xx yy zz   train dev test     15     87" in out
    assert "'sample' is built in" in err


def test_list_with_a_filter_shows_files(world, run):
    world.official("old")
    world.second("new")
    code, out, _ = run("data", "list", world.folder, "--track", "b", "--split", "test")
    assert code == 0
    assert "b      xx        test       5  2        new/track_b/test/xx.csv\n" in out
    assert "b      xx        test       6  1, pool  old/track_b/test/xx.csv" in out


def test_list_without_data_shows_the_releases(run):
    code, out, err = run("data", "list")
    assert code == 0
    assert "Competition" in out
    assert "No data on this machine. To get them, one of\n    1. a folder that holds track_a/test/…: FOLDER, or" in err


def test_list_as_json(world, run):
    _, out, _ = run("data", "list", world.second(), "-f", "json")
    payload = json.loads(out)
    assert (payload["schema"], payload["folders"][0]["release"]) == ("semeval-emo/data-list/1", "2")


def test_stats_of_one_file_in_full(run):
    code, out, _ = run("data", "stats", "sample", "--track", "b", "--split", "test")
    assert code == 0
    title, heads = out.splitlines()[:2]
    assert title == "release 1 track b eng test: 200 texts"
    assert heads == "emotion   texts   share  intensity 1  intensity 2  intensity 3"
    assert "Emotion co-occurrence: number of texts\n" in out
    assert "No duplicate texts." in out


def test_stats_of_many_files_have_one_line_each(world, run):
    code, out, err = run("data", "stats", world.official())
    assert code == 0
    assert err == "Only the test splits are shown; --split and --language select others.\n"
    assert out.startswith("Label prevalence: 1 test\ntrack  lang  texts    calm    hope     rage  neutral  labels")
    assert len([line for line in out.splitlines() if line[:1] in "abc" and line[1:3] == "  "]) == 6


def test_stats_of_a_missing_file(world, run):
    code, _, err = run("data", "stats", world.official(), "--language", "zz", "--track", "b")
    message = "There are no labels of track b zz.\n  fix: `semeval-emo data list` shows the available data"
    assert (code, err) == (3, f"error: {message}\n")


def test_stats_as_json_are_complete(run):
    _, out, _ = run("data", "stats", "sample", "-f", "json", "-q")
    payload = json.loads(out)
    assert payload["schema"] == "semeval-emo/data-stats/1"
    assert [file["track"] for file in payload["files"]] == ["a", "b"]
    assert payload["files"][1]["emotions"]["joy"]["degrees"].keys() == {"0", "1", "2", "3"}


def test_an_unknown_language_gets_a_suggestion(run):
    code, _, err = run("data", "stats", "sample", "--language", "ENG")
    assert (code, err.splitlines()[1]) == (2, "  fix: codes are lower-case: use 'eng'")


def test_fetch_reports_its_files(world, run, monkeypatch):
    class Made:
        def revision(self, repository, wanted):
            return "abcdef123456789"

        def load(self, repository, language, revision):
            def split(name):
                tracks = "a" if name == "train" else "ac"
                found = [row for track in tracks for row in world.rows(track, language, name)]
                columns = {"id": [i for i, *_ in found], "text": [t for _, t, _ in found]}
                return columns | {e: [v[k] for *_, v in found] for k, e in enumerate(("calm", "hope", "rage"))}

            return {name: split(name) for name in ("train", "dev", "test")}

    monkeypatch.setattr(module, "_connect", Made)
    code, out, err = run("data", "fetch", "-l", "xx", "-t", "c", "--task", "made-up")
    assert code == 0
    assert out == (
        "Fetched from made/categories@abcdef123456\n"
        "track  language  split  texts  known as\n"
        "-----  --------  -----  -----  ----------------------  -------\n"
        "a      xx        train      9  1 (a), 2 (a), pool (a)  fetched\n"
        "a      xx        dev        8  1 (a, c), 2 (a, c)      fetched\n"
        "a      xx        test      12  1 (a, c), 2 (c)         fetched\n"
    )
    assert err.startswith("fetching xx from made/categories@abcdef123456\n")
    code, out, _ = run("data", "fetch", "-l", "xx", "-t", "a", "--task", "made-up", "-f", "json")
    assert {file["new"] for file in json.loads(out)["files"]} == {False}
    assert run("data", "check", "hub", "-q")[1].startswith(str(Path(json.loads(out)["files"][0]["path"]).parents[2]))


def test_fetch_offline_exits_3_with_remedies(run, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, out, err = run("data", "fetch", "--language", "eng")
    assert (code, out) == (3, "")
    assert "error: The Hugging Face hub cannot be reached: $HF_HUB_OFFLINE is set." in err
    assert "3. the built-in sample, to try the commands: --gold sample" in err


def test_pin_prints_the_table(world, run):
    code, out, _ = run("data", "pin", world.second(), "--task", "made-up")
    assert code == 0
    assert out.splitlines()[0] in world.toml.read_text(encoding="utf-8")


def test_output_goes_to_a_file(run, tmp_path):
    assert run("data", "pin", sample_folder(), "--output", tmp_path / "t.toml")[0] == 0
    assert (tmp_path / "t.toml").read_text().startswith('"a/eng/train" = { rows = 240')
