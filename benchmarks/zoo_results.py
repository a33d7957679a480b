"""Trains the zoo's English systems, every choice made on dev, and writes README's table of them.

    make zoo-results                                        everything: some hours on two cores
    python benchmarks/zoo_results.py --only 'tfidf*'        some of them
    python benchmarks/zoo_results.py --table                no training, only the table of what is there

A run that is finished is not trained again, and one that was stopped goes on, so this can be
interrupted at any time. Needs the real data ($SEMEVAL_EMO_DATA) and the extras zoo, weights and mpnet.
"""

from __future__ import annotations

import argparse
import fnmatch
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- zoo-results: written by `make zoo-results` -->", "<!-- zoo-results: end -->"

# Linear models do not hang on a seed; networks are trained with three.
ONE, THREE = (42,), (42, 1, 2)
SYSTEMS = {
    "constant-all": ONE,
    "tfidf-logreg": ONE,
    "minilm-linear": ONE,
    "minilm-ft": THREE,
    "smollm2-4layer": ONE,
    "smollm2-4layer-uniform": ONE,
    "smollm2-4layer-tuned": THREE,
    "smollm2-full": THREE,
    "mpnet-ft": THREE,
    "ensemble-english": ONE,
}


def emo(*words: str) -> list[str]:
    """A command line of the toolkit."""
    return [sys.executable, "-m", "semeval_emo", *words]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="a glob over recipes")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs")
    parser.add_argument("--table", action="store_true", help="train nothing")
    asked = parser.parse_args()
    chosen = {name: seeds for name, seeds in SYSTEMS.items() if fnmatch.fnmatchcase(name, asked.only)}
    failed = []
    for name, seeds in {} if asked.table else chosen.items():
        for seed in seeds:
            words = [] if seed == ONE[0] else ["--seed", str(seed)]
            print(f"== {name}, seed {seed}", file=sys.stderr, flush=True)
            done = subprocess.run(emo("zoo", "train", name, *words, "--runs", str(asked.runs)), check=False)
            if done.returncode:
                failed.append(f"{name}, seed {seed}")
    folders = [
        str(path.parent)
        for path in sorted(asked.runs.glob("*/eng/run.json"))
        if path.parents[1].name.partition("+")[0] in chosen
    ]
    shown = subprocess.run(
        emo("zoo", "results", *folders, "--format", "markdown", "--quiet"), check=True, capture_output=True, text=True
    ).stdout
    print(shown)
    if asked.only == "*":
        before = README.read_text("utf-8")
        head, found, rest = before.partition(BEGIN)
        if not found or END not in rest:
            sys.exit(f"{README.name} has no place for the table: {BEGIN} ... {END}")
        README.write_text(f"{head}{BEGIN}\n{shown.strip()}\n{END}{rest.partition(END)[2]}", "utf-8")
    for one in failed:
        print(f"failed: {one}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
