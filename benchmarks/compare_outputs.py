"""Compare the output of two checkouts of semeval-emo for every command: exit codes, JSON and written files.

    python benchmarks/compare_outputs.py OLD_CHECKOUT [--new CHECKOUT] [--data DIR] [--only PREFIX] [-v]

Both checkouts run the command lines of compare_outputs.txt with this Python, each in a temporary folder of its own.
Differences in the wording of messages (`PROSE`) and in times, versions and commits (`VOLATILE`) are ignored, and paths
are relative to the folder. The command lines use old spellings of options, which every release accepts. Exits 1 on a
difference. With real data it takes about seven minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

# Keys whose strings (and lists of strings) are sentences for people; the three with hyphens are columns of `explain`.
PROSE = {
    "message", "fix", "note", "notes", "title", "explanation", "detail", "done", "mended", "refused", "why", "gold",
    "codabench-2026", "evaluation-notebook", "organisers-2025",
}  # fmt: skip
# Keys whose values change from run to run or from release to release.
VOLATILE = re.compile(
    r"seconds|second|.*_seconds|.*_per_second|started|finished|time|created|version|versions|commit|.*_mib|machine|host"
)
HERE = Path(__file__).resolve().parents[1]


class Command(NamedTuple):
    """A command line and what is compared of stdout: `json`, `toml`, `exact`, or nothing with `exit`."""

    line: str
    compared: str


def commands(data: str | None) -> list[Command]:
    """Return the lines of compare_outputs.txt, and `validate`, `fix` and `score` of the files in shared/cases."""
    sample, real = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("# On real data")
    lines = [line for line in (sample + ("#" + real if data else "")).splitlines() if line and not line.startswith("#")]
    values = {"BAD": [*BAD, "missing"], "RECIPE": sorted(path.stem for path in (HERE / "zoo").glob("*.toml"))}
    for word, replacements in values.items():
        lines = [line.replace(word, value) for line in lines for value in (replacements if word in line else [""])]
    for case in sorted((Path(data).parent / "cases").glob("*/")) if data else []:
        task = "".join(f" --task {path}" for path in sorted(case.glob("*.toml"))[:1])
        for path in sorted(case.glob("*.*")):
            if path.suffix in (".csv", ".jsonl", ".parquet", ".xlsx"):
                lines += [f"validate {path}{task}", f"fix {path}{task} -o cases/{case.name}/{path.stem}"]
        lines.append(f"score {case}")
    marks = [line[1:].partition("] ") if line.startswith("[") else ("json", "", line) for line in lines]
    return [Command(line, compared) for compared, _, line in marks]


def _edit(body: str, number: int, old: str, new: str) -> str:
    lines = body.splitlines(keepends=True)
    lines[number] = re.sub(old, new, lines[number], count=1)
    return "".join(lines)


# Spoilt copies of a valid file of the sample, by name.
BAD = {
    "header": lambda body: _edit(body, 0, r"id,(\w+),(\w+)", r"ID,\2,\1"),
    "capitals": lambda body: body.replace("anger", "Anger").replace("joy", "JOY"),
    "cells": lambda body: _edit(_edit(_edit(body, 1, ",[01]", ",2"), 2, ",[01]", ","), 3, ",[01]", ",maybe"),
    "floats": lambda body: re.sub(r",([01])\b", r",\1.0", body),
    "words": lambda body: re.sub(r",1\b", ",True", re.sub(r",0\b", ",False", body)),
    "short": lambda body: "".join(body.splitlines(keepends=True)[:10]),
    "extra": lambda body: body + body.splitlines()[-1].replace("eng", "deu") + "\n",
    "repeated": lambda body: body + body.splitlines()[-1] + "\n",
    "conflict": lambda body: body + _edit(body.splitlines()[-1], 0, "[01]$", "7") + "\n",
    "ragged": lambda body: _edit(body, 4, r",\d\s*$", "\n"),
    "semicolons": lambda body: body.replace(",", ";"),
    "bom": lambda body: "\ufeff" + body,
    "no_column": lambda body: re.sub(r",\w+$", "", body, flags=re.M),
    "more_columns": lambda body: re.sub(r"$(?<=.)", ",5", body, flags=re.M).replace(",5\n", ",note\n", 1),
    "empty": lambda body: "",
    "only_header": lambda body: body.splitlines()[0] + "\n",
    "no_ids": lambda body: re.sub(r"^[^,]*,", "", body, flags=re.M),
    "board": lambda body: "track,language,list\na,eng,mine\n",
}


def fill(folder: Path, checkout: Path) -> None:
    """Write the input files that the command lines name into an empty folder."""
    sample = checkout / "semeval_emo" / "data" / "sample"
    for name, (source, track) in {
        "good": ("strong", "a"), "weak": ("weak", "a"), "good_b": ("strong", "b"), "weak_b": ("weak", "b"),
    }.items():  # fmt: skip
        (folder / name).mkdir()
        shutil.copyfile(
            sample / "predictions" / source / f"track_{track}" / "pred_eng.csv", folder / name / "pred_eng.csv"
        )
    good = (folder / "good" / "pred_eng.csv").read_text(encoding="utf-8")
    made = {f"bad/{name}.csv": spoil(good) for name, spoil in BAD.items()}
    made["constant/pred_eng.csv"] = re.sub(r",[01]\b", ",1", good)
    made["prob/prob_eng.csv"] = re.sub(r",0\b", ",0.25", re.sub(r",1\b", ",0.75", good))
    made["texts.csv"] = 'id,text\n1,"What a day, I love it!"\n2,I am so angry\n3,\n'
    made["texts.txt"] = "What a day!\nI am afraid of the dark.\n"
    for name, body in made.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(body, encoding="utf-8")
    for system in ("tfidf-char", "tfidf-best", "tfidf-ridge-cuts", "tfidf-cross", "ensemble-english"):
        shutil.copytree(checkout / "submissions" / system, folder / "real" / system)


def run(command: Command, checkout: Path, folder: Path, data: str | None) -> tuple[int, str]:
    """Run a command line of a checkout in a folder; return its exit code and its stdout without the folder's path."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SEMEVAL_EMO_")}
    env |= {
        "PYTHONPATH": str(checkout), "HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "home"),
        "SEMEVAL_EMO_BOARD": str(folder / "board.csv"), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "100",
    }  # fmt: skip
    if data:
        env["SEMEVAL_EMO_DATA"] = data
    words = shlex.split(command.line.replace("$SEMEVAL_EMO_DATA", data or ""))
    if command.compared == "json":
        at = words.index("--") if "--" in words else len(words)
        words[at:at] = ["--format", "json"]
    words = [sys.executable, "-m", "semeval_emo", *words]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, stdin=subprocess.DEVNULL)
    text = done.stdout.decode(errors="replace")
    return done.returncode, text.replace(str(folder), "FOLDER").replace(str(checkout), "CHECKOUT")


def differences(old: Any, new: Any, at: str = "$", prose: bool = False) -> Iterator[str]:
    """Yield "path: old -> new" for each place where two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if VOLATILE.fullmatch(key):
                continue
            if key not in old or key not in new:
                yield f"{at}.{key}: only in {'NEW' if key in new else 'OLD'}"
            else:
                yield from differences(old[key], new[key], f"{at}.{key}", key in PROSE)
    elif isinstance(old, list) and isinstance(new, list) and (len(old) == len(new) or not prose):
        if len(old) != len(new):
            yield f"{at}: {len(old)} -> {len(new)} items"
        for number, (first, second) in enumerate(zip(old, new, strict=False)):
            yield from differences(first, second, f"{at}[{number}]", prose)
    elif old != new and not (prose and type(old) is type(new) and isinstance(old, str | list)):
        yield f"{at}: {old!r} -> {new!r}"[:400]


def parsed(text: str, how: str) -> Any:
    """Return the value of a text in the format `how`, or the text itself where it is not in that format."""
    with contextlib.suppress(ValueError):
        return json.loads(text) if how == "json" else tomllib.loads(text) if how == "toml" else text
    return text


def contents(path: Path, folder: Path) -> Any:
    """Return what is compared of a written file: values of JSON and TOML, lines of CSV, members of a zip; else None."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}
    if path.suffix not in (".json", ".jsonl", ".toml", ".csv"):
        return None
    text = path.read_text(encoding="utf-8", errors="replace").replace(str(folder), "FOLDER")
    if path.suffix in (".json", ".toml"):
        return parsed(text, path.suffix[1:])
    return [parsed(line, "json") if path.suffix == ".jsonl" else line for line in text.splitlines()]


def main() -> int:
    """Run the comparison; return 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, metavar="OLD_CHECKOUT")
    parser.add_argument("--new", type=Path, default=HERE, help="Default: the checkout of this script.")
    parser.add_argument("--data", default=os.environ.get("SEMEVAL_EMO_DATA"), help="Default: $SEMEVAL_EMO_DATA.")
    parser.add_argument("--only", default="", help="Run only lines that start with this, such as 'score'.")
    parser.add_argument("-v", "--verbose", action="store_true", help="Show every difference, not the first three.")
    options = parser.parse_args()
    checkouts = [options.old.resolve(), options.new.resolve()]
    different = 0
    with tempfile.TemporaryDirectory(prefix="compare-") as temporary, ThreadPoolExecutor(2) as pool:
        folders = [Path(temporary) / "old", Path(temporary) / "new"]
        for folder in folders:
            folder.mkdir()
            fill(folder, checkouts[0])
        for command in commands(options.data):
            if command.line.startswith(options.only):
                (old_code, old_out), (new_code, new_out) = pool.map(
                    run, [command] * 2, checkouts, folders, [options.data] * 2
                )
                found = [f"exit code: {old_code} -> {new_code}"] if old_code != new_code else []
                if command.compared != "exit":
                    found += differences(parsed(old_out, command.compared), parsed(new_out, command.compared))
                different += bool(found)
                show(command.line, found, options.verbose)
        written = [
            {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} for folder in folders
        ]
        for name in sorted(name for name in written[0] | written[1] if not name.startswith("home/")):
            if any(name not in names for names in written):
                found = [f"written only by {'OLD' if name in written[0] else 'NEW'}"]
            else:
                found = list(differences(*(contents(folder / name, folder) for folder in folders)))
            different += bool(found)
            if found:
                show(f"file {name}", found, options.verbose)
    print(f"\nFiles written: OLD {len(written[0])}, NEW {len(written[1])}. Lines and files that differ: {different}.")
    return int(different > 0)


def show(what: str, found: list[str], verbose: bool) -> None:
    """Print whether a command line or a file is the same, and where it differs."""
    print(f"{'differs' if found else 'same   '}  {what}", flush=True)
    for place in found if verbose else found[:3]:
        print(f"           {place}")
    if len(found) > 3 and not verbose:
        print(f"           and {len(found) - 3} more")


if __name__ == "__main__":
    sys.exit(main())
