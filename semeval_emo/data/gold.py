"""Gold labels and texts: found, read, named by their release, and refused when they are not what was asked."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from semeval_emo.data.cache import Manifest, fetched, read_manifest
from semeval_emo.data.folder import Found, candidates
from semeval_emo.data.hub import fetch, hub_release, remedies
from semeval_emo.data.identity import Match, identify
from semeval_emo.data.sample import sample_folder
from semeval_emo.data.sheet import Sheet, read_sheet
from semeval_emo.errors import InputError, ReleaseMismatch, UsageError
from semeval_emo.task import FileSpec, Task, load_task, short_hash

DATA_VARIABLE = "SEMEVAL_EMO_DATA"
UNKNOWN = "unknown"
SAMPLE = "sample"
HUB = "hub"
# How many files an error names.
MOST = 3


@dataclass(frozen=True, eq=False)
class Gold:
    """The rows of one file: texts and gold labels.

    Attributes:
        spec: the place asked for. Its release is ``unknown`` for a file of the right ids whose
            labels are those of no known release.
        ids: in file order.
        texts: in file order; None where the file has labels only.
        labels: shape (n, L), int8, columns in the order of `spec.emotions`; -1 where the file
            has a blank and the caller allowed it.
        source: what people are shown: the path, or the hub's name and revision.
        releases: every release that the file is, by hash, the default first; empty for ``unknown``.
        note: what a person must be told before trusting the rows; empty when there is nothing.
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
        """`short_hash` of ``id<TAB>label<TAB>...`` lines in the order of ids: the identity of the labels."""
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
    """Loads the gold labels (and texts) of one file of the task.

    Args:
        track: ``a``, ``b`` or ``c``.
        language: the task's code, such as ``eng``.
        split: ``train``, ``dev`` or ``test``.
        release: which release is wanted; None means the task's default, the competition.
        source: a folder (one release or several, see docs/data.md), a CSV file, ``hub``,
            ``sample``, or None for ``$SEMEVAL_EMO_DATA``, then the fetched cache, then the hub (the
            sample's own task ends at the sample).
        task: the task or its name; None means the default, or the sample's own where that is the source.
        labels_required: False lets blank labels through as -1, for a split to be predicted.

    Raises:
        UsageError: the task has no such track, language, split or release.
        InputError: no file, an unreadable one, or one with blank labels.
        ReleaseMismatch: there is such a file, but it is of another release.

    >>> gold = load_gold("a", "eng", source="sample")
    >>> gold.labels.shape, gold.releases
    ((200, 5), ('1',))
    """
    if not isinstance(task, Task):
        task = load_task(SAMPLE if task is None and str(source) == SAMPLE else task)
    chosen = task.release(release)
    if chosen.refused:
        raise ReleaseMismatch(f"Release {chosen.key} ({chosen.title}) is refused: {chosen.refused}.")
    spec = task.spec(track, language, split, chosen.key)
    if source is None:
        return _from_anywhere(spec, task, labels_required)
    if str(source) == HUB:
        return _from_hub(spec, task, labels_required)
    if str(source) == SAMPLE:
        return _from_sample(spec, task, labels_required)
    return _from_folder(Path(source), spec, task, labels_required)


class _Elsewhere(InputError):
    """This place does not have the file; another may."""


def _from_anywhere(spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    """The environment's folder, then the fetched cache, then the hub: the first that has the file."""
    mismatch: ReleaseMismatch | None = None
    tried = f"${DATA_VARIABLE} is not set."
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        try:
            return _from_folder(Path(folder), spec, task, labels_required)
        except _Elsewhere as error:
            tried = error.message
        except ReleaseMismatch as error:
            mismatch = error
    if task.key == SAMPLE:
        return _from_sample(spec, task, labels_required)
    try:
        return _from_hub(spec, task, labels_required)
    except (InputError, ReleaseMismatch, UsageError) as error:
        # Gold of another release, at hand, says more than the hub that is out of reach.
        if mismatch is not None:
            raise mismatch from error
        raise InputError(f"There are no labels for {spec.place}. {tried} {error.message}", remedies()) from error


def _from_sample(spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    """The built-in sample, named as such: where the package lies is nobody's concern."""
    gold = _from_folder(sample_folder(), spec, task, labels_required)
    return replace(gold, source=f"the built-in sample ({Path(gold.source).relative_to(sample_folder()).as_posix()})")


def _from_hub(spec: FileSpec, task: Task, labels_required: bool) -> Gold:
    """The fetched cache, filled from the hub where it lacks the language."""
    mismatch: ReleaseMismatch | None = None
    for repository in hub_release(task).hub.values():
        for folder, manifest in fetched(repository):
            try:
                return _named(_from_folder(folder, spec, task, labels_required), manifest)
            except _Elsewhere:
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
    seen: list[tuple[Found, Sheet, tuple[Match, ...], str]] = []
    for found in candidates(folder, spec, task):
        try:
            sheet = read_sheet(found.path)
        except InputError:
            if found.direct:
                raise
            continue
        refused = refusal(sheet, task, spec.track, spec.language, spec.split)
        matches = () if refused else identify(sheet, task, spec.track, spec.language, spec.split)
        for part, proofs in ((sheet, matches), _part(sheet, spec, task)):
            if any(match.spec.release == spec.release for match in proofs):
                return as_gold(part, spec, proofs, labels_required)
        seen.append((found, sheet, matches, refused))
    if not seen:
        raise _Elsewhere(
            f"There is no {spec.split} file of track {spec.track} for '{spec.language}' in {folder}.",
            f"it would be {folder / f'track_{spec.track}' / spec.split / f'{spec.language}.csv'}; "
            "`semeval-emo data list` shows what is there",
        )
    unknown = [sheet for found, sheet, matches, refused in seen if found.direct and not matches and not refused]
    if len(unknown) == 1 and set(unknown[0].ids) == spec.id_set:
        return as_gold(unknown[0], replace(spec, release=UNKNOWN), (), labels_required)
    raise ReleaseMismatch(*_mismatch(seen, spec))


def _part(sheet: Sheet, spec: FileSpec, task: Task) -> tuple[Sheet, tuple[Match, ...]]:
    """The spec's own rows of a file that holds those of another track as well, where hashes prove them.

    Ids prove nothing here: those of one release may be the first ids of another.
    """
    if len(sheet) <= spec.rows or not spec.id_set <= set(sheet.ids):
        return sheet, ()
    part = sheet.take(spec.id_set)
    matches = identify(part, task, spec.track, spec.language, spec.split)
    return part, tuple(match for match in matches if match.by != "ids")


def as_gold(sheet: Sheet, spec: FileSpec, matches: tuple[Match, ...], labels_required: bool = True) -> Gold:
    """Turns a file into gold, its columns in the order of the spec.

    Raises:
        InputError: a label column is missing, a label is blank or not allowed, or an id comes twice.
    """
    missing = [name for name in spec.emotions if name not in sheet.header]
    if missing and (labels_required or len(missing) < len(spec.emotions)):
        raise InputError(
            f"{sheet.path} has no column {', '.join(missing)}: its header is {','.join(sheet.header)}.",
            f"track {spec.track} for '{spec.language}' needs {','.join(spec.header)}",
        )
    blanks = 0 if missing else sheet.blanks(spec.emotions)
    if blanks and labels_required:
        cells = len(sheet) * len(spec.emotions)
        raise InputError(
            f"The gold labels in {sheet.path} are blank: {blanks:,} of {cells:,} cells of {spec.place}. "
            "Blank is not zero, so nothing can be scored against them.",
            "use a release that published these labels: `semeval-emo data list` shows what is there",
        )
    ids = tuple(sheet.ids)
    if len(set(ids)) != len(ids):
        twice = next(one for at, one in enumerate(ids) if one in ids[:at])
        raise InputError(f"{sheet.path} holds the id '{twice}' twice.", "take the file from its publisher again")
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
        return f"{sheet.path} has the labels of release {matches[0].spec.release}, but other texts."
    return ""


def refusal(sheet: Sheet, task: Task, track: str, language: str, split: str) -> str:
    """Why a file bears the signs of a release that cannot be scored; empty where it does not."""
    lowered = {name.lower() for name in sheet.header} - set(sheet.header)
    for release in task.releases.values():
        capitalised = release.signs.get("capitalised_header") and not lowered.isdisjoint(task.emotions)
        counted = len(sheet) in release.signs.get("rows", {}).get(f"{track}/{split}/{language}", ())
        if release.refused and (capitalised or counted):
            sign = f"its header is {','.join(sheet.header)}" if capitalised else f"it has {len(sheet):,} rows"
            return f"release {release.key} ({release.title}): {sign}. That release is refused: {release.refused}"
    return ""


def _mismatch(seen: list[tuple[Found, Sheet, tuple[Match, ...], str]], spec: FileSpec) -> tuple[str, str]:
    """What stands where the gold was looked for: files of named releases, else those of none."""
    parts = []
    for found, sheet, matches, refused in seen:
        if matches:
            blank = sheet.has(spec.emotions) and sheet.blanks(spec.emotions) == len(sheet) * len(spec.emotions)
            extra = ", and all its labels are blank" if blank else ""
            parts.append(f"{found.path} is of release {matches[0].spec.release} ({len(sheet):,} rows{extra})")
        elif refused:
            parts.append(f"{found.path} is of {refused}")
    why = "The same id is another text in another release"
    if not parts:
        parts = [f"{found.path} is of no known release ({len(sheet):,} rows)" for found, sheet, _, _ in seen]
        why = "Labels that no release has cannot be told from predictions"
    if len(parts) > MOST:
        parts = [*parts[:MOST], f"and {len(parts) - MOST} more"]
    return (
        f"The gold is not release {spec.release}, whose {spec.split} file of track {spec.track} for "
        f"'{spec.language}' has {spec.rows:,} rows: {'; '.join(parts)}. {why}.",
        f"give the folder of release {spec.release}, or ask for the other one with --release",
    )
