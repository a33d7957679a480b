"""Leaderboard: stored scores with their sources, and placing a score among them.

The rows are data (`leaderboard/*.csv` at the top of the checkout, with sources.toml, lists.toml and
notes.toml); the code contains no scores.
"""

from semeval_emo.leaderboard.api import measure
from semeval_emo.leaderboard.board import Leaderboard, check_boards
from semeval_emo.leaderboard.check import BoardCheck
from semeval_emo.leaderboard.keys import BoardKey, new_row
from semeval_emo.leaderboard.model import BoardList, Note, Paper, RowProblem, ScoreRow, ScoreSource
from semeval_emo.leaderboard.place import Placement
from semeval_emo.leaderboard.read import to_csv
from semeval_emo.leaderboard.store import store_path

__all__ = [
    "BoardCheck",
    "BoardKey",
    "BoardList",
    "Leaderboard",
    "Note",
    "Paper",
    "Placement",
    "RowProblem",
    "ScoreRow",
    "ScoreSource",
    "check_boards",
    "measure",
    "new_row",
    "store_path",
    "to_csv",
]
