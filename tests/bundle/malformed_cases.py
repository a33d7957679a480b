"""Malformed submissions of the sample's test phase, track a: each a change of a valid prediction file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from semeval_emo.data.sample import sample_folder
from semeval_emo.task import load_task

PATH = "track_a/pred_eng.csv"
Rows = list[list[str]]


def valid(track: str = "a") -> Rows:
    """The header and the rows of a valid file; each row ends with its five labels."""
    path = sample_folder() / "predictions" / "strong" / f"track_{track}" / "pred_eng.csv"
    return [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]


def written(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in rows)


def cells(change: Callable[[str], str], rows: Rows) -> Rows:
    return [rows[0], *([row[0], *map(change, row[1:])] for row in rows[1:])]


def at(rows: Rows, line: int, column: int, value: str) -> Rows:
    return [[value if (i, j) == (line, column) else cell for j, cell in enumerate(row)] for i, row in enumerate(rows)]


def columns(rows: Rows, order: Sequence[int]) -> Rows:
    return [[row[j] for j in order] for row in rows]


def foreign(task: str, track: str, language: str, split: str) -> str:
    spec = load_task(task).spec(track, language, split)
    return written([["id", *spec.emotions], *([text_id, *"0" * len(spec.emotions)] for text_id in spec.ids)])


def cases() -> dict[str, Mapping[str, bytes | str]]:
    """The files of each submission, by its name."""
    rows, plain = valid(), written(valid())
    header, body = rows[0], rows[1:]
    renamed = [[{"anger": "angry"}.get(name, name) for name in header], *body]
    bodies: dict[str, bytes | str] = {
        "valid": plain,
        "byte order mark": b"\xef\xbb\xbf" + plain.encode(),
        "CRLF line ends": written(rows, end="\r\n"),
        "UTF-16": plain.encode("utf-16"),
        "semicolons": written(rows, ";"),
        "columns in another order": written(columns(rows, (0, 3, 2, 1, 4, 5))),
        "rows in another order": written([header, *reversed(body)]),
        "a further column": written([[*row, "x"] for row in rows]),
        "a label column missing": written(columns(rows, (0, 1, 2, 3, 4))),
        "a label column renamed": written(renamed),
        "no header": written(body),
        "header only": written([header]),
        "empty file": "",
        "a web page": "<!doctype html><html><body>404</body></html>\n",
        "last row missing": written(rows[:-1]),
        "half of the rows missing": written(rows[:101]),
        "a row twice, with the same labels": written([*rows, rows[5]]),
        "a row twice, with other labels": written([*rows, [rows[5][0], *("01"[c == "0"] for c in rows[5][1:])]]),
        "an unknown id": written(at(rows, 3, 0, "sample_eng_test_a_9999")),
        "ids without zeros": written([header, *([row[0].replace("_0", "_"), *row[1:]] for row in body)]),
        "ids of the dev split": foreign("sample", "a", "eng", "dev"),
        "ids of track b": foreign("sample", "b", "eng", "test"),
        "ids of another task": foreign("task11", "a", "eng", "test"),
        "probabilities": written(cells(lambda c: "0.9" if c == "1" else "0.2", rows)),
        "labels as 1.0 and 0.0": written(cells(lambda c: f"{c}.0", rows)),
        "labels as words": written(cells(lambda c: "True" if c == "1" else "False", rows)),
        "intensities": written(at(rows, 4, 2, "3")),
        "a blank cell": written(at(rows, 4, 2, "")),
        "nan": written(at(rows, 4, 2, "nan")),
        "a short row": written([*rows[:4], rows[4][:3], *rows[5:]]),
        "a long row": written([*rows[:4], [*rows[4], "1"], *rows[5:]]),
        "a broken quote": written(at(rows, 4, 0, '"' + rows[4][0])),
        "every label 0": written(cells(lambda c: "0", rows)),
    }  # fmt: skip
    folders: dict[str, Mapping[str, bytes | str]] = {
        "no file": {},
        "only a text file": {"track_a/README.txt": "see the paper"},
        "another file name": {"track_a/pred_en.csv": plain},
        "no folder of the track": {"pred_eng.csv": plain},
        "a folder above": {"submission/track_a/pred_eng.csv": plain},
        "the folder of another track": {"track_b/pred_eng.csv": plain},
        "two files of one language": {PATH: plain, "track_a/pred_eng_new.csv": written(cells(lambda c: "0", rows))},
        "files of macOS beside": {PATH: plain, "__MACOSX/track_a/._pred_eng.csv": b"\0\x05\x16\x07"},
        "a good file of track b beside": {PATH: plain, "track_b/pred_eng.csv": written(valid("b"))},
        "a bad file of track b beside": {PATH: plain, "track_b/pred_eng.csv": written(valid("b")[:50])},
        "a bad file beside": {PATH: plain, "track_a/pred_deu.csv": "id,anger\n1,2\n"},
        "a zip in the zip": {"track_a.zip": b"PK\x05\x06" + bytes(18)},
    }
    return {name: {PATH: body} for name, body in bodies.items()} | folders
