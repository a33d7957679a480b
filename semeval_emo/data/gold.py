"""Load gold labels and texts, with their release identified by hash."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from semeval_emo.data.cache import Manifest, fetched, read_manifest
from semeval_emo.data.folder import Candidate, candidates
from semeval_emo.data.hub import fetch, hub_release, remedies
from semeval_emo.data.identity import Match, identify
from semeval_emo.data.sample import sample_folder
from semeval_emo.data.sheet import Sheet, read_sheet
from semeval_emo.errors import InputError, ReleaseMismatch, UsageError
from semeval_emo.task import FileKey, FileSpec, Task, load_task, short_hash

DATA_VARIABLE = "SEMEVAL_EMO_DATA"
UNKNOWN = "unknown"
SAMPLE = "sample"
HUB = "hub"
# Maximum number of files that an error names.
MOST = 3


@dataclass(frozen=True, eq=False)
class Gold:
    """Texts and gold labels of one file.

    Attributes:
        spec: the file that was asked for. Its release is ``unknown`` if the ids match but the labels
            belong to no known release.
        ids: in file order.
        texts: in file order; None if the file has labels only.
        labels: shape (n, L), int8, columns in the order of `spec.emotions`; -1 for a blank cell if
            blanks are allowed.
        source: the path, or repository and revision on the hub, for messages.
        releases: all releases that the file belongs to, the default first; empty if unknown.
        note: a warning about the rows; may be empty.
    """

    spec: FileSpec
    ids: tuple[str, ...]
    texts: tuple[str, ...] | None
    labels: np.ndarray
    source: str
    releases: tuple[str, ...]
    note: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def hash(self) -> str:
        """`short_hash` of ``id<TAB>label<TAB>...`` lines in the order of ids."""
        rows = ("\t".join(map(str, row)) for row in self.labels.tolist())
        return short_hash(sorted(f"{i}\t{row}" for i, row in zip(self.ids, rows, strict=True)))


def load_gold(
    track: str,
    language: str,
    split: str = "test",
    *,
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    labels_required: bool = True,
) -> Gold:
    """Load the gold labels and texts of one file of a task.

    Args:
        track: ``a``, ``b`` or ``c``.
        language: a code of the task, such as ``eng``.
        split: ``train``, ``dev`` or ``test``.
        release: a release of the task; None for the default (the competition).
        source: a folder (one release or several, see docs/data.md), a CSV file, ``hub``,
            ``sample``, or None to try ``$SEMEVAL_EMO_DATA``, then the fetched cache, then the hub.
        task: a task or its name; None for the default, or the sample's task if that is the source.
        labels_required: False allows blank labels (-1), for splits to be predicted.

    Raises:
        UsageError: an unknown track, language, split or release.
        InputError: the file is missing or unreadable, or its labels are blank.
        ReleaseMismatch: the file belongs to another release.

    >>> gold = load_gold("a", "eng", source="sample")
    >>> gold.labels.shape, gold.releases
    ((200, 5), ('1',))
    """
    if not isinstance(task, Task):
        task = load_task(SAMPLE if task is None and str(source) == SAMPLE else task)
    chosen = task.release(release)
    if chosen.refused:
        raise ReleaseMismatch(f"Release {chosen.key} ({chosen.title}) is refused: {chosen.refused}.")
    return gold_for(task.spec(track, language, split, chosen.key), task, source, labels_required=labels_required)


def gold_for(
    spec: FileSpec, task: Task, source: str | os.PathLike[str] | None = None, *, labels_required: bool = True
) -> Gold:
    """Load the gold labels and texts of a file; arguments and errors as for `load_gold`."""
    if source is None:
        return _from_anywhere(spec, task, labels_required)
    if str(source) == HUB:
        return _from_hub(spec, task, labels_required)
    if str(source) == SAMPLE:
        return _from_sample(spec, task, labels_required)
    return _from_folder(Path(source), spec, task, labels_required)


class _NotHere(InputError):
    """A source does not have the file; another may."""


def _from_anywhere(spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    """Load from ``$SEMEVAL_EMO_DATA``, the cache or the hub: the first that has the file."""
    mismatch: ReleaseMismatch | None = None
    tried = f"${DATA_VARIABLE} is not set."
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        try:
            return _from_folder(Path(folder), spec, task, labels_required)
        except _NotHere as error:
            tried = error.message
        except ReleaseMismatch as error:
            mismatch = error
    if task.key == SAMPLE:
        return _from_sample(spec, task, labels_required)
    try:
        return _from_hub(spec, task, labels_required)
    except (InputError, ReleaseMismatch, UsageError) as error:
        # A local file of another release explains more than a hub that cannot be reached.
        if mismatch is not None:
            raise mismatch from error
        raise InputError(f"No gold labels found for {spec.place}. {tried} {error.message}", remedies()) from error


def _from_sample(spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    """Load from the built-in sample; messages call it so instead of naming a path inside the package."""
    gold = _from_folder(sample_folder(), spec, task, labels_required)
    return replace(gold, source=f"the built-in sample ({Path(gold.source).relative_to(sample_folder()).as_posix()})")


def _from_hub(spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    """Load from the cache; fetch the language from the hub if it is not there."""
    mismatch: ReleaseMismatch | None = None
    for repository in hub_release(task).hub.values():
        for folder, manifest in fetched(repository):
            try:
                return _named(_from_folder(folder, spec, task, labels_required), manifest)
            except _NotHere:
                continue
            except ReleaseMismatch as error:
                mismatch = mismatch or error
    if mismatch is not None:
        raise mismatch
    got = fetch(task, [spec.language], [spec.track])
    folder = got[0].path.parents[2]
    return _named(_from_folder(folder, spec, task, labels_required), read_manifest(folder))


def _named(gold: Gold, manifest: Manifest | None) -> Gold:
    return gold if manifest is None else replace(gold, source=f"{manifest.shown} ({gold.source})")


def _from_folder(folder: Path, spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    seen: list[tuple[Candidate, Sheet, tuple[Match, ...], str]] = []
    for candidate in candidates(folder, spec, task):
        try:
            sheet = read_sheet(candidate.path)
        except InputError:
            if candidate.direct:
                raise
            continue
        refused = refusal(sheet, task, spec.key)
        matches = () if refused else identify(sheet, task, spec.key)
        for part, proofs in ((sheet, matches), _part(sheet, spec, task)):
            if any(match.spec.release == spec.release for match in proofs):
                return as_gold(part, spec, proofs, labels_required)
        seen.append((candidate, sheet, matches, refused))
    if not seen:
        raise _NotHere(
            f"There is no {spec.split} file of track {spec.track} for '{spec.language}' in {folder}.",
            f"expected {folder / f'track_{spec.track}' / spec.split / f'{spec.language}.csv'}; "
            "`semeval-emo data list` shows the available data",
        )
    unknown = [sheet for candidate, sheet, matches, refused in seen if candidate.direct and not matches and not refused]
    if len(unknown) == 1 and set(unknown[0].ids) == spec.id_set:
        return as_gold(unknown[0], replace(spec, release=UNKNOWN), (), labels_required)
    raise ReleaseMismatch(*_mismatch(seen, spec))


def _part(sheet: Sheet, spec: FileSpec, task: Task) -> tuple[Sheet, tuple[Match, ...]]:
    """Return the rows of `spec` in a file that holds other tracks too, if hashes identify them.

    Ids are no evidence here: the ids of one release may be the first ids of another.
    """
    if len(sheet) <= spec.rows or not spec.id_set <= set(sheet.ids):
        return sheet, ()
    part = sheet.take(spec.id_set)
    matches = identify(part, task, spec.key)
    return part, tuple(match for match in matches if match.by != "ids")


def as_gold(sheet: Sheet, spec: FileSpec, matches: tuple[Match, ...], labels_required: bool = True) -> Gold:
    """Convert a file to gold labels, columns in the order of the spec.

    Raises:
        InputError: a label column is missing, a label is blank or invalid, or an id is duplicated.
    """
    missing = [name for name in spec.emotions if name not in sheet.header]
    if missing and (labels_required or len(missing) < len(spec.emotions)):
        raise InputError(
            f"{sheet.path} has no column {', '.join(missing)}: its header is {','.join(sheet.header)}.",
            f"expected {','.join(spec.header)} for track {spec.track} '{spec.language}'",
        )
    blanks = 0 if missing else sheet.blanks(spec.emotions)
    if blanks and labels_required:
        cells = len(sheet) * len(spec.emotions)
        raise InputError(
            f"The gold labels in {sheet.path} are blank: {blanks:,} of {cells:,} cells of {spec.place}. "
            "Blank does not mean 0, so nothing can be scored against them.",
            "use a release that published these labels; `semeval-emo data list` shows the available data",
        )
    ids = tuple(sheet.ids)
    if len(set(ids)) != len(ids):
        duplicate = next(one for at, one in enumerate(ids) if one in ids[:at])
        raise InputError(f"{sheet.path} has the id '{duplicate}' twice.", "get the file from its publisher again")
    if missing:
        labels = np.full((len(sheet), len(spec.emotions)), -1, dtype=np.int8)
    else:
        labels = sheet.labels(spec.emotions, spec.values, blank=None if labels_required else -1)
    texts = sheet.texts
    return Gold(
        spec=spec,
        ids=ids,
        texts=None if texts is None else tuple(texts),
        labels=labels,
        source=str(sheet.path),
        releases=tuple(match.spec.release for match in matches),
        note=_note(sheet, spec, matches),
    )


def _note(sheet: Sheet, spec: FileSpec, matches: tuple[Match, ...]) -> str:
    if not matches:
        return f"{sheet.path} has the ids of {spec.track} {spec.language} {spec.split}, but labels of no known release."
    if matches[0].texts_differ:
        return f"{sheet.path} has the labels of release {matches[0].spec.release}, but different texts."
    return ""


def refusal(sheet: Sheet, task: Task, place: FileKey) -> str:
    """Return which refused release a file belongs to, and by which sign; empty if to none."""
    lowered = {name.lower() for name in sheet.header} - set(sheet.header)
    for release in task.releases.values():
        capitalised = release.signs.get("capitalised_header") and not lowered.isdisjoint(task.emotions)
        counted = len(sheet) in release.signs.get("rows", {}).get(f"{place.track}/{place.split}/{place.language}", ())
        if release.refused and (capitalised or counted):
            sign = f"the header is {','.join(sheet.header)}" if capitalised else f"it has {len(sheet):,} rows"
            return f"release {release.key} ({release.title}): {sign}. That release is refused: {release.refused}"
    return ""


def _mismatch(seen: list[tuple[Candidate, Sheet, tuple[Match, ...], str]], spec: FileSpec) -> tuple[str, str]:
    """Return message and fix: the files that were found instead, and their releases."""
    parts = []
    for candidate, sheet, matches, refused in seen:
        if matches:
            blank = sheet.has(spec.emotions) and sheet.blanks(spec.emotions) == len(sheet) * len(spec.emotions)
            extra = ", and all its labels are blank" if blank else ""
            parts.append(f"{candidate.path} belongs to release {matches[0].spec.release} ({len(sheet):,} rows{extra})")
        elif refused:
            parts.append(f"{candidate.path} belongs to {refused}")
    why = "The same id can belong to different texts in different releases"
    if not parts:
        parts = [f"{file.path} belongs to no known release ({len(sheet):,} rows)" for file, sheet, _, _ in seen]
        why = "Labels of no known release could be predictions"
    if len(parts) > MOST:
        parts = [*parts[:MOST], f"and {len(parts) - MOST} more"]
    return (
        f"The gold labels are not those of release {spec.release}, whose {spec.split} file of track {spec.track} for "
        f"'{spec.language}' has {spec.rows:,} rows: {'; '.join(parts)}. {why}.",
        f"give a folder with release {spec.release}, or choose the other release with --release",
    )
