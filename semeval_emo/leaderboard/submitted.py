"""What the project itself submitted: systems with their prediction files, how each was made and what it scored.

Owns ``submissions/<system>/submission.toml``, in both directions; `zoo.submit` fills it. Beside it lie
``track_x/pred_<language>.csv``: labels, no texts. A wheel carries the TOML files alone.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError, UsageError
from semeval_emo.files import shipped
from semeval_emo.leaderboard.keys import DECIMALS
from semeval_emo.leaderboard.model import ScoreRow

FILE = "submission.toml"
LIST = "zoo"
"""The list, the kind and the source of their rows on the board."""
HEAD = "# Written by `semeval-emo zoo submit`; docs/zoo.md tells how. Predictions lie beside it: labels, no texts.\n"


@dataclass(frozen=True)
class BuildInfo:
    """What files were made with; most files of a system share one.

    Attributes:
        commit: of the checkout, with ``+`` where its code differed; empty where it was not recorded.
        machine: its kind, such as ``2-core x86-64 VM``.
    """

    commit: str
    machine: str
    versions: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class EnsembleMember:
    """A run that another one was joined from.

    Attributes:
        run: its recipe with its overrides, the name of its folder.
        seconds: spent training it.
    """

    run: str
    recipe_hash: str
    seconds: float


@dataclass(frozen=True)
class SubmittedFile:
    """One prediction file of a system.

    Attributes:
        recipe, recipe_hash: the recipe with its overrides, and the identity of all its fields.
        seconds: spent training, its members' included.
        selected_on: what chose settings, epoch or thresholds: a split, ``folds`` or ``none``.
        dev: the official figure on dev, at the thresholds.
        score: the official figure on test, unrounded; None where the labels were not at hand.
        interval: its 95 % interval (bootstrap over texts); empty where the labels were not at hand.
        predictions: hash of the predictions (`Predictions.hash`).
        signature: of the scorecard.
        overlap: how many test texts stand in what was trained on too.
        without: the official figure on the other texts; None where nothing overlaps, or the labels
            were not at hand.
        members: the runs that it was joined from, where it was.
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

    @property
    def key(self) -> tuple[str, str]:
        """What a system has once: a track and a language."""
        return self.track, self.language

    @property
    def name(self) -> str:
        """Where the file lies in the system's folder."""
        return f"track_{self.track}/pred_{self.language}.csv"


@dataclass(frozen=True)
class SubmittedSystem:
    """A system: a folder of prediction files that belong together.

    Attributes:
        name: of the folder.
        path: the folder.
    """

    name: str
    title: str
    task: str
    path: Path
    files: tuple[SubmittedFile, ...]

    def place(self, one: SubmittedFile) -> str:
        """Where a file lies in the repository."""
        return f"submissions/{self.name}/{one.name}"


def read_systems(root: Path | None = None) -> list[SubmittedSystem]:
    """Every system of a folder, by name; the shipped ones where none is named.

    Raises:
        UsageError: a file does not hold what it should.

    >>> all(system.files for system in read_systems())
    True
    """
    return [read_system(path.parent) for path in sorted((root or shipped("submissions")).glob(f"*/{FILE}"))]


def read_system(folder: Path) -> SubmittedSystem:
    """Reads one system's ``submission.toml``.

    Raises:
        InputError: it cannot be read.
        UsageError: it does not hold what it should.
    """
    path = folder / FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        made = {key: BuildInfo(**one) for key, one in raw["made"].items()}
        files = tuple(_submitted(key, one, made) for key, one in raw["files"].items())
        return SubmittedSystem(folder.name, raw["title"], raw["task"], folder, files)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "`semeval-emo zoo submit` writes one") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{path} does not hold what it should: {type(error).__name__} {error}.",
            "write it anew with `semeval-emo zoo submit`",
        ) from error


def _submitted(key: str, one: dict[str, Any], made: dict[str, BuildInfo]) -> SubmittedFile:
    track, _, language = key.partition("/")
    given = {"dev": None, "score": None, "signature": ""} | one
    given |= {"interval": tuple(one.get("interval", ())), "made": made[one["made"]]}
    given["members"] = tuple(EnsembleMember(**member) for member in one.get("members", ()))
    return SubmittedFile(track=track, language=language, **given)


def to_toml(system: SubmittedSystem) -> str:
    """The text of a system's ``submission.toml``."""
    makings = list(dict.fromkeys(one.made for one in system.files))
    lines = [HEAD, f"title = {_value(system.title)}", f"task = {_value(system.task)}"]
    for number, made in enumerate(makings, 1):
        lines += ["", f"[made.{number}]", f"commit = {_value(made.commit)}", f"machine = {_value(made.machine)}"]
        pairs = ", ".join(f"{name} = {_value(version)}" for name, version in made.versions.items())
        lines.append(f"versions = {{ {pairs} }}")
    for one in system.files:
        lines += ["", f'[files."{one.track}/{one.language}"]']
        for part in fields(SubmittedFile):
            value = getattr(one, part.name)
            if part.name == "made":
                lines.append(f'made = "{makings.index(value) + 1}"')
            elif part.name not in ("track", "language") and value not in (None, (), "", part.default):
                lines.append(f"{part.name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: str | float | EnsembleMember | tuple[Any, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, EnsembleMember):
        return f"{{ {', '.join(f'{key} = {_value(one)}' for key, one in asdict(value).items())} }}"
    # JSON's strings are strings of TOML too.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def rows_of(systems: Iterable[SubmittedSystem]) -> list[ScoreRow]:
    """The scores of systems as rows of the board, rounded as every row that was measured here."""
    return [
        ScoreRow(
            task=system.task, release=one.release, split=one.split, track=one.track, language=one.language, list=LIST,
            rank=None, teams=None, system=system.name, setting="" if one.recipe == system.name else one.recipe,
            metric=one.metric, score=round(one.score, DECIMALS), decimals=DECIMALS, kind=LIST,
            selected_on=one.selected_on, flag="", source=LIST,
            where=f"{system.place(one)}, predictions {one.predictions}, recipe {one.recipe_hash}", note="",
            file=str(system.path / FILE),
        )
        for system in systems
        for one in system.files
        if one.score is not None
    ]  # fmt: skip
