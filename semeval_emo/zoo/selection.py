"""Which epoch is kept, when to stop, and what is said when a person stops a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semeval_emo.errors import EmoError
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

    >>> from semeval_emo.zoo.recipes import load_recipe
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
