"""`validate` of files with bad cells and of files with surplus rows, against what a user would otherwise run.

One English file, clean and with bad cells, against the work of the organisers' checker on the clean
one (the checker stops at the first bad cell). Files with surplus rows against pandas reading the file,
and with quotation marks that are not closed against the same file without them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Container
from pathlib import Path

from measure import against, in_turns

from semeval_emo.task import FileSpec, load_task

OURS = [sys.executable, "-m", "semeval_emo", "validate"]
CHECKER = "the organisers' checker's work"
PANDAS = "pandas.read_csv of the same file"
WITHOUT = "the same file without quotation marks"
READS = "import sys, pandas; pandas.read_csv(sys.argv[1])"


def main() -> None:
    spec = load_task().spec("a", "eng", "test")
    with tempfile.TemporaryDirectory() as folder:
        print(bad_cells(Path(folder), spec))
        for rows in (400_000, 2_000_000):
            print()
            print(surplus(Path(folder), spec, rows))
        print()
        print(quotes(Path(folder), spec, 400_000))


def bad_cells(folder: Path, spec: FileSpec) -> str:
    """Return the table for a file in which a third of the rows have a decimal number."""
    clean, invalid = write(folder / "clean", spec), write(folder / "bad", spec, "1.0", "0.37")
    checker = [sys.executable, str(Path(__file__).parent / "peer_checker.py"), str(clean), str(clean)]
    commands = {
        "validate, clean": [*OURS, str(clean)],
        "validate, bad cells": [*OURS, str(invalid)],
        CHECKER: checker,
    }
    return against(CHECKER, in_turns(commands), f"One file of English, {spec.rows:,} rows")


def surplus(folder: Path, spec: FileSpec, rows: int) -> str:
    """Return the table for a clean file followed by `rows` rows with ids past the last one."""
    path = write_surplus(folder / str(rows), spec, rows)
    commands = {"validate": [*OURS, str(path)], PANDAS: [sys.executable, "-c", READS, str(path)]}
    size = path.stat().st_size / 2**20
    return against(PANDAS, in_turns(commands, rounds=3), f"{rows:,} surplus rows ({size:,.0f} MiB)")


def quotes(folder: Path, spec: FileSpec, rows: int) -> str:
    """Return the table for surplus rows with an unclosed quotation mark in none, in one and in each of them."""
    paths = {
        WITHOUT: write_surplus(folder / "none", spec, rows),
        "one unclosed quotation mark": write_surplus(folder / "one", spec, rows, {rows // 2}),
        "one in each row": write_surplus(folder / "all", spec, rows, range(rows)),
    }
    commands = {name: [*OURS, str(path)] for name, path in paths.items()}
    return against(WITHOUT, in_turns(commands, rounds=3), f"Unclosed quotation marks, {rows:,} rows")


def write_surplus(folder: Path, spec: FileSpec, rows: int, unclosed: Container[int] = ()) -> Path:
    """Write a clean file followed by `rows` rows with ids past the last one, some after a quotation mark."""
    path = write(folder, spec)
    with path.open("a", encoding="utf-8") as stream:
        for n in range(rows):
            mark = '"' if n in unclosed else ""
            stream.write(f"{mark}{spec.blocks[0].prefix}{spec.rows + 1 + n:05d},0,1,0,1,{n % 2}\n")
    return path


def write(folder: Path, spec: FileSpec, *bad: str) -> Path:
    """Write a prediction file; every third row has one of the `bad` cells, in turns."""
    folder.mkdir(parents=True)
    path = folder / spec.file_name
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(spec.header) + "\n")
        for n, text_id in enumerate(spec.ids):
            cells = [spec.values[(n * 7 + k) % len(spec.values)] for k in range(len(spec.emotions))]
            if bad and n % 3 == 0:
                cells[n % len(cells)] = bad[n // 3 % len(bad)]
            stream.write(f"{text_id},{','.join(cells)}\n")
    return path


if __name__ == "__main__":
    main()
