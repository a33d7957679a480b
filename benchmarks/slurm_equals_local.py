"""Train the same runs with the worker pool and as a SLURM job array, and compare the prediction files byte by byte.

    python benchmarks/slurm_equals_local.py --seeds 2          all languages of track A with tfidf-folds
    python benchmarks/slurm_equals_local.py --language sun,tat

Needs $SEMEVAL_EMO_DATA, a running SLURM and the extra `cluster`. The process of one job is killed while it trains, and
its job is requeued. Folders of runs that exist are continued.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from semeval_emo.zoo.runs.status import run_states, run_status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="tfidf-folds")
    parser.add_argument("--language", default="all")
    parser.add_argument("--seeds", default="2")
    parser.add_argument("--jobs", default="2", help="runs at a time")
    parser.add_argument("--runs", type=Path, default=Path("slurm_equals_local"), help="the folder for both")
    given = parser.parse_args()
    local, slurm = given.runs / "local", given.runs / "slurm"
    words = [
        sys.executable, "-m", "semeval_emo", "zoo", "train", given.recipe, "--track", "a", "--language", given.language,
        "--seeds", given.seeds, "--jobs", given.jobs, "-q", "--format", "json",
    ]  # fmt: skip
    began = time.monotonic()
    answer = subprocess.run([*words, "--runs", slurm, "--on", "slurm"], check=True, capture_output=True, text=True)
    array = json.loads(answer.stdout)
    print(f"job array {array['job']}: {array['jobs']} jobs", flush=True)
    if array["jobs"]:
        kill_and_requeue(array)
    wait(slurm)
    print(f"SLURM: {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    subprocess.run([*words, "--runs", local], check=True, capture_output=True)
    print(f"worker pool: {time.monotonic() - began:.0f} s", flush=True)
    collect = [sys.executable, "-m", "semeval_emo", "zoo", "collect", slurm, "-q"]
    print(subprocess.run(collect, check=True, capture_output=True, text=True).stdout)
    return compare(local, slurm)


def kill_and_requeue(array: dict) -> None:
    """Kill the process of the first job as soon as it trains, and requeue the job."""
    path, job = Path(array["submitted"][0]), f"{array['job']}_0"
    while not (status := run_status(path)).process or not (path / "run.json").exists():
        assert status.state != "done", "the first run ended before it could be killed"
        time.sleep(0.01)
    os.kill(int(status.process.split()[1]), signal.SIGKILL)
    while "JobState=FAILED" not in (shown := control("show", "job", job)):
        assert "JobState=COMPLETED" not in shown
        time.sleep(0.2)
    print(f"killed {status.process} (job {job}, {path.name}): the run is {run_status(path).state}")
    control("requeue", job)
    while "JobState=PENDING" not in control("show", "job", job):
        time.sleep(0.2)
    # SLURM waits two minutes before it starts a requeued job.
    control("update", f"jobid={job}", "StartTime=now")
    print(f"requeued job {job}", flush=True)


def control(*words: str) -> str:
    return subprocess.run(["scontrol", *words], check=True, capture_output=True, text=True).stdout


def wait(runs: Path) -> None:
    """Wait until all runs are done."""
    while (counts := Counter(status.state for status in run_states([runs]))).keys() != {"done"}:
        assert not counts["failed"], counts
        time.sleep(10)


def compare(local: Path, slurm: Path) -> int:
    """Print how many files are equal; return the exit code."""
    files = [sorted(path.relative_to(runs) for path in runs.glob("*/*/track_a/pred_*.csv")) for runs in (local, slurm)]
    equal = sum((local / path).read_bytes() == (slurm / path).read_bytes() for path in files[0] if path in files[1])
    zips = sorted(path.relative_to(local) for path in local.glob("*/track_a.zip"))
    equal_zips = sum((local / path).read_bytes() == (slurm / path).read_bytes() for path in zips)
    print(f"prediction files: {len(files[0])} and {len(files[1])}, {equal} with the same bytes")
    print(f"zips: {len(zips)}, {equal_zips} with the same bytes")
    return int(files[0] != files[1] or equal < len(files[0]) or equal_zips < len(zips))


if __name__ == "__main__":
    sys.exit(main())
