"""Error analysis as tables: one file, or two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from semeval_emo.report.table import Column, Table
from semeval_emo.scoring.analysis import Analysis, DuplicateTexts
from semeval_emo.scoring.error_comparison import DisagreementExample, ErrorComparison
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.slices import GROUPS
from semeval_emo.task import Task

DOT = " · "
NEUTRAL = "neutral"
# Its rows stand in groups, so their order means something.
KINDS = "Score by kind of text"
# Characters of a text in a table; JSON and the report page have it whole.
EXCERPT = 90


def heading(card: Scorecard, task: Task) -> str:
    """What was looked at."""
    spec = card.spec
    parts = [f"track {spec.track.upper()}", f"{task.languages[spec.language].name} ({spec.language})", spec.split]
    return DOT.join([*parts, f"release {card.release}", f"{spec.rows:,} texts"])


def tables(found: Analysis, task: Task, *, whole: bool = False) -> list[Table]:
    """Everything about one file, the widest view first.

    Args:
        whole: texts as long as they are.
    """
    made = [_emotions(found, task), _slices(found), _together(found)]
    if found.set_errors:
        made.append(_sets(found))
    if found.mistakes:
        made.append(_mistakes(found, whole))
    if found.repetition is not None and found.repetition.texts:
        made.append(_repetition(found.repetition, whole))
    return made


def excerpt(text: str | None, whole: bool = False) -> str | None:
    """The beginning of a text.

    >>> excerpt("x" * 100)[-3:]
    'xx…'
    """
    if text is None or whole or len(text) <= EXCERPT:
        return text
    return text[: EXCERPT - 1] + "…"


def names_of(labels: Sequence[str]) -> str:
    """A set of labels in words.

    >>> names_of(("fear", "joy")), names_of(())
    ('fear + joy', 'neutral')
    """
    return " + ".join(labels) or NEUTRAL


def _emotions(found: Analysis, task: Task) -> Table:
    degrees = len(found.card.spec.values) > 2
    rows = tuple(
        (
            one.emotion, one.gold, one.predicted, one.right, one.missed, one.invented,
            *((one.low, one.high) if degrees else ()),
            one.missed / one.gold if one.gold else None,
            one.invented / one.predicted if one.predicted else None,
            f"{one.instead} ({one.instead_count:,})" if one.instead else None,
        )
        for one in found.emotions
    )  # fmt: skip
    spec = found.card.spec
    official = METRICS[found.card.metric].title
    return Table(
        title=f"Errors by emotion{DOT}{heading(found.card, task)}",
        columns=(
            Column("emotion"), *(Column(name, "int") for name in ("gold", "predicted", "right", "missed", "invented")),
            *((Column("too low", "int"), Column("too high", "int")) if degrees else ()),
            Column("missed %", "percent"), Column("invented %", "percent"), Column("instead"),
        ),
        rows=rows,
        notes=(
            "missed %: of gold; invented %: of predicted; instead: what was most often invented where this was missed.",
            f"{official} {found.card.score:.4f}; all labels right in {found.exact:,} of {spec.rows:,} texts.",
            f"File: {found.card.file}",
        ),
    )  # fmt: skip


def _slices(found: Analysis) -> Table:
    official = METRICS[found.card.metric].title
    rows, rules = [], []
    for at, one in enumerate(found.slices):
        if at and one.group != found.slices[at - 1].group:
            rules.append(at - 1)
        rows.append((GROUPS[one.group], one.name, one.texts, one.score, one.exact, one.missed, one.invented))
    return Table(
        title=KINDS,
        columns=(
            Column("by"), Column("kind"), Column("texts", "int"), Column(official, "score"),
            Column("all right", "percent"), Column("missed", "decimal2"), Column("invented", "decimal2"),
        ),
        rows=tuple(rows),
        notes=(
            "Quarters of the texts by length; missed, invented: labels per text.",
            f"{official} has no meaning where gold has no label.",
        ),
        rules=tuple(rules),
    )  # fmt: skip


def _together(found: Analysis) -> Table:
    names = found.card.spec.emotions
    rows = [
        (f"{names[i]} + {names[j]}", int(found.together_gold[i, j]), int(found.together_predicted[i, j]))
        for i, j in combinations(range(len(names)), 2)
    ]
    rows.sort(key=lambda row: -abs(row[2] - row[1]))
    return Table(
        title="Two emotions in one text",
        columns=(Column("pair"), Column("gold", "int"), Column("predicted", "int"), Column("too many", "int")),
        rows=tuple((*row, row[2] - row[1]) for row in rows),
        notes=("too many: predicted less gold; negative where the pair is predicted too rarely.",),
    )


def _sets(found: Analysis) -> Table:
    return Table(
        title="Most frequent wrong sets of labels",
        columns=(Column("gold"), Column("predicted"), Column("texts", "int")),
        rows=tuple((names_of(one.gold), names_of(one.predicted), one.texts) for one in found.set_errors),
        notes=(f"{found.wrong_sets:,} texts have a wrong set of labels in all.",),
    )


def _mistakes(found: Analysis, whole: bool) -> Table:
    some = found.mistakes or ()
    shown = any(one.text is not None for one in some)
    return Table(
        title="Most confident mistakes",
        columns=(
            Column("id"), Column("emotion"), Column("kind"), Column("confidence", "percent"),
            *([Column("text")] if shown else []),
        ),
        rows=tuple(
            (one.id, one.emotion, one.kind, one.confidence, *([excerpt(one.text, whole)] if shown else []))
            for one in some
        ),
        notes=("confidence: the probability that the system gave to its wrong answer.",),
    )  # fmt: skip


def _repetition(found: DuplicateTexts, whole: bool) -> Table:
    shown = any(one.text is not None for one in found.examples)
    return Table(
        title="Texts that stand in several rows",
        columns=(
            Column("ids"), Column("gold differs"), Column("predicted differs"), *([Column("text")] if shown else []),
        ),
        rows=tuple(
            (_few(one.ids), one.gold_differs, one.predicted_differs, *([excerpt(one.text, whole)] if shown else []))
            for one in found.examples
        ),
        notes=(
            f"{found.texts:,} texts stand in {found.rows:,} rows, up to case, width and spacing; "
            f"of {found.gold_differs:,} "
            f"the gold labels differ, of {found.predicted_differs:,} the predictions.",
        ),
    )  # fmt: skip


def _few(ids: Sequence[str]) -> str:
    return " ".join(ids[:2]) + (f" and {len(ids) - 2} more" if len(ids) > 2 else "")


def divergence_tables(found: ErrorComparison, task: Task, *, whole: bool = False) -> list[Table]:
    """Two files: how they share what is right, then texts that only one of them got right."""
    official = METRICS[found.first.metric].title
    parts = [("whole text", found.whole), *((one.emotion, one) for one in found.emotions)]
    rows = tuple((name, one.both, one.first, one.second, one.neither, one.first - one.second) for name, one in parts)
    shares = Table(
        title=f"Who is right{DOT}{heading(found.first, task)}",
        columns=(
            Column("label"), Column("both", "int"), Column("only a", "int"), Column("only b", "int"),
            Column("neither", "int"), Column("a less b", "int"),
        ),
        rows=rows,
        notes=(
            f"a: {found.first.file} ({official} {found.first.score:.4f})",
            f"b: {found.second.file} ({official} {found.second.score:.4f})",
            "Counts of texts. Whether the difference is more than chance: semeval-emo compare",
        ),
        rules=(0,),
    )  # fmt: skip
    made = [shares]
    for title, contrasts in (("Right only in a", found.first_right), ("Right only in b", found.second_right)):
        if contrasts:
            made.append(_contrasts(title, contrasts, whole))
    return made


def _contrasts(title: str, contrasts: Sequence[DisagreementExample], whole: bool) -> Table:
    shown = any(one.text is not None for one in contrasts)
    rows: list[tuple[Any, ...]] = [
        (one.id, names_of(one.gold), names_of(one.first), names_of(one.second), one.wrong)
        + ((excerpt(one.text, whole),) if shown else ())
        for one in contrasts
    ]
    return Table(
        title=title,
        columns=(
            Column("id"), Column("gold"), Column("a"), Column("b"), Column("wrong labels", "int"),
            *([Column("text")] if shown else []),
        ),
        rows=tuple(rows),
        notes=("Whole texts, those that the other missed by most labels first.",),
    )  # fmt: skip
