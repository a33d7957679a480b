"""Runs functions in child processes that are killed, at each of their steps on the file system."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def in_child(function: Callable[[], object]) -> int:
    """Run a function in a child process; return its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        try:
            function()
        except BaseException:
            os._exit(9)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# Every function that changes a file system, as pathlib, shutil and this package call it.
STEPS = ("open", "replace", "rename", "unlink", "mkdir", "rmdir", "fsync", "chmod", "close")


def killed_at_each_step(function: Callable[[], object]) -> Iterator[int]:
    """Run a function in child processes: the n-th is killed before its n-th step; yield n until one finishes."""
    for limit in range(1000):

        def run(limit: int = limit) -> None:
            done = 0

            def killing(real: Callable[..., Any]) -> Callable[..., Any]:
                def step(*given: Any, **named: Any) -> Any:
                    nonlocal done
                    if done == limit:
                        os.kill(os.getpid(), signal.SIGKILL)
                    done += 1
                    return real(*given, **named)

                return step

            for name in STEPS:
                setattr(os, name, killing(getattr(os, name)))
            function()

        if in_child(run) == 0:
            assert limit > 2
            return
        yield limit
    raise AssertionError("it never ends")


def litter(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]
