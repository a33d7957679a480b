"""How a task writes its files: names, delimiter, columns, labels."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from semeval_emo.errors import suggest
from semeval_emo.parse import ShapeError, expect, member, members
from semeval_emo.text import printable

HOW_LABELS = ("columns", "names", "indices")
"""How a file can write labels: a column each, or one cell with names or with numbers from 0."""
LABELS = "labels"
"""The column of a file that writes the labels in one cell."""
_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", " ": "spaces", "|": "vertical bars"}


class FileKey(NamedTuple):
    """The address of a file within a release."""

    track: str
    language: str
    split: str


def fill(form: str, place: FileKey, what: str = "the form") -> str:
    """Return a form with ``{track}``, ``{language}`` and ``{split}`` replaced; `what` names it in the error.

    >>> fill("{language}_{split}_track_{track}_", FileKey("a", "eng", "test"))
    'eng_test_track_a_'

    Raises:
        ShapeError: another placeholder.
    """
    # Not `str.format`: the form comes from a file, and its fields can read attributes and pad without limit.
    values = place._asdict()
    known = [f"{{{name}}}" for name in values]
    unknown = [name for name in re.findall(r"\{[^{}]*\}?|\}", form) if name not in known]
    if unknown:
        names = ", ".join(known)
        raise ShapeError(f"{what} has '{printable(unknown[0])}', expected {names} or no braces")
    return re.sub(r"\{(\w+)\}", lambda name: values[name[1]], form)


@dataclass(frozen=True)
class FileLayout:
    r"""How the files of one kind are named and written.

    Attributes:
        file: the path below the folder of a release or the root of an archive, a form as in `fill`.
        delimiter: between cells.
        quotes: whether cells can be quoted, as in CSV.
        id, text: the names of the columns; `text` is empty if files have no texts.
        columns: the columns of files without a header, in order; empty if files have one.
        labels: one of `HOW_LABELS`.
        separator: between names or numbers of labels in one cell.
        blank: a cell of an unpublished label.
        no_label: the cell of a text without labels, where one cell has the labels; None if the task does not say it.
            Predictions then have an empty cell, and in data an empty cell is an unpublished one unless `blank` is
            something else.
        order: all labels of the task, by their numbers; not a key of the table.

    >>> dev = FileLayout("2018-E-c-{language}-{split}.txt", "\t").address("2018-E-c-En-dev.txt")
    >>> dev["language"], dev["split"]
    ('En', 'dev')
    """

    file: str
    delimiter: str = ","
    quotes: bool = True
    id: str = "id"
    text: str = ""
    columns: tuple[str, ...] = ()
    labels: str = "columns"
    separator: str = ","
    blank: str = ""
    no_label: str | None = None
    order: tuple[str, ...] = ()

    @property
    def delimiters(self) -> str:
        r"""The delimiter in the plural, for messages.

        >>> [FileLayout("", delimiter=one).delimiters for one in ",\t~"]
        ['commas', 'tabs', "'~'"]
        """
        return _DELIMITERS.get(self.delimiter, f"'{self.delimiter}'")

    @property
    def written_as(self) -> str:
        """The format of files, for messages: ``CSV`` or ``text separated by tabs``."""
        return "CSV" if self.delimiter == "," else f"text separated by {self.delimiters}"

    def in_pandas(self, *options: str) -> str:
        """Return how pandas writes files, for messages."""
        words = ["...", *([] if self.delimiter == "," else [f"sep={self.delimiter!r}"]), *options]
        return f"to_csv({', '.join(words)})" if len(words) > 1 else "to_csv without sep"

    @property
    def contents(self) -> FileLayout:
        """The same layout without the path of the file: how it is written inside."""
        return replace(self, file="")

    @property
    def name(self) -> str:
        """The form of the name of a file, without its folders."""
        return self.file.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The form of its folders, without a slash at the end; may be empty."""
        return self.file.rpartition("/")[0]

    def path(self, place: FileKey) -> str:
        """Return the path of a file."""
        return fill(self.file, place)

    def header(self, labels: Collection[str]) -> tuple[str, ...]:
        """Return the columns of a file with these labels, in order."""
        if self.columns:
            return self.columns
        names = labels if self.labels == "columns" else (LABELS,)
        return (self.id, *([self.text] if self.text else []), *names)

    def shown_header(self, labels: Collection[str]) -> str:
        """Return the header of a file with these labels, for messages: a delimiter that is not visible as a space."""
        invisible = f" (separated by {self.delimiters})" if self.delimiter.isspace() else ""
        return (" " if self.delimiter.isspace() else self.delimiter).join(self.header(labels)) + invisible

    def address(self, path: str) -> dict[str, str] | None:
        """Return what a path says of a file: its track, language and split as they are written; None if it differs."""
        parts = re.split(r"\{(\w+)\}", self.file)
        form = "".join(
            re.escape(part) if at % 2 == 0 else (f"(?P={part})" if part in parts[1:at:2] else rf"(?P<{part}>[^/]+?)")
            for at, part in enumerate(parts)
        )
        match = re.fullmatch(form, path, re.IGNORECASE)
        return match and match.groupdict()


@dataclass(frozen=True)
class TaskLayout:
    """How a task names and writes its files.

    Attributes:
        data: texts and gold labels.
        predictions: prediction files.
        archive: the name of the archive of predictions, a form as in `fill`.
    """

    data: FileLayout
    predictions: FileLayout
    archive: str = "track_{track}.zip"


DEFAULT_LAYOUT = TaskLayout(
    data=FileLayout("track_{track}/{split}/{language}.csv", text="text"),
    predictions=FileLayout("track_{track}/pred_{language}.csv"),
)
"""The layout of SemEval-2025 Task 11."""


def build_layout(raw: dict[str, Any]) -> TaskLayout:
    """Return the layout of a task file: its table ``[layout]``, and the default for what it leaves out.

    Raises:
        ShapeError: an unknown key, or a value that cannot be.
    """
    table = member(raw, "layout", dict, {})
    _known(table, ("archive", "data", "predictions"), "layout")
    emotions = tuple(members(raw, "emotions", str, []))
    archive = member(table, "archive", str, DEFAULT_LAYOUT.archive, "layout")
    _form(archive, "layout.archive")
    return TaskLayout(
        data=_file_layout(member(table, "data", dict, {}, "layout"), DEFAULT_LAYOUT.data, "layout.data", emotions),
        predictions=_file_layout(
            member(table, "predictions", dict, {}, "layout"),
            DEFAULT_LAYOUT.predictions,
            "layout.predictions",
            emotions,
        ),
        archive=archive,
    )


def _file_layout(table: dict[str, Any], default: FileLayout, where: str, emotions: tuple[str, ...]) -> FileLayout:
    _known(table, [one.name for one in fields(FileLayout) if one.name != "order"], where)
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key == "columns":
            given[key] = tuple(members(table, key, str, where=where))
        else:
            given[key] = expect(value, str if key == "no_label" else type(getattr(default, key)), f"{where}.{key}")
    layout = replace(default, **given)
    if layout.labels != "columns":
        layout = replace(layout, order=emotions)
    if layout.columns and layout.text not in layout.columns:
        layout = replace(layout, text="")
    _form(layout.file, f"{where}.file")
    if len(layout.delimiter) != 1 or layout.delimiter in "\r\n\"'":
        raise ShapeError(f"'{where}.delimiter' is {printable(layout.delimiter)!r}, expected one character")
    if layout.labels not in HOW_LABELS:
        raise ShapeError(f"'{where}.labels' is '{printable(layout.labels)}', expected {', '.join(HOW_LABELS)}")
    if layout.no_label and layout.no_label == layout.blank:
        raise ShapeError(f"'{where}.no_label' and '{where}.blank' are both '{printable(layout.blank)}'")
    if layout.labels == "columns" and layout.no_label is not None:
        raise ShapeError(f"'{where}.no_label' is for labels in one cell, and '{where}.labels' is 'columns'")
    if layout.labels != "columns" and not layout.separator:
        raise ShapeError(f"'{where}.separator' is empty")
    if layout.labels != "columns" and not layout.quotes and layout.separator == layout.delimiter:
        raise ShapeError(f"'{where}.separator' is the delimiter, and cells are not quoted")
    if not layout.id.strip():
        raise ShapeError(f"'{where}.id' is empty")
    if layout.columns and layout.id not in layout.columns:
        raise ShapeError(f"'{where}.columns' has no '{printable(layout.id)}', the column of ids")
    return layout


def _known(table: dict[str, Any], keys: Collection[str], where: str) -> None:
    wrong = next((key for key in table if key not in keys), None)
    if wrong is not None:
        advice = suggest(wrong, keys) or f"expected one of {', '.join(keys)}"
        raise ShapeError(f"[{where}] has the unknown key '{printable(wrong)}': {advice}")


def _form(form: str, where: str) -> None:
    """Check a form of a path: known placeholders, relative, without ``..``."""
    path = fill(form, FileKey("t", "l", "s"), f"'{where}'")
    if not path.isprintable() or not path or path.startswith("/") or "\\" in path or ".." in path.split("/"):
        raise ShapeError(f"'{where}' is '{printable(form)}', expected a relative path such as pred_{{language}}.csv")
