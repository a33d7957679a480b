"""What predictions are worth: metrics from sufficient statistics, scorecards, resampling, comparison of systems."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from semeval_emo.scoring.figures import Figures, score_arrays, score_chunks
from semeval_emo.scoring.metrics import METRICS, Metric, metric
from semeval_emo.scoring.pair import Pair, join
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.scoring.scorer import score

if TYPE_CHECKING:
    from semeval_emo.scoring.comparing import compare
    from semeval_emo.scoring.comparison import Comparison
    from semeval_emo.scoring.systems import Contender

# Comparing needs modules that a plain score should not wait for.
_LATER = {"Comparison": "comparison", "Contender": "systems", "compare": "comparing"}

__all__ = [
    "METRICS",
    "Average",
    "Comparison",
    "Contender",
    "Figures",
    "Metric",
    "Pair",
    "Scorecard",
    "Scores",
    "compare",
    "join",
    "metric",
    "score",
    "score_arrays",
    "score_chunks",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'semeval_emo.scoring' has no attribute '{name}'")
    return getattr(importlib.import_module(f"semeval_emo.scoring.{_LATER[name]}"), name)
