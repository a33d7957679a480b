"""Identify the release of a file by hashes of its ids, texts and labels, never by its name."""

from __future__ import annotations

from dataclasses import dataclass

from semeval_emo.data.sheet import Sheet
from semeval_emo.task import FileKey, FileSpec, Task, short_hash


@dataclass(frozen=True)
class Match:
    """A file of a release that a data file matches.

    Attributes:
        by: the evidence: ``labels``, ``texts``, or ``ids`` if the task has hashes of neither.
        texts_differ: whether ids and labels match but the texts do not.
    """

    spec: FileSpec
    by: str
    texts_differ: bool = False


def identify(sheet: Sheet, task: Task, place: FileKey) -> tuple[Match, ...]:
    """Return the releases whose file at an address is this one, the default release first.

    The strongest evidence decides: a release that matches in labels and texts excludes one that matches
    in ids alone. Labels count more than texts, because scores join ids to labels.
    """
    matches = [match for spec in task.specs(**place._asdict()) if (match := _match(sheet, spec)) is not None]
    if any(not match.texts_differ for match in matches):
        matches = [match for match in matches if not match.texts_differ]
    return tuple(sorted(matches, key=lambda match: match.spec.release != task.default_release))


def _match(sheet: Sheet, spec: FileSpec) -> Match | None:
    if spec.rows != len(sheet):
        return None
    labels = sheet.labels_hash(spec.emotions) if spec.labels_hash else ""
    texts = sheet.texts_hash() if spec.texts_hash else ""
    if labels:
        if labels != spec.labels_hash:
            return None
        return Match(spec, "labels", texts_differ=bool(texts) and texts != spec.texts_hash)
    if texts:
        return Match(spec, "texts") if texts == spec.texts_hash else None
    if spec.labels_hash or spec.texts_hash:
        # The task has a hash, and the file lacks the column (or the labels) to compare with it.
        return None
    if not sheet.has(spec.emotions):
        return None
    return Match(spec, "ids") if short_hash(sorted(sheet.ids)) == spec.ids_hash else None
