"""`validate` and `fix` agree about every file: what the first announces, the second does."""

from __future__ import annotations

import importlib.util
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeval_emo.errors import EmoError
from semeval_emo.submission import Report, entry, fix, validate
from semeval_emo.submission.fixable import MIXTURES, SPARE_COLUMNS
from semeval_emo.task import load_task

THRESHOLD = re.compile(r"semeval-emo fix (--threshold) 0\.5")


def check_agreement(path: Path, out: Path) -> Report | None:
    """Check a file against both commands; return the report of `validate`, or None if it cannot be read."""
    try:
        report = validate(path)
    except EmoError as error:
        with pytest.raises(type(error)):
            fix(path, out)
        return None
    before = path.read_bytes() if path.is_file() else b""
    fixed = fix(path, out)
    codes = {code for code in report.counts if code[0] == "E"}
    done = {code for file in report.files for code in file.repairs}
    left = {code for file in report.files for code in file.unfixed}
    changed = {change.code for change in fixed.changes}
    refused = {code for refusal in fixed.refusals for code in refusal.counts}
    assert codes == (codes & done) | left
    for problem in report.problems:
        file = next(file for file in report.files if file.file == problem.file)
        # Advice that names an option of `fix` is given only where the option is used.
        if THRESHOLD.search(problem.fix):
            assert entry(problem.code).name == "fraction-cell" and problem.code in file.unfixed
    if report.shared_places:
        # Files of several systems: each is fixed on its own.
        assert not any(file.repairs for file in report.files if file.kind == "container")
        assert not fixed.ok or fixed.written
        return report
    if report.valid and not done:
        assert (fixed.unchanged, fixed.changes, fixed.refusals) == (True, (), ())
        if path.is_file() and fixed.written:
            assert Path(fixed.written[0].path).read_bytes() == before
    if fixed.written:
        # Warnings about the folder of a file do not concern the new one.
        assert validate(out).valid
        again = fix(out, out.with_name(out.name + "-again"))
        assert again.ok and again.unchanged
    if not left:
        assert fixed.ok and (fixed.written or fixed.unchanged), (report.counts, fixed.refusals)
        assert {code for code in done if entry(code).name not in FOLDERS} <= changed, (done, changed)
    else:
        assert not fixed.ok, (report.counts, fixed.changes)
        assert refused <= left or any(refusal.why for refusal in fixed.refusals), (refused, left)
    # The complete parts of a mixed file are written, and the others are refused.
    both = {entry(code).name for code in changed & left}
    assert both <= MIXTURES | SPARE_COLUMNS, both
    is_binary = all(len(part.spec.values) == 2 for file in report.files for part in file.parts)
    if is_binary and {entry(code).name for code in left} == {"fraction-cell"}:
        assert fix(path, out.with_name(out.name + "-threshold"), threshold=0.5).ok
    return report


# Changes of folders are not made for a single file.
FOLDERS = ("no-track-folder", "track-folder-name", "nested-folders")


def all_cases(shared: Path) -> list[Path]:
    return sorted(path for path in (shared / "cases").glob("*/**/*") if path.is_file() and path.suffix != ".md")


def test_every_case(shared_dir: Path, tmp_path: Path):
    paths = all_cases(shared_dir)
    assert len(paths) > 50
    for number, path in enumerate(paths):
        check_agreement(path, tmp_path / str(number))


def test_every_folder_of_a_case(shared_dir: Path, tmp_path: Path):
    for path in sorted((shared_dir / "cases").iterdir()):
        if path.is_dir():
            check_agreement(path, tmp_path / path.name)


SAMPLE = 8
"""One of so many mutations is checked, which takes ten seconds; all of them agree."""


def test_malformed_submissions(shared_dir: Path, tmp_path: Path):
    spec = importlib.util.spec_from_file_location("malformed", shared_dir / "scorers" / "malformed.py")
    assert spec is not None and spec.loader is not None
    malformed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(malformed)
    chosen = [case for case in malformed.cases() if zlib.crc32("-".join(case).encode()) % SAMPLE == 0]
    assert len(chosen) * SAMPLE > 500
    for case in chosen:
        name = "-".join(case)
        if malformed.place(*case, tmp_path / name):
            check_agreement(tmp_path / name, tmp_path / f"{name}-out")


def test_case_18_all_languages_in_one_frame(shared_dir: Path, tmp_path: Path):
    """Each row is judged by its own language's columns: English has no disgust, so its blank cells are no problem."""
    path = shared_dir / "cases" / "18-all-languages-one-frame" / "predictions_all.csv"
    report = check_agreement(path, tmp_path / "out")
    assert report is not None
    assert {entry(code).name: count for code, count in report.counts.items()} == {
        "mixed-languages": 1,
    }  # fmt: skip
    assert [part.is_scorable for part in report.files[0].parts] == [True, True]


# ---- files made by hypothesis

SPECS = {
    "a-eng": load_task().spec("a", "eng", "dev"),
    "a-deu": load_task().spec("a", "deu", "dev"),
    "b-eng": load_task().spec("b", "eng", "dev"),
    "b-deu": load_task().spec("b", "deu", "dev"),
    "a-afr": load_task().spec("a", "afr", "dev"),
}
CELLS = st.sampled_from(
    ["0", "1", "1.0", "0.0", "True", "False", " 1", "01", "1e0", "", "2", "3", "-1", "nan", "none", "low", "high",
     "0.5", "0.25", "1.7", "yes", "1\xa0", "１", '"1"', '"1']
)  # fmt: skip
NAMES = st.sampled_from(
    ["text", "", "x", "disgust", "language", "Unnamed: 0", "happiness", "angry", "joy", "id", "anger_prob", "surprise"]
)
FILES = st.sampled_from(
    ["pred_eng.csv", "pred_deu.csv", "PRED_eng.csv", "x.csv", "pred_eng_b.csv", "track_b/pred_eng.csv", "ron_eng.csv",
     "track_a/pred_eng.csv", "pred_eng_model_b.csv"]
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_files(data: st.DataObject, make_file: Callable, tmp_path_factory: pytest.TempPathFactory):
    keys = data.draw(st.lists(st.sampled_from(sorted(SPECS)), min_size=1, max_size=2, unique=True))
    first, *others = (make_file(spec.track, spec.language, spec.split) for spec in map(SPECS.__getitem__, keys))
    header = list(first.header)
    rows = first.rows
    for other in others:
        header += [name for name in other.header if name not in header]
        width = len(header)
        of = dict(zip(other.header, range(len(other.header)), strict=True))
        rows = [row + [""] * (width - len(row)) for row in rows]
        blank = data.draw(st.sampled_from(["", "0", "nan"]))
        own = [[row[of[name]] if name in of else blank for name in header] for row in other.rows]
        rows += own[: data.draw(st.sampled_from([len(own), len(own), 3]))]
    # Whole columns: every cell of one, or of all of them, in another notation.
    notation = data.draw(st.sampled_from([None, None, "{}.0", "p", "bool", " {}", "-p"]))
    columns = range(1, len(header)) if data.draw(st.booleans()) else (1,)
    for row in rows if notation else ():
        for at in columns:
            if row[at].isdecimal():
                value = int(row[at])
                row[at] = {"p": f"0.{value}7", "bool": str(value > 0), "-p": f"{value - 1}.5"}.get(
                    notation, notation.format(value)
                )
    for _ in range(data.draw(st.integers(0, 3))):
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.integers(1, len(row) - 1))] = data.draw(CELLS)
    match data.draw(st.integers(0, 8)):
        case 0:
            rows = [*rows[1:], rows[0]]
        case 1:
            rows = [*rows, list(data.draw(st.sampled_from(rows)))]
        case 2:
            rows = rows[:-2]
        case 3:
            order = data.draw(st.permutations(range(len(header))))
            header, rows = [header[at] for at in order], [[row[at] for at in order] for row in rows]
        case 4:
            at, filling = data.draw(st.integers(0, len(header))), data.draw(st.sampled_from(["0", "", "t"]))
            header.insert(at, data.draw(NAMES))
            rows = [[*row[:at], filling, *row[at:]] for row in rows]
        case 5:
            header[data.draw(st.integers(0, len(header) - 1))] = data.draw(NAMES)
        case 6:
            at = data.draw(st.integers(0, len(header) - 1))
            header, rows = header[:at] + header[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]
        case 7:
            rows[data.draw(st.integers(0, len(rows) - 1))][0] = data.draw(
                st.sampled_from(["x", "", "eng_dev_track_a_1"])
            )
    end = data.draw(st.sampled_from(["\n", "\n", "", "\r\n", "\n\n"]))
    mark = data.draw(st.sampled_from([",", ",", ";"]))
    body = end.join(mark.join(row) for row in [header, *rows]) if end else "\n".join(map(mark.join, [header, *rows]))
    folder = tmp_path_factory.mktemp("files")
    path = folder / "in" / data.draw(FILES)
    path.parent.mkdir(parents=True)
    path.write_bytes((body + end).encode(data.draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig"]))))
    check_agreement(path, folder / "out")


# ---- what is announced


ROUND = "semeval-emo fix --round, or semeval-emo fix --cuts 0.5,1.5,2.5"


def verdict(report: Report, code: str) -> tuple[bool, str]:
    """Return whether `fix` is announced for a code, and the advice of its first problem."""
    problem = next(problem for problem in report.problems if problem.code == entry(code).code)
    file = next(file for file in report.files if file.file == problem.file)
    return problem.code in file.repairs, problem.fix


def test_booleans_are_fixed_on_binary_tracks_only(make_file: Callable, validate_file: Callable):
    for track, expected in (("a", True), ("b", False)):
        file = make_file(track, "ron", "dev")
        file.rows[0][1] = "True"
        fixed, advice = verdict(validate_file(f"{track}/pred_ron.csv", file.bytes()), "boolean-cell")
        assert fixed == expected
        assert advice.startswith("write 1 for True" if expected else "write the intensity: 0, 1, 2 or 3")


@pytest.mark.parametrize(
    ("track", "cells", "advice"),
    [
        ("a", ["0.5"], "apply a threshold to probabilities (semeval-emo fix --threshold 0.5), then write integers"),
        ("a", ["0.5", "-1"], "write 0 or 1; with other cells outside of 0 to 1, these are not probabilities"),
        (
            "b",
            ["0.5"],
            "if these are from 0 to 3, round them (semeval-emo fix --round); "
            "if they are from 0 to 1, choose cut points (semeval-emo fix --cuts 0.17,0.5,0.83)",
        ),
        ("b", ["1.5"], f"round to 0, 1, 2 or 3, or choose cut points ({ROUND})"),
        ("b", ["0.5", "-1.2"], f"round to 0, 1, 2 or 3, or choose cut points ({ROUND})"),
    ],
)
def test_a_threshold_is_named_only_where_it_works(
    track: str, cells: list[str], advice: str, make_file: Callable, validate_file: Callable
):
    file = make_file(track, "ron", "dev")
    for row, cell in zip(file.rows, cells, strict=False):
        row[1] = cell
    assert verdict(validate_file("pred_ron.csv", file.bytes()), "fraction-cell") == (False, advice)


def test_a_column_that_may_be_the_missing_one_is_not_deleted(make_file: Callable, validate_file: Callable):
    file = make_file("a", "ron", "dev")
    file.header[4] = "joyy"
    report = validate_file("pred_ron.csv", file.bytes())
    assert verdict(report, "unknown-column")[0] is False
    assert report.problems[-1].message == "column 5, 'joyy', is not a column of this file; did you mean 'joy'?"
    file.header[4] = "joy"
    for row in [file.header, *file.rows]:
        row.append("note" if row is file.header else "0")
    assert verdict(validate_file("pred_ron.csv", file.bytes()), "unknown-column")[0] is True


def test_a_mixed_file_is_split_only_if_its_parts_are_complete(make_file: Callable, validate_file: Callable):
    one, other = make_file("a", "ron", "dev"), make_file("a", "rus", "dev")
    rows = one.rows
    one.rows = rows + other.rows
    assert verdict(validate_file("pred_ron.csv", one.bytes()), "mixed-languages")[0] is True
    one.rows = rows + other.rows[:5]
    assert verdict(validate_file("pred_ron.csv", one.bytes()), "mixed-languages")[0] is False


def test_an_option_that_excludes_the_rows_is_named(make_file: Callable, validate_file: Callable):
    body = make_file("a", "ron", "dev").bytes()
    assert verdict(validate_file("pred_ron.csv", body, track="b"), "wrong-track") == (
        False,
        "predict the file of track b; or, if track a is correct, use --track a",
    )
    assert verdict(validate_file("pred_ron.csv", body, language="rus"), "wrong-language") == (
        False,
        "predict the file of language rus; or, if ron is correct, use --language ron",
    )
    assert verdict(validate_file("pred_rus.csv", body), "wrong-language")[0] is True


@pytest.mark.parametrize("word", ["none", "None", "nil", "no", "zero", "neutral"])
def test_none_beside_other_degrees_is_a_word_on_intensity_tracks(
    word: str, make_file: Callable, validate_file: Callable
):
    scale = [word, "low", "medium", "high"]
    file = make_file("b", "ron", "dev")
    for row in file.rows:
        row[1:] = [scale[int(cell)] for cell in row[1:]]
    report = validate_file("pred_ron.csv", file.bytes())
    assert report.counts == {"E514": 123 * 6}
    assert verdict(report, "text-cell") == (
        False,
        f"define the label of each word: semeval-emo fix --map {word.lower()}=0,low=1,medium=2,high=3",
    )


def test_none_is_a_missing_value_without_other_degrees(make_file: Callable, validate_file: Callable):
    for track, others in (("b", []), ("b", ["joyful"]), ("a", ["low"])):
        file = make_file(track, "ron", "dev")
        for row, cell in zip(file.rows, ["none", *others], strict=False):
            row[1] = cell
        report = validate_file(f"{track}/pred_ron.csv", file.bytes())
        assert report.counts == {"E508": 1} | ({"E514": 1} if others else {})


def test_several_systems_in_one_folder(make_file: Callable, write_files: Callable, run: Callable):
    """Each file is valid; `fix` has nothing to fix, and says so instead of refusing to merge them."""
    one, other = make_file("a", "ron", "dev"), make_file("a", "ron", "dev")
    other.rows[0][1] = "1" if other.rows[0][1] == "0" else "0"
    write_files({f"runs/bert/{one.name}": one.bytes(), f"runs/llama/{one.name}": other.bytes()})
    assert run("validate", "runs")[0] == 0
    assert run("fix", "runs")[:2] == (0, "Nothing to fix: runs is valid.\nNext: semeval-emo score runs\n")
    other.rows[0][1] = "1.0"
    write_files({f"runs/llama/{one.name}": other.bytes()})
    _, out, _ = run("validate", "runs")
    assert "2 files are for 2025 track a ron dev; semeval-emo fix takes them one at a time." in out
    assert "Next: semeval-emo fix" not in out
    assert run("fix", "runs")[0] == 1


def test_a_cell_of_one_part_is_judged_by_its_own_track(make_file: Callable, validate_file: Callable):
    one, other = make_file("a", "ron", "dev"), make_file("b", "rus", "dev")
    one.rows[0][1] = "True"
    one.rows += other.rows
    assert verdict(validate_file("pred_ron.csv", one.bytes()), "boolean-cell")[0] is True
    other.rows[0][1] = "True"
    assert verdict(validate_file("pred_ron.csv", one.bytes()), "boolean-cell")[0] is False
