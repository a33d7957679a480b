"""A task with a cross-lingual track, made from the texts of the sample: three languages, one without fear."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from semeval_emo.data import load_gold

SAMPLE = ("anger", "fear", "joy", "sadness", "surprise")
EMOTIONS = {"xaa": SAMPLE, "xbb": ("anger", "joy", "sadness", "surprise"), "xcc": SAMPLE}
FAMILIES = {"xaa": "First", "xbb": "First", "xcc": "Second"}
ROWS = {"train": 240, "dev": 60, "test": 200}


def make_cross(folder: Path, without_fear: str = "xbb") -> Path:
    """Write the task and its data; return the task file, in whose folder ``data`` is.

    Track c has the texts of track a in another order, and no train split; xcc has none in track b either.
    """
    emotions = {code: EMOTIONS["xbb"] if code == without_fear else SAMPLE for code in EMOTIONS}
    lines = [
        'key = "cross"', 'title = "Cross"', 'default_release = "1"', f"emotions = {list(SAMPLE)}",
        'ids = { prefix = "cross_{language}_{split}_{track}_", width = 4 }',
        "[emotions_by]", f"{without_fear} = {list(emotions[without_fear])}",
        "[tracks.a]", 'title = "Labels"', 'values = ["0", "1"]', 'metric = "macro_f1"', 'averaging = "mean"',
        "[tracks.b]", 'title = "Values"', 'values = ["0", "1", "2", "3"]', 'metric = "pearson"', 'averaging = "mean"',
        "[tracks.c]", 'title = "Elsewhere"', 'values = ["0", "1"]', 'metric = "macro_f1"', 'averaging = "mean"',
        'trains_on = "a"',
        "[languages]", *(f'{code} = ["{code.title()}", "{family}", "Latin"]' for code, family in FAMILIES.items()),
        "[releases.1]", 'title = "First"', "published = 2026-01-01", 'source = "tests"',
        "[releases.1.files]",
    ]  # fmt: skip
    for number, code in enumerate(EMOTIONS):
        for track in "abc":
            for split in ("train", "dev", "test"):
                if split == "train" and (track == "c" or (track, code) == ("b", "xcc")):
                    continue
                gold = load_gold("b" if track == "b" else "a", "eng", split, source="sample")
                order = np.random.default_rng(number + 10 * ord(track)).permutation(ROWS[split])
                lines.append(f'"{track}/{code}/{split}" = {{ rows = {ROWS[split]} }}')
                columns = [SAMPLE.index(one) for one in emotions[code]]
                # Different first words, so that only the files of tracks a and c share texts.
                texts = [f"{code} {split} {gold.texts[i]}" for i in order]
                write(folder, track, code, split, texts, gold.labels[order][:, columns], emotions[code])
    path = folder / "cross.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def write(
    folder: Path, track: str, code: str, split: str, texts: list[str], labels: np.ndarray,
    emotions: tuple[str, ...] | None = None,
) -> Path:  # fmt: skip
    """Write one file in the official layout."""
    path = folder / "data" / f"track_{track}" / split / f"{code}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["id", "text", *(emotions or EMOTIONS[code])])
        for row, (text, values) in enumerate(zip(texts, labels.tolist(), strict=True), 1):
            writer.writerow([f"cross_{code}_{split}_{track}_{row:04d}", text, *values])
    return path
