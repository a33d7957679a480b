"""Scoring: metrics from sufficient statistics, scorecards, confidence intervals, comparison of systems."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from semeval_emo.scoring.metric_values import MetricValues, score_arrays, score_chunks
from semeval_emo.scoring.metrics import METRICS, Metric, metric
from semeval_emo.scoring.pair import PairedLabels, join
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.scoring.scorer import score

if TYPE_CHECKING:
    from semeval_emo.scoring.comparing import compare
    from semeval_emo.scoring.comparison import Comparison
    from semeval_emo.scoring.systems import SystemRuns

# Loaded on first use: scoring a file does not need them.
_LAZY = {"Comparison": "comparison", "SystemRuns": "systems", "compare": "comparing"}

__all__ = [
    "METRICS",
    "Average",
    "Comparison",
    "Metric",
    "MetricValues",
    "PairedLabels",
    "Scorecard",
    "Scores",
    "SystemRuns",
    "compare",
    "join",
    "metric",
    "score",
    "score_arrays",
    "score_chunks",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'semeval_emo.scoring' has no attribute '{name}'")
    return getattr(importlib.import_module(f"semeval_emo.scoring.{_LAZY[name]}"), name)
