"""What a run was made with: versions, the state of the code, the kind of machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import semeval_emo

PACKAGES = (
    "semeval-emo", "numpy", "torch", "transformers", "tokenizers", "accelerate", "peft", "scikit-learn", "skops",
)  # fmt: skip
# What decides a result: a change elsewhere in the checkout does not make a run another one.
CODE = ("semeval_emo", "zoo")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that shape a result, without importing them."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def commit() -> str:
    """The commit of the checkout that runs, with ``+`` where its code or recipes differ; empty in no checkout.

    Looked up once: what a process has loaded stays, whatever is committed meanwhile.
    """
    top = Path(semeval_emo.__file__).parents[1]
    # Installed into an environment that lies in somebody's repository, the package is not of that one.
    if shutil.which("git") is None or not (top / ".git").exists() or not (top / "pyproject.toml").is_file():
        return ""
    try:
        head = _git(top, "rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git(top, "status", "--porcelain", "--", *CODE) else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(top: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=top, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def machine() -> str:
    """The kind of machine, such as ``2-core x86-64 VM``, with its GPU where torch has found one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    kind = {"x86_64": "x86-64", "AMD64": "x86-64"}.get(platform.machine(), platform.machine())
    words = [f"{cores}-core", kind, "VM" if _is_virtual() else "machine"]
    torch = sys.modules.get("torch")
    gpu = torch.cuda.get_device_name(0) if torch is not None and torch.cuda.is_available() else ""
    return " ".join(words) + (f" with {gpu}" if gpu else "")


def _is_virtual() -> bool:
    """True where Linux says that a hypervisor runs the machine; elsewhere nobody asks."""
    info = Path("/proc/cpuinfo")
    try:
        flags = next((line for line in info.read_text("utf-8").splitlines() if line.startswith("flags")), "")
    except OSError:
        return False
    return "hypervisor" in flags.split()
