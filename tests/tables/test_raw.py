"""`RawTable`: lines, encodings and quotes, also in files larger than a chunk."""

from __future__ import annotations

import io

import pytest

from semeval_emo.tables import raw
from semeval_emo.tables.raw import MAX_LINE, RawTable


def read(body: bytes) -> RawTable:
    return RawTable(io.BytesIO(body))


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_lines_are_split_correctly_across_chunks(newline: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("semeval_emo.tables.raw.CHUNK", 5000)
    monkeypatch.setattr("semeval_emo.tables.raw.MAX_LINE", 5000)
    lines = [b"id,joy", *(b"x_%d,%d" % (n, n % 2) for n in range(20_000))]
    table = read(newline.join(lines) + newline)
    assert list(table.rows()) == [(n + 2, [f"x_{n}", str(n % 2)]) for n in range(20_000)]
    assert table.newlines[newline.decode()] == table.lines == 20_001
    assert table.anomalies["long-line"].count == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_characters_are_decoded_correctly_across_chunks(encoding: str):
    rows = [["id", "é😀"], *([str(n), "é😀" * 50] for n in range(8_000))]
    table = read("".join(",".join(row) + "\n" for row in rows).encode(encoding))
    assert table.header == rows[0]
    assert [cells for _, cells in table.rows()] == rows[1:]
    assert table.bom == (encoding != "utf-8")


def test_a_long_line_is_skipped():
    body = b"id,joy\na,1\n" + b"b," + b"1" * (5 * MAX_LINE) + b"\nc,0\n"
    table = read(body)
    assert list(table.rows()) == [(2, ["a", "1"]), (4, ["c", "0"])]
    assert table.anomalies["long-line"].first == [(3, "")]


def test_a_file_with_one_long_line():
    table = read(b"x" * (3 * MAX_LINE))
    assert (table.header, table.anomalies["long-line"].count, table.lines) == ([], 1, 1)


@pytest.mark.parametrize(
    ("body", "above", "header"),
    [
        (b"Our best run\n\nof May\nid,joy\na,1\n", [1, 3], ["id", "joy"]),
        (b"Our best, of May; it is good\n'ID';joy;fear\na;1;0\n", [1], ["'ID'", "joy", "fear"]),
        # A row with as many cells as the header is data; a header is searched for in the next five lines.
        (b"a,1\nid,joy\nb,0\n", [], ["a", "1"]),
        (b"title\n" + b"a,1\n" * 5 + b"id,joy\n", [], ["title"]),
        (b"title\nid\na\n", [], ["title"]),
        (b"title\n" + b"x" * (2 * MAX_LINE) + b"\nid,joy\n", [1], ["id", "joy"]),
    ],
)
def test_free_text_above_a_header(body: bytes, above: list[int], header: list[str]):
    table = read(body)
    assert ([line for line, _ in table.anomalies["above-header"].first], table.header) == (above, header)


def test_the_last_line_without_a_line_end():
    table = read(b"id,joy\na,1")
    assert list(table.rows()) == [(2, ["a", "1"])]


ROWS = [f"x_{n},0,{n % 2},1" for n in range(2_000)]
UNCLOSED = {
    "at the start": [f'"{ROWS[0]}', *ROWS[1:]],
    "in the middle": [*ROWS[:1_000], ROWS[1_000].replace(",0,", ',"0,'), *ROWS[1_001:]],
    "at the end": [*ROWS[:-1], f'"{ROWS[-1]}'],
    "in every row": [f'"{row}' for row in ROWS],
    "in every last cell": [f'{row[:-1]}"{row[-1]}' for row in ROWS],
    "in every 60th row": [f'"{row}' if n % 60 == 0 else row for n, row in enumerate(ROWS)],
    "before texts with doubled marks": [f'x_{n},"it said ""a""\n{"and b"}\n' * 60 for n in range(20)],
    "before cells that are closed and opened again": ['x_1,"a', *['",1,"a'] * 2_000],
    "alone on its line": ['"'] * 2_000,
}


@pytest.mark.parametrize("rows", UNCLOSED.values(), ids=UNCLOSED)
def test_unclosed_quotes_are_read_in_linear_time(rows: list[str], monkeypatch: pytest.MonkeyPatch):
    """Every character is split twice at most: with its own line, and with the cell that it may close."""
    body = "id,anger,fear,joy\n" + "".join(f"{row}\n" for row in rows)
    split, characters = raw._split, 0

    def counted(text: str, delimiter: str) -> tuple[list[str], str]:
        nonlocal characters
        characters += len(text)
        return split(text, delimiter)

    monkeypatch.setattr(raw, "_split", counted)
    table = read(body.encode())
    assert list(table.rows())
    assert table.anomalies["stray-quote"].count + table.anomalies["multiline-cell"].count > 0
    assert characters <= 2.1 * len(body)


def test_each_unclosed_quote_is_reported_where_it_opens():
    body = "id,joy\n" + "".join(f'"x_{n},1\n' if n % 2 else f"x_{n},1\n" for n in range(3_000))
    table = read(body.encode())
    assert [cells for _, cells in table.rows()] == [[f"x_{n}", "1"] for n in range(3_000)]
    assert table.anomalies["stray-quote"].count == 1_500
    assert table.anomalies["stray-quote"].first == [(line, "") for line in (3, 5, 7, 9, 11)]
    # Its detail is the line where a CSV reader would close it.
    table = read(b'id,joy\nx_1,"1\nx_2,0\nx_3,1"\n')
    assert [cells for _, cells in table.rows()] == [["x_1", "1"], ["x_2", "0"], ["x_3", "1"]]
    assert table.anomalies["stray-quote"].first == [(2, "4"), (4, "")]


def test_a_separator_line_is_read_in_linear_time():
    """Regular expressions that try every split of the tabs would take seconds."""
    body = b"sep=" + b"\t" * 20_000 + b"x\nid,joy\na,1\n"
    assert list(read(body).rows())
    assert read(b'"sep=;"\t ,\nid;joy\n').header == ["id", "joy"]


def test_a_multiline_cell_gives_one_row_with_its_first_line():
    table = read(b'id,text,joy\nx_1,"one\n\n""two""",1\nx_2,three,0\n')
    assert list(table.rows()) == [(2, ["x_1", 'one\n\n"two"', "1"]), (5, ["x_2", "three", "0"])]
    assert table.anomalies["multiline-cell"].first == [(2, "4")]
    assert table.anomalies["blank-line"].count == 0


@pytest.mark.parametrize(
    ("body", "magic"),
    [(b"\x80\x04\x95abc", "a Python pickle"), (b"\x1f\x8b\x08abc", "a gzip file"), (bytes(range(4)) * 99, "")],
)
def test_binary_formats_are_detected_by_their_first_bytes(body: bytes, magic: str):
    assert read(body).magic == magic
