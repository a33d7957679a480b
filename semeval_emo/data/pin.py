"""Write the table of files of a release as TOML: `semeval-emo data pin FOLDER`.

The table is the section ``[releases.NAME.files]`` of a task file: row counts, ids and the hashes by
which `identity` recognises the files. It holds no texts and no labels.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from semeval_emo.data.folder import flat_files, in_order, placed_files
from semeval_emo.data.overlap import sample_hash
from semeval_emo.data.sheet import Sheet, read_sheet
from semeval_emo.errors import InputError
from semeval_emo.task import FileKey, FileSpec, IdBlock, Task, fill, listed_block
from semeval_emo.task.build import LONGEST_PREFIX, is_listed_id
from semeval_emo.text import printable

LOG = logging.getLogger("semeval_emo")
# A gap of more numbers than this starts a new block instead of a list of skipped numbers.
WIDEST_GAP = 9
LONGEST_NUMBER = 18
"""Limit of the digits of an id's number, so that it has 64 bits."""
MOST_BLOCKS = 10
"""Ids in more blocks than this, and than half of them, are listed."""


def pin(folder: Path, task: Task, split: str = "test") -> str:
    """Return the TOML lines of all files in a release folder; the log names the CSV files that are left out.

    Args:
        folder: a release in any of the three layouts.
        task: provides tracks, languages, the order of emotions and the form of ids (a file whose ids
            have it is written with ``rows``, any other with ``blocks``); its releases may be empty.
        split: the split of files in a layout without splits.

    Raises:
        InputError: there is no data file, or one cannot be read.

    >>> from semeval_emo.data.sample import sample_folder
    >>> from semeval_emo.task import load_task
    >>> pin(sample_folder(), load_task("sample")).splitlines()[0][:36]
    '"a/eng/train" = { rows = 240, texts '
    """
    found = list(_files(folder, task, split))
    lines = [f'"{"/".join(place)}" = {{ {_entry(sheet, task, place)} }}' for _, place, sheet in found if place]
    for path, place, _ in found:
        if not place:
            LOG.info("left out: %s has no language or no ids of the task", printable(str(path), 200))
    if not lines:
        raise InputError(
            f"There is no data file in {folder}.", "expected track_a/test/eng.csv or a CSV file with known ids"
        )
    return "\n".join(lines)


def _files(folder: Path, task: Task, split: str) -> Iterator[tuple[Path, FileKey | None, Sheet]]:
    """Yield the CSV files with their addresses; None if a file is not of the task."""
    for path, place in in_order(placed_files(folder, task), task):
        known = place._replace(split=place.split or split)
        yield path, known if all(known) and known.language in task.languages else None, read_sheet(path)
    for path in flat_files(folder):
        sheet = read_sheet(path)
        specs = task.places(sheet.ids[0]) if len(sheet) else []
        yield path, specs[0].key if specs else None, sheet


def _entry(sheet: Sheet, task: Task, place: FileKey) -> str:
    blocks = id_blocks(sheet.ids)
    prefix = fill(task.id_prefix, place)
    if blocks == [IdBlock(prefix, task.id_width, 1, len(sheet))]:
        parts = [f"rows = {len(sheet)}"]
    elif len(blocks) > 1 and blocks == _listed(sheet.ids):
        parts = [f"ids = {json.dumps(sheet.ids, ensure_ascii=False)}"]
    else:
        parts = [f"blocks = [{', '.join(map(_block, blocks))}]"]
    texts = sheet.texts_hash()
    if texts:
        parts.append(f'texts = "{texts}"')
        spec = FileSpec(task.key, "", *place, task.emotions, (), tuple(blocks))
        by_id = dict(zip(sheet.ids, sheet.texts or (), strict=True))
        parts.append(f'sample = "{sample_hash(by_id[text_id] for text_id in spec.sample_ids)}"')
    emotions = [name for name in task.emotions if name in sheet.header]
    labels = sheet.labels_hash(emotions) if emotions else ""
    if labels:
        parts.append(f'labels = "{labels}"')
    return ", ".join(parts)


def _block(block: IdBlock) -> str:
    # A JSON string is a valid TOML string.
    values = [
        json.dumps(block.prefix, ensure_ascii=False),
        *map(str, (block.width, block.first, block.last, *block.skip)),
    ]
    return f"[{', '.join(values)}]"


def id_blocks(ids: Sequence[str]) -> list[IdBlock]:
    """Return ids as blocks of consecutive numbers, prefixes in the order in which they first occur.

    Ids that do not end in a number, or in numbers without order such as those of hashes, are listed one by one.

    >>> id_blocks(["x_001", "x_002", "x_004", "y_1"])
    [IdBlock(prefix='x_', width=3, first=1, last=4, skip=(3,)), IdBlock(prefix='y_', width=1, first=1, last=1, skip=())]
    >>> [block.prefix for block in id_blocks(["x_0c1", "x_abc"])]
    ['x_0c', 'x_abc']

    Raises:
        InputError: a text is blank, too long or not printable.
    """
    wrong = next((text_id for text_id in ids if not is_listed_id(text_id)), None)
    if wrong is not None:
        raise InputError(
            f"'{printable(wrong)}' cannot be an id.", f"ids have 1 to {LONGEST_PREFIX} printable characters"
        )
    numbers: dict[str, list[str]] = {}
    for text_id in ids:
        prefix = text_id.rstrip("0123456789")
        if not 0 < len(text_id) - len(prefix) <= LONGEST_NUMBER:
            return _listed(ids)
        numbers.setdefault(prefix, []).append(text_id[len(prefix) :])
    if any(_width(digits) is None for digits in numbers.values()):
        return _listed(ids)
    blocks = [block for prefix, digits in numbers.items() for block in _id_blocks(prefix, digits)]
    return blocks if len(blocks) <= max(MOST_BLOCKS, len(ids) // 2) else _listed(ids)


def _listed(ids: Sequence[str]) -> list[IdBlock]:
    return [listed_block(text_id) for text_id in ids]


def _width(digits: list[str]) -> int | None:
    """Return the width of numbers; None if they are padded with zeros to different ones."""
    widths = {len(text) for text in digits if text.startswith("0")}
    width = min(widths, default=min(map(len, digits)))
    return width if all(f"{int(text):0{width}d}" == text for text in digits) else None


def _id_blocks(prefix: str, digits: list[str]) -> Iterator[IdBlock]:
    width = _width(digits) or 0
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
