"""Every problem inside a file: its code, line, message and fix."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest

from semeval_emo.submission import Report, catalogue, entry


def cell(row: int, column: int, text: str) -> Callable:
    """Replace one cell; `row` and `column` count from 0, and column 0 is the id."""

    def change_file(file) -> bytes:
        file.rows[row][column] = text
        return file.bytes()

    return change_file


def header(change: Callable[[list[str]], list[str]]) -> Callable:
    """Change the header."""

    def change_file(file) -> bytes:
        file.header = change(file.header)
        return file.bytes()

    return change_file


def line(number: int, change: Callable[[str], str]) -> Callable:
    """Change one line of text; numbers count from 1."""

    def change_file(file) -> bytes:
        lines = file.text().split("\n")
        lines[number - 1] = change(lines[number - 1])
        return "\n".join(lines).encode("utf-8", "surrogateescape")

    return change_file


def column(at: int, name: str, values: Callable[[int], str]) -> Callable:
    """Insert a column."""

    def change_file(file) -> bytes:
        file.header.insert(at, name)
        for n, row in enumerate(file.rows):
            row.insert(at, values(n))
        return file.bytes()

    return change_file


def whole(change: Callable) -> Callable:
    """Change the file."""

    def change_file(file) -> bytes:
        changed = change(file)
        return file.bytes() if changed is None else changed

    return change_file


def swap(file) -> None:
    file.rows[3], file.rows[4] = file.rows[4], file.rows[3]


def constant(file) -> None:
    for row in file.rows:
        row[2] = "1"


def zeros(file) -> None:
    for row in file.rows:
        row[1:] = ["0"] * len(row[1:])


def reverse(names: list[str]) -> list[str]:
    return [names[0], *reversed(names[1:])]


ID = "ron_dev_track_a_"

# A change of the dev file of ron, track A (123 rows), the counts of its codes, and the line and a part of the
# message or fix of the first problem.
CASES: dict[str, tuple[Callable, dict[str, int], int | None, str]] = {
    "empty": (whole(lambda f: b""), {"E301": 1}, None, "the file is empty"),
    "only blanks": (whole(lambda f: b"\n  \n\n"), {"E301": 1}, None, "the file is empty"),
    "a workbook": (whole(lambda f: b"\xd0\xcf\x11\xe0" + bytes(1000)), {"E302": 1}, None, "an old Excel"),
    "binary": (whole(lambda f: bytes(1000)), {"E302": 1}, None, "a binary file"),
    "UTF-16 LE": (whole(lambda f: b"\xff\xfe" + f.text().encode("utf-16-le")), {"E303": 1}, None, "in UTF-16-LE"),
    "UTF-16 BE": (whole(lambda f: b"\xfe\xff" + f.text().encode("utf-16-be")), {"E303": 1}, None, "in UTF-16-BE"),
    "UTF-16 bare": (whole(lambda f: f.text().encode("utf-16-le")), {"E303": 1}, None, "in UTF-16-LE"),
    "UTF-32": (whole(lambda f: b"\xff\xfe\0\0" + f.text().encode("utf-32-le")), {"E303": 1}, None, "in UTF-32-LE"),
    "BOM": (whole(lambda f: b"\xef\xbb\xbf" + f.bytes()), {"E304": 1}, 1, "byte order mark"),
    "latin-1": (line(5, lambda t: t + "\udce9"), {"E305": 1, "E514": 1}, 5, r"not UTF-8: ron_dev_track_a_00004,"),
    "NUL": (line(5, lambda t: t[:-1] + "\0" + t[-1]), {"E306": 1, "E515": 1}, 5, "contains NUL"),
    "semicolons": (whole(lambda f: f.bytes(delimiter=";")), {"E307": 1}, 1, "separated by ';'"),
    "tabs": (whole(lambda f: f.bytes(delimiter="\t")), {"E307": 1}, 1, r"separated by '\t'"),
    "quoted": (line(2, lambda t: '"' + t.replace(",", '","') + '"'), {"E308": 1}, 2, "without quoting"),
    "quoted header": (line(1, lambda t: '"' + t.replace(",", '","') + '"'), {"E308": 1}, 1, "without quoting"),
    "capitals": (header(lambda h: [n.title() for n in h]), {"E309": 1, "W419": 1}, 1, "id,anger,disgust,fear,joy"),
    "padded header": (header(lambda h: [h[0], f" {h[1]}", *h[2:]]), {"E310": 1}, 1, "the column name ' anger' has"),
    "hidden header": (header(lambda h: [h[0], f"{h[1]}\u200b", *h[2:]]), {"E310": 1}, 1, r"'anger\u200b'"),
    "other order": (whole(lambda f: _reordered(f)), {"E311": 1}, 1, "expected id,anger,disgust,fear"),
    "letters": (
        header(lambda h: [h[0], *(n[:2] for n in h[1:])]),
        {"E339": 1},
        1,
        "named after a label; 'an' has cells such as '",
    ),
    "no surprise": (whole(lambda f: _without(f, 6)), {"E312": 1}, 1, "has no column 'surprise'"),
    "no id column": (whole(lambda f: _without(f, 0)), {"E345": 1}, 1, "as many rows as ron dev of track a"),
    "LABEL_k": (header(lambda h: [h[0], *(f"LABEL_{k}" for k in range(6))]), {"E341": 1}, 1, "LABEL_0 to LABEL_5"),
    "vectors": (whole(lambda f: _vectors(f)), {"E342": 1}, 1, "vectors of 6 values in one column, pred"),
    "pipeline": (whole(lambda f: _outputs(f)), {"E343": 1}, 1, "pred has outputs of a pipeline"),
    "npz with names": (whole(lambda f: _npz(f)), {"E340": 1}, None, "the file is a NumPy archive, not CSV"),
    "an array": (whole(lambda f: _array(f)), {"E341": 1, "E345": 1}, 1, "the file is a NumPy array: the 6"),
    "id by another name": (header(lambda h: ["tweet_id", *h[1:]]), {"E332": 1}, 1, "'tweet_id' as id"),
    "angry": (header(lambda h: [h[0], "angry", *h[2:]]), {"E332": 1}, 1, "'angry' as anger"),
    "a score": (column(7, "score", lambda n: f"0.{n}"), {"E313": 1}, 1, "'score', is not a column of this file"),
    "joy twice": (column(5, "joy", lambda n: "0"), {"E314": 1}, 1, "'joy' is column 5 and also column 6"),
    "index": (column(0, "Unnamed: 0", str), {"E315": 1}, 1, "index=False"),
    "texts": (column(1, "text", lambda n: f"text {n}"), {"E316": 1, "E417": 1}, 1, "the column 'text' contains texts"),
    "comma in header": (column(7, "", lambda n: ""), {"E318": 1}, 1, "1 empty cell after the last column"),
    "commas in a row": (line(4, lambda t: t + ",,"), {"E318": 1}, 4, "2 empty cells after the last column"),
    "no header": (whole(lambda f: f.bytes().split(b"\n", 1)[1]), {"E319": 1}, 1, f"a row of data: {ID}00001,"),
    "header alone": (whole(lambda f: f.bytes().split(b"\n")[0]), {"E320": 1}, 1, "there are no rows after the header"),
    "wide": (whole(lambda f: b"id," + b"x," * 100_000), {"E321": 1}, 1, "the header has 100,002 columns"),
    "endless": (line(3, lambda t: t + "," + "0" * 3_000_000), {"E322": 1, "E401": 1}, 3, "more than 1,048,576"),
    "endless header": (whole(lambda f: b"id" * 2_000_000), {"E322": 1}, 1, "more than 1,048,576"),
    "CRLF": (whole(lambda f: f.bytes(newline="\r\n")), {"W323": 1}, None, "124 of 124 lines end in CR LF"),
    "CR": (whole(lambda f: f.bytes(newline="\r")), {"W324": 1}, None, "124 of 124 lines end in CR alone"),
    "missing": (whole(lambda f: f.rows.__delitem__(slice(3, 12))), {"E401": 9}, None, f"4 to {ID}00012 (9 ids)"),
    "surplus": (cell(122, 0, f"{ID}00124"), {"E402": 1, "E401": 1}, None, f"no row for {ID}00123"),
    "zero": (cell(0, 0, f"{ID}00000"), {"E402": 1, "E401": 1}, None, f"no row for {ID}00001"),
    "unknown": (cell(0, 0, "tweet-1"), {"E403": 1, "E401": 1}, None, f"no row for {ID}00001"),
    "same row twice": (whole(lambda f: f.rows.append(f.rows[7])), {"E404": 1}, 125, "on line 9, with the same"),
    "same bad row twice": (whole(lambda f: _bad_twice(f)), {"E404": 1, "E509": 2}, 125, "on line 9, with the same"),
    "two answers": (whole(lambda f: _twice(f)), {"E405": 1}, 125, "already on line 9, with other labels"),
    "no zeros": (cell(6, 0, f"{ID}7"), {"E406": 1}, 8, f"'{ID}7' should be '{ID}00007'"),
    "capital id": (cell(6, 0, f"{ID.upper()}00007"), {"E407": 1}, 8, f"should be '{ID}00007'"),
    "padded id": (cell(6, 0, f" {ID}00007"), {"E408": 1}, 8, f"it should be '{ID}00007'"),
    "no-break id": (cell(6, 0, f"{ID}00007\xa0"), {"E408": 1}, 8, r"00007\xa0' has whitespace, quotation marks or"),
    "blank id": (cell(6, 0, ""), {"E401": 1, "E409": 1}, None, f"no row for {ID}00007"),
    "other ids": (whole(lambda f: _numbered(f, "x{}y")), {"E403": 123, "E415": 1}, 2, "the task has no id 'x0y'"),
    "row numbers": (whole(lambda f: _numbered(f, "{}")), {"E345": 1}, 1, "row numbers (0 to 122) instead of ids"),
    "order": (whole(swap), {"W416": 1}, 5, f"found {ID}00005, expected {ID}00004"),
    "short": (line(4, lambda t: t.rsplit(",", 2)[0]), {"E501": 1}, 4, "has 5 cells, the header has 7"),
    "another separator": (line(4, lambda t: t.replace(",", ";")), {"E501": 1}, 4, "it is separated by ';', not by ','"),
    "long": (line(4, lambda t: t + ",1"), {"E502": 1}, 4, "has 8 cells, the header has 7"),
    "a quote": (line(4, lambda t: t.replace("ron", '"ron', 1)), {"E503": 1}, 4, "a quotation mark is not closed"),
    "header again": (whole(lambda f: f.rows.insert(60, f.header)), {"E505": 1}, 62, "the header is repeated"),
    "blank line": (line(7, lambda t: t + "\n"), {"E506": 1}, 8, "the line is blank"),
    "only commas": (line(7, lambda t: t + "\n,,,,,,"), {"E506": 1}, 8, "the line is blank"),
    "too many commas": (line(7, lambda t: t + "\n" + "," * 20), {"E506": 1}, 8, "the line is blank"),
    "blank": (cell(3, 2, ""), {"E507": 1}, 5, "the cell is blank; expected 0 or 1"),
    "blanks": (cell(3, 2, "  "), {"E507": 1}, 5, "the cell is blank; expected 0 or 1"),
    "NaN": (cell(3, 2, "NaN"), {"E508": 1}, 5, "'NaN' is a missing value"),
    "decimal": (cell(3, 2, "1.0"), {"E509": 1}, 5, "'1.0' is a decimal; expected 0 or 1"),
    "True": (cell(3, 2, "True"), {"E510": 1}, 5, "'True' is a boolean"),
    "probability": (cell(3, 2, "0.73"), {"E511": 1}, 5, "'0.73' is a fraction"),
    "an intensity": (cell(3, 2, "3"), {"E512": 1}, 5, "'3' is not 0 or 1"),
    "a logit": (cell(3, 2, "-2.31"), {"E521": 1}, 5, "'-2.31' is a score, from -2.31 to 1 in this file"),
    "infinity": (cell(3, 2, "inf"), {"E512": 1}, 5, "'inf' is not 0 or 1"),
    "plus": (cell(3, 2, "+1"), {"E513": 1}, 5, "'+1' is an unusual notation"),
    "full width": (cell(3, 2, "１"), {"E513": 1}, 5, "'１' is an unusual notation"),
    "a word": (cell(3, 2, "joy"), {"E514": 1}, 5, "'joy' is not 0 or 1"),
    "yes": (cell(3, 2, "yes"), {"E514": 1}, 5, "'yes' is not 0 or 1"),
    "zero width": (cell(3, 2, "1\u200b"), {"E515": 1}, 5, r"'1\u200b' contains invisible characters"),
    "line separator": (cell(3, 2, "1\u2028"), {"E515": 1}, 5, r"'1\u2028' contains invisible characters"),
    "padded": (cell(3, 2, " 1"), {"W516": 1}, 5, "' 1' has whitespace around it"),
    "comment": (whole(lambda f: b"# a model\n\n#run 3\n" + f.bytes()), {"E325": 2, "E506": 1}, 1, "header: # a model"),
    "sep=": (whole(lambda f: b"sep=;\n" + f.bytes(delimiter=";")), {"E307": 1, "E325": 1}, 2, "separated by ';'"),
    "a title in cells": (whole(lambda f: b"Team X 2025,,,,,\n" + f.bytes()), {"E325": 1}, 1, "header: Team X 2025"),
    "groups of columns": (whole(lambda f: b",pred,pred,pred\n" + f.bytes()), {"E325": 1}, 1, "header: ,pred,pred"),
    "a title": (whole(lambda f: b"Run 3, our best\nof May\n" + f.bytes()), {"E325": 2}, 1, "header: Run 3, our best"),
    "a title for a header": (
        whole(lambda f: b"Run 3, our best\n" + f.bytes().split(b"\n", 1)[1]), {"E326": 1}, 1, "not a header, since"
    ),
    "another header": (whole(lambda f: f.rows.insert(60, reverse(f.header))), {"E520": 1}, 62, "with other columns"),
    "blanks between": (whole(lambda f: f.bytes(delimiter=" ")), {"E307": 1}, 1, "separated by ' '"),
    "quoted id": (cell(6, 0, f"'{ID}00007"), {"E408": 1}, 8, f"it should be '{ID}00007'"),
    "constant": (whole(constant), {"W517": 1}, None, "1 in all 123 rows"),
    "all zero": (whole(zeros), {"W518": 1}, None, "every label in all 123 rows is 0"),
}  # fmt: skip


def _reordered(file) -> None:
    for row in [file.header, *file.rows]:
        row[1], row[4] = row[4], row[1]


def _without(file, at: int) -> None:
    for row in [file.header, *file.rows]:
        del row[at]


def _numbered(file, form: str) -> None:
    for n, row in enumerate(file.rows):
        row[0] = form.format(n)


def _vectors(file) -> None:
    file.header = ["id", "pred"]
    file.rows = [[row[0], " ".join(row[1:])] for row in file.rows]


def _outputs(file) -> bytes:
    stream = io.StringIO()
    rows = [[row[0], [{"label": f"LABEL_{k}", "score": int(c)} for k, c in enumerate(row[1:])]] for row in file.rows]
    csv.writer(stream).writerows([["id", "pred"], *rows])
    return stream.getvalue().replace("\r", "").encode()


def _npz(file) -> bytes:
    stream = io.BytesIO()
    ids, *columns = zip(*file.rows, strict=True)
    labels = np.array(columns).T.astype(int)
    np.savez(stream, ids=np.array(ids), predictions=labels, emotions=np.array(file.header[1:]))
    return stream.getvalue()


def _array(file) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([[int(cell) for cell in row[1:]] for row in file.rows]))
    return stream.getvalue()


def _bad_twice(file) -> None:
    """A row with a bad cell is repeated without changes."""
    file.rows[7][2] = "1.0"
    file.rows.append(list(file.rows[7]))


def _twice(file) -> None:
    row = list(file.rows[7])
    row[1] = "1" if row[1] == "0" else "0"
    file.rows.append(row)


@pytest.mark.parametrize("case", CASES)
def test_each_problem_is_reported(case: str, make_file: Callable, validate_file: Callable):
    change, counts, first_line, part = CASES[case]
    file = make_file("a", "ron", "dev")
    report: Report = validate_file(file.name, change(file))
    assert report.counts == counts
    first = report.problems[0]
    assert first.line == first_line
    assert part in f"{first.message} / {first.fix}"
    assert report.valid == all(code.startswith("W") for code in counts)


def test_mixed_splits(make_file: Callable, validate_file: Callable):
    test, dev = make_file("a", "ron"), make_file("a", "ron", "dev")
    test.rows += dev.rows[:3]
    report = validate_file(test.name, test.bytes())
    assert report.counts == {"E411": 1}
    assert report.problems[0].message == (
        "lines 1121 to 1123 are of split dev (3 of its 123 rows), in a file with 1,119 rows of 2025 track a ron test"
    )


def test_mixed_languages(make_file: Callable, validate_file: Callable):
    ron, rus = make_file("a", "ron"), make_file("a", "rus")
    ron.rows += rus.rows
    report = validate_file(ron.name, ron.bytes())
    assert report.counts == {"E412": 1}


def test_mixed_tracks_of_intensities_and_labels(make_file: Callable, validate_file: Callable):
    a, b = make_file("a", "ron"), make_file("b", "ron")
    a.rows += b.rows
    report = validate_file(a.name, a.bytes())
    # Each row is judged by its own track.
    assert set(report.counts) == {"E410"}
    a.rows[3][1] = "2"
    assert validate_file(a.name, a.bytes()).counts == {"E410": 1, "E512": 1}


def test_surplus_emotion(make_file: Callable, validate_file: Callable):
    file = make_file("a", "eng")
    report = validate_file(file.name, column(2, "disgust", lambda n: "0")(file))
    assert report.counts == {"E317": 1}
    assert report.problems[0].message == "the gold labels of this language have no 'disgust'"


def test_an_unclosed_quote_does_not_swallow_lines(make_file: Callable, validate_file: Callable):
    """As in frictionless-py#1048, where 68 rows disappeared in one cell and the file was valid."""
    file = make_file("a", "ron", "dev")
    file.rows[33][1] = f'"{file.rows[33][1]}'
    file.rows[101][6] = f'{file.rows[101][6]}"'
    report = validate_file(file.name, file.bytes())
    assert report.counts == {"E503": 2}
    assert report.problems[0].message == (
        "a quotation mark is not closed on its line; a CSV reader would read lines 35 to 103 as one row"
    )
    assert report.files[0].rows == 123


def test_a_text_with_line_breaks(make_file: Callable, validate_file: Callable):
    file = make_file("a", "ron", "dev")
    body = column(1, "text", lambda n: '"first\nsecond, third"' if n == 4 else "text")(file)
    report = validate_file(file.name, body)
    assert report.counts == {"E316": 1, "E504": 1}
    assert report.problems[1].message == "a quoted cell spans lines 6 to 7"


def test_a_line_separator_in_a_text_does_not_end_a_line(make_file: Callable, validate_file: Callable):
    """str.splitlines breaks lines at U+2028, which one text of the real data contains."""
    file = make_file("a", "ron", "dev")
    body = column(1, "text", lambda n: "one\u2028two\x0bthree\x85four" if n == 4 else "text")(file)
    report = validate_file(file.name, body)
    assert report.counts == {"E316": 1}
    assert report.files[0].lines == 124


def test_problems_are_the_first_five_and_counts_are_complete(make_file: Callable, validate_file: Callable):
    file = make_file("b", "ron")
    for row in file.rows:
        row[3] = "0.5"
    report = validate_file(file.name, file.bytes())
    assert report.counts == {"E511": 1119}
    assert [(one.line, one.column, one.value) for one in report.problems] == [(n, "fear", "0.5") for n in range(2, 7)]


def test_line_numbers_after_blank_lines(make_file: Callable, validate_file: Callable):
    file = make_file("a", "ron", "dev")
    file.rows[50][1] = "x"
    report = validate_file(file.name, file.bytes().replace(b"\n", b"\n\n\n", 10))
    assert [one.line for one in report.problems if one.code == "E514"] == [72]


def test_all_problems_are_reported_at_once_in_order(make_file: Callable, validate_file: Callable):
    file = make_file("a", "ron", "dev")
    file.header = [name.upper() for name in file.header]
    file.rows[1][0] = f"{ID}2"
    file.rows[2][1] = "nan"
    del file.rows[9]
    report = validate_file("track_b/pred_ron_x.csv", b"\xef\xbb\xbf" + file.bytes(newline="\r\n"))
    codes = list(dict.fromkeys(one.code for one in report.problems))
    assert codes == ["E201", "E206", "E304", "E309", "W323", "E401", "E406", "E508"]


def test_every_code_of_files_has_a_case():
    """Those of archives and names are made in test_catalogue, releases in test_fit, the rest here."""
    in_cases = {code for _, counts, _, _ in CASES.values() for code in counts}
    # E522: only `fix` has a map of words. W523: Task 11 has no neutral label (tests/scoring/test_weights.py).
    in_tests_of_their_own = {f"E33{number}" for number in range(9)} | {
        "W519",
        "W523",
        "E317",
        "E410",
        "E411",
        "E412",
        "E413",
        "E414",
        "E420",
        "E430",
        "W418",
        "E504",
        "E522",
        "E344",
        "E329",
        "E346",
        "E347",
        "E348",
        "E349",
        "E350",
    }
    assert {one.code for one in catalogue().values() if one.code[1] in "345"} == in_cases | in_tests_of_their_own


def test_the_catalogue_is_not_read_for_a_valid_file(make_file: Callable, validate_file: Callable):
    """Parsing it would add 3 % to the time of `validate`."""
    catalogue.cache_clear()
    file = make_file("a", "ron", "dev")
    assert validate_file(file.name, file.bytes()).valid
    assert catalogue.cache_info().currsize == 0


def test_every_entry_is_complete():
    # The official scorers are those of Task 11, in whose layout these cannot occur.
    of_other_layouts = {"missing-texts", "surplus-header", "label-columns", "label-form"}
    for one in catalogue().values():
        assert one.explanation and one.fix and one.message and one.title, one.code
        assert one.official or one.name in {"unreadable", *of_other_layouts}, one.code
        assert entry(one.code) is one
