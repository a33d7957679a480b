"""A small made-up task with files of two releases, a pooled one and a refused one."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from semeval_emo.task import Task, load_task

EMOTIONS = ("calm", "hope", "rage")
LANGUAGES = {"xx": ("a", "b", "c"), "yy": ("a", "c"), "zz": ("c",)}
SIZES = {"train": 9, "dev": 4, "test": 6}
SPLITS = tuple(SIZES)
Row = tuple[str, str, tuple[int, ...]]

HEAD = """
key = "made-up"
title = "Made-up task"
default_release = "1"
emotions = ["calm", "hope", "rage"]
ids = { prefix = "{language}-{split}-{track}-", width = 3 }
[tracks.a]
title = "Yes or no"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
[tracks.b]
title = "Intensities"
values = ["0", "1", "2"]
metric = "pearson"
averaging = "mean"
[tracks.c]
title = "Across languages"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
trains_on = "a"
[languages]
xx = ["Exish", "Made-up", "Latin"]
yy = ["Whyish", "Made-up", "Latin"]
zz = ["Zedish", "Made-up", "Latin"]
[releases.0]
title = "Draft"
published = 2020-01-01
source = "nowhere"
refused = "its texts are others"
signs = { capitalised_header = true, rows = { "a/train/xx" = [7] } }
"""

FIRST = """
[releases.1]
title = "First"
published = 2021-01-01
source = "here"
[releases.1.files]"""
SECOND = """
[releases.2]
title = "Second"
published = 2022-01-01
source = "here"
base = "1"
[releases.2.files]"""
POOL = """
[releases.pool]
title = "Pooled"
published = 2023-01-01
source = "hub"
base = "1"
hub = { a = "made/categories", b = "made/intensities" }
pools = { a = ["a", "c"], b = ["b"] }
leaves_out = ["yy"]
"""


def rows(track: str, language: str, split: str) -> list[Row]:
    """The rows of one file of release 1; track c has the texts of track a in another order."""
    texts = [f"A made text, {language} {split} {n}." for n in range(SIZES[split])]
    intensities = [tuple((n * k + len(split)) % 3 for k in (1, 2, 3)) for n in range(SIZES[split])]
    found = list(zip(texts, intensities, strict=True))
    if track == "c":
        found.reverse()
    top = 2 if track == "b" else 1
    return [
        (f"{language}-{split}-{track}-{at:03d}", text, tuple(min(d, top) for d in intensity))
        for at, (text, intensity) in enumerate(found, 1)
    ]


def renumbered(track: str) -> list[Row]:
    """Release 2 of xx test: without the second text, all later ids shifted."""
    kept = [row for at, row in enumerate(rows(track, "xx", "test")) if at != 1]
    return [(f"xx-test-{track}-{at:03d}", text, labels) for at, (_, text, labels) in enumerate(kept, 1)]


def digest(lines: Iterable[str]) -> str:
    """The hash of the task files, computed without the package."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def sample(found: Sequence[Row]) -> str:
    """Three digits for each of eight texts, spread over the file, computed without the package."""
    rows = dict.fromkeys(at * (len(found) - 1) // 7 for at in range(8))
    starts = ("".join(filter(str.isalnum, found[at][1].lower()))[:12] for at in rows)
    return "".join(digest([start])[:3] for start in starts)


def pinned(where: str, found: Sequence[Row], labels: bool = True) -> str:
    texts = digest(f"{i}\t{text}" for i, text, _ in found)
    values = digest("\t".join([i, *map(str, v)]) for i, _, v in found)
    tail = f', labels = "{values}"' if labels else ""
    return f'"{where}" = {{ rows = {len(found)}, texts = "{texts}", sample = "{sample(found)}"{tail} }}'


def write(path: Path, found: Sequence[Row], columns: str = "id,text,calm,hope,rage", blank: bool = False) -> Path:
    """Write rows as a CSV file with the given columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns.split(","))
        for one_id, text, labels in found:
            cells = {"id": one_id, "text": text, **dict(zip(EMOTIONS, labels, strict=True))}
            if blank:
                cells |= dict.fromkeys(EMOTIONS, "")
            writer.writerow([cells[name.lower()] for name in columns.split(",")])
    return path


class World:
    """The made-up task and folders of it.

    Attributes:
        task: with releases 0 (refused), 1 (default), 2 (renumbered) and pool (a and c in one split).
    """

    rows = staticmethod(rows)
    renumbered = staticmethod(renumbered)
    write = staticmethod(write)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.toml = folder / "made-up.toml"
        first = [
            pinned(f"{track}/{language}/{split}", rows(track, language, split))
            for language, tracks in LANGUAGES.items()
            for track in tracks
            for split in SPLITS
            if not (track == "c" and split == "train")
        ]
        second = [pinned(f"{track}/xx/test", renumbered(track), labels=track == "b") for track in "ab"]
        self.toml.write_text("\n".join([HEAD, FIRST, *first, SECOND, *second, POOL]), encoding="utf-8")
        self.task: Task = load_task(self.toml)

    def official(self, name: str = "first") -> Path:
        """A folder with all of release 1 in the official layout."""
        base = self.folder / name
        for language, tracks in LANGUAGES.items():
            for track in tracks:
                for split in SPLITS:
                    if not (track == "c" and split == "train"):
                        write(base / f"track_{track}" / split / f"{language}.csv", rows(track, language, split))
        return base

    def second(self, name: str = "second") -> Path:
        """A folder with the two files of release 2; the labels of track a are blank."""
        base = self.folder / name
        write(base / "track_a/test/xx.csv", renumbered("a"), blank=True)
        write(base / "track_b/test/xx.csv", renumbered("b"))
        return base

    def pooled(self, name: str = "pool") -> Path:
        """A folder with the pooled test file of xx as one flat file, columns in another order."""
        base = self.folder / name
        write(base / "gold.csv", [*rows("a", "xx", "test"), *rows("c", "xx", "test")], "id,rage,hope,calm")
        return base


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The made-up task, with an empty cache and no data folder in the environment."""
    monkeypatch.setenv("SEMEVAL_EMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "world"
    home.mkdir()
    return World(home)
