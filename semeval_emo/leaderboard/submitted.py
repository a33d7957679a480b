"""Systems submitted by this project: prediction files with their provenance and scores.

Reads and writes ``submissions/<system>/submission.toml``, which `zoo submit` creates. The same folder has
``track_x/pred_<language>.csv`` (labels, no texts). A wheel contains only the TOML files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from semeval_emo.errors import UsageError
from semeval_emo.files import shipped
from semeval_emo.leaderboard.check import LONGEST
from semeval_emo.leaderboard.keys import DECIMALS, UNVERIFIED_NOTE
from semeval_emo.leaderboard.model import ScoreRow
from semeval_emo.leaderboard.origin import EnsembleMember, ScoreOrigin, SeedRun
from semeval_emo.parse import ShapeError, build, member, read_toml
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import find_task
from semeval_emo.text import printable, short_repr

FILE = "submission.toml"
LIST = "zoo"
"""The list, the kind and the source of their rows on the leaderboard."""
HEAD = (
    "# Written by `semeval-emo zoo submit` (see docs/zoo.md). The predictions are in this folder: labels, no texts.\n"
)
# What `to_toml` writes, in the first bytes of a file.
_TASK_LINE = re.compile(rb'^task = "([^"\\]+)"$', re.M)
_HEAD_BYTES = 2**12


@dataclass(frozen=True)
class BuildInfo:
    """Code and machine that produced a file.

    Attributes:
        commit: of the checkout, with ``+`` if the code had changes; empty if it was not recorded.
        machine: type of the machine, such as ``2-core x86-64 VM``.
    """

    commit: str
    machine: str
    versions: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class SubmittedFile:
    """One prediction file of a system.

    Attributes:
        recipe, recipe_hash: the recipe with its overrides, and the hash of all its fields.
        seconds: training time, including ensemble members.
        selected_on: data used to select settings, epoch or thresholds: a split, ``folds`` or ``none``.
        dev: the official score on dev, with the thresholds.
        score: the official score on test, unrounded; None without gold labels.
        interval: its 95 % interval (bootstrap over texts); empty without gold labels.
        predictions: hash of the predictions (`Predictions.hash`).
        overlap: number of test texts that are also in the training data.
        without: the official score on the other texts; None without overlap or without gold labels.
        unverified: whether it was trained or scored with labels that are not those of the release.
        seeds: the runs of the recipe that differ only in the seed, this one included; empty if there is no other.
        candidates: the runs that it was selected from by their score on dev; empty if it was not.
        path: its path in the folder, if the layout of the task is not that of Task 11; else empty.
    """

    track: str
    language: str
    release: str
    split: str
    recipe: str
    recipe_hash: str
    seed: int
    seconds: float
    selected_on: str
    metric: str
    dev: float | None
    score: float | None
    interval: tuple[float, ...]
    predictions: str
    signature: str
    made: BuildInfo
    overlap: int = 0
    without: float | None = None
    members: tuple[EnsembleMember, ...] = ()
    unverified: bool = False
    seeds: tuple[SeedRun, ...] = ()
    candidates: tuple[str, ...] = ()
    path: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Identity of the file in its system: track and language."""
        return self.track, self.language

    @property
    def origin(self) -> ScoreOrigin:
        """Seeds, ensemble members and candidates of the file, as it records them."""
        return ScoreOrigin(self.seed, self.seeds, self.members, self.candidates, self.predictions)

    @property
    def name(self) -> str:
        """Path of the file in the system's folder."""
        return self.path or f"track_{self.track}/pred_{self.language}.csv"


@dataclass(frozen=True)
class SubmittedSystem:
    """A submitted system: a folder of prediction files."""

    name: str
    title: str
    task: str
    path: Path
    files: tuple[SubmittedFile, ...]

    def path_of(self, file: SubmittedFile) -> str:
        """Return the path of a file in the repository."""
        return f"submissions/{self.name}/{file.name}"

    def __repr__(self) -> str:
        return short_repr(self)


def read_systems(root: Path | None = None, task: str = "") -> list[SubmittedSystem]:
    """Read the systems of a folder, by name; the shipped ones by default.

    Args:
        task: the key of a task. The files of the systems of other tasks are not parsed. Empty reads all systems.

    Raises:
        UsageError: a file has the wrong structure.

    >>> all(system.files for system in read_systems())
    True
    """
    paths = sorted((root or shipped("submissions")).glob(f"*/{FILE}"))
    systems = [read_system(path.parent) for path in paths if not task or _task_in(path) in ("", task)]
    return [system for system in systems if task in ("", system.task)]


def _task_in(path: Path) -> str:
    """Return the task that the first lines of a file name, as `to_toml` writes them; empty if they name none."""
    try:
        with path.open("rb") as stream:
            found = _TASK_LINE.search(stream.read(_HEAD_BYTES).partition(b"\n[")[0])
    except OSError:
        return ""
    return found[1].decode("utf-8", "replace") if found else ""


def read_system(folder: Path) -> SubmittedSystem:
    """Read one system's ``submission.toml``.

    Raises:
        InputError: it cannot be read.
        UsageError: it has the wrong structure.
    """
    path = folder / FILE
    raw = read_toml(path, fix="semeval-emo zoo submit writes it")
    try:
        tables = member(raw, "made", dict) if "made" in raw else raw["made"]
        made = {key: build(BuildInfo, table, f"made.{key}") for key, table in tables.items()}
        files = tuple(_submitted_file(key, table, made) for key, table in member(raw, "files", dict).items())
        system = SubmittedSystem(folder.name, member(raw, "title", str), member(raw, "task", str), folder, files)
        _check_names(system)
    except (KeyError, ShapeError) as error:
        wrong = f"KeyError {error}" if isinstance(error, KeyError) else str(error)
        raise UsageError(
            f"{path} has the wrong structure: {wrong}.", "write it again with semeval-emo zoo submit"
        ) from error
    return system


def _check_names(system: SubmittedSystem) -> None:
    """Refuse files that the task of a system does not have; of an unknown task nothing is known."""
    outside = next((file.path for file in system.files if not is_below(file.path)), "")
    if outside:
        raise ShapeError(f"the path '{printable(outside)}' is not below the folder of the system")
    task = find_task(system.task)
    if task is None:
        return
    for file in system.files:
        try:
            spec = task.spec(file.track, file.language, file.split, file.release)
        except UsageError as error:
            raise ShapeError(error.message.rstrip(".")) from error
        if spec.track != file.track or file.metric not in METRICS or METRICS[file.metric].per_emotion:
            raise ShapeError(f"track '{printable(file.track)}' and metric '{printable(file.metric)}' are not known")


def is_below(path: str) -> bool:
    """Return whether a path can be that of a file below a folder.

    >>> is_below("track_x/a.txt"), is_below("../a.txt"), is_below("/a.txt")
    (True, False, False)
    """
    return not path.startswith("/") and "\\" not in path and ".." not in path.split("/")


def _submitted_file(key: str, table: dict[str, Any], made: dict[str, BuildInfo]) -> SubmittedFile:
    track, _, language = key.partition("/")
    where = f"files.{key}"
    build_key = member(table, "made", str, where=where)
    if build_key not in made:
        raise ShapeError(f"'{where}.made' is '{printable(build_key)}', which is not a key of [made]")
    values = {name: value for name, value in table.items() if name != "made"}
    values = {"dev": None, "score": None, "signature": "", "interval": []} | values
    return build(SubmittedFile, values, where, track=track, language=language, made=made[build_key])


def to_toml(system: SubmittedSystem) -> str:
    """Return the text of a system's ``submission.toml``."""
    builds = list(dict.fromkeys(file.made for file in system.files))
    lines = [HEAD, f"title = {_value(system.title)}", f"task = {_value(system.task)}"]
    for number, made in enumerate(builds, 1):
        lines += ["", f"[made.{number}]", f"commit = {_value(made.commit)}", f"machine = {_value(made.machine)}"]
        pairs = ", ".join(f"{_key(name)} = {_value(version)}" for name, version in made.versions.items())
        lines.append(f"versions = {{ {pairs} }}")
    for file in system.files:
        lines += ["", f'[files."{file.track}/{file.language}"]']
        for field_ in fields(SubmittedFile):
            value = getattr(file, field_.name)
            if field_.name == "made":
                lines.append(f'made = "{builds.index(value) + 1}"')
            elif field_.name not in ("track", "language") and _is_stored(field_, file):
                lines.append(f"{field_.name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _is_stored(field_: Field[Any], owner: Any) -> bool:
    """Return whether a field of a dataclass is written: not if it is empty or has its default value."""
    return getattr(owner, field_.name) not in (None, (), "", field_.default)


def _key(name: str) -> str:
    """Return a name as a TOML key; the hub id of weights needs quotation marks."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if is_dataclass(value):
        pairs = [(field_.name, getattr(value, field_.name)) for field_ in fields(value) if _is_stored(field_, value)]
        return f"{{ {', '.join(f'{key} = {_value(entry)}' for key, entry in pairs)} }}"
    # JSON strings are valid TOML strings.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)


def origins(systems: Sequence[SubmittedSystem]) -> dict[tuple[str, str, str], ScoreOrigin]:
    """Return the origin of every file by system, track and language.

    The seeds of a recipe are those that the file records, and those of files of other systems.
    """
    by_recipe: dict[tuple[str, ...], dict[int, SeedRun]] = {}
    for system, file in _files(systems):
        runs = by_recipe.setdefault(_recipe_key(system, file), {})
        for run in (SeedRun(file.seed, file.dev, file.score), *file.seeds):
            runs.setdefault(run.seed, run)
    found = {}
    for system, file in _files(systems):
        # The score of the file itself, which can be of another version of the recipe than that of other files.
        runs = {**by_recipe[_recipe_key(system, file)], file.seed: SeedRun(file.seed, file.dev, file.score)}
        own_first = sorted(runs.values(), key=lambda run: run.seed != file.seed)
        found[system.name, *file.key] = replace(file.origin, runs=tuple(own_first) if len(runs) > 1 else ())
    return found


def find_origins(files: Sequence[tuple[str, str]]) -> list[ScoreOrigin | None]:
    """Return the origins of files of the shipped systems, found by their predictions; None for other files.

    Args:
        files: path, and hash of the predictions. The path distinguishes systems with the same predictions.
    """
    # Most predictions are of no system: look for the hashes before the files are parsed.
    texts = [path.read_text("utf-8", "replace") for path in shipped("submissions").glob(f"*/{FILE}")]
    if not any(hash_ in text for text in texts for _, hash_ in files):
        return [None] * len(files)
    systems = read_systems()
    folders = {system.name: system.path.resolve() for system in systems}
    by_hash: dict[str, list[tuple[Path, ScoreOrigin]]] = {}
    for (name, *_), origin in origins(systems).items():
        by_hash.setdefault(origin.predictions, []).append((folders[name], origin))
    found = []
    for path, hash_ in files:
        parents = Path(path).resolve().parents
        # A copy is a file of the recipe itself rather than of a system that selected it among several.
        own = sorted(by_hash.get(hash_, []), key=lambda one: (one[0] not in parents, len(one[1].candidates)))
        found.append(own[0][1] if own else None)
    return found


def _files(systems: Sequence[SubmittedSystem]) -> Iterator[tuple[SubmittedSystem, SubmittedFile]]:
    for system in systems:
        for file in system.files:
            yield system, file


def _recipe_key(system: SubmittedSystem, file: SubmittedFile) -> tuple[str, ...]:
    """Return what files of one recipe have in common that differ only in the seed."""
    return (system.task, file.release, file.split, *file.key, without_seed(file.recipe))


def without_seed(run: str) -> str:
    """Return the name of a run without its random seed, and without the hash of its overrides.

    >>> without_seed("mpnet-ft+seed=1-7366a7"), without_seed("mpnet-ft"), without_seed("x+epochs=2,seed=1-0a1b2c")
    ('mpnet-ft', 'mpnet-ft', 'x+epochs=2')
    """
    recipe, _, overrides = run.partition("+")
    kept = [one for one in re.sub(r"-?[0-9a-f]{6}$", "", overrides).split(",") if not one.startswith("seed=")]
    return f"{recipe}+{','.join(kept)}" if any(kept) else recipe


def _note(file: SubmittedFile, origin: ScoreOrigin) -> str:
    note = "; ".join(part for part in (UNVERIFIED_NOTE if file.unverified else "", origin.note) if part)
    return printable(note, LONGEST)


def rows_of(systems: Sequence[SubmittedSystem]) -> list[ScoreRow]:
    """Return the scores of systems as rows of the leaderboard, rounded like all scores measured here."""
    by_file = origins(systems)
    return [
        ScoreRow(
            task=system.task, release=file.release, split=file.split, track=file.track, language=file.language,
            list=LIST, rank=None, teams=None, system=system.name,
            setting="" if file.recipe == system.name else file.recipe, metric=file.metric,
            score=round(file.score, DECIMALS), decimals=DECIMALS, kind=LIST, selected_on=file.selected_on,
            flag="unverified" if file.unverified else "", source=LIST,
            note=_note(file, by_file[system.name, *file.key]), file=str(system.path / FILE),
            where=f"{system.path_of(file)}, predictions {file.predictions}, recipe {file.recipe_hash}",
            origin=by_file[system.name, *file.key],
        )
        for system, file in _files(systems)
        if file.score is not None
    ]  # fmt: skip
