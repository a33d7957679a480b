"""What predictions are worth: metrics from sufficient statistics, scorecards, resampling, comparison of systems."""

from semeval_emo.scoring.figures import Figures, score_arrays, score_chunks
from semeval_emo.scoring.metrics import METRICS, Metric, metric
from semeval_emo.scoring.pair import Pair, join
from semeval_emo.scoring.scorecard import Average, Scorecard, Scores
from semeval_emo.scoring.scorer import score

__all__ = [
    "METRICS",
    "Average",
    "Figures",
    "Metric",
    "Pair",
    "Scorecard",
    "Scores",
    "join",
    "metric",
    "score",
    "score_arrays",
    "score_chunks",
]
