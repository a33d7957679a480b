"""What it costs to ask for help, against a command line that imports its tools first."""

from __future__ import annotations

import sys

from measure import against, in_turns

EAGER = "typer with pandas and pandera imported"
COMMANDS = {
    "semeval-emo --help": [sys.executable, "-m", "semeval_emo", "--help"],
    "semeval-emo leaderboard show --help": [sys.executable, "-m", "semeval_emo", "leaderboard", "show", "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
    EAGER: [sys.executable, "-c", "import typer, pandas, pandera.pandas"],
}

if __name__ == "__main__":
    print(against(EAGER, in_turns(COMMANDS), "Start-up"))
