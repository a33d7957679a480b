"""Tables of one recipe: what training it takes on a GPU, as an estimate, and its published scores."""

from __future__ import annotations

from typing import Any

from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.inference.overview import RecipeEntry
from semeval_emo.zoo.recipe import ShapeConfig
from semeval_emo.zoo.recipes.cost import GB, GPUS, UTILISATION, Gpu, TrainingCost


def shape_text(shape: ShapeConfig) -> str:
    """Return the shape of a backbone in words.

    >>> shape_text(ShapeConfig("llama", layers=16, hidden=2048, mlp=8192, heads=32, kv_heads=8, vocabulary=128256))
    'llama: 16 layers, 2,048 wide (MLP 8,192), 32 heads (8 for keys and values), 128,256 tokens in the vocabulary'
    """
    groups = shape.kv_heads not in (0, shape.heads)
    heads = f"{shape.heads} heads" + (f" ({shape.kv_heads} for keys and values)" if groups else "")
    return (
        f"{shape.architecture}: {shape.layers} layers, {shape.hidden:,} wide (MLP {shape.mlp:,}), {heads}, "
        f"{shape.vocabulary:,} tokens in the vocabulary"
    )


def cost_table(cost: TrainingCost, is_joint: bool, members: int = 0) -> Table:
    """Return what training takes on some GPUs, all of it estimated; of an ensemble, what its members take."""
    total = gigabytes(cost.total_memory)
    rows = [(gpu.name, f"{total} of {gpu.memory:g} GB", gpu_text(cost, gpu)) for gpu in GPUS]
    columns = (Column("GPU", "name"), Column("memory"), Column("time, about"))
    parts = ", ".join(f"{name} {gigabytes(size)}" for name, size in cost.memory.items())
    what = "texts of all its languages" if is_joint else "texts"
    notes = (
        f"Estimates, not measured. Memory for a batch of the longest texts: {parts}.",
        f"Time for all {members} members, one after the other, at {UTILISATION:.0%} of the GPU's peak; memory is that "
        "of the largest (docs/gpus.md, Estimates)."
        if members
        else f"Time for {cost.texts:,} {what} with {cost.tokens / cost.texts:.0f} tokens each, at {UTILISATION:.0%} of "
        "the GPU's peak (docs/gpus.md, Estimates).",
    )
    return Table("Training on a GPU (estimate)", columns, tuple(rows), notes)


def gpu_text(cost: TrainingCost, gpu: Gpu) -> str:
    """Return the time on a GPU, or why it cannot train the recipe."""
    hours = cost.hours[gpu.name]
    if cost.total_memory > gpu.memory * GB:
        return "too little memory"
    return f"no {cost.precision}" if hours is None else hours_text(hours)


def gigabytes(size: float) -> str:
    """Return a size in GB.

    >>> gigabytes(1.24e9), gigabytes(23.6e9), gigabytes(2e6)
    ('1.2 GB', '24 GB', '0.0 GB')
    """
    return f"{size / GB:.0f} GB" if size >= 10 * GB else f"{size / GB:.1f} GB"


def hours_text(hours: float) -> str:
    """Return an estimated time.

    >>> hours_text(0.004), hours_text(0.31), hours_text(2.4), hours_text(31.2)
    ('1 min', '19 min', '2.4 h', '31 h')
    """
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"


def published_table(entry: RecipeEntry) -> Table:
    """Return the published scores of a recipe by language, with their source."""
    published = entry.recipe.published
    assert published is not None
    first = entry.published[0]
    title = METRICS[first.metric].title
    rows = tuple((one.language, one.score) for one in entry.published)
    mean = sum(one.score for one in entry.published) / len(entry.published)
    notes: list[Any] = [f"Source: {first.source}, {first.where}. {first.url}"]
    notes += [f"Selection: {published.selected}."] if published.selected else []
    if len(rows) > 1:
        rows = (*rows, (f"mean of {len(rows)}", mean))
    return Table(f"Published: {title} on test", (Column("language"), Column("score", "score")), rows, tuple(notes))
