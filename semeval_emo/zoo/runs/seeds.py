"""Runs of one recipe with several random seeds: finds the others beside a run, and the origin of its score."""

from __future__ import annotations

import glob
import json
from dataclasses import replace
from pathlib import Path

from semeval_emo.errors import EmoError, InputError
from semeval_emo.leaderboard.origin import EnsembleMember, ScoreOrigin, SeedRun
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.state import read_score


def without_seed(recipe: Recipe) -> str:
    """Return what runs of one recipe with several seeds have in common."""
    return json.dumps(replace(recipe, train=replace(recipe.train, seed=0)).resolved(), sort_keys=True)


def runs_of_recipe(run: FinishedRun) -> list[FinishedRun]:
    """Return the finished runs in the same folder of runs that differ only in the seed, this one first."""
    runs: dict[int, FinishedRun] = {}
    home = run.path.resolve()
    # The folders of a recipe's runs begin with its name.
    for path in sorted(home.parents[1].glob(f"{glob.escape(run.recipe.name)}*/{glob.escape(home.name)}")):
        try:
            other = FinishedRun.load(path)
        except EmoError:
            continue
        if other.recipe.train.seed != run.recipe.train.seed and without_seed(other.recipe) == without_seed(run.recipe):
            runs.setdefault(other.recipe.train.seed, other)
    return [run, *(runs[seed] for seed in sorted(runs))]


def seed_runs(run: FinishedRun) -> tuple[SeedRun, ...]:
    """Return seeds and scores of the runs of a recipe; empty if there is only one.

    The scores are those that the runs recorded.
    """
    runs = runs_of_recipe(run)
    metric = run.recipe.select.metric
    scores = tuple(SeedRun(one.recipe.train.seed, one.state["dev"].get(metric), _score(one)) for one in runs)
    return scores if len(runs) > 1 else ()


def _score(run: FinishedRun) -> float | None:
    """Return the official score on test that a run recorded; None if it was not scored."""
    try:
        return (read_score(run.path / "score.json") or {}).get("score")
    except InputError:
        return None


def members_of(run: FinishedRun) -> tuple[EnsembleMember, ...]:
    """Return the members of an ensemble with the number of seeds of each that are in the same folder of runs."""
    members = []
    for record in run.state.get("members", ()):
        member = EnsembleMember(record["run"], record["recipe_hash"], record["seconds"], record.get("seed"))
        home = run.path.resolve()
        try:
            own = FinishedRun.load(home.parents[1] / member.run / home.name)
        except EmoError:
            members.append(member)
            continue
        if own.recipe.hash == member.recipe_hash:
            member = replace(member, seed=own.recipe.train.seed, seeds=len(runs_of_recipe(own)))
        members.append(member)
    return tuple(members)


def origin_of(run: FinishedRun) -> ScoreOrigin:
    """Return the origin of a run's score."""
    return ScoreOrigin(run.recipe.train.seed, seed_runs(run), members_of(run))


def origin_of_folder(path: Path) -> ScoreOrigin | None:
    """Return the origin of the score of a run folder; None if it has no finished run."""
    try:
        return origin_of(FinishedRun.load(path))
    except EmoError:
        return None
