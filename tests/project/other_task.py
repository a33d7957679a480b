"""A small task that has nothing in common with Task 11: its tracks, languages, labels, ids and names of files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

LABELS = ("calm", "glee", "gloom")
WORDS = {"calm": ("quiet", "rest"), "glee": ("laugh", "dance"), "gloom": ("rain", "grey")}
TRACKS = {"kinds": (2, "jaccard"), "force": (3, "pearson"), "away": (2, "micro_f1")}
LANGUAGES = {"tur": '["Turkish", "Turkic", "Latin"]', "fin": '["Finnish", "Uralic", "Latin"]'}
ROWS = {"train": 60, "dev": 24, "test": 30}
HEAD = """
key = "moods-2027"
title = "Moods 2027"
default_release = "1"
data = "data"
emotions = ["calm", "glee", "gloom"]
label_noun = "mood"
ids = { prefix = "{language}:{split}:{track}:", width = 4 }
[synonyms]
glee = ["cheer"]
[aliases]
tr = "tur"
[releases.1]
title = "First"
published = 2027-01-31
source = "here"
"""


def make_moods(folder: Path) -> Path:
    """Write the task file, its ``data`` and the predictions of two systems, ``one`` and ``two``; return the file."""
    rng = np.random.default_rng(0)
    lines = [HEAD]
    for key, (values, metric) in TRACKS.items():
        lines += [f"[tracks.{key}]", f'title = "Track {key}"', f'metric = "{metric}"', 'averaging = "mean"']
        lines += [f"values = {[str(value) for value in range(values)]}", *(['trains_on = "kinds"'] * (key == "away"))]
    lines += ["[languages]", *(f"{code} = {names}" for code, names in LANGUAGES.items()), "[releases.1.files]"]
    for track, (values, _) in TRACKS.items():
        for code in LANGUAGES:
            for split, rows in ROWS.items():
                if (track, split) == ("away", "train"):
                    continue
                lines.append(f'"{track}/{code}/{split}" = {{ rows = {rows} }}')
                labels = rng.integers(0, values, (rows, len(LABELS)))
                ids = [f"{code}:{split}:{track}:{row:04d}" for row in range(1, rows + 1)]
                texts = [
                    " ".join(
                        [*(rng.choice(WORDS[name]) for name, value in zip(LABELS, row, strict=True) if value), text_id]
                    )
                    for text_id, row in zip(ids, labels, strict=True)
                ]
                path = folder / "data" / f"track_{track}" / split / f"{code}.csv"
                write(path, ["id", "text", *LABELS], zip(ids, texts, *labels.T.tolist(), strict=True))
                for system, share in (("one", 0.1), ("two", 0.4)) if split == "test" else ():
                    wrong = np.where(rng.random(labels.shape) < share, (labels + 1) % values, labels)
                    path = folder / system / f"track_{track}" / f"pred_{code}.csv"
                    write(path, ["id", *LABELS], zip(ids, *wrong.T.tolist(), strict=True))
    path = folder / "tasks" / "moods.toml"
    path.parent.mkdir()
    path.write_text("\n".join(lines).replace('data = "data"', 'data = "../data"') + "\n", encoding="utf-8")
    return path


def write(path: Path, header: list[str], rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
