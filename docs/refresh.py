"""Runs what README.md and docs/*.md show, and writes what it prints into them: `make docs`.

A block that begins with ```` ```console ```` holds command lines after ``$`` and, under each, what it
prints. A comment before a block says where it runs; the folder then lasts until the next such
comment, so that later blocks see the files of earlier ones:

    <!-- session: empty -->     a new empty folder
    <!-- session: sample -->    a new folder with the built-in sample's prediction files
    <!-- session: seed -->      a new folder with the seed's real file pred_eng.csv and gold at hand
    <!-- not run -->            the next block is only shown: it installs, downloads or trains

What stands between these two lines is what the command prints, as Markdown:

    <!-- made by: semeval-emo leaderboard ours --format markdown -->
    <!-- end -->

A session that needs real data is left as it is where $SEMEVAL_EMO_DATA is not set. The same runs are a
test, so that the pages cannot drift from the program.
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
WIDTH = 100

BLOCK = re.compile(
    r"(?:<!-- (?P<note>not run|session: (?P<session>\w+)) -->\n+)?```console\n(?P<body>.*?)^```$", re.M | re.S
)

MADE = re.compile(r"(?P<head><!-- made by: (?P<command>semeval-emo .+?) -->\n).*?(?P<foot><!-- end -->)", re.S)


@dataclass(frozen=True)
class Shown:
    """One console block of a page: where its body stands, and the session that it opens, if any."""

    start: int
    end: int
    body: str
    session: str
    is_run: bool


def pages() -> list[Path]:
    """README.md, CONTRIBUTING.md and every page of docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: str) -> Iterator[Shown]:
    """The console blocks of a page, in order."""
    for found in BLOCK.finditer(page):
        yield Shown(
            found.start("body"), found.end("body"), found["body"], found["session"] or "", found["note"] != "not run"
        )


def commands(body: str) -> list[str]:
    """The command lines of a block; a line that ends in a backslash goes on."""
    return [line.replace("\\\n", "") for line in re.findall(r"^\$ ((?:.*\\\n)*.*)$", body, re.M)]


def prepare(session: str, folder: Path) -> dict[str, str] | None:
    """Fills a session's folder and gives its environment; None where it needs real data that is not here."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("SEMEVAL_EMO", "XDG_", "HF_"))}
    environment = keep | {
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
    elif session == "seed":
        data = os.environ.get("SEMEVAL_EMO_DATA")
        if not data:
            return None
        shutil.copy(Path(data) / "seed" / "pred_eng.csv", folder / "pred_eng.csv")
        # Under a name of its own, so that no page shows a path of the machine that ran it.
        (folder / "data").symlink_to(Path(data).resolve())
        environment["SEMEVAL_EMO_DATA"] = "data"
    elif session != "empty":
        raise ValueError(f"there is no session '{session}'")
    return environment


def run(body: str, folder: Path, environment: dict[str, str]) -> str:
    """A block's body as it should read: each command line and what it prints, stderr included."""
    lines = []
    for shown, command in zip(re.findall(r"^\$ (?:.*\\\n)*.*$", body, re.M), commands(body), strict=True):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=120,
        )  # fmt: skip
        if "this is a bug in semeval-emo" in done.stdout:
            raise RuntimeError(f"a page may not show a bug: {command}\n{done.stdout}")
        lines.append(f"{shown}\n{done.stdout}")
    return "".join(lines)


def refreshed(page: str) -> tuple[str, list[str]]:
    """A page with what its commands print now.

    Returns:
        The page, and the sessions that were left as they are for want of real data.
    """
    left: list[str] = []
    made, at = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        folder, environment = Path(scratch), None
        for number, block in enumerate(blocks(page)):
            if block.session:
                folder = Path(scratch) / str(number) / "work"
                folder.mkdir(parents=True)
                environment = prepare(block.session, folder)
                if environment is None:
                    left.append(block.session)
            if block.is_run and environment:
                made += [page[at : block.start], run(block.body, folder, environment)]
                at = block.end
    return made_anew("".join([*made, page[at:]])), left


def made_anew(page: str) -> str:
    """A page with what its Markdown is made by, made now."""

    def printed(found: re.Match[str]) -> str:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "work"
            folder.mkdir()
            done = subprocess.run(
                ["bash", "-c", found["command"]], cwd=folder, env=prepare("empty", folder), capture_output=True,
                text=True, check=False, timeout=120,
            )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{found['command']} failed:\n{done.stderr}")
        return f"{found['head']}\n{done.stdout.strip()}\n\n{found['foot']}"

    return MADE.sub(printed, page)


def main() -> None:
    """Rewrites every page whose shown output has changed, and says which."""
    for path in pages():
        before = path.read_text(encoding="utf-8")
        after, left = refreshed(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
        state = "rewritten" if after != before else "as it was"
        print(
            f"{path.relative_to(ROOT)}: {state}" + (f", left alone: {', '.join(left)} (no real data)" if left else "")
        )


if __name__ == "__main__":
    main()
