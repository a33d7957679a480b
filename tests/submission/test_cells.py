"""Label cells: parsing them and classifying the bad ones."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_emo.submission.cells import LabelParser, cell_problem
from semeval_emo.submission.problem import Findings, catalogue
from semeval_emo.text import alternatives

EMOTIONS = ("anger", "fear", "joy")
BINARY, INTENSITIES = ("0", "1"), ("0", "1", "2", "3")

CELLS = st.sampled_from(
    ["0", "1", "2", "", " ", "nan", "1.0", "True", "0.3", "-1", "+1", "1\u200b", "\udce9", "yes"]
) | st.text(max_size=6).filter(lambda text: text == text.strip(" \t"))


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    values=st.sampled_from([BINARY, INTENSITIES]),
)
def test_every_cell_that_is_not_allowed_is_counted_once(rows: list[tuple[str, ...]], values: tuple[str, ...]):
    findings = Findings("pred_eng.csv")
    parser = LabelParser(EMOTIONS, values, findings)
    parsed = [parser.parse(line, cells) for line, cells in enumerate(rows, 2)]
    parser.finish()
    assert parsed == [tuple(map(int, cells)) if set(cells) <= set(values) else None for cells in rows]
    bad = [(line, name) for line, cells in enumerate(rows, 2) for name, cell in zip(EMOTIONS, cells, strict=True)
           if cell not in values]  # fmt: skip
    assert sum(findings.counts.values()) == len(bad)
    # All words are one problem, with the place of the first.
    words = [p.line for p in findings.problems if p.code == "E514"]
    places = [(p.line, p.column) for p in findings.problems if p.code != "E514"]
    assert (len(words) <= 1 and len(bad) > 5) or [*places] == [place for place in bad if place in places]


@given(text=st.text(max_size=12) | st.text(string.digits + "+-._eE, ", max_size=12))
def test_every_bad_cell_has_an_entry_in_the_catalogue(text: str):
    for values in (BINARY, INTENSITIES):
        if text not in values:
            assert catalogue()[cell_problem(text, values)].place == "rows and cells"


@pytest.mark.parametrize(
    ("text", "binary", "intensities"),
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
def test_cell_problems(text: str, binary: str, intensities: str | None):
    assert cell_problem(text, BINARY) == binary
    assert intensities is None or cell_problem(text, INTENSITIES) == intensities


def test_bad_cells_are_reported_in_chunks_with_their_total_count(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("semeval_emo.submission.cells.CHUNK_ROWS", 10)
    findings = Findings("pred_eng.csv")
    parser = LabelParser(EMOTIONS, BINARY, findings)
    for line in range(2, 102):
        parser.parse(line, ("nan", "0", f"0.{line}"))
    parser.finish()
    assert findings.counts == {"E508": 100, "E511": 100}
    assert [problem.line for problem in findings.problems if problem.code == "E511"] == [2, 3, 4, 5, 6]


def test_one_point_zero_among_fractions_is_a_fraction():
    findings = Findings("pred_eng.csv")
    parser = LabelParser(EMOTIONS, BINARY, findings)
    parser.parse(2, ("1.0", "1.0", "0"))
    parser.parse(3, ("0.4", "0", "0"))
    parser.finish()
    assert [(p.line, p.column, p.code) for p in findings.problems] == [
        (2, "anger", "E511"), (2, "fear", "E509"), (3, "anger", "E511"),
    ]  # fmt: skip


def test_alternatives():
    assert alternatives(("0", "1")) == "0 or 1"
