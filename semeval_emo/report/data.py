"""Tables and text of the `data` commands: files, problems, statistics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from semeval_emo.data.check import KINDS, DataCheck, FolderCheck
from semeval_emo.data.hub import Fetched
from semeval_emo.data.sources import DataSource
from semeval_emo.data.stats import Duplicates, Lengths, Stats
from semeval_emo.data.survey import DataFile, Folder
from semeval_emo.report.grid import text
from semeval_emo.report.table import Column, Table, cell, label_column
from semeval_emo.task import SPLITS, Task
from semeval_emo.text import plural, text_width, wrap

# Overlap below this share of the evaluation texts is counted but not listed, unless --all is given.
LEAST_SHARE = 0.01
# How many files with the same problem, and conflicting texts, are named.
MOST, MOST_CONFLICTS = 4, 3


def _columns(text: str, kinds: dict[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, kinds.get(name, "text")) for name in text.split("|"))


def _under(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# --- files ------------------------------------------------------------------------------------------------------------


def release_table(task: Task) -> Table:
    """Return the releases of a task."""
    rows = []
    for release in task.releases.values():
        what = "refused" if release.refused else "default" if release.key == task.default_release else ""
        rows.append((release.key, what, release.title, release.published, len(release.specs) or None))
    notes = tuple(f"{release.key}: {release.source}" for release in task.releases.values())
    return Table(
        f"Releases of {task.title}", _columns("release||title|published|files", {"files": "int"}), tuple(rows), notes
    )


def source_tables(folders: Iterable[tuple[DataSource, Folder]], one_by_one: bool = False) -> list[Table]:
    """Return a table for each source: folder by folder, or file by file."""
    by_source: dict[DataSource, list[Folder]] = {}
    for source, folder in folders:
        by_source.setdefault(source, []).append(folder)
    draw = _file_table if one_by_one else _folder_table
    return [draw(source, folders) for source, folders in by_source.items()]


def _folder_table(source: DataSource, folders: Sequence[Folder]) -> Table:
    rows = []
    for folder in folders:
        known = [one for one in folder.files if one.matches]
        tracks = " ".join(sorted({one.place[0] for one in known}))
        languages = sorted({one.place[1] for one in known})
        held = {one.place[2] for one in known}
        splits = " ".join(split for split in dict.fromkeys((*SPLITS, *sorted(held))) if split in held)
        rows.append(
            (_under(folder.path, source.root), release_words(folder), tracks, _names(languages), splits, len(known),
             sum(one.rows for one in known))
        )  # fmt: skip
    kinds = {"files": "int", "texts": "int"}
    return Table(_titled(source), _columns("folder|release|tracks|languages|splits|files|texts", kinds), tuple(rows))


def _file_table(source: DataSource, folders: Sequence[Folder]) -> Table:
    rows = tuple(
        (*one.place, one.rows, ", ".join(one.releases) or one.state, _under(one.path, source.root))
        for folder in folders
        for one in folder.files
    )
    return Table(_titled(source), _columns("track|language|split|texts|release|file", {"texts": "int"}), rows)


def _titled(source: DataSource) -> str:
    return f"Data in {source.root} ({source.name})" if source.name != "folder" else f"Data in {source.root}"


def _names(languages: Sequence[str], most: int = 3) -> str:
    return " ".join(languages) if len(languages) <= most else f"{len(languages)} languages"


def release_words(folder: Folder) -> str:
    """Return the release of a folder in words."""
    if folder.releases:
        return folder.releases[0]
    if not folder.tally:
        return "unknown"
    return "mixed: " + ", ".join(f"{release} ({count})" for release, count in folder.tally.items())


def fetch_table(files: Sequence[Fetched]) -> Table:
    """Return the fetched files with their releases, identified by hash."""
    rows = tuple(
        (one.track, one.language, one.split, one.rows, _proofs(one.proven) or "hub, unpinned",
         "fetched" if one.new else "in the cache")
        for one in files
    )  # fmt: skip
    shown = ", ".join(dict.fromkeys(one.shown for one in files))
    return Table(f"Fetched from {shown}", _columns("track|language|split|texts|known as|", {"texts": "int"}), rows)


def _proofs(proven: Sequence[str]) -> str:
    """`2025 a`, `2025 c`, `hub a` as ``2025 (a, c), hub (a)``."""
    tracks: dict[str, list[str]] = {}
    for one in proven:
        release, track = one.rsplit(" ", 1)
        tracks.setdefault(release, []).append(track)
    return ", ".join(f"{release} ({', '.join(keys)})" for release, keys in tracks.items())


# --- problems -------------------------------------------------------------------------------------------------------


def check_text(check: DataCheck, everything: bool, width: int | None = None, colour: bool = False) -> str:
    """Return the check as plain text, folder by folder, problems first.

    Args:
        everything: list every overlap, also small ones.
        width: columns of the terminal; None for 100.
    """
    columns = text_width(width)
    drawn = partial(text, width=width, colour=colour)
    blocks = []
    for one in check.folders:
        blocks.append("\n".join([str(one.folder.path), *wrap("", _headline(one, check), columns, 0)]))
        contents = contents_table(one.folder)
        blocks += [drawn(contents)] if contents.rows else []
        blocks += _odd_blocks(one, columns)
        for table in (leak_table(one, everything), conflict_table(one)):
            blocks += [drawn(table)] if table.rows else list(table.notes)
    if check.others:
        names = ", ".join(f"{_under(path, check.root)} ({plural(n, 'file')})" for path, n in check.others)
        lines = wrap("", f"Not gold labels of a known release, so probably predictions: {names}.", columns, 0)
        blocks.append("\n".join(lines))
    blocks.append(_verdict(check))
    return "\n\n".join(blocks)


def check_tables(check: DataCheck) -> list[Table]:
    """Return the check as tables: problems, overlap and conflicts of every folder."""
    tables = []
    for one in check.folders:
        odd = tuple((KINDS[o.kind], _under(o.path, one.folder.path), o.message, o.fix) for o in one.problems)
        tables += [
            contents_table(one.folder, f"{_headline(one, check)}"),
            Table("Problems", _columns("problem|file|seen|fix", {}), odd),
            leak_table(one),
            conflict_table(one),
        ]
    return [table for table in tables if table.rows]


def _headline(one: FolderCheck, check: DataCheck) -> str:
    folder, task = one.folder, check.task
    known = sum(bool(file.matches) for file in folder.files)
    if not folder.releases:
        return (
            f"No known release of {task.title}." if not folder.tally else f"No single release: {release_words(folder)}."
        )
    release = task.release(folder.releases[0])
    count = f"all {one.expected} files" if known == one.expected else f"{known} of {one.expected} files"
    if folder.proven == known:
        how = "identified by their hashes"
    elif folder.proven:
        how = f"{folder.proven} identified by their hashes, the others by their ids alone"
    else:
        how = "identified by their ids alone: the task file has no hashes for them"
    return f"Release {release.key} ({release.title}): {count}, {how}."


def contents_table(folder: Folder, title: str = "Contents") -> Table:
    """Return the contents of a folder, by track and split."""
    groups: dict[tuple[str, str], list[DataFile]] = {}
    for one in folder.files:
        if one.matches:
            groups.setdefault((one.place[0], one.place[2]), []).append(one)
    rows = tuple(
        (track, split, _names([one.place[1] for one in files]), sum(one.rows for one in files))
        for (track, split), files in groups.items()
    )
    return Table(title, _columns("track|split|languages|texts", {"texts": "int"}), rows)


def _odd_blocks(one: FolderCheck, width: int) -> list[str]:
    """Return a block for each kind of problem with its files."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for odd in one.problems:
        groups.setdefault((odd.kind, odd.message, odd.fix), []).append(_under(odd.path, one.folder.path))
    blocks = []
    for (kind, message, fix), names in groups.items():
        shown = ", ".join(names[:MOST]) + (f" and {plural(len(names) - MOST, 'more file')}" if names[MOST:] else "")
        lines = wrap("", f"PROBLEM  {shown}: {KINDS[kind]}", width, 2)
        blocks.append("\n".join([*lines, *wrap("  ", f"{message}.", width, 2), *wrap("  ", f"fix: {fix}", width, 2)]))
    return blocks


def _sides(places: Sequence[tuple[str, str]]) -> str:
    return f"{', '.join(track for track, _ in places)} {places[0][1]}"


def leak_table(one: FolderCheck, everything: bool = True) -> Table:
    """Return the texts that are also in an earlier split."""
    shown = [leak for leak in one.leaks if everything or leak.share >= LEAST_SHARE]
    rows = tuple(
        (leak.language, _sides(leak.train), _sides(leak.evaluation), leak.rows, leak.normalised, leak.share,
         leak.exact, leak.letters)
        for leak in sorted(shown, key=lambda leak: (leak.language, -leak.share))
    )  # fmt: skip
    left = len(one.leaks) - len(shown)
    notes = []
    if left and shown:
        notes.append(f"{plural(left, 'more pair')} of splits share less than 1 % of their texts; --all lists them.")
    elif left:
        pairs = "1 pair shares" if left == 1 else f"{left:,} pairs share"
        notes.append(f"No split shares 1 % or more of its texts with an earlier split; {pairs} less (see --all).")
    if rows:
        notes.append(
            "Shared: equal after NFKC, case folding and joining of spaces; letters: equal in letters, marks and digits."
        )
    kinds = {"texts": "int", "shared": "int", "share": "percent", "exact": "int"}
    return Table(
        "Texts that are also in an earlier split: training on that split leaks test texts",
        (
            Column("language"), Column("earlier split", key="stands in"),
            *_columns("evaluated in|texts|shared|share|exact", kinds), Column("letters", "int", key="bare"),
        ),
        rows, tuple(notes),
    )  # fmt: skip


def conflict_table(one: FolderCheck) -> Table:
    """Return the duplicate texts with different labels."""
    rows = tuple((*c.place, c.texts, c.conflicting, " ".join(c.ids[:2])) for c in one.conflicts)
    return Table(
        "Duplicate texts with different labels",
        (
            *_columns("track|language|split", {}), Column("duplicates", "int", key="repeated"),
            Column("in conflict", "int"), Column("examples", key="such as"),
        ),
        rows,
    )  # fmt: skip


def _verdict(check: DataCheck) -> str:
    count = len(check.problems)
    return f"{plural(count, 'problem')}." if count else "No problems."


# --- statistics of files ---------------------------------------------------------------------------------------------


def file_tables(stats: Stats) -> list[Table]:
    """Return all statistics of one file."""
    tables = [_emotions_table(stats), _together(stats)]
    if stats.characters is not None and stats.words is not None:
        tables.append(_lengths(stats, {"characters": stats.characters, "words": stats.words}))
    return tables


def _emotions_table(stats: Stats) -> Table:
    spec = stats.spec
    intensities = spec.values[1:] if len(spec.values) > 2 else ()
    columns = [label_column(spec), Column("texts", "int"), Column("share", "percent")]
    columns += [Column(f"intensity {value}", "int", key=f"degree {value}") for value in intensities]
    rows = tuple(
        (name, count, share, *(by_value[1:] if intensities else ()))
        for name, count, share, by_value in zip(
            spec.emotions, stats.positives, stats.prevalence, stats.intensities, strict=True
        )
    )
    notes = (
        f"Without any {spec.label_noun}: {stats.neutral:,} ({cell(stats.neutral / stats.rows, 'percent')}); "
        f"with two or more: {stats.multiple:,} ({cell(stats.multiple / stats.rows, 'percent')}).",
        f"{spec.label_noun.capitalize()}s per text: {stats.cardinality:.2f} on average, {stats.most} at most; "
        f"{stats.combinations} different combinations.",
    )
    return Table(f"{spec.place}: {stats.rows:,} texts", tuple(columns), rows, notes)


def _together(stats: Stats) -> Table:
    """Return the emotion co-occurrence, as the upper triangle."""
    names = stats.spec.emotions
    rows = tuple((one, *(stats.cooccurrence.get((one, other)) for other in names[1:])) for one in names[:-1])
    title = f"{stats.spec.label_noun.capitalize()} co-occurrence: number of texts"
    return Table(title, (Column(""), *(Column(name, "int") for name in names[1:])), rows)


def _lengths(stats: Stats, lengths: dict[str, Lengths]) -> Table:
    rows = tuple((name, one.mean, one.median, one.p95, one.longest, one.shortest) for name, one in lengths.items())
    kinds = {"mean": "decimal", "median": "decimal", "95th percentile": "decimal", "longest": "int", "shortest": "int"}
    columns = (Column(""), *(Column(name, kind) for name, kind in kinds.items()))
    return Table("Text lengths", columns, rows, _duplicates(stats.duplicates))


def _duplicates(duplicates: Duplicates | None) -> tuple[str, ...]:
    if duplicates is None or not duplicates.texts:
        return () if duplicates is None else ("No duplicate texts.",)
    lines = [
        f"Duplicate texts: {duplicates.texts:,} ({plural(duplicates.rows, 'extra row')}), "
        f"{duplicates.conflicting:,} of them with different labels."
    ]
    for ids in duplicates.conflicts[:MOST_CONFLICTS]:
        more = f" and {len(ids) - 2} more" if len(ids) > 2 else ""
        lines.append(f"  in conflict: {ids[0]} {ids[1]}{more}")
    if duplicates.conflicting > MOST_CONFLICTS:
        lines.append(f"  and {duplicates.conflicting - MOST_CONFLICTS} more such texts")
    return tuple(lines)


def many_table(files: Sequence[Stats], emotions: Sequence[str]) -> Table:
    """Return one row per file; what all files have in common is in the title."""
    specs = [stats.spec for stats in files]
    noun = specs[0].label_noun
    common = [name for name in ("release", "track", "language", "split") if len({getattr(s, name) for s in specs}) == 1]
    named = [name for name in ("release", "track", "language", "split") if name not in common]
    emotions = [name for name in emotions if any(name in spec.emotions for spec in specs)]
    without = f"no {noun}" if "neutral" in emotions else "neutral"
    rows = []
    for stats in files:
        share = dict(zip(stats.spec.emotions, stats.prevalence, strict=True))
        rows.append(
            (*(getattr(stats.spec, name) for name in named), stats.rows, *map(share.get, emotions),
             stats.neutral / stats.rows, stats.cardinality, stats.words and stats.words.mean,
             stats.duplicates and stats.duplicates.rows)
        )  # fmt: skip
    columns = (
        *(Column({"language": "lang"}.get(name, name)) for name in named), Column("texts", "int"),
        *(Column(name, "percent") for name in emotions),
        Column(without, "percent"), Column("labels", "decimal2"), Column("words", "decimal"),
        Column("duplicates", "int", key="copies"),
    )  # fmt: skip
    notes = (
        f"Share of texts with each {noun} (intensities: above 0); {without}: without any {noun};",
        f"labels: {noun}s per text; words: mean length; duplicates: rows with a text of an earlier row.",
    )
    words = [f"track {getattr(specs[0], name)}" if name == "track" else getattr(specs[0], name) for name in common]
    return Table(" ".join(["Label prevalence:", *words]), columns, tuple(rows), notes)
