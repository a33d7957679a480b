"""Stored scores with their provenance: reading, placing a score among them, adding rows, checking.

The rows are data (`leaderboard/*.csv` at the top of the checkout, with sources.toml, lists.toml and notes.toml);
this room holds no figure of its own.
"""

from semeval_emo.leaderboard.address import Address, new_row
from semeval_emo.leaderboard.board import Leaderboard, check_boards
from semeval_emo.leaderboard.check import BoardCheck
from semeval_emo.leaderboard.model import BoardList, Fault, Note, Row, Source
from semeval_emo.leaderboard.place import Placement
from semeval_emo.leaderboard.read import to_csv
from semeval_emo.leaderboard.store import store_path

__all__ = [
    "Address",
    "BoardCheck",
    "BoardList",
    "Fault",
    "Leaderboard",
    "Note",
    "Placement",
    "Row",
    "Source",
    "check_boards",
    "new_row",
    "store_path",
    "to_csv",
]
