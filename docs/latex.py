"""Compiles the LaTeX that the commands print, and reads the log: `make docs-latex`.

Needs pdflatex (Debian: texlive-latex-base and texlive-latex-recommended). Every command runs on the built-in sample or
on the shipped leaderboard, as a person would type it; with $SEMEVAL_EMO_DATA set, on the seed's real file too. A
document with all tables is compiled; errors, missing characters and tables that leave the page end it with code 1.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import refresh

A, B, WEAK = (f"{place}/pred_eng.csv" for place in ("strong/track_a", "strong/track_b", "weak/track_a"))
# Every command that prints tables, in an order in which each finds what the ones before it have made; a test holds
# the list to that, and looks at every format of each.
COMMANDS = {
    "sample": (
        f"score {A} --gold sample --ci --resamples 500",
        f"score {B} --gold sample",
        f"compare {A} {WEAK} --gold sample --resamples 500 --trials 500",
        f"compare {A} {WEAK} same={A} --gold sample --resamples 500 --trials 500 --per-emotion --pairs --power",
        f"compare {A} --gold sample --resamples 500 --trials 500 --against-score 0.7456",
        f"analyse {WEAK} --gold sample --most 3",
        f"analyse {A} {WEAK} --gold sample --most 3",
        "validate mistakes/pred_eng_a.csv",
        "fix mistakes/pred_eng_a.csv --out fixed",
        f"pack {A} {B} --out submission.zip",
        "explain",
        "explain E311",
        "leaderboard show",
        "leaderboard show --track a --language eng",
        "leaderboard show -t a -l eng --list seed-runs",
        "leaderboard place 0.7114 -t a -l eng",
        "leaderboard export -t a -l eng",
        "leaderboard check",
        "data list",
        "data list sample --split test",
        "data check sample",
        "data stats sample",
        "data stats sample --track a --split test",
        "zoo list",
        "zoo show llama-4layer-as-published",
        "zoo train constant-all --data sample",
        "zoo train constant-majority --data sample",
        "zoo ensemble runs/sample/constant-all/eng runs/sample/constant-majority/eng -o both --data sample",
        "zoo evaluate runs/sample/constant-all/eng --data sample --split dev",
        "zoo tune runs/sample/constant-majority/eng --data sample",
        "zoo results runs/sample",
        "zoo submit runs/sample/constant-all/eng --to submissions/mine --data sample",
        "leaderboard ours",
    ),
    "seed": (
        "score pred_eng.csv --track a",
        "analyse pred_eng.csv --track a --no-texts",
    ),
}
HEAD = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=1.5cm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\begin{document}
\small
"""
# Begins the line of the log under which stands what a command printed.
MARK = "== semeval-emo "
# Wider than this much over the edge (in points) can be seen.
SPARE = 5.0


def printed() -> tuple[dict[str, str], list[str]]:
    """The LaTeX of every command, and the sessions that need data which is not here."""
    parts: dict[str, str] = {}
    left = []
    with tempfile.TemporaryDirectory() as scratch:
        for session, commands in COMMANDS.items():
            folder = Path(scratch) / session / "work"
            folder.mkdir(parents=True)
            environment = refresh.prepare(session, folder)
            if environment is None:
                left.append(session)
                continue
            for command in commands:
                words = ["semeval-emo", *command.split(), "--format", "latex"]
                done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
                # 1 is an answer too: problems were found.
                if done.returncode not in (0, 1):
                    sys.exit(f"semeval-emo {command} ended with {done.returncode}:\n{done.stderr}")
                parts[command] = done.stdout
    return parts, left


def faults(log: str) -> list[str]:
    """What a reader of the document would miss: errors, characters that no font has, tables over the edge."""
    found, command = [], ""
    for line in log.splitlines():
        wide = re.match(r"Overfull \\hbox \(([\d.]+)pt too wide\)", line)
        if line.startswith(MARK):
            command = line.removeprefix(MARK)
        elif line.startswith("!") or "Missing character" in line:
            found.append(f"{command}: {line}")
        elif wide and float(wide[1]) > SPARE:
            found.append(f"{command}: a table is {wide[1]} pt too wide for the page")
    return found


def compiled(parts: dict[str, str]) -> list[str]:
    """Compiles what the commands printed, in one document; returns its faults."""
    body = [
        # Without a page of its own each float would wait, and LaTeX keeps only so many waiting.
        f"\\typeout{{{MARK}\\detokenize{{{command}}}}}\n{printed}\n\\clearpage\n"
        for command, printed in parts.items()
    ]
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "tables.tex"
        source.write_text(HEAD + "".join(body) + "\\end{document}\n", encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
        # Else the log breaks its lines.
        environment = {**os.environ, "max_print_line": "1000"}
        done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, check=False)
        log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    return faults(log) or ([] if done.returncode == 0 else [log[-1500:]])


def main() -> int:
    """Prints what was found; 0 where nothing was."""
    if shutil.which("pdflatex") is None:
        print("pdflatex is missing: apt-get install texlive-latex-base texlive-latex-recommended")
        return 3
    parts, left = printed()
    found = compiled(parts)
    tables = sum(part.count(r"\begin{tabular}") for part in parts.values())
    for line in found:
        print(line)
    print(
        f"{len(parts)} commands, {tables} tables: "
        + (f"{len(found)} faults" if found else "compiled, the log is clean")
    )
    if left:
        print(f"left out, for want of real data: {', '.join(left)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
