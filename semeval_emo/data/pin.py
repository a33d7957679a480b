"""Writes the table of files of a release, as TOML: `semeval-emo data pin FOLDER`.

The table is what a task file says of a release under ``[releases.NAME.files]``: row counts, ids and
the hashes by which `identity` knows the files again. It holds no text and no label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from semeval_emo.data.folder import flat_files
from semeval_emo.data.sheet import Sheet, read_sheet
from semeval_emo.errors import InputError
from semeval_emo.task import SPLITS, IdBlock, Task

# A gap of more numbers than this starts a new run rather than a list of skipped ones.
WIDEST_GAP = 9


def pin(folder: Path, task: Task, split: str = "test") -> str:
    """The TOML lines of every file in a release folder.

    Args:
        folder: a release in any of the three layouts.
        task: gives tracks, languages, the order of emotions and the form of ids (a file whose ids
            follow it is written as ``rows``, any other as ``blocks``); its releases may be empty.
        split: which split the files are of, where the layout does not say.

    Raises:
        InputError: no data file there, or one that cannot be read.

    >>> from semeval_emo.data.sample import sample_folder
    >>> from semeval_emo.task import load_task
    >>> pin(sample_folder(), load_task("sample")).splitlines()[0][:36]
    '"a/eng/train" = { rows = 240, texts '
    """
    lines = [
        f'"{track}/{language}/{part}" = {{ {_entry(sheet, task, track, language, part)} }}'
        for track, language, part, sheet in _files(folder, task, split)
    ]
    if not lines:
        raise InputError(f"There is no data file in {folder}.", "expected track_a/test/eng.csv or a CSV of known ids")
    return "\n".join(lines)


def _files(folder: Path, task: Task, split: str) -> Iterator[tuple[str, str, str, Sheet]]:
    for track in task.tracks.values():
        for part, place in [*((s, folder / track.folder / s) for s in SPLITS), (split, folder / track.folder)]:
            for path in flat_files(place):
                if path.stem in task.languages:
                    yield track.key, path.stem, part, read_sheet(path)
    for path in flat_files(folder):
        sheet = read_sheet(path)
        places = task.places(sheet.ids[0]) if len(sheet) else []
        if places:
            yield places[0].track, places[0].language, places[0].split, sheet


def _entry(sheet: Sheet, task: Task, track: str, language: str, split: str) -> str:
    blocks = runs(sheet.ids)
    prefix = task.id_prefix.format(track=track, language=language, split=split)
    whole = blocks == [IdBlock(prefix, task.id_width, 1, len(sheet))]
    parts = [f"rows = {len(sheet)}" if whole else f"blocks = [{', '.join(map(_block, blocks))}]"]
    texts = sheet.texts_hash()
    if texts:
        parts.append(f'texts = "{texts}"')
    emotions = [name for name in task.emotions if name in sheet.header]
    labels = sheet.labels_hash(emotions) if emotions else ""
    if labels:
        parts.append(f'labels = "{labels}"')
    return ", ".join(parts)


def _block(block: IdBlock) -> str:
    values = [f'"{block.prefix}"', *map(str, (block.width, block.first, block.last, *block.skip))]
    return f"[{', '.join(values)}]"


def runs(ids: Sequence[str]) -> list[IdBlock]:
    """Describes ids as runs of consecutive numbers, one or more a prefix, prefixes as they first come.

    >>> runs(["x_001", "x_002", "x_004", "y_1"])
    [IdBlock(prefix='x_', width=3, first=1, last=4, skip=(3,)), IdBlock(prefix='y_', width=1, first=1, last=1, skip=())]

    Raises:
        InputError: ids that are not a prefix and a number, or padded in two ways.
    """
    numbers: dict[str, list[str]] = {}
    for one in ids:
        prefix = one.rstrip("0123456789")
        if prefix == one:
            raise InputError(f"The id '{one}' does not end in a number.", "a task's ids are a prefix and a number")
        numbers.setdefault(prefix, []).append(one[len(prefix) :])
    return [block for prefix, digits in numbers.items() for block in _runs(prefix, digits)]


def _runs(prefix: str, digits: list[str]) -> Iterator[IdBlock]:
    widths = {len(text) for text in digits if text.startswith("0")}
    width = min(widths, default=min(map(len, digits)))
    if any(f"{int(text):0{width}d}" != text for text in digits):
        raise InputError(f"The ids '{prefix}…' are padded with zeros in more than one way.")
    known = sorted(map(int, digits))
    first = before = known[0]
    skip: list[int] = []
    for number in known[1:]:
        if number - before > WIDEST_GAP:
            yield IdBlock(prefix, width, first, before, tuple(skip))
            first, skip = number, []
        else:
            skip += range(before + 1, number)
        before = number
    yield IdBlock(prefix, width, first, before, tuple(skip))
