"""Build the bundle of a task for Codabench."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo import __version__
from semeval_emo.bundle.columns import ScoreColumn, score_columns
from semeval_emo.bundle.pages import PAGES, TEMPLATES, kit_readme, pages, sample_folder, title_of
from semeval_emo.bundle.phase import GOLD, PHASE_FILE, BundlePhase
from semeval_emo.bundle.vendor import vendored
from semeval_emo.bundle.yaml_text import to_yaml
from semeval_emo.data.gold import gold_for
from semeval_emo.data.labels import Gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.progress import Progress
from semeval_emo.submission.outputs import check_free, write_if_changed
from semeval_emo.submission.packing import zip_bytes
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import TASK_FILE, FileSpec, IdList, Selector, Task, load_task
from semeval_emo.text import listed

IMAGE = "codalab/codalab-legacy:py312"
"""The default Docker image: one of Codabench's own, with Python 3.12 and NumPy."""
COMPETITION = "competition.yaml"
PROGRAM, KIT, LOGO = "scoring_program", "starting_kit", "logo.png"
COMMAND = "python3 /app/program/score.py /app/input /app/output"
OUT = Path("bundle.zip")
FIRST_DAY = datetime(2099, 1, 1)
"""Dates that nobody has chosen are so late that no phase is open before they are set."""
SECONDS = 600
"""The time limit of a submission, the default of Codabench."""
SUBMISSION_RULE = "Force_Last"


@dataclass(frozen=True)
class BundledPhase:
    """A phase of a bundle.

    Attributes:
        languages: the codes of its languages.
        rows: texts of all languages.
        start, end: dates in ISO form; `end` is empty for a phase that stays open.
        gold: where the gold labels came from.
    """

    split: str
    languages: tuple[str, ...]
    rows: int
    start: str
    end: str
    gold: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "split": self.split, "languages": list(self.languages), "rows": self.rows, "start": self.start,
            "end": self.end or None, "gold": self.gold,
        }  # fmt: skip


@dataclass(frozen=True)
class Bundle(Result):
    """The result of `build_bundle`.

    Attributes:
        out: the zip.
        phases: its phases, in order.
        columns: the columns of its leaderboard, the official metric first.
        bytes, sha256: size and hash of the zip.
        was_there: True if the file already had exactly these bytes.
        warnings: what every output begins with, as `Scores.warnings`.
        notes: what the organisers have to do or to know.
    """

    out: str
    task: str
    track: str
    release: str
    image: str
    phases: tuple[BundledPhase, ...]
    columns: tuple[ScoreColumn, ...]
    bytes: int
    sha256: str
    was_there: bool
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/bundle/1``."""
        return {
            "schema": "semeval-emo/bundle/1", "out": self.out, "bytes": self.bytes, "sha256": self.sha256,
            "was_there": self.was_there, "task": self.task, "track": self.track, "release": self.release,
            "docker_image": self.image, "phases": [phase.to_dict() for phase in self.phases],
            "columns": [{"key": one.key, "title": one.title} for one in self.columns], "notes": list(self.notes),
        }  # fmt: skip

    def to_frame(self) -> Any:
        """Return a row for each phase."""
        return frame_of((phase.to_dict() for phase in self.phases), ("split", "start", "end"))


def build_bundle(
    task: Task | str | os.PathLike[str],
    gold: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] = OUT,
    *,
    track: str | None = None,
    splits: Sequence[str] = (),
    release: str | None = None,
    dates: Mapping[str, str] | None = None,
    image: str = IMAGE,
    unverified_gold: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Bundle:
    """Build the bundle of one track of a task, with a phase for each split whose gold labels are there.

    The bytes of the zip depend only on the arguments, the gold labels and the installed packages.

    Args:
        task: a task, its name or its TOML file.
        gold: where the gold labels are, as the `source` of `load_gold`.
        out: the zip. An existing file that differs is replaced only with `force`.
        track: the track; needed if the task has several.
        splits: the splits of the phases; by default, those with gold labels, without ``train``.
        release: the release of the data; by default, the task's.
        dates: ``START/END`` by split, dates or times in ISO form; END of the last phase may be left out. Without
            dates, phases begin in 2099.
        image: the Docker image, which needs Python 3.11 or newer with NumPy.
        unverified_gold: as for `semeval_emo.score`.

    Raises:
        UsageError: an unknown name, a track that is not chosen, dates that cannot be, or OUT must not be written.
        InputError: gold labels are missing or blank, or OUT cannot be written.
        UnverifiedGold: the gold has the ids of a release, but other labels.

    >>> import tempfile
    >>> made = build_bundle("sample", "sample", Path(tempfile.mkdtemp()) / "bundle.zip", track="a")
    >>> [phase.split for phase in made.phases], made.columns[0].key
    (['dev', 'test'], 'macro_f1')
    """
    task = load_task(task)
    target = Path(out)
    if target.suffix.lower() != ".zip":
        raise UsageError(f"The name of the bundle, {out}, does not end in .zip.")
    selector = Selector(task, _one_track(task, track), release=release).of(task)
    own_track, own_release = selector.track or "", task.release(release).key
    notes: list[str] = []
    golds = _gold(task, own_track, own_release, gold, splits, unverified_gold, notes, progress or Progress())
    start_and_end = _dates(list(golds), dates or {}, notes)
    phases = {split: BundlePhase(own_track, split, own_release, unverified_gold) for split in golds}
    specs = [own.spec for labels in golds.values() for own in labels]
    wanted = {split: phase.specs(task) for split, phase in phases.items()}
    columns = score_columns(task, own_track, list(dict.fromkeys(spec.language for spec in specs)))
    files = {COMPETITION: to_yaml(_competition(task, phases, start_and_end, columns, image)).encode()}
    files[LOGO] = (TEMPLATES / LOGO).read_bytes()
    every = [spec for own in wanted.values() for spec in own]
    files |= {name: text.encode() for name, text in pages(task, own_track, own_release, every).items()}
    files |= program_files()
    of_task = _task_files(task, every)
    for split, labels in golds.items():
        files |= _reference(phases[split], of_task, wanted[split], labels)
    files |= _kit(task, own_track, of_task, wanted, golds)
    body = zip_bytes(files)
    given = [Path(gold)] if isinstance(gold, str | os.PathLike) else []
    check_free([(target, body)], [path for path in given if path.exists()], force)
    written = write_if_changed(target, body)
    return Bundle(
        out=str(target),
        task=task.key,
        track=own_track,
        release=own_release,
        image=image,
        phases=tuple(
            BundledPhase(
                split, tuple(spec.language for spec in wanted[split]), sum(spec.rows for spec in wanted[split]),
                *start_and_end[split], listed([own.source for own in labels], 1),
            )
            for split, labels in golds.items()
        ),
        columns=columns,
        bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        was_there=not written,
        warnings=tuple(dict.fromkeys(own.unverified for labels in golds.values() for own in labels if own.unverified)),
        notes=tuple(notes),
    )  # fmt: skip


def _one_track(task: Task, track: str | None) -> str:
    if track is None and len(task.tracks) > 1:
        raise UsageError(
            f"{task.title} has the tracks {', '.join(task.tracks)}, and each of them is a competition of its own.",
            f"choose one: --track {next(iter(task.tracks))}",
        )
    return track or next(iter(task.tracks))


def _gold(
    task: Task,
    track: str,
    release: str,
    source: str | os.PathLike[str] | None,
    splits: Sequence[str],
    unverified_gold: bool,
    notes: list[str],
    progress: Progress,
) -> dict[str, list[Gold]]:
    """Return the gold labels of each phase by its split; what is left out is added to the notes."""
    for split in splits:
        Selector(split=split).of(task)
    chosen = [split for split in task.splits if (split in splits if splits else split != "train")]
    found: dict[str, list[Gold]] = {}
    first: InputError | None = None
    for split in chosen:
        specs = task.specs(release, track, split=split)
        labels, missing = [], None
        with progress.stage(f"reading {split}", len(specs)):
            for spec in specs:
                try:
                    labels.append(gold_for(spec, task, source, unverified_gold=unverified_gold))
                except InputError as error:
                    missing = missing or error
                progress.advance()
        if missing is not None and (labels or splits):
            raise missing
        if missing is not None or not specs:
            first = first or missing
            notes.append(f"No phase for {split}: {missing.message if missing else 'the task has no such file.'}")
        else:
            found[split] = labels
    if not found:
        raise first or UsageError(f"Release {release} of {task.title} has no file of track {track} to predict.")
    return found


def _dates(splits: Sequence[str], given: Mapping[str, str], notes: list[str]) -> dict[str, tuple[str, str]]:
    """Return start and end of each phase in the form of Codabench."""
    if not given:
        notes.append(
            f"The phases begin in {FIRST_DAY.year}: no submission is accepted before you set their dates, with --phase "
            f"or in {COMPETITION}."
        )
        days = [(FIRST_DAY + timedelta(31 * at), FIRST_DAY + timedelta(31 * at + 28)) for at in range(len(splits))]
        return {split: (_shown(one), _shown(other)) for split, (one, other) in zip(splits, days, strict=True)}
    missing = [split for split in splits if split not in given]
    unknown = [split for split in given if split not in splits]
    if missing or unknown:
        what = f"no dates for the phase {missing[0]}" if missing else f"dates for {unknown[0]}, which is no phase"
        raise UsageError(
            f"There are {what}.", f"phases: {', '.join(splits)}; --phase {splits[-1]}=2027-01-10/2027-01-31"
        )
    result, before = {}, ""
    for split in splits:
        start, _, end = (part.strip() for part in given[split].partition("/"))
        first, last = _day(start, split), _day(end, split) if end else None
        if last is None and split != splits[-1]:
            raise UsageError(f"The phase {split} has no end, and {splits[-1]} comes after it.", "write START/END")
        if before and _shown(first) <= before:
            raise UsageError(
                f"The phase {split} begins before the one before it has ended.", "phases follow each other"
            )
        if last is not None and last <= first:
            raise UsageError(f"The phase {split} ends before it begins.", "write START/END")
        before = _shown(last) if last else ""
        result[split] = _shown(first), before
    return result


def _day(text: str, split: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise UsageError(
            f"The phase {split} has the date '{text}'.", "write dates as 2027-01-31, or with a time: 2027-01-31T23:59"
        ) from None


def _shown(day: datetime) -> str:
    return day.strftime("%Y-%m-%d %H:%M:%S")


def _competition(
    task: Task,
    phases: Mapping[str, BundlePhase],
    dates: Mapping[str, tuple[str, str]],
    columns: Sequence[ScoreColumn],
    image: str,
) -> dict[str, Any]:
    """Return the contents of ``competition.yaml``."""
    track = task.track(next(iter(phases.values())).track)
    return {
        "version": 2,
        "title": title_of(task, track.key),
        "description": f"{track.title}. Made by semeval-emo {__version__}.",
        "image": LOGO,
        "terms": PAGES["Terms"],
        "docker_image": image,
        "registration_auto_approve": False,
        "enable_detailed_results": True,
        "pages": [{"title": title, "file": file} for title, file in PAGES.items() if title != "Terms"],
        "tasks": [
            {
                "index": at,
                "name": f"{title_of(task, track.key)}: {split}",
                "description": f"{track.title}, {split}",
                "scoring_program": PROGRAM,
                "reference_data": reference_folder(split),
            }
            for at, split in enumerate(phases)
        ],
        "solutions": [
            {
                "index": at,
                "name": f"Sample submission: {split}",
                "tasks": [at],
                "path": f"{KIT}/{sample_folder(split)}",
            }
            for at, split in enumerate(phases)
        ],
        "phases": [
            {
                "index": at,
                "name": split,
                "description": f"Predict the labels of the {split} texts.",
                "start": dates[split][0],
                **({"end": dates[split][1]} if dates[split][1] else {}),
                "execution_time_limit": SECONDS,
                "accepts_only_result_submissions": True,
                "starting_kit": KIT,
                "tasks": [at],
            }
            for at, split in enumerate(phases)
        ],
        "leaderboards": [
            {
                "title": "Results",
                "key": "results",
                "submission_rule": SUBMISSION_RULE,
                "columns": [
                    {
                        "title": column.title,
                        "key": column.key,
                        "index": at,
                        "sorting": "asc" if column.lower_is_better else "desc",
                        "precision": column.decimals,
                    }
                    for at, column in enumerate(columns)
                ],
            }
        ],
    }


def reference_folder(split: str) -> str:
    """Return the folder of the reference data of a phase."""
    return f"reference_data_{split}"


def program_files() -> dict[str, bytes]:
    """Return the files of the scoring program by their paths in the bundle."""
    return {
        f"{PROGRAM}/metadata.yaml": to_yaml({"command": COMMAND}).encode(),
        f"{PROGRAM}/score.py": (TEMPLATES / "score.py.txt").read_bytes(),
        **{f"{PROGRAM}/vendor/{name}": body for name, body in vendored().items()},
    }


def _task_files(task: Task, specs: Sequence[FileSpec]) -> dict[str, bytes]:
    """Return the TOML file of a task and its lists of ids, by their paths in the folder of the file."""
    if task.file is None:
        raise UsageError(f"{task.title} has no task file.", "write one: docs/add-a-task.md")
    files = {TASK_FILE: task.file.read_bytes()}
    for spec in task.specs():
        for block in spec.blocks:
            if isinstance(block, IdList) and block.path is not None:
                files[block.path.relative_to(task.file.parent).as_posix()] = block.path.read_bytes()
    return files


def _reference(
    phase: BundlePhase, of_task: Mapping[str, bytes], specs: Sequence[FileSpec], golds: Sequence[Gold]
) -> dict[str, bytes]:
    """Return the reference data of a phase: the task and the gold labels in its layout."""
    folder = reference_folder(phase.split)
    files = {PHASE_FILE: phase.to_json().encode(), **of_task}
    for spec, gold in zip(specs, golds, strict=True):
        layout = replace(spec.layout, predictions=spec.layout.data)
        texts = dict(zip(gold.ids, gold.texts or (), strict=False))
        files[f"{GOLD}/{spec.layout.data.path(spec.key)}"] = prediction_bytes(
            replace(spec, layout=layout), gold.labels, texts
        )
    return {f"{folder}/{name}": body for name, body in files.items()}


def _kit(
    task: Task,
    track: str,
    of_task: Mapping[str, bytes],
    wanted: Mapping[str, Sequence[FileSpec]],
    golds: Mapping[str, Sequence[Gold]],
) -> dict[str, bytes]:
    """Return the starting kit: the check, the task, and a valid submission for each phase."""
    files = {
        "README.md": kit_readme(task, track, [spec for specs in wanted.values() for spec in specs]).encode(),
        "validate.py": (TEMPLATES / "validate.py.txt").read_bytes(),
        **{f"task/{name}": body for name, body in of_task.items()},
        **{f"vendor/{name}": body for name, body in vendored(own_only=True).items()},
    }
    for split, specs in wanted.items():
        for spec, gold in zip(specs, golds[split], strict=True):
            zeros = np.zeros((spec.rows, len(spec.emotions)), int)
            texts = dict(zip(gold.ids, gold.texts or (), strict=False))
            path = spec.layout.predictions.path(spec.key)
            files[f"{sample_folder(split)}/{path}"] = prediction_bytes(spec, zeros, texts)
    return {f"{KIT}/{name}": body for name, body in files.items()}
