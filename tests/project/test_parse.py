"""JSON and TOML files of any origin are read, or refused with the name of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo import parse
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.parse import ShapeError, expect, member, members, read_json, read_toml


def write(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "it is not valid JSON (Expecting value: line 1 column 1 (char 0))"),
        (b"{", "it is not valid JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
        (b"\x00", "it is not valid JSON (Expecting value: line 1 column 1 (char 0))"),
        (b"[" * 51 + b"]" * 51, "it is nested deeper than 50 levels"),
        (b"[" * 100_000, "it is nested deeper than 50 levels"),
        (b'{"a":' * 100_000, "it is nested deeper than 50 levels"),
        (b'{"a": [{"b": 1, "c": 2, "b": 3}]}', "the key 'b' occurs twice"),
        (
            b"9" * 5000,
            "it is not valid JSON (Exceeds the limit (4300 digits) for integer string conversion: "
            "value has 5000 digits)",
        ),
    ],
)
def test_invalid_json_is_an_input_error(body: bytes, message: str, tmp_path: Path):
    path = write(tmp_path / "run.json", body)
    with pytest.raises(InputError) as caught:
        read_json(path, fix="--fresh")
    assert (caught.value.message, caught.value.fix) == (f"{path} cannot be read: {message}.", "--fresh")


@pytest.mark.parametrize("read", [read_json, read_toml])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xff\xfe{", "{path} is not UTF-8: byte 0 cannot be decoded."),
        (b"a = '\xe9'", "{path} is not UTF-8: byte 5 cannot be decoded."),
    ],
)
def test_bytes_that_are_not_utf8_are_an_input_error(read, body: bytes, message: str, tmp_path: Path):
    path = write(tmp_path / "x", body)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.message == message.format(path=path)
    assert caught.value.fix == "save the file again as UTF-8"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a = ", "Invalid value (at end of document)"),
        (b"a = " + b"[" * 100_000, "it is nested deeper than 50 levels"),
        (b"a = " + b"[" * 50 + b"]" * 50, "it is nested deeper than 50 levels"),
        (b"a" + b".a" * 100_000 + b" = 1", "a key has more than 50 parts"),
        (b"['a'" + b' . "a"' * 51 + b"]", "a key has more than 50 parts"),
        (b"a = " + b"9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion"),
        (b"a = 2027-02-30", "Invalid date or datetime"),
        (b"a = 1\na = 2", "Cannot overwrite a value"),
    ],
)
def test_invalid_toml_is_an_error(body: bytes, message: str, tmp_path: Path):
    path = write(tmp_path / "x.toml", body)
    with pytest.raises(UsageError) as caught:
        read_toml(path)
    assert caught.value.message.startswith(f"{path} is not valid TOML: {message}")


def test_a_byte_order_mark_is_skipped(tmp_path: Path):
    assert read_json(write(tmp_path / "x.json", b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}
    assert read_toml(write(tmp_path / "x.toml", b"\xef\xbb\xbfa = 1\r\n")) == {"a": 1}


def test_files_that_are_too_large_are_not_parsed(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(parse, "JSON_BYTES", 10)
    monkeypatch.setattr(parse, "TOML_BYTES", 10)
    for read in (read_json, read_toml):
        with pytest.raises(InputError, match=r"x cannot be read: it is larger than 10 bytes\."):
            read(write(tmp_path / "x", b" " * 11))
        with pytest.raises(InputError, match=r"^The board .*: No such file or directory\."):
            read(tmp_path / "none", "The board")
        with pytest.raises(InputError, match="Is a directory"):
            read(tmp_path)
        with pytest.raises(InputError, match="null byte"):
            read(Path("a\0b"))
    with pytest.raises(InputError, match="larger than 10 bytes"):
        read_json(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expect("3", int, "rows"), "'rows' is text, expected an integer"),
        (lambda: expect(True, float, "x"), "'x' is true or false, expected a number"),
        (lambda: expect(10**400, float, "x"), "'x' is an integer, expected a number"),
        (lambda: member([], "a", int), "it is not a table"),
        (lambda: member({}, "a", int, where="b"), "the key 'a' is missing"),
        (lambda: member({"a": None}, "a", dict, where="b"), "'b.a' is null, expected a table"),
        (lambda: members({"a": ["x", 1]}, "a", str), "'a[1]' is an integer, expected text"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(call, message: str):
    with pytest.raises(ShapeError) as caught:
        call()
    assert str(caught.value) == message
    assert not isinstance(caught.value, EmoError)
