"""The result of training one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from semeval_emo.leaderboard import Placement
from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.tables.results import Result
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.runs.folder import RunFolder
from semeval_emo.zoo.runs.model import load_model
from semeval_emo.zoo.selection.constant_predictions import ConstantPredictions


@dataclass(frozen=True, repr=False)
class RunResult(Result):
    """A finished run.

    Attributes:
        rows: the lines of ``metrics.jsonl``.
        selected_epoch: number of the epoch or setting of the model.
        thresholds: one per emotion; cut points per emotion for intensities (unused if intensities are rounded).
        seconds: training time, over all processes of the run, with that of ensemble members.
        members: what `FinishedRun.member_record` returns for each ensemble member.
        dev: metrics on dev, at the thresholds.
        scorecard: None if the test labels are not available.
        placement: None without comparable rows on the leaderboard.
        overlap: as returned by `count_leakage`; None for a run of an earlier version.
        origin: the seed, the scores of other seeds in the folder of runs, and the members of an ensemble.
        warnings: on unverified gold, and on predictions that are the gold labels.
        constant: emotions that are predicted for no test text or for every one.
        tune_command: the command that fits thresholds.
    """

    recipe: Recipe
    folder: RunFolder
    rows: tuple[dict[str, Any], ...]
    selected_epoch: int
    thresholds: tuple[float | list[float], ...]
    sizes: ParameterCounts | None
    seconds: float
    resumed: bool
    already_done: bool
    dev: dict[str, float]
    scorecard: Scorecard | None
    placement: Placement | None
    overlap: dict[str, Any] | None
    origin: ScoreOrigin
    members: tuple[dict[str, Any], ...] = ()
    data_notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    constant: ConstantPredictions = field(default_factory=ConstantPredictions)
    tune_command: str = ""

    def __repr__(self) -> str:
        scores = "".join(f", {name}={value:.4f}" for name, value in self.scores.items() if name in self.dev)
        return f"<RunResult of {self.recipe.run_name}: {self.folder.spec.place}{scores}; {self.folder.path}>"

    @property
    def scores(self) -> dict[str, float]:
        """The metrics of the test split; empty if its labels are not available."""
        return dict(self.scorecard.metrics.whole) if self.scorecard else {}

    def predict(self, texts: str | Iterable[str]) -> Any:
        """Return the predictions of texts, as `Model.predict` does."""
        return load_model(self.folder.path).predict(texts)

    def to_frame(self) -> Any:
        """Return the test metrics of each label as a DataFrame with the labels as index."""
        from semeval_emo.tables.frames import data_frame

        metrics = self.scorecard.metrics.by_emotion if self.scorecard else {}
        return data_frame({"threshold": self.thresholds} | dict(metrics), list(self.folder.spec.emotions))

    @property
    def prediction_notes(self) -> tuple[str, ...]:
        """Notes on emotions that are never or always predicted and on scores of 0, with the command that helps."""
        if not (self.constant.same or self.scores_zero):
            return ()
        command = [f"Fit thresholds: {self.tune_command}"] if self.tune_command else []
        return (self.constant.reached, *self.constant.notes, *command)

    @property
    def scores_zero(self) -> bool:
        """Whether the selection metric is 0 on dev or the official one on test."""
        return 0 in (*self.dev.values(), *([self.scorecard.score] if self.scorecard else []))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, ``semeval-emo/zoo-train/1``."""
        return {
            "schema": "semeval-emo/zoo-train/1",
            "recipe": self.recipe.resolved(),
            "settings": dict(self.recipe.settings),
            "folder": str(self.folder.path),
            "predictions": str(self.folder.predictions),
            "epochs": list(self.rows),
            "kept": self.selected_epoch,
            "thresholds": dict(zip(self.folder.spec.emotions, self.thresholds, strict=True)),
            "parameters": self.sizes and self.sizes.to_dict(),
            "seconds": self.seconds,
            "members": list(self.members),
            "went_on": self.resumed,
            "was_done": self.already_done,
            "selects_on_test": self.recipe.selects_on_test,
            "dev": self.dev,
            "overlap": self.overlap,
            "origin": self.origin.to_dict(),
            "score": self.scorecard and self.scorecard.to_dict(),
            "place": place_dict(self.placement),
            "constant": self.constant.to_dict(),
            "notes": [*self.prediction_notes, *self.data_notes],
        }


def place_dict(placement: Placement | None) -> dict[str, Any] | None:
    """Return the JSON form of a rank; None without a placement."""
    if placement is None:
        return None
    return {"list": placement.among.key, "rank": placement.rank, "low": placement.low, "high": placement.high}
