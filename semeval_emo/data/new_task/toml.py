"""The text of a task file that was drafted: what was found, what was guessed, and examples of the rest."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semeval_emo.data.new_task.labels import TaskLabels
from semeval_emo.data.new_task.languages import UNKNOWN, known_languages, script_of
from semeval_emo.data.new_task.marks import marked
from semeval_emo.data.new_task.tables import TaskTable
from semeval_emo.tables.shapes.shape import NO_LABEL, folded
from semeval_emo.task import DEFAULT_LAYOUT, FileKey, FileLayout, known_tasks
from semeval_emo.text import listed, plural, printable

WIDTH = 118
RELEASE = "1"
KEYS = ("file", "delimiter", "quotes", "columns", "id", "text", "labels", "separator", "blank", "no_label")
"""The keys of a layout, in order."""


@dataclass(frozen=True, eq=False)
class Place:
    """A data file at its place in the task."""

    key: FileKey
    table: TaskTable
    labels: TaskLabels


@dataclass(frozen=True, eq=False)
class Found:
    """What the files of a folder say of a task.

    Attributes:
        key: the short name of the task.
        root: the folder of the data.
        emotions_at: the labels of each track and language.
        layout: how the data files are written.
        splits: all splits, if they are not train, dev and test.
        id_form: the prefix of ids with placeholders, and the width of their number; None without a form.
        predictions: how prediction files are written, if some are beside the data.
        names_track, names_language, names_split: whether the names of files say it.
    """

    key: str
    root: Path
    places: tuple[Place, ...]
    emotions_at: Mapping[tuple[str, str], tuple[str, ...]]
    layout: FileLayout
    splits: tuple[str, ...]
    id_form: tuple[str, int] | None
    names_track: bool
    names_language: bool
    names_split: bool
    predictions: FileLayout | None = None

    @property
    def tracks(self) -> list[str]:
        """The tracks, in order."""
        return sorted({place.key.track for place in self.places})

    @property
    def languages(self) -> list[str]:
        """The codes of the languages, in order."""
        return sorted({place.key.language for place in self.places})

    @property
    def emotions(self) -> list[str]:
        """All labels, in the order of the file that has most."""
        names = sorted(self.emotions_at.values(), key=len, reverse=True)
        return list(dict.fromkeys(name for own in names for name in own))

    def top(self, track: str) -> int:
        """Return the highest degree of a track."""
        return max((place.labels.top for place in self.places if place.key.track == track), default=1) or 1


def toml_of(found: Found, data: str) -> str:
    """Return the task file up to its table of files.

    Args:
        data: the folder of the data, relative to the file.
    """
    parts = [
        _head(found, data),
        _emotions_by(found),
        _layout(found),
        EXAMPLES,
        *(_track(found, track) for track in found.tracks),
        _languages(found),
        _release(found),
    ]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part) + "\n"


def _value(value: object) -> str:
    # JSON strings, numbers and lists of strings are valid TOML; so are its true and false.
    return json.dumps(value, ensure_ascii=False)


def _list(key: str, values: Sequence[str], why: str = "") -> Iterator[str]:
    """Yield the lines of a list, on one line if it is short."""
    line = f"{key} = {_value(list(values))}"
    if len(line) <= WIDTH:
        yield marked(line, why) if why else line
        return
    yield marked(f"{key} = [", why) if why else f"{key} = ["
    yield from textwrap.wrap(
        ", ".join(map(_value, values)) + ",", WIDTH, initial_indent="    ", subsequent_indent="    "
    )
    yield "]"


def _head(found: Found, data: str) -> Iterator[str]:
    yield f"# Made from {printable(found.root.name, 80)}/ by `semeval-emo task new`. A line that ends in"
    yield '# "guess: ...: check" was guessed: correct it and remove the mark, which `semeval-emo task check` lists.'
    yield "# A line that begins with # is an example of what the data cannot say."
    yield ""
    key = f"key = {_value(found.key)}"
    is_known = any(found.key in (name, task.key) for name, task in known_tasks())
    yield marked(key, "another task has this key, so give this one another") if is_known else key
    yield marked(f"title = {_value(found.key)}", "the name of this file; write the title of the task")
    yield f"default_release = {_value(RELEASE)}"
    yield f"data = {_value(data)}"
    yield '# leaderboard = "my-board"    # the folder of leaderboard rows'
    yield '# cite = "Authors 2027, Title of the paper"'
    doubts = list(dict.fromkeys(doubt for place in found.places for doubt in place.labels.doubts))
    how = {
        "columns": "the columns of numbers",
        "names": "the names that occur in the data",
        "indices": "the file of names beside the data",
    }[found.layout.labels]
    yield from _list("emotions", found.emotions, "; ".join([how, *doubts[:2]]))
    yield '# label_noun = "emotion"      # what tables and plots call a label'
    alone = next((name for name in found.emotions if folded(name) in NO_LABEL), "")
    if alone:
        yield f"# neutral = {_value(alone)}    # the label that a text has only alone"
    unused = {name: _held(place.table.cells(name)) for place in found.places for name in place.labels.unused
              if name in place.table.table.header}  # fmt: skip
    if unused:
        shown = listed((printable(f"{name} ({held})", 80) for name, held in unused.items()), 8)
        yield f"# Other columns: {shown}. Add a label to `emotions`."
    if found.splits:
        why = "" if found.names_split else "no name of a file says the split"
        yield from _list("splits", found.splits, why)
    if found.id_form:
        prefix, width = found.id_form
        yield f"ids = {{ prefix = {_value(prefix)}, width = {width} }}"


def _held(cells: Sequence[str]) -> str:
    """Return what the cells of a column are, in words."""
    values = {cell.strip() for cell in cells} - {""}
    numbers = [int(value) for value in values if re.fullmatch(r"-?\d{1,9}", value)]
    if values and len(numbers) == len(values):
        return f"numbers from {min(numbers)} to {max(numbers)}"
    return plural(len(values), "different value") if values else "blank"


def _emotions_by(found: Found) -> Iterator[str]:
    """Yield the labels of languages or tracks that do not have all."""
    every = set(found.emotions)
    order = {place: [name for name in found.emotions if name in own] for place, own in found.emotions_at.items()}
    if all(set(own) == every for own in order.values()):
        return
    yield "[emotions_by]     # the labels where they are not all"
    for language in found.languages:
        own = {track: names for (track, code), names in order.items() if code == language}
        fewer = {track: names for track, names in own.items() if set(names) != every}
        if len(fewer) == len(own) and len(set(map(tuple, fewer.values()))) == 1:
            yield from _list(_key(language), next(iter(fewer.values())))
        else:
            for track, names in fewer.items():
                yield from _list(_value(f"{track}/{language}"), names)


def _key(text: str) -> str:
    """Return a key of a table, quoted if it has to be."""
    return text if text.isascii() and text.replace("-", "").replace("_", "").isalnum() else _value(text)


def _layout(found: Found) -> Iterator[str]:
    """Yield how files are written, where it is not as in SemEval-2025 Task 11."""
    yield "[layout]"
    yield '# archive = "predictions.zip"               # the name of the zip of `pack`; default: track_{track}.zip'
    guesses = {key: why for place in found.places for key, why in place.table.guesses.items()}
    lines = list(_keys(found.layout, DEFAULT_LAYOUT.data, guesses))
    if lines:
        yield ""
        yield "[layout.data]"
        yield from lines
    yield ""
    if found.predictions is not None:
        yield marked("[layout.predictions]", "the prediction files beside the data")
        yield from _keys(found.predictions, DEFAULT_LAYOUT.predictions, {})
        return
    yield "# [layout.predictions]                      # default: id and a column for each label, separated by commas"
    yield '# file = "pred_{language}.csv"              # default: track_{track}/pred_{language}.csv'
    usual = replace(found.layout, file="", columns=(), blank="", no_label=None)
    yield from (f"# {line}" for line in _keys(usual, replace(DEFAULT_LAYOUT.data, file=""), {}))


def _keys(layout: FileLayout, default: FileLayout, guesses: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys of a layout in which it differs from the default one, and those that were guessed."""
    for key in KEYS:
        is_implied = (layout.columns and key in ("id", "text")) or (layout.labels == "columns" and key == "separator")
        value = getattr(layout, key)
        if not is_implied and (value != getattr(default, key) or key in guesses):
            line = f"{key} = {_value(value)}"
            yield marked(line, guesses[key]) if key in guesses else line


EXAMPLES = (
    "# [synonyms]                                # other names of the labels, used in hints",
    '# joy = ["happiness", "happy"]',
    "",
    "# [aliases]                                 # other codes of the languages, used in hints",
    '# en = "eng"',
)


def _track(found: Found, track: str) -> Iterator[str]:
    top = found.top(track)
    has_labels = any(place.labels.is_published for place in found.places if place.key.track == track)
    why = "no name of a file says the track" if not found.names_track else ""
    yield marked(f"[tracks.{track}]", why) if why else f"[tracks.{track}]"
    yield marked(f'title = "Track {track}"', "its key; write what is predicted")
    values = f"values = {_value([str(value) for value in range(top + 1)])}"
    yield values if has_labels and top == 1 else marked(values, "the highest label" if has_labels else "no labels")
    metric = "pearson" if top > 1 else "macro_f1"
    yield marked(
        f"metric = {_value(metric)}",
        "the usual one of degrees" if top > 1 else "the usual one; others are jaccard, micro_f1",
    )
    yield marked('averaging = "mean over labels"', "the usual one, in words")
    other = _trains_on(found, track)
    if other:
        yield marked(f"trains_on = {_value(other)}", "it has no train files")
    if len(found.languages) > 1:
        first = _key(found.languages[0])
        yield f"# weights = {{ {first} = 2 }}    # of the languages in means over languages; default: 1"
    if top == 1:
        yield "# empty = 1    # samples F1 and Jaccard of a text without labels in gold and predictions; default: 0"


def _trains_on(found: Found, track: str) -> str:
    """Return another track with train files and the same degrees, for a track without; empty if there is none."""
    trained = {place.key.track for place in found.places if place.key.split == "train"}
    same = [other for other in found.tracks if other in trained and found.top(other) == found.top(track)]
    return "" if track in trained or not same else same[0]


def _languages(found: Found) -> Iterator[str]:
    known = known_languages()
    why = "names by code" if found.names_language else "no name of a file says the language, so it is by the texts"
    yield marked("[languages]", f"{why}; code = [name, family, script]")
    for code in found.languages:
        language = known.get(code) or known.get(re.split("[-_]", code)[0])
        if language is not None:
            names = [language.name, language.family, language.script, *([language.iso] if language.iso else [])]
            yield f"{_key(code)} = {_value(names)}"
        else:
            texts = [text for place in found.places if place.key.language == code
                     for text in place.table.cells(place.table.layout.text or "text")[:200]]  # fmt: skip
            name = "Unknown" if code == UNKNOWN else code
            yield marked(f"{_key(code)} = {_value([name, '', script_of(texts)])}", "its name and family")


def _release(found: Found) -> Iterator[str]:
    yield f"[releases.{RELEASE}]"
    yield marked('title = "First"', "there is one release of the data")
    yield 'published = ""    # a date, such as 2027-01-31'
    yield marked(
        f"source = {_value(printable(found.root.resolve().name, 80))}",
        "the name of the folder; write where it was published",
    )
    yield '# note = "what to know about it"'
    yield ""
    yield "# Rows, ids and hashes; `semeval-emo data pin` writes them again."
    yield f"[releases.{RELEASE}.files]"
