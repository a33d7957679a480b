"""Tables of threshold tuning: the scores of each rule, and the thresholds of each emotion."""

from __future__ import annotations

from semeval_emo.report.table import Column, Table, label_column
from semeval_emo.report.zoo import TEST_MARK
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.zoo.inference.tune import AS_TRAINED, RuleScores, TuneResult
from semeval_emo.zoo.selection.cut_points import format_threshold

NAMES = {AS_TRAINED: "as trained", "global": "one for all", "per_label": "one per label"}


def tables(result: TuneResult) -> list[Table]:
    """Return the scores of each rule, then the thresholds."""
    title = METRICS[result.metric].title
    thresholds = "cut points" if len(result.spec.values) > 2 else "thresholds"
    mark = f" {TEST_MARK}" if result.recipe.selects_on_test else ""
    shows_dev = result.split != "dev"
    columns = (
        Column(thresholds),
        Column(f"{result.split}, fitted", "score"),
        Column(f"{result.split}, out of fold", "score"),
        *([Column("dev", "score")] if shows_dev else []),
        Column(f"test{mark}", "score"),
        Column(""),
    )
    rows = tuple(
        (
            NAMES[row.rule],
            row.fitted,
            row.out_of_fold,
            *([row.dev] if shows_dev else []),
            row.test,
            "written" if row.rule == result.chosen else "",
        )
        for row in result.rows
    )
    notes = [
        f"{title}. fitted: on the {result.texts:,} texts that the {thresholds} were fitted to, so optimistic; out of "
        "fold: 5-fold cross-validation on these texts; test: for information, not used for selection."
    ]
    if result.recipe.data.sources and not result.recipe.data.splits and result.split == "dev":
        notes.append(
            f"Fitted to dev labels of {result.spec.language}, so by some definitions the result is not zero-shot."
        )
    best = max(result.rows, key=lambda row: row.out_of_fold)
    written = result.row(result.chosen)
    if best.out_of_fold > written.out_of_fold:
        notes.append(f"'{NAMES[best.rule]}' has a higher out-of-fold score than the {thresholds} that were written.")
    elif result.chosen == AS_TRAINED:
        notes.append(
            f"No other {thresholds} have a higher out-of-fold score than those of the run, so these were written."
        )
    if result.constant.same:
        notes += [result.constant.reached, *result.constant.notes]
    scores = Table(f"{result.recipe.name}: {thresholds} · {result.spec.place}", columns, rows, tuple(notes))
    return [scores, _thresholds(result, written)]


def _thresholds(result: TuneResult, written: RuleScores) -> Table:
    intensities = result.spec.values[1:]
    kind = "text" if len(intensities) > 1 else "score"
    notes = (f"Cut points of {', '.join(intensities)} on a scale from 0 to 1.",) if len(intensities) > 1 else ()
    before, after = (
        [_cut_points(value) if len(intensities) > 1 else value for value in row.thresholds]
        for row in (result.rows[0], written)
    )
    rows = zip(result.spec.emotions, result.positives, before, after, strict=True)
    return Table(
        f"Thresholds by {result.spec.label_noun}",
        (label_column(result.spec), Column(f"positives in {result.split}", "int"), Column("before", kind),
         Column("after", kind)),
        tuple(rows), notes,
    )  # fmt: skip


def _cut_points(value: float | list[float]) -> str:
    return format_threshold(value) if isinstance(value, list) else "rounded"
