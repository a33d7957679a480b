"""Threshold tuning of finished runs: thresholds or cut points, fitted on dev or out of fold, never on test.

Scores on the texts that thresholds were fitted to are optimistic, so each rule is also scored by
cross-validation. The run itself is not changed; the results are written to ``tuned/`` in its folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from semeval_emo.data import Gold
from semeval_emo.data.gold import gold_for
from semeval_emo.data.sources import source_near
from semeval_emo.errors import UsageError
from semeval_emo.files import write_file, write_folder
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.submission.write import write_predictions
from semeval_emo.task import FileSpec, Task, short_hash
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.splits import data_hash
from semeval_emo.zoo.recipe import Recipe, ThresholdConfig
from semeval_emo.zoo.runs.finished import (
    FinishedRun,
    load_oof_probabilities,
    load_probabilities,
    stored_thresholds,
    texts_of_predictions,
)  # fmt: skip
from semeval_emo.zoo.runs.folder import locked, resolve_task
from semeval_emo.zoo.runs.model import THRESHOLDS, thresholds_text
from semeval_emo.zoo.selection.constant_predictions import ConstantPredictions, constant_predictions
from semeval_emo.zoo.selection.thresholds import apply_thresholds, tune
from semeval_emo.zoo.training.job import score_labels, score_probabilities

FOLDER = "tuned"
REPORT = "tuning.json"
# Number of folds, and of repetitions with other folds: with a hundred texts, one repetition has a large variance.
N_FOLDS = 5
REPETITIONS = 5

AS_TRAINED = "as trained"
Rule = Literal["global", "per_label"]
NEVER_ON_TEST = "Thresholds are never tuned on test, because its scores would be optimistic."


@dataclass(frozen=True)
class RuleScores:
    """Scores of the thresholds of one rule, by the metric that the run selects by.

    Attributes:
        rule: ``as trained``, ``global`` or ``per_label``.
        thresholds: one per emotion; cut points per emotion for intensities (unused if intensities are rounded).
        fitted: on the texts that the thresholds were fitted to.
        out_of_fold: by cross-validation on the same texts, a mean over repetitions.
        dev: on dev; equal to `fitted` if the thresholds were fitted to it.
        test: on test, for information; None if the test labels are not available.
    """

    rule: str
    thresholds: tuple[float | list[float], ...]
    fitted: float
    out_of_fold: float
    dev: float
    test: float | None


@dataclass(frozen=True)
class TuneResult:
    """Result of `tune_run`.

    Attributes:
        split: the split that thresholds were fitted to, or ``folds``.
        rows: the thresholds of the run, then each rule.
        constant: emotions that the written thresholds predict for no test text or for every one.
        warnings: on unverified gold of dev or test.
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
    constant: ConstantPredictions = field(default_factory=ConstantPredictions)
    warnings: tuple[str, ...] = ()

    def row(self, rule: str) -> RuleScores:
        """Return the row of a rule."""
        return next(row for row in self.rows if row.rule == rule)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/zoo-tune/1``."""
        return {
            "schema": "semeval-emo/zoo-tune/1",
            "recipe": self.recipe.name,
            "metric": self.metric,
            "split": self.split,
            "texts": self.texts,
            "selects_on_test": self.recipe.selects_on_test,
            "written": self.chosen,
            "rules": {
                row.rule: {
                    "fitted": row.fitted,
                    "out_of_fold": row.out_of_fold,
                    "dev": row.dev,
                    "test": row.test,
                    "thresholds": dict(zip(self.spec.emotions, row.thresholds, strict=True)),
                }
                for row in self.rows
            },
            "predictions": str(self.predictions),
            "thresholds": str(self.thresholds),
            "constant": self.constant.to_dict(),
        }


def tune_run(
    path: Path,
    *,
    rule: Rule | None = None,
    split: str | None = None,
    by: Path | None = None,
    shrink: float | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    unverified_gold: bool = False,
) -> TuneResult:
    """Fit thresholds to a finished run, and write them with the test predictions that they give.

    Args:
        rule: the rule to write; None for the best out of fold, which may be the run's own thresholds.
        split: ``dev``, or ``folds`` for a run that selected on them, for which it is the default.
        by: a probability file to fit to instead, such as out-of-fold probabilities of train.
        shrink: as in `ThresholdConfig`; None for that of the recipe.
        source: as in `load_gold`.
        task: that of the run by default.
        unverified_gold: as in `load_gold`; a run that was trained with it has it.

    Raises:
        UsageError: `split` or `by` is test or another split that cannot be used, or the dev split has changed.
        InputError: no finished run, or no labels.
    """
    if split not in (None, "dev", FOLDS):
        reason = NEVER_ON_TEST if split == "test" else f"A run stores no out-of-fold probabilities of {split}."
        raise UsageError(reason, "omit --split, or name a file of out-of-fold probabilities with --by")
    if shrink is not None and shrink < 0:
        raise UsageError(f"--shrink is a number of positives, 0 or more, not {shrink:g}.")
    run = FinishedRun.load(path)
    recipe = run.recipe
    if unverified_gold:
        recipe = replace(recipe, data=replace(recipe.data, unverified_gold=True))
    task = resolve_task(task, source, run.task_key, path)
    source = source_near(path) if source is None else source
    folder = run.folder(task)
    space = Space.of(folder.spec)
    golds = {name: _gold(recipe, name, source, task) for name in ("dev", "test")}
    warnings = tuple(gold.unverified for gold in golds.values() if gold.unverified)
    if data_hash(golds["dev"]) != run.state["data"].get("dev"):
        raise UsageError(
            f"{golds['dev'].source} is not the dev split that {path} was evaluated on.", "name its folder with --data"
        )
    probabilities = {name: load_probabilities(folder, name, task) for name in golds}
    labels = {name: gold.labels for name, gold in golds.items()}
    has_folds = recipe.select.split == FOLDS and bool(recipe.data.splits)
    if split == FOLDS and not has_folds:
        raise UsageError(
            f"{path} has no out-of-fold probabilities: it did not select on folds of its own texts.",
            "omit --split, or name a file of out-of-fold probabilities with --by",
        )
    split = split or (FOLDS if has_folds else "dev")
    if split == FOLDS and by is None:
        probabilities[FOLDS] = load_oof_probabilities(folder, recipe, task)
        labels[FOLDS] = np.concatenate([_gold(recipe, name, source, task).labels for name in recipe.data.splits])
    if by is not None:
        data = recipe.data
        given = read_probabilities(by, track=data.track, language=data.language, release=data.release, task=task)
        if given.spec.split == "test":
            raise UsageError(
                f"{by} contains probabilities of test. {NEVER_ON_TEST}", "name a file of train (out of fold) or dev"
            )
        split = given.spec.split
        labels[split], probabilities[split] = _gold(recipe, split, source, task).labels, given.values
    scorer = _ThresholdScorer(space, recipe.select.metric, probabilities, labels, split)
    config = recipe.threshold if shrink is None else replace(recipe.threshold, shrink=shrink)
    run_rule = recipe.threshold if _is_fitted_to(recipe, split) else None
    rows = [scorer.row(AS_TRAINED, stored_thresholds(path, run.state, space), run_rule)]
    for name in ("global", "per_label"):
        rule_config = replace(config, rule=name)
        rows.append(scorer.row(name, scorer.fit(rule_config), rule_config))
    gain = METRICS[recipe.select.metric].gain
    # The first of equals: the thresholds that the run has.
    chosen = next((row for row in rows if row.rule == rule), max(rows, key=lambda row: gain(row.out_of_fold)))
    target = path / FOLDER
    result = TuneResult(
        recipe=recipe,
        spec=folder.spec,
        metric=recipe.select.metric,
        split=split,
        texts=len(probabilities[split]),
        positives=tuple((labels[split] > 0).sum(0).tolist()),
        rows=tuple(rows),
        chosen=chosen.rule,
        predictions=target / folder.predictions.relative_to(path),
        thresholds=target / THRESHOLDS,
        constant=constant_predictions(probabilities["test"], np.array(chosen.thresholds), space),
        warnings=warnings,
    )
    report = {
        "rule": chosen.rule,
        "shrink": config.shrink,
        "split": split,
        "probabilities_hash": short_hash(",".join(map(repr, row)) for row in probabilities[split].tolist()),
        "recipe_hash": run.recipe.hash,
        "before": list(rows[0].thresholds),
    }
    test_labels = apply_thresholds(probabilities["test"], np.array(chosen.thresholds), space)
    with locked(path), write_folder(target) as new:
        predictions = new / result.predictions.relative_to(target)
        predictions.parent.mkdir(parents=True)
        write_predictions(result.spec, test_labels, predictions, texts_of_predictions(folder, task))
        write_file(new / THRESHOLDS, thresholds_text(space.emotions, chosen.thresholds))
        write_file(new / REPORT, json.dumps(report, indent=2) + "\n")
    return result


def _gold(recipe: Recipe, split: str, source: str | os.PathLike[str] | None, task: Task) -> Gold:
    data = recipe.data
    spec = task.spec(data.track, data.language, split, data.release)
    return gold_for(spec, task, source, labels_required=split != "test", unverified_gold=data.unverified_gold)


def _is_fitted_to(recipe: Recipe, split: str) -> bool:
    """Return whether the run's own thresholds were fitted to texts of the split, or to some of its folds."""
    own = recipe.threshold
    return own.rule != "fixed" and (own.split == split or (split == FOLDS and own.split in recipe.data.splits))


@dataclass(frozen=True, eq=False)
class _ThresholdScorer:
    """Probabilities and labels of several splits, to fit and score thresholds; `split` is the one to fit to."""

    space: Space
    metric: str
    probabilities: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    split: str

    def fit(self, rule: ThresholdConfig) -> np.ndarray:
        return tune(self.probabilities[self.split], self.labels[self.split], self.space, rule, self.metric)

    def row(self, name: str, thresholds: np.ndarray, rule: ThresholdConfig | None) -> RuleScores:
        """Score thresholds; `rule` is the one that fitted them to these texts, None if they were not fitted to them."""
        fitted = self.score(self.split, thresholds)
        return RuleScores(
            rule=name,
            thresholds=tuple(thresholds.tolist()),
            fitted=fitted,
            out_of_fold=fitted if rule is None else self.cross_validate(rule),
            dev=self.score("dev", thresholds),
            test=None if (self.labels["test"] < 0).any() else self.score("test", thresholds),
        )

    def score(self, split: str, thresholds: np.ndarray) -> float:
        scores = score_probabilities(self.labels[split], self.probabilities[split], thresholds, self.space, self.metric)
        return scores[self.metric]

    def cross_validate(self, rule: ThresholdConfig) -> float:
        p, y = self.probabilities[self.split], self.labels[self.split]
        return cross_validate(
            len(p),
            fit=lambda rows: tune(p[rows], y[rows], self.space, rule, self.metric),
            apply=lambda rows, thresholds: apply_thresholds(p[rows], thresholds, self.space),
            score=lambda labels: score_labels(y, labels, self.space, self.metric)[self.metric],
        )


def cross_validate(
    texts: int,
    fit: Callable[[np.ndarray], np.ndarray],
    apply: Callable[[np.ndarray, np.ndarray], np.ndarray],
    score: Callable[[np.ndarray], float],
) -> float:
    """Return the out-of-fold score of thresholds: a mean over `REPETITIONS` of cross-validation with `N_FOLDS` folds.

    Args:
        fit: returns thresholds for a mask of rows.
        apply: returns the labels of a mask of rows at thresholds.
        score: returns the score of the labels of all rows.
    """
    scores = []
    for seed in range(REPETITIONS):
        fold_of = np.random.default_rng(seed).permutation(texts) % N_FOLDS
        parts = [apply(fold_of == fold, fit(fold_of != fold)) for fold in range(N_FOLDS)]
        labels = np.zeros((texts, parts[0].shape[1]), dtype=np.int8)
        for fold, part in enumerate(parts):
            labels[fold_of == fold] = part
        scores.append(score(labels))
    return float(np.mean(scores))
