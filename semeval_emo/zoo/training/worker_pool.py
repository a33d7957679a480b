"""Worker processes, each of which trains one language after another for a series.

A worker lives through many languages, so that its interpreter and its packages are loaded once. It
stands in a process group of its own: Ctrl-C reaches the process that leads, and that one decides who
stops and how. Where the leader is gone, however it ended, its workers end too; their runs go on with
the next command, as after any kill.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError
from semeval_emo.progress import Progress
from semeval_emo.task import Task
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.registry import family_class

# What numeric libraries read when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SECONDS_BETWEEN = 0.2
BUG = 70


@dataclass(frozen=True)
class WorkItem:
    """What all languages of a series share: the arguments of `run.train`."""

    recipe: Recipe
    track: str
    source: str | None
    task: Task | str | None
    runs: Path
    fresh: bool


@dataclass(frozen=True)
class RunSummary:
    """What is known of a finished run.

    Attributes:
        dev: its figures on dev, at the thresholds.
        score: the official figure on test; None where the test labels are not at hand.
        release: of the test labels; ``unknown`` where no release has them.
        seconds: spent training, over all processes that took part.
        already_done: True where there was nothing left to do.
        overlap: as `splits.leakage` gives it; None in a run of a version that did not look.
    """

    dev: Mapping[str, float]
    score: float | None
    release: str
    signature: str
    seconds: float
    already_done: bool
    overlap: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Failure:
    """Why a language was not finished: the words of an error, and what the command would exit with alone."""

    message: str
    fix: str = ""
    exit_code: int = 2


@dataclass(frozen=True)
class WorkerMessage:
    """What a worker says.

    Attributes:
        kind: ``work`` (a piece of work begins or goes on), ``say`` (something a person should know)
            or ``over``.
        what: the piece of work, or what is said.
        share: how much of the piece is done, from 0 to 1.
        result: how it ended, with ``over``.
    """

    kind: str
    language: str
    what: str = ""
    share: float = 0.0
    result: RunSummary | Failure | None = None


class WorkerPool:
    """Workers under one order. A worker that dies is replaced when there is more to do.

    Args:
        threads: for each worker; None leaves that to the libraries.
    """

    def __init__(self, order: WorkItem, threads: int | None = None) -> None:
        self._order, self._threads = order, threads
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    @property
    def at_work(self) -> list[str]:
        """The languages in hand."""
        return [worker.language for worker in self._busy]

    def give(self, language: str) -> None:
        """Hands a language to an idle worker, or to a new one."""
        worker = self._idle.pop() if self._idle else _start(self._order, self._threads)
        worker.language = language
        worker.channel.send(language)
        self._busy.append(worker)

    def hear(self, seconds: float) -> list[WorkerMessage]:
        """What busy workers say, waiting for so long at most. The end of a worker is news too."""
        ready = wait([worker.channel for worker in self._busy], seconds)
        return [self._news(worker) for worker in list(self._busy) if worker.channel in ready]

    def _news(self, worker: _Worker) -> WorkerMessage:
        try:
            event = worker.channel.recv()
        except (EOFError, OSError):
            self._busy.remove(worker)
            return WorkerMessage("over", worker.language, result=_death(worker))
        if event.kind == "over":
            self._busy.remove(worker)
            self._idle.append(worker)
        return event

    def ask_to_stop(self) -> None:
        """Asks busy workers to save and stop, as Ctrl-C asks a single run."""
        for worker in self._busy:
            worker.process.terminate()

    def end(self) -> None:
        """Ends all workers at once."""
        for worker in (*self._idle, *self._busy):
            worker.process.kill()
            worker.process.join()
            worker.channel.close()
        self._idle, self._busy = [], []


@dataclass(eq=False)
class _Worker:
    process: multiprocessing.process.BaseProcess
    channel: Connection
    language: str = ""


def _start(order: WorkItem, threads: int | None) -> _Worker:
    # A fresh interpreter: forks of a process that holds torch or a pool of threads may never wake.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with _set({name: str(threads) for name in THREADS} if threads else {}), _ignore_sigint():
        process = context.Process(target=_serve, args=(theirs, order), daemon=True)
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextlib.contextmanager
def _set(values: dict[str, str]) -> Iterator[None]:
    """Variables of the environment, for processes that begin meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _ignore_sigint() -> Iterator[None]:
    """Processes that begin meanwhile do not hear Ctrl-C, not even before they are themselves."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _death(worker: _Worker) -> Failure:
    worker.process.join()
    code = worker.process.exitcode or 0
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    short = code == -getattr(signal, "SIGKILL", 9)
    return Failure(
        f"The process that trained it ended with {how}{', as when memory runs out' if short else ''}.",
        "the same command goes on" + ("; --jobs 1 needs less memory" if short else ""),
        1,
    )


def _serve(channel: Connection, order: WorkItem) -> None:
    """What a worker does all its life."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    if "torch" not in family_class(order.recipe.family).packages:
        sys.meta_path.insert(0, _WithoutTorch)
    while True:
        try:
            language = channel.recv()
        except EOFError:
            return
        relay = PipeProgress(channel, language)
        with relay.hearing():
            result = _train(order, language, relay)
        channel.send(WorkerMessage("over", language, result=result))


class _WithoutTorch:
    """Hides torch from imports.

    skops imports all of scikit-learn, and that takes torch where it can: of a worker that needs none
    of it, 1.4 of 3.4 seconds and 180 of 390 MB (versions of constraints.txt).
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Says that there is no torch, and nothing of anything else."""
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name=name)


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _train(order: WorkItem, language: str, relay: PipeProgress) -> RunSummary | Failure:
    from semeval_emo.zoo.training.train import train

    try:
        result = train(
            order.recipe, track=order.track, language=language, source=order.source, task=order.task,
            runs=order.runs, fresh=order.fresh, progress=relay,
        )  # fmt: skip
    except EmoError as error:
        return Failure(error.message, error.fix, error.exit_code)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return Failure(f"the system refused: {what}.", "", 3)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Failure(
            f"this is a bug in semeval-emo: {type(error).__name__}: {error} ({last.name}, line {last.lineno}).",
            f"please report it with what `semeval-emo zoo train {order.recipe.name} --track {order.track} "
            f"--language {language} --debug` prints",
            BUG,
        )
    card = result.scorecard
    return RunSummary(
        dev=result.dev,
        score=None if card is None else card.score,
        release="" if card is None else card.release,
        signature="" if card is None else card.signature,
        seconds=result.seconds,
        already_done=result.already_done,
        overlap=result.overlap,
    )


class PipeProgress(Progress):
    """Progress callback of a worker: sends stages and messages to the parent process."""

    def __init__(self, channel: Connection, language: str) -> None:
        self._channel, self._language = channel, language
        self._what, self._total, self._done = "", 0, 0
        self._sent = 0.0

    def start(self, name: str, total: int, done: int = 0) -> None:
        """Send the start of a stage."""
        self._what, self._total, self._done = name, total, done
        self._tell()

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        """Send the fraction done, at most every `SECONDS_BETWEEN` seconds."""
        self._done += count
        if time.monotonic() - self._sent >= SECONDS_BETWEEN:
            self._tell()

    def _tell(self) -> None:
        self._sent = time.monotonic()
        share = self._done / self._total if self._total else 0.0
        self._channel.send(WorkerMessage("work", self._language, self._what, share))

    def message(self, text: str) -> None:
        """Send a message."""
        self._channel.send(WorkerMessage("say", self._language, text))

    @contextlib.contextmanager
    def hearing(self) -> Iterator[None]:
        """Passes on what the rooms log and what libraries warn of, too."""
        log, handler = logging.getLogger("semeval_emo"), _Handler(self)
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: self.message(str(message).strip().partition("\n")[0])
            try:
                yield
            finally:
                log.removeHandler(handler)


class _Handler(logging.Handler):
    def __init__(self, relay: PipeProgress) -> None:
        super().__init__()
        self._relay = relay

    def emit(self, record: logging.LogRecord) -> None:
        """Passes a line of a log on."""
        self._relay.message(record.getMessage())
