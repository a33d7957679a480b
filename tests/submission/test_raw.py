"""The reader: lines, encodings and quotes of files larger than what it holds at once."""

from __future__ import annotations

import io

import pytest

from semeval_emo.submission.raw import MAX_LINE, MAX_QUOTE_SEARCHES, RawTable


def table(body: bytes) -> RawTable:
    return RawTable(io.BytesIO(body))


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_lines_are_cut_alike_in_files_of_many_chunks(newline: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("semeval_emo.submission.raw.CHUNK", 5000)
    monkeypatch.setattr("semeval_emo.submission.raw.MAX_LINE", 5000)
    lines = [b"id,joy", *(b"x_%d,%d" % (n, n % 2) for n in range(20_000))]
    one = table(newline.join(lines) + newline)
    assert list(one.rows()) == [(n + 2, [f"x_{n}", str(n % 2)]) for n in range(20_000)]
    assert one.newlines[newline.decode()] == one.lines == 20_001
    assert one.anomalies["long-line"].count == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_over_chunks(encoding: str):
    rows = [["id", "é😀"], *([str(n), "é😀" * 50] for n in range(8_000))]
    one = table("".join(",".join(row) + "\n" for row in rows).encode(encoding))
    assert one.header == rows[0]
    assert [cells for _, cells in one.rows()] == rows[1:]
    assert one.bom == (encoding != "utf-8")


def test_a_line_that_never_ends_is_left_out():
    body = b"id,joy\na,1\n" + b"b," + b"1" * (5 * MAX_LINE) + b"\nc,0\n"
    one = table(body)
    assert list(one.rows()) == [(2, ["a", "1"]), (4, ["c", "0"])]
    assert one.anomalies["long-line"].first == [(3, "")]


def test_a_file_that_is_one_endless_line():
    one = table(b"x" * (3 * MAX_LINE))
    assert (one.header, one.anomalies["long-line"].count, one.lines) == ([], 1, 1)


@pytest.mark.parametrize(
    ("body", "above", "header"),
    [
        (b"Our best run\n\nof May\nid,joy\na,1\n", [1, 3], ["id", "joy"]),
        (b"Our best, of May; it is good\n'ID';joy;fear\na;1;0\n", [1], ["'ID'", "joy", "fear"]),
        # A row of data, with as many cells, may not go; nor may what has no header near it.
        (b"a,1\nid,joy\nb,0\n", [], ["a", "1"]),
        (b"title\n" + b"a,1\n" * 5 + b"id,joy\n", [], ["title"]),
        (b"title\nid\na\n", [], ["title"]),
        (b"title\n" + b"x" * (2 * MAX_LINE) + b"\nid,joy\n", [1], ["id", "joy"]),
    ],
)
def test_free_text_above_a_header(body: bytes, above: list[int], header: list[str]):
    one = table(body)
    assert ([line for line, _ in one.anomalies["above-header"].first], one.header) == (above, header)


def test_the_last_line_without_its_end():
    one = table(b"id,joy\na,1")
    assert list(one.rows()) == [(2, ["a", "1"])]
    assert not one.final_newline


def test_open_quotes_without_end_cost_no_more_than_a_bound():
    body = b"id,joy\n" + b'"a,1\n' * (MAX_QUOTE_SEARCHES + 500)
    one = table(body)
    assert len(list(one.rows())) == MAX_QUOTE_SEARCHES + 500
    assert one.anomalies["stray-quote"].count == MAX_QUOTE_SEARCHES + 500


def test_a_cell_over_lines_is_one_row_with_its_first_line():
    one = table(b'id,text,joy\nx_1,"one\n\n""two""",1\nx_2,three,0\n')
    assert list(one.rows()) == [(2, ["x_1", 'one\n\n"two"', "1"]), (5, ["x_2", "three", "0"])]
    assert one.anomalies["multiline-cell"].first == [(2, "4")]
    assert one.anomalies["blank-line"].count == 0


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"\x80\x04\x95abc", "a Python pickle"), (b"\x1f\x8b\x08abc", "a gzip file"), (bytes(range(4)) * 99, "")],
)
def test_what_is_no_text_is_told_by_its_first_bytes(body: bytes, what: str):
    assert table(body).magic == what
