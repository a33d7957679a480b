"""Placement of scores on the shipped leaderboard, and edge cases on small ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.errors import UsageError
from semeval_emo.leaderboard import Leaderboard, ScoreRow

MakeRow = Callable[..., ScoreRow]


@pytest.mark.parametrize(
    ("score", "track", "language", "among", "rank", "to_first", "to_baseline"),
    [
        (0.7114, "a", "eng", "official", "29 to 75 of 75", -0.1116, +0.0031),
        (0.7114, "a", "eng", "unofficial-v2", "36 to 99 of 99", -0.1116, +0.0031),
        (0.7114, "a", "eng", "unofficial-v1", "36 to 97 of 97", -0.1116, +0.0031),
        (0.7700, "a", "eng", "official", "2 to 28 of 75", -0.0530, +0.0617),
        (0.9000, "a", "eng", "official", "1 of 75", +0.0770, +0.1917),
        (0.0000, "a", "eng", "official", "29 to 75 of 75", -0.8230, -0.7083),
        (0.6000, "a", "deu", "official", "22 to 45 of 45", -0.1399, -0.0423),
        (0.7114, "a", "afr", "official", "1 of 33", +0.0128, +0.3400),
        (0.6881, "b", "eng", "official", "20 of 37", -0.1523, +0.0466),
        (-0.050, "b", "arq", "official", "16 to 24 of 24", -0.6997, -0.0664),
        (0.5000, "c", "kin", "official", "2 to 9 of 9", -0.0194, +0.3162),
    ],
)
def test_golden(
    board: Leaderboard, score: float, track: str, language: str, among: str, rank: str, to_first: float,
    to_baseline: float,
) -> None:  # fmt: skip
    placed = board.place(score, track=track, language=language, among=among)
    assert placed.rank == rank
    assert placed.gap(placed.leader) == to_first
    assert placed.gap(placed.baseline) == to_baseline


def test_nearest_neighbours(board: Leaderboard) -> None:
    placed = board.place(0.7700, track="a", language="eng")
    assert placed.above is not None and placed.above.rank == 1
    assert placed.below is not None and placed.below.system == "YNWA_PZ"
    assert placed.gap(placed.below) == pytest.approx(0.0303)
    top = board.place(0.9, track="a", language="eng")
    assert top.above is None
    bottom = board.place(0.1, track="a", language="eng")
    assert bottom.below is None
    assert bottom.above is not None and bottom.above.system == "YNWA_PZ"


def test_the_unofficial_list_uses_the_official_baseline(board: Leaderboard) -> None:
    placed = board.place(0.7114, track="a", language="eng", among="unofficial-v2")
    assert placed.baseline is not None
    assert placed.baseline.list == "official"


def test_a_tie_shares_the_rank_at_the_printed_precision(board: Leaderboard) -> None:
    placed = board.place(0.73974, track="a", language="eng")
    assert placed.rank == "28 of 75"
    assert [row.system for row in placed.ties] == ["YNWA_PZ"]
    assert board.place(0.73976, track="a", language="eng").rank == "2 to 28 of 75"
    first = board.place(0.8230, track="a", language="eng")
    assert first.rank == "1 of 75"
    assert first.better == 0


def test_a_two_digit_score_ties_with_scores_that_round_to_it(board: Leaderboard) -> None:
    placed = board.place(0.7114, track="a", language="eng", among="paper-claims")
    assert [row.system for row in placed.ties] == ["IEGPS-CSIC"]
    assert placed.rank == ""
    assert (placed.known, placed.better) == (19, 10)
    assert placed.leader is not None and placed.leader.system == "NYCU-NLP"


def test_a_suspect_rank_1_is_not_used_but_listed(board: Leaderboard) -> None:
    placed = board.place(0.4800, track="c", language="som")
    assert placed.leader is None
    assert placed.rank == "4 to 11 of 11"
    assert [row.score for row in placed.suspect] == [0.4779]
    assert board.place(0.5, track="c", language="som").rank == "1 to 3 of 11"


def test_a_suspect_baseline_is_not_used(board: Leaderboard) -> None:
    placed = board.place(0.77, track="c", language="ron")
    assert placed.baseline is None
    assert [row.kind for row in placed.suspect] == ["baseline"]


def test_a_list_with_only_suspect_scores_allows_any_rank(board: Leaderboard) -> None:
    placed = board.place(0.5, track="c", language="zul", among="unofficial-v1")
    assert (placed.known, placed.rank) == (0, "1 to 12 of 12")
    keys = [one.among.key for one in board.places(0.5, track="c", language="zul")]
    assert keys == ["official", "unofficial-v2", "brighter-tables"]


def test_each_list_is_placed_separately(board: Leaderboard) -> None:
    result = {one.among.key: one.rank for one in board.places(0.7114, track="a", language="eng")}
    assert result == {
        "official": "29 to 75 of 75", "unofficial-v2": "36 to 99 of 99", "unofficial-v1": "36 to 97 of 97",
        "paper-claims": "", "rescored": "", "brighter-tables": "", "post-competition": "",
    }  # fmt: skip


def test_a_score_for_both_tracks_counts_in_each(board: Leaderboard) -> None:
    for track in ("a", "c"):
        placed = board.place(0.6, track=track, language="eng", among="brighter-tables")
        assert placed.known == 10


def test_releases_do_not_mix(board: Leaderboard) -> None:
    with pytest.raises(UsageError) as caught:
        board.place(0.7, track="a", language="eng", among="seed-runs")
    assert caught.value.message == (
        "List seed-runs has no score of track a, English (eng), test, release 2025, macro_f1."
    )
    assert caught.value.fix == "the list has scores of release hub: select it with --release"
    placed = board.place(0.7, track="a", language="eng", among="seed-runs", release="hub")
    assert placed.known == 21  # 22 runs, of which one was scored on dev
    with pytest.raises(UsageError, match=r"release codabench-2026"):
        board.place(0.7, track="a", language="eng", release="codabench-2026")
    with pytest.raises(UsageError) as caught:
        board.place(0.7, track="c", language="amh", among="brighter-tables")
    assert caught.value.fix == "lists with such scores: official, unofficial-v2, unofficial-v1, paper-claims"


@pytest.mark.parametrize(
    ("kwargs", "message", "fix"),
    [
        ({"track": "d", "language": "eng"}, "There is no track 'd'", "use one of: a, b, c"),
        ({"track": "a", "language": "en"}, "There is no language 'en'", "this task calls English 'eng', not 'en'"),
        (
            {"track": "a", "language": "eng", "among": "offical"},
            "There is no list 'offical'",
            "did you mean 'official'?",
        ),
        ({"track": "a", "language": "eng", "metric": "bleu"}, "There is no metric 'bleu'", "use one of: m"),
        ({"track": "a", "language": "eng", "release": "2024-x"}, "There is no release '2024-x'", "use one of"),
        ({"track": "b", "language": "afr"}, "List official has no score of track b", "languages of track b"),
        ({"language": "eng"}, "A score without a file needs a track and a language.", "give both"),
    ],
)
def test_wrong_names(board: Leaderboard, kwargs: dict[str, str], message: str, fix: str) -> None:
    with pytest.raises(UsageError) as caught:
        board.place(0.7, **kwargs)
    assert caught.value.message.startswith(message)
    assert caught.value.fix.startswith(fix)


@pytest.mark.parametrize(
    ("score", "track", "message", "fix"),
    [
        (71.14, "a", "The score 71.14 is not from 0 to 1.", "did you mean 0.7114?"),
        (-0.1, "a", "The score -0.1 is not from 0 to 1.", ""),
        (float("nan"), "a", "The score nan is not from 0 to 1.", ""),
        (float("inf"), "b", "The score inf is not from -1 to 1.", ""),
    ],
)
def test_a_score_out_of_range(board: Leaderboard, score: float, track: str, message: str, fix: str) -> None:
    with pytest.raises(UsageError) as caught:
        board.place(score, track=track, language="eng")
    assert (caught.value.message, caught.value.fix) == (message, fix)


def only(board: Leaderboard, *rows: ScoreRow) -> Leaderboard:
    return replace(board, rows=rows)


def test_a_language_with_only_a_baseline(board: Leaderboard, make_row: MakeRow) -> None:
    lone = make_row(list="official", kind="baseline", system="RemBERT", score=0.5)
    placed = only(board, lone).place(0.6, track="a", language="eng")
    assert (placed.known, placed.teams, placed.rank) == (0, None, "1 or below")
    assert placed.leader is None
    assert placed.gap(placed.baseline) == pytest.approx(0.1)


def test_a_list_without_ranks_is_bounded_by_counts(board: Leaderboard, make_row: MakeRow) -> None:
    rows = [make_row(list="official", system=f"s{i}", score=i / 10, decimals=1, teams=8) for i in range(1, 6)]
    placed = only(board, *rows).place(0.35, track="a", language="eng")
    # Two of eight are known to be higher, three to be lower.
    assert (placed.low, placed.high) == (3, 6)
    assert placed.leader is None


def test_the_users_rows_narrow_the_interval_and_are_counted(board: Leaderboard, make_row: MakeRow) -> None:
    extra = make_row(list="official", rank=40, teams=74, system="known to me", score=0.7, own=True)
    placed = replace(board, rows=(*board.rows, extra)).place(0.7114, track="a", language="eng")
    assert placed.rank == "29 to 40 of 75"
    assert placed.own == 1


def test_contradictory_rows_allow_all_ranks_between_them(board: Leaderboard, make_row: MakeRow) -> None:
    high = make_row(list="official", rank=9, teams=20, system="x", score=0.9)
    low = make_row(list="official", rank=3, teams=20, system="y", score=0.5)
    placed = only(board, high, low).place(0.7, track="a", language="eng")
    assert (placed.low, placed.high) == (3, 10)


@settings(deadline=None)
@given(
    scores=st.lists(st.integers(0, 30), min_size=1, max_size=12),
    known=st.sets(st.integers(0, 11)),
    mine=st.integers(0, 30),
)
def test_the_interval_always_contains_the_true_rank(
    board: Leaderboard, scores: list[int], known: set[int], mine: int
) -> None:
    """Hide part of a complete list: the rank in the complete list must stay possible."""
    base = next(row for row in board.rows if row.list == "official" and row.rank)
    ordered = sorted(scores, reverse=True)
    rows = tuple(
        replace(
            base, track="a", language="eng", metric="macro_f1", system=f"s{i}", score=one / 100, decimals=2, flag="",
            rank=1 + sum(other > one for other in ordered), teams=len(ordered),
        )
        for i, one in enumerate(ordered)
        if i in known
    )  # fmt: skip
    if not rows:
        return
    placed = replace(board, rows=rows).place(mine / 100, track="a", language="eng")
    true_rank = 1 + sum(other > mine for other in ordered)
    assert placed.low is not None and placed.high is not None
    assert placed.low <= true_rank <= placed.high <= len(ordered) + 1
    if len(rows) == len(ordered):
        assert placed.low == placed.high == true_rank
