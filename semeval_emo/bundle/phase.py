"""What the reference data of a bundle say: the track, split and release of a phase, beside its task and gold labels."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError
from semeval_emo.files import read_utf8
from semeval_emo.task import FileSpec, Task

PHASE_FILE = "phase.json"
GOLD = "gold"
"""The folder of the gold labels, in the layout of the task."""
SCHEMA = "semeval-emo/bundle-phase/1"


@dataclass(frozen=True)
class BundlePhase:
    """One phase of a competition: the files of a task that are predicted in it.

    Attributes:
        unverified_gold: whether other labels than those of the release are accepted.
    """

    track: str
    split: str
    release: str
    unverified_gold: bool = False

    def specs(self, task: Task) -> list[FileSpec]:
        """Return the files of the task, one for each language."""
        return task.specs(self.release, self.track, split=self.split)

    @property
    def address(self) -> dict[str, Any]:
        """Track, split and release, as keyword arguments."""
        return {"track": self.track, "split": self.split, "release": self.release}

    def to_json(self) -> str:
        """Return the contents of the file `PHASE_FILE`."""
        return json.dumps({"schema": SCHEMA} | asdict(self), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> BundlePhase:
        """Read the file of a phase.

        Raises:
            InputError: there is no such file, or it is not that of a phase.
        """
        try:
            raw = json.loads(read_utf8(path))
            names = {one.name: one.type for one in fields(cls)}
            given = {name: raw[name] for name in names}
            valid = raw["schema"] == SCHEMA and all(isinstance(given[name], str) for name in list(names)[:3])
        except (ValueError, KeyError, TypeError, RecursionError):
            valid, given = False, {}
        if not valid:
            raise InputError(
                f"{path.name} is not that of a phase of a bundle.", "build the bundle again: semeval-emo task bundle"
            )
        return cls(**given)
