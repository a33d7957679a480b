"""Model selection: the best epoch, early stopping, and the checks of what a recipe selects on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import METRICS_OF_INTENSITIES, METRICS_OF_LABELS
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.family import Family
from semeval_emo.zoo.recipe import Recipe

RESUME_HINT = "the same command resumes, --fresh starts over"


class TrainingStopped(EmoError):
    """Training was stopped by the user; everything is saved."""

    # The exit code that shells report after Ctrl-C.
    exit_code = 130


def stopped_after(epoch: int, step: int) -> TrainingStopped:
    """Return the exception for a run stopped after `epoch` epochs and `step` steps of the next."""
    where = f"step {step} of epoch {epoch + 1}" if step else f"epoch {epoch}"
    return TrainingStopped(f"stopped after {where}; everything is saved", RESUME_HINT)


def selected_epoch(rows: Sequence[dict[str, Any]], recipe: Recipe) -> int:
    """Return the number of the epoch that a recipe selects: the best (the first of equals) or the last; 0 for no rows.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> rows = [{"epoch": 1, "dev": {"macro_f1": 0.6}}, {"epoch": 2, "dev": {"macro_f1": 0.6}}]
    >>> selected_epoch(rows, load_recipe("llama-4layer", ["select.metric=macro_f1"]))
    1
    """
    if not rows:
        return 0
    if recipe.select.epoch == "last":
        return int(rows[-1]["epoch"])
    scores = _gains(rows, recipe)
    return int(rows[scores.index(max(scores))]["epoch"])


def _gains(rows: Sequence[dict[str, Any]], recipe: Recipe) -> list[float]:
    """Return what a recipe selects the epoch by, row by row; higher is better."""
    select = recipe.select
    return [METRICS[select.metric].gain(row[select.split][select.metric]) for row in rows]


def row_unit(row: dict[str, Any]) -> str:
    """Return what a row of metrics describes: an ``epoch``, or a ``setting`` of a model without epochs.

    >>> row_unit({"epoch": 1, "loss": 0.5}), row_unit({"epoch": 1, "strength": 1.0})
    ('epoch', 'setting')
    """
    return "epoch" if "loss" in row else "setting"


def patience_exhausted(rows: Sequence[dict[str, Any]], recipe: Recipe) -> bool:
    """Return True if the last `select.patience` epochs brought no improvement."""
    if not recipe.select.patience or not rows:
        return False
    scores = _gains(rows, recipe)
    return len(scores) - 1 - scores.index(max(scores)) >= recipe.select.patience


def check_metric(recipe: Recipe, family: type[Family], space: Space) -> None:
    """Check that the loss and the selection metric fit the track.

    Raises:
        UsageError: one is for labels and the track has intensities, or the other way round.
    """
    intensities = space.top > 1
    kind = "mse" if intensities else "bce"
    fixes = []
    if "loss" in family.recipe_sections and recipe.loss.kind != kind:
        fixes.append(f"--set loss.kind={kind}")
    if not intensities and "loss" not in family.recipe_sections and recipe.predicts_intensities:
        fixes += [f"--set {recipe.family}.model=logreg"] if getattr(recipe.options, "model", "") else []
    if recipe.select.metric not in (METRICS_OF_INTENSITIES if intensities else METRICS_OF_LABELS):
        fixes.append("--set select.metric=official")
    if fixes:
        own, others = ("intensities", "labels") if intensities else ("labels", "intensities")
        raise UsageError(
            f"Recipe {recipe.name} is for {others}, but track {recipe.data.track} has {own}.", " ".join(fixes)
        )


def check_selection(recipe: Recipe, family: type[Family]) -> None:
    """Check that the recipe selects and tunes on texts that it does not train on.

    Raises:
        UsageError: the family does not support folds, there are no out-of-fold probabilities to tune on, or a
            split is used both for training and for selection.
    """
    select = recipe.select
    if select.split == FOLDS:
        if not family.supports_folds:
            raise UsageError(
                f"Recipe {recipe.name}: the family '{recipe.family}' does not support folds.",
                "select on dev and train on train alone: --set select.split=dev --set threshold.split=dev "
                "--set 'data.splits=[\"train\"]'",
            )
        if "train" in family.recipe_sections and (select.epoch != "last" or select.patience):
            raise UsageError(
                f"Recipe {recipe.name} selects on folds, which leave no texts to select the epoch of a network on.",
                "--set select.epoch=last --set select.patience=0",
            )
        return
    if recipe.threshold.split == FOLDS:
        raise UsageError(
            f"Recipe {recipe.name} tunes thresholds on folds but selects on {select.split}: "
            "there are no out-of-fold probabilities.",
            "--set select.split=folds" if family.supports_folds else f"--set threshold.split={select.split}",
        )
    tuned = () if recipe.threshold.rule == "fixed" else (recipe.threshold.split,)
    for split in (select.split, *tuned):
        if split in recipe.data.splits and family.trains_on_splits:
            raise UsageError(
                f"Recipe {recipe.name} trains on {split} and also selects on it.",
                "--set select.split=folds --set threshold.split=folds" if family.supports_folds else "",
            )


def zero_shot_note(recipe: Recipe, rows: Sequence[dict[str, Any]], language: str = "") -> str:
    """Return a sentence on whether labels of the target language were used, for zero-shot recipes; else "".

    Args:
        rows: the lines of ``metrics.jsonl``.
        language: the target language's name; by default its code.
    """
    data, select, threshold = recipe.data, recipe.select, recipe.threshold
    language = language or data.language
    own = [name for name in data.sources if name.rpartition("/")[2] == data.language]
    if data.splits or not data.sources or own or recipe.selects_on_test:
        return ""
    chosen = [row_unit(rows[0])] if len(rows) > 1 and (select.split, select.epoch) == ("dev", "best") else []
    chosen += ["thresholds"] if threshold.rule != "fixed" and threshold.split == "dev" else []
    if not chosen:
        return f"No labels of {language} were used."
    verb = "were" if chosen[-1] == "thresholds" else "was"
    parts = " and the ".join(chosen)
    return f"The {parts} {verb} selected on dev labels of {language}, so this is not strictly zero-shot."
