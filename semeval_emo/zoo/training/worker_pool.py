"""Worker processes that train one language after another for a series.

Workers are reused, so that the interpreter and the packages are loaded once. Each has a process group
of its own: Ctrl-C reaches only the parent, which decides how to stop its workers. Workers exit with
the parent; their runs are resumed by the next command.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from semeval_emo.errors import EmoError
from semeval_emo.progress import Progress
from semeval_emo.task import Task
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.folder import Locked
from semeval_emo.zoo.selection.constant_predictions import ConstantPredictions

# Read by numeric libraries when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Least seconds between two progress messages of a worker.
MESSAGE_INTERVAL = 0.2
BUG = 70


@dataclass(frozen=True)
class WorkItem:
    """Arguments of `train.train` that all languages of a series have in common."""

    recipe: Recipe
    track: str
    source: str | None
    task: Task | str | None
    runs: Path
    fresh: bool
    log_to: str | None = None


@dataclass(frozen=True)
class RunSummary:
    """Summary of a finished run.

    Attributes:
        dev: metrics on dev, at the thresholds.
        score: official metric on test; None if the test labels are not available.
        release: of the test labels; ``unknown`` if no release has them.
        seconds: training time, over all processes of the run.
        overlap: as returned by `train.count_leakage`; None for a run of an earlier version.
        warnings: as of `train.RunResult`.
        constant: emotions that are predicted for no test text or for every one.
        tune_command, data_notes: as in `train.RunResult`.
    """

    dev: Mapping[str, float]
    score: float | None
    release: str
    signature: str
    seconds: float
    already_done: bool
    overlap: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    constant: ConstantPredictions = field(default_factory=ConstantPredictions)
    tune_command: str = ""
    data_notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Why a language was not finished: an error and its exit code.

    Attributes:
        in_progress: another process is training it, so this is not an error.
    """

    message: str
    fix: str = ""
    exit_code: int = 2
    in_progress: bool = False


@dataclass(frozen=True)
class WorkerMessage:
    """A message of a worker.

    Attributes:
        kind: ``progress``, ``message`` (for the user) or ``result``.
        fraction: completed fraction of the stage, from 0 to 1.
    """

    kind: Literal["progress", "message", "result"]
    language: str
    text: str = ""
    fraction: float = 0.0
    result: RunSummary | Failure | None = None


class WorkerPool:
    """Pool of worker processes; a worker that crashed is replaced by the next `submit`.

    Args:
        threads: per worker; None for the default of the numeric libraries.
    """

    def __init__(self, item: WorkItem, threads: int | None = None) -> None:
        self._item, self._threads = item, threads
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []

    @property
    def busy(self) -> list[str]:
        """The languages in training."""
        return [worker.language for worker in self._busy]

    def submit(self, language: str) -> None:
        """Start training a language, in an idle or a new worker."""
        worker = self._idle.pop() if self._idle else _start(self._item, self._threads)
        worker.language = language
        worker.connection.send(language)
        self._busy.append(worker)

    def poll(self, timeout: float) -> list[WorkerMessage]:
        """Return the messages of busy workers, after waiting for at most `timeout` seconds."""
        ready = wait([worker.connection for worker in self._busy], timeout)
        return [self._receive(worker) for worker in list(self._busy) if worker.connection in ready]

    def _receive(self, worker: _Worker) -> WorkerMessage:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            self._busy.remove(worker)
            return WorkerMessage("result", worker.language, result=_crash(worker))
        if message.kind == "result":
            self._busy.remove(worker)
            self._idle.append(worker)
        return message

    def terminate(self) -> None:
        """Ask busy workers to save and stop, as Ctrl-C does for a single run."""
        for worker in self._busy:
            worker.process.terminate()

    def kill(self) -> None:
        """Kill all workers."""
        for worker in (*self._idle, *self._busy):
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._idle, self._busy = [], []


@dataclass(eq=False)
class _Worker:
    process: multiprocessing.process.BaseProcess
    connection: Connection
    language: str = ""


def _start(item: WorkItem, threads: int | None) -> _Worker:
    # A new interpreter: a fork of a process with torch or threads may deadlock.
    context = multiprocessing.get_context("spawn")
    parent, child = context.Pipe()
    with _environment({name: str(threads) for name in THREADS} if threads else {}), _ignore_sigint():
        process = context.Process(target=_serve, args=(child, item), daemon=True)
        process.start()
    child.close()
    return _Worker(process, parent)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables for child processes that start in the context."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _ignore_sigint() -> Iterator[None]:
    """Start child processes with SIGINT ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _crash(worker: _Worker) -> Failure:
    """Return the failure of a worker process that ended without a result."""
    worker.process.join()
    code = worker.process.exitcode or 0
    reason = f"signal {-code}" if code < 0 else f"exit code {code}"
    killed = code == -getattr(signal, "SIGKILL", 9)
    return Failure(
        f"Its worker process ended with {reason}{', perhaps because memory ran out' if killed else ''}.",
        "the same command resumes" + ("; --jobs 1 needs less memory" if killed else ""),
        1,
    )


def _serve(connection: Connection, item: WorkItem) -> None:
    """Train the languages that the parent sends, until it closes the connection."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    while True:
        try:
            language = connection.recv()
        except EOFError:
            return
        progress = PipeProgress(connection, language)
        with progress.capture_logs():
            result = train_language(item, language, progress)
        connection.send(WorkerMessage("result", language, result=result))


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def train_language(item: WorkItem, language: str, progress: Progress) -> RunSummary | Failure:
    """Train one language; an error is returned as a failure."""
    from semeval_emo.zoo.training.train import train

    try:
        result = train(
            item.recipe, track=item.track, language=language, source=item.source, task=item.task,
            runs=item.runs, fresh=item.fresh, log_to=item.log_to, progress=progress,
        )  # fmt: skip
    except EmoError as error:
        return Failure(error.message, error.fix, error.exit_code, isinstance(error, Locked))
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return Failure(f"system error: {reason}.", "", 3)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Failure(
            f"this is a bug in semeval-emo: {type(error).__name__}: {error} ({last.name}, line {last.lineno}).",
            f"please report it with the output of `semeval-emo zoo train {item.recipe.name} --track {item.track} "
            f"--language {language} --debug`",
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
        warnings=result.warnings,
        constant=result.constant,
        tune_command=result.tune_command,
        data_notes=result.data_notes,
    )


class PipeProgress(Progress):
    """Progress callback of a worker: sends stages and messages to the parent process."""

    def __init__(self, connection: Connection, language: str) -> None:
        self._connection, self._language = connection, language
        self._stage, self._total, self._done = "", 0, 0
        self._sent = 0.0

    def start(self, name: str, total: int, done: int = 0) -> None:
        """Send the start of a stage."""
        self._stage, self._total, self._done = name, total, done
        self._send()

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        """Send the completed fraction, at most every `MESSAGE_INTERVAL` seconds."""
        self._done += count
        if time.monotonic() - self._sent >= MESSAGE_INTERVAL:
            self._send()

    def _send(self) -> None:
        self._sent = time.monotonic()
        fraction = self._done / self._total if self._total else 0.0
        self._connection.send(WorkerMessage("progress", self._language, self._stage, fraction))

    def message(self, text: str) -> None:
        """Send a message."""
        self._connection.send(WorkerMessage("message", self._language, text))

    @contextlib.contextmanager
    def capture_logs(self) -> Iterator[None]:
        """Send log records of the package and warnings of libraries as messages, too."""
        log, handler = logging.getLogger("semeval_emo"), _MessageHandler(self)
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: self.message(str(message).strip().partition("\n")[0])
            try:
                yield
            finally:
                log.removeHandler(handler)


class _MessageHandler(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Send a log record as a message."""
        self._progress.message(record.getMessage())
