"""Build the bundle of a task for Codabench."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from semeval_emo import __version__
from semeval_emo.bundle.columns import ScoreColumn, score_columns
from semeval_emo.bundle.dates import phase_dates
from semeval_emo.bundle.pages import PAGES, TEMPLATES, kit_readme, pages, sample_folder, title_of
from semeval_emo.bundle.phase import GOLD, PHASE_FILE, BundlePhase
from semeval_emo.bundle.vendor import vendored
from semeval_emo.bundle.yaml_text import to_yaml
from semeval_emo.data.gold import gold_for
from semeval_emo.data.labels import Gold
from semeval_emo.errors import InputError, ReleaseMismatch, UsageError
from semeval_emo.files import write_file
from semeval_emo.progress import Progress
from semeval_emo.submission.outputs import check_free, write_if_changed
from semeval_emo.submission.packing import zip_bytes
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import DEFAULT_LAYOUT, TASK_FILE, FileLayout, FileSpec, IdList, Selector, Task, load_task
from semeval_emo.temporary import temporary_folder
from semeval_emo.text import listed

IMAGE = "codalab/codalab-legacy:py312"
"""The default Docker image: one of Codabench's own, with Python 3.12 and NumPy."""
COMPETITION = "competition.yaml"
PROGRAM, KIT, LOGO = "scoring_program", "starting_kit", "logo.png"
COMMAND = "python3 /app/program/score.py /app/input /app/output"
OUT = Path("bundle.zip")
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
        raise UsageError(f"The name of the bundle, {out}, does not end in .zip.", f"name it {target.stem}.zip")
    selector = Selector(task, _one_track(task, track), release=release).of(task)
    own_track, own_release = selector.track or "", task.release(release).key
    notes: list[str] = []
    golds = _gold(task, own_track, own_release, gold, splits, unverified_gold, notes, progress or Progress())
    start_and_end = phase_dates(list(golds), dates or {}, notes)
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
        files |= _reference(phases[split], task, of_task, labels)
    files |= _kit(task, phases, of_task, golds)
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


def _reference(phase: BundlePhase, task: Task, of_task: Mapping[str, bytes], golds: Sequence[Gold]) -> dict[str, bytes]:
    """Return the reference data of a phase: the task and the gold labels in its layout.

    Where that cannot say everything, such as that a text has no label, they are in the default layout, which is read
    for every task.

    Raises:
        UsageError: the labels that are read from there are others.
    """
    written = next(
        (files for layout in (task.layout, DEFAULT_LAYOUT) if (files := _gold_files(phase, task, golds, layout.data))),
        None,
    )
    if written is None:
        raise UsageError(
            f"The gold labels of the {phase.split} split are others after they are written.",
            "check the table [layout.data] of the task file: semeval-emo task show",
        )
    files = {PHASE_FILE: phase.to_json().encode(), **of_task, **written}
    return {f"{reference_folder(phase.split)}/{name}": body for name, body in files.items()}


def _gold_files(phase: BundlePhase, task: Task, golds: Sequence[Gold], layout: FileLayout) -> dict[str, bytes]:
    """Return the files of gold labels in a layout; none if reading them again gives other labels."""
    written: dict[str, bytes] = {}
    specs = phase.specs(task)
    for spec, gold in zip(specs, golds, strict=True):
        own = replace(spec, layout=replace(spec.layout, predictions=layout))
        written[f"{GOLD}/{layout.path(spec.key)}"] = prediction_bytes(own, gold.labels, _texts(gold))
    with temporary_folder() as folder:
        for path, body in written.items():
            write_file(folder / path, body, parents=True)
        try:
            again = [gold_for(own, task, folder / GOLD, unverified_gold=phase.unverified_gold) for own in specs]
        except (InputError, ReleaseMismatch):
            return {}
    return written if [own.hash for own in again] == [own.hash for own in golds] else {}


def _texts(gold: Gold) -> dict[str, str]:
    return dict(zip(gold.ids, gold.texts or (), strict=False))


def _kit(
    task: Task,
    phases: Mapping[str, BundlePhase],
    of_task: Mapping[str, bytes],
    golds: Mapping[str, Sequence[Gold]],
) -> dict[str, bytes]:
    """Return the starting kit: the check, the task, and a valid submission for each phase."""
    wanted = {split: phase.specs(task) for split, phase in phases.items()}
    every = [spec for specs in wanted.values() for spec in specs]
    files = {
        "README.md": kit_readme(task, every[0].track, every).encode(),
        "validate.py": (TEMPLATES / "validate.py.txt").read_bytes(),
        **{f"task/{name}": body for name, body in of_task.items()},
        **{f"task/{split}.json": phase.to_json().encode() for split, phase in phases.items()},
        **{f"vendor/{name}": body for name, body in vendored(own_only=True).items()},
    }
    for split, specs in wanted.items():
        for spec, gold in zip(specs, golds[split], strict=True):
            zeros = np.zeros((spec.rows, len(spec.emotions)), int)
            path = f"{sample_folder(split)}/{spec.layout.predictions.path(spec.key)}"
            if path in files:
                raise UsageError(
                    f"Prediction files of several languages have the same path, {spec.layout.predictions.file}.",
                    "write {language} into the key 'file' of [layout.predictions]",
                )
            files[path] = prediction_bytes(spec, zeros, _texts(gold))
    return {f"{KIT}/{name}": body for name, body in files.items()}
