"""How a run of the zoo looks: its epochs, what it is worth, where everything lies."""

from __future__ import annotations

from typing import Any

from semeval_emo.report.table import Column, Table, cell
from semeval_emo.report.zoo import TEST_MARK
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.other_languages import SOURCES
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.cut_points import format_threshold
from semeval_emo.zoo.selection.epochs import row_unit, zero_shot_note
from semeval_emo.zoo.training.train import RunResult


def run_tables(result: RunResult) -> list[Table]:
    """A finished run: its epochs, then what it is worth."""
    tables = []
    if result.rows:
        tables.append(epochs(result))
    tables.append(_outcome(result))
    return tables


def epochs(result: RunResult) -> Table:
    """One line per epoch (or a setting, where there are none); the kept one is marked."""
    first = result.rows[0]
    kinds = {"loss": "score", "seconds": "seconds", "epoch": "int", "step": "int"}
    plain = [name for name in first if not isinstance(first[name], dict)]
    names = {"epoch": row_unit(first), "seconds": "time"}
    columns = [Column(names.get(name, name), kinds.get(name, "text")) for name in plain]
    figures = _figures(result)
    splits = {split for split, _ in figures}
    columns += [Column(f"{split} {METRICS[m].title if m in METRICS else m}", "score") for split, m in figures]
    rows = []
    for row in result.rows:
        said = [row.get(split, {}).get(m) for split, m in figures]
        kept = "kept" if row["epoch"] == result.kept else ""
        rows.append((*(row.get(name) for name in plain), *said, kept))
    recipe = result.recipe
    degrees = len(result.folder.spec.values) > 2
    note = "degrees rounded to the nearest" if degrees else f"scored at threshold {recipe.threshold.value:g}"
    if FOLDS in splits:
        unread = "language" if len(recipe.data.sources) > 1 and not recipe.data.splits else "text"
        note = f"folds: each {unread} by a model that has not read it, {_threshold_words(recipe)}"
    if SOURCES in splits:
        note += f"; {SOURCES}: dev of the languages learned from"
    if "seconds" in first:
        note += "; time in seconds"
    if "train" in splits:
        note += "; train: measured while it trains"
    if recipe.selects_on_test:
        note += f"; {TEST_MARK} the test split has a say in what is kept, so the test score is optimistic"
    return Table(f"{recipe.run_name} · {result.folder.spec.place}", (*columns, Column("")), tuple(rows), (note,))


def _figures(result: RunResult) -> list[tuple[str, str]]:
    """Split and figure of each column: of train only what is selected by, or the table gets too wide."""
    return [
        (split, name)
        for split in ("train", "folds", SOURCES, "dev", "test")
        for name in dict.fromkeys(name for row in result.rows for name in row.get(split, {}))
        if split != "train" or name == result.recipe.select.metric
    ]


def _outcome(result: RunResult) -> Table:
    recipe, card, place = result.recipe, result.scorecard, result.placement
    rows: list[tuple[str, Any]] = []
    mark = f" {TEST_MARK}" if recipe.selects_on_test else ""
    if card is not None:
        figures = dict.fromkeys((card.metric, *result.dev))
        rows += [(f"test {METRICS[name].title}{mark}", f"{card.metrics.whole[name]:.4f}") for name in figures]
    if result.overlap and result.overlap["without"]:
        metric, value = next(iter(result.overlap["without"].items()))
        seen = f"{result.overlap['normalised']:,} texts that training has too"
        rows.append((f"  without {seen}", f"{value:.4f} ({METRICS[metric].title})"))
    if recipe.select.split == FOLDS:
        kept = result.rows[result.kept - 1][FOLDS]
        rows += [(f"folds {METRICS[name].title}", f"{value:.4f}") for name, value in kept.items()]
    dev = "dev, out of fold," if recipe.out_of_fold("dev") else "dev"
    rows += [(f"{dev} {METRICS[name].title}", f"{value:.4f}") for name, value in result.dev.items()]
    if place is not None:
        rows.append(("place", f"{place.rank} ({place.among.title})" if place.rank else None))
        for what, row in (("baseline", place.baseline), ("rank 1", place.leader)):
            gap = place.gap(row)
            if row is not None and gap is not None:
                rows.append((f"to {what}", f"{cell(gap, 'delta')} (it has {row.score_text})"))
    if result.rows and "weights" in result.rows[0]:
        shares = result.rows[0]["weights"].items()
        rows.append(("weights", ", ".join(f"{member} {share:.2f}" for member, share in shares)))
    degrees = len(result.folder.spec.values) > 2
    if degrees and recipe.threshold.rule == "fixed":
        rows.append(("degrees", "rounded to the nearest"))
    elif recipe.threshold.rule == "per_label":
        said = [
            f"{one} {format_threshold(cut)}"
            for one, cut in zip(result.folder.spec.emotions, result.thresholds, strict=True)
        ]
        # Three numbers an emotion are too many for one line.
        rows += [("cut points", one) for one in said] if degrees else [("thresholds", ", ".join(said))]
    else:
        rows.append(("cut points" if degrees else "threshold", format_threshold(result.thresholds[0])))
    if result.sizes:
        rows.append(("parameters", _sizes(result.sizes)))
    joined = sum(one["seconds"] for one in result.members)
    share = f", {joined:,.1f} of them its members'" if result.members else ""
    rows += [("seconds", f"{result.seconds:,.1f}{share}"), ("predictions", result.folder.predictions)]
    rows += [("model", result.folder.model), ("card", result.folder.card)]
    notes = [] if card is not None else ["The test labels are not at hand, so the file was checked but not scored."]
    if recipe.data.allow:
        notes.append(f"{', '.join(recipe.data.allow)} may hold texts that are scored here: allowed by name.")
    whose = zero_shot_note(recipe, result.rows)
    notes += [whose] if whose else []
    notes += [card.signature] if card is not None else []
    return Table(
        f"{recipe.run_name}: the result", (Column("what"), Column("value")), tuple(rows), (*notes, *result.data_notes)
    )


def _threshold_words(recipe: Recipe) -> str:
    rule = recipe.threshold
    if recipe.select.metric == "pearson":
        return "rounded" if rule.rule == "fixed" else "cut points from the other folds"
    return f"at threshold {rule.value:g}" if rule.rule == "fixed" else "thresholds from the other folds"


def _sizes(sizes: ParameterCounts) -> str:
    return f"{sizes.trainable:,} trained of {sizes.total:,}"


def run_dict(result: RunResult) -> dict[str, Any]:
    """A finished run as JSON has it."""
    place = result.placement
    return {
        "schema": "semeval-emo/zoo-train/1",
        "recipe": result.recipe.resolved(),
        "settings": dict(result.recipe.settings),
        "folder": str(result.folder.path),
        "predictions": str(result.folder.predictions),
        "epochs": list(result.rows),
        "kept": result.kept,
        "thresholds": dict(zip(result.folder.spec.emotions, result.thresholds, strict=True)),
        "parameters": None if result.sizes is None else {"trained": result.sizes.trainable, "all": result.sizes.total},
        "seconds": result.seconds,
        "members": list(result.members),
        "went_on": result.resumed,
        "was_done": result.already_done,
        "selects_on_test": result.recipe.selects_on_test,
        "dev": result.dev,
        "overlap": result.overlap,
        "score": None if result.scorecard is None else result.scorecard.to_dict(),
        "place": None
        if place is None
        else {"list": place.among.key, "rank": place.rank, "low": place.low, "high": place.high},
    }
