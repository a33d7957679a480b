"""Load gold labels and texts, with their release identified by hash."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from semeval_emo.data.cache import Manifest, fetched, read_manifest
from semeval_emo.data.folder import Candidate, candidates, expected_path
from semeval_emo.data.hub import fetch, hub_release, remedies
from semeval_emo.data.identity import Match, identify
from semeval_emo.data.labels import Gold
from semeval_emo.data.sample import sample_folder
from semeval_emo.data.sheet import Sheet, frame_with, read_sheet
from semeval_emo.errors import EmoError, InputError, MissingExtra, ReleaseMismatch, UnverifiedGold, UsageError
from semeval_emo.files import shown_path
from semeval_emo.tables.frames import one_file
from semeval_emo.task import FileKey, FileSpec, Task, load_task, short_hash
from semeval_emo.text import listed, plural, printable

DATA_VARIABLE = "SEMEVAL_EMO_DATA"
UNKNOWN = "unknown"
SAMPLE = "sample"
HUB = "hub"
# Maximum number of files that an error names.
MOST = 3
UNVERIFIED = "Unverified gold"
NAME_DATA = "name the folder of the data with --data"


def load_gold(
    track: str,
    language: str,
    split: str = "test",
    *,
    release: str | None = None,
    source: str | os.PathLike[str] | None = None,
    task: Task | str | None = None,
    labels_required: bool = True,
    unverified_gold: bool = False,
) -> Gold:
    """Load the gold labels and texts of one file of a task.

    Args:
        track: ``a``, ``b`` or ``c``.
        language: a code of the task, such as ``eng``.
        split: ``train``, ``dev`` or ``test``.
        release: a release of the task; None for the default (the competition).
        source: a folder (one release or several, see docs/data.md), a CSV file, a data frame, ``hub``,
            ``sample``, or None to try ``$SEMEVAL_EMO_DATA``, then the fetched cache, then the hub.
        task: a task or its name; None for the default, or the sample's task if that is the source.
        labels_required: False allows blank labels (-1), for splits to be predicted.
        unverified_gold: True accepts a file with the ids of the release but other labels, and marks it
            (`Gold.unverified`).

    Raises:
        UsageError: an unknown track, language, split or release.
        InputError: the file is missing or unreadable, or its labels are blank.
        ReleaseMismatch: the file belongs to another release.
        UnverifiedGold: the file has the ids of the release, but other labels, such as predictions.

    >>> gold = load_gold("a", "eng", source="sample")
    >>> gold.labels.shape, gold.releases
    ((200, 5), ('1',))
    """
    if not isinstance(task, Task):
        task = load_task(SAMPLE if task is None and isinstance(source, str) and source == SAMPLE else task)
    chosen = task.release(release)
    if chosen.refused:
        raise ReleaseMismatch(f"Release {chosen.key} ({chosen.title}) is refused: {chosen.refused}.")
    spec = task.spec(track, language, split, chosen.key)
    return gold_for(spec, task, source, labels_required=labels_required, unverified_gold=unverified_gold)


def gold_for(
    spec: FileSpec,
    task: Task,
    source: str | os.PathLike[str] | None = None,
    *,
    labels_required: bool = True,
    unverified_gold: bool = False,
) -> Gold:
    """Load the gold labels and texts of a file; arguments and errors as for `load_gold`."""
    if source is None:
        return _from_anywhere(spec, task, labels_required, unverified_gold)
    if isinstance(source, tuple):
        source = frame_with(spec, source, task)
    source = one_file(source, "gold frame")
    if str(source) == HUB:
        return _from_hub(spec, task, labels_required)
    if str(source) == SAMPLE:
        return _from_sample(spec, task, labels_required)
    path = source if isinstance(source, Path) else Path(source)
    return _from_folder(path, spec, task, labels_required, unverified_gold)


class _NotHere(InputError):
    """A source does not have the file; another may."""


def _from_anywhere(spec: FileSpec, task: Task, labels_required: bool, unverified_gold: bool) -> Gold:
    """Load from the task's folder, ``$SEMEVAL_EMO_DATA``, the cache or the hub: the first that has the file."""
    if task.data is not None:
        if not task.data.is_dir():
            fix = "repeat the `zoo train` command with --data, which writes them" if task.is_own_split else NAME_DATA
            raise InputError(f"The texts of '{task.title}' are missing: there is no folder {task.data}.", fix)
        return _from_folder(Path(shown_path(task.data)), spec, task, labels_required, unverified_gold)
    mismatch: ReleaseMismatch | None = None
    tried = f"${DATA_VARIABLE} is not set."
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        try:
            return _from_folder(Path(folder), spec, task, labels_required, unverified_gold)
        except _NotHere as error:
            tried = error.message
        except ReleaseMismatch as error:
            mismatch = error
    if task.key == SAMPLE:
        return _from_sample(spec, task, labels_required)
    try:
        return _from_hub(spec, task, labels_required)
    except (InputError, ReleaseMismatch, UsageError, MissingExtra) as error:
        # A local file of another release explains more than a hub that cannot be reached.
        if mismatch is not None:
            raise mismatch from error
        raise InputError(f"No gold labels found for {spec.place}. {tried} {error.message}", remedies(task)) from error


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
                return _named(_from_folder(folder, spec, task, labels_required, is_fetched=True), manifest)
            except _NotHere:
                continue
            except ReleaseMismatch as error:
                mismatch = mismatch or error
    if mismatch is not None:
        raise mismatch
    got = fetch(task, [spec.language], [spec.track])
    folder = got[0].path.parents[2]
    return _named(_from_folder(folder, spec, task, labels_required, is_fetched=True), read_manifest(folder))


def _named(gold: Gold, manifest: Manifest | None) -> Gold:
    return gold if manifest is None else replace(gold, source=f"{manifest.shown} ({gold.source})")


# A candidate, its contents, the files of the task that it matches, and why it is refused.
_Seen = tuple[Candidate, Sheet, tuple[Match, ...], str]


def _from_folder(
    folder: Path,
    spec: FileSpec,
    task: Task,
    labels_required: bool,
    unverified_gold: bool = False,
    *,
    is_fetched: bool = False,
) -> Gold:
    gold, seen = _identified(folder, spec, task, labels_required)
    if gold is not None:
        return gold if is_fetched else verified(gold, task, unverified_gold)
    if not seen:
        raise _NotHere(
            f"There is no {spec.split} file of track {spec.track} for '{spec.language}' in {folder}.",
            f"expected {folder / expected_path(spec, task)}; `semeval-emo data list` shows the available data",
        )
    unknown = [(candidate, sheet) for candidate, sheet, matches, refused in seen if not matches and not refused]
    direct = [sheet for candidate, sheet in unknown if candidate.direct]
    if not direct and unverified_gold:
        direct = [sheet for _, sheet in unknown]
    if len(direct) == 1 and spec.id_set <= set(direct[0].ids):
        left_out = other_rows(direct[0], spec, task)
        gold = verified(as_gold(direct[0].take(spec.id_set), spec, (), labels_required), task, unverified_gold)
        return replace(gold, note=" ".join(filter(None, (gold.note, left_out))))
    others = [_by_ids(sheet, task) if not matches and not refused else None for _, sheet, matches, refused in seen]
    if all(other is not None and other.key != spec.key for other in others):
        places = zip(seen, others, strict=True)
        found = listed(dict.fromkeys(f"{file[0].path} is {other.place}" for file, other in places if other), MOST)
        raise _NotHere(f"There are no gold labels of {spec.place}: {found}.", f"give the gold labels of {spec.place}")
    error = ReleaseMismatch if len(unknown) < len(seen) else UnverifiedGold
    raise error(*_mismatch(seen, spec))


def _identified(folder: Path, spec: FileSpec, task: Task, labels_required: bool) -> tuple[Gold | None, list[_Seen]]:
    """Return the gold of a folder if hashes or ids prove it, else the files that were found instead."""
    seen: list[_Seen] = []
    failed: InputError | None = None
    gold: Gold | None = None
    base: Path | None = None
    for candidate in candidates(folder, spec, task):
        try:
            sheet = read_sheet(candidate.path, task)
        except InputError as error:
            if candidate.direct:
                raise
            failed = failed or error
            continue
        refused = refusal(sheet, task, spec.key)
        matches = () if refused else identify(sheet, task, spec.key)
        for part, proofs in ((sheet, matches), _part(sheet, spec, task)):
            own = [match for match in proofs if match.spec.release == spec.release]
            if own:
                left_out = other_rows(sheet, spec, task)
                other = as_gold(part, spec, proofs, labels_required)
                if gold is not None and candidate.base == base and candidate.is_placed and gold.hash != other.hash:
                    raise InputError(
                        f"{gold.source} and {candidate.path} are both {spec.place}, but their labels differ.",
                        "name the file itself, or move the other one out of the folder",
                    )
                if gold is None:
                    gold = replace(other, note=" ".join(filter(None, (other.note, left_out))))
                    base = candidate.base
                if own[0].by == "labels":
                    return gold, seen
                break
        else:
            seen.append((candidate, sheet, matches, refused))
    if failed is not None and not seen and gold is None:
        # A file that cannot be read explains more than that there is none.
        raise failed
    return gold, seen


def other_rows(sheet: Sheet, spec: FileSpec, task: Task) -> str:
    """Return a note on the rows of a file that are not those of `spec`, which are left out; empty if there are none.

    The file may hold rows of other files of the task, such as those of another track.

    Raises:
        InputError: the ids of these rows are not of the task.
    """
    others = [row_id for row_id in sheet.ids if row_id not in spec.id_set]
    if not others:
        return ""
    owners: dict[str, str] = {}
    unknown = []
    for row_id in others:
        owner = next((file.place for file in task.places(row_id) if row_id in file.id_set), None)
        if owner is None:
            unknown.append(row_id)
        else:
            owners[owner] = row_id
    if unknown:
        raise InputError(
            f"{sheet.path} has the {plural(spec.rows, 'row')} of {spec.place} and {len(unknown):,} more, with ids that "
            f"are not of the task (first: {printable(unknown[0]) or 'a blank id'}). They would be left out.",
            "move these rows to a file of their own"
            + (", and train on both: --set 'data.extra=[\"FILE.csv\"]'" if spec.split == "train" else ""),
        )
    places = [*list(owners)[:MOST], *([f"{len(owners) - MOST} more files"] if len(owners) > MOST else [])]
    return (
        f"{plural(len(others), 'row')} of {sheet.path} {'is' if len(others) == 1 else 'are'} left out: "
        f"{'it belongs' if len(others) == 1 else 'they belong'} to {' and '.join(places)}."
    )


def verified(gold: Gold, task: Task, unverified_gold: bool = False) -> Gold:
    """Return gold that has the labels of its release; other labels are marked if they are accepted.

    Raises:
        UnverifiedGold: the ids are those of a release, the labels are not, and that is not accepted.
    """
    spec = gold.spec
    if gold.unverified or (gold.labels < 0).any() or _has_known_labels(gold, task):
        return gold
    seen = f"{gold.source} has the ids of {spec.place}, but not its labels: {_difference(gold, task)}."
    if not unverified_gold:
        raise UnverifiedGold(
            seen + (" It has no texts, like a prediction file." if gold.texts is None else ""),
            f"give the folder with the gold labels of release {spec.release}: --gold FOLDER; "
            "--unverified-gold uses these labels, and the output says so",
        )
    unknown = replace(spec, release=UNKNOWN)
    return replace(gold, spec=unknown, releases=(), note="", unverified=f"{UNVERIFIED}: {seen}")


def _has_known_labels(gold: Gold, task: Task) -> bool:
    """Return whether hashes prove the labels, or the task has no hash to compare them with."""
    spec, ids = gold.spec, frozenset(gold.ids)
    hashed = [other for other in task.specs(language=spec.language, split=spec.split) if other.labels_hash]
    whole = [other for other in hashed if other.track == spec.track and other.id_set == ids]
    if whole:
        return any(_labels_hash(gold, other) == other.labels_hash for other in whole)
    if parts := _hashed_parts(gold, task):
        return all(_labels_hash(gold, other) == other.labels_hash for other in parts)
    return bool(gold.releases)


def _hashed_parts(gold: Gold, task: Task) -> list[FileSpec]:
    """Return the files with a hash that gold without one consists of, such as those of several tracks; else none."""
    spec, ids, emotions = gold.spec, frozenset(gold.ids), set(gold.spec.emotions)
    parts = [
        other
        for other in task.specs(task.default_release, language=spec.language, split=spec.split)
        if other.labels_hash and other.id_set <= ids and emotions.issuperset(other.emotions)
    ]
    return parts if len(ids) == sum(other.rows for other in parts) else []


def _labels_hash(gold: Gold, spec: FileSpec) -> str:
    """Return the hash of the rows and columns of a file within gold labels, as `FileSpec.labels_hash`."""
    if set(spec.emotions) - set(gold.spec.emotions):
        return ""
    labels = gold.labels[:, [gold.spec.emotions.index(name) for name in spec.emotions]]
    rows = ("\t".join(map(str, row)) for row in labels.tolist())
    return short_hash(sorted(f"{i}\t{row}" for i, row in zip(gold.ids, rows, strict=True) if i in spec.id_set))


def _difference(gold: Gold, task: Task) -> str:
    """Return how labels differ from those of the release: by row if those can be read, else by hash."""
    spec = gold.spec
    own = None if spec.release not in task.releases else at_hand(spec, task)
    if own is not None and (own.labels >= 0).all() and own.spec.emotions == spec.emotions:
        labels = dict(zip(own.ids, own.labels.tolist(), strict=True))
        differing = [i for i, row in zip(gold.ids, gold.labels.tolist(), strict=True) if labels.get(i) != row]
        rows = f"{len(differing):,} of {plural(len(gold), 'row')} differ{'s' * (len(differing) == 1)}"
        return f"{rows} from the gold of release {spec.release} (first: {differing[0] if differing else 'another id'})"
    if _hashed_parts(gold, task) and not spec.labels_hash:
        return f"they are not those of release {task.default_release} for the same ids"
    if not spec.labels_hash:
        return f"the task has no hash of the labels of release {spec.release}"
    return f"the hash of its labels is {gold.hash}, that of release {spec.release} is {spec.labels_hash}"


def at_hand(spec: FileSpec, task: Task, source: str | os.PathLike[str] | tuple[Path, ...] | None = None) -> Gold | None:
    """Return the verified gold of a file if it can be read without the network, else None; never raises.

    Args:
        source: as in `load_gold`; a folder, a file or frames are tried first.
    """
    if isinstance(source, tuple):
        try:
            source = frame_with(spec, source, task)
        except EmoError:
            source = None
    chosen = os.environ.get(DATA_VARIABLE)
    given = [path for path in (source, chosen) if path and str(path) not in (HUB, SAMPLE)]
    # A frame is a path with contents.
    folders = [path if isinstance(path, Path) else Path(path) for path in given]
    folders += [sample_folder()] if task.key == SAMPLE else []
    folders += [task.data] if task.data is not None else []
    with contextlib.suppress(EmoError):
        folders += [path for repository in hub_release(task).hub.values() for path, _ in fetched(repository)]
    for folder in folders:
        try:
            gold, _ = _identified(folder, spec, task, labels_required=False)
        except EmoError:
            continue
        if gold is not None:
            return gold
    return None


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
    if missing and labels_required and len(missing) == len(spec.emotions):
        raise InputError(
            f"{sheet.path} has no labels of {spec.place}, so nothing can be scored against it.",
            "give the folder with its gold labels: --gold FOLDER"
            + ("" if spec.labels_hash else f"; release {spec.release} has no hash of them, which data pin writes"),
        )
    if missing and (labels_required or len(missing) < len(spec.emotions)):
        raise InputError(
            f"{sheet.path} has no column {', '.join(missing)}: its header is {printable(','.join(sheet.header), 200)}.",
            f"expected {','.join(spec.header)} for track {spec.track} '{spec.language}'",
        )
    blanks = 0 if missing else sheet.blanks(spec.emotions)
    if blanks and labels_required:
        cells = len(sheet) * len(spec.emotions)
        raise InputError(
            f"The gold labels in {sheet.path} are blank: {blanks:,} of {cells:,} cells of {spec.place}. "
            "Blank does not mean 0, so nothing can be scored against them.",
            'if an empty cell is a text without labels: no_label = "" in [layout.data] of the task file'
            if spec.layout.data.labels != "columns" and not spec.layout.data.blank and blanks < cells
            else f"give the labels that release {spec.release} has published: --gold FOLDER"
            if spec.labels_hash
            else "use a release that published these labels; `semeval-emo data list` shows the available data",
        )
    ids = tuple(sheet.ids)
    if len(set(ids)) != len(ids):
        duplicate = Counter(ids).most_common(1)[0][0]
        raise InputError(f"{sheet.path} has the id '{printable(duplicate)}' twice.", "remove one of its rows")
    if missing:
        labels = np.full((len(sheet), len(spec.emotions)), -1, dtype=np.int8)
    else:
        labels = sheet.labels(spec.emotions, spec.values, blank=None if labels_required else -1)
    texts = sheet.texts
    if ids != spec.ids and len(ids) == spec.rows and spec.id_set == set(ids):
        # The official order is that of prediction files.
        row_of = {row_id: row for row, row_id in enumerate(ids)}
        rows = [row_of[row_id] for row_id in spec.ids]
        ids, labels, texts = spec.ids, labels[rows], None if texts is None else [texts[row] for row in rows]
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
    if (
        matches[0].by == "texts"
        and not spec.labels_hash
        and sheet.has(spec.emotions)
        and not sheet.blanks(spec.emotions)
    ):
        return f"{sheet.path} has the texts of {spec.place}, but the task has no hash of its labels to verify them."
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


def _by_ids(sheet: Sheet, task: Task) -> FileSpec | None:
    """Return the file of the task that has the ids of a file."""
    first = sheet.ids[0] if len(sheet) else ""
    return next((spec for spec in task.places(first) if spec.id_set.issuperset(sheet.ids)), None)


def _mismatch(seen: list[_Seen], spec: FileSpec) -> tuple[str, str]:
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
