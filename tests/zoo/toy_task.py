"""A task with several languages, made from the texts of the sample."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from semeval_emo.data import load_gold

LANGUAGES = ("xaa", "xbb", "xcc")
EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")
SPLITS = ("train", "dev", "test")
ROWS = {"train": 240, "dev": 60, "test": 200}


def make_toy(folder: Path, languages: tuple[str, ...] = LANGUAGES) -> Path:
    """Write the task and its data; return the task file, in whose folder ``data`` is."""
    lines = [
        'key = "toy"', 'title = "Toy"', 'default_release = "1"', f"emotions = {list(EMOTIONS)}",
        'ids = { prefix = "toy_{language}_{split}_{track}_", width = 4 }',
        "[tracks.a]", 'title = "Labels"', 'values = ["0", "1"]', 'metric = "macro_f1"', 'averaging = "mean"',
        "[languages]", *(f'{code} = ["{code.title()}", "Made up", "Latin"]' for code in languages),
        "[releases.1]", 'title = "First"', "published = 2026-01-01", 'source = "tests"',
        "[releases.1.files]",
        *(f'"a/{code}/{split}" = {{ rows = {ROWS[split]} }}' for code in languages for split in SPLITS),
    ]  # fmt: skip
    for number, code in enumerate(languages):
        for split in SPLITS:
            gold = load_gold("a", "eng", split, source="sample")
            # The order of texts differs, so that no two languages have the same file.
            order = np.random.default_rng(number).permutation(ROWS[split])
            write_split(folder, code, split, [gold.texts[i] for i in order], gold.labels[order])
    path = folder / "toy.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def write_split(folder: Path, code: str, split: str, texts: list[str], labels: np.ndarray) -> Path:
    path = folder / "data" / "track_a" / split / f"{code}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["id", "text", *EMOTIONS])
        for row, (text, values) in enumerate(zip(texts, labels.tolist(), strict=True), 1):
            writer.writerow([f"toy_{code}_{split}_a_{row:04d}", text, *values])
    return path
