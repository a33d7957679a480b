"""A series: one recipe in many languages of a track, a run each, and one zip of all their files.

Owns its nouns, and which languages a person means; `leader` trains it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from semeval_emo.errors import UsageError
from semeval_emo.leaderboard import Placement, ScoreRow
from semeval_emo.submission import PackReport
from semeval_emo.task import FileSpec, Task
from semeval_emo.zoo.dataset.other_languages import resolve_target
from semeval_emo.zoo.recipe import DataConfig, Recipe
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.training.worker_pool import BUG, Failure, RunSummary

ALL = "all"


@dataclass(frozen=True)
class Outcome:
    """What became of one language.

    Attributes:
        finished: None where it was not.
        failure: why it was not; None where it was.
        placement: on the board; None where there is no score, or nothing to compare with.
    """

    spec: FileSpec
    folder: RunFolder
    finished: RunSummary | None = None
    failure: Failure | None = None
    placement: Placement | None = None

    @property
    def score(self) -> float | None:
        """The official figure on test, where there is one."""
        return self.finished.score if self.finished else None


@dataclass(frozen=True)
class Series:
    """What `leader.train_series` returns.

    Attributes:
        outcomes: one per language, in the order of the task.
        packed: the zip of all finished files; None where none is finished.
        seconds: from the first language to the last, by the clock.
        jobs: how many worked at a time.
    """

    recipe: Recipe
    task: Task
    track: str
    release: str
    outcomes: tuple[Outcome, ...]
    packed: PackReport | None
    seconds: float
    jobs: int

    @property
    def finished(self) -> list[Outcome]:
        """The languages that have a file."""
        return [one for one in self.outcomes if one.finished is not None]

    @property
    def failed(self) -> list[Outcome]:
        """The languages that do not."""
        return [one for one in self.outcomes if one.failure is not None]

    @property
    def exit_code(self) -> int:
        """0 where every language is finished, 70 where a bug kept one from it, else 1."""
        codes = [one.failure.exit_code for one in self.failed if one.failure]
        return BUG if BUG in codes else 1 if codes else 0

    def against(self, which: Callable[[Placement], ScoreRow | None]) -> list[tuple[float, ScoreRow]]:
        """The scores that can be compared with a row of the board, each with that row.

        Args:
            which: picks the row of a placement: its baseline, its leader.
        """
        found = []
        for one in self.finished:
            row = which(one.placement) if one.placement else None
            if one.score is not None and row is not None and row.usable:
                found.append((one.score, row))
        return found


def select_languages(recipe: Recipe, task: Task, track: str, named: str = ALL) -> list[str]:
    """The languages that a person asked for: codes with commas between, or ``all``.

    ``all`` are those of the track that have what the recipe learns from and is judged on. A language
    that the track does not have is refused as an unknown code is: the task says so before anything is
    trained, and what shows only in training is left to the language that it shows in.

    Raises:
        UsageError: an unknown code, one that the track does not have, or a track in which no language
            has what the recipe needs.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> recipe = load_recipe("tfidf-char")
    >>> len(select_languages(recipe, task, "a")), select_languages(recipe, task, "a", "hau,eng")
    (28, ['eng', 'hau'])
    """
    release = task.release(recipe.data.release or None)
    asked = {code.strip() for code in named.split(",")} - {""}
    if ALL not in asked:
        known = {task.language(code).code for code in asked}
        if not known:
            raise UsageError("--language names no language.", "name codes, such as eng,hau, or all")
        there = [code for code in task.languages if code in known and (track, code, "test") in release.specs]
        lacking = sorted(known.difference(there))
        if lacking:
            raise UsageError(
                f"Track {track} of release {release.key} has no {' and no '.join(lacking)}.",
                f"the others: --language {','.join(there)}" if there else "--language all takes those that it has",
            )
        return there
    found, refusals = [], []
    for code in task.languages:
        try:
            data = resolve_target(recipe, task, track, code).data
        except UsageError as error:
            refusals.append(error)
            continue
        if all((one, code, split) in release.specs for one, split in _read_for(data)):
            found.append(code)
    if not found:
        wants = " and ".join(f"{split} of track {one}" for one, split in _read_for(replace(recipe.data, track=track)))
        raise (
            refusals[0]
            if refusals
            else UsageError(f"No language of release {release.key} has what recipe {recipe.name} needs: {wants}.")
        )
    return found


def _read_for(data: DataConfig) -> list[tuple[str, str]]:
    """The files of a language that a recipe reads, as track and split; those of other languages are not its own."""
    own = [(data.track, split) for split in dict.fromkeys((*data.splits, "dev", "test"))]
    added = [name.partition("/") for name in data.extra if not name.endswith(".csv")]
    return own + [(other, split) for other, _, split in added]


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the numbers among them; None where there is none.

    >>> mean([0.5, None, 1.0])
    0.75
    """
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
