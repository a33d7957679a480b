"""`validate` and `score` of one file against the work of the organisers' checker, and scoring of ever more rows.

With $SEMEVAL_EMO_DATA the gold labels are the competition's English ones; without, labels are made
here under the same 2,767 ids. Predictions are made here either way.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measure import against, in_turns

from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table
from semeval_emo.task import FileSpec, load_task

OURS = [sys.executable, "-m", "semeval_emo"]
CHECKER = "the organisers' checker's work"
CURVE = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
NOTE = "With problems: columns in reverse order, and the rows of another track below."

# One process a size, so that its peak memory is its own.
ROWS = """
import sys
import numpy as np
from semeval_emo.scoring import score_chunks
rows, values, chunk = int(sys.argv[1]), int(sys.argv[2]), 50_000
pool = np.random.default_rng(0).integers(0, values, (2, chunk, 6)).astype(np.int8)
sizes = (min(chunk, rows - start) for start in range(0, rows, chunk))
score_chunks(((pool[0, :n], pool[1, :n]) for n in sizes), tuple("abcdef"), values=values)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(one_file(Path(folder)))
    print()
    print(curve())


def one_file(place: Path) -> str:
    """The table of processes on one file."""
    task = load_task()
    spec, other = (task.spec(track, "eng", "test") for track in ("a", "c"))
    gold = real_gold(spec)
    notes = [NOTE]
    if gold is None:
        gold = place / "gold" / "track_a" / "test" / "eng.csv"
        write(gold, spec.header, spec.ids, 0)
        notes.append("Gold labels are made here: set $SEMEVAL_EMO_DATA for the real ones.")
    clean, spoilt = (place / name / "track_a" / spec.file_name for name in ("clean", "spoilt"))
    write(clean, spec.header, spec.ids, 1)
    write(spoilt, ("id", *spec.emotions[::-1]), (*spec.ids, *other.ids), 1)
    source = ["--gold", str(gold.parents[2]), "--track", "a"]
    checker = [sys.executable, str(Path(__file__).parent / "peer_checker.py"), str(gold), str(clean)]
    commands = {
        "validate, clean": [*OURS, "validate", str(clean)],
        "score, clean": [*OURS, "score", str(clean), *source],
        "validate, with problems": [*OURS, "validate", str(spoilt)],
        "score, with problems": [*OURS, "score", str(spoilt), *source],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        CHECKER: checker,
    }
    return against(CHECKER, in_turns(commands), f"One file of English, {spec.rows:,} rows", *notes)


def real_gold(spec: FileSpec) -> Path | None:
    """The competition's gold file, or None."""
    root = os.environ.get("SEMEVAL_EMO_DATA")
    paths = [Path(root or "") / base / "track_a" / "test" / "eng.csv" for base in ("", "brighter-2025")]
    return next((path for path in paths if path.is_file()), None) if root else None


def write(path: Path, header: Sequence[str], ids: Sequence[str], seed: int) -> None:
    rng = random.Random(seed)
    rows = (",".join([one, *(rng.choice("001") for _ in header[1:])]) for one in ids)
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([",".join(header), *rows]) + "\n", encoding="utf-8")


def curve(rounds: int = 3) -> str:
    """Cost by the number of rows, less that of ten rows: start-up is not scoring."""
    rows = []
    for kind, values in (("labels", 2), ("intensities", 4)):
        seen = {size: [processor(size, values) for _ in range(rounds)] for size in (10, *CURVE)}
        seconds = {size: statistics.median(one for one, _ in found) for size, found in seen.items()}
        for size in CURVE:
            net = seconds[size] - seconds[10]
            memory = statistics.median(one for _, one in seen[size])
            rows.append((kind, size, round(net, 2), round(1e9 * net / size), round(memory)))
    columns = ("rows of", "rows", "processor seconds", "nanoseconds a row", "peak MiB")
    kinds = ("text", "int", "text", "int", "int")
    notes = ("Less the processor seconds of ten rows. Linear: nanoseconds a row stay. Bounded: peak MiB stay.",)
    table = Table(
        "Scoring rows that come in chunks: six emotions, every metric",
        tuple(Column(name, style) for name, style in zip(columns, kinds, strict=True)),
        tuple(rows),
        notes,
        rules=(len(CURVE) - 1,),
    )
    return render([table], "text")


def processor(rows: int, values: int) -> tuple[float, float]:
    """Processor seconds and peak MiB of one scoring process; wall time depends on the load of the machine."""
    child = subprocess.Popen([sys.executable, "-c", ROWS, str(rows), str(values)])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"scoring {rows} rows exited {child.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
