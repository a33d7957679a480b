"""Generate the built-in sample: `python -m semeval_emo.data.sample.make_sample [FOLDER]`.

The texts are generated from `phrases.toml` with a fixed random seed, so all machines produce the same
files; a test compares them with the shipped ones. The sample serves to try commands offline. Scores on
it do not tell how well a system works on real texts.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from semeval_emo.files import write_file

HERE = Path(__file__).parent
EMOTIONS = ("anger", "fear", "joy", "sadness", "surprise")
SPLITS = {"train": 240, "dev": 60, "test": 200}
SEED = 11
# Every third sentence pattern is excluded from train, so that dev and test have unseen situations.
UNSEEN = 3

Phrase = tuple[str, str]
Intensities = dict[str, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Text:
    """A text of the sample with the intensity of each emotion (0 to 3)."""

    text: str
    intensities: Intensities


class Writer:
    """Generates texts from random phrases.

    Uses only `random()` of the generator, whose sequence is the same in all versions of Python.
    """

    def __init__(self, phrases: dict, seed: int) -> None:
        self.slots: dict[str, list[str]] = phrases["slots"]
        self.events: dict[str, list[Phrase]] = phrases["events"]
        self.reactions: dict[str, list[Phrase]] = phrases["reactions"]
        self.openers: list[str] = phrases["openers"]["any"]
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """Return True with a probability of `share`."""
        return self.random.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[int(self.random.random() * len(options))]

    def fill(self, phrase: Phrase) -> tuple[str, Intensities]:
        """Fill the slots of a phrase, with different words if a slot occurs twice."""
        sentence, marks = phrase
        while "{" in sentence:
            slot = sentence[sentence.index("{") + 1 : sentence.index("}")]
            word = self.pick([word for word in self.slots[slot] if word not in sentence])
            sentence = sentence.replace("{" + slot + "}", word, 1)
        return sentence, {name: int(intensity) for name, intensity in (m.split() for m in marks.split(", ") if m)}

    def draw(self, seen_only: bool) -> Text:
        """Generate a text: an event, often followed by a reaction."""
        names = list(self.events)
        kind = self.pick([name for name in names if name != "neutral"]) if self.chance(0.85) else "neutral"
        events = [p for at, p in enumerate(self.events[kind]) if not seen_only or at % UNSEEN]
        sentence, intensities = self.fill(self.pick(events))
        parts = [sentence]
        for group in self.follow(intensities):
            reaction, more = self.fill(self.pick(self.reactions[group]))
            parts.append(reaction)
            for name, intensity in more.items():
                intensities[name] = max(intensity, intensities.get(name, 0))
        # Annotators disagree on weak emotions: one in four is not labelled.
        intensities = {name: value for name, value in intensities.items() if value > 1 or not self.chance(0.25)}
        return Text(self.join(parts, max(intensities.values(), default=0)), intensities)

    def follow(self, intensities: Intensities) -> list[str]:
        """Return the groups of reactions that follow an event."""
        groups = []
        if intensities and self.chance(0.45):
            groups.append(self.pick(list(intensities)))
        if intensities and self.chance(0.07):
            groups.append("surprise")
        if self.chance(0.2):
            groups.append("plain")
        return list(dict.fromkeys(groups))

    def join(self, parts: list[str], strength: int) -> str:
        """Join sentences in the style of text typed on a phone."""
        if self.chance(0.12):
            opener, _ = self.fill((self.pick(self.openers), ""))
            first = parts[0] if parts[0].startswith("I ") else parts[0][0].lower() + parts[0][1:]
            parts = [opener + first, *parts[1:]]
        elif self.chance(0.15) and len(parts) > 1:
            parts = parts[::-1]
        stop = "!" if strength == 3 and self.chance(0.35) else "..." if self.chance(0.06) else "."
        text = ". ".join(parts) + stop
        return text.lower() if self.chance(0.1) else text


def corpus() -> dict[str, list[Text]]:
    """Generate all texts by split, without duplicates."""
    with (HERE / "phrases.toml").open("rb") as stream:
        writer = Writer(tomllib.load(stream), SEED)
    taken: set[str] = set()
    by_split: dict[str, list[Text]] = {}
    for split, rows in SPLITS.items():
        texts: list[Text] = []
        while len(texts) < rows:
            drawn = writer.draw(seen_only=split == "train")
            if drawn.text.lower() not in taken:
                taken.add(drawn.text.lower())
                texts.append(drawn)
        by_split[split] = texts
    return by_split


# For each made-up system: the rate of false negatives by intensity (1, 2, 3), and of false positives.
SYSTEMS = {"strong": ((0.45, 0.2, 0.08), 0.03), "weak": ((0.6, 0.42, 0.3), 0.09)}


def predictions(texts: Sequence[Text], misses: tuple[float, ...], false_positives: float, seed: int) -> list[list[int]]:
    """Generate the predictions of a made-up system: the true intensities with errors."""
    draw = random.Random(seed).random
    rows = []
    for text in texts:
        row = []
        for name in EMOTIONS:
            intensity, slip, shift = text.intensities.get(name, 0), draw(), draw()
            if intensity:
                near = intensity if shift < 0.6 else intensity + 1 if shift < 0.8 else intensity - 1
                row.append(0 if slip < misses[intensity - 1] else min(max(near, 1), 3))
            else:
                row.append(int(slip < false_positives))
        rows.append(row)
    return rows


def files() -> dict[str, bytes]:
    """Generate all files of the sample, by their paths below the sample folder."""
    bodies: dict[str, bytes] = {}
    texts = corpus()
    for track in "ab":
        for split, rows in texts.items():
            intensities = [[text.intensities.get(name, 0) for name in EMOTIONS] for text in rows]
            cells = [
                [one_id, text.text, *row]
                for one_id, text, row in zip(ids(track, split), rows, cells_of(track, intensities), strict=True)
            ]
            bodies[f"track_{track}/{split}/eng.csv"] = sheet(["id", "text", *EMOTIONS], cells)
    for seed, (system, (misses, false_positives)) in enumerate(SYSTEMS.items()):
        answers = predictions(texts["test"], misses, false_positives, seed)
        for track in "ab":
            cells = [[i, *row] for i, row in zip(ids(track, "test"), cells_of(track, answers), strict=True)]
            bodies[f"predictions/{system}/track_{track}/pred_eng.csv"] = sheet(["id", *EMOTIONS], cells)
        if system == "strong":
            bodies["predictions/mistakes/pred_eng_a.csv"] = mistaken(texts["test"], answers)
    return bodies


def mistaken(texts: Sequence[Text], rows: list[list[int]]) -> bytes:
    """Return the file of the strong system with typical mistakes that `fix` can correct.

    A byte order mark and Windows line ends (a spreadsheet), an index column (`to_csv` without
    ``index=False``), the text column, capitalised emotions in another order, 1.0 for 1, a duplicate row.
    """
    order = [EMOTIONS.index(name) for name in ("joy", "sadness", "anger", "fear", "surprise")]
    header = ["", "id", "text", *(EMOTIONS[j].capitalize() for j in order)]
    cells = [
        [at, one_id, text.text, *(f"{int(row[j] > 0)}.0" for j in order)]
        for at, (one_id, text, row) in enumerate(zip(ids("a", "test"), texts, rows, strict=True))
    ]
    cells.insert(57, [len(cells), *cells[56][1:]])
    return sheet(header, cells, line_end="\r\n", encoding="utf-8-sig")


def ids(track: str, split: str) -> list[str]:
    """Return the ids of a file, as sample.toml defines them."""
    return [f"sample_eng_{split}_{track}_{number:04d}" for number in range(1, SPLITS[split] + 1)]


def cells_of(track: str, intensities: list[list[int]]) -> list[list[int]]:
    """Return intensities for track B, else 0 or 1."""
    return intensities if track == "b" else [[int(intensity > 0) for intensity in row] for row in intensities]


def sheet(header: list[str], rows: list[list], line_end: str = "\n", encoding: str = "utf-8") -> bytes:
    """Return the bytes of a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def make(folder: Path = HERE) -> list[Path]:
    """Write the files of the sample into a folder and return their paths."""
    written = []
    for name, body in files().items():
        path = folder / name
        write_file(path, body, parents=True)
        written.append(path)
    return written


if __name__ == "__main__":
    make(*map(Path, sys.argv[1:2]))
