"""The columns of a leaderboard, and their values for one submission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.task import FileSpec, Task

LONGEST = 36
"""Characters of a key and of a title, a limit of Codabench."""
LANGUAGES = "languages"
"""The key of the column with the number of languages that were scored."""
_LABELS = ("macro_f1", "micro_f1", "jaccard")
_INTENSITIES = ("pearson", "spearman", "mae")


@dataclass(frozen=True)
class ScoreColumn:
    """A column of the leaderboard.

    Attributes:
        key: in ``scores.json`` and in the leaderboard.
        metric: a name of `METRICS`; empty for the number of languages.
        language: the code of the only language that it is about; empty for the mean over all languages.
    """

    key: str
    title: str
    metric: str = ""
    language: str = ""

    @property
    def lower_is_better(self) -> bool:
        """Whether a smaller value is better."""
        return bool(self.metric) and METRICS[self.metric].lower_is_better

    @property
    def decimals(self) -> int:
        """The number of digits that the leaderboard shows after the point."""
        return 4 if self.metric else 0


def score_columns(task: Task, track: str, languages: Sequence[str]) -> tuple[ScoreColumn, ...]:
    """Return the columns of a track: its official metrics first.

    With several languages, these are means over all of them, and each language has a column for its first metric.

    >>> from semeval_emo.task import load_task
    >>> [column.key for column in score_columns(load_task("sample"), "b", ["eng"])]
    ['pearson', 'spearman', 'mae']
    >>> [column.key for column in score_columns(load_task(), "a", ["eng", "deu"])][3:]
    ['languages', 'macro_f1_eng', 'macro_f1_deu']
    """
    own = task.track(track)
    first = own.metric
    metrics = list(dict.fromkeys((*own.metrics, *(_INTENSITIES if own.is_intensity else _LABELS))))
    if len(languages) == 1:
        return tuple(ScoreColumn(name, METRICS[name].title, name) for name in metrics)
    columns = [ScoreColumn(f"mean_{name}", f"mean {METRICS[name].title}", name) for name in metrics]
    columns.append(ScoreColumn(LANGUAGES, "languages scored"))
    for at, code in enumerate(languages, 1):
        key, title = f"{first}_{code}", f"{METRICS[first].title} {code}"
        if len(key) > LONGEST or len(title) > LONGEST:
            key, title = f"{first}_{at}", f"language {at}"
        columns.append(ScoreColumn(key, title, first, code))
    return tuple(columns)


def column_values(
    columns: Sequence[ScoreColumn], cards: Sequence[Scorecard], specs: Sequence[FileSpec]
) -> dict[str, float]:
    """Return the values of a submission by the keys of their columns.

    A language without predictions counts as 0 in a mean, as in `Average.all_languages`. It has no value of its own, and
    there is no mean of an error, such as the MAE, where it would count as perfect.

    Args:
        cards: one for each language that was scored.
        specs: all files of the phase, one for each language.
    """
    values: dict[str, float] = {}
    by_language = {card.spec.language: card for card in cards}
    # In the order of the scorecards, so that the mean is exactly that of `Average`.
    whole = sum(spec.weight for spec in specs)
    for column in columns:
        if not column.metric:
            values[column.key] = len(cards)
        elif column.language:
            if column.language in by_language:
                values[column.key] = by_language[column.language].metrics.whole[column.metric]
        elif not column.lower_is_better or len(cards) == len(specs):
            total = sum(card.spec.weight * card.metrics.whole[column.metric] for card in cards)
            values[column.key] = total / whole
    return values
