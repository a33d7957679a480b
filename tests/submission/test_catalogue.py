"""The catalogue: its texts, and a file, folder or zip for every code that test_problems does not cover."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo.submission import Entry, catalogue, entry, validate
from semeval_emo.submission.problem import PLACES
from semeval_emo.task import known_tasks, load_task

Files = dict[str, bytes]


def write_zip(files: Files | list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, body in files.items() if isinstance(files, dict) else files:
            zip_file.writestr(name, body)
    return whole.getvalue()


def encrypted(good: bytes) -> bytes:
    """Return a zip with the flag of encryption set in the entry and in the directory."""
    body = bytearray(write_zip({"track_a/pred_ron.csv": good}))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("track_a/pred_ron.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def twice(good: bytes) -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return write_zip([("track_a/pred_ron.csv", good), ("track_a/pred_ron.csv", good)])


RON = "track_a/pred_ron.csv"

# For each code a function from the bytes of a valid file (track A, ron, dev) to files; the first path is validated,
# a folder if it ends in /.
MADE: dict[str, Callable[[bytes], Files]] = {
    "E101": lambda good: {"a.zip": good},
    "E102": lambda good: {"a.zip": write_zip({RON: good})[:200]},
    "E103": lambda good: {"a.zip": encrypted(good)},
    "E104": lambda good: {"a.zip": write_zip({RON: bytes(5_000_000)})},
    "E105": lambda good: {"a.zip": write_zip({"../" + RON: good})},
    "E106": lambda good: {"a.zip": write_zip({"track_a\\pred_ron.csv": good})},
    "E107": lambda good: {"a.zip": write_zip([(link(), b"/etc/passwd")])},
    "E108": lambda good: {"a.zip": twice(good)},
    "E109": lambda good: {"a.zip": write_zip({"track_a.zip": write_zip({RON: good})})},
    "E110": lambda good: {"a.zip": write_zip({"track_a/": b""})},
    "E111": lambda good: {"in/": b"", "in/readme.md": b"x"},
    "E112": lambda good: {"in/": b"", f"in/{RON}": good, "in/track_a/pred_deu.csv/": b""},
    "E114": lambda good: {"a.zip": write_zip({RON: good, "track_a/.ipynb_checkpoints/pred_ron-checkpoint.csv": good})},
    "W115": lambda good: {"in/": b"", f"in/{RON}": good, "in/.DS_Store": b"x"},
    "W116": lambda good: {"in/": b"", f"in/{RON}": good, "in/results.csv": good},
    "W117": lambda good: {"in/": b"", "in/pred_ron.csv": good},
    "W118": lambda good: {"in/": b"", "in/Track A/pred_ron.csv": good},
    "W119": lambda good: {"a.zip": write_zip({"mine/" + RON: good})},
    "W120": lambda good: {"a.zip": write_zip({RON: good}) + b"more"},
    "E121": lambda good: {"in/": b"", f"in/{RON}": good, "in/track_a/pred_ron (1).csv": good},
    "E122": lambda good: {
        "in/": b"",
        "in/pred_ron_1.csv": columns(good, 0, 4),
        "in/pred_ron_2.csv": columns(good, 4, 7),
    },
    "E123": lambda good: {
        "in/": b"",
        "in/pred_ron_1.csv": columns(good, 0, 4),
        "in/pred_ron_2.csv": columns(good, 5, 7),
    },
    "E201": lambda good: {"pred_ron_a.csv": good},
    "E202": lambda good: {"predictions_ron.csv": good},
    "E203": lambda good: {"pred_spa.csv": good},
    "E204": lambda good: {"pred_xyz.csv": good},
    "E205": lambda good: {"a.zip": write_zip({RON: good, "track_a/pred_ron (1).csv": good})},
    "E206": lambda good: {"track_b/pred_ron.csv": good},
    "E207": lambda good: {"pred_rus.csv": good},
    "E209": lambda good: {"track_b/pred_afr.csv": good.replace(b"ron_dev_track_a", b"afr_dev_track_b")},
}


def columns(good: bytes, first: int, last: int) -> bytes:
    """Return the ids and some label columns of a file."""
    rows = [line.split(",") for line in good.decode().splitlines()]
    return "".join(",".join([row[0], *row[max(1, first) : last]]) + "\n" for row in rows).encode()


@pytest.mark.parametrize("code", MADE)
def test_a_code_is_reported(code: str, make_file: Callable, write_files: Callable):
    files = MADE[code](make_file("a", "ron", "dev").bytes())
    folder = write_files(files)
    assert code in validate(folder / next(iter(files))).counts


def test_a_file_that_cannot_be_read(make_file: Callable, write_files: Callable, tmp_path: Path):
    write_files({f"in/{RON}": make_file("a", "ron", "dev").bytes()})
    (tmp_path / "in" / "track_a" / "pred_deu.csv").symlink_to("nowhere")
    assert validate(tmp_path / "in").counts == {"E113": 1}


def test_an_option_that_contradicts_the_ids(make_file: Callable, validate_file: Callable):
    assert validate_file("pred_ron.csv", make_file("a", "ron", "dev").bytes(), split="test").counts == {"E208": 1}


def test_a_train_file_gets_a_warning(make_file: Callable, validate_file: Callable):
    body = make_file("a", "ron", "train").bytes()
    report = validate_file("pred_ron.csv", body)
    assert report.counts == {"W210": 1} and report.valid
    assert report.problems[0].message == (
        "these are the rows of 2025 track a ron train, which are not scored in any phase of the competition"
    )
    assert validate_file("pred_ron.csv", body, split="train").counts == {}


def test_every_code_of_archives_and_names_has_a_test():
    assert {one.code for one in catalogue().values() if one.code[1] in "12"} == {*MADE, "E113", "E208", "W210"}


def test_codes_and_names_are_unique_and_sorted():
    codes = [one.code for one in catalogue().values()]
    numbers = [code[1:] for code in codes]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers)
    for one in catalogue().values():
        assert one.code[0] in "EW" and one.place in PLACES.values()
        assert entry(one.code) is entry(one.name) is one


def test_outcomes_are_of_known_scorers():
    for one in catalogue().values():
        assert set(one.official) <= set(load_task().scorers), one.code
        assert set(one.official_intensity) <= set(one.official), one.code


def test_the_notes_of_a_task_are_on_known_problems():
    assert {task.key: set(task.notes) - set(catalogue()) for _, task in known_tasks() if task.notes} == {
        "semeval-2025-task-11": set()
    }


def test_an_entry_is_in_the_words_of_its_task(run: Callable):
    code, own, _ = run("explain", "missing-column")
    assert code == 0 and "English has no disgust" in own and "  codabench-2026 " in own
    code, other, _ = run("explain", "missing-column", "--task", "sample")
    assert code == 0 and "English" not in other and "scorers" not in other
    problem = json.loads(run("explain", "wrong-track", "--task", "sample", "-f", "json")[1])["problems"][0]
    assert (problem["official"], problem["official_intensity"]) == ({}, {})
    assert run("explain", "E311", "--task", "none")[0] == 2


def test_an_error_is_not_accepted_by_all_scorers():
    for one in catalogue().values():
        if one.code[0] == "E" and one.official:
            assert set(one.official.values()) | set(one.official_intensity.values()) != {"scores it"}, one.code


PLACEHOLDER = re.compile(r"<[^>]*>|\{[^}]*\}")
# The notation for file names of the task is not a placeholder.
FILE_NAMES = ("pred_<language>.csv", "pred_<language>_<track>.csv")


@pytest.mark.parametrize("code", [one.code for one in catalogue().values()])
def test_explain_shows_no_placeholder(code: str, run: Callable):
    for output_format in ("text", "json", "markdown"):
        out = " ".join(run("explain", code, "--format", output_format)[1].split())
        if output_format == "json":
            out = json.dumps(json.loads(out)["problems"][0]).removeprefix("{").removesuffix("}")
            out = out.replace('"official": {', "").replace('"official_intensity": {', "").replace("}", "")
        for name in FILE_NAMES:
            out = out.replace(name, "").replace(name.replace("<", "&lt;"), "")
        assert not PLACEHOLDER.search(out), (code, output_format)


def test_explain_lists_all_codes_without_placeholders(run: Callable):
    assert not PLACEHOLDER.search(run("explain")[1])


UNUSUAL = re.compile(
    r"\b(mend|mended|beside|stands?|meant|whoever|nobody|in silence|told|says|sees|blanks|holds?|whole numbers?"
    r"|pass(ed|es) over|a (?=[aeio])|(?<!there )is no)\b|\(s\)"
)


@pytest.mark.parametrize("one", catalogue().values(), ids=lambda one: one.code)
def test_the_texts_are_in_plain_english(one: Entry):
    outcomes = [*one.official.values(), *one.official_intensity.values()]
    phrases = [one.title, one.message, one.fix, one.generic_fix, one.repair, *outcomes]
    texts = [re.sub(r"\{[^}]*\}", "", text) for text in [*phrases, one.explanation]]
    assert [text for text in texts if UNUSUAL.search(text)] == []
    assert one.explanation.endswith(".")
    assert not any(phrase.endswith(".") for phrase in phrases)


def test_a_fix_with_placeholders_has_a_generic_form():
    for one in catalogue().values():
        # `Entry.of` fills in the names of the task.
        fix = re.sub(r"\{(form|example)\}", "", one.fix)
        assert (one.fix != one.generic_fix) == ("{" in fix), one.code
