"""Pack prediction files into the zip to upload, with reproducible bytes."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_emo.errors import EmoError, InvalidSubmission, UsageError
from semeval_emo.submission.fix_report import Refusal, WrittenFile
from semeval_emo.submission.outputs import check_free, official_paths, write_if_changed
from semeval_emo.submission.problem import PLACES, entry
from semeval_emo.submission.read import read_submission, resolve_sources
from semeval_emo.submission.result import Predictions, Report
from semeval_emo.submission.texts import KnownTexts, texts_for
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.tables.frames import FrameFile, input_files
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import FileSpec, Selector, Task, fill
from semeval_emo.temporary import temporary_folder
from semeval_emo.text import listed

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

ZIP = ".zip"
# The earliest time stamp of the zip format: the bytes must not depend on the time of packing.
EPOCH = (1980, 1, 1, 0, 0, 0)
UNIX, REGULAR_FILE = 3, 0o100644 << 16


@dataclass(frozen=True)
class PackedFile(WrittenFile):
    """A file in the zip: `path` is its path there, `hash` is `Predictions.hash`."""

    hash: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"path": self.path} | super().to_dict() | {"hash": self.hash}


@dataclass(frozen=True)
class PackReport(Result):
    """The result of `pack`.

    Attributes:
        out: the zip; empty if none was written.
        files: its files, in order; if no zip was written, the valid files.
        bytes, sha256: size and hash of the zip.
        was_there: True if OUT already had exactly these bytes.
    """

    out: str
    files: tuple[PackedFile, ...]
    refusals: tuple[Refusal, ...]
    bytes: int
    sha256: str
    was_there: bool
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if a zip was written."""
        return bool(self.out)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/pack/1``."""
        return {
            "schema": "semeval-emo/pack/1",
            "ok": self.ok,
            "out": self.out,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "was_there": self.was_there,
            "files": [file.to_dict() for file in self.files],
            "refused": [refusal.to_dict() for refusal in self.refusals],
            "notes": list(self.notes),
        }

    def to_frame(self) -> DataFrame:
        """Return a row for each file of the zip."""
        return frame_of((file.to_dict() for file in self.files), ("path", "source"))


def pack(
    paths: Any,
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
    """Pack valid prediction files into a zip in the layout of the task, such as ``track_x/pred_<language>.csv``.

    Unofficial file and folder names are corrected. If a file has any other error, nothing is packed, unless
    `skip_invalid` is set. The bytes of the zip depend only on the predictions.

    Args:
        paths: files, folders or zips; or data frames, as for `validate`.
        out: the zip; by default that of the layout, such as ``track_x.zip`` (``submission.zip`` for several), here. An
            existing file that differs is replaced only with `force`, an input never.
        track, language, split: pack only these.
        release, task: as for `validate`.
        skip_invalid: leave invalid files out and pack the others.

    Raises:
        UsageError: an invalid option, or OUT must not be written.
        InputError: an input cannot be read, or OUT cannot be written.
        InvalidSubmission: there is nothing to pack, or there are two files for one place.

    >>> import numpy as np
    >>> from semeval_emo.task import load_task
    >>> from semeval_emo.submission.write import write_predictions
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> spec = load_task().spec("a", "eng", "dev")
    >>> write_predictions(spec, np.ones((spec.rows, 5), int), folder / "pred_eng_a.csv")
    >>> report = pack(folder, folder / "track_a.zip")
    >>> [file.path for file in report.files], report.was_there, pack(folder, folder / "track_a.zip").was_there
    (['track_a/pred_eng.csv'], False, True)
    """
    given = input_files(paths)
    if out is not None and not os.fspath(out).lower().endswith(ZIP):
        raise UsageError(f"The name of the archive, {os.fspath(out)}, does not end in {ZIP}.")
    chosen, _ = resolve_sources(given, task)
    submission = read_submission(given, release=release, task=chosen)
    selector = Selector(task, track, language, split).of(chosen)
    _check_one_file_each(submission.report, selector, skip_invalid)
    refusals = _refusals(submission.report, selector)
    refused = {refusal.file for refusal in refusals}
    packed = sorted(
        (p for p in submission.predictions if p.path not in refused and selector.matches(p.spec)),
        key=lambda p: (p.spec.track, p.spec.language),
    )
    _check_one_split(packed)
    names = official_paths([p.spec for p in packed])
    files = tuple(PackedFile(p.path, name, p.spec, p.hash) for name, p in zip(names, packed, strict=True))
    if refusals and not skip_invalid:
        return PackReport("", files, refusals, 0, "", False)
    if not packed:
        raise InvalidSubmission("There is nothing to pack.", _why_nothing(submission.report, selector))

    known = KnownTexts(chosen)
    bodies = [prediction_bytes(p.spec, p.values, texts_for(p.spec, p.texts, known)) for p in packed]
    body = zip_bytes(dict(zip(names, bodies, strict=True)))
    target = Path(out or archive_name([predictions.spec for predictions in packed]))
    inputs = [Path(path) for path in given if not isinstance(path, FrameFile) and not Path(path).is_dir()]
    check_free([(target, body)], inputs, force)
    _validate_zip(body, target.name, packed, chosen, release)
    written = write_if_changed(target, body)
    if target.is_file() and target.read_bytes() != body:
        raise EmoError(f"{target} does not have the content that was written to it.", "check the disk, and pack again")
    return PackReport(
        out=str(target),
        files=files,
        refusals=refusals,
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        was_there=not written,
        notes=(*submission.report.doubts, *_notes(packed, chosen)),
    )


def archive_name(specs: Sequence[FileSpec]) -> str:
    """Return the name of the archive of some files, by the layout of their task.

    >>> from semeval_emo.task import load_task
    >>> task = load_task()
    >>> archive_name([task.spec("a", "eng", "test"), task.spec("a", "deu", "test")])
    'track_a.zip'
    """
    names = {fill(spec.layout.archive, spec.key) for spec in specs}
    return names.pop() if len(names) == 1 else f"submission{ZIP}"


def _refusals(report: Report, selector: Selector) -> tuple[Refusal, ...]:
    """Return the files and archives with errors that packing does not correct."""
    refusals = []
    for file in report.files:
        if file.parts and not any(selector.matches(part.spec) for part in file.parts):
            continue
        counts = {code: count for code, count in file.counts.items() if code[0] == "E" and not _is_corrected(code)}
        if counts:
            problems = tuple(problem for problem in report.problems_of(file.file) if problem.code in counts)
            refusals.append(Refusal(file.file, "", problems, counts, fixable=() if file.unfixed else file.paths))
    return tuple(refusals)


def _is_corrected(code: str) -> bool:
    """True for errors of names and folders, which the zip does not have."""
    error = entry(code)
    return error.scorable and error.name != "one-emotion-files" and error.place in (PLACES["1"], PLACES["2"])


def _why_nothing(report: Report, selector: Selector) -> str:
    places = sorted({part.spec.place for file in report.files for part in file.parts})
    options = " ".join(f"--{name} {value}" for name, value in selector.address.items())
    return f"{options} selects none of {', '.join(places)}" if options and places else "name valid prediction files"


def _check_one_file_each(report: Report, selector: Selector, skip_invalid: bool) -> None:
    """Check that no two files have the same path in the zip.

    Args:
        skip_invalid: only valid files are packed.
    """
    places: dict[tuple[str, str], list[tuple[str, FileSpec]]] = {}
    for file in report.files:
        for part in file.parts:
            if selector.matches(part.spec) and (part.is_scorable or not skip_invalid):
                places.setdefault((part.spec.track, part.spec.language), []).append((file.file, part.spec))
    for files in places.values():
        names, specs = [name for name, _ in files], {spec for _, spec in files}
        if len(files) > 1 and len(specs) == 1:
            raise InvalidSubmission(
                f"{len(files)} files are for {specs.pop().place}: {listed(names)}.",
                "name only the file to upload; semeval-emo score and compare take all of them",
            )


def _check_one_split(packed: Sequence[Predictions]) -> None:
    """Check that the predictions are of one split."""
    splits = sorted({predictions.spec.split for predictions in packed})
    if len(splits) > 1:
        raise InvalidSubmission(
            f"A zip has one split; these files are for {' and '.join(splits)}.", f"choose one: --split {splits[-1]}"
        )


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """Return a zip whose bytes depend on its files only.

    Files are stored, since the bytes of compressed files depend on the version of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, body in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system, info.external_attr = UNIX, REGULAR_FILE
            archive.writestr(info, body)
    return buffer.getvalue()


def _validate_zip(body: bytes, name: str, packed: Sequence[Predictions], task: Task, release: str | None) -> None:
    """Check that the zip is valid and has the same predictions."""
    with temporary_folder() as folder:
        path = folder / name
        path.write_bytes(body)
        submission = read_submission(path, release=release, task=task)
    same = [p.hash for p in submission.predictions] == [p.hash for p in packed]
    if not submission.report.valid or not same:
        raise AssertionError(f"the zip is not valid: {submission.report.problems[:3]}")


def _notes(packed: Sequence[Predictions], task: Task) -> list[str]:
    notes = []
    tracks = list(dict.fromkeys(predictions.spec.track for predictions in packed))
    if len(tracks) > 1:
        notes.append(
            f"the zip has tracks {', '.join(tracks)}; if each track is a competition of its own, "
            "pack each one alone with --track"
        )
    for track in tracks:
        specs = [predictions.spec for predictions in packed if predictions.spec.track == track]
        languages = {spec.language for spec in task.specs(specs[0].release, track, split=specs[0].split)}
        if len(specs) < len(languages):
            notes.append(
                f"track {track}: {len(specs)} of {len(languages)} languages; "
                "an average over all languages counts the missing ones as 0"
            )
    return notes
