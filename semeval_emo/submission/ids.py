"""Check the ids of a file: find the files of the task it belongs to, and missing, surplus and other ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from semeval_emo.submission.identify import (
    Groups,
    assumed_spec,
    exact_specs,
    matching_specs,
    refused_release,
)
from semeval_emo.submission.problem import EXAMPLES, Findings
from semeval_emo.submission.result import Part
from semeval_emo.submission.rows import LabelColumns, RowsById, RowSummary
from semeval_emo.task import SPLITS, FileSpec, IdList, Selector, Task, id_prefix
from semeval_emo.text import listed, plural

# The most files of the task in one file that are reported one by one.
FEW = 2
SUBSET = "; score --subset scores the rows that are there"


def check_ids(
    summary: RowSummary,
    task: Task,
    selector: Selector,
    inferred: Selector,
    label_columns: Callable[[FileSpec], LabelColumns],
    findings: Findings,
) -> list[Part]:
    """Return the parts of the file, the main one first, and report the problems of the ids.

    Args:
        label_columns: returns the columns that the labels of a part were read from.
    """
    groups = task.id_index.by_group([*summary.rows])
    specs = matching_specs(groups, task, selector, inferred)
    if not specs:
        _report_no_match(summary, groups, task, selector, inferred, findings)
        return []
    parts = [_part(spec, summary, groups, label_columns(spec), task) for spec in specs]
    main = parts[0]
    _check_address(main.spec, selector, inferred, task, findings)
    _report_mixture(parts, groups, task, findings)

    refused = refused_release(groups, summary.past_end, task)
    own_groups = _own_groups(main.spec, groups, task)
    exact = exact_specs(groups, task) or exact_specs(own_groups, task)
    is_complete = main.rows == main.spec.rows
    own_rows = sum(map(len, own_groups.values()))
    if refused and (summary.past_end or not is_complete):
        findings.add("refused-release", value=refused, rows=len(summary.rows) + sum(summary.past_end.values()),
                     why=task.releases[refused].refused, expected=main.spec.rows, place=main.spec.place)  # fmt: skip
    elif exact and not summary.past_end and not (is_complete and own_rows == main.rows):
        findings.add("other-release", value=f"{exact[0].rows} ids", other=exact[0].release, place=exact[0].place,
                     rows=exact[0].rows, release=main.spec.release, expected=f"{main.spec.rows:,} rows")  # fmt: skip
    else:
        _report_surplus(summary, main.spec, own_groups, findings)
        if len(parts) <= FEW:
            _report_missing(main, summary.rows, findings)
    if is_complete:
        _check_order(main.spec, summary.rows, findings)
    for part in parts if len(parts) <= FEW else [part for part in parts if part.is_complete]:
        _check_labels(part.spec, summary.rows, label_columns(part.spec).emotions, findings)
    return parts


def _own_groups(spec: FileSpec, groups: Groups, task: Task) -> Groups:
    return {group: groups[group] for group in task.id_index.groups_of(spec) if group in groups}


def _part(spec: FileSpec, summary: RowSummary, groups: Groups, columns: LabelColumns, task: Task) -> Part:
    rows = summary.rows
    ids = [text_id for text_id in spec.ids if text_id in rows]
    lines = [rows[text_id][0] for text_id in ids]
    has_columns = columns.is_complete and columns.emotions == spec.emotions
    # The labels may have been parsed for another part, whose track allows more values.
    allowed = {int(text) for text in spec.values}
    has_labels = has_columns and all(
        (labels := rows[text_id][1]) is not None and text_id not in summary.conflicting and allowed.issuperset(labels)
        for text_id in ids
    )
    is_complete = len(ids) == spec.rows
    exact = exact_specs(_own_groups(spec, groups, task), task)
    releases = tuple(other.release for other in exact if other.track == spec.track)
    lines_of = (min(lines), max(lines))
    return Part(
        spec, len(ids), lines_of, releases, has_labels and is_complete, has_columns, has_labels and not is_complete
    )


def _report_no_match(
    summary: RowSummary, groups: Groups, task: Task, selector: Selector, inferred: Selector, findings: Findings
) -> None:
    """Report that no id belongs to the requested release."""
    release = selector.release or task.default_release
    if groups:
        exact = exact_specs(groups, task)
        spec = exact[0] if exact else next(spec for group in groups for spec in task.id_index.groups[group])
        first_id, (line, _) = next(iter(summary.rows.items()))
        findings.add("other-release", value=first_id, line=line, other=spec.release, place=spec.place,
                     rows=len(summary.rows), release=release, expected="no ids of this form")  # fmt: skip
        return
    assumed = assumed_spec(task, selector, inferred)
    if assumed is not None:
        _report_past_end(summary, assumed, findings)
    if summary.count:
        example = assumed or (task.specs(release) or task.specs())[0]
        findings.add("no-known-id", example=example.ids[0], rows=summary.count)
    track = selector.track or inferred.track
    language = selector.language or inferred.language
    if track and language and not task.specs(release, track, language):
        known = sorted({spec.language for spec in task.specs(release, track)})
        findings.add("no-such-file", track=track, language=language, release=release, known=", ".join(known))


def _check_address(spec: FileSpec, selector: Selector, inferred: Selector, task: Task, findings: Findings) -> None:
    """Compare the track, language and split of the ids with the options, the name and the folder."""
    for name, actual, expected, who in (
        ("wrong-track", spec.track, selector.track, "--track"),
        ("wrong-track", spec.track, inferred.track, "the file or folder name"),
        ("wrong-language", spec.language, selector.language, "--language"),
        ("wrong-language", spec.language, inferred.language, "the file name"),
        ("wrong-split", spec.split, selector.split, "--split"),
    ):
        if expected in (None, actual) or (who.startswith("the") and selector.track == actual):
            continue
        no_file = name == "wrong-track" and not task.specs(spec.release, expected, spec.language)
        findings.add(name, value=expected, ids=actual, who=who, place=spec.place, official=spec.file_name,
                     otherwise=f"use {who} {actual}" if who.startswith("--") else "rename it",
                     none=f" (it has no '{spec.language}')" if no_file else "")  # fmt: skip
    if spec.split == SPLITS[0] and selector.split is None:
        findings.add("train-split", place=spec.place)


def _report_mixture(parts: Sequence[Part], groups: Groups, task: Task, findings: Findings) -> None:
    """Report the rows of other tracks, splits or languages, one problem for each part; or for all if they are many."""
    main, *others = parts
    if len(parts) > FEW:
        complete = sum(part.is_complete for part in parts)
        listed_parts = listed([f"{part.rows:,} of {part.spec.rows:,} rows of {part.spec.place}" for part in parts])
        findings.add("mixed-files", rows=sum(part.rows for part in parts), files=len(parts), parts=listed_parts,
                     complete=f"{complete:,}" if complete else "none")  # fmt: skip
        return
    names = [
        spec.release
        for spec in exact_specs(groups, task)
        if spec.release != main.spec.release and spec.emotions == main.spec.emotions
    ]
    rule = f"; a file like this belongs to release {' or '.join(names)} (--release {names[0]})" if names else ""
    all_rows = sum(part.rows for part in parts)
    for part in others:
        if part.spec.language != main.spec.language:
            name, value = "mixed-languages", part.spec.language
        elif part.spec.split != main.spec.split:
            name, value = "mixed-splits", part.spec.split
        else:
            name, value = "mixed-tracks", part.spec.track
        first, last = part.lines
        lines = f"lines {first} to {last} are" if last > first else f"line {first} is"
        findings.add(name, line=first, value=value, all_rows=all_rows, track=main.spec.track,
                     own=main.spec.rows, rows=part.rows, of=part.spec.rows, lines=lines,
                     place=part.spec.place, main_rows=main.rows, main=main.spec.place, rule=rule)  # fmt: skip


def _report_surplus(summary: RowSummary, spec: FileSpec, groups: Groups, findings: Findings) -> None:
    """Report ids that have the form of the file's ids but are not among them."""
    _report_past_end(summary, spec, findings)
    # Another release has these ids.
    for ids in groups.values():
        surplus = [text_id for text_id in ids if text_id not in spec.id_set]
        for text_id in surplus[:EXAMPLES]:
            line, where = summary.rows[text_id][0], f"ids end at {spec.ids[-1]}"
            findings.add("extra-id", line=line, column="id", value=text_id, where=where, place=spec.place)
        findings.more("extra-id", len(surplus) - EXAMPLES)


def _report_past_end(summary: RowSummary, spec: FileSpec, findings: Findings) -> None:
    for line, text in summary.past_end_examples:
        where = f"ids end at {spec.ids[-1]}"
        if not text[len(id_prefix(text)) :].strip("0"):
            where = f"ids begin at {spec.ids[0]}; if yours are numbered from 0, every row has the previous id"
        findings.add("extra-id", line=line, column="id", value=text, where=where, place=spec.place)
    findings.more("extra-id", sum(summary.past_end.values()) - len(summary.past_end_examples))


def _report_missing(part: Part, rows: RowsById, findings: Findings) -> None:
    """Report the missing ids: one problem for each run of numbered ones, one for all that have no form."""
    facts: dict[str, Any] = {
        "column": "id", "place": part.spec.place, "otherwise": SUBSET if part.is_subset else "",
        "unlabelled": _unlabelled(part.spec),
    }  # fmt: skip
    if any(isinstance(block, IdList) for block in part.spec.blocks):
        missing = [text_id for text_id in part.spec.ids if text_id not in rows]
        if missing:
            more = f" and {plural(len(missing) - 1, 'other id')}" if len(missing) > 1 else ""
            findings.add("missing-id", value=missing[0], count=len(missing), more=more, **facts)
        return
    run: list[str] = []
    for text_id in [*part.spec.ids, ""]:
        if text_id and text_id not in rows:
            run.append(text_id)
        elif run:
            more = f" to {run[-1]} ({len(run):,} ids)" if len(run) > 1 else ""
            findings.add("missing-id", value=run[0], count=len(run), more=more, **facts)
            run = []


def _unlabelled(spec: FileSpec) -> str:
    """Return how a prediction file has a text without labels."""
    layout = spec.layout.predictions
    if layout.labels == "columns":
        return "a row of zeros"
    return f"a row with {layout.no_label}" if layout.no_label else "a row with no label"


def _check_order(spec: FileSpec, rows: RowsById, findings: Findings) -> None:
    """Warn if the rows are in another order than in the test file."""
    for actual, expected in zip((text_id for text_id in rows if text_id in spec.id_set), spec.ids, strict=True):
        if actual != expected:
            findings.add("row-order", line=rows[actual][0], column="id", value=actual, expected=expected)
            return


def _check_labels(spec: FileSpec, rows: RowsById, emotions: Sequence[str], findings: Findings) -> None:
    """Warn if a column or the whole file has one value only, if neutral is not alone, or if intensities are low."""
    own = [text_id for text_id in spec.ids if text_id in rows]
    labels = [rows[text_id][1] for text_id in own]
    if spec.neutral and tuple(emotions) == spec.emotions:
        both = [text_id for text_id in own if (row := rows[text_id][1]) and spec.contradicts_neutral(row)]
        if both:
            findings.add(
                "neutral-with-other", line=rows[both[0]][0], column=spec.neutral, value=both[0], rows=len(both)
            )
    valid = [row for row in labels if row is not None]
    if len(valid) < 2 or len(valid) < len(labels):
        return
    # Until each part is read by its own columns, the labels are those of the main part; another part may have fewer.
    columns = {name: set(column) for name, column in zip(emotions, zip(*valid, strict=True), strict=True)}
    columns = {name: columns[name] for name in spec.emotions if name in columns}
    values = set().union(*columns.values())
    if not values - {0}:
        findings.add("all-zero", place=spec.place, rows=len(valid))
        return
    for name, column in columns.items():
        if len(column) == 1:
            value = str(next(iter(column)))
            findings.add("constant-column", column=name, value=value, place=spec.place, rows=len(valid))
    if len(spec.values) > 2 and max(values) == 1 and any(len(column) > 1 for column in columns.values()):
        findings.add("no-degrees", place=spec.place, rows=len(valid), highest=spec.values[-1])
