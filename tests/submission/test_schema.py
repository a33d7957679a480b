"""`semeval_emo.schema`: the pandera schema gives the verdicts of `validate` and `load_gold`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaError, SchemaErrors

import semeval_emo
from semeval_emo.errors import EmoError, UsageError
from semeval_emo.submission import schema
from semeval_emo.task import FileSpec, load_task

BOUNDS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BINARY = load_task().spec("a", "ron", "dev")
INTENSITY = load_task().spec("b", "ron", "dev")

Mutation = Callable[[pd.DataFrame], pd.DataFrame]

ROWS, COLUMNS = st.integers(0, BINARY.rows - 1), st.integers(0, len(BINARY.emotions))
CELLS = (
    st.sampled_from(
        [0, 1, 2, 3, 4, -1, 1.0, 0.5, True, None, "1", " 1", "1\t", "\n1", "01", "+1", "", "nan", "joy", "1,0", '"1"']
    )
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
)
IDS = st.sampled_from(
    [
        BINARY.ids[0], BINARY.ids[5], BINARY.ids[5].upper(), f" {BINARY.ids[5]}", "ron_dev_track_a_6", "id", "", None,
        "ron_dev_track_a_99999", "ron_test_track_a_00001", "ron_dev_track_b_00001", "x", 7,
    ]
)  # fmt: skip
NAMES = st.sampled_from(["id", "ID", "joy", "Joy", "joy ", "", "text", "love", "Unnamed: 0", "#id"]) | st.text(
    max_size=3
)
DTYPES = st.sampled_from(["int8", "float64", "bool", "str", "object", "category", "Int64", "boolean"])


def frame_of(spec: FileSpec) -> pd.DataFrame:
    """A valid frame: the labels follow a fixed pattern."""
    labels = {name: [(n + at) % len(spec.values) for n in range(spec.rows)] for at, name in enumerate(spec.emotions)}
    return pd.DataFrame({"id": list(spec.ids), **labels})


def with_cell(row: int, column: int, cell: object) -> Mutation:
    def mutate(frame: pd.DataFrame) -> pd.DataFrame:
        if row >= len(frame) or column >= frame.shape[1]:
            return frame
        cells = [list(values) for values in frame.itertuples(index=False)]
        cells[row][column] = cell
        return pd.DataFrame(cells, columns=frame.columns, dtype=object)

    return mutate


def with_dtype(column: int, dtype: str) -> Mutation:
    def mutate(frame: pd.DataFrame) -> pd.DataFrame:
        try:
            parts = [frame.iloc[:, at].astype(dtype) if at == column else frame.iloc[:, at]
                     for at in range(frame.shape[1])]  # fmt: skip
        except (TypeError, ValueError, OverflowError):
            return frame
        return pd.concat(parts, axis=1) if parts else frame

    return mutate


def with_name(column: int, name: str) -> Mutation:
    return lambda frame: frame.set_axis([name if at == column else old for at, old in enumerate(frame.columns)], axis=1)


def with_column(at: int, name: str, cell: object) -> Mutation:
    def mutate(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        frame.insert(min(at, frame.shape[1]), name, [cell] * len(frame), allow_duplicates=True)
        return frame

    return mutate


def without_column(column: int) -> Mutation:
    return lambda frame: frame.iloc[:, [at for at in range(frame.shape[1]) if at != column]]


def with_columns_in_order(order: Sequence[int]) -> Mutation:
    return lambda frame: frame.iloc[:, [at for at in order if at < frame.shape[1]]]


def with_rows(rows: Sequence[int]) -> Mutation:
    return lambda frame: frame.iloc[[row for row in rows if row < len(frame)]]


def with_rows_of(split: str) -> Mutation:
    other = frame_of(load_task().spec("a", "ron", split))
    return lambda frame: pd.concat([frame, other]) if frame.columns.is_unique else frame


EVERY_ROW = range(BINARY.rows)
MUTATIONS = st.lists(
    st.one_of(
        st.builds(with_cell, ROWS, st.integers(1, len(BINARY.emotions)), CELLS),
        st.builds(with_cell, ROWS, st.just(0), IDS),
        st.builds(with_dtype, COLUMNS, DTYPES),
        st.builds(with_name, COLUMNS, NAMES),
        st.builds(with_column, COLUMNS, NAMES, CELLS),
        st.builds(without_column, COLUMNS),
        st.builds(with_columns_in_order, st.permutations(range(len(BINARY.header)))),
        st.builds(with_rows, st.sampled_from([EVERY_ROW[:0], EVERY_ROW[1:], EVERY_ROW[::-1], [0, *EVERY_ROW], [3, 4]])),
        st.just(with_rows_of("test")),
    ),
    max_size=3,
)


def mutated(spec: FileSpec, mutations: Sequence[Mutation]) -> pd.DataFrame:
    frame = frame_of(spec)
    for mutate in mutations:
        frame = mutate(frame)
    return frame


def passes(frame: pd.DataFrame, *, lazy: bool = True, **options) -> bool:
    try:
        schema(**options).validate(frame, lazy=lazy)
    except (SchemaError, SchemaErrors):
        return False
    return True


@BOUNDS
@given(mutations=MUTATIONS, spec=st.sampled_from([BINARY, INTENSITY]), names_split=st.booleans())
@example(mutations=[], spec=BINARY, names_split=False)
@example(mutations=[], spec=INTENSITY, names_split=True)
@example(mutations=[with_rows(EVERY_ROW[:0])], spec=BINARY, names_split=False)
@example(mutations=[with_rows(EVERY_ROW[:0]), with_rows_of("test")], spec=BINARY, names_split=False)
@example(mutations=[with_rows(EVERY_ROW[:0]), with_rows_of("test")], spec=BINARY, names_split=True)
@example(mutations=[with_dtype(at, "str") for at in range(7)], spec=INTENSITY, names_split=False)
@example(mutations=[with_cell(3, 2, " 1")], spec=BINARY, names_split=False)
@example(mutations=[with_column(7, "", None)], spec=BINARY, names_split=False)
def test_the_schema_and_validate_give_the_same_verdict(
    mutations: list[Mutation], spec: FileSpec, names_split: bool, tmp_path: Path
):
    frame = mutated(spec, mutations)
    path = tmp_path / spec.file_name
    frame.to_csv(path, index=False)
    options = {"track": spec.track, "language": spec.language, "split": spec.split if names_split else None}
    report = semeval_emo.validate(path, **options)
    assert passes(frame, **options) == passes(frame, lazy=False, **options) == report.valid, report.problems


@BOUNDS
@given(mutations=MUTATIONS, spec=st.sampled_from([BINARY, INTENSITY]))
@example(mutations=[], spec=BINARY)
@example(mutations=[with_column(1, "text", 'a "text", with a comma')], spec=INTENSITY)
@example(mutations=[with_columns_in_order([3, 2, 1, 0, 4, 5, 6])], spec=BINARY)
@example(mutations=[with_cell(3, 2, " 1")], spec=BINARY)
def test_the_schema_of_gold_and_load_gold_give_the_same_verdict(
    mutations: list[Mutation], spec: FileSpec, tmp_path: Path
):
    frame = mutated(spec, mutations)
    path = tmp_path / "ron.csv"
    frame.to_csv(path, index=False)
    try:
        # The labels are made up.
        gold = semeval_emo.load_gold(spec.track, spec.language, spec.split, source=path, unverified_gold=True)
        # Rows of other files are left out with a note.
        loads = len(gold) == len(frame)
    except EmoError:
        loads = False
    assert passes(frame, track=spec.track, language=spec.language, split=spec.split, gold=True) == loads


def test_every_failure_is_reported_with_its_row_and_column():
    frame = frame_of(BINARY).astype({"joy": object})
    frame.loc[3, "joy"], frame.loc[4, "joy"] = 1.0, 2
    frame.loc[7, "id"] = "ron_dev_track_a_99999"
    with pytest.raises(SchemaErrors) as caught:
        schema(track="a", language="ron", split="dev").validate(frame, lazy=True)
    failures = caught.value.failure_cases
    found = {
        (row.column, row.check, None if pd.isna(row.index) else row.index) for row in failures.itertuples(index=False)
    }
    assert found == {
        ("id", "an id of 2025 track a ron dev", 7),
        ("id", "all ids of 2025 track a ron dev", None),
        ("joy", "0 or 1", 3),
        ("joy", "0 or 1", 4),
    }


def test_frames_of_other_tasks_and_releases():
    spec = load_task().spec("a", "eng", "test", "hub")
    assert passes(frame_of(spec), track="A", language="eng", release="hub")
    sample = load_task("sample").spec("b", "eng", "test")
    assert passes(frame_of(sample), track="b", language="eng", task="sample")
    assert not passes(frame_of(sample), track="a", language="eng", task="sample")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"track": "z", "language": "eng"}, "no track 'z'"),
        ({"track": "a", "language": "en"}, "no language 'en'"),
        ({"track": "a", "language": "eng", "split": "valid"}, "no split 'valid'"),
        ({"track": "a", "language": "eng", "release": "1999"}, "no release '1999'"),
        ({"track": "b", "language": "afr"}, "no test file of track b for 'afr'"),
    ],
)
def test_unknown_names_are_usage_errors(options: dict, message: str):
    with pytest.raises(UsageError, match=message):
        schema(**options)
