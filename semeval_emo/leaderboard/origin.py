"""Origin of a score of ours: its random seed among others, its ensemble members, the runs that it was selected from.

A score of one seed, or of the best of several runs, is one draw of several; whoever reads it has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any


@dataclass(frozen=True)
class SeedRun:
    """A run of a recipe with one random seed; its official scores on dev and test, or None."""

    seed: int
    dev: float | None = None
    score: float | None = None


@dataclass(frozen=True)
class EnsembleMember:
    """A member run of an ensemble.

    Attributes:
        run: name of its folder: recipe and overrides.
        seed: its random seed; None if it is not recorded.
        seeds: number of seeds that its recipe was run with, including this one.
    """

    run: str
    recipe_hash: str
    seconds: float
    seed: int | None = None
    seeds: int = 1

    @property
    def recipe(self) -> str:
        """Name of the recipe, without overrides."""
        return self.run.partition("+")[0]


@dataclass(frozen=True)
class ScoreOrigin:
    """Origin of a score.

    Attributes:
        runs: the runs of the recipe that differ only in the seed, this one included; empty if there is no other.
        members: of an ensemble.
        candidates: the runs that it was selected from by their score on dev, this one included; empty if it was not.
        predictions: hash of the predictions.
    """

    seed: int
    runs: tuple[SeedRun, ...] = ()
    members: tuple[EnsembleMember, ...] = ()
    candidates: tuple[str, ...] = ()
    predictions: str = ""

    @property
    def scores(self) -> list[float]:
        """The test scores of all seeds; empty if one of them is not known."""
        scores = [run.score for run in self.runs if run.score is not None]
        return scores if len(scores) == len(self.runs) else []

    @property
    def note(self) -> str:
        """The notes in one text."""
        return "; ".join(self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about the score, in words; empty if it is the only run of its recipe, and no ensemble.

        >>> ScoreOrigin(42, (SeedRun(42, score=0.5), SeedRun(1, score=0.4), SeedRun(2, score=0.3))).notes
        ('seed 42 of 3: mean 0.4000, sd 0.1000, highest 0.5000',)
        >>> ScoreOrigin(1, candidates=("a", "b")).notes
        ('best on dev of 2 (a, b)',)
        """
        seeds = f"seed {self.seed} of {len(self.runs)}" if len(self.runs) > 1 else ""
        if seeds and self.scores:
            seeds += f": mean {fmean(self.scores):.4f}, sd {stdev(self.scores):.4f}, highest {max(self.scores):.4f}"
        candidates = f"best on dev of {len(self.candidates)} ({', '.join(self.candidates)})" if self.candidates else ""
        return tuple(part for part in (candidates, seeds, _members_note(self.members)) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        scores = self.scores
        return {
            "seed": self.seed,
            "seeds": [asdict(run) for run in self.runs],
            "mean": fmean(scores) if scores else None,
            "sd": stdev(scores) if scores else None,
            "members": [asdict(member) for member in self.members],
            "candidates": list(self.candidates),
        }


def _members_note(members: Sequence[EnsembleMember]) -> str:
    """Return the members of an ensemble with their seeds, grouped by recipe and by seed."""
    recipes: dict[str, list[EnsembleMember]] = {}
    for member in members:
        recipes.setdefault(member.run if member.seed is None else member.recipe, []).append(member)
    by_seeds: dict[str, list[str]] = {}
    for name, own in recipes.items():
        seeds = [str(member.seed) for member in own if member.seed is not None]
        most = max(member.seeds for member in own)
        words = f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(seeds)}" if seeds else ""
        by_seeds.setdefault(words + (f" of {most}" if words and most > len(own) else ""), []).append(name)
    groups = [
        ", ".join(names) + (f" ({'each ' if len(names) > 1 else ''}{words})" if words else "")
        for words, names in by_seeds.items()
    ]
    return f"members: {'; '.join(groups)}" if groups else ""
