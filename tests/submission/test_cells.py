"""Label cells: the schema that pandera holds, and the telling of one kind of bad cell from another."""

from __future__ import annotations

import string

import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.submission.cells import CellJudge, choice, kind_of, schema
from semeval_emo.submission.problem import Findings, catalogue

EMOTIONS = ("anger", "fear", "joy")
BINARY, DEGREES = ("0", "1"), ("0", "1", "2", "3")

CELLS = st.sampled_from(
    ["0", "1", "2", "", " ", "nan", "1.0", "True", "0.3", "-1", "+1", " 1", "1\u200b", "\udce9", "yes"]
)
CELLS |= st.text(max_size=6) | st.floats().map(str) | st.integers().map(str)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), values=st.sampled_from([BINARY, DEGREES]))
def test_the_schema_finds_what_a_plain_look_finds(rows: list[tuple[str, ...]], values: tuple[str, ...]):
    judge = CellJudge(EMOTIONS, values, Findings("pred_eng.csv"))
    bad = [(line, cells) for line, cells in enumerate(rows, 2) if not set(cells) <= set(values)]
    if bad:
        assert list(judge._by_schema(bad)) == list(judge._directly(bad))


@given(text=st.text(max_size=12) | st.text(string.digits + "+-._eE, ", max_size=12))
def test_every_bad_cell_has_a_kind_of_the_catalogue(text: str):
    for values in (BINARY, DEGREES):
        if text not in values:
            assert catalogue()[kind_of(text, values)].place == "rows and cells"


@pytest.mark.parametrize(
    ("text", "binary", "degrees"),
    [
        ("2", "out-of-range", None),
        ("2.0", "out-of-range", "float-cell"),
        ("2.5", "out-of-range", "fraction-cell"),
        ("3.5", "out-of-range", "out-of-range"),
        ("-0.1", "out-of-range", "out-of-range"),
        ("0,5", "fraction-cell", "fraction-cell"),
        ("1_0", "out-of-range", "out-of-range"),
        ("0_1", "number-form", "number-form"),
        ("-0", "number-form", "number-form"),
        ("٣", "out-of-range", "number-form"),
        ("²", "text-cell", "text-cell"),
        ("9" * 5000, "out-of-range", "out-of-range"),
        ("1e400", "out-of-range", "out-of-range"),
        ("#N/A", "nan-cell", "nan-cell"),
        ("1;0", "text-cell", "text-cell"),
    ],
)
def test_kinds(text: str, binary: str, degrees: str | None):
    assert kind_of(text, BINARY) == binary
    assert degrees is None or kind_of(text, DEGREES) == degrees


def test_the_schema_is_all_strings_and_lazy():
    frame = pd.DataFrame([["0", "1", "2"], ["x", "1", ""]], columns=list(EMOTIONS), dtype=object)
    with pytest.raises(pa.errors.SchemaErrors) as caught:
        schema(EMOTIONS, BINARY).validate(frame, lazy=True)
    found = caught.value.failure_cases
    assert sorted(zip(found["index"], found["column"], found["failure_case"], strict=True)) == [
        (0, "joy", "2"),
        (1, "anger", "x"),
        (1, "joy", ""),
    ]


def test_past_the_schemas_rows_cells_are_still_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("semeval_emo.submission.cells.CHUNK_ROWS", 10)
    monkeypatch.setattr("semeval_emo.submission.cells.SCHEMA_ROWS", 20)
    found = Findings("pred_eng.csv")
    judge = CellJudge(EMOTIONS, BINARY, found)
    for line in range(2, 102):
        judge.values(line, ("nan", "0", f"0.{line}"))
    judge.finish()
    assert found.counts == {"E508": 100, "E511": 100}
    assert [one.line for one in found.problems if one.code == "E511"] == [2, 3, 4, 5, 6]


def test_choice():
    assert choice(("0", "1")) == "0 or 1"
