"""What the user has decided about a table, where reading it would otherwise need a guess."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from semeval_emo.errors import UsageError, suggest
from semeval_emo.text import alternatives, printable

SCORES = ("probabilities", "logits", "percent")
ROUND = "round"
"""Cut points half-way between the intensities; a half is rounded up."""
BLANK = "blank"
"""The key of a blank cell among the words."""
OTHER = "other"
"""The key of the threshold of every label that has none of its own."""

Cuts = str | tuple[float, ...] | Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Decisions:
    """The decisions of the user; by default nothing is decided.

    Attributes:
        order: the labels of columns or numbers without names, in their order.
        ids_from: a file whose ids, row by row, are those of a table without ids.
        thresholds: converts probabilities to labels: 1 from this value on; one for all labels, or one for each, where
            `OTHER` is every other label.
        scores: what numbers are: ``probabilities``, ``logits`` or ``percent``; empty for probabilities or intensities.
        cuts: the cut points between the intensities of a track, in ascending order: for all labels, or for each;
            or `ROUND`.
        words: the label of each word in lower case, such as ``{"yes": 1}``.
        column: the column that holds the labels.
        unverified_texts: accepts texts that are not those of the release.

    Raises:
        UsageError: a decision is impossible.

    >>> Decisions(thresholds={"anger": 0.35}).threshold_of("anger"), Decisions().threshold_of("anger")
    (0.35, None)
    """

    order: tuple[str, ...] = ()
    ids_from: str | os.PathLike[str] | None = None
    thresholds: float | Mapping[str, float] | None = None
    scores: str = ""
    cuts: Cuts = ()
    words: Mapping[str, int] = field(default_factory=dict)
    column: str = ""
    unverified_texts: bool = False

    def __post_init__(self) -> None:
        numbers = self.thresholds.values() if isinstance(self.thresholds, Mapping) else [self.thresholds]
        for number in numbers:
            if number is not None and not 0 < number <= 1:
                raise UsageError(f"The threshold must be greater than 0 and at most 1, not {number:g}.")
        if self.scores not in ("", *SCORES):
            raise UsageError(f"There are no scores '{printable(self.scores)}'.", f"use one of: {', '.join(SCORES)}")
        if self.scores and self.thresholds is None and self.cuts in ((), ROUND):
            raise UsageError(
                f"{self.scores.capitalize()} become labels by a threshold, or by cut points on intensity tracks.",
                "add --threshold 0.5 (choose it on the dev split), or --cuts 0.17,0.5,0.83",
            )
        every = self.cuts.values() if isinstance(self.cuts, Mapping) else [self.cuts]
        for cuts in every:
            if not isinstance(cuts, str) and (list(cuts) != sorted(cuts) or not all(map(math.isfinite, cuts))):
                shown = ",".join(f"{cut:g}" for cut in cuts)
                raise UsageError(f"Cut points must be finite and ascending, not {shown}.")

    def threshold_of(self, label: str) -> float | None:
        """Return the threshold of a label, or None if none is given."""
        if isinstance(self.thresholds, Mapping):
            return self.thresholds.get(label, self.thresholds.get(OTHER))
        return self.thresholds

    def label_of(self, number: float, label: str, values: Sequence[str]) -> int | None:
        """Return the label that a number stands for, or None if nothing is decided or it is out of range.

        >>> Decisions(thresholds=0.5, scores="logits").label_of(0.1, "joy", ("0", "1"))
        1
        >>> [Decisions(cuts="round").label_of(x, "joy", ("0", "1", "2", "3")) for x in (-0.7, 0.5, 1.49, 3.4)]
        [0, 1, 1, 3]
        """
        if self.scores == "logits":
            number = 1 / (1 + math.exp(-number)) if number > -700 else 0.0
        elif self.scores == "percent":
            number /= 100
        if len(values) == 2:
            threshold = self.threshold_of(label)
            return None if threshold is None or not 0 <= number <= 1 else int(number >= threshold)
        if not self.cuts or not math.isfinite(number):
            return None
        if isinstance(self.cuts, str):
            return min(max(math.floor(number + 0.5), 0), len(values) - 1)
        cuts = self.cuts.get(label) if isinstance(self.cuts, Mapping) else self.cuts
        return None if cuts is None else sum(number >= cut for cut in cuts)

    def converts_numbers(self, values: Sequence[str]) -> bool:
        """Return whether even a number that looks like a label, such as 1, stands for another one."""
        return bool(self.cuts) if len(values) > 2 else self.scores in ("logits", "percent")

    def done(self, values: Sequence[str]) -> str:
        """Return in words how numbers are converted to the labels of a track.

        >>> Decisions(thresholds=0.4, scores="logits").done(("0", "1"))
        'logits converted to labels: sigmoid applied, then 1 from 0.4 on'
        """
        step = {"logits": "sigmoid applied, then ", "percent": "divided by 100, then "}.get(self.scores, "")
        if len(values) == 2:
            name = {"percent": "percentages"}.get(self.scores, self.scores or "probabilities")
            return f"{name} converted to labels: {step}1 from {_per_label(self.thresholds)} on"
        if self.cuts == ROUND:
            return f"numbers rounded to the nearest label from {values[0]} to {values[-1]}, halves up"
        return f"numbers converted to intensities: {step}cut points {_per_label(self.cuts)}"

    def of_labels(self, synonyms: Mapping[str, str]) -> Decisions:
        """Return these decisions with the labels' own names in place of their synonyms."""

        def named(values: Mapping[str, float] | Mapping[str, tuple[float, ...]]) -> dict[str, object]:
            return {synonyms.get(name, name): value for name, value in values.items()}

        changed = {
            name: named(value)
            for name, value in (("thresholds", self.thresholds), ("cuts", self.cuts))
            if isinstance(value, Mapping)
        }
        return replace(self, **changed)  # type: ignore[arg-type]

    def check(self, labels: Mapping[str, Sequence[str]], values: Sequence[Sequence[str]]) -> None:
        """Check that the decisions suit the files that they are for.

        Args:
            labels: the labels of each file, by its name.
            values: the values of the labels of each kind of track among the files.

        Raises:
            UsageError: a decision is for no file, or is missing for a label.
        """
        binary, tops = any(len(v) == 2 for v in values), {len(v) - 1 for v in values if len(v) > 2}
        if self.thresholds is not None and not binary:
            raise UsageError(
                f"A threshold gives 0 or 1, but these labels are {', '.join(values[0])}.",
                f"use --round, or --cuts {halves(values[0])}",
            )
        if self.cuts and not tops:
            option = "--round" if self.cuts == ROUND else "--cuts"
            raise UsageError(f"{option} gives intensities, but these labels are 0 and 1.", "use --threshold 0.5")
        for given, option in ((self.thresholds, "--threshold"), (self.cuts, "--cuts")):
            if isinstance(given, Mapping):
                _check_names(given, labels, option)
        if self.cuts and self.cuts != ROUND:
            every = self.cuts.values() if isinstance(self.cuts, Mapping) else [self.cuts]
            for cuts in every:
                if {len(cuts)} != tops:
                    top = max(tops)
                    raise UsageError(
                        f"{len(cuts)} cut points are given; intensities from 0 to {top} need {top}.",
                        f"name them in ascending order, such as --cuts {halves([str(n) for n in range(top + 1)])}",
                    )
        allowed = {int(text) for track in values for text in track}
        for word, label in self.words.items():
            if label not in allowed:
                raise UsageError(
                    f"--map gives '{printable(word)}' the label {label}; expected "
                    f"{alternatives([str(n) for n in sorted(allowed)])}."
                )


def halves(values: Sequence[str]) -> str:
    """Return the cut points of rounding, as for ``--cuts``.

    >>> halves(("0", "1", "2", "3"))
    '0.5,1.5,2.5'
    """
    return ",".join(f"{int(value) - 0.5:g}" for value in values[1:])


def _check_names(given: Mapping[str, object], labels: Mapping[str, Sequence[str]], option: str) -> None:
    known = {label for own in labels.values() for label in own}
    for name in given:
        if name not in known and name != OTHER:
            files = "the file has" if len(labels) == 1 else "no file has"
            verb = "no label" if len(labels) == 1 else "a label"
            raise UsageError(
                f"{option} names '{printable(name)}', but {files} {verb} of this name.",
                suggest(name, sorted(known)) or f"its labels are {', '.join(sorted(known))}",
            )
    for file, own in labels.items():
        missing = [label for label in own if label not in given and OTHER not in given]
        if missing:
            example = f", or add {OTHER}=0.5 for all others" if option == "--threshold" else ""
            raise UsageError(f"{option} has no value for {', '.join(missing)} of {file}.", f"name every label{example}")


def _per_label(given: object) -> str:
    if isinstance(given, Mapping):
        return ", ".join(f"{_per_label(value)} ({label})" for label, value in given.items())
    if isinstance(given, tuple):
        return " ".join(f"{cut:g}" for cut in given)
    return f"{given:g}"


NOTHING_DECIDED = Decisions()
