"""Which epoch or setting is kept, on what such choices may be made, when to stop and what is said then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.zoo.dataset.examples import Space
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.family import Family
from semeval_emo.zoo.recipe import Recipe

GO_ON = "the same command goes on, --fresh starts anew"


class Stopped(EmoError):
    """The person asked to stop; everything is saved."""

    # What a shell reports of a program that Ctrl-C ended.
    exit_code = 130


def stop(epoch: int, step: int) -> Stopped:
    """What is said when a run stops after so many epochs and steps of the next."""
    where = f"step {step} of epoch {epoch + 1}" if step else f"epoch {epoch}"
    return Stopped(f"stopped after {where}; everything is saved", GO_ON)


def kept_epoch(rows: Sequence[dict[str, Any]], recipe: Recipe) -> int:
    """The number of the epoch that a recipe keeps: the best, the first of equals; or the last; 0 for none.

    >>> from semeval_emo.zoo.recipes.load import load_recipe
    >>> rows = [{"epoch": 1, "dev": {"macro_f1": 0.6}}, {"epoch": 2, "dev": {"macro_f1": 0.6}}]
    >>> kept_epoch(rows, load_recipe("llama-4layer"))
    1
    """
    if not rows:
        return 0
    if recipe.select.epoch == "last":
        return int(rows[-1]["epoch"])
    best = max(rows, key=lambda row: (row[recipe.select.split][recipe.select.metric], -row["epoch"]))
    return int(best["epoch"])


def unit(row: dict[str, Any]) -> str:
    """What a row of metrics stands for: an ``epoch``, or a ``setting`` of a model that has none.

    >>> unit({"epoch": 1, "loss": 0.5}), unit({"epoch": 1, "strength": 1.0})
    ('epoch', 'setting')
    """
    return "epoch" if "loss" in row else "setting"


def run_out(rows: Sequence[dict[str, Any]], recipe: Recipe) -> bool:
    """True where the recipe's patience has run out: so many epochs without a better one."""
    if not recipe.select.patience or not rows:
        return False
    scores = [row[recipe.select.split][recipe.select.metric] for row in rows]
    return len(scores) - 1 - scores.index(max(scores)) >= recipe.select.patience


def check_metric(recipe: Recipe, kind: type[Family], space: Space) -> None:
    """Refuses a metric that the track cannot have.

    Raises:
        UsageError: F1 of degrees, or Pearson of yes and no; the remedy names only what the family uses.
    """
    degrees = space.top > 1
    if degrees and recipe.select.metric != "pearson":
        loss = " --set loss.kind=mse" if "loss" in kind.uses and recipe.loss.kind != "mse" else ""
        raise UsageError(
            f"Recipe {recipe.name} selects by {recipe.select.metric}, but track {recipe.data.track} asks for degrees.",
            f"--set select.metric=pearson{loss}",
        )
    if not degrees and recipe.select.metric == "pearson":
        loss = " --set loss.kind=bce" if "loss" in kind.uses and recipe.loss.kind == "mse" else ""
        raise UsageError(
            f"Recipe {recipe.name} predicts degrees, but track {recipe.data.track} asks for yes or no.",
            f"--set select.metric=macro_f1{loss}",
        )


def check_selection(recipe: Recipe, kind: type[Family]) -> None:
    """Refuses choices that cannot be made, or that would be made on what was learned.

    Raises:
        UsageError: the family has no folds, there are no out-of-fold probabilities to tune on, or a
            split is trained on and chosen on.
    """
    select = recipe.select
    if select.split == FOLDS:
        if not kind.by_folds:
            raise UsageError(
                f"Recipe {recipe.name}: the family '{recipe.family}' cannot choose by folds.",
                "select on dev and train on train alone: --set select.split=dev --set threshold.split=dev "
                "--set 'data.splits=[\"train\"]'",
            )
        return
    if recipe.threshold.split == FOLDS:
        raise UsageError(
            f"Recipe {recipe.name} tunes thresholds on folds but selects on {select.split}, so nothing is out of fold.",
            "--set select.split=folds" if kind.by_folds else f"--set threshold.split={select.split}",
        )
    tuned = () if recipe.threshold.rule == "fixed" else (recipe.threshold.split,)
    for split in (select.split, *tuned):
        if split in recipe.data.splits and kind.learns:
            raise UsageError(
                f"Recipe {recipe.name} trains on {split} and selects on it too.",
                "--set select.split=folds --set threshold.split=folds chooses out of fold" if kind.by_folds else "",
            )


def chosen_words(recipe: Recipe, rows: Sequence[dict[str, Any]], whose: str = "") -> str:
    """Whether labels of the language asked for had a say where only others were learned from; else empty.

    Args:
        rows: the lines of ``metrics.jsonl``.
        whose: whose labels, in words; empty for the language's code.
    """
    whose = whose or recipe.data.language
    data, select, threshold = recipe.data, recipe.select, recipe.threshold
    own = [name for name in data.sources if name.rpartition("/")[2] == data.language]
    if data.splits or not data.sources or own or recipe.selects_on_test:
        return ""
    chosen = [f"{unit(rows[0])} was"] if len(rows) > 1 and (select.split, select.epoch) == ("dev", "best") else []
    chosen += ["thresholds were"] if threshold.rule != "fixed" and threshold.split == "dev" else []
    if not chosen:
        return f"No label of {whose} had a say."
    return f"The {' and the '.join(chosen)} chosen on dev labels of {whose}, which not everybody calls zero-shot."
