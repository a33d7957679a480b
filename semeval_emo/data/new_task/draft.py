"""Draft a task file from a folder of its data."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semeval_emo.data.new_task.labels import TaskLabels, Writing, find_labels, labels_by_place
from semeval_emo.data.new_task.languages import known_languages, language_of
from semeval_emo.data.new_task.marks import Guess, guesses_in
from semeval_emo.data.new_task.paths import NamedFile, is_plain, is_predictions, named_files, split_word
from semeval_emo.data.new_task.predictions import predictions_layout
from semeval_emo.data.new_task.tables import TaskTable, read_task_table
from semeval_emo.data.new_task.toml import Found, Place, toml_of
from semeval_emo.data.pin import id_blocks, pin
from semeval_emo.errors import InputError, MissingExtra, UsageError
from semeval_emo.files import check_name, read_utf8, write_file
from semeval_emo.parse import ShapeError, parse_toml
from semeval_emo.task import SPLITS, FileKey, FileLayout, FileSpec, IdBlock, Task
from semeval_emo.task.build import MOST_EMOTIONS, build_task
from semeval_emo.text import listed, plural, printable

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".parquet")
OTHER_TABLES = (".json", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods")
DEPTH = 6
MOST_FILES = 5_000
TRACK = "a"
"""The track of files that name none."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A task file that was made of a folder of data.

    Attributes:
        task: what the file describes.
        text: the file.
        ids: the lists of ids beside it, by their path.
        root: the folder that has the data, below the one that was named.
        left_out: files that are not of the task, and why.
    """

    task: Task
    text: str
    ids: dict[str, bytes]
    root: Path
    left_out: tuple[tuple[str, str], ...]

    @property
    def guesses(self) -> list[Guess]:
        """What was guessed."""
        return guesses_in(self.text)

    def trainable(self) -> FileSpec | None:
        """Return a test file whose track and language also have train and dev files with labels, if there is one."""
        labelled = {spec.key for spec in self.task.specs() if spec.labels_hash}
        for spec in self.task.specs(split="test"):
            train = spec.key._replace(track=self.task.track(spec.track).trains_on, split="train")
            if {train, spec.key._replace(split="dev")} <= labelled:
                return spec
        return None

    def write(self, path: Path, force: bool = False) -> list[Path]:
        """Write the task file and the lists of ids, and return the paths; the task file is written last.

        Args:
            force: replace files that differ.

        Raises:
            UsageError: a file exists and differs.
            InputError: a file cannot be written.
        """
        refuse_other(path, self.text, force)
        lists = {path.parent / name: body for name, body in self.ids.items()}
        for other, body in lists.items():
            if not force and other.exists() and other.read_bytes() != body:
                raise UsageError(f"{other} exists and differs.", "replace it with --force, or name another task file")
        for other, body in lists.items():
            write_file(other, body, parents=True)
        write_file(path, self.text, parents=True)
        return [*lists, path]


def refuse_other(path: Path, text: str, force: bool) -> None:
    """Refuse to replace a task file with other text.

    Raises:
        UsageError: it exists and differs.
    """
    if not force and path.exists() and read_utf8(path) != text:
        raise UsageError(f"{path} exists and differs.", "replace it with --force, or choose another name with -o")


def draft_task(folder: str | os.PathLike[str], file: str | os.PathLike[str]) -> Draft:
    """Make a task file of a folder of data, or of one file; what is guessed is marked in it.

    Args:
        file: where the task file will be; its name is the key of the task.

    Raises:
        UsageError: the task file has no usable name.
        InputError: there is no table of texts with labels, its columns cannot be told, or files disagree on them.
    """
    given, toml = Path(folder), Path(file)
    if toml.suffix != ".toml":
        raise UsageError(f"The task file {toml} does not end in .toml.", f"name it {toml.name}.toml")
    check_name(toml.stem, "a task")
    if not given.exists():
        raise InputError(f"There is no file or folder {given}.", "give the folder that holds the data of the task")
    root = given if given.is_dir() else given.parent
    paths = sorted(_below(given)) if given.is_dir() else [given]
    odd = [path for path in paths if not is_plain(path.relative_to(root).as_posix())]
    paths = [path for path in paths if path not in odd]
    if odd and not paths:
        raise InputError(
            f"{printable(str(odd[0]), 200)} has a name that a layout cannot say.",
            "name it without braces, backslashes and control characters",
        )
    chosen, left_out = _chosen(root, paths, given)
    left_out += [(printable(str(path), 200), "a layout cannot name it") for path in odd]
    root, files = _below_constant_folders(root, chosen)
    tables = [table for _, table in files]
    layout = _one_layout(tables)
    names, names_file = _label_names(root, given, paths)
    labels, writing = find_labels(tables, names)
    if writing.labels == "indices":
        left_out = [(name, why) for name, why in left_out if Path(name) != names_file]
    found = _found(toml.stem, root, files, labels, writing, layout)
    predictions = [path for path in paths if is_predictions(path.name) and path.suffix.lower() in SUFFIXES]
    found = replace(
        found,
        predictions=predictions_layout(
            predictions, found.layout, found.emotions, known_languages(), len(found.tracks) > 1
        ),
    )
    left_out += [(str(path), "its name says that it has predictions") for path in predictions]
    head = toml_of(found, _from(toml.parent, root))
    try:
        task = build_task(parse_toml(head))
    except ShapeError as error:
        raise InputError(f"{given} does not make a task: {error}.", "rename the columns or files") from error
    pinned = pin(root, task)
    text = f"{head}{pinned.toml}\n"
    return Draft(build_task(parse_toml(text), toml), text, pinned.ids, root, tuple(left_out))


def _from(folder: Path, root: Path) -> str:
    """Return the path of the data for a task file in a folder: relative, unless it is a full path elsewhere."""
    if root.is_absolute() and not root.is_relative_to(folder.resolve()):
        return str(root)
    return Path(os.path.relpath(root, folder)).as_posix()


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and its subfolders, without hidden ones.

    Raises:
        InputError: there are too many to be the data of a task.
    """
    count = 0
    for place, folders, files in os.walk(folder, followlinks=True):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = [name for name in folders if depth < DEPTH and not name.startswith((".", "__"))]
        for name in files:
            if not name.startswith("."):
                count += 1
                yield Path(place) / name
        if count > MOST_FILES:
            raise InputError(
                f"{folder} has more than {MOST_FILES:,} files.", "give the folder that holds only the data"
            )


def _chosen(
    root: Path, paths: Sequence[Path], given: Path
) -> tuple[list[tuple[NamedFile, TaskTable]], list[tuple[str, str]]]:
    """Return the data files, which have names of the same form, and the files that are left out, with the reason.

    Raises:
        InputError: there is none, or one that has such a name cannot be read.
    """
    tables: dict[str, TaskTable] = {}
    errors: dict[str, InputError | MissingExtra] = {}
    for path in paths:
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() in SUFFIXES and not (is_predictions(name) and path != given):
            try:
                tables[name] = read_task_table(path)
            except (InputError, MissingExtra) as error:
                errors[name] = error
    if not tables:
        if errors:
            raise min(errors.items(), key=lambda error: not error[0].endswith(".csv"))[1]
        seen = listed(printable(path.relative_to(root).as_posix()) for path in paths) or "no file"
        others = [path.name for path in paths if path.suffix.lower() in OTHER_TABLES]
        convert = f"write {printable(others[0])} as CSV: in pandas, to_csv(..., index=False)" if others else ""
        raise InputError(
            f"There is no table of texts in {given}: it has {seen}.",
            convert
            or "give a folder with files such as track_a/dev/eng.csv or train.tsv: a line for each text with its id, "
            "the text and its labels, separated by commas or tabs",
        )
    languages = known_languages()
    named = named_files([*tables, *errors], languages)
    form = next(file.form for file in named if file.path in tables)
    if len(tables) > 1 and "{" not in form:
        raise InputError(
            f"The names of {plural(len(tables), 'table')} in {given} name neither splits, languages nor tracks: "
            f"{listed(map(printable, sorted(tables)))}.",
            "name them train.csv, dev.csv and test.csv, or track_a/dev/eng.csv; or give one of them",
        )
    chosen: dict[tuple[str, str, str], NamedFile] = {}
    files: list[NamedFile] = []
    left_out: list[tuple[str, str]] = []
    # The labels of a test split may be in another file, such as test-gold.csv, which is the one of the task.
    for file in sorted(named, key=lambda file: "gold" not in file.path.lower()):
        other = chosen.setdefault(file.key, file) if file.form.lower() == form.lower() else None
        if other is None:
            why = "not a table of ids and texts" if file.path in errors else f"its name is not of the form {form}"
            left_out.append((str(root / file.path), why))
        elif file.path in errors:
            raise errors[file.path]
        elif other is not file:
            left_out.append((str(root / file.path), f"it has the same place in the task as {other.path}"))
        if other is not None and (other is file or "gold" in other.path.lower()):
            files.append(file)
    return [(file, tables[file.path]) for file in files], left_out


def _below_constant_folders(
    root: Path, files: Sequence[tuple[NamedFile, TaskTable]]
) -> tuple[Path, list[tuple[NamedFile, TaskTable]]]:
    """Return the folder in which the names of files begin to say what they are, and the files below it."""
    folders = files[0][0].form.split("/")[:-1]
    depth = next((at for at, folder in enumerate(folders) if "{" in folder), len(folders))
    below = root.joinpath(*files[0][0].path.split("/")[:depth])

    def without(path: str) -> str:
        return "/".join(path.split("/")[depth:])

    return below, [(replace(file, path=without(file.path), form=without(file.form)), table) for file, table in files]


def _one_layout(tables: Sequence[TaskTable]) -> FileLayout:
    """Return how all files are written.

    Raises:
        InputError: they are written in different ways.
    """
    # Files without a quotation mark are written in both ways.
    deciding = [table for table in tables if table.has_quotes] or tables
    counts = Counter(table.layout for table in deciding)
    layout = counts.most_common(1)[0][0]
    for table in tables:
        own = table.layout if table.has_quotes else replace(table.layout, quotes=layout.quotes)
        if own != layout:
            like = next(other for other in tables if other.layout == layout)
            different = [name for name in ("delimiter", "quotes", "columns", "id", "text")
                         if getattr(own, name) != getattr(layout, name)]  # fmt: skip
            seen = "; ".join(f"{name}: {getattr(own, name)!r} and {getattr(layout, name)!r}" for name in different)
            raise InputError(
                f"{table.path} and {like.path} are written differently ({printable(seen, 200)}).",
                "write all data files in the same way, or move the file away",
            )
    return layout


def _label_names(root: Path, given: Path, paths: Sequence[Path]) -> tuple[list[str], Path | None]:
    """Return the names of labels in a file beside the data, one on each line, and that file, if there is one."""
    for path in [*paths, *sorted(root.glob("*.txt"))]:
        if re.search("label|emotion|class", path.stem, re.IGNORECASE) and path.suffix.lower() == ".txt":
            names = [line.strip() for line in read_utf8(path).split("\n") if line.strip()]
            if (
                1 < len(names) <= MOST_EMOTIONS
                and len(set(names)) == len(names)
                and not any("\t" in name for name in names)
            ):
                return names, path
    return [], None


def _found(
    key: str,
    root: Path,
    files: Sequence[tuple[NamedFile, TaskTable]],
    labels: Sequence[TaskLabels],
    writing: Writing,
    layout: FileLayout,
) -> Found:
    """Return what the files say of the task."""
    texts = [text for _, table in files for text in table.cells(table.layout.text or "text")]
    language = "" if files[0][0].language else language_of(texts)
    # A folder of one split may be named after it.
    of_folder = split_word(root.resolve().name)
    only = [] if files[0][0].split else [of_folder or ("train" if labels[0].is_published else "test")]
    places: list[Place] = []
    for (file, table), own in zip(files, labels, strict=True):
        place = FileKey(file.track or TRACK, file.language or language, file.split or only[0])
        places.append(Place(place, table, own))
    splits = sorted({place.key.split for place in places} - {*SPLITS})
    named = sorted((*SPLITS, *splits), key=lambda split: (split != "trial", split not in SPLITS))
    blanks = {place.labels.blank for place in places if not place.labels.is_published}
    return Found(
        key=key,
        root=root,
        places=tuple(places),
        emotions_at=labels_by_place({place.key: place.labels for place in places if place.labels.is_published}),
        layout=replace(
            layout,
            file=files[0][0].form,
            labels=writing.labels,
            separator=writing.separator,
            no_label=writing.no_label,
            blank=next((blank for blank in blanks if blank), ""),
        ),
        splits=tuple(only or (named if splits else ())),
        id_form=_id_form(places),
        names_track=bool(files[0][0].track),
        names_language=bool(files[0][0].language),
        names_split=not only,
    )


def _id_form(places: Sequence[Place]) -> tuple[str, int] | None:
    """Return the prefix with placeholders and the width of the ids of most files, if they are numbered from 1."""
    forms: Counter[tuple[str, int]] = Counter()
    for place in places:
        blocks = id_blocks(place.table.cells(place.table.layout.id))
        first = blocks[0]
        if len(blocks) == 1 and isinstance(first, IdBlock) and first.first == 1 and not first.skip:
            names = {value: f"{{{name}}}" for name, value in place.key._asdict().items()}
            words = re.split(r"([_-])", first.prefix)
            if not re.search("[{}]", first.prefix):
                forms["".join(names.get(word, word) for word in words), first.width] += 1
    best = forms.most_common(1)
    return best[0][0] if best and 2 * best[0][1] > len(places) else None
