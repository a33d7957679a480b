"""Makes the built-in sample: `python -m semeval_emo.data.sample.make_sample [FOLDER]`.

The texts come from `phrases.toml` alone, by fixed draws, so the same files come out on every
machine; a test holds that the shipped files are what this script makes. The sample is there to try
every command offline. It says nothing about how well a system reads real texts.
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
# Every third sentence pattern is kept out of train, so that a model meets situations that it has not seen.
UNSEEN = 3

Phrase = tuple[str, str]
Degrees = dict[str, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Text:
    """A text of the sample and how much of each emotion it holds (0 to 3)."""

    text: str
    degrees: Degrees


class Writer:
    """Draws phrases and puts them together.

    Only `random()` is asked of the generator: Python promises that its stream stays the same in every version.
    """

    def __init__(self, phrases: dict, seed: int) -> None:
        self.slots: dict[str, list[str]] = phrases["slots"]
        self.events: dict[str, list[Phrase]] = phrases["events"]
        self.reactions: dict[str, list[Phrase]] = phrases["reactions"]
        self.openers: list[str] = phrases["openers"]["any"]
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """True in a share of the draws."""
        return self.random.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the others."""
        return options[int(self.random.random() * len(options))]

    def fill(self, phrase: Phrase) -> tuple[str, Degrees]:
        """Fills the slots of a phrase, a different word where a slot comes twice."""
        sentence, marks = phrase
        while "{" in sentence:
            slot = sentence[sentence.index("{") + 1 : sentence.index("}")]
            word = self.pick([word for word in self.slots[slot] if word not in sentence])
            sentence = sentence.replace("{" + slot + "}", word, 1)
        return sentence, {name: int(degree) for name, degree in (m.split() for m in marks.split(", ") if m)}

    def draw(self, seen_only: bool) -> Text:
        """Writes one text: an event, often with a reaction to it."""
        names = list(self.events)
        kind = self.pick([name for name in names if name != "neutral"]) if self.chance(0.85) else "neutral"
        events = [p for at, p in enumerate(self.events[kind]) if not seen_only or at % UNSEEN]
        sentence, degrees = self.fill(self.pick(events))
        parts = [sentence]
        for group in self.follow(degrees):
            reaction, more = self.fill(self.pick(self.reactions[group]))
            parts.append(reaction)
            for name, degree in more.items():
                degrees[name] = max(degree, degrees.get(name, 0))
        # Weak feelings are the ones that annotators disagree on: one in four goes unmarked.
        degrees = {name: degree for name, degree in degrees.items() if degree > 1 or not self.chance(0.25)}
        return Text(self.join(parts, max(degrees.values(), default=0)), degrees)

    def follow(self, degrees: Degrees) -> list[str]:
        """Which groups of reactions come after an event."""
        groups = []
        if degrees and self.chance(0.45):
            groups.append(self.pick(list(degrees)))
        if degrees and self.chance(0.07):
            groups.append("surprise")
        if self.chance(0.2):
            groups.append("plain")
        return list(dict.fromkeys(groups))

    def join(self, parts: list[str], strength: int) -> str:
        """Puts sentences together in the hand of somebody who types on a phone."""
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
    """Every text of the sample by split; no text comes twice."""
    with (HERE / "phrases.toml").open("rb") as stream:
        writer = Writer(tomllib.load(stream), SEED)
    taken: set[str] = set()
    found: dict[str, list[Text]] = {}
    for split, rows in SPLITS.items():
        texts: list[Text] = []
        while len(texts) < rows:
            drawn = writer.draw(seen_only=split == "train")
            if drawn.text.lower() not in taken:
                taken.add(drawn.text.lower())
                texts.append(drawn)
        found[split] = texts
    return found


# How often each made-up system misses a degree (1, 2, 3) and how often it sees what is not there.
SYSTEMS = {"strong": ((0.45, 0.2, 0.08), 0.03), "weak": ((0.6, 0.42, 0.3), 0.09)}


def guesses(texts: Sequence[Text], misses: tuple[float, ...], invents: float, seed: int) -> list[list[int]]:
    """What a made-up system answers: the degrees, with slips."""
    draw = random.Random(seed).random
    rows = []
    for text in texts:
        row = []
        for name in EMOTIONS:
            degree, slip, shift = text.degrees.get(name, 0), draw(), draw()
            if degree:
                near = degree if shift < 0.6 else degree + 1 if shift < 0.8 else degree - 1
                row.append(0 if slip < misses[degree - 1] else min(max(near, 1), 3))
            else:
                row.append(int(slip < invents))
        rows.append(row)
    return rows


def files() -> dict[str, bytes]:
    """Every file of the sample, by its path below the sample folder."""
    found: dict[str, bytes] = {}
    texts = corpus()
    for track in "ab":
        for split, rows in texts.items():
            degrees = [[text.degrees.get(name, 0) for name in EMOTIONS] for text in rows]
            cells = [
                [one_id, text.text, *row]
                for one_id, text, row in zip(ids(track, split), rows, cells_of(track, degrees), strict=True)
            ]
            found[f"track_{track}/{split}/eng.csv"] = sheet(["id", "text", *EMOTIONS], cells)
    for seed, (system, (misses, invents)) in enumerate(SYSTEMS.items()):
        answers = guesses(texts["test"], misses, invents, seed)
        for track in "ab":
            cells = [[i, *row] for i, row in zip(ids(track, "test"), cells_of(track, answers), strict=True)]
            found[f"predictions/{system}/track_{track}/pred_eng.csv"] = sheet(["id", *EMOTIONS], cells)
        if system == "strong":
            found["predictions/mistakes/pred_eng_a.csv"] = mistaken(texts["test"], answers)
    return found


def mistaken(texts: Sequence[Text], rows: list[list[int]]) -> bytes:
    """The strong system's file as people really send it: every mistake can be mended without a guess.

    A byte order mark and Windows line ends (a spreadsheet), an index column (`to_csv` without
    ``index=False``), the text left in, capitalised emotions in another order, 1.0 for 1, one row twice.
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
    """The ids of a file, as sample.toml describes them."""
    return [f"sample_eng_{split}_{track}_{number:04d}" for number in range(1, SPLITS[split] + 1)]


def cells_of(track: str, degrees: list[list[int]]) -> list[list[int]]:
    """Degrees for the intensity track; yes or no for the other."""
    return degrees if track == "b" else [[int(degree > 0) for degree in row] for row in degrees]


def sheet(header: list[str], rows: list[list], line_end: str = "\n", encoding: str = "utf-8") -> bytes:
    """A CSV file in memory."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def make(folder: Path = HERE) -> list[Path]:
    """Writes the sample's files into a folder and returns their paths."""
    written = []
    for name, body in files().items():
        path = folder / name
        write_file(path, body, parents=True)
        written.append(path)
    return written


if __name__ == "__main__":
    make(*map(Path, sys.argv[1:2]))
