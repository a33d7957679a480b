"""Error analysis as tables: of one file, or of two files compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from semeval_emo.report.table import Column, Table, label_column
from semeval_emo.scoring.analysis import FALSE_NEGATIVE, FALSE_POSITIVE, Analysis, DuplicateTexts
from semeval_emo.scoring.error_comparison import DisagreementExample, ErrorComparison
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.slices import GROUPS
from semeval_emo.task import LABEL_NOUN, FileSpec, Task, release_words, shown_track
from semeval_emo.text import listed, plural

DOT = " · "
NEUTRAL = "neutral"
# The rows of this table are in groups, so the page does not sort them.
KINDS = "Score by kind of text"
# Length of a text in a table; JSON and the report page have the whole text.
EXCERPT = 90
ERROR_TYPES = {FALSE_NEGATIVE: "false negative", FALSE_POSITIVE: "false positive"}


def heading(card: Scorecard, task: Task) -> str:
    """Return the heading of a file: track, language, split, release and number of texts."""
    spec = card.spec
    parts = [f"track {shown_track(spec.track)}", f"{task.languages[spec.language].name} ({spec.language})", spec.split]
    return DOT.join([*parts, release_words(card.release), f"{spec.rows:,} texts"])


def tables(analysis: Analysis, task: Task, *, whole: bool = False) -> list[Table]:
    """Return the tables of one file, from general to specific, with `whole` texts or with excerpts."""
    slices = _slices(analysis)
    tables = [_emotions(analysis, task), *([slices] if slices.rows else []), _cooccurrence(analysis)]
    if analysis.set_errors:
        tables.append(_sets(analysis))
    if analysis.confident_errors:
        tables.append(_confident_errors(analysis, whole))
    if analysis.duplicates is not None and analysis.duplicates.texts:
        tables.append(_duplicates(analysis.duplicates, whole))
    return tables


def excerpt(text: str | None, whole: bool = False) -> str | None:
    """Return the beginning of a text.

    >>> excerpt("x" * 100)[-3:]
    'xx…'
    """
    if text is None or whole or len(text) <= EXCERPT:
        return text
    return text[: EXCERPT - 1] + "…"


def shown_of(shown: int, total: int) -> list[str]:
    """Return a note on how many of several rows are shown; none if all are.

    >>> shown_of(10, 1234), shown_of(3, 3)
    (['10 of 1,234 are shown: semeval-emo analyse --limit 0 shows all.'], [])
    """
    return [f"{shown:,} of {total:,} are shown: semeval-emo analyse --limit 0 shows all."] if shown < total else []


def names_of(labels: Sequence[str], spec: FileSpec) -> str:
    """Return a label set as text; the empty set is neutral, unless that is a label of the task."""
    return " + ".join(labels) or (f"no {spec.label_noun}" if spec.neutral or NEUTRAL in spec.emotions else NEUTRAL)


def _emotions(analysis: Analysis, task: Task) -> Table:
    intensity = len(analysis.card.spec.values) > 2
    rows = tuple(
        (
            errors.emotion, errors.gold, errors.predicted, errors.right, errors.missed, errors.invented,
            *((errors.low, errors.high) if intensity else ()),
            errors.missed / errors.gold if errors.gold else None,
            errors.invented / errors.predicted if errors.predicted else None,
            f"{errors.instead} ({errors.instead_count:,})" if errors.instead else None,
        )
        for errors in analysis.emotions
    )  # fmt: skip
    official, noun = METRICS[analysis.card.metric].title, analysis.card.spec.label_noun
    return Table(
        title=f"Errors by {noun}{DOT}{heading(analysis.card, task)}",
        columns=(
            label_column(analysis.card.spec), Column("gold", "int"), Column("predicted", "int"),
            Column("TP", "int", key="right"), Column("FN", "int", key="missed"), Column("FP", "int", key="invented"),
            *((Column("too low", "int"), Column("too high", "int")) if intensity else ()),
            Column("FN %", "percent", key="missed %"), Column("FP %", "percent", key="invented %"),
            Column("confused with", key="instead"),
        ),
        rows=rows,
        notes=(
            "TP, FN, FP: true positives, false negatives, false positives. FN %: share of gold; FP %: share of "
            f"predicted. Confused with: the most frequent false positive in texts where this {noun} is a false "
            "negative.",
            f"{official} {analysis.card.score:.4f}; all {'intensities' if intensity else 'labels'} correct in "
            f"{analysis.exact:,} of {plural(analysis.card.spec.rows, 'text')}.",
            f"File: {analysis.card.file}",
        ),
    )  # fmt: skip


def _slices(analysis: Analysis) -> Table:
    official, noun = METRICS[analysis.card.metric].title, analysis.card.spec.label_noun
    rows: list[tuple[Any, ...]] = []
    rules = []
    # A kind that all texts are of is the whole file.
    slices = [own for own in analysis.slices if own.texts < analysis.card.spec.rows]
    # Means over texts are defined for them if the track counts texts without labels as 1.
    undefined = any(own.score is None for own in slices)
    for at, own in enumerate(slices):
        if at and own.group != slices[at - 1].group:
            rules.append(at - 1)
        # The words of JSON are those of the default task.
        group, name = (word.replace(LABEL_NOUN, noun) for word in (GROUPS[own.group], own.name))
        rows.append((group, name, own.texts, own.score, own.exact, own.missed, own.invented))
    return Table(
        title=KINDS,
        columns=(
            Column("by"), Column("kind"), Column("texts", "int"), Column(official, "score"),
            Column("exact match", "percent", key="all right"), Column("FN per text", "decimal2", key="missed"),
            Column("FP per text", "decimal2", key="invented"),
        ),
        rows=tuple(rows),
        notes=(
            "Length: quartiles of the number of characters. FN, FP: false negatives, false positives.",
            *([f"{official} is undefined for texts without gold labels."] if undefined else []),
        ),
        rules=tuple(rules),
    )  # fmt: skip


def _cooccurrence(analysis: Analysis) -> Table:
    names, noun = analysis.card.spec.emotions, analysis.card.spec.label_noun
    rows = [
        (f"{names[i]} + {names[j]}", int(analysis.gold_cooccurrence[i, j]), int(analysis.predicted_cooccurrence[i, j]))
        for i, j in combinations(range(len(names)), 2)
    ]
    rows.sort(key=lambda row: -abs(row[2] - row[1]))
    return Table(
        title=f"{noun.capitalize()} co-occurrence",
        columns=(
            Column("pair"),
            Column("gold", "int"),
            Column("predicted", "int"),
            Column("difference", "delta", key="too many"),
        ),
        rows=tuple((*row, row[2] - row[1]) for row in rows),
        notes=(f"Number of texts with both {noun}s. Difference: predicted minus gold.",),
    )


def _sets(analysis: Analysis) -> Table:
    spec = analysis.card.spec
    return Table(
        title="Most frequent wrong label sets",
        columns=(Column("gold"), Column("predicted"), Column("texts", "int")),
        rows=tuple(
            (names_of(error.gold, spec), names_of(error.predicted, spec), error.texts) for error in analysis.set_errors
        ),
        notes=(
            f"Texts with a wrong label set in total: {analysis.wrong_sets:,}.",
            *shown_of(len(analysis.set_errors), analysis.different_wrong_sets),
        ),
    )


def _confident_errors(analysis: Analysis, whole: bool) -> Table:
    errors = analysis.confident_errors or ()
    with_text = any(error.text is not None for error in errors)
    return Table(
        title="Most confident errors",
        columns=(
            Column("id"), label_column(analysis.card.spec), Column("error", key="kind"),
            Column("confidence", "percent"),
            *([Column("text")] if with_text else []),
        ),
        rows=tuple(
            (
                error.id, error.emotion, ERROR_TYPES[error.kind], error.confidence,
                *([excerpt(error.text, whole)] if with_text else []),
            )
            for error in errors
        ),
        notes=(
            "Confidence: the probability that the system gave to its wrong prediction.",
            *shown_of(len(errors), sum(own.missed + own.invented for own in analysis.emotions)),
        ),
    )  # fmt: skip


def _duplicates(duplicates: DuplicateTexts, whole: bool) -> Table:
    with_text = any(group.text is not None for group in duplicates.examples)
    return Table(
        title="Duplicate texts",
        columns=(
            Column("ids"), Column("gold differs"), Column("predicted differs"),
            *([Column("text")] if with_text else []),
        ),
        rows=tuple(
            (
                listed(group.ids, 2), group.gold_differs, group.predicted_differs,
                *([excerpt(group.text, whole)] if with_text else []),
            )
            for group in duplicates.examples
        ),
        notes=(
            f"{plural(duplicates.texts, 'duplicate text')} in {duplicates.rows:,} rows, ignoring case, width and "
            f"spacing. The gold labels differ for {duplicates.gold_differs:,}, the predictions for "
            f"{duplicates.predicted_differs:,}.",
            *shown_of(len(duplicates.examples), duplicates.texts),
        ),
    )  # fmt: skip


def comparison_tables(errors: ErrorComparison, task: Task, *, whole: bool = False) -> list[Table]:
    """Return the tables of two files: numbers of correct texts, then texts that only one of them got right."""
    official = METRICS[errors.first.metric].title
    counts = [("whole text", errors.whole), *((own.emotion, own) for own in errors.emotions)]
    rows = tuple((name, own.both, own.first, own.second, own.neither, own.first - own.second) for name, own in counts)
    agreement = Table(
        title=f"Correct texts{DOT}{heading(errors.first, task)}",
        columns=(
            Column("label"), Column("both", "int"), Column("only a", "int"), Column("only b", "int"),
            Column("neither", "int"), Column("a minus b", "delta", key="a less b"),
        ),
        rows=rows,
        notes=(
            f"a: {errors.first.file} ({official} {errors.first.score:.4f})",
            f"b: {errors.second.file} ({official} {errors.second.score:.4f})",
            "To test whether the difference is significant: semeval-emo compare",
        ),
        rules=(0,),
    )  # fmt: skip
    tables = [agreement]
    for title, examples, total in (
        ("Correct only in a", errors.first_right, errors.whole.first),
        ("Correct only in b", errors.second_right, errors.whole.second),
    ):
        if examples:
            tables.append(_examples(title, examples, total, errors.first.spec, whole))
    return tables


def _examples(title: str, examples: Sequence[DisagreementExample], total: int, spec: FileSpec, whole: bool) -> Table:
    with_text = any(example.text is not None for example in examples)
    rows: list[tuple[Any, ...]] = [
        (
            example.id, *(names_of(own, spec) for own in (example.gold, example.first, example.second)), example.wrong,
            *([excerpt(example.text, whole)] if with_text else []),
        )
        for example in examples
    ]  # fmt: skip
    return Table(
        title=title,
        columns=(
            Column("id"), Column("gold"), Column("a"), Column("b"), Column("wrong labels", "int"),
            *([Column("text")] if with_text else []),
        ),
        rows=tuple(rows),
        notes=(
            "Texts with all labels correct, sorted by the number of wrong labels in the other file.",
            *shown_of(len(examples), total),
        ),
    )  # fmt: skip
