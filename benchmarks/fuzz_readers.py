"""Fuzz everything that reads files: each input is a valid file with seeded mutations of bytes, lines, cells and values.

    python benchmarks/fuzz_readers.py --inputs 100000 --seed 1

Every reader must accept an input or refuse it with an error of the package, within 2 CPU-seconds and 500 MB. Prints the
counts by reader, and every failure with the options that repeat it. Exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mutations import CSV, JSON, TOML, ZIPS, any_bytes, mutated, zip_fields, zip_of, zipped

from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import EmoError
from semeval_emo.report.formats import render
from semeval_emo.report.table import Column, Table

SECONDS = 2.0
MEGABYTES = 500
HUNG = 20
"""CPU-seconds after which an input is interrupted."""
ROOT = Path(__file__).parents[1]
SHARED = os.environ.get("SEMEVAL_EMO_SHARED", "")


@dataclass
class Reader:
    """A reader under test: valid files, the mutations of them, and what is called with the path of an input."""

    name: str
    seeds: list[bytes]
    kinds: tuple[Callable[[bytes, random.Random], bytes], ...]
    file: str
    call: Callable[[Path, random.Random], Any]
    share: int = 1

    def input(self, rng: random.Random) -> bytes:
        if self.kinds is ZIPS:
            body = zip_of(self.seeds, rng)
            for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
                body = rng.choice((zip_fields, zip_fields, any_bytes))(body, rng)
            return body
        return mutated(rng.choice(self.seeds), self.kinds, rng)


def imported(name: str) -> Any:
    """Return an object by its dotted name; imported late, since the forked workers share what is loaded."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"semeval_emo.{module}"), attribute)


def other_formats(predictions: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return a prediction file in other file formats, and as CSV files without names of labels or ids."""
    import io

    import numpy as np
    import pyarrow
    from pyarrow import feather, parquet

    header, *rows = [line.split(",") for line in predictions.decode().splitlines()]
    array = np.array([list(map(int, row[1:])) for row in rows])
    frame = pyarrow.table(dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)))
    writers: list[Callable[[Any], Any]] = [
        lambda stream: np.save(stream, array),
        lambda stream: np.savez(stream, ids=np.array([row[0] for row in rows]), predictions=array),
        lambda stream: np.savez_compressed(stream, array / 3),
        lambda stream: parquet.write_table(frame, stream),
        lambda stream: feather.write_feather(frame, stream, compression="uncompressed"),
        lambda stream: workbook(stream, [header, *rows]),
    ]
    bodies = []
    for write in writers:
        stream = io.BytesIO()
        write(stream)
        bodies.append(stream.getvalue())
    cells = [" ".join(row[1:]) for row in rows]
    outputs = [json.dumps([{"label": name, "score": 0.7} for name in header[1:]]) for _ in rows]
    quoted = [f'{row[0]},"{output.replace(chr(34), chr(34) * 2)}"' for row, output in zip(rows, outputs, strict=True)]
    texts = [
        "\n".join([",".join(["id", *(f"LABEL_{k}" for k in range(len(header) - 1))]), *map(",".join, rows)]),
        "\n".join(["id,prediction", *(f"{row[0]},[{cell}]" for row, cell in zip(rows, cells, strict=True))]),
        "\n".join(["id,output", *quoted]),
        "\n".join(cells),
        "\n".join([",".join(["", *header[1:]]), *(",".join([str(n), *row[1:]]) for n, row in enumerate(rows))]),
    ]
    return bodies, [text.encode() for text in texts]


def workbook(stream: Any, rows: list[list[str]]) -> None:
    """Write a workbook with one sheet."""
    cells = [
        "".join(
            f'<c t="inlineStr"><is><t>{cell}</t></is></c>' if not cell.isdigit() else f"<c><v>{cell}</v></c>"
            for cell in row
        )
        for row in rows
    ]
    sheet = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(cells, 1))
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{sheet}</sheetData></worksheet>")


def readers(home: Path) -> Iterator[Reader]:
    """Yield all readers; `home` has the files that a reader needs besides its input."""
    validate, fix, pack, score, load_gold, load_task = (
        imported(name)
        for name in (
            "submission.validate", "submission.fix", "submission.pack", "scoring.score", "data.load_gold",
            "task.load_task",
        )
    )  # fmt: skip
    sample, task = sample_folder(), load_task("sample")
    predictions = [path.read_bytes() for path in sorted((sample / "predictions").rglob("pred_eng*.csv"), reverse=True)]
    small = [b"\n".join(body.split(b"\n")[:12]) + b"\n" for body in predictions]
    tables = [*(predictions + small) * (1 + len(shared_files()) // 12), *shared_files()]
    output = home / "out"

    def validated(path: Path, rng: random.Random) -> None:
        report = validate(path, gold=sample if rng.random() < 0.2 else None)
        report.to_dict()
        imported("report.submission.validation_text")(report, [str(path)])

    def fixed(path: Path, rng: random.Random) -> None:
        shutil.rmtree(output, ignore_errors=True)
        fix(path, output)

    def packed(path: Path, rng: random.Random) -> None:
        pack(path, home / "packed.zip", skip_invalid=rng.random() < 0.5)

    def scored(path: Path, rng: random.Random) -> None:
        for card in score(path, source="sample", task=task).cards:
            card.to_dict()

    yield Reader("validate CSV", tables, CSV, "pred_eng.csv", validated, 4)
    yield Reader("fix CSV", tables, CSV, "pred_eng.csv", fixed, 3)
    yield Reader("score CSV", predictions, CSV, "pred_eng.csv", scored, 2)
    yield Reader("validate zip", predictions + small, ZIPS, "s.zip", validated, 4)
    yield Reader("fix zip", small, ZIPS, "s.zip", fixed)
    yield Reader("pack zip", predictions, ZIPS, "s.zip", packed)

    ids = home / "ids.csv"
    ids.write_bytes(predictions[0])

    def converted(path: Path, rng: random.Random) -> None:
        shutil.rmtree(output, ignore_errors=True)
        order = rng.choice(([], predictions[0].split(b"\n")[0].decode().split(",")[1:]))
        fix(path, output, order=order, ids_from=rng.choice((None, ids)), threshold=rng.choice((None, 0.5)))

    containers, arrays = other_formats(predictions[0])
    yield Reader("validate other formats", containers, (any_bytes, zip_fields), "pred_eng.parquet", validated, 3)
    yield Reader("fix other formats", containers, (any_bytes, zip_fields), "pred_eng.npz", converted, 2)
    yield Reader("fix without names or ids", arrays, CSV, "pred_eng.csv", converted, 2)

    probabilities = [path.read_bytes() for path in home.glob("runs/**/prob_eng.csv")]
    read_probabilities = imported("submission.probabilities.read_probabilities")
    yield Reader("probabilities", probabilities, CSV, "prob_eng.csv", lambda path, rng: read_probabilities(path))

    gold = [(sample / f"track_{track}/test/eng.csv").read_bytes() for track in "ab"]

    def gold_read(path: Path, rng: random.Random) -> None:
        load_gold("a", "eng", source=path, task=task, unverified_gold=rng.random() < 0.5)

    def data_checked(path: Path, rng: random.Random) -> None:
        imported("data.check.check_data")(path.parent, task)
        imported("data.pin.pin")(path.parent, task)

    yield Reader("gold CSV", gold, CSV, "eng.csv", gold_read, 2)
    yield Reader("data check and pin", gold, CSV, "gold/eng.csv", data_checked)

    # A damaged copy of a task with lists of ids has no folder of lists beside it.
    shipped = [path.read_bytes() for path in sorted((ROOT / "semeval_emo/task").glob("*.toml"))]
    tasks = [body for body in shipped if b"ids_hash" not in body]
    page = (ROOT / "docs/add-a-task.md").read_text("utf-8")
    tasks += [page.partition("```toml\n")[2].partition("```")[0].encode()] + [tasks[0]] * 3
    prediction = home / "pred_eng.csv"
    prediction.write_bytes(predictions[0])

    def task_read(path: Path, rng: random.Random) -> None:
        imported("task.load._load").cache_clear()
        loaded = load_task(path)
        for spec in loaded.specs()[:3]:
            assert len(spec.ids) == spec.rows == len(spec.id_set)
            loaded.places(spec.ids[0])
        validate(prediction, task=loaded)
        imported("leaderboard.Leaderboard").load(loaded).filter()

    yield Reader("task TOML", tasks, TOML, "task.toml", task_read, 3)

    board = imported("leaderboard.Leaderboard")
    rows = [path.read_bytes() for path in sorted((ROOT / "leaderboard").glob("*.csv"))]
    rows = [b"\n".join(body.split(b"\n")[:20]) for body in rows]

    def board_read(path: Path, rng: random.Random) -> None:
        loaded = board.load(extra=[path])
        loaded.check().to_dict()
        loaded.place(0.5, track="a", language="eng")

    yield Reader("leaderboard CSV", rows, CSV, "rows.csv", board_read, 2)
    for file in sorted((ROOT / "leaderboard").glob("*.toml")):
        name = f"leaderboard {file.name}"
        yield Reader(
            name, [file.read_bytes()], TOML, f"{file.stem}/{file.name}", lambda p, rng: board_read(p.parent, rng)
        )

    systems = [
        b"\n\n".join(path.read_bytes().split(b"\n\n")[:6])
        for path in sorted((ROOT / "submissions").glob("*/submission.toml"))
    ]
    read_system, rows_of = imported("leaderboard.submitted.read_system"), imported("leaderboard.submitted.rows_of")
    yield Reader(
        "submission TOML", systems, TOML, "mine/submission.toml", lambda path, rng: rows_of([read_system(path.parent)])
    )

    manifest = {
        "schema": "semeval-emo/hub-manifest/1", "repository": "x/y", "revision": "1" * 40, "fetched": "2026-01-01",
        "files": {"track_a/test/eng.csv": {"rows": 3, "texts": "", "labels": "", "proven": ["2025 a"]}},
    }  # fmt: skip
    read_manifest = imported("data.cache.read_manifest")
    yield Reader(
        "manifest JSON", [json.dumps(manifest, indent=1).encode()], JSON, "hub/manifest.json",
        lambda path, rng: read_manifest(path.parent),
    )  # fmt: skip

    load_recipe, parse_setting = imported("zoo.recipes.load.load_recipe"), imported("zoo.recipes.schema.parse_setting")
    recipes = [path.read_bytes() for path in sorted((ROOT / "zoo").glob("*.toml"))]

    def recipe_read(path: Path, rng: random.Random) -> None:
        settings = [parse_setting(path.read_text("utf-8", "replace")[:200])[0]] if rng.random() < 0.1 else []
        load_recipe(str(path), settings).resolved()

    yield Reader("recipe TOML", recipes, TOML, "recipe.toml", recipe_read, 2)

    run, other = (path.parent for path in sorted(home.glob("runs/**/run.json")))
    for file in sorted(path for path in run.rglob("*.json*") if path.is_file()):
        name = file.relative_to(run).as_posix()
        yield Reader(f"run {name}", [file.read_bytes()], JSON, name, functools.partial(run_read, run, other, name))

    texts = [b'id,text\na,Oh\nb,"two\nlines"\n', b'{"id": "1", "text": "x"}\n{"text": "y"}\n', b"a text\nanother\n"]
    yield Reader("texts to predict", texts, (*CSV, *JSON), "texts", texts_read)


def run_read(run: Path, other: Path, name: str, path: Path, rng: random.Random) -> None:
    """Read a copy of a run folder of which one file is the input."""
    load_task = imported("task.load_task")
    copy = path.parent / "copy" / "sample" / run.parent.name / run.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    if not copy.is_dir():
        shutil.copytree(run, copy)
    try:
        shutil.copyfile(path, copy / name)
        finished = imported("zoo.runs.finished.FinishedRun").load(copy)
        task = load_task("sample")
        finished.metrics, finished.seconds, finished.task_key  # noqa: B018
        finished.output_hash(task), finished.member_record()
        imported("zoo.runs.model.load_model")(copy)
        imported("zoo.inference.overview.recipe_entries")([finished.recipe], path.parent / "copy", task)[0].to_dict()
        # Half a second of resampling.
        if rng.random() < 0.05:
            imported("zoo.inference.results.compare_runs")([copy, other], source="sample", task=task)
    finally:
        shutil.copyfile(run / name, copy / name)


def texts_read(path: Path, rng: random.Random) -> None:
    texts = importlib.import_module("semeval_emo.zoo.dataset.texts")
    with texts.open_texts(path, rng.choice((None, "csv", "jsonl", "lines"))) as source:
        for _ in source.texts:
            pass


@functools.cache
def shared_files() -> tuple[bytes, ...]:
    """Return the first forty lines of the files of $SEMEVAL_EMO_SHARED: strange and malformed ones; none without it."""
    if not SHARED:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, Path(SHARED) / "scorers" / "malformed.py", folder], check=True)
        files = sorted(path for root in (Path(SHARED) / "cases", Path(folder)) for path in root.rglob("*"))
        heads = [
            b"\n".join(read_head(path).split(b"\n")[:40]) for path in files if path.suffix in TABLES and path.is_file()
        ]
    return tuple(dict.fromkeys(heads))


TABLES = (".csv", ".tsv", ".jsonl", ".json", ".txt", ".md")


def read_head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(50_000)


# --- Running --------------------------------------------------------------------------------------------------------


class HungError(BaseException):
    """Raised in an input that takes too long."""


@dataclass
class Tally:
    """What became of the inputs of one reader."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("inputs", "accepted", "refused", "failures"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds = max(self.seconds, other.seconds)
        self.megabytes = max(self.megabytes, other.megabytes)


def run_one(reader: Reader, index: int, seed: int, home: Path, tally: Tally, *, verbose: bool = False) -> None:
    rng = random.Random(f"{seed}:{reader.name}:{index}")
    path = home / "input" / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(reader.input(rng))
    tally.inputs += 1
    before, began = peak_megabytes(reset=True), time.process_time()
    failure = ""
    signal.setitimer(signal.ITIMER_VIRTUAL, HUNG)
    try:
        reader.call(path, rng)
        tally.accepted += 1
    except EmoError as error:
        tally.refused += 1
        if verbose:
            print(error)
    except (Exception, HungError) as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        failure = f"{type(error).__name__}: {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"
        if verbose:
            traceback.print_exc()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    seconds = time.process_time() - began
    megabytes = peak_megabytes() - before
    tally.seconds, tally.megabytes = max(tally.seconds, seconds), max(tally.megabytes, megabytes)
    if not failure and (seconds > SECONDS or megabytes > MEGABYTES):
        failure = f"took {seconds:.1f} CPU-seconds and {megabytes:.0f} MB"
    if failure:
        tally.failures.append(f"--only '{reader.name}:{index}'  {failure}")


def peak_megabytes(*, reset: bool = False) -> float:
    """Return the peak of this process's memory, or the present memory after a reset of the peak (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def work(arguments: tuple[str, list[tuple[str, int]], int]) -> dict[str, Tally]:
    """Run a batch of inputs in this process."""
    folder, batch, seed = arguments
    tallies: dict[str, Tally] = defaultdict(Tally)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        home = Path(own)
        shutil.copytree(Path(folder) / "runs", home / "runs")
        by_name = {reader.name: reader for reader in readers(home)}
        for name, index in batch:
            run_one(by_name[name], index, seed, home, tallies[name])
    return dict(tallies)


def start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    signal.signal(signal.SIGVTALRM, interrupt)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def interrupt(*_: object) -> None:
    raise HungError(f"more than {HUNG} CPU-seconds")


def prepare(home: Path) -> None:
    """Train a small run, and keep the user's own files out of what is read."""
    for folder in ("cache", "tasks", "board", "shipped", "submissions"):
        (home / folder).mkdir()
    for path in (ROOT / "leaderboard").glob("*.toml"):
        shutil.copy(path, home / "shipped")
    rows = (ROOT / "leaderboard" / "official.csv").read_text("utf-8").splitlines(keepends=True)
    (home / "shipped" / "official.csv").write_text("".join(rows[:40]), "utf-8")
    os.environ |= {
        "SEMEVAL_EMO_CACHE": str(home / "cache"), "SEMEVAL_EMO_TASKS": str(home / "tasks"),
        "SEMEVAL_EMO_BOARD": str(home / "board"), "SEMEVAL_EMO_LEADERBOARD": str(home / "shipped"),
        "SEMEVAL_EMO_SUBMISSIONS": str(home / "submissions"),
    }  # fmt: skip
    for recipe in ("constant-all", "constant-majority"):
        train = ["zoo", "train", recipe, "--data", "sample", "--runs", str(home / "runs"), "-q"]
        subprocess.run([sys.executable, "-m", "semeval_emo", *train], check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--format", default="text", choices=("text", "markdown"))
    parser.add_argument("--only", help="a reader, or reader:index to repeat one input")
    options = parser.parse_args()
    name, _, index = (options.only or "").partition(":")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home)
        every = [reader for reader in readers(home) if name in ("", reader.name)]
        if index:
            signal.signal(signal.SIGVTALRM, interrupt)
            tally = Tally()
            run_one(every[0], int(index), options.seed, home, tally, verbose=True)
            print(*tally.failures, tally, sep="\n")
            return int(bool(tally.failures))
        shares = [reader.name for reader in every for _ in range(reader.share)]
        order = [(shares[i % len(shares)], i) for i in range(options.inputs)]
        size = 500
        batches = [(folder, order[at : at + size], options.seed) for at in range(0, len(order), size)]
        total: dict[str, Tally] = {reader.name: Tally() for reader in every}
        context = multiprocessing.get_context("fork")
        began = time.monotonic()
        # Unchanged files: they must be accepted, and what they load is shared by all workers.
        for reader in every:
            for number, body in enumerate(reader.seeds[:1]):
                path = home / "input" / reader.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(
                    zipped({"track_a/pred_eng.csv": body}, random.Random(0)) if reader.kinds is ZIPS else body
                )
                reader.call(path, random.Random(number))
        # An interrupted run reports the batches that are done.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        with context.Pool(options.jobs, start_worker, maxtasksperchild=1) as pool, suppress(KeyboardInterrupt):
            for done, tallies in enumerate(pool.imap_unordered(work, batches), 1):
                for key, tally in tallies.items():
                    total[key].add(tally)
                print(f"\r{done} of {len(batches)} batches", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    report(total, options, time.monotonic() - began)
    return int(any(tally.failures for tally in total.values()))


def report(total: dict[str, Tally], options: argparse.Namespace, seconds: float) -> None:
    total = total | {"all": Tally()}
    for name, tally in total.items():
        if name != "all":
            total["all"].add(tally)
    columns = (
        Column("reader"), Column("inputs", "int"), Column("accepted", "int"), Column("refused", "int"),
        Column("failed", "int"), Column("longest CPU s", "decimal2"), Column("most MB", "int"),
    )  # fmt: skip
    rows = [
        (name, t.inputs, t.accepted, t.refused, len(t.failures), t.seconds, round(t.megabytes))
        for name, t in total.items()
    ]
    title = f"{total['all'].inputs:,} inputs, seed {options.seed}, {seconds:,.0f} seconds with {options.jobs} processes"
    print(render([Table(title, columns, tuple(rows))], options.format))
    failures = total["all"].failures
    kinds = Counter(failure.partition("  ")[2] for failure in failures)
    print(*failures[:200], *(f"{count:>6}  {kind}" for kind, count in kinds.most_common(30)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
