"""Compile the LaTeX output of all commands and check the log: `make docs-latex`.

Needs pdflatex (Debian: texlive-latex-base and texlive-latex-recommended). The commands run on the built-in sample and
the shipped leaderboard; if $SEMEVAL_EMO_DATA is set, also on the file of the reference notebook. All tables are
compiled in one document. Errors, missing characters and tables that are too wide for the page give exit code 1.
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
# Every command that prints tables; later commands use the files of earlier ones. A test checks that the list is
# complete, and every format of each command.
COMMANDS = {
    "sample": (
        f"score {A} --gold sample --ci --resamples 500",
        f"score {B} --gold sample",
        f"compare {A} {WEAK} --gold sample --resamples 500 --trials 500",
        f"compare {A} {WEAK} same={A} --gold sample --resamples 500 --trials 500 --per-emotion --pairs --power",
        f"compare {A} --gold sample --resamples 500 --trials 500 --against-score 0.7456",
        f"analyse {WEAK} --gold sample --limit 3",
        f"analyse {A} {WEAK} --gold sample --limit 3",
        "validate mistakes/pred_eng_a.csv",
        "fix mistakes/pred_eng_a.csv -o fixed",
        f"pack {A} {B} -o submission.zip",
        f"ensemble {A} {WEAK} --ties low -o voted.csv",
        "explain",
        "explain E311",
        "leaderboard show",
        "leaderboard show --track a --language eng",
        "leaderboard show -t a -l eng --list seed-runs",
        "leaderboard place 0.7114 -t a -l eng",
        "leaderboard export -t a -l eng",
        "leaderboard papers --team NLP",
        "leaderboard check",
        "data list",
        "data list sample --split test",
        "data check sample",
        "data stats sample",
        "data stats sample --track a --split test",
        "task list",
        "task show sample",
        "task new sample -o my-task.toml",
        "task check task11",
        "task bundle sample --track a --gold sample",
        "zoo list",
        "zoo list --gpu",
        "zoo show rembert-ft",
        "zoo show llama-4layer-as-published",
        "zoo train constant-all --data sample",
        "zoo train constant-majority --data sample",
        "zoo ensemble runs/sample/constant-all/eng runs/sample/constant-majority/eng --name both --data sample",
        "zoo evaluate runs/sample/constant-all/eng --data sample --split dev",
        "zoo tune runs/sample/constant-majority/eng --data sample",
        "zoo results runs/sample",
        "zoo status",
        "zoo collect runs/sample/constant-all",
        "zoo submit runs/sample/constant-all/eng -o submissions/mine --data sample",
        "leaderboard ours",
    ),
    "reference": (
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
# Marks the line of the log where the output of a command begins.
MARK = "== semeval-emo "
# An overfull line is visible from about this many points.
MAX_OVERFULL = 5.0


def latex_of_commands() -> tuple[dict[str, str], list[str]]:
    """Return the LaTeX of every command, and the sessions that were skipped for lack of data."""
    parts: dict[str, str] = {}
    skipped = []
    with tempfile.TemporaryDirectory() as scratch:
        for session, commands in COMMANDS.items():
            folder = Path(scratch) / session / "work"
            folder.mkdir(parents=True)
            environment = refresh.prepare(session, folder)
            if environment is None:
                skipped.append(session)
                continue
            for command in commands:
                words = ["semeval-emo", *command.split(), "--format", "latex"]
                result = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
                # Exit code 1 means that problems were found.
                if result.returncode not in (0, 1):
                    sys.exit(f"semeval-emo {command} exited with {result.returncode}:\n{result.stderr}")
                parts[command] = result.stdout
    return parts, skipped


def log_errors(log: str) -> list[str]:
    """Return the errors, missing characters and too wide tables of a log, each with its command."""
    errors, command = [], ""
    for line in log.splitlines():
        wide = re.match(r"Overfull \\hbox \(([\d.]+)pt too wide\)", line)
        if line.startswith(MARK):
            command = line.removeprefix(MARK)
        elif line.startswith("!") or "Missing character" in line:
            errors.append(f"{command}: {line}")
        elif wide and float(wide[1]) > MAX_OVERFULL:
            errors.append(f"{command}: a table is {wide[1]} pt too wide for the page")
    return errors


def compile_errors(parts: dict[str, str]) -> list[str]:
    """Compile the LaTeX of all commands in one document; return the errors."""
    body = [
        # A page for each table: LaTeX limits the number of pending floats.
        f"\\typeout{{{MARK}\\detokenize{{{command}}}}}\n{latex}\n\\clearpage\n"
        for command, latex in parts.items()
    ]
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "tables.tex"
        source.write_text(HEAD + "".join(body) + "\\end{document}\n", encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
        # Prevents line breaks in the log.
        environment = {**os.environ, "max_print_line": "1000"}
        result = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, check=False)
        log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    return log_errors(log) or ([] if result.returncode == 0 else [log[-1500:]])


def main() -> int:
    """Print the errors; return 1 if there are any, and 3 if pdflatex is missing."""
    if shutil.which("pdflatex") is None:
        print("pdflatex is missing: apt-get install texlive-latex-base texlive-latex-recommended")
        return 3
    parts, skipped = latex_of_commands()
    errors = compile_errors(parts)
    tables = sum(part.count(r"\begin{tabular}") for part in parts.values())
    for line in errors:
        print(line)
    print(f"{len(parts)} commands, {tables} tables: {f'{len(errors)} errors' if errors else 'compiled without errors'}")
    if skipped:
        print(f"skipped without real data: {', '.join(skipped)}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
