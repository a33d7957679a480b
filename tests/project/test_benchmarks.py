"""The training benchmarks run to their end; what they measure in so few steps means nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(name: str) -> str:
    command = [sys.executable, ROOT / "benchmarks" / name, "--quick"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_shape():
    pytest.importorskip("torch")
    text = run("bench_shape.py")
    assert "SMOKE TEST" in text and "ours" in text


def test_train():
    pytest.importorskip("torch")
    text = run("bench_train.py")
    assert "SMOKE TEST" in text and "zoo predict --precision bf16" in text
