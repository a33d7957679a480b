"""Seeded mutations of valid files: of bytes, lines, cells, values, encodings and the fields of zips.

`fuzz_readers.py` uses them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import zipfile
from collections.abc import Callable

BYTES = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\r", b"\n", b"\r\n", b'"', b"'", b",", b";", b"\t",
    b"\\",
    b"{", b"}", b"[", b"]", b"=", b"#", b"\x1b[31m", b"\x85", "\u2028\u202e\ufeff".encode(), "０１".encode(),
    b"PK\x05\x06",
    b"PK\x01\x02", b"PK\x03\x04", b"PK\x06\x06", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x1f\x8b\x08", b"BZh9", b"%s%n",
    b"..",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "1", "2", "-1", "1.0", "0.5", "nan", "inf", "-inf", "1e400", "1e-400", "true", "True", "none", "None",
    "NA", "٣", "１", "1_0", "+1", "0x1", "1,0", "a" * 300, "9" * 4301, "9" * 20, "\0", "\u202e", "é", "=1+1", "id",
    "text",
    "anger", "joy", "fear", "Joy", "happiness", "sample_eng_test_a_0001", "sample_eng_test_a_9999", "../x", "a/b",
    "{0.__class__}", "{id!r:>999999999}", "%(x)s", "[", "{", '"',
)  # fmt: skip
TOML_VALUES = (
    "true", "false", "0", "1", "-1", "2", "1.5", "nan", "inf", "-inf", "1e400", "9" * 20, "9" * 4301, "0x" + "f" * 5000,
    "2000000000", "''", "'a'", '"\\u0000"', '"\\u001b[31m"', '"{0.__class__}"', '"{id!r:>999999999}"', "[]", "[[]]",
    "{}",
    "[1, 'a']", "['a', 'a']", "{ a = 1 }", "2026-01-01", "07:32:00", "1979-05-27T07:32:00Z", "[" * 60 + "]" * 60,
    "'" + "x" * 5000 + "'", '"accuracy"', '"f1"', '"A"', '"a/eng/test"', '"x/y/z"', '"\\ud83d"', '"../../x"',
)  # fmt: skip
JSON_VALUES = (
    "null", "true", "false", "0", "1", "-1", "1.5", "NaN", "Infinity", "-Infinity", "1e400", "9" * 20, "9" * 4301, '""',
    '"a"', '"\\u0000"', '"\\ud83d"', "[]", "[[]]", "{}", "[1, 2]", '["a"]', '{"a": 1}', "[" * 60 + "]" * 60,
    '"' + "x" * 5000 + '"', '"accuracy"', '"../../x"', '"done"', "[0.5, 0.5]", "[[0.5]]", "[null]", "2000000000",
)  # fmt: skip


def any_bytes(body: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(body) + 1)
    end = min(len(body), at + rng.choice((1, 1, 2, 8, 64, 1000)))
    match rng.randrange(9):
        case 0:
            return body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]
        case 1:
            return body[:at] + rng.choice(BYTES) + body[at:]
        case 2:
            return body[:at] + rng.choice(BYTES) + body[end:]
        case 3:
            return body[:at] + body[end:]
        case 4:
            return body[:at] + body[at:end] * rng.choice((2, 3, 200)) + body[end:]
        case 5:
            return body[:at]
        case 6:
            return body[at:]
        case 7:
            other = rng.randrange(len(body) + 1)
            return body[:at] + body[other : other + end - at] + body[end:]
        case _:
            return body[:at] + rng.choice(BYTES) * rng.choice((2, 100, 5000)) + body[at:]


def lines(body: bytes, rng: random.Random) -> bytes:
    rows = body.split(b"\n")
    at, other = rng.randrange(len(rows)), rng.randrange(len(rows))
    match rng.randrange(6):
        case 0:
            del rows[at]
        case 1:
            rows[at : at + 1] = [rows[at]] * rng.choice((2, 3, 2000))
        case 2:
            rows[at], rows[other] = rows[other], rows[at]
        case 3:
            rows.insert(at, rng.choice((b"", b",,,", b"   ", b"# comment", b"sep=;", b'"', rows[0])))
        case 4:
            rows = rows[: at + 1]
        case _:
            rng.shuffle(rows)
    return rng.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r")).join(rows)


def cells(body: bytes, rng: random.Random) -> bytes:
    rows = [row.split(",") for row in body.decode("utf-8", "surrogateescape").split("\n")]
    at = rng.randrange(len(rows))
    column = rng.randrange(len(rows[at]))
    text = rng.choice(TEXTS)
    match rng.randrange(8):
        case 0 | 1:
            rows[at][column] = text
        case 2:
            rows[0][column % len(rows[0])] = text
        case 3:
            del rows[at][column]
        case 4:
            rows[at].insert(column, text)
        case 5:
            for row in rows:
                row[column:] = [text, *row[column + 1 :]]
        case 6:
            for row in rows:
                row.insert(column, text)
        case _:
            rows[at][column] = '"' + text + rows[at][column]
    separator = rng.choice((",", ",", ",", ";", "\t", "|", ", "))
    return "\n".join(separator.join(row) for row in rows).encode("utf-8", "surrogateescape")


_VALUE = re.compile(rb'"(?:[^"\\\n]|\\.)*"|(?<![\w.-])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')
_KEY = re.compile(rb'(?m)^[ ]*(?:[\w-]+|"[^"\n]*")(?=\s*=)|"[^"\n]*"(?=\s*:)|(?<=\[)[\w."-]+(?=\])')


def values(choices: tuple[str, ...]) -> Callable[[bytes, random.Random], bytes]:
    """Return a mutation that replaces a value or a key, doubles it, or deletes the line of it."""

    def mutate(body: bytes, rng: random.Random) -> bytes:
        spans = [match.span() for match in (_VALUE if rng.random() < 0.7 else _KEY).finditer(body)]
        if not spans:
            return any_bytes(body, rng)
        start, end = rng.choice(spans)
        match rng.randrange(5):
            case 0 | 1 | 2:
                return body[:start] + rng.choice(choices).encode() + body[end:]
            case 3:
                other = rng.choice(spans)
                return body[:start] + body[slice(*other)] + body[end:]
            case _:
                first, last = body.rfind(b"\n", 0, start) + 1, body.find(b"\n", end)
                return body[:first] + body[len(body) if last < 0 else last :]

    return mutate


def encoded(body: bytes, rng: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    match rng.randrange(8):
        case 0:
            return text.encode("utf-16")
        case 1:
            return text.encode("utf-8-sig")
        case 2:
            return text.encode("latin-1", "replace")
        case 3:
            return gzip.compress(body)
        case 4:
            return bz2.compress(body)
        case 5:
            return lzma.compress(body)
        case 6:
            return zipped({"track_a/pred_eng.csv": body}, rng)
        case _:
            return text.encode("utf-32-le")


def zip_fields(body: bytes, rng: random.Random) -> bytes:
    """Overwrite a field of one of the records of a zip, or its whole end."""
    records = [m.start() for m in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x06\x06|\x06\x07)", body)]
    if not records:
        return any_bytes(body, rng)
    at = rng.choice(records) + rng.randrange(4, 46)
    number = rng.choice((0, 1, 2, 8, 9, 12, 14, 99, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(body), len(body) // 2))
    width = rng.choice((1, 2, 4))
    return body[:at] + (number % 256**width).to_bytes(width, "little") + body[at + width :]


def zipped(entries: dict[str, bytes], rng: random.Random) -> bytes:
    whole = io.BytesIO()
    methods = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with zipfile.ZipFile(whole, "w", rng.choices(methods, (6, 6, 1, 1))[0]) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
        if rng.random() < 0.1:
            archive.comment = rng.choice(BYTES) * rng.choice((1, 100, 10_000))
    return whole.getvalue()


ZIP_NAMES = (
    "track_a/pred_eng.csv", "track_b/pred_eng.csv", "pred_eng.csv", "../pred_eng.csv", "/pred_eng.csv",
    "C:/pred_eng.csv",
    "track_a\\pred_eng.csv", "track_a/", "track_a/pred_eng.csv/", "__MACOSX/._pred_eng.csv",
    "track_a/.ipynb_checkpoints/pred_eng.csv",
    "a" * 300 + "/pred_eng.csv", "track_a/pred_\u202eeng.csv", "track_a/pred_\x1b[31m.csv", "inner.zip", "readme.md",
    "track_A/PRED_ENG.CSV",
    "track_a/pred_eng_a.csv", "x/" * 200 + "pred_eng.csv", "prob_eng.csv",
)  # fmt: skip


def zip_of(bodies: list[bytes], rng: random.Random) -> bytes:
    """Return a zip with some entries of odd names and contents."""
    entries = {}
    for _ in range(rng.choice((0, 1, 1, 1, 2, 5))):
        body = rng.choice(bodies)
        if rng.random() < 0.3:
            body = rng.choice((any_bytes, lines, cells, encoded))(body, rng)
        elif rng.random() < 0.1:
            body = rng.choice((b"", b"0" * 3_000_000, zipped({"track_a/pred_eng.csv": body}, rng)))
        entries[rng.choice(ZIP_NAMES)] = body
    return zipped(entries, rng)


CSV, TOML, JSON = (cells, cells, lines), (values(TOML_VALUES),) * 3, (values(JSON_VALUES),) * 3


def mutated(body: bytes, kinds: tuple[Callable[[bytes, random.Random], bytes], ...], rng: random.Random) -> bytes:
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        mutate = rng.choice((*kinds, *kinds, any_bytes, any_bytes, lines)) if rng.random() < 0.97 else encoded
        body = mutate(body, rng)[:1_000_000]
    return body


ZIPS = (zip_fields,)
