"""Run code in a fork of the test process, which has imported most modules: a new interpreter takes seconds for them."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, NamedTuple


class Ended(NamedTuple):
    """The exit code of a fork, and what it wrote to stdout and stderr."""

    code: int
    out: str
    err: str


def forked(
    work: Callable[[], object], folder: Path, environment: Mapping[str, str], *, stderr_too: bool = False
) -> Ended:
    """Run a function in a fork, in a folder and an environment, with no standard input.

    Args:
        work: its value, or what it gives to `sys.exit`, is the exit code.
        stderr_too: whether stderr goes to stdout, in the order in which both are written.
    """
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        child = os.fork()
        if child == 0:
            _run(work, folder, environment, out.fileno(), (out if stderr_too else err).fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return Ended(code, _text(out), _text(err))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace").replace("\r\n", "\n")


def _run(work: Callable[[], object], folder: Path, environment: Mapping[str, str], out: int, err: int) -> None:
    code = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        with open(os.devnull, "rb") as null:  # noqa: PTH123
            os.dup2(null.fileno(), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        # Written at once, as both can go to one file.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
        try:
            code = int(work() or 0)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
