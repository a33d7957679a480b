"""Find in prediction files beside the data how a task names and writes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from semeval_emo.data.new_task.paths import named_files
from semeval_emo.data.new_task.tables import read_rows
from semeval_emo.errors import InputError
from semeval_emo.task import DEFAULT_LAYOUT, FileLayout


def predictions_layout(
    paths: Sequence[Path], data: FileLayout, emotions: Collection[str], languages: Collection[str], has_tracks: bool
) -> FileLayout | None:
    """Return the layout of prediction files, if they are all named and written in one way, and not in the default one.

    Args:
        data: the layout of the data, whose names of columns they may share.
        emotions: the labels, of which a prediction file has at least one as a column.
        languages: known codes and names, in lower case.
        has_tracks: whether the task has several tracks, which need folders if names do not say them.
    """
    found: set[FileLayout] = set()
    for path in paths:
        try:
            (header, *_), _, layout = read_rows(path)
        except InputError:
            continue
        row_id = next((name for name in header if name in (data.id, DEFAULT_LAYOUT.predictions.id)), None)
        if row_id is None or not set(header) & set(emotions):
            continue
        text = next((name for name in header if name == data.text), "")
        form = named_files([path.name], languages)[0].form
        if has_tracks and "{track}" not in form:
            form = f"track_{{track}}/{form}"
        found.add(replace(layout, file=form, id=row_id, text=text))
    if len(found) != 1:
        return None
    layout = found.pop()
    default = DEFAULT_LAYOUT.predictions
    is_usual = layout.contents == default.contents and layout.name == default.name
    return None if is_usual else layout
