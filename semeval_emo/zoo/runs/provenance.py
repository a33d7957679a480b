"""The environment of a run: package versions, commit and machine."""

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
# Changes elsewhere in the checkout do not affect results.
CODE = ("semeval_emo", "zoo")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect results, without importing them."""
    by_name = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            by_name[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return by_name


@cache
def commit() -> str:
    """Return the commit of the running checkout, with ``+`` if its code or recipes differ; empty without a checkout.

    Cached, because the loaded code does not change with later commits.
    """
    top = Path(semeval_emo.__file__).parents[1]
    # The package may be installed into an environment inside the repository of another project.
    if shutil.which("git") is None or not (top / ".git").exists() or not (top / "pyproject.toml").is_file():
        return ""
    try:
        head = _git(top, "rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git(top, "status", "--porcelain", "--", *CODE) else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(top: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=top, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def machine() -> str:
    """Return the machine type, such as ``2-core x86-64 VM``, with its GPU if torch has found one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    architecture = {"x86_64": "x86-64", "AMD64": "x86-64"}.get(platform.machine(), platform.machine())
    parts = [f"{cores}-core", architecture, "VM" if _is_virtual() else "machine"]
    torch = sys.modules.get("torch")
    gpu = torch.cuda.get_device_name(0) if torch is not None and torch.cuda.is_available() else ""
    return " ".join(parts) + (f" with {gpu}" if gpu else "")


def _is_virtual() -> bool:
    """Return whether Linux reports a hypervisor; False on other systems."""
    info = Path("/proc/cpuinfo")
    try:
        flags = next((line for line in info.read_text("utf-8").splitlines() if line.startswith("flags")), "")
    except OSError:
        return False
    return "hypervisor" in flags.split()
