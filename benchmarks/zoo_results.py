"""Train the English systems, selecting on dev, and write the table in docs/results.md.

    make zoo-results                                        all systems: some hours on two cores
    python benchmarks/zoo_results.py --only 'tfidf*'        some of them
    python benchmarks/zoo_results.py --table                only the table of the existing records

Finished runs are not trained again and interrupted ones continue, so the script can be stopped at any time. The
records of finished runs (all but the weights) are copied to benchmarks/english/, and the table is made from them. Needs
the real data ($SEMEVAL_EMO_DATA) and the extras zoo, weights and mpnet.
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
# Not score.json: it has paths of the machine, and the table computes the score again.
RECORD_FILES = ("recipe.json", "run.json", "metrics.jsonl", "track_a/pred_eng.csv")
BEGIN, END = "<!-- zoo-results: written by `make zoo-results` -->", "<!-- zoo-results: end -->"

# Random seeds: linear models do not depend on one, networks are trained with three.
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
    """Return a command line of semeval-emo."""
    return [sys.executable, "-m", "semeval_emo", *words]


def copy_record(run: Path) -> None:
    """Copy the record of a finished run."""
    # A recipe without epochs has no metrics.jsonl.
    for name in (name for name in RECORD_FILES if (run / name).exists()):
        target = RECORDS / run.parent.name / run.name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run / name, target)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="a glob over recipes")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs")
    parser.add_argument("--table", action="store_true", help="do not train")
    args = parser.parse_args()
    chosen = {name: seeds for name, seeds in SYSTEMS.items() if fnmatch.fnmatchcase(name, args.only)}
    failed = []
    for name, seeds in {} if args.table else chosen.items():
        for seed in seeds:
            words = [] if seed == ONE[0] else ["--seed", str(seed)]
            print(f"== {name}, seed {seed}", file=sys.stderr, flush=True)
            training = subprocess.run(emo("zoo", "train", name, *words, "--runs", str(args.runs)), check=False)
            if training.returncode:
                failed.append(f"{name}, seed {seed}")
    for finished in sorted(args.runs.glob("*/eng/MODEL_CARD.md")):
        if finished.parents[1].name.partition("+")[0] in SYSTEMS:
            copy_record(finished.parent)
    folders = [str(path.parent) for path in sorted(RECORDS.glob("*/eng/run.json"))]
    if len(folders) < 2:
        print("no table yet: it needs the records of two systems", file=sys.stderr)
        return bool(failed)
    table = subprocess.run(
        emo("zoo", "results", *folders, "--format", "markdown", "--quiet"), check=True, capture_output=True, text=True
    ).stdout
    print(table)
    recorded = {Path(folder).parent.name.partition("+")[0] for folder in folders}
    missing = [name for name in SYSTEMS if name not in recorded]
    if missing:
        print(f"docs/results.md is unchanged: no records of {', '.join(missing)}", file=sys.stderr)
    elif args.only == "*" or args.table:
        before = PAGE.read_text("utf-8")
        head, marker, rest = before.partition(BEGIN)
        if not marker or END not in rest:
            sys.exit(f"{PAGE.name} has no place for the table: {BEGIN} ... {END}")
        PAGE.write_text(f"{head}{BEGIN}\n{table.strip()}\n{END}{rest.partition(END)[2]}", "utf-8")
    for system in failed:
        print(f"failed: {system}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
