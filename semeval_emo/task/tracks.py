"""Tracks, languages and official scorers of a task."""

from __future__ import annotations

from dataclasses import dataclass, field


def shown_track(key: str) -> str:
    """Return the key of a track for people: a single letter as a capital, others as the task writes them.

    >>> shown_track("a"), shown_track("a/c"), shown_track("ec")
    ('A', 'A/C', 'ec')
    """
    return "/".join(part.upper() if len(part) == 1 else part for part in key.split("/"))


@dataclass(frozen=True)
class Track:
    """One track of a task.

    Attributes:
        key: lower-case letter, as in ``track_a``.
        title: what has to be predicted.
        values: the allowed cell texts, in ascending order (``("0", "1")`` or ``("0", ..., "3")``).
        metrics: the official metrics, names of `semeval_emo.scoring` (``macro_f1``, ``pearson``). The first ranks
            systems and selects models.
        averaging: how the official score is averaged over emotions and languages, in words.
        trains_on: the track whose train split a system may use (track C has no train split).
        empty: what samples F1 and Jaccard count for a text without labels in gold and predictions: 0 or 1.
        weights: of languages in means over languages; 1 for those not named.
    """

    key: str
    title: str
    values: tuple[str, ...]
    metrics: tuple[str, ...]
    averaging: str
    trains_on: str
    empty: int = 0
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The track in a sentence: its letter, or its title if the key is a word that only options use."""
        return f"track {shown_track(self.key)}" if len(self.key) == 1 else self.title

    @property
    def metric(self) -> str:
        """The first of the official metrics."""
        return self.metrics[0]

    @property
    def folder(self) -> str:
        """The folder of the official layout, such as ``track_a``."""
        return f"track_{self.key}"

    @property
    def is_intensity(self) -> bool:
        """Whether cells are intensities rather than 0 or 1."""
        return len(self.values) > 2


@dataclass(frozen=True)
class Language:
    """A language under the code that the task uses.

    Attributes:
        iso: its ISO 639-3 code if the task uses a different one; else empty.
    """

    code: str
    name: str
    family: str
    script: str
    iso: str = ""


@dataclass(frozen=True)
class OfficialScorer:
    """An official scorer of a task.

    Attributes:
        key: its name, such as ``codabench-2026``; its port in `semeval_emo.submission.scorers`, if any, has the same.
        title: its name in sentences.
        note: what it is, where all scorers are described.
        languages: the codes that it knows, by track.
        release: the release of its own gold labels; empty for the default release.
        rounding, rule: its name as an option ``--rounding`` and ``--rule``; empty if it is none.
    """

    key: str
    title: str = ""
    note: str = ""
    languages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    release: str = ""
    rounding: str = ""
    rule: str = ""
