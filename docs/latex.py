"""Compiles the LaTeX that the commands print, and reads the log: `make docs-latex`.

Needs pdflatex (Debian: texlive-latex-base and texlive-latex-recommended). Every command runs on the built-in sample or
on the shipped leaderboard, as a person would type it; with $SEMEVAL_EMO_DATA set, on the seed's real file too. A
document with all tables is compiled; errors, missing characters and tables that leave the page end it with code 1.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import refresh

COMMANDS = {
    "sample": (
        "score strong/track_a/pred_eng.csv --gold sample --ci",
        "score strong/track_b/pred_eng.csv --gold sample",
        "compare strong/track_a/pred_eng.csv weak/track_a/pred_eng.csv --gold sample --resamples 500 --trials 500",
        "analyse weak/track_a/pred_eng.csv --gold sample --no-texts",
        "analyse strong/track_a/pred_eng.csv weak/track_a/pred_eng.csv --gold sample --no-texts",
        "leaderboard show",
        "leaderboard show --track a --language eng",
        "leaderboard show -t a -l eng --list seed-runs",
        "leaderboard place 0.7114 -t a -l eng",
        "data stats sample",
        "zoo list",
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
# Wider than this much over the edge (in points) can be seen.
SPARE = 5.0


def printed() -> tuple[list[str], list[str]]:
    """The LaTeX of every command, and the sessions that need data which is not here."""
    parts, left = [], []
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
                if done.returncode:
                    sys.exit(f"semeval-emo {command} ended with {done.returncode}:\n{done.stderr}")
                # One float a page at most would leave LaTeX with too many unprocessed floats.
                parts.append(f"% {command}\n{done.stdout}\n\\clearpage")
    return parts, left


def faults(log: str) -> list[str]:
    """What a reader of the document would miss: errors, characters that no font has, tables over the edge."""
    found = [line for line in log.splitlines() if line.startswith("!") or "Missing character" in line]
    widths = re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)
    return [*found, *(f"a table is {width} pt too wide for the page" for width in widths if float(width) > SPARE)]


def main() -> int:
    """Prints what was found; 0 where nothing was."""
    if shutil.which("pdflatex") is None:
        print("pdflatex is missing: apt-get install texlive-latex-base texlive-latex-recommended")
        return 3
    parts, left = printed()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "tables.tex"
        source.write_text(HEAD + "\n".join(parts) + "\n\\end{document}\n", encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
        done = subprocess.run(command, cwd=scratch, capture_output=True, check=False)
        log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    found = faults(log) or ([] if done.returncode == 0 else [log[-1500:]])
    tables = sum(part.count(r"\begin{tabular}") for part in parts)
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
