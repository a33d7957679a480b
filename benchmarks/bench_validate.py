"""`validate` of files with bad cells and of far too many rows, against what a person would otherwise run.

One file of English with bad cells against the work of the organisers' checker on a clean one (it
stops at the first bad cell), since only bad cells bring in pandas and pandera. pandera imports
hypothesis where it is there, as in a developer's environment; users do not have it, so one row
shows the command with hypothesis hidden. Files with surplus rows against pandas reading the file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import against, in_turns

from semeval_emo.task import FileSpec, load_task

OURS = [sys.executable, "-m", "semeval_emo", "validate"]
CHECKER = "the organisers' checker's work"
PANDAS = "pandas.read_csv of the same file"
AS_INSTALLED = """
import sys
sys.modules["hypothesis"] = None
from semeval_emo.cli.app import main
sys.exit(main(["validate", sys.argv[1]]))
"""
READS = "import sys, pandas; pandas.read_csv(sys.argv[1])"


def main() -> None:
    spec = load_task().spec("a", "eng", "test")
    with tempfile.TemporaryDirectory() as folder:
        print(bad_cells(Path(folder), spec))
        for rows in (400_000, 2_000_000):
            print()
            print(surplus(Path(folder), spec, rows))


def bad_cells(place: Path, spec: FileSpec) -> str:
    """A third of the rows with decimals, some of them no whole numbers."""
    clean, spoilt = write(place / "clean", spec), write(place / "bad", spec, "1.0", "0.37")
    checker = [sys.executable, str(Path(__file__).parent / "peer_checker.py"), str(clean), str(clean)]
    commands = {
        "validate, clean": [*OURS, str(clean)],
        "validate, bad cells": [*OURS, str(spoilt)],
        "validate, bad cells, no hypothesis": [sys.executable, "-c", AS_INSTALLED, str(spoilt)],
        CHECKER: checker,
    }
    return against(CHECKER, in_turns(commands), f"One file of English, {spec.rows:,} rows")


def surplus(place: Path, spec: FileSpec, rows: int) -> str:
    """A clean file with `rows` rows too many, their ids past the last one."""
    path = write(place / str(rows), spec)
    prefix = spec.blocks[0].prefix
    with path.open("a", encoding="utf-8") as stream:
        for n in range(rows):
            stream.write(f"{prefix}{spec.rows + 1 + n:05d},0,1,0,1,{n % 2}\n")
    commands = {"validate": [*OURS, str(path)], PANDAS: [sys.executable, "-c", READS, str(path)]}
    size = path.stat().st_size / 2**20
    return against(PANDAS, in_turns(commands, rounds=3), f"{rows:,} rows too many ({size:,.0f} MiB)")


def write(place: Path, spec: FileSpec, *bad: str) -> Path:
    """A prediction file; `bad` cells take turns in every third row."""
    place.mkdir(parents=True)
    path = place / spec.file_name
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(spec.header) + "\n")
        for n, one in enumerate(spec.ids):
            cells = [spec.values[(n * 7 + k) % len(spec.values)] for k in range(len(spec.emotions))]
            if bad and n % 3 == 0:
                cells[n % len(cells)] = bad[n // 3 % len(bad)]
            stream.write(f"{one},{','.join(cells)}\n")
    return path


if __name__ == "__main__":
    main()
