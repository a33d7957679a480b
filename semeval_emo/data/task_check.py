"""Check a task file: what it leaves out, and what its data say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from semeval_emo.data.gold import gold_for
from semeval_emo.data.new_task.marks import guesses_in
from semeval_emo.data.new_task.paths import is_predictions
from semeval_emo.data.survey import BLANK, KNOWN, STRAY, survey
from semeval_emo.errors import EmoError
from semeval_emo.files import read_utf8
from semeval_emo.progress import Progress
from semeval_emo.task import PIN_FILES, SPLITS, FileSpec, Task
from semeval_emo.text import listed, plural

PIN_AGAIN = "write its line again with `semeval-emo data pin FOLDER --task FILE.toml`"


@dataclass(frozen=True)
class TaskProblem:
    """What is missing or wrong in a task file.

    Attributes:
        where: the table or the file of the task that it is about.
        level: ``error``, ``note`` for what a task can do without, or ``guess`` for what `task new` has guessed.
    """

    where: str
    level: str
    message: str
    fix: str


def check_task(task: Task, folder: Path | None = None, progress: Progress | None = None) -> list[TaskProblem]:
    """Return what is missing or wrong in a task, and where a folder of its data differs from it.

    >>> from semeval_emo.task import load_task
    >>> check_task(load_task("sample"))
    []

    Raises:
        InputError: the folder does not exist or holds no data file.
    """
    problems = [
        *_unused(task), *_without_hash(task), *(problem for spec in task.specs() for problem in _ids(spec)),
        *_same_ids(task), *_guesses(task),
    ]  # fmt: skip
    return problems if folder is None else [*problems, *_of_data(task, folder, progress)]


def _unused(task: Task) -> Iterator[TaskProblem]:
    """Yield tracks, languages and labels without a file."""
    specs = task.specs()
    if not specs:
        yield TaskProblem("[releases]", "error", "no release has a file", PIN_FILES)
        return
    for table, names, used in (
        ("[tracks]", task.tracks, {spec.track for spec in specs}),
        ("[languages]", task.languages, {spec.language for spec in specs}),
        ("emotions", task.emotions, {emotion for spec in specs for emotion in spec.emotions}),
    ):
        unused = [name for name in names if name not in used]
        if unused:
            yield TaskProblem(table, "error", f"no file has {listed(unused, 5)}", "remove it, or add its files")
    for track in task.tracks.values():
        languages = {spec.language for spec in specs if spec.track == track.key}
        # A cross-lingual track trains on other languages.
        for split in SPLITS if track.trains_on == track.key else SPLITS[1:]:
            missing = languages - {spec.language for spec in specs if (spec.track, spec.split) == (track.key, split)}
            if missing:
                message = f"there is no {split} file for {listed(sorted(missing), 5)}"
                yield TaskProblem(f"[tracks.{track.key}]", "note", message, "add it if it is published")


def _ids(spec: FileSpec) -> Iterator[TaskProblem]:
    """Yield what is wrong with the ids of one file."""
    try:
        if len(spec.id_set) < spec.rows:
            yield TaskProblem(spec.place, "error", "an id occurs twice", PIN_AGAIN)
    except EmoError as error:
        yield TaskProblem(spec.place, "error", error.message, error.fix or PIN_AGAIN)


def _same_ids(task: Task) -> Iterator[TaskProblem]:
    """Yield the splits of a language that share ids, so that their files cannot be identified by ids."""
    seen: dict[tuple[str, str], list[FileSpec]] = {}
    for spec in task.specs(task.default_release):
        others = seen.setdefault((spec.track, spec.language), [])
        for other in others:
            try:
                shared = len(spec.id_set & other.id_set)
            except EmoError:
                # Reported above.
                continue
            if shared:
                message = f"{plural(shared, 'id')} of it {'is' if shared == 1 else 'are'} also in {'/'.join(other.key)}"
                yield TaskProblem(spec.place, "note", message, "give each text an id of its own, such as dev_1")
        others.append(spec)


def _without_hash(task: Task) -> Iterator[TaskProblem]:
    """Yield the files without a hash of their texts, by release."""
    for release in task.releases:
        bare = ["/".join(spec.key) for spec in task.specs(release) if not spec.texts_hash]
        if bare:
            message = f"no hash of the texts of {listed(bare, 3)}: a file is recognised by its ids or labels only"
            yield TaskProblem(f"[releases.{release}]", "note", message, PIN_AGAIN)


def _guesses(task: Task) -> Iterator[TaskProblem]:
    """Yield what `task new` has guessed and nobody has confirmed."""
    for guess in guesses_in(read_utf8(task.file)) if task.file is not None else ():
        message = f"line {guess.line}: {guess.why}"
        yield TaskProblem(guess.where, "guess", message, "correct it, or remove the mark")


def _of_data(task: Task, folder: Path, progress: Progress | None) -> Iterator[TaskProblem]:
    """Yield the files of a folder that the task does not have, and those of the task that the folder does not have."""
    found = [file for part in survey(folder, task, progress) for file in part.files]
    files = [file for file in found if file.matches or not is_predictions(file.path.name)]
    for file in files:
        if file.state == STRAY:
            yield TaskProblem(str(file.path), "note", file.detail, "add it to [languages], or leave the file out")
        elif file.state not in (KNOWN, BLANK):
            why = file.detail or "it is of no known release"
            yield TaskProblem(str(file.path), "error", why, "pin the folder again, or leave the file out")
    yield from _neutral(task, folder)
    places = {match.spec.place for file in files for match in file.matches}
    paths = {file.path for file in files}
    for spec in task.specs(task.default_release):
        # A file in its place with other content is a problem of its own above.
        if spec.place not in places and folder / task.layout.data.path(spec.key) not in paths:
            expected = folder / task.layout.data.path(spec.key)
            yield TaskProblem(spec.place, "error", f"it is not in {folder}", f"expected {expected}")


def _neutral(task: Task, folder: Path) -> Iterator[TaskProblem]:
    """Yield the files whose labels have the neutral label with another one, which the task rules out."""
    for spec in task.specs(task.default_release) if task.neutral else ():
        try:
            gold = gold_for(spec, task, folder, labels_required=False, unverified_gold=True)
        except EmoError:
            # What is wrong with the file is said elsewhere.
            continue
        count = sum(spec.contradicts_neutral(row) for row in gold.labels.tolist())
        if count:
            message = f"{plural(count, 'row')} of {len(gold):,} have {task.neutral} and another label"
            yield TaskProblem(
                spec.place, "error", message, "remove `neutral` from the task file: it is a label like others"
            )
