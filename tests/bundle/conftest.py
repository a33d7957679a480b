"""A worker like Codabench's: it unpacks a bundle and a submission, and runs the command of the scoring program."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest

# What the worker writes into the results of a submission of predictions.
METADATA = "elapsedTime: null\nexitCode: null\ningestionElapsedTime: null\ningestionExitCode: null\n"
# Runs one program several times, in one process without a network. A submission has a folder of its own.
RUNNER = """
import contextlib, io, json, runpy, socket, sys

def refuse(*args, **options):
    raise OSError("there is no network")

socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
results = {}
for name, words in json.load(open(sys.argv[1])).items():
    sys.argv = words
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    code = 0
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as error:
        code = error.code or 0
    texts = []
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    results[name] = (code, *texts)
sys.stdout = sys.__stdout__
print(json.dumps(results))
"""


@dataclass(frozen=True)
class WorkerRun:
    """What a submission gets: exit code, logs, scores (None without ``scores.json``) and the page."""

    code: int
    out: str
    err: str
    scores: dict[str, float] | None
    page: str


Files = Mapping[str, bytes | str]
Worker = Callable[[Path, str, Mapping[str, Files]], dict[str, WorkerRun]]


OWN_TASK = """
key = "moods"
title = "Moods"
default_release = "1"
emotions = ["calm", "glee", "gloom"]

[layout.data]
file = "{split}-{language}.txt"
delimiter = "\\t"
quotes = false
id = "ID"
text = "Tweet"

[layout.predictions]
file = "{language}_pred.txt"
delimiter = "\\t"
quotes = false
id = "ID"
text = "Tweet"

[layout]
archive = "moods.zip"

[tracks.m]
title = "Moods of a text"
values = [VALUES]
metric = "METRIC"
averaging = "mean over moods"

[languages]
tur = ["Turkish", "Turkic", "Latin"]
fin = ["Finnish", "Uralic", "Latin"]

[releases.1]
title = "First"
published = 2027-01-31
source = "made up"

[releases.1.files]
"m/tur/test" = { rows = 6, ids = ["t3", "t1", "t2", "t6", "t5", "t4"] }
"m/fin/test" = { rows = 6, ids = ["f3", "f1", "f2", "f6", "f5", "f4"] }
"m/tur/dev" = { rows = 3, ids = ["d3", "d1", "d2"] }
"m/fin/dev" = { rows = 3, ids = ["g3", "g1", "g2"] }
"""


@pytest.fixture
def own_task(tmp_path: Path) -> Callable[..., Path]:
    """A task of a user's own, with gold labels beside it: ``own_task("macro_f1")`` is its TOML file."""
    from semeval_emo.submission.write import prediction_bytes
    from semeval_emo.task import load_task

    def write(metric: str = "macro_f1", values: str = '"0", "1"', splits: tuple[str, ...] = ("test",)) -> Path:
        toml = tmp_path / "moods.toml"
        toml.write_text(OWN_TASK.replace("VALUES", values).replace("METRIC", metric))
        (tmp_path / "gold").mkdir()
        for spec in load_task(toml).specs():
            if spec.split in splits:
                labels = numpy.array([[row % 2, row < 2, row > 1] for row in range(spec.rows)], int)
                texts = {text_id: f"Text of {text_id}" for text_id in spec.ids}
                path = tmp_path / "gold" / f"{spec.split}-{spec.language}.txt"
                path.write_bytes(prediction_bytes(spec, labels, texts))
        return toml

    return write


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the Docker image that the program may use: NumPy, and nothing else."""
    site = tmp_path_factory.mktemp("image")
    installed = Path(numpy.__file__).parent
    for folder in (installed, installed.with_name("numpy.libs")):
        if folder.is_dir():
            (site / folder.name).symlink_to(folder)
    return site


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Builds a bundle and returns the folder with its content."""
    from semeval_emo.bundle.build import build_bundle

    def build(*args: Any, **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("bundle")
        made = build_bundle(*args, folder / "bundle.zip", **options)
        with zipfile.ZipFile(made.out) as archive:
            archive.extractall(folder / "content")
        return folder / "content"

    return build


@pytest.fixture
def worker(tmp_path: Path, image: Path) -> Worker:
    """Runs submissions of a phase: ``worker(bundle, "test", {"name": {"track_a/pred_eng.csv": body}})``."""

    def run(bundle: Path, split: str, submissions: Mapping[str, Files]) -> dict[str, WorkerRun]:
        program = bundle / "scoring_program"
        command = shlex.split(json.loads((program / "metadata.yaml").read_text().removeprefix("command: ")))
        assert command[0] == "python3"
        cases = {}
        for at, (name, files) in enumerate(submissions.items()):
            app = tmp_path / f"app{at}"
            shutil.copytree(bundle / f"reference_data_{split}", app / "input/ref")
            for path, body in {**files, "metadata": METADATA}.items():
                target = app / "input/res" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(body.encode() if isinstance(body, str) else body)
            (app / "output").mkdir()
            (app / "program").symlink_to(program)
            cases[name] = [word.replace("/app/", f"{app}/") for word in command[1:]]
        (tmp_path / "cases.json").write_text(json.dumps(cases))
        # -S: without the packages of the environment that runs the tests.
        done = subprocess.run(
            [sys.executable, "-S", "-s", "-c", RUNNER, str(tmp_path / "cases.json")],
            env={"PYTHONPATH": str(image), "PATH": os.environ.get("PATH", ""), "TMPDIR": str(tmp_path)},
            cwd=program, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not done.returncode, done.stderr
        return {
            name: WorkerRun(*result, *_written(tmp_path / f"app{at}/output"))
            for at, (name, result) in enumerate(json.loads(done.stdout).items())
        }

    return run


def _written(folder: Path) -> tuple[dict[str, float] | None, str]:
    scores = folder / "scores.json"
    page = (folder / "detailed_results.html").read_text(encoding="utf-8")
    return json.loads(scores.read_text()) if scores.exists() else None, page
