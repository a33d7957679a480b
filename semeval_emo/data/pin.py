"""Write the table of files of a release as TOML: `semeval-emo data pin FOLDER`.

The table is the section ``[releases.NAME.files]`` of a task file: row counts, ids and the hashes by
which `identity` recognises the files. It holds no texts and no labels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from semeval_emo.data.folder import flat_files, in_order, placed_files
from semeval_emo.data.overlap import sample_hash
from semeval_emo.data.sheet import Sheet, peek, read_sheet
from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import write_file
from semeval_emo.task import FileKey, FileSpec, IdBlock, IdList, Task, fill, id_prefix, ids_bytes, short_hash
from semeval_emo.task.build import IDS
from semeval_emo.task.ids import LONGEST_PREFIX, is_listed_id
from semeval_emo.task.load import HERE
from semeval_emo.text import printable

# A gap of more numbers than this starts a new block instead of a list of skipped numbers.
WIDEST_GAP = 9
LONGEST_NUMBER = 18
"""Limit of the digits of an id's number, so that it has 64 bits."""
MOST_BLOCKS = 10
"""Ids in more blocks than this are listed."""
FEW_IDS = 20
"""Up to this number of ids are listed in the task file itself."""


@dataclass(frozen=True)
class Pinned:
    """The table of files of a release.

    Attributes:
        toml: its lines.
        ids: the contents of the lists of ids that it names, by their path next to the task file.
        left_out: the files that are not in the table, and why.
    """

    toml: str
    ids: dict[str, bytes]
    left_out: tuple[str, ...] = ()

    def write_ids(self, folder: Path, force: bool = False) -> list[Path]:
        """Write the lists of ids that are not there yet, and return their paths.

        Args:
            folder: that of the task file.
            force: replace a list that differs, and write into this package.

        Raises:
            UsageError: a file with other ids exists, or the task file is that of a shipped task.
            InputError: a file cannot be written.
        """
        files = {folder / name: body for name, body in self.ids.items()}
        bodies = {path: body for path, body in files.items() if not path.exists() or path.read_bytes() != body}
        if bodies and not force and folder == HERE:
            raise UsageError(
                f"The ids have no form and would be written into this package, to {next(iter(bodies))}.",
                "name the file of your task with --task FILE.toml; for a shipped task, use --force",
            )
        for path in bodies:
            if path.exists() and not force:
                raise UsageError(f"{path} exists and differs.", "replace it with --force, or rename the task")
        for path, body in bodies.items():
            write_file(path, body, parents=True)
        return list(bodies)


def pin(folder: Path, task: Task, split: str = "test") -> Pinned:
    """Return the table of all files in a release folder.

    Args:
        folder: a release in any of the three layouts.
        task: provides tracks, languages, the order of emotions and the form of ids (a file whose ids
            have it is written with ``rows``, any other with ``blocks`` or a list); its releases may be empty.
        split: the split of files in a layout without splits.

    Raises:
        InputError: there is no data file, or one cannot be read.

    >>> from semeval_emo.data.sample import sample_folder
    >>> from semeval_emo.task import load_task
    >>> pin(sample_folder(), load_task("sample")).toml.splitlines()[0][:36]
    '"a/eng/train" = { rows = 240, texts '
    """
    chosen: dict[FileKey, Sheet] = {}
    left_out: list[str] = []
    for path, place, sheet in _files(folder, task, split):
        if place is None or sheet is None:
            left_out.append(f"{printable(str(path), 200)} has no language or no ids of the task")
            continue
        other = chosen.get(place)
        if other is None or (_has_labels(sheet, task) and not _has_labels(other, task)):
            chosen[place] = sheet
        if other is not None:
            left = sheet if chosen[place] is other else other
            left_out.append(f"{printable(str(left.path), 200)} is another file of {' '.join(place)}")
    ids: dict[str, bytes] = {}
    lines = [f'"{"/".join(place)}" = {{ {_entry(sheet, task, place, ids)} }}' for place, sheet in chosen.items()]
    if not lines:
        raise InputError(
            f"There is no data file in {folder}.", f"expected {task.layout.data.file} or a file with known ids"
        )
    return Pinned("\n".join(lines), ids, tuple(left_out))


def _files(folder: Path, task: Task, split: str) -> Iterator[tuple[Path, FileKey | None, Sheet | None]]:
    """Yield the data files with their addresses and contents; None if a file is not of the task."""
    seen: set[Path] = set()
    for path, place in in_order(placed_files(folder, task), task):
        if path not in seen:
            seen.add(path)
            known = place._replace(split=place.split or split)
            is_known = all(known) and known.language in task.languages
            yield path, known if is_known else None, read_sheet(path, task) if is_known else None
    for path in (path for path in flat_files(folder, task) if path not in seen):
        specs = task.places(peek(path, task)[1])
        yield path, specs[0].key if specs else None, read_sheet(path, task) if specs else None


def _has_labels(sheet: Sheet, task: Task) -> bool:
    """Return whether no label of a file is blank."""
    names = [name for name in task.emotions if name in sheet.header]
    return bool(names) and not sheet.blanks(names)


def _entry(sheet: Sheet, task: Task, place: FileKey, lists: dict[str, bytes]) -> str:
    blocks = id_blocks(sheet.ids)
    by_form = IdBlock(fill(task.id_prefix, place), task.id_width, 1, len(sheet))
    if task.id_prefix and blocks == [by_form]:
        parts = [f"rows = {len(sheet)}"]
    elif isinstance(blocks[0], IdBlock):
        parts = [f"blocks = [{', '.join(_block(block) for block in blocks if isinstance(block, IdBlock))}]"]
    elif len(sheet) <= FEW_IDS:
        parts = [f"ids = {json.dumps(sheet.ids, ensure_ascii=False)}"]
    else:
        name = f"{task.key}/{'-'.join(place)}.txt.gz"
        lists[f"{IDS}/{name}"] = ids_bytes(sheet.ids)
        parts = [f"rows = {len(sheet)}", f"ids = {json.dumps(name)}", f'ids_hash = "{short_hash(sheet.ids)}"']
    texts = sheet.texts_hash()
    if texts:
        parts.append(f'texts = "{texts}"')
        spec = FileSpec(task.key, "", *place, task.emotions, (), (*blocks,))
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


def id_blocks(ids: Sequence[str]) -> list[IdBlock] | list[IdList]:
    """Return ids as blocks of consecutive numbers if they are few, else as one list; both keep their order.

    >>> id_blocks(["x_001", "x_002", "x_004", "y_1"])
    [IdBlock(prefix='x_', width=3, first=1, last=4, skip=(3,)), IdBlock(prefix='y_', width=1, first=1, last=1, skip=())]
    >>> [list(block) for block in id_blocks(["x_2", "x_1", "x_abc"])]
    [['x_2', 'x_1', 'x_abc']]

    Raises:
        InputError: a text is blank, too long or not printable, or occurs twice.
    """
    wrong = next((text_id for text_id in ids if not is_listed_id(text_id)), None)
    if wrong is not None:
        raise InputError(
            f"'{printable(wrong)}' cannot be an id.", f"ids have 1 to {LONGEST_PREFIX} printable characters"
        )
    if len(set(ids)) < len(ids):
        twice = next(text_id for text_id, count in Counter(ids).items() if count > 1)
        raise InputError(f"The id '{printable(twice)}' occurs twice.", "give each text an id of its own")
    runs = [(prefix, [text_id[len(prefix) :] for text_id in run]) for prefix, run in groupby(ids, id_prefix)]
    blocks: list[IdBlock] = []
    for prefix, digits in runs:
        width = _width(digits)
        if width is None or len(blocks) >= MOST_BLOCKS:
            break
        blocks += _id_blocks(prefix, width, list(map(int, digits)))
    # Numbers that do not ascend, or of different widths, do not come out as they went in.
    is_same = len(blocks) <= MOST_BLOCKS and [text_id for block in blocks for text_id in block] == list(ids)
    return blocks if is_same else [IdList(len(ids), tuple(ids))]


def _width(digits: Sequence[str]) -> int | None:
    """Return the width of numbers; None if a text is not one."""
    if not all(0 < len(text) <= LONGEST_NUMBER for text in digits):
        return None
    return min((len(text) for text in digits if text.startswith("0")), default=min(map(len, digits)))


def _id_blocks(prefix: str, width: int, numbers: Sequence[int]) -> Iterator[IdBlock]:
    first = before = numbers[0]
    skip: list[int] = []
    for number in numbers[1:]:
        if not 0 < number - before <= WIDEST_GAP:
            yield IdBlock(prefix, width, first, before, tuple(skip))
            first, skip = number, []
        else:
            skip += range(before + 1, number)
        before = number
    yield IdBlock(prefix, width, first, before, tuple(skip))
