"""A task made of a user's own labelled texts: labels from the file, a seeded split, stored with its runs.

`make_task` writes ``RUNS/own-NAME/task.toml`` and the texts in the official layout beside it, so that every command
works with them as with the data of a shared task.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo.data.columns import normalised
from semeval_emo.data.labelled import LabelledTexts
from semeval_emo.data.overlap import letters
from semeval_emo.data.pin import pin
from semeval_emo.data.split_names import SPLIT_COLUMNS
from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import read_utf8, write_file
from semeval_emo.parse import ShapeError, parse_toml
from semeval_emo.task import OWN_SPLIT, SPLITS, TASK_FILE, Task, load_task, short_hash
from semeval_emo.task.build import build_task
from semeval_emo.text import plural, printable
from semeval_emo.zoo.dataset.folds import stratified_folds
from semeval_emo.zoo.dataset.own_files import FRAME, read_parts

KEY_PREFIX = "own-"
LANGUAGE = "own"
DATA = "data"
ROWS_FILE = "rows.csv"
SPLIT_SEED = 0
FEWEST = 20
"""Fewest texts of a file that is split."""
FEW = 400
"""With fewer texts for training and dev, settings are selected by folds if the model supports it."""
LONGEST_KEY = 40
ID_WIDTH = 5
BINARY, DEGREES = "a", "b"
"""The tracks: labels of 0 and 1, and degrees."""
# Of twenty folds of 5 %, rare labels fill the first ones first.
PATTERN = ("train", "test", "dev", "train", "train", "train", "train", "test", "dev", "train",
           "train", "train", "train", "test", "dev", "train", "train", "train", "train", "train")  # fmt: skip


@dataclass(frozen=True, eq=False)
class OwnData:
    """A task of a user's own texts, with the counts of its splits.

    Attributes:
        folder: the folder of its runs, which has the task file.
        source: the file or folder that it was made of, as the user named it.
        rows: number of texts of each split.
        positives: by split, the number of texts with each label.
        is_given: whether the splits are those of the user.
        is_new: whether it was made now; False if it was there already.
        notes: what was found, left out or doubtful, as sentences.
    """

    task: Task
    folder: Path
    source: str
    rows: Mapping[str, int]
    positives: Mapping[str, tuple[int, ...]]
    is_given: bool
    is_new: bool
    notes: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The only language of the task."""
        return next(iter(self.task.languages))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Texts with labels in the order of a hash of the texts.

    Attributes:
        lines: the line of each text in its file; `ids` are those of the file, empty without.
        labels: shape (n, L); -1 where unknown.
    """

    texts: tuple[str, ...]
    labels: np.ndarray
    lines: tuple[int, ...]
    ids: tuple[str, ...]

    @classmethod
    def of(cls, part: LabelledTexts) -> _Rows:
        # The order does not depend on that of the file.
        keys = [short_hash([text, *map(str, row)]) for text, row in zip(part.texts, part.labels.tolist(), strict=True)]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return cls(part.texts, part.labels, part.lines, part.ids or ("",) * len(part)).take(order)

    def take(self, rows: Sequence[int]) -> _Rows:
        return _Rows(
            tuple(self.texts[i] for i in rows), self.labels[rows], tuple(self.lines[i] for i in rows),
            tuple(self.ids[i] for i in rows),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.texts)


def make_task(
    source: Any,
    runs: Path,
    *,
    column: str | None = None,
    order: Sequence[str] = (),
    language: str | None = None,
    fresh: bool = False,
) -> OwnData:
    """Make the task of a file or folder of labelled texts, or find the one that was made of it before.

    Args:
        source: a CSV, TSV, JSON, JSON lines or Parquet file, a folder of such files named after splits, a folder
            that ``datasets`` saved, or data in memory as in `read_parts`.
        runs: the folder of all runs.
        column: the name of the column of texts.
        order: the names of the classes 0, 1, ..., if labels are numbers of classes.
        language: the code of the texts' language, for names of files; by default ``own``.
        fresh: replace a task of the same name that was made of other texts, with its runs.

    Raises:
        InputError: the texts or labels cannot be read, or there are too few.
        UsageError: there is a task of this name, made of other texts.
    """
    parts = read_parts(source, column, order)
    if not isinstance(source, Path):
        source = Path(FRAME)
    emotions = next(iter(parts.values())).emotions
    notes = list(dict.fromkeys(note for part in parts.values() for note in part.notes))
    unused = [name for part in parts.values() for name in part.unused if normalised(name) not in SPLIT_COLUMNS]
    left = ", ".join(f"'{name}'" for name in dict.fromkeys(unused))
    notes += [f"Not used: {printable(left, 200)}."] if left else []
    given = {split: _Rows.of(part) for split, part in parts.items()}
    split_rows, how = _split(given, source)
    notes += how
    _check(split_rows, emotions, source)
    top = max(int(rows.labels.max(initial=0)) for rows in split_rows.values())
    key = KEY_PREFIX + (re.sub(r"[^\w.-]+", "-", source.resolve().stem).strip("-.")[:LONGEST_KEY] or "data").lower()
    folder = runs / key
    code = language or LANGUAGE
    files = dict(_files(split_rows, emotions, top, key, code))
    is_new = _store(folder, _head(key, source, emotions, top, code, files), files, fresh, source)
    return OwnData(
        task=load_task(folder / TASK_FILE),
        folder=folder,
        source=str(source),
        rows={split: len(rows) for split, rows in split_rows.items()},
        positives={split: tuple((rows.labels > 0).sum(0).tolist()) for split, rows in split_rows.items()},
        is_given=set(parts) == set(SPLITS),
        is_new=is_new,
        notes=(*notes, *_doubts(split_rows, emotions, top)),
    )


def _split(given: Mapping[str, _Rows], source: Path) -> tuple[dict[str, _Rows], list[str]]:
    """Return train, dev and test: those that are given, the others taken from the train split."""
    missing = [split for split in SPLITS if split not in given]
    if not missing:
        return {split: given[split] for split in SPLITS}, _leaks(given)
    rest = given.get("", given.get("train"))
    if rest is None:
        raise InputError(f"{source} has no train split.", f"it has {' and '.join(given)}; name a file train.csv")
    if len(rest) < FEWEST:
        raise InputError(
            f"{source} has {plural(len(rest), 'text')} to split into train, dev and test; "
            f"at least {FEWEST} are needed.",
            "add texts, or give the splits: a folder with train.csv, dev.csv and test.csv",
        )
    folds = stratified_folds(rest.texts, rest.labels, len(PATTERN), SPLIT_SEED)
    to = np.array([name if name in missing else "train" for name in PATTERN])[folds.fold_of]
    splits = {split: rest.take(np.flatnonzero(to == split).tolist()) for split in SPLITS}
    splits |= {split: rows for split, rows in given.items() if split in ("dev", "test")}
    if "" in given or len(given) == 1:
        return splits, []
    taken = " and ".join(f"{len(splits[split]):,} texts as {split}" for split in missing if split != "train")
    return splits, [f"There is no {' and no '.join(missing)} split: {taken} are taken from train.", *_leaks(splits)]


def _leaks(splits: Mapping[str, _Rows]) -> list[str]:
    """Return a note on the dev and test texts that are also in the train split."""
    train = {letters(text) for text in splits["train"].texts}
    counts = {split: sum(letters(text) in train for text in splits[split].texts) for split in ("dev", "test")}
    found = [f"{count:,} of {len(splits[split]):,} {split} texts" for split, count in counts.items() if count]
    return [f"{' and '.join(found)} are also in train, so their scores are optimistic."] if found else []


def _check(splits: Mapping[str, _Rows], emotions: Sequence[str], source: Path) -> None:
    """Refuse splits that nothing can be trained on."""
    empty = [split for split, rows in splits.items() if not len(rows)]
    if empty:
        raise InputError(
            f"{source} leaves no text for {' and '.join(empty)}: copies of a text stay in one split.", "add other texts"
        )
    labels = splits["train"].labels
    if not emotions or not (labels > 0).any():
        raise InputError(f"{source} has no text with a label to train on.", "check the columns of labels")


def _doubts(splits: Mapping[str, _Rows], emotions: Sequence[str], top: int) -> Iterator[str]:
    """Yield what is doubtful about the splits."""
    for j, emotion in enumerate(emotions):
        counts = {split: int((rows.labels[:, j] > 0).sum()) for split, rows in splits.items()}
        if not any(counts.values()):
            yield f"No text has the label {emotion}."
        elif not counts["train"]:
            yield f"No train text has the label {emotion}, so the model cannot learn it."
    if top > 1:
        yield f"Track {BINARY} has degrees above 0 as 1; --track {DEGREES} has the degrees."
    if conflicts := _conflicts(splits.values()):
        yield f"{plural(conflicts, 'text has', 'texts have')} different labels in different rows."
    if len(splits["test"]) < 100:
        yield f"The test split has {plural(len(splits['test']), 'text')}, so its scores are uncertain."
    if (splits["test"].labels < 0).any():
        yield "The test split has no labels, so it is predicted but not scored."


def _conflicts(parts: Iterable[_Rows]) -> int:
    """Return the number of texts that have different labels in several rows."""
    labels: dict[str, set[tuple[int, ...]]] = {}
    for rows in parts:
        for text, row in zip(rows.texts, rows.labels.tolist(), strict=True):
            labels.setdefault(letters(text), set()).add(tuple(row))
    return sum(len(different) > 1 for different in labels.values())


def _files(
    splits: Mapping[str, _Rows], emotions: Sequence[str], top: int, key: str, code: str
) -> Iterator[tuple[str, str]]:
    """Yield the files of the task in its folder: the splits of each track, and the rows of the source."""
    header = ["id", "text", *emotions]
    table: list[list[object]] = []
    for split, rows in splits.items():
        for track in (BINARY, DEGREES) if top > 1 else (BINARY,):
            ids = [f"{key}_{split}_{track}_{number:0{ID_WIDTH}d}" for number in range(1, len(rows) + 1)]
            labels = rows.labels if track == DEGREES else np.minimum(rows.labels, 1)
            cells = [["" if value < 0 else value for value in row] for row in labels.tolist()]
            lines = [[text_id, text, *row] for text_id, text, row in zip(ids, rows.texts, cells, strict=True)]
            yield f"{DATA}/track_{track}/{split}/{code}.csv", _csv([header, *lines])
            table += [[*row] for row in zip(ids, rows.lines, rows.ids, strict=True)]
    yield ROWS_FILE, _csv([["id", "line", "own_id"], *table])


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _head(key: str, source: Path, emotions: Sequence[str], top: int, code: str, files: Mapping[str, str]) -> str:
    """Return the task file up to its table of files."""
    name = printable(source.resolve().name, 80)
    known = load_task().languages.get(code)
    # Another content is another task.
    content = short_hash(body for file, body in files.items() if file != ROWS_FILE)
    degrees = f"""
[tracks.{DEGREES}]
title = "Degrees"
values = {_toml([str(degree) for degree in range(top + 1)])}
metric = "pearson"
averaging = "Pearson r per label, mean over labels"
"""
    return f"""# Made of your own texts and labels by `semeval-emo zoo train --data`.
key = {_toml(key)}
title = {_toml(f"Your own split of {name}")}
default_release = "{OWN_SPLIT}"
data = "{DATA}"
emotions = {_toml(emotions)}
label_noun = "label"
ids = {{ prefix = {_toml(f"{key}_{{split}}_{{track}}_")}, width = {ID_WIDTH} }}

[tracks.{BINARY}]
title = "Labels"
values = ["0", "1"]
metric = "macro_f1"
averaging = "F1 per label with 0 where undefined, mean over labels"
{degrees if top > 1 else ""}
[languages]
{_toml(code)} = {_toml([known.name, known.family, known.script] if known else [name, "", ""])}

[releases.{OWN_SPLIT}]
title = {_toml(name)}
published = ""
source = {_toml(name)}
note = "content {content}"

[releases.{OWN_SPLIT}.files]
"""


def _toml(value: object) -> str:
    # JSON strings and lists of strings are valid TOML.
    return json.dumps(value, ensure_ascii=False)


def _store(folder: Path, head: str, files: Mapping[str, str], fresh: bool, source: Path) -> bool:
    """Write the task and its data; return False if they were there already.

    Raises:
        UsageError: the folder has a task of other texts.
    """
    file = folder / TASK_FILE
    if file.is_file():
        if read_utf8(file).startswith(head):
            # The lines of the rows are those of the last file.
            missing = [name for name in files if name == ROWS_FILE or not (folder / name).is_file()]
            for name in missing:
                write_file(folder / name, files[name], parents=True)
            return False
        if not fresh:
            raise UsageError(
                f"{source} is not what {folder} was made of: the texts, labels or options have changed.",
                f"--runs NAME keeps both, --fresh deletes {folder} with its runs and starts again",
            )
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} exists and has no {TASK_FILE}.", "choose another folder of runs with --runs")
    try:
        task = build_task(parse_toml(head))
    except ShapeError as error:
        raise InputError(f"{source} does not make a task: {error}.", "rename the columns of labels") from error
    for name, body in files.items():
        write_file(folder / name, body, parents=True)
    # Last, because it marks the folder as complete.
    write_file(file, f"{head}{pin(folder / DATA, task).toml}\n")
    return True
