"""Which release a file is: by hashes of its ids, texts and labels, never by its name."""

from __future__ import annotations

from dataclasses import dataclass

from semeval_emo.data.sheet import Sheet
from semeval_emo.task import FileSpec, Task, short_hash


@dataclass(frozen=True)
class Match:
    """A file fits a place of a release.

    Attributes:
        spec: the place.
        by: what proves it: ``labels``, ``texts`` or, where the task pins neither, ``ids``.
        texts_differ: True where ids and labels are the release's but the texts are not.
    """

    spec: FileSpec
    by: str
    texts_differ: bool = False


def identify(sheet: Sheet, task: Task, track: str, language: str, split: str) -> tuple[Match, ...]:
    """Every release that this file is, as the file of one place; the default release first.

    The strongest proof wins: a release whose labels and texts both agree hides one that agrees in
    ids alone, and labels are stronger than texts, because scores join ids to labels.
    """
    found = [
        match
        for spec in task.specs(track=track, language=language, split=split)
        if (match := _match(sheet, spec)) is not None
    ]
    if any(not match.texts_differ for match in found):
        found = [match for match in found if not match.texts_differ]
    return tuple(sorted(found, key=lambda match: match.spec.release != task.default_release))


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
        # Something is pinned, and the file lacks the column (or the labels) to compare with it.
        return None
    if not sheet.has(spec.emotions):
        return None
    return Match(spec, "ids") if short_hash(sorted(sheet.ids)) == spec.ids_hash else None
