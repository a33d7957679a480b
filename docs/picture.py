"""Render the picture of the report page for the README: `make docs-picture`.

Needs chromium and the real data ($SEMEVAL_EMO_DATA). The page is that of the English predictions of the reference
notebook, after `semeval-emo fix`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path(__file__).parent / "img" / "report.png"
WIDTH, HEIGHT = 1100, 730


def main() -> int:
    """Write docs/img/report.png; return 3 if something is missing."""
    browser, data = shutil.which("chromium"), os.environ.get("SEMEVAL_EMO_DATA")
    if not browser or not data:
        print("needs chromium and $SEMEVAL_EMO_DATA")
        return 3
    command = [sys.executable, "-m", "semeval_emo"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copy(Path(data) / "seed" / "pred_eng.csv", folder)
        subprocess.run([*command, "fix", "pred_eng.csv", "-o", "fixed", "--quiet"], cwd=folder, check=True)
        shutil.copy(folder / "fixed" / "track_a" / "pred_eng.csv", folder)
        page = folder / "report.html"
        subprocess.run([*command, "report", "pred_eng.csv", "--output", page, "--quiet"], cwd=folder, check=True)
        picture = folder / "report.png"
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={WIDTH},{HEIGHT}",
        ]
        subprocess.run([browser, *options, f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)
        PICTURE.parent.mkdir(exist_ok=True)
        shutil.move(picture, PICTURE)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
