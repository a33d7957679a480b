"""`zoo predict`: input formats of files and pipes, and errors."""

from __future__ import annotations

import csv
import io
import itertools
import os
import threading
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.zoo.dataset.texts import LineReader, read_texts
from semeval_emo.zoo.inference.predict import predict
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.training.train import train

HEADER = "id,anger,fear,joy,sadness,surprise\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model with the same prediction for every text."""
    return train(load_recipe("constant-all"), source="sample", runs=tmp_path_factory.mktemp("runs")).folder.model


@pytest.fixture
def run_predict(model: Path, tmp_path: Path, monkeypatch, cli):
    """Return a function that runs the command on the bytes of a named file, or of a pipe."""
    monkeypatch.chdir(tmp_path)

    def run(body: bytes, name: str = "", *words: str) -> tuple[int, str, str]:
        if name:
            Path(name).write_bytes(body)
            return cli("zoo", "predict", model, name, "--as", "labels", *words)
        reader, writer = os.pipe()
        os.write(writer, body)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as stream:
            monkeypatch.setattr("sys.stdin", stream)
            return cli("zoo", "predict", model, "--as", "labels", *words)

    return run


def ids(out: str) -> list[str]:
    assert out.startswith(HEADER)
    return [row[0] for row in csv.reader(io.StringIO(out))][1:]


CSV_NOTE = "stdin looks like CSV with a column 'text'; --input lines reads one text per line.\n"
JSON_NOTE = "stdin looks like JSON lines; --input lines reads one text per line.\n"


@pytest.mark.parametrize(
    ("body", "name", "predictions", "note"),
    [
        (b"id,text\na,What a day!\n", "", ["a"], CSV_NOTE),
        (b"\xef\xbb\xbfID\tText\na\tWhat, a day\n", "", ["a"], CSV_NOTE.replace("text'", "Text'")),
        (b'"text","id"\n"Oh, no","a"\n', "", ["a"], CSV_NOTE),
        (b'{"id": "a", "text": "What a day!"}\n{"id": null, "text": "Oh"}\n', "", ["a", "2"], JSON_NOTE),
        (b"What a day, they said\nOh\n", "", ["1", "2"], ""),
        (b"A text, as you see\r\nOh", "", ["1", "2"], ""),
        (b"{sighs} Oh\n", "", ["1"], ""),
        (b'id,text\r\na,"Two\r\nlines"\r\nb,Oh\r\n', "T.CSV", ["a", "b"], ""),
        (b"id\ttext\na\tWhat, a day\n", "t.tsv", ["a"], ""),
        (b'{"id": "a", "text": "Oh"}\n', "T.JSONL", ["a"], ""),
        (b"id,text\na,What a day!\n", "t.txt", ["a"], CSV_NOTE.replace("stdin", "t.txt")),
        (b"one\rtwo\r", "t.txt", ["1", "2"], ""),
        (b"id;text\na;What a day!\n", "t.csv", ["a"], ""),
        (b"ID\tTweet\na\tWhat a day!\n", "t.tsv", ["a"], "Texts from column 'Tweet'.\n"),
        (b"ID\tTweet\na\tWhat a day!\n", "", ["a"], CSV_NOTE.replace("text'", "Tweet'")),
        (b"sentence,lang\nWhat a day!,eng\n", "t.csv", ["1"], "Texts from column 'sentence'.\n"),
        (b"text,clean_text\nWhat a day!,day\n", "t.csv", ["1"], ""),
        (b"id,text\na,What a day!\n".decode().encode("utf-16"), "t.csv", ["a"], ""),
        (b'[{"id": 7, "text": "Oh"}, {"id": 8, "text": "No"}]', "t.json", ["7", "8"], ""),
        (b'[\n{"text": "a"}\n]\n', "t.json", ["1"], ""),
        (b'["Oh", "No"]\n', "", ["1", "2"], JSON_NOTE),
        (b'{"ID": 7, "Comment": "Oh"}\n', "t.jsonl", ["7"], "Texts from column 'Comment'.\n"),
    ],
    ids=lambda value: None if isinstance(value, list) else repr(value)[:24],
)
def test_formats_are_detected(body: bytes, name: str, predictions: list[str], note: str, run_predict):
    code, out, err = run_predict(body, name)
    assert (code, ids(out), err) == (0, predictions, note)


def test_the_format_can_be_given(run_predict):
    code, out, err = run_predict(b"id,text\na,What a day!\n", "", "--input", "lines")
    assert (code, ids(out), err) == (0, ["1", "2"], "")
    code, out, err = run_predict(b"id,text\na,What a day!\n", "", "--quiet")
    assert (code, ids(out), err) == (0, ["a"], "")


def test_texts_are_read_completely(tmp_path: Path):
    """Quotes, commas and line ends are part of a text."""
    path = tmp_path / "t.csv"
    path.write_bytes(b'id,text\r\na,"She said ""Oh"", and\r\nwent"\r\n"b,c",\xc3\xa9\r\n')
    with path.open("rb") as stream:
        predictions = list(read_texts(LineReader(stream, "t.csv"), "csv", "t.csv"))
    assert predictions == [("a", 'She said "Oh", and\r\nwent'), ("b,c", "é")]


@pytest.mark.parametrize(
    ("body", "name", "message"),
    [
        (b"", "", "stdin is empty: there are no texts to predict."),
        (b"", "t.csv", "t.csv is empty: there are no texts to predict."),
        (b'{"text": null}\n', "", "stdin:1: the text is null, not a string."),
        (b'{"text": "a"}\n{"text": ["b"]}\n', "t.jsonl", 't.jsonl:2: the text is ["b"], not a string.'),
        (b'{"text": "\\ud800"}\n', "", "stdin:1: half of a surrogate pair, which is not a character."),
        (b'{"text": "a", "text": "b"}\n', "", "stdin:1: not a JSON object with a 'text'."),
        (b'{"text": "a", "b": ' + b"9" * 5000 + b"}\n", "", "stdin:1: not a JSON object with a 'text'."),
        (b'{"a":' * 5_000 + b"\n", "", "stdin:1: not a JSON object with a 'text'."),
        (b'[{"text": "a"}, {"text": null}]', "t.json", "t.json, value 2: the text is null, not a string."),
        (b'[{"text": "a"}, 3]', "t.json", "t.json, value 2: not a JSON object with a 'text'."),
        (
            b'[{"text": "a"}\n',
            "t.json",
            "t.json cannot be read: it is not valid JSON (Expecting ',' delimiter: line 2 column 1 (char 15)).",
        ),
        (b'{"text": "a"}\n{"txt": "b"}\n', "t.jsonl", "t.jsonl:2: not a JSON object with a 'text'."),
        (b"tweet,comment\na,b\n", "t.csv", "t.csv has several columns of texts: 'tweet' or 'comment'."),
        (b"satz,id\na,b\n", "t.csv", "t.csv has no column 'text': its header is satz,id."),
        (b"\x1f\x8b\x08aaaa", "t.csv", "t.csv is a gzip file, not a file of texts."),
        (b"id,text\na,caf\xe9\n", "t.csv", "t.csv:2: not UTF-8: byte 0xe9 cannot be decoded."),
        (b"Oh\ncaf\xe9\n", "", "stdin:2: not UTF-8: byte 0xe9 cannot be decoded."),
        (b"id,text\na," + b"x" * 131_073 + b"\n", "t.csv", "t.csv:2: not CSV: field larger than field limit (131072)."),
        (b'id,text\na,"Oh\nb,no\n', "t.csv", "t.csv:3: not CSV: unexpected end of data."),
        (b"text,id\nOh\n", "t.csv", "t.csv: row 1 has 1 of 2 columns, so it has no id."),
        (b"id,lang,text\na,en\n", "t.csv", "t.csv: row 1 has 2 of 3 columns, so it has no text."),
        (b'{"id": ["a"], "text": "Oh"}\n', "t.jsonl", 't.jsonl:1: the id is ["a"], not a string.'),
        (b'{"id": ' + b"[" * 5000 + b"\n", "t.jsonl", "t.jsonl:1: not a JSON object with a 'text'."),
        (b'{"id": ' + b"9" * 5000 + b', "text": "Oh"}\n', "t.jsonl", "t.jsonl:1: not a JSON object with a 'text'."),
        (b"x" * (1 << 24) + b"x" * (1 << 17), "t.txt", "t.txt:1: the line is longer than 16,777,216 bytes."),
        (b"id,text\na,Oh, no\n", "t.csv", "t.csv: row 1 has 3 columns, and the header has 2."),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_input_errors_print_nothing_on_stdout(body: bytes, name: str, message: str, run_predict):
    code, out, err = run_predict(body, name, "--quiet")
    assert (code, out) == (3, "")
    assert err.startswith(f"error: {message}\n")


def test_a_dash_is_stdin(run_predict):
    assert run_predict(b"Oh\nWhat a day!\n", "", "-") == run_predict(b"Oh\nWhat a day!\n")


def test_a_file_with_only_a_header_gives_only_a_header(run_predict):
    assert run_predict(b"id,text\n", "t.csv") == (0, HEADER, "")


def test_a_closed_stdin_is_an_error(model: Path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    assert main(["zoo", "predict", str(model)]) == 3
    assert capsys.readouterr().err.startswith("error: stdin is closed, so there are no texts.\n")


@pytest.mark.skipif(os.name == "nt", reason="left out: pipes are asked the Unix way")
def test_texts_of_a_slow_pipe_are_predicted_as_they_arrive(model: Path):
    reader, writer = os.pipe()
    at_last = threading.Timer(20, os.close, [writer])
    at_last.start()
    with os.fdopen(reader) as stream:
        lines = LineReader(stream, "stdin")
        predictions = predict(load_model(model), read_texts(lines, "lines", "stdin"), would_block=lines.would_block)
        for chunk, expected in ((b"one\ntwo\nthr", ["1", "2"]), (b"ee\n", ["3"])):
            os.write(writer, chunk)
            assert [prediction.id for prediction in itertools.islice(predictions, len(expected))] == expected
        assert at_last.is_alive(), "no prediction before the end of the input"
        at_last.cancel()
        os.close(writer)
        assert list(predictions) == []


@pytest.mark.parametrize(
    ("header", "ids"),
    [
        ("tweet_id,tweet", ["a"]),
        ("tweet,ID of tweet", ["1"]),
        ("user_id,tweet", ["1"]),
        ("tweet_id,text_id,text", ["1"]),
    ],
)
def test_ids_are_kept_under_the_name_of_their_text(header: str, ids: list[str]):
    row = ",".join("What a day!" if name in ("tweet", "text") else "a" for name in header.split(","))
    assert [text_id for text_id, _ in read_texts([f"{header}\n", f"{row}\n"], "csv", "x.csv")] == ids


def test_the_column_of_texts_can_be_named(run_predict):
    body = b"tweet,satz,lang\na,What a day!,deu\n"
    assert run_predict(body, "t.csv", "--column", "Satz") == (0, HEADER + "1,1,1,1,1,1\n", "")
    assert run_predict(body, "", "--column", "satz")[0] == 0
    for words, problem in (
        (("--column", "sats"), "t.csv has no column 'sats': its header is tweet,satz,lang."),
        (("--column", "satz", "--input", "lines"), "Lines have no columns."),
    ):
        code, out, err = run_predict(body, "t.csv", *words)
        assert (code in (2, 3), out, err.splitlines()[0]) == (True, "", f"error: {problem}")


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        (b"satz,id\na,b\n", "name the column of texts with --column NAME"),
        (b"satz\na\n", "name the column of texts with --column NAME; if its first line is a text too, --input lines"),
        (b"1,I am so happy\n2,Oh\n", "write a line with the names of the columns above it, such as id,text"),
    ],
)
def test_advice_never_makes_a_header_or_ids_into_texts(body: bytes, fix: str, run_predict):
    _, _, err = run_predict(body, "t.csv")
    assert err.splitlines()[1] == f"  fix: {fix}"


def test_parquet_files_are_read(tmp_path: Path, run_predict):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "t.parquet"
    pandas.DataFrame({"id": [7, 8], "sentence": ["Oh", "No"]}).to_parquet(path)
    code, out, err = run_predict(path.read_bytes(), "t.parquet")
    assert (code, ids(out), err) == (0, ["7", "8"], "Texts from column 'sentence'.\n")
