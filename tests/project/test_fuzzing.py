"""The fuzzing run reaches every reader, and finds no failure in its first inputs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_short_run_finds_no_failure() -> None:
    command = [sys.executable, ROOT / "benchmarks" / "fuzz_readers.py", "--inputs", "60", "--jobs", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (counts,) = re.findall(r"^all +60 +(\d+) +(\d+) +(\d+) ", run.stdout, re.MULTILINE)
    accepted, refused, failures = map(int, counts)
    assert accepted + refused == 60 and failures == 0
