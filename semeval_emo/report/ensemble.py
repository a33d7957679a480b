"""The result of `ensemble` as terminal text and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semeval_emo.report.table import Column, Table
from semeval_emo.submission.combine import MEAN, EnsembleReport
from semeval_emo.text import GREEN, next_line, painted, plural, text_width, wrap


def ensemble_text(
    report: EnsembleReport, width: int | None = None, colour: bool = False, options: Sequence[str] = ()
) -> str:
    """Return what was combined and written, and the next command.

    Args:
        options: those that select files, for the next command.
    """
    columns = text_width(width)
    lines = [_method(report)]
    for file in report.files:
        lines += wrap("  ", f"{file.spec.place}: {', '.join(file.members)}", columns, 4)
        cells = file.spec.rows * len(file.spec.emotions)
        lines.append(f"    {file.differing:,} of {cells:,} labels differ between the files{_tied(report, file.ties)}")
    lines += ["", painted("Written", GREEN, on=colour)]
    lines += [f"  {file.path}  {file.spec.rows:,} rows" for file in report.files]
    for note in report.notes:
        lines += wrap("Note: ", note, columns, 6)
    target = report.out if len(report.files) > 1 else report.files[0].path
    return "\n".join([*lines, next_line("score", target, *options)])


def _method(report: EnsembleReport) -> str:
    files = plural(len(report.files[0].members), "file")
    if report.method != MEAN:
        median = " (median of the labels)" if any(len(file.spec.values) > 2 for file in report.files) else ""
        return f"Vote of {files}{median}"
    thresholds = report.thresholds
    if isinstance(thresholds, Mapping):
        limit = f"the thresholds are {', '.join(f'{name} {value:g}' for name, value in thresholds.items())}"
    else:
        limit = f"1 from {thresholds:g} on (--threshold)"
    return f"Mean of {files}; {limit}"


def _tied(report: EnsembleReport, ties: int) -> str:
    return f", {ties:,} of them are tied: {report.ties} (--ties)" if ties else ""


def ensemble_table(report: EnsembleReport) -> Table:
    """Return one row for each new file."""
    names = ("file", "release", "track", "language", "split", "rows", "members", "labels that differ", "ties")
    numbers = ("rows", "labels that differ", "ties")
    return Table(
        _method(report),
        tuple(Column(name, "int" if name in numbers else "text") for name in names),
        tuple(
            (file.path, *file.spec.address.values(), file.spec.rows, ", ".join(file.members), file.differing, file.ties)
            for file in report.files
        ),
        report.notes,
    )
