"""Files that have the labels of one file of the task between them, such as the files of one model for each emotion.

They are read as one file: the rows of the first, with the label columns of all. Names of columns decide which label a
file has; a file whose only column is called ``label`` or ``prediction`` needs exactly one label in its own name.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePath
from typing import Any

from semeval_emo.errors import EmoError
from semeval_emo.submission.layouts import Reading
from semeval_emo.submission.names import bare_stem, parse_name
from semeval_emo.submission.problem import Findings
from semeval_emo.submission.sources import InputFile
from semeval_emo.tables import InputTable, open_table
from semeval_emo.tables.frames import FrameFile
from semeval_emo.tables.names import SCORE_WORDS, is_text_name, normalised_names
from semeval_emo.task import FileSpec, Task
from semeval_emo.text import plural

# Names of a column that has labels, without saying which.
VALUE_NAMES = SCORE_WORDS | frozenset(
    {
        "label",
        "labels",
        "prediction",
        "predictions",
        "pred",
        "preds",
        "predicted",
        "value",
        "output",
        "y_pred",
        "y",
        "hat",
    }
)
# The first bytes of a file, which have its header and its first ids.
HEAD = 1 << 16
# How many files a message lists.
_LISTED = 6


@dataclass(frozen=True)
class _PartialFile:
    """A file that has only some of the labels.

    Attributes:
        labels: the index of the column of each label.
        named: the label that the name of the file says; empty if there is not exactly one.
        id, text: indices of the columns of ids and of texts (None if there is none).
    """

    source: InputFile
    spec: FileSpec
    labels: dict[str, int]
    named: str
    id: int
    text: int | None

    @property
    def base(self) -> str:
        """Its name, with that of its folder if only this says the label."""
        path = PurePath(self.source.display_name.replace("!", "/"))
        has_label = any(label.lower() in path.name.lower() for label in self.spec.emotions)
        return path.name if has_label else "/".join(path.parts[-2:])


def join_files(files: Sequence[InputFile], task: Task) -> tuple[InputFile, ...]:
    """Return the files, with those that have one label each in place of the whole replaced by one file.

    The joined file has its content in memory; it has none if the files do not fit together.
    """
    folders: dict[tuple[str, str], list[InputFile]] = {}
    for file in files:
        is_single = file.container == file.display_name
        folder = "" if is_single else str(PurePath(file.display_name).parent)
        folders.setdefault(("" if is_single else file.container, folder), []).append(file)
    joined: dict[str, InputFile] = {}
    left: dict[str, list[InputFile]] = {}
    for (container, _), group in folders.items():
        if len(group) > 1:
            joined |= _joins(group, task)
        elif container:
            left.setdefault(container, []).append(group[0])
    for group in left.values():
        # One folder for each label.
        if len(group) > 1:
            joined |= _joins(group, task)
    # Where a whole folder is joined, it is what a command takes.
    members = Counter(file.container for file in files if file.display_name in joined)
    every = Counter(file.container for file in files)
    result: dict[str, InputFile] = {}
    for file in files:
        whole = joined.get(file.display_name, file)
        if whole.joined and len(whole.joined) == members[whole.container] == every[whole.container] > 1:
            whole = replace(whole, joined=(whole.container,))
        result.setdefault(whole.display_name, whole)
    return tuple(result.values())


def _joins(files: Sequence[InputFile], task: Task) -> dict[str, InputFile]:
    """Return the joined file in place of each of its members, by their display names."""
    places: dict[str, list[_PartialFile]] = {}
    for file in files:
        partial = _partial(file, task)
        if partial is not None:
            places.setdefault(partial.spec.place, []).append(partial)
    joined: dict[str, InputFile] = {}
    for group in places.values():
        columns = [label for file in group for label in file.labels]
        # Files with several columns that overlap are those of several systems.
        if len(group) > 1 and (len({*columns}) == len(columns) or len(columns) == len(group)):
            whole = _join(group, task)
            joined |= {file.source.display_name: whole for file in group}
    return joined


def _partial(file: InputFile, task: Task) -> _PartialFile | None:
    """Return the labels of a file that has some of them, from its header and its first rows; else None."""
    try:
        with file.open() as stream:
            table = open_table(io.BytesIO(stream.read(HEAD)), file.base, Reading.of(file, task).dialect)
    except EmoError:
        return None
    if table.magic or not table.header:
        return None
    names = normalised_names(table.header)
    rows = [row for _, row in islice(table.rows(), 5)]
    at = names.index("id") if "id" in names else 0
    spec = next((specs[0] for row in rows if len(row) > at and (specs := task.places(row[at].strip()))), None)
    if spec is None:
        return None
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        words = [word for word in re.split(r"[\W_]+", name) if word not in VALUE_NAMES]
        if column != at and len(words) == 1 and words[0] in spec.emotions:
            columns.setdefault(words[0], []).append(column)
    if any(len(found) > 1 for found in columns.values()):
        return None
    labels = {label: column for label, (column,) in columns.items()}
    named = _named_label(file, spec)
    values = [column for column, name in enumerate(names) if name in VALUE_NAMES and column != at]
    if not labels and len(values) == 1 and named:
        labels = {named: values[0]}
    if not 0 < len(labels) < len(spec.emotions):
        return None
    text = next((column for column, name in enumerate(names) if is_text_name(name)), None)
    return _PartialFile(file, spec, labels, named, at, text)


def _named_label(file: InputFile, spec: FileSpec) -> str:
    """Return the one label in the name of a file, or else in the name of its folder; empty if there is not one."""
    folder = PurePath(file.display_name.replace("!", "/")).parent.name
    for name in (bare_stem(file.base), folder):
        found = {word for word in re.split(r"[\W_\d]+", name.lower()) if word in spec.emotions}
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def _join(files: Sequence[_PartialFile], task: Task) -> InputFile:
    """Return one file with the columns of all, or without content if they do not fit together."""
    first = files[0]
    display_name = f"{first.source.display_name} and {plural(len(files) - 1, 'more file')}"
    findings = Findings(display_name)
    rows = [_rows(file) for file in files]
    why = _misfit(files, rows)
    body = b"" if why else _body(files, [by_id for by_id, _ in rows])
    facts: dict[str, Any] = {"files": len(files), "place": first.spec.place}
    if why:
        findings.add("one-emotion-misfit", why=why, labels=", ".join(first.spec.emotions), **facts)
    else:
        findings.add("one-emotion-files", labels=_listing(files), **facts)
    tracks = {file.source.track for file in files}
    return InputFile(
        display_name=display_name,
        base=first.spec.file_name,
        container=first.source.container,
        name=parse_name(first.spec.file_name, task),
        track=tracks.pop() if len(tracks) == 1 else None,
        size=len(body),
        path=FrameFile(display_name, body),
        member=None,
        findings=findings,
        joined=tuple(file.source.display_name.partition("!")[0] for file in files),
    )


def _listing(files: Sequence[_PartialFile]) -> str:
    listed = [f"{' and '.join(file.labels)} ({file.base})" for file in files[:_LISTED]]
    return ", ".join(listed) + (f" and {len(files) - _LISTED} more" if len(files) > _LISTED else "")


def _rows(file: _PartialFile) -> tuple[dict[str, list[str]], str]:
    """Return the rows of a file by id, and the first id that occurs twice (empty if none does)."""
    by_id: dict[str, list[str]] = {}
    again = ""
    with file.source.open() as stream:
        reading = Reading(file.spec.layout.predictions, isinstance(file.source.path, FrameFile))
        table: InputTable = open_table(stream, file.source.base, reading.dialect)
        for _, row in table.rows():
            text_id = row[file.id].strip() if len(row) > file.id else ""
            if text_id in by_id:
                again = again or text_id
            by_id[text_id] = row
    return by_id, again


def _misfit(files: Sequence[_PartialFile], rows: Sequence[tuple[dict[str, list[str]], str]]) -> str:
    """Return why the files do not fit together; empty if they do."""
    by_label: dict[str, list[str]] = {}
    for file in files:
        for label in file.labels:
            by_label.setdefault(label, []).append(file.base)
            if file.named and file.named != label and len(file.labels) == 1:
                return f"the name {file.base} says {file.named}, but its column is {label}"
    for label, names in by_label.items():
        if len(names) > 1:
            more = f" and {len(names) - 2} more" if len(names) > 2 else ""
            return f"{len(names)} files have {label}: {', '.join(names[:2])}{more}"
    missing = [label for label in files[0].spec.emotions if label not in by_label]
    if missing:
        return f"no file has {' or '.join(missing)}"
    for file, (_, again) in zip(files, rows, strict=True):
        if again:
            return f"{file.base} has the id '{again}' twice"
    ids = rows[0][0].keys()
    for file, (by_id, _) in zip(files[1:], rows[1:], strict=True):
        lacking, surplus = ids - by_id.keys(), by_id.keys() - ids
        if lacking or surplus:
            differences = [
                f"{what} {plural(len(some), 'id')}, such as '{min(some)}'"
                for what, some in (("lacks", lacking), ("also has", surplus))
                if some
            ]
            return f"the ids of {files[0].base} and {file.base} differ: the second {' and '.join(differences)}"
    return ""


def _body(files: Sequence[_PartialFile], rows: Sequence[dict[str, list[str]]]) -> bytes:
    """Return the content of the joined file: ids, texts if the first file has them, and the labels in order."""
    first = files[0]
    columns = {
        label: (by_id, file.labels[label]) for file, by_id in zip(files, rows, strict=True) for label in file.labels
    }
    labels = [label for label in first.spec.emotions if label in columns]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["id", *([] if first.text is None else ["text"]), *labels])
    for text_id, row in rows[0].items():
        texts = [] if first.text is None else [_cell(row, first.text)]
        cells = (_cell(columns[label][0][text_id], columns[label][1]) for label in labels)
        writer.writerow([text_id, *texts, *cells])
    return stream.getvalue().encode("utf-8", "surrogatepass")


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""
