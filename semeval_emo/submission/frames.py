"""Pandera schemas for data frames of predictions and of gold labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semeval_emo.task import Selector, Task, load_task
from semeval_emo.text import alternatives

if TYPE_CHECKING:
    from pandas import Series
    from pandera.pandas import DataFrameSchema


def schema(
    *,
    track: str,
    language: str,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    gold: bool = False,
) -> DataFrameSchema:
    """Return a pandera schema for a data frame of predictions or gold labels.

    A frame of predictions passes if and only if `validate` finds no error in the file that
    ``frame.to_csv(path, index=False)`` writes: the columns are ``id`` and the emotions in the official
    order, every id of one split occurs once, in any order, and every cell is an allowed label (an
    integer: 1, not 1.0 or True). A frame of gold labels may have its columns in any order, and others
    such as ``text``. The names of the columns are ``id`` and ``text``, or those of the task's layout.

    Args:
        track, language: which file of the task the frame holds.
        split: train, dev or test; by default, the ids may be those of any split.
        release: the release of the data; by default, the task's (the competition).
        task: a task or its name; by default, SemEval-2025 Task 11.
        gold: True for gold labels, False for predictions.

    Raises:
        UsageError: the task has no such track, language, split or release.

    >>> import pandas as pd
    >>> from semeval_emo.data.sample import sample_folder
    >>> frame = pd.read_csv(sample_folder() / "predictions" / "strong" / "track_a" / "pred_eng.csv")
    >>> predictions = schema(task="sample", track="a", language="eng")
    >>> predictions.validate(frame).shape
    (200, 6)
    >>> predictions.validate(frame.assign(joy=2))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    pandera.errors.SchemaError: Column 'joy' failed element-wise validator number 0: 0 or 1
    """
    import pandera.pandas as pa

    task = load_task(task)
    selector = Selector(task, track, language, split, release).of(task)
    specs = task.specs(task.release(release).key, selector.track, selector.language, split)
    # Raises UsageError if there is no such file.
    spec = specs[0] if specs else task.spec(track, language, split or "test", release)
    known_ids = {text_id for one in specs for text_id in one.ids}
    allowed = frozenset(spec.values)

    def is_label(cell: object) -> bool:
        text = str(cell)
        # `validate` only warns about blanks around a label; gold files have none.
        return (text if gold else text.strip(" \t")) in allowed

    def is_complete(column: Series) -> bool:
        return any(one.id_set == set(column) for one in specs)

    places = " or ".join(one.place for one in specs)
    known = pa.Check(known_ids.__contains__, element_wise=True, error=f"an id of {places}")
    complete = pa.Check(is_complete, error=f"all ids of {places}")
    label = pa.Check(is_label, element_wise=True, error=alternatives(spec.values))
    layout = spec.layout.predictions
    names = {layout.id: "id"} | ({layout.text: "text"} if layout.text else {})
    texts = {"text": pa.Column(required=False)} if layout.text else {}
    return pa.DataFrameSchema(
        {"id": pa.Column(checks=[known, complete], unique=True)}
        | texts
        | {emotion: pa.Column(checks=label) for emotion in spec.emotions},
        parsers=pa.Parser(lambda frame: frame.rename(columns=names)) if [*names] != ["id"] else None,
        name=f"{'gold labels' if gold else 'predictions'}, {places}",
        strict=not gold,
        ordered=not gold,
        unique_column_names=True,
    )
