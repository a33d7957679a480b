"""Trains the zoo's English systems, every choice made on dev, and writes the table in docs/results.md.

    make zoo-results                                        everything: some hours on two cores
    python benchmarks/zoo_results.py --only 'tfidf*'        some of them
    python benchmarks/zoo_results.py --table                no training, only the table of what is there

A run that is finished is not trained again, and one that was stopped goes on, so this can be
interrupted at any time. What a finished run said and how it came about, all but the weights, is kept in
benchmarks/english/, from which the table is made: so it can be made again without training, and grow by
one system at a time. Needs the real data ($SEMEVAL_EMO_DATA) and the extras zoo, weights and mpnet.
"""

from __future__ import annotations

import argparse
import fnmatch
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results.md"
RECORDS = ROOT / "benchmarks" / "english"
# The score is made from these whenever the table is, and its own file names paths of a machine.
KEPT = ("recipe.json", "run.json", "metrics.jsonl", "track_a/pred_eng.csv")
BEGIN, END = "<!-- zoo-results: written by `make zoo-results` -->", "<!-- zoo-results: end -->"

# Linear models do not hang on a seed; networks are trained with three.
ONE, THREE = (42,), (42, 1, 2)
SYSTEMS = {
    "constant-all": ONE,
    "tfidf-logreg": ONE,
    "minilm-linear": ONE,
    "minilm-ft": THREE,
    "smollm2-4layer": THREE,
    "smollm2-4layer-uniform": ONE,
    "smollm2-4layer-tuned": THREE,
    "smollm2-full": THREE,
    "mpnet-ft": THREE,
    "ensemble-english": ONE,
}


def emo(*words: str) -> list[str]:
    """A command line of the toolkit."""
    return [sys.executable, "-m", "semeval_emo", *words]


def keep(run: Path) -> None:
    """Copies the record of a finished run, which lies in a folder of its recipe."""
    # A recipe without epochs has no metrics.
    for name in (name for name in KEPT if (run / name).exists()):
        target = RECORDS / run.parent.name / run.name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run / name, target)


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
    for finished in sorted(asked.runs.glob("*/eng/MODEL_CARD.md")):
        if finished.parents[1].name.partition("+")[0] in SYSTEMS:
            keep(finished.parent)
    folders = [str(path.parent) for path in sorted(RECORDS.glob("*/eng/run.json"))]
    if len(folders) < 2:
        print("fewer than two systems are kept, so there is no table yet", file=sys.stderr)
        return bool(failed)
    shown = subprocess.run(
        emo("zoo", "results", *folders, "--format", "markdown", "--quiet"), check=True, capture_output=True, text=True
    ).stdout
    print(shown)
    kept = {Path(folder).parent.name.partition("+")[0] for folder in folders}
    lacking = [name for name in SYSTEMS if name not in kept]
    if lacking:
        print(f"docs/results.md is unchanged: no records of {', '.join(lacking)}", file=sys.stderr)
    elif asked.only == "*" or asked.table:
        before = PAGE.read_text("utf-8")
        head, found, rest = before.partition(BEGIN)
        if not found or END not in rest:
            sys.exit(f"{PAGE.name} has no place for the table: {BEGIN} ... {END}")
        PAGE.write_text(f"{head}{BEGIN}\n{shown.strip()}\n{END}{rest.partition(END)[2]}", "utf-8")
    for one in failed:
        print(f"failed: {one}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
