"""The verdict over the ids of a file: which file it is, what is missing, surplus or foreign.

Comes after the pass over the rows, when every id has been seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from semeval_emo.submission import identify
from semeval_emo.submission.cells import Labels
from semeval_emo.submission.identify import Inferred, grouped, prefix_of
from semeval_emo.submission.problem import EXAMPLES, Findings
from semeval_emo.submission.result import Part
from semeval_emo.submission.rows import Rows
from semeval_emo.task import SPLITS, FileSpec, Selector, Task

Kept = dict[str, tuple[int, Labels | None]]


def check_ids(
    rows: Rows, task: Task, selector: Selector, hints: Inferred, emotions: Sequence[str], found: Findings
) -> list[Part]:
    """Decides which file of the task the ids are, and reports what does not fit.

    Args:
        emotions: the columns that the labels were read from.

    Returns:
        The parts of the file, the meant one first.
    """
    kept = rows.kept
    groups = grouped(kept)
    specs = identify.parts_of(groups, task, selector, hints)
    if not specs:
        _report_none(rows, groups, task, selector, hints, found)
        return []
    parts = [_part(spec, rows, groups, emotions, task) for spec in specs]
    main, others = parts[0], parts[1:]
    _check_address(main.spec, selector, hints, task, found)
    _check_mixture(main, others, kept, groups, task, found)

    refused = identify.refused_by(groups, rows.beyond, task)
    exact = identify.fitting(groups, task) or identify.fitting(_own(main.spec, groups), task)
    is_whole = main.held == main.spec.rows
    own = sum(map(len, _own(main.spec, groups).values()))
    if refused and (rows.beyond or not is_whole):
        found.add("refused-release", value=refused, rows=len(kept) + sum(rows.beyond.values()),
                  why=task.releases[refused].refused, expected=main.spec.rows, place=main.spec.place)  # fmt: skip
    elif exact and not rows.beyond and not (is_whole and own == main.held):
        _report_release(main.spec, exact[0], found)
    else:
        _report_surplus(rows, main.spec, kept, groups, found)
        _report_missing(main, kept, found)
    if is_whole:
        _check_order(main.spec, kept, found)
    for part in parts:
        _check_labels(part.spec, kept, emotions, found)
    return parts


def _own(spec: FileSpec, groups: identify.Groups) -> dict[str, list[str]]:
    prefixes = {block.prefix for block in spec.blocks}
    return {prefix: list(ids) for prefix, ids in groups.items() if prefix in prefixes}


def _part(spec: FileSpec, rows: Rows, groups: identify.Groups, emotions: Sequence[str], task: Task) -> Part:
    kept = rows.kept
    held = [one for one in spec.ids if one in kept]
    lines = [kept[one][0] for one in held]
    whole = len(held) == spec.rows and spec.emotions == tuple(emotions)
    # Labels were judged by the values of the meant part; a part of another track may take fewer.
    allowed = {int(text) for text in spec.values}
    good = whole and all(
        (labels := kept[one][1]) is not None and one not in rows.conflicting and allowed.issuperset(labels)
        for one in held
    )
    releases = tuple(one.release for one in identify.fitting(_own(spec, groups), task) if one.track == spec.track)
    return Part(spec, len(held), (min(lines), max(lines)), releases, good)


def _report_none(
    rows: Rows, groups: identify.Groups, task: Task, selector: Selector, hints: Inferred, found: Findings
) -> None:
    """No id belongs to the release asked for."""
    release = selector.release or task.default_release
    if groups:
        exact = identify.fitting(groups, task)
        near = exact[0] if exact else next(spec for prefix in groups for spec in task.by_prefix[prefix])
        found.add("other-release", value=next(iter(rows.kept)), line=rows.kept[next(iter(rows.kept))][0],
                  other=near.release, place=near.place, rows=len(rows.kept), release=release,
                  expected="no ids of this form")  # fmt: skip
        return
    meant = identify.assumed(task, selector, hints)
    if meant is not None:
        _report_beyond(rows, meant, found)
    if rows.count:
        example = meant.ids[0] if meant else next(iter(task.release(release).specs.values())).ids[0]
        found.add("no-known-id", example=example, rows=rows.count)
    asked = selector.track or hints.track
    language = selector.language or hints.language
    if asked and language and not task.specs(release, asked, language):
        found.add("no-such-file", track=asked, language=language, release=release,
                  known=", ".join(sorted({s.language for s in task.specs(release, asked)})))  # fmt: skip


def _report_release(spec: FileSpec, other: FileSpec, found: Findings) -> None:
    found.add("other-release", value=f"{other.rows} ids", other=other.release, place=other.place, rows=other.rows,
              release=spec.release, expected=f"{spec.rows:,} rows")  # fmt: skip


def _check_address(spec: FileSpec, selector: Selector, hints: Inferred, task: Task, found: Findings) -> None:
    """Compares what the ids say with the name, the folder and the options."""
    for name, said, asked, who in (
        ("wrong-track", spec.track, selector.track, "--track"),
        ("wrong-track", spec.track, hints.track, "the file or folder name"),
        ("wrong-language", spec.language, selector.language, "--language"),
        ("wrong-language", spec.language, hints.language, "the file name"),
        ("wrong-split", spec.split, selector.split, "--split"),
    ):
        if asked is not None and asked != said and not (who.startswith("the") and selector.track == said):
            found.add(name, value=asked, ids=said, who=who, place=spec.place, official=spec.file_name,
                      none=_none(task, name, spec, asked))  # fmt: skip
    if spec.split == SPLITS[0] and selector.split is None:
        found.add("train-split", place=spec.place)


def _none(task: Task, name: str, spec: FileSpec, asked: str) -> str:
    """What to add where a file was asked for that the task does not have."""
    if name != "wrong-track" or task.specs(spec.release, asked, spec.language):
        return ""
    return f" (it has no '{spec.language}')"


def _check_mixture(
    main: Part, others: Sequence[Part], kept: Kept, groups: identify.Groups, task: Task, found: Findings
) -> None:
    """Reports rows of other tracks, splits or languages; one problem for each such part."""
    whole = [
        spec
        for spec in identify.fitting(groups, task)
        if spec.release != main.spec.release and spec.emotions == main.spec.emotions
    ]
    names = [spec.release for spec in whole]
    rule = f"; a file like this belongs to release {' or '.join(names)} (--release {names[0]})" if whole else ""
    for part in others:
        if part.spec.language != main.spec.language:
            name, what = "mixed-languages", part.spec.language
        elif part.spec.split != main.spec.split:
            name, what = "mixed-splits", part.spec.split
        else:
            name, what = "mixed-tracks", part.spec.track
        all_rows = main.held + sum(one.held for one in others)
        found.add(name, line=part.lines[0], value=what, all_rows=all_rows, track=main.spec.track,
                  own=main.spec.rows, rows=part.held, of=part.spec.rows, last=part.lines[1],
                  place=part.spec.place, beside=main.held, main=main.spec.place, rule=rule)  # fmt: skip


def _report_surplus(rows: Rows, spec: FileSpec, kept: Kept, groups: identify.Groups, found: Findings) -> None:
    """Reports ids formed like the file's that it does not have."""
    _report_beyond(rows, spec, found)
    # Ids that another release has, but not this one.
    for prefix in {block.prefix for block in spec.blocks}:
        extra = [one for one in groups.get(prefix, ()) if one not in spec.id_set]
        for one in extra[:EXAMPLES]:
            found.add("extra-id", line=kept[one][0], column="id", value=one, where=f"ids end at {spec.ids[-1]}")
        found.more("extra-id", len(extra) - EXAMPLES)


def _report_beyond(rows: Rows, spec: FileSpec, found: Findings) -> None:
    for line, text in rows.beyond_first:
        where = f"ids end at {spec.ids[-1]}"
        if not text[len(prefix_of(text)) :].strip("0"):
            where = f"ids begin at {spec.ids[0]}: numbered from 0, every row may stand at the text before its own"
        found.add("extra-id", line=line, column="id", value=text, where=where)
    found.more("extra-id", sum(rows.beyond.values()) - len(rows.beyond_first))


def _report_missing(part: Part, kept: Kept, found: Findings) -> None:
    """Names the ids that are missing, a run of neighbours in one problem."""
    run: list[str] = []
    for one in [*part.spec.ids, ""]:
        if one and one not in kept:
            run.append(one)
        elif run:
            more = f" to {run[-1]} ({len(run):,} ids)" if len(run) > 1 else ""
            found.add("missing-id", column="id", value=run[0], count=len(run), more=more, place=part.spec.place)
            run = []


def _check_order(spec: FileSpec, kept: Kept, found: Findings) -> None:
    """Warns of rows that are all there, in another order than the test file's."""
    own = (one for one in kept if one in spec.id_set)
    for seen, expected in zip(own, spec.ids, strict=True):
        if seen != expected:
            found.add("row-order", line=kept[seen][0], column="id", value=seen, expected=expected)
            return


def _check_labels(spec: FileSpec, kept: Kept, emotions: Sequence[str], found: Findings) -> None:
    """Warns of columns that hold one value only, of files without any emotion, and of degrees that are none."""
    labels = [kept[one][1] for one in spec.ids if one in kept]
    good = [one for one in labels if one is not None]
    if len(good) < 2 or len(good) < len(labels):
        return
    # Labels were read in the columns of the meant part; another part may have fewer.
    columns = {name: set(column) for name, column in zip(emotions, zip(*good, strict=True), strict=True)}
    columns = {name: columns[name] for name in spec.emotions if name in columns}
    seen = set().union(*columns.values())
    if not seen - {0}:
        found.add("all-zero", place=spec.place, rows=len(good))
        return
    for name, column in columns.items():
        if len(column) == 1:
            found.add("constant-column", column=name, value=str(next(iter(column))), place=spec.place, rows=len(good))
    if len(spec.values) > 2 and max(seen) == 1 and any(len(column) > 1 for column in columns.values()):
        found.add("no-degrees", place=spec.place, rows=len(good), highest=spec.values[-1])


__all__ = ["Kept", "check_ids", "prefix_of"]
