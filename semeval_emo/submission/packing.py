"""Packs prediction files into the zip that is uploaded: the same bytes every time.

Owns the form of the archive. What goes in is what `validate` accepts, under its official name; what
comes out is opened again and validated before it reaches its place.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError, InvalidSubmission, UsageError
from semeval_emo.submission.fix_report import Refusal
from semeval_emo.submission.outputs import check_free, official_paths, write_new
from semeval_emo.submission.problem import PLACES, entry
from semeval_emo.submission.read import gather, read_submission
from semeval_emo.submission.result import Predictions, Report
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import FileSpec, Selector, Task

ZIP = ".zip"
# The first moment that a zip can hold: the bytes must not tell when they were packed.
EPOCH = (1980, 1, 1, 0, 0, 0)
UNIX, REGULAR_FILE = 3, 0o100644 << 16


@dataclass(frozen=True)
class Packed:
    """One file of the zip.

    Attributes:
        path: where it lies in the zip.
        source: the file that it comes from.
        hash: the identity of the predictions, as `Predictions.hash`.
    """

    path: str
    source: str
    spec: FileSpec
    hash: str


@dataclass(frozen=True)
class PackReport:
    """What `pack` returns.

    Attributes:
        out: the zip; empty where none was written.
        files: what is in it, in order; where none was written, what would be without the refused files.
        refusals: files that are not in it, and why.
        bytes, sha256: of the zip.
        was_there: True where OUT held these very bytes already.
        notes: what else to know before it is uploaded.
    """

    out: str
    files: tuple[Packed, ...]
    refusals: tuple[Refusal, ...]
    bytes: int
    sha256: str
    was_there: bool
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True where a zip was written."""
        return bool(self.out)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, ``semeval-emo/pack/1``."""
        return {
            "schema": "semeval-emo/pack/1",
            "ok": self.ok,
            "out": self.out,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "was_there": self.was_there,
            "files": [
                {"path": one.path, "source": one.source, "release": one.spec.release, "track": one.spec.track,
                 "language": one.spec.language, "split": one.spec.split, "rows": one.spec.rows, "hash": one.hash}
                for one in self.files
            ],
            "refused": [one.to_dict() for one in self.refusals],
            "notes": list(self.notes),
        }  # fmt: skip


def pack(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str] | None = None,
    *,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    skip_invalid: bool = False,
    force: bool = False,
) -> PackReport:
    """Packs valid prediction files into a zip with ``track_x/pred_<language>.csv`` at its root.

    Odd names and folders are put right; a file with any other error is not packed, and then nothing
    is, unless `skip_invalid` says so. The bytes depend on the predictions alone.

    Args:
        paths: files, folders or zips.
        out: the zip; by default ``track_x.zip`` (``submission.zip`` for several tracks) in the current
            folder. One that exists and differs is replaced only by `force`, an input never.
        track, language, split: pack only these.
        release, task: as for `validate`.
        skip_invalid: leaves invalid files out and packs the rest.

    Raises:
        UsageError: a bad option, or OUT may not be written.
        InputError: an input cannot be read, or OUT cannot be written.
        InvalidSubmission: nothing to pack, or two files for one place.

    >>> import numpy as np
    >>> from semeval_emo.task import load_task
    >>> from semeval_emo.submission.write import write_predictions
    >>> folder = Path(tempfile.mkdtemp())
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> write_predictions(spec, np.ones((spec.rows, 5), int), folder / "pred_eng_a.csv")
    >>> report = pack(folder, folder / "track_a.zip")
    >>> [one.path for one in report.files], report.was_there, pack(folder, folder / "track_a.zip").was_there
    (['track_a/pred_eng.csv'], False, True)
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if out is not None and not os.fspath(out).lower().endswith(ZIP):
        raise UsageError(f"The name of the archive, {os.fspath(out)}, does not end in {ZIP}.")
    chosen, _ = gather(given, task)
    read = read_submission(given, release=release, task=chosen)
    selector = Selector(task, track, language, split).of(chosen)
    refusals = _refusals(read.report, selector)
    spoilt = {one.file for one in refusals}
    taken = [one for one in read.predictions if one.path not in spoilt and selector.matches(one.spec)]
    taken.sort(key=lambda one: (one.spec.track, one.spec.language))
    _check_one_each(taken)
    names = official_paths([one.spec for one in taken])
    files = tuple(Packed(name, one.path, one.spec, one.hash) for name, one in zip(names, taken, strict=True))
    if refusals and not skip_invalid:
        return PackReport("", files, refusals, 0, "", False)
    if not taken:
        raise InvalidSubmission("There is nothing to pack.", _nothing(read.report, selector))

    body = _zip(dict(zip(names, (prediction_bytes(one.spec, one.values) for one in taken), strict=True)))
    tracks = list(dict.fromkeys(one.spec.track for one in taken))
    place = (
        Path(out) if out is not None else Path(f"track_{tracks[0]}{ZIP}" if len(tracks) == 1 else f"submission{ZIP}")
    )
    inputs = [Path(one) for one in given if not Path(one).is_dir()]
    check_free([(place, body)], inputs, force)
    _check_again(body, place.name, taken, chosen, release)
    written = write_new(place, body)
    if place.read_bytes() != body:
        raise EmoError(f"{place} does not hold what was written to it.", "check the disk, and pack again")
    return PackReport(
        out=str(place),
        files=files,
        refusals=refusals,
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        was_there=not written,
        notes=tuple(_notes(taken, chosen)),
    )


def _refusals(report: Report, selector: Selector) -> tuple[Refusal, ...]:
    """What cannot be packed: files and archives with errors that packing does not put right."""
    refused = []
    for file in report.files:
        if file.parts and not any(selector.matches(part.spec) for part in file.parts):
            continue
        counts = {code: count for code, count in file.counts.items() if code[0] == "E" and not _put_right(code)}
        if counts:
            problems = tuple(one for one in report.of(file.file) if one.code in counts)
            refused.append(Refusal(file.file, "", problems, counts))
    return tuple(refused)


def _put_right(code: str) -> bool:
    """True for errors of names and folders, which the zip has none of."""
    one = entry(code)
    return one.scorable and one.place in (PLACES["1"], PLACES["2"])


def _nothing(report: Report, selector: Selector) -> str:
    held = sorted({part.spec.place for file in report.files for part in file.parts})
    wanted = " ".join(f"--{name} {value}" for name, value in selector.address.items())
    return f"{wanted} leaves nothing of {', '.join(held)}" if wanted and held else "name valid prediction files"


def _check_one_each(taken: Sequence[Predictions]) -> None:
    """Makes sure that no two files belong at one place of the zip."""
    splits = sorted({one.spec.split for one in taken})
    if len(splits) > 1:
        raise InvalidSubmission(
            f"A zip is for one split; these files are {' and '.join(splits)}.", f"choose one: --split {splits[-1]}"
        )
    first: dict[tuple[str, str], Predictions] = {}
    for one in taken:
        other = first.setdefault((one.spec.track, one.spec.language), one)
        if other is not one:
            raise InvalidSubmission(
                f"{other.path} and {one.path} are both track {one.spec.track}, {one.spec.language}.",
                "name only the one to upload",
            )


def _zip(files: dict[str, bytes]) -> bytes:
    """Makes the archive. Files are stored as they are: compressors of other versions differ in their bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = UNIX, REGULAR_FILE
            archive.writestr(info, body)
    return made.getvalue()


def _check_again(body: bytes, name: str, taken: Sequence[Predictions], task: Task, release: str | None) -> None:
    """Opens the zip as a stranger's, and validates it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.write_bytes(body)
        again = read_submission(place, release=release, task=task)
    same = [one.hash for one in again.predictions] == [one.hash for one in taken]
    if not again.report.valid or not same:
        raise AssertionError(f"the zip does not validate: {again.report.problems[:3]}")


def _notes(taken: Sequence[Predictions], task: Task) -> list[str]:
    notes = []
    tracks = list(dict.fromkeys(one.spec.track for one in taken))
    if len(tracks) > 1:
        notes.append(
            f"the zip holds tracks {', '.join(tracks)}: where each is a competition of its own (as on Codabench), "
            "pack each alone with --track"
        )
    for track in tracks:
        mine = [one.spec for one in taken if one.spec.track == track]
        there = {spec.language for spec in task.specs(mine[0].release, track, split=mine[0].split)}
        if len(mine) < len(there):
            notes.append(
                f"track {track}: {len(mine)} of {len(there)} languages; "
                "an average over all of them counts the others as 0"
            )
    return notes
