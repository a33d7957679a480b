"""Kills commands at random times, and checks that nothing is lost, half-written or left behind.

    python benchmarks/kill_commands.py                 200 SIGKILL and 200 SIGINT
    python benchmarks/kill_commands.py --only fix

Each run starts a command in a copy of the same folder and sends a signal at a random time (seeded) until its usual end.
Then: every input has the same bytes; every output is the old or the new version, as a whole; the same command, run
again, ends as if it had never been killed, with the same files and no others, also in the folder for temporary files.
After SIGINT the exit code is 130, and stderr has no traceback.

Most commands are forked from a process that has imported the packages, so that signals hit the work and not the
imports; every fourth run is a process of its own. Runs whose command had ended before the signal, or had not started
(the interpreter itself prints a traceback then), are repeated and counted apart.
"""

from __future__ import annotations

import argparse
import atexit
import csv
import importlib
import io
import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "zoo")]

from semeval_emo.cli import start  # noqa: E402
from semeval_emo.data.sample import sample_folder  # noqa: E402
from semeval_emo.temporary import PREFIX  # noqa: E402

IMPORTS = (
    "semeval_emo.cli.app", "semeval_emo.submission.repair", "semeval_emo.submission.packing", "semeval_emo.scoring",
    "semeval_emo.report.html.report", "semeval_emo.report.contents", "semeval_emo.report.plots.selection",
    "semeval_emo.leaderboard", "matplotlib.figure", "semeval_emo.zoo.training.train", "semeval_emo.zoo.training.series",
    "semeval_emo.zoo.families.constant", "semeval_emo.zoo.engine.finetune", "semeval_emo.zoo.engine.predictor",
)  # fmt: skip
TINY = (
    "shape.hidden=16", "shape.mlp=24", "shape.heads=2", "shape.kv_heads=1", "shape.vocabulary=260", "shape.layers=3",
    "trainable.layers=2", "model.max_length=12", "train.batch=32", "train.epochs=2", "train.save_minutes=0",
)  # fmt: skip
# Files of a training run that are written several times, and hold something else each time.
STATE_FILES = ("run.json", "metrics.jsonl", "lock")
COLUMNS = (("hit", 4), ("old", 5), ("new", 5), ("before", 7), ("after", 6))
NOT_STARTED = "not started"
GONE = 10.0
"""Seconds after which a worker process must have followed its killed parent."""


@dataclass(frozen=True)
class Case:
    """A command: `files` of the sample go to ``in``, `old` (outputs of an earlier version) to ``out``.

    Attributes:
        share: of 200 runs.
        again: exit codes of the same command after a complete run.
    """

    name: str
    share: int
    words: tuple[str, ...]
    old: dict[str, str] = field(default_factory=dict)
    again: tuple[int, ...] = (0,)
    toy: bool = False


OLD_BOARD = ("add", "0.5", "-t", "a", "-l", "eng", "--task", "sample", "--system", "old", "--where", "here")
CASES = (
    Case("fix", 45, ("fix", "in/bad", "-o", "out", "--force"), {"track_a/pred_eng.csv": "old\n"}),
    Case("pack", 40, ("pack", "in/good", "-o", "out/track_a.zip", "--force"), {"track_a.zip": "old\n"}),
    Case("leaderboard add", 40, ("leaderboard", "add", "in/good/pred_eng.csv", "--gold", "sample", "--system", "mine"),
         {"board.csv": ""}, (0, 2)),
    Case("score --output", 35, ("score", "in/good", "--gold", "sample", "--ci", "-f", "json", "-o", "out/score.json"),
         {"score.json": "{}\n"}),
    Case("report", 12, ("report", "in/good", "--gold", "sample", "-o", "out/report.html", "--plots", "out/plots"),
         {"report.html": "<html>old</html>\n"}),
    Case("zoo train constant-all", 14, ("zoo", "train", "constant-all", "--data", "sample", "--runs", "out")),
    Case("zoo train llama-tiny", 8, ("zoo", "train", "llama-tiny", "--data", "sample", "--runs", "out",
                                     *(word for setting in TINY for word in ("--set", setting)))),
    Case("zoo train --language all", 6, ("zoo", "train", "constant-all", "--language", "all", "--jobs", "2", "--runs",
                                         "out", "--task", "in/toy.toml", "--data", "in/data"), toy=True),
)  # fmt: skip


def main() -> int:
    """Run the test and print its counts; return 1 if anything was lost, half-written or left behind."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--interrupts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    given = parser.parse_args()
    began = time.monotonic()
    for name in IMPORTS:
        importlib.import_module(name)
    # Children must not inherit Python's own handler, which raises an exception in this script.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    problems: list[str] = []
    print(f"{'command':26} {'signal':8} {'hit':>4} {'old':>5} {'new':>5} {'before':>7} {'after':>6} {'problems':>9}")
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        for case in CASES:
            if given.only not in case.name:
                continue
            trial = Trial(case, Path(folder) / case.name.replace(" ", "-"))
            for number, count in ((signal.SIGKILL, given.kills), (signal.SIGINT, given.interrupts)):
                rng = random.Random(f"{given.seed} {case.name} {number}")
                counts, found = trial.repeat(number, round(count * case.share / 200), rng)
                problems += found
                totals.update({f"{number.name} hit": counts["hit"], "problems": len(found)})
                columns = " ".join(f"{counts[key]:>{width}}" for key, width in COLUMNS)
                print(f"{case.name:26} {number.name:8} {columns} {len(found):>9}", flush=True)
    print(*problems, sep="\n")
    print(
        f"{totals['SIGKILL hit']} SIGKILL and {totals['SIGINT hit']} SIGINT: {totals['problems']} problems "
        f"({time.monotonic() - began:.0f} s, seed {given.seed})"
    )
    return int(bool(problems))


class Trial:
    """The repetitions of one case."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.template, self.work = case, folder / "template", folder / "work"
        self._prepare()
        # Two complete runs: what is equal in both does not depend on the time.
        runs = []
        for _ in range(2):
            self._copy()
            assert self._run(whole=False).code == 0, self._error()
            runs.append(self._files(self.work))
        assert runs[0].keys() == runs[1].keys()
        self.complete = set(runs[0])
        self.new = {
            name: body for name, body in runs[0].items() if runs[1][name] == body and Path(name).name not in STATE_FILES
        }
        self.old = self._files(self.template)
        self.seconds = {}
        for whole in (False, True):
            times = []
            for _ in range(3 if case.share > 20 else 1):
                self._copy()
                times.append(self._run(whole).seconds)
            self.seconds[whole] = statistics.median(times)

    def _prepare(self) -> None:
        for name in ("in", "out", "tmp"):
            (self.template / name).mkdir(parents=True)
        if self.case.toy:
            import toy_task

            toy_task.make_toy(self.template / "in")
        else:
            source = sample_folder() / "predictions"
            for name, path in (("good", "strong/track_a/pred_eng.csv"), ("bad", "mistakes/pred_eng_a.csv")):
                (self.template / "in" / name).mkdir()
                shutil.copy(source / path, self.template / "in" / name)
        for name, body in self.case.old.items():
            (self.template / "out" / name).parent.mkdir(exist_ok=True)
            if body:
                (self.template / "out" / name).write_text(body)
        if "board.csv" in self.case.old:
            words = ("leaderboard", *OLD_BOARD)
            assert wait(launch(words, self.template, whole=False)).code == 0, (self.template / "stderr").read_text()
        for name in ("stdout", "stderr"):
            (self.template / name).unlink(missing_ok=True)

    def _copy(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.template, self.work)

    def _run(self, whole: bool) -> End:
        return wait(launch(self.case.words, self.work, whole))

    def _files(self, folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for part in ("in", "out", "tmp")
            for path in sorted((folder / part).rglob("*"))
            if path.is_file()
        }

    def _is_complete(self) -> bool:
        """Return whether all outputs are those of a complete run."""
        files = self._files(self.work)
        return all(files.get(name) == body for name, body in self.new.items())

    def _error(self) -> str:
        file = self.work / "stderr"
        return file.read_text("utf-8", "replace") if file.exists() else NOT_STARTED

    def repeat(self, number: signal.Signals, count: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
        """Send a signal until it has hit the command `count` times; return counts and problems."""
        counts: Counter[str] = Counter()
        problems = []
        for _ in range(20 * count):
            if counts["hit"] == count:
                break
            whole = counts["hit"] % 4 == 3
            self._copy()
            # Half of the signals come in the last third, where most is written.
            delay = rng.uniform(rng.choice((0.0, 0.67)), 1.05) * self.seconds[whole]
            process = launch(self.case.words, self.work, whole)
            time.sleep(delay)
            alive = not ending(process)
            os.kill(process, number)
            # The kernel drops a signal to a process that has called exit.
            ended = ending(process)
            end = wait(process)
            alive &= not (ended and end.code == 0)
            where, found = self._after(number, end, alive)
            counts[where] += 1
            if where == "hit":
                counts["new" if self._is_complete() else "old"] += 1
            found += self._again()
            problems += [f"{self.case.name}, {number.name} after {delay:.3f} s: {problem}" for problem in found]
        return counts, problems

    def _after(self, number: signal.Signals, end: End, alive: bool) -> tuple[str, list[str]]:
        """Return when the signal came, and what is wrong with the files and the exit code."""
        found = [f"worker process {worker} still runs" for worker in workers(self.work)]
        error = self._error()
        where = "hit"
        if not alive or (number == signal.SIGINT and end.code == 0 and self._is_complete()):
            where = "after"  # the result was written, and the process was ending
        elif error == NOT_STARTED or (number == signal.SIGINT and (end.code == -number or in_interpreter(error))):
            where = "before"
        elif number == signal.SIGINT:
            if end.code != 130:
                found.append(f"exit code {end.code}: {error[-300:]}")
            if "Traceback" in error or "Exception ignored" in error:
                found.append(f"a traceback: {error[-1500:]}")
        files = {name: body for name, body in self._files(self.work).items() if PREFIX not in name}
        for name, body in self.old.items():
            if name.startswith("in/") and files.get(name) != body:
                found.append(f"the input {name} was changed")
            elif name not in files:
                found.append(f"{name} was lost")
        for name, body in files.items():
            versions = [self.old.get(name), self.new.get(name)]
            if name in self.new and body not in versions:
                found.append(f"{name} is neither the old nor the new version")
            elif name.startswith("out/") and body != self.old.get(name) and (problem := unreadable(name, body)):
                found.append(f"{name} is half-written: {problem}")
        return where, found

    def _again(self) -> list[str]:
        """Return what is wrong after the same command has run again."""
        end = self._run(whole=False)
        if end.code not in self.case.again:
            return [f"the next run ends with {end.code}: {self._error()[-500:]}"]
        files = self._files(self.work)
        found = [f"{name} is left after the next run" for name in sorted(files.keys() - self.complete)]
        found += [f"{name} is missing after the next run" for name in sorted(self.complete - files.keys())]
        found += [f"{name} differs after the next run" for name, body in self.new.items() if files.get(name) != body]
        empty = [path for path in (self.work / "tmp").iterdir() if path.is_dir()]
        return found + [f"{path.name} is left in the folder for temporary files" for path in empty]


@dataclass(frozen=True)
class End:
    """The end of a process: its exit code, negative for a signal, and its seconds."""

    code: int
    seconds: float


STARTED: dict[int, float] = {}


def launch(words: tuple[str, ...], folder: Path, whole: bool) -> int:
    """Start a command in a folder and return its process: forked from this one, or with an interpreter of its own."""
    process = os.fork()
    if process:
        STARTED[process] = time.monotonic()
        return process
    try:
        os.chdir(folder)
        os.environ |= {
            "TMPDIR": str(folder / "tmp"), "SEMEVAL_EMO_BOARD": "out/board.csv", "PYTHONPATH": str(ROOT),
            "HF_HUB_OFFLINE": "1",
        }  # fmt: skip
        os.environ.pop("SEMEVAL_EMO_DATA", None)
        for number, name in ((0, os.devnull), (1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY, 0o644), number)
        if whole:
            os.execv(sys.executable, [sys.executable, "-m", "semeval_emo", *words])
        tempfile.tempdir = None
        # Of this script: its temporary folder must not be removed by a child.
        atexit._clear()
        sys.argv = ["semeval-emo", *words]
        start.run()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(99)


def wait(process: int) -> End:
    """Wait for a process."""
    _, status = os.waitpid(process, 0)
    return End(os.waitstatus_to_exitcode(status), time.monotonic() - STARTED.pop(process))


def ending(process: int) -> bool:
    """Return whether a process has called exit: its flag PF_EXITING, or it is a zombie."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return fields[0] in "ZX" or bool(int(fields[6]) & 0x4)


def workers(folder: Path) -> list[int]:
    """Return the processes that still work in a folder, after giving them time to follow their parent."""
    deadline = time.monotonic() + GONE
    while True:
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
            except OSError:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def in_interpreter(error: str) -> bool:
    """Return whether a traceback is of the interpreter's own start, before it has reached the program."""
    return "Traceback" in error and "in run\n" not in error and ("runpy" in error or "import_site" in error)


def unreadable(name: str, body: bytes) -> str:
    """Return why a file cannot be parsed; empty if it can."""
    checks: dict[str, Callable[[], object]] = {
        ".json": lambda: json.loads(body),
        ".jsonl": lambda: [json.loads(line) for line in body.decode().splitlines()],
        ".csv": lambda: check(len(set(map(len, csv.reader(io.StringIO(body.decode()))))) == 1 and body[-1:] == b"\n"),
        ".zip": lambda: check(zipfile.ZipFile(io.BytesIO(body)).testzip() is None),
        ".html": lambda: check(body.rstrip().endswith(b"</html>")),
        ".svg": lambda: check(body.rstrip().endswith(b"</svg>")),
        ".png": lambda: check(body.endswith(b"IEND\xaeB`\x82")),
        ".md": lambda: check(body.endswith(b"\n")),
        ".safetensors": lambda: check(len(body) > 8 + int.from_bytes(body[:8], "little")),
        ".pt": lambda: check(zipfile.ZipFile(io.BytesIO(body)).testzip() is None),
    }
    try:
        checks.get(Path(name).suffix, lambda: None)()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def check(good: bool) -> None:
    """Raise an error if something is not good."""
    if not good:
        raise ValueError("it is not complete")


if __name__ == "__main__":
    sys.exit(main())
