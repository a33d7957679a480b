"""The one stopwatch: whole processes in turns, their wall time and peak memory, as ratios against a peer.

This process stays small on purpose: a child's peak memory counts its parent's at the moment of the
fork, so nothing heavy may be imported by a script that measures.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table


@dataclass(frozen=True)
class Reading:
    """Medians over rounds: `seconds` of wall time, `mebibytes` of peak resident memory."""

    seconds: float
    mebibytes: float


def once(command: Sequence[str], allowed: Sequence[int] = (0,)) -> Reading:
    """Runs a command to its end.

    Raises:
        SystemExit: it exited with another code than the allowed ones, so its time would mean nothing.
    """
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.stderr is not None
    said = child.stderr.read().decode(errors="replace")
    child.stderr.close()
    if child.returncode not in allowed:
        sys.exit(f"{' '.join(command)} exited {child.returncode}:\n{said}")
    return Reading(seconds, usage.ru_maxrss / 1024)


def in_turns(
    commands: Mapping[str, Sequence[str]], rounds: int = 7, allowed: Sequence[int] = (0, 1)
) -> dict[str, Reading]:
    """Runs each command once to warm the disk cache, then all of them in turns; gives medians."""
    for command in commands.values():
        once(command, allowed)
    seen: dict[str, list[Reading]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            seen[name].append(once(command, allowed))
    return {
        name: Reading(statistics.median(r.seconds for r in all_), statistics.median(r.mebibytes for r in all_))
        for name, all_ in seen.items()
    }


def against(peer: str, readings: Mapping[str, Reading], title: str, *notes: str) -> str:
    """A table of readings with their ratios to the peer's, the peer set off at the end."""
    base = readings[peer]
    order = [name for name in readings if name != peer] + [peer]
    rows = [
        (name, r.seconds, r.seconds / base.seconds, r.mebibytes, r.mebibytes / base.mebibytes)
        for name, r in ((name, readings[name]) for name in order)
    ]
    columns = (
        Column("process"), Column("seconds", "score"), Column("ratio", "score"), Column("MiB", "seconds"),
        Column("ratio of memory", "score"),
    )  # fmt: skip
    return render([Table(f"{title} (ratios to: {peer})", columns, tuple(rows), notes, rules=(len(rows) - 2,))], "text")
