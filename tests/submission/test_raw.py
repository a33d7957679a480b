"""The reader of broken files reads whole ones as the standard library does."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.submission.raw import RawTable

WORDS = ["a", "1", '"', " ", "é", "x y", "\u2028", "\u00a0"]


def cells(*more: str) -> st.SearchStrategy[list[list[str]]]:
    """Rows of three cells after the id, each of a few of these words."""
    cell = st.lists(st.sampled_from([*WORDS, *more]), max_size=5).map("".join)
    return st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=6)


def both(rows: list[list[str]], quoting: int, delimiter: str, newline: str) -> tuple[list, list]:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=newline, quoting=quoting, delimiter=delimiter)
    writer.writerows([["id", "text", "joy", "fear"], *([f"id{n}", *row] for n, row in enumerate(rows))])
    table = RawTable(io.BytesIO(out.getvalue().encode()))
    expected = list(csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=delimiter))
    return [table.header, *(row for _, row in table.rows())], expected


@settings(max_examples=200, deadline=None)
@given(
    rows=cells(",", ";"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    delimiter=st.sampled_from(",;\t"),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_rows_on_one_line_each_are_read_as_csv_reads_them(rows, quoting, delimiter, newline):
    seen, expected = both(rows, quoting, delimiter, newline)
    assert seen == expected


@settings(max_examples=200, deadline=None)
@given(rows=cells("\n"), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_cells_over_several_lines_are_read_as_csv_reads_them(rows, quoting):
    """Also where a quotation mark stands at the end of a line, doubled."""
    seen, expected = both(rows, quoting, ",", "\n")
    assert seen == expected
