"""How tuned thresholds, or cut points of degrees, look: before and after, and what each emotion got."""

from __future__ import annotations

from typing import Any

from semeval_emo.report.table import Column, Table
from semeval_emo.report.zoo import TEST_MARK
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.inference.tune import AS_TRAINED, RuleScores, TuneResult
from semeval_emo.zoo.selection.cut_points import format_threshold

NAMES = {AS_TRAINED: "as trained", "global": "one for all", "per_label": "one per emotion"}


def tables(tuned: TuneResult) -> list[Table]:
    """What every rule reaches, then the thresholds."""
    title = METRICS[tuned.metric].title
    what = "cut points" if len(tuned.spec.values) > 2 else "thresholds"
    mark = f" {TEST_MARK}" if tuned.recipe.selects_on_test else ""
    columns = [
        Column(what),
        Column(f"{tuned.split}, fitted", "score"),
        Column(f"{tuned.split}, out of fold", "score"),
        *([Column("dev", "score")] if tuned.split != "dev" else []),
        Column(f"test{mark}", "score"),
        Column(""),
    ]
    rows = [
        (
            NAMES[row.rule],
            row.fitted,
            row.out_of_fold,
            *([row.dev] if tuned.split != "dev" else []),
            row.test,
            "written" if row.rule == tuned.chosen else "",
        )
        for row in tuned.rows
    ]
    notes = [
        f"{title}. fitted: on the {tuned.texts:,} texts that the {what} were fitted to, so optimistic; out of "
        "fold: fitted on four fifths of them, judged on the last; test: a report, it has no say."
    ]
    if tuned.recipe.data.sources and not tuned.recipe.data.splits and tuned.split == "dev":
        notes.append(f"Fitted to dev labels of {tuned.spec.language}, which not everybody calls zero-shot.")
    best = max(tuned.rows, key=lambda row: row.out_of_fold)
    written = tuned.row(tuned.chosen)
    if best.out_of_fold > written.out_of_fold:
        notes.append(f"Out of fold '{NAMES[best.rule]}' does better than what was written.")
    elif tuned.chosen == AS_TRAINED:
        notes.append(f"Out of fold no other {what} do better than the run's own, so these were written.")
    outcome = Table(f"{tuned.recipe.name}: {what} · {tuned.spec.place}", tuple(columns), tuple(rows), tuple(notes))
    return [outcome, _thresholds(tuned, written)]


def _thresholds(tuned: TuneResult, written: RuleScores) -> Table:
    degrees = tuned.spec.values[1:]
    kind = "text" if len(degrees) > 1 else "score"
    notes = (f"From where on the scale from 0 to 1 it counts as {', '.join(degrees)}.",) if len(degrees) > 1 else ()
    before, after = (
        [_cut(one) if len(degrees) > 1 else one for one in row.thresholds] for row in (tuned.rows[0], written)
    )
    rows = zip(tuned.spec.emotions, tuned.positives, before, after, strict=True)
    return Table(
        "Each emotion",
        (Column("emotion"), Column(f"positives in {tuned.split}", "int"), Column("before", kind),
         Column("after", kind)),
        tuple(rows), notes,
    )  # fmt: skip


def _cut(one: float | list[float]) -> str:
    return format_threshold(one) if isinstance(one, list) else "rounded"


def to_dict(tuned: TuneResult) -> dict[str, Any]:
    """Tuned thresholds as JSON has them."""
    return {
        "schema": "semeval-emo/zoo-tune/1",
        "recipe": tuned.recipe.name,
        "metric": tuned.metric,
        "split": tuned.split,
        "texts": tuned.texts,
        "selects_on_test": tuned.recipe.selects_on_test,
        "written": tuned.chosen,
        "rules": {
            row.rule: {
                "fitted": row.fitted,
                "out_of_fold": row.out_of_fold,
                "dev": row.dev,
                "test": row.test,
                "thresholds": dict(zip(tuned.spec.emotions, row.thresholds, strict=True)),
            }
            for row in tuned.rows
        },
        "predictions": str(tuned.predictions),
        "thresholds": str(tuned.thresholds),
    }
