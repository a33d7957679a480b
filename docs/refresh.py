"""Run the commands shown in README.md and docs/, and write their output into the pages: `make docs`.

A code block that begins with ```` ```console ```` has command lines after ``$``, each followed by its output. A comment
before the block names the folder in which it runs. Later blocks run in the same folder, until the next such comment:

    <!-- session: empty -->       a new empty folder
    <!-- session: sample -->      a new folder with the prediction files of the built-in sample
    <!-- session: reference -->   a new folder with pred_eng.csv of the reference notebook, and the gold labels
    <!-- session: tweets -->      a new folder with the files of SemEval-2018 E-c in ec-data/
    <!-- not run -->              the next block is not run: it installs, downloads or trains

The text between these two lines is the output of the command, as Markdown:

    <!-- made by: semeval-emo leaderboard ours --format markdown -->
    <!-- end -->

Sessions that need the real data are left unchanged if $SEMEVAL_EMO_DATA is not set. A test runs the same code and fails
if a page is out of date.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 92

BLOCK = re.compile(
    r"(?:<!-- (?P<note>not run|session: (?P<session>\w+)) -->\n+)?```console\n(?P<body>.*?)^```$", re.M | re.S
)
COMMAND = re.compile(r"^\$ (?:.*\\\n)*.*$", re.M)
MADE = re.compile(r"(?P<head><!-- made by: (?P<command>semeval-emo .+?) -->\n).*?(?P<foot><!-- end -->)", re.S)

# Pages that consist of the output of one command.
GENERATED = {"docs/problems.md": "semeval-emo explain --format markdown"}


@dataclass(frozen=True)
class Block:
    """A console block of a page: its position, its text, the session that it starts (if any), and whether it is run."""

    start: int
    end: int
    body: str
    session: str
    is_run: bool


def pages() -> list[Path]:
    """Return README.md, CONTRIBUTING.md and every page in docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: str) -> Iterator[Block]:
    """Yield the console blocks of a page, in order."""
    for match in BLOCK.finditer(page):
        is_run = match["note"] != "not run"
        yield Block(match.start("body"), match.end("body"), match["body"], match["session"] or "", is_run)


def commands(body: str) -> list[str]:
    """Return the command lines of a block, each with its continuation lines joined."""
    return [line.removeprefix("$ ").replace("\\\n", "") for line in COMMAND.findall(body)]


def prepare(session: str, folder: Path) -> dict[str, str] | None:
    """Fill the folder of a session and return its environment, or None if it needs real data that is missing."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEMEVAL_EMO", "XDG_", "HF_"))
    }
    environment = inherited | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": str(WIDTH),
        "NO_COLOR": "1",
        "HOME": str(folder.parent / "home"),
        "HF_HUB_OFFLINE": "1",
    }
    (folder.parent / "home").mkdir()
    if session == "sample":
        from semeval_emo.data.sample import sample_folder

        shutil.copytree(sample_folder() / "predictions", folder, dirs_exist_ok=True)
    elif session == "reference":
        data = os.environ.get("SEMEVAL_EMO_DATA")
        if not data:
            return None
        shutil.copy(Path(data) / "seed" / "pred_eng.csv", folder / "pred_eng.csv")
        # The link keeps paths of this machine out of the pages.
        (folder / "data").symlink_to(Path(data).resolve())
        environment["SEMEVAL_EMO_DATA"] = "data"
    elif session == "tweets":
        data = os.environ.get("SEMEVAL_EMO_DATA")
        if not data:
            return None
        (folder / "ec-data").symlink_to((Path(data) / "other-tasks" / "semeval-2018-ec").resolve())
    elif session != "empty":
        raise ValueError(f"unknown session '{session}'")
    return environment


def run(body: str, folder: Path, environment: dict[str, str]) -> str:
    """Return the text of a block with the present output of its commands, stdout and stderr together."""
    parts = []
    for shown, command in zip(COMMAND.findall(body), commands(body), strict=True):
        output = screen_of(command, folder, environment)
        if "this is a bug in semeval-emo" in output:
            raise RuntimeError(f"a page must not show a bug: {command}\n{output}")
        parts.append(f"{shown}\n{output}")
    return "".join(parts)


def screen_of(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what a command line of bash prints, stdout and stderr together."""
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=120,
    ).stdout  # fmt: skip


def refreshed(page: str) -> tuple[str, list[str]]:
    """Return a page with the present output of its commands, and the sessions that were skipped for lack of data."""
    skipped: list[str] = []
    parts, position = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        folder, environment = Path(scratch), None
        for number, block in enumerate(blocks(page)):
            if block.session:
                folder = Path(scratch) / str(number) / "work"
                folder.mkdir(parents=True)
                environment = prepare(block.session, folder)
                if environment is None:
                    skipped.append(block.session)
            if block.is_run and environment:
                parts += [page[position : block.start], run(block.body, folder, environment)]
                position = block.end
    return MADE.sub(_made_anew, "".join([*parts, page[position:]])), skipped


def _made_anew(match: re.Match[str]) -> str:
    return f"{match['head']}\n{output_of(match['command']).strip()}\n\n{match['foot']}"


def output_of(command: str) -> str:
    """Return the stdout of a command that runs in an empty folder.

    Raises:
        RuntimeError: the command failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "work"
        folder.mkdir()
        result = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=prepare("empty", folder), capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip
    if result.returncode:
        raise RuntimeError(f"{command} failed:\n{result.stderr}")
    return result.stdout


def main() -> None:
    """Rewrite every page whose output has changed, and print which."""
    for path in pages():
        name = path.relative_to(ROOT).as_posix()
        before = path.read_text(encoding="utf-8")
        after, skipped = (output_of(GENERATED[name]), []) if name in GENERATED else refreshed(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
        state = "rewritten" if after != before else "unchanged"
        print(f"{name}: {state}" + (f"; skipped without real data: {', '.join(skipped)}" if skipped else ""))


if __name__ == "__main__":
    main()
