"""Thresholds, or cut points of degrees, fitted to a finished run's probabilities; on dev or out of fold, never on test.

What a threshold gains on the texts it was fitted to is no gain yet, so every rule is also judged
out of fold: fitted on four fifths of the texts and applied to the last fifth. The run itself stays
as its recipe made it; what is found goes to ``tuned/`` inside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import UsageError
from semeval_emo.files import write_file, write_folder
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.submission.write import write_predictions
from semeval_emo.task import FileSpec, Task, short_hash
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.splits import data_hash, in_official_order
from semeval_emo.zoo.recipe import Recipe, ThresholdConfig
from semeval_emo.zoo.runs.finished import folder_of, load_oof_probabilities, load_probabilities, recipe_and_state
from semeval_emo.zoo.runs.folder import locked
from semeval_emo.zoo.runs.model import THRESHOLDS
from semeval_emo.zoo.runs.tasks import resolve_task
from semeval_emo.zoo.selection.thresholds import apply_thresholds, tune
from semeval_emo.zoo.training.job import score_labels, score_probabilities

FOLDER = "tuned"
REPORT = "tuning.json"
PARTS = 5
# One partition of a hundred texts says little; the mean of several says more.
PARTITIONS = 5

AS_TRAINED = "as trained"
Rule = Literal["global", "per_label"]
NEVER = "Thresholds are never tuned on test: what is chosen there measures nothing."


@dataclass(frozen=True)
class RuleScores:
    """One rule and what it reaches by the run's own metric.

    Attributes:
        rule: ``as trained``, ``global`` or ``per_label``.
        thresholds: one per emotion; of degrees its cut points, or nothing that counts where they are rounded.
        fitted: on the texts that it was fitted to.
        out_of_fold: on texts that it was not fitted to, as a mean over partitions.
        dev: on dev; the same as `fitted` where that is dev.
        test: on test, as a report; None where the test labels are not at hand.
    """

    rule: str
    thresholds: tuple[float | list[float], ...]
    fitted: float
    out_of_fold: float
    dev: float
    test: float | None


@dataclass(frozen=True)
class TuneResult:
    """What `tune_run` found and wrote.

    Attributes:
        split: the split that the probabilities are of, or ``folds``.
        rows: before, then each rule.
        chosen: the rule that was written.
        predictions, thresholds: the files.
    """

    recipe: Recipe
    spec: FileSpec
    metric: str
    split: str
    texts: int
    positives: tuple[int, ...]
    rows: tuple[RuleScores, ...]
    chosen: str
    predictions: Path
    thresholds: Path

    def row(self, rule: str) -> RuleScores:
        """The row of a rule."""
        return next(row for row in self.rows if row.rule == rule)


def tune_run(
    path: Path,
    *,
    rule: Rule | None = None,
    split: str | None = None,
    by: Path | None = None,
    shrink: float | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
) -> TuneResult:
    """Fits thresholds to a finished run and writes them with the test predictions that they give.

    Args:
        rule: what is written; None takes what does best out of fold, which may be the run's own thresholds.
        split: ``dev``, or ``folds`` of a run that chose by them, which is then what None means; anything
            else is refused.
        by: a probability file to fit to instead, such as out-of-fold probabilities of train.
        shrink: as in `recipe.ThresholdConfig`; None takes the recipe's.
        source: as in `load_gold`.
        task: by default the run's.

    Raises:
        UsageError: the probabilities are those of test, or of another split than the run was judged on.
        InputError: no finished run, or no labels.
    """
    if split not in (None, "dev", FOLDS):
        said = f"A run stores no probabilities of {split} that its model has not learned from."
        raise UsageError(NEVER if split == "test" else said, "leave --split out, or name an out-of-fold file with --by")
    if shrink is not None and shrink < 0:
        raise UsageError(f"--shrink is a number of positives, 0 or more, not {shrink:g}.")
    recipe, state = recipe_and_state(path)
    task = resolve_task(task, source, state.get("task", ""))
    folder = folder_of(path, recipe, task)
    space = Space(folder.spec.emotions, len(folder.spec.values) - 1)
    golds = {one: _gold(recipe, one, source, task) for one in ("dev", "test")}
    if data_hash(golds["dev"]) != state["data"]["dev"]:
        raise UsageError(
            f"{golds['dev'].source} is not the dev split that {path} was judged on.", "--data names where that lies"
        )
    found = {one: load_probabilities(folder, one, task) for one in golds}
    labels = {one: gold.labels for one, gold in golds.items()}
    by_folds = recipe.select.split == FOLDS and bool(recipe.data.splits)
    if split == FOLDS and not by_folds:
        raise UsageError(
            f"{path} made no choice by folds of its own texts, so there is nothing out of fold to tune on.",
            "leave --split out, or name an out-of-fold file with --by",
        )
    split = split or (FOLDS if by_folds else "dev")
    if split == FOLDS and by is None:
        found[FOLDS] = load_oof_probabilities(folder, recipe, task)
        labels[FOLDS] = np.concatenate([_gold(recipe, one, source, task).labels for one in recipe.data.splits])
    if by is not None:
        data = recipe.data
        given = read_probabilities(by, track=data.track, language=data.language, release=data.release, task=task)
        if given.spec.split == "test":
            raise UsageError(f"{by} holds probabilities of test. {NEVER}", "name a file of train (out of fold) or dev")
        split = given.spec.split
        labels[split], found[split] = _gold(recipe, split, source, task).labels, given.values
    judged = _ThresholdScorer(space, recipe.select.metric, found, labels, split)
    base = replace(recipe.threshold, shrink=recipe.threshold.shrink if shrink is None else shrink)
    own = recipe.threshold if _fitted_on(recipe, split) else None
    rows = [judged.row(AS_TRAINED, np.array(state["thresholds"]), own)]
    for name in ("global", "per_label"):
        wanted = replace(base, rule=name)
        rows.append(judged.row(name, judged.fit(wanted), wanted))
    # The first of equals: what the run has already.
    chosen = next((row for row in rows if row.rule == rule), max(rows, key=lambda row: row.out_of_fold))
    target = path / FOLDER
    tuned = TuneResult(
        recipe=recipe,
        spec=folder.spec,
        metric=recipe.select.metric,
        split=split,
        texts=len(found[split]),
        positives=tuple((labels[split] > 0).sum(0).tolist()),
        rows=tuple(rows),
        chosen=chosen.rule,
        predictions=target / folder.predictions.relative_to(path),
        thresholds=target / THRESHOLDS,
    )
    about = {
        "rule": chosen.rule,
        "shrink": base.shrink,
        "split": split,
        "probabilities_hash": short_hash(",".join(map(repr, row)) for row in found[split].tolist()),
        "recipe_hash": recipe.hash,
        "before": list(rows[0].thresholds),
    }
    with locked(path):
        _write(tuned, target, apply_thresholds(found["test"], np.array(chosen.thresholds), space), about)
    return tuned


def _write(tuned: TuneResult, target: Path, labels: np.ndarray, about: dict[str, Any]) -> None:
    with write_folder(target) as folder:
        predictions = folder / tuned.predictions.relative_to(target)
        predictions.parent.mkdir(parents=True)
        write_predictions(tuned.spec, labels, predictions)
        write_file(folder / THRESHOLDS, json.dumps(list(tuned.row(tuned.chosen).thresholds)) + "\n")
        write_file(folder / REPORT, json.dumps(about, indent=2) + "\n")


def _gold(recipe: Recipe, split: str, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    data = recipe.data
    return in_official_order(
        load_gold(
            data.track, data.language, split, release=data.release, source=source, task=task,
            labels_required=split != "test",
        )
    )  # fmt: skip


def _fitted_on(recipe: Recipe, split: str) -> bool:
    """True where the run's own thresholds were fitted to texts of the split, or to some of its folds."""
    own = recipe.threshold
    return own.rule != "fixed" and (own.split == split or (split == FOLDS and own.split in recipe.data.splits))


@dataclass(frozen=True, eq=False)
class _ThresholdScorer:
    """Probabilities and labels of every split, to judge thresholds by."""

    space: Space
    metric: str
    found: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    split: str

    def fit(self, rule: ThresholdConfig) -> np.ndarray:
        return tune(self.found[self.split], self.labels[self.split], self.space, rule, self.metric)

    def row(self, name: str, thresholds: np.ndarray, rule: ThresholdConfig | None) -> RuleScores:
        """What thresholds reach; `rule` is what fitted them to these texts, None where nothing did."""
        test = self.labels["test"]
        fitted = self.score(self.split, thresholds)
        return RuleScores(
            rule=name,
            thresholds=tuple(thresholds.tolist()),
            fitted=fitted,
            out_of_fold=fitted if rule is None else self.out_of_fold(rule),
            dev=self.score("dev", thresholds),
            test=None if (test < 0).any() else self.score("test", thresholds),
        )

    def score(self, split: str, thresholds: np.ndarray) -> float:
        return score_probabilities(self.labels[split], self.found[split], thresholds, self.space)[self.metric]

    def out_of_fold(self, rule: ThresholdConfig) -> float:
        p, y = self.found[self.split], self.labels[self.split]
        return out_of_fold(
            len(p), lambda rows: tune(p[rows], y[rows], self.space, rule, self.metric),
            lambda rows, fitted: apply_thresholds(p[rows], fitted, self.space),
            lambda decided: score_labels(y, decided, self.space)[self.metric],
        )  # fmt: skip


def out_of_fold(
    texts: int,
    fit: Callable[[np.ndarray], np.ndarray],
    decide: Callable[[np.ndarray, np.ndarray], np.ndarray],
    score: Callable[[np.ndarray], float],
) -> float:
    """What thresholds reach on texts that they were not fitted to: a mean over partitions.

    Args:
        fit: thresholds from a mask of rows.
        decide: labels of a mask of rows by thresholds.
        score: of labels of all rows.
    """
    found = []
    for seed in range(PARTITIONS):
        fold = np.random.default_rng(seed).permutation(texts) % PARTS
        parts = [(fold == one, decide(fold == one, fit(fold != one))) for one in range(PARTS)]
        decided = np.zeros((texts, parts[0][1].shape[1]), dtype=np.int8)
        for out, labels in parts:
            decided[out] = labels
        found.append(score(decided))
    return float(np.mean(found))
