"""Draws what the rows of data files are like: one file in full, or many as one line each."""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.data.stats import Duplicates, Lengths, Stats
from semeval_emo.report.table import Column, Table, cell

# How many conflicting texts are named.
MOST = 3


def file_tables(stats: Stats) -> list[Table]:
    """Everything about one file."""
    tables = [_emotions(stats), _together(stats)]
    if stats.characters is not None and stats.words is not None:
        tables.append(_lengths(stats, {"characters": stats.characters, "words": stats.words}))
    return tables


def _emotions(stats: Stats) -> Table:
    spec = stats.spec
    degrees = spec.values[1:] if len(spec.values) > 2 else ()
    columns = [Column("emotion"), Column("texts", "int"), Column("share", "percent")]
    columns += [Column(f"degree {value}", "int") for value in degrees]
    rows = tuple(
        (name, count, share, *(by_value[1:] if degrees else ()))
        for name, count, share, by_value in zip(
            spec.emotions, stats.positives, stats.prevalence, stats.degrees, strict=True
        )
    )
    notes = (
        f"Without any emotion: {stats.neutral:,} ({cell(stats.neutral / stats.rows, 'percent')}); "
        f"with two or more: {stats.multiple:,} ({cell(stats.multiple / stats.rows, 'percent')}).",
        f"Emotions a text: {stats.cardinality:.2f} in the mean, {stats.most} at most; "
        f"{stats.combinations} different combinations.",
    )
    return Table(f"{spec.place}: {stats.rows:,} texts", tuple(columns), rows, notes)


def _together(stats: Stats) -> Table:
    """How often two emotions stand in one text: the upper triangle."""
    names = stats.spec.emotions
    rows = tuple((one, *(stats.cooccurrence.get((one, other)) for other in names[1:])) for one in names[:-1])
    return Table("Texts with both emotions", (Column(""), *(Column(name, "int") for name in names[1:])), rows)


def _lengths(stats: Stats, lengths: dict[str, Lengths]) -> Table:
    rows = tuple((name, one.mean, one.median, one.p95, one.longest, one.shortest) for name, one in lengths.items())
    kinds = {"mean": "decimal", "median": "decimal", "95th percentile": "decimal", "longest": "int", "shortest": "int"}
    columns = (Column(""), *(Column(name, kind) for name, kind in kinds.items()))
    return Table("Text lengths", columns, rows, _copies(stats.duplicates))


def _copies(copies: Duplicates | None) -> tuple[str, ...]:
    if copies is None or not copies.texts:
        return () if copies is None else ("No text comes more than once.",)
    word = "row" if copies.rows == 1 else "rows"
    lines = [
        f"Texts that come more than once: {copies.texts:,} ({copies.rows:,} surplus {word}), "
        f"{copies.conflicting:,} of them with different labels."
    ]
    for ids in copies.conflicts[:MOST]:
        more = f" and {len(ids) - 2} more" if len(ids) > 2 else ""
        lines.append(f"  in conflict: {ids[0]} {ids[1]}{more}")
    if copies.conflicting > MOST:
        lines.append(f"  and {copies.conflicting - MOST} more such texts")
    return tuple(lines)


def many_table(found: Sequence[Stats], emotions: Sequence[str]) -> Table:
    """One line a file; what all files have in common stands in the title."""
    specs = [stats.spec for stats in found]
    common = [name for name in ("release", "track", "language", "split") if len({getattr(s, name) for s in specs}) == 1]
    named = [name for name in ("release", "track", "language", "split") if name not in common]
    emotions = [name for name in emotions if any(name in spec.emotions for spec in specs)]
    rows = []
    for stats in found:
        share = dict(zip(stats.spec.emotions, stats.prevalence, strict=True))
        rows.append(
            (*(getattr(stats.spec, name) for name in named), stats.rows, *map(share.get, emotions),
             stats.neutral / stats.rows, stats.cardinality, stats.words and stats.words.mean,
             stats.duplicates and stats.duplicates.rows)
        )  # fmt: skip
    columns = (
        *(Column({"language": "lang"}.get(name, name)) for name in named), Column("texts", "int"),
        *(Column(name, "percent") for name in emotions),
        Column("neutral", "percent"), Column("labels", "decimal2"), Column("words", "decimal"), Column("copies", "int"),
    )  # fmt: skip
    notes = (
        "Shares of texts in which an emotion is present (above 0 in a track of degrees); neutral: in none;",
        "labels: emotions a text; words: mean length; copies: rows whose text stood before.",
    )
    words = [f"track {getattr(specs[0], name)}" if name == "track" else getattr(specs[0], name) for name in common]
    return Table(" ".join(["Label prevalence:", *words]), columns, tuple(rows), notes)
