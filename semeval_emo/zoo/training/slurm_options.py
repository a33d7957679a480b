"""The options of `--slurm`: those of sbatch, from the command line or a TOML table."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from semeval_emo.errors import UsageError
from semeval_emo.parse import read_toml
from semeval_emo.text import printable

TABLE = "slurm"
DEFAULTS: dict[str, Any] = {"time": 240, "cpus_per_task": 1}
"""Minutes of a job, and its cores; a job that takes longer is requeued and resumes."""
RESERVED = ("array", "chdir", "error", "open_mode", "output", "requeue", "no_requeue", "signal", "wrap")
"""Options that the submission sets itself."""
PROCESSES = ("nodes", "ntasks", "ntasks_per_node", "ntasks_per_gpu")
"""Options that start several processes."""

_DURATION = re.compile(r"(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,2}))?(?::(\d{1,2}))?")


def slurm_options(settings: Sequence[str]) -> dict[str, Any]:
    """Return the options of sbatch, with underscores in their names, and `DEFAULTS`.

    Args:
        settings: ``KEY=VALUE``, or a TOML file with the options in a table ``[slurm]`` or at its top.

    Raises:
        UsageError: not an option, one that the submission sets itself, or one that starts several processes.
        InputError: a file cannot be read.

    >>> slurm_options(["partition=gpu", "gpus-per-node=1", "time=1-00:30:00"])
    {'time': 1470, 'cpus_per_task': 1, 'partition': 'gpu', 'gpus_per_node': '1'}
    """
    options = dict(DEFAULTS)
    for setting in settings:
        given: dict[str, Any] = {}
        key, equals, value = setting.partition("=")
        if equals and key.strip():
            given = {key.strip(): value.strip()}
        elif setting.endswith(".toml"):
            table = read_toml(Path(setting))
            given = table.get(TABLE, table)
            if not isinstance(given, dict):
                raise UsageError(f"{setting}: '{TABLE}' is not a table.", f"write [{TABLE}] and its options below it")
        else:
            raise UsageError(
                f"--slurm {printable(setting)} is neither KEY=VALUE nor a TOML file.",
                "write an option of sbatch, such as --slurm partition=gpu",
            )
        options |= {_name(name): value for name, value in given.items()}
    for name, value in options.items():
        _check(name, value)
    return options | {"time": minutes(options["time"]), "cpus_per_task": _cores(options["cpus_per_task"])}


def _name(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")


def _check(name: str, value: Any) -> None:
    shown = name.replace("_", "-")
    if not re.fullmatch(r"[a-z][a-z_]*", name):
        raise UsageError(
            f"--slurm {printable(name)} is not an option.", "write the long names of sbatch, such as partition"
        )
    if not isinstance(value, str | int | datetime.time):
        raise UsageError(f"--slurm {shown} is {value!r}, expected a text, a number or true.")
    if name in RESERVED:
        raise UsageError(f"--slurm {shown} is set by the submission.", "leave it out")
    if name in PROCESSES and str(value) != "1":
        raise UsageError(
            f"--slurm {shown}={value} would start several processes for each run, which has one.",
            "train one model with several processes by torchrun: docs/zoo.md, 'Several processes'",
        )


def minutes(value: Any) -> int:
    """Return a time limit in minutes, from the notations of sbatch.

    Raises:
        UsageError: it is none of them.

    >>> minutes(90), minutes("4:00:00"), minutes("2-12"), minutes("10:30")
    (90, 240, 3600, 11)
    """
    if isinstance(value, datetime.time):
        # TOML reads 04:00:00 as a time of day.
        value = value.isoformat()
    found = _DURATION.fullmatch(str(value))
    if found is None:
        raise UsageError(
            f"--slurm time={printable(str(value))} is not a time limit.",
            "write minutes, hours:minutes:seconds or days-hours",
        )
    days, first, second, third = (int(part or 0) for part in found.groups())
    if found[1]:
        seconds = ((days * 24 + first) * 60 + second) * 60 + third
    elif found[4]:
        seconds = (first * 60 + second) * 60 + third
    else:
        seconds = first * 60 + second
    if not seconds:
        raise UsageError("--slurm time must be more than 0.", "write the minutes of a job, such as time=240")
    return -(-seconds // 60)


def _cores(value: Any) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", str(value)):
        raise UsageError(f"--slurm cpus-per-task={printable(str(value))} is not a number of cores.")
    return int(value)
