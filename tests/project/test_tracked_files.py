"""What may not be in the repository: machine paths, registries, tools of a workplace, anybody's data."""

from __future__ import annotations

import csv
import hashlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Spelled so that this file does not match itself.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|root|home/[a-z]\w*|Users/\w+|mnt/\w+)/|/tmp/[a-z]"),
    "a package registry": re.compile(r"(?:extra-)?index[-_]url|find[-_]links|\b\S+/simple\b/?(?=\s|$)"),
    "unfinished work": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b|raise NotImplemented" + r"Error"),
}
LARGEST = 1_500_000


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git holds."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("left out: not a git checkout")
    return tuple(path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file())


@pytest.mark.parametrize("what", FORBIDDEN)
def test_tracked_text_is_free_of(what: str):
    found = []
    for path in tracked():
        text = path.read_bytes()
        if b"\0" in text or path.name == "LICENSE":
            continue
        for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found, f"{what} in: " + "\n".join(found)


def test_no_tracked_file_is_large():
    large = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked() if path.stat().st_size > LARGEST}
    assert not large


def test_no_file_of_the_shared_data_is_committed(data_dir: Path):
    theirs = {hashlib.sha256(path.read_bytes()).hexdigest() for path in data_dir.rglob("*") if path.is_file()}
    assert theirs, f"{data_dir} holds no files, so this test would prove nothing"
    # Two empty files are equal without either being a copy.
    theirs.discard(hashlib.sha256(b"").hexdigest())
    ours = {str(p.relative_to(ROOT)) for p in tracked() if hashlib.sha256(p.read_bytes()).hexdigest() in theirs}
    assert not ours, f"copies of data that the project may not ship: {ours}"


def test_no_text_of_the_shared_data_is_committed(data_dir: Path):
    """Cells of at least 30 characters, looked for as whole cells or quoted strings of our files."""
    texts = set()
    for path in data_dir.rglob("*.csv"):
        with path.open(encoding="utf-8", errors="replace", newline="") as handle:
            for row in csv.DictReader(handle):
                text = (row.get("text") or "").strip()
                if len(text) >= 30:
                    texts.add(text)
    assert len(texts) > 100
    found = [
        f"{path.relative_to(ROOT)}: {piece.strip()[:50]}"
        for path in tracked()
        for piece in re.split(r'["\t\n]|\', \'', path.read_bytes().decode("utf-8", "replace"))
        if len(piece) >= 30 and piece.strip() in texts
    ]
    assert not found, f"texts of the data: {found}"
