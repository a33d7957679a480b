"""Comparison of systems: conclusions on generated files and on the reference files."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import ReleaseMismatch, UsageError
from semeval_emo.scoring import Comparison, SystemRuns, compare, score
from semeval_emo.scoring.intervals import interval
from semeval_emo.scoring.metric_values import layout_of_all
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.resampling import bootstrap, clusters
from semeval_emo.scoring.score_intervals import with_intervals
from semeval_emo.submission import Predictions
from semeval_emo.task import load_task

# The labels of some golds are made up.
FAST = {"resamples": 500, "trials": 500, "unverified_gold": True}


def sample_gold(track: str = "a") -> Gold:
    return load_gold(track, "eng", source="sample")


def answers(gold: Gold, share: float, seed: int = 0) -> np.ndarray:
    """Return the gold with a share of its cells changed at random."""
    rng = np.random.default_rng(seed)
    other = rng.integers(0, len(gold.spec.values), gold.labels.shape)
    return np.where(rng.random(gold.labels.shape) < share, other, gold.labels).astype(np.int8)


def predictions(gold: Gold, labels: np.ndarray, name: str = "x") -> Predictions:
    return Predictions(gold.spec, labels, f"{name}.csv", (gold.spec.release,))


def system_runs(name: str, *golds_and_answers: tuple[Gold, np.ndarray]) -> SystemRuns:
    return SystemRuns(name, (tuple(predictions(gold, labels, name) for gold, labels in golds_and_answers),))


def made_gold(language: str, rows_seed: int = 0, track: str = "a") -> Gold:
    """Return random labels for the ids of a real file, with made-up texts: an unknown release without real data."""
    spec = load_task().spec(track, language, "dev")
    rng = np.random.default_rng([rows_seed, sum(map(ord, language))])
    labels = (rng.random((spec.rows, len(spec.emotions))) < 0.3).astype(np.int8)
    texts = tuple(f"text {i}" for i in range(spec.rows))
    return Gold(spec, spec.ids, texts, labels, "made", (spec.release,))


def two(gold: Gold, **settings: object) -> Comparison:
    systems = [system_runs("rough", (gold, answers(gold, 0.6, 1))), system_runs("fine", (gold, answers(gold, 0.1, 2)))]
    return compare(systems, gold=[gold], **FAST | settings)


# --- one language --------------------------------------------------------------------------------


def test_two_systems_that_differ() -> None:
    result = two(sample_gold())
    assert [(system.letter, system.name, system.rank) for system in result.lead.standings] == [
        ("a", "fine", 1),
        ("b", "rough", 2),
    ]
    best, worst = result.lead.standings
    assert best.beats == ("b",)
    assert worst.beats == ()
    assert best.best == pytest.approx(1)
    assert (best.rank_low, best.rank_high, worst.rank_low, worst.rank_high) == (1, 1, 2, 2)
    (difference,) = result.lead.differences
    assert difference.value.value == pytest.approx(best.score.value - worst.score.value)
    assert difference.value.low > 0
    assert difference.p == pytest.approx(1 / 501)
    assert difference.significant
    assert set(difference.emotions) == set(sample_gold().spec.emotions)


def test_scores_equal_those_of_score() -> None:
    gold = sample_gold()
    labels = answers(gold, 0.3)
    card = score(predictions(gold, labels), gold).card
    for metric in ("macro_f1", "micro_f1", "jaccard", "exact_match"):
        comparison = compare(
            [system_runs("x", (gold, labels)), system_runs("y", (gold, gold.labels))],
            gold=[gold],
            metric=metric,
            **FAST,
        )
        own = next(system for system in comparison.lead.standings if system.name == "x")
        assert own.score.value == card.metrics.whole[metric]
    assert comparison.lead.gold_hash == card.gold_hash
    # One file has one hash, in its own report and in a comparison.
    assert next(system for system in comparison.systems if system.name == "x").hash == card.prediction_hash


def test_intervals_equal_those_of_score_ci() -> None:
    gold = sample_gold()
    labels = answers(gold, 0.3)
    card = with_intervals(score(predictions(gold, labels), gold), resamples=500).card
    comparison = compare([system_runs("x", (gold, labels)), system_runs("y", (gold, gold.labels))], gold=[gold], **FAST)
    own = next(system for system in comparison.lead.standings if system.name == "x")
    assert own.score == card.intervals.whole["macro_f1"]
    for at, emotion in enumerate(gold.spec.emotions):
        assert own.emotions[emotion] == card.intervals.by_emotion["f1"][at]
    assert "bs:500|ci:bca|level:0.95|seed:12345" in card.signature


def test_a_system_does_not_differ_from_its_copy() -> None:
    gold = sample_gold()
    labels = answers(gold, 0.3)
    comparison = compare(
        [system_runs("one", (gold, labels)), system_runs("other", (gold, labels))], gold=[gold], **FAST
    )
    (difference,) = comparison.lead.differences
    assert (difference.value.value, difference.value.low, difference.value.high) == (0, 0, 0)
    assert difference.p == 1
    assert [system.rank for system in comparison.lead.standings] == [1, 1]
    assert [system.best for system in comparison.lead.standings] == [0.5, 0.5]
    assert [system.beats for system in comparison.lead.standings] == [(), ()]


def test_lower_errors_rank_first() -> None:
    result = two(sample_gold(), metric="hamming_loss")
    assert result.lower_is_better
    assert [system.name for system in result.lead.standings] == ["fine", "rough"]
    assert result.lead.standings[0].score.value < result.lead.standings[1].score.value
    assert result.lead.standings[0].beats == ("b",)
    assert result.lead.differences[0].value.value < 0


@pytest.mark.parametrize("metric", ["pearson", "spearman", "mae"])
def test_intensities_can_be_compared(metric: str) -> None:
    gold = sample_gold("b")
    result = two(gold, metric=metric)
    assert [system.name for system in result.lead.standings] == ["fine", "rough"]
    assert result.lead.standings[0].beats == ("b",)
    assert result.lead.differences[0].emotions["joy"].value.value != 0
    assert two(gold).metric == "pearson"


def test_rows_of_one_text_are_resampled_together() -> None:
    gold = sample_gold()
    texts = tuple(f" Same {i // 2} " if i % 2 else f"same {i // 2}" for i in range(len(gold)))
    doubled = Gold(gold.spec, gold.ids, texts, gold.labels, "made", gold.releases)
    result = two(doubled, interval="percentile")
    assert (result.lead.rows, result.lead.texts) == (200, 100)
    scored = score(predictions(gold, answers(gold, 0.1, 2)), doubled)
    card = with_intervals(scored, resamples=500, method="percentile").card
    assert card.intervals.whole["macro_f1"] == result.lead.standings[0].score
    layout = layout_of_all(5)
    drawn = bootstrap(
        layout.statistics(gold.labels, answers(gold, 0.1, 2)),
        lambda sums: METRICS["macro_f1"](layout.split(sums)),
        resamples=500,
        key="eng",
        groups=clusters([i // 2 for i in range(200)]),
    )
    expected = interval(result.lead.standings[0].score.value, drawn[0])
    assert (result.lead.standings[0].score.low, result.lead.standings[0].score.high) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


def test_gold_without_texts_is_noted() -> None:
    gold = sample_gold()
    bare = Gold(gold.spec, gold.ids, None, gold.labels, "made", gold.releases)
    # The sample's own texts are available, and its labels prove that they belong to the ids.
    assert (
        compare([system_runs("x", (bare, gold.labels))], gold=[bare], stored=0.5, source="sample", **FAST).lead.texts
        == 200
    )
    result = two(replace(bare, labels=1 - gold.labels))
    assert result.lead.texts is None
    assert result.notes == ("The gold of eng has no texts: rows are assumed independent.",)


def test_the_same_seed_gives_identical_results() -> None:
    gold = sample_gold()
    assert two(gold, seed=7).to_dict() == two(gold, seed=7).to_dict()
    assert two(gold, seed=7).lead.standings != two(gold, seed=8).lead.standings


def test_bca_differs_from_percentile_but_not_much() -> None:
    gold = sample_gold()
    plain, bca = (two(gold, interval=one).lead.standings[0].score for one in ("percentile", "bca"))
    assert two(gold).lead.standings[0].score == bca
    assert plain != bca
    assert (plain.low, plain.high) == pytest.approx((bca.low, bca.high), abs=0.03)


def test_thirty_systems_have_letters() -> None:
    gold = sample_gold()
    systems = [system_runs(f"s{i}", (gold, answers(gold, i / 60, i))) for i in range(30)]
    comparison = compare(systems, gold=[gold], resamples=200, trials=2000)
    assert [system.letter for system in comparison.systems][24:] == ["y", "z", "aa", "ab", "ac", "ad"]
    assert "ad" in comparison.lead.standings[0].beats
    assert len(comparison.lead.differences) == 435
    json.dumps(comparison.to_dict())


def test_letters_follow_the_corrected_tests() -> None:
    gold = sample_gold()
    systems = [system_runs(f"s{i}", (gold, answers(gold, 0.1 + i / 40, i))) for i in range(6)]
    for family in ("rivals", "pairs"):
        comparison = compare(systems, gold=[gold], family=family, **FAST)
        beats = {system.letter: set(system.beats) for system in comparison.lead.standings}
        for difference in comparison.lead.differences:
            assert difference.significant == (
                difference.second in beats[difference.first] or difference.first in beats[difference.second]
            )
            assert difference.p_adjusted >= difference.p
    assert comparison.settings.family == "pairs"


# --- several languages ---------------------------------------------------------------------------


def over_languages(languages: list[str], **settings: object) -> Comparison:
    golds = [made_gold(language) for language in languages]
    systems = [
        system_runs(name, *((gold, answers(gold, share, at + seed)) for at, gold in enumerate(golds)))
        for seed, (name, share) in enumerate([("x", 0.30), ("y", 0.15)])
    ]
    return compare(systems, gold=golds, **FAST | settings)


def test_the_average_resamples_inside_each_language() -> None:
    result = over_languages(["afr", "eng", "ron"])
    assert [place.language for place in result.places] == ["afr", "eng", "ron"]
    assert result.lead is result.average
    for at in range(2):
        letter = result.systems[at].letter
        own = [next(s for s in place.standings if s.letter == letter).score for place in result.places]
        mean = next(s for s in result.average.standings if s.letter == letter).score
        assert mean.value == pytest.approx(np.mean([one.value for one in own]))
        assert mean.se == pytest.approx(np.sqrt(sum(one.se**2 for one in own)) / 3, rel=0.15)
    (tally,) = result.tallies
    assert tally.wins + tally.ties + tally.losses == 3
    assert tally.wins == sum(place.differences[0].significant for place in result.places)
    assert result.settings.family == "languages"
    assert result.average.differences[0].p_adjusted == result.average.differences[0].p


def test_results_of_a_language_do_not_depend_on_other_languages() -> None:
    together = over_languages(["afr", "eng"])
    golds = [made_gold("eng")]
    systems = [
        system_runs(name, (golds[0], answers(golds[0], share, 1 + seed)))
        for seed, (name, share) in enumerate([("x", 0.30), ("y", 0.15)])
    ]
    alone = compare(systems, gold=golds, **FAST)
    place = together.places[1]
    assert place.language == "eng"
    assert [s.score for s in place.standings] == [s.score for s in alone.lead.standings]
    assert place.differences[0].p == alone.lead.differences[0].p
    backwards = compare(systems[::-1], gold=golds, **FAST)
    assert [s.score for s in backwards.lead.standings] == [s.score for s in alone.lead.standings]
    there, back = alone.lead.differences[0], backwards.lead.differences[0]
    assert (there.first, there.p) == (back.first, back.p)
    assert there.value.low == pytest.approx(back.value.low, abs=1e-12)


def test_only_files_predicted_by_all_systems_are_compared() -> None:
    eng, ron = made_gold("eng"), made_gold("ron")
    systems = [
        system_runs("both", (eng, answers(eng, 0.2)), (ron, answers(ron, 0.2))),
        system_runs("one", (eng, answers(eng, 0.3))),
    ]
    comparison = compare(systems, gold=[eng, ron], **FAST)
    assert [place.language for place in comparison.places] == ["eng"]
    assert comparison.notes == ("Left out, because not every system predicted it: ron.",)


# --- stored scores, runs -------------------------------------------------------------------------


def test_comparison_with_a_published_score() -> None:
    gold = sample_gold()
    comparison = compare([system_runs("ours", (gold, answers(gold, 0.2)))], gold=[gold], stored="0.70", **FAST)
    (verdict,) = comparison.against
    assert verdict.verdict == "clearly better"
    assert verdict.p_typical < verdict.p_independent < 0.05
    assert 1 / 501 <= verdict.p_fixed < 0.05
    assert verdict.stored.rounding == 0.005
    assert verdict.difference == pytest.approx(comparison.lead.standings[0].score.value - 0.7)
    assert comparison.lead.differences == ()


def runs_of(gold: Gold, shares: list[float]) -> tuple[tuple[Predictions, ...], ...]:
    return tuple(
        (Predictions(gold.spec, answers(gold, share, i), f"{i}.csv", (gold.spec.release,)),)
        for i, share in enumerate(shares)
    )


def test_runs_of_one_recipe() -> None:
    gold = sample_gold()
    runs = runs_of(gold, [0.1, 0.2, 0.3])
    comparison = compare([SystemRuns("recipe", runs)], gold=[gold], **FAST)
    (standing,) = comparison.lead.standings
    scores = [score(one, gold).card.score for (one,) in runs]
    assert standing.run_scores == pytest.approx(scores)
    assert standing.score.value == pytest.approx(np.mean(scores))
    assert standing.run_sd == pytest.approx(np.std(scores, ddof=1))
    # Texts alone would give a far narrower interval than runs that differ this much.
    assert standing.score.se > 0.9 * standing.run_sd / 3**0.5
    single = compare([SystemRuns("recipe", runs[1:2]), SystemRuns("other", runs[:1])], gold=[gold], **FAST)
    assert standing.score.se > 1.5 * max(system.score.se for system in single.lead.standings)


def test_several_runs_compared_with_a_single_run() -> None:
    gold = sample_gold()
    systems = [
        SystemRuns("runs", runs_of(gold, [0.1, 0.12, 0.09])),
        system_runs("single", (gold, answers(gold, 0.6, 9))),
    ]
    comparison = compare(systems, gold=[gold], **FAST)
    assert comparison.settings.test == "two-level bootstrap over runs and texts"
    assert comparison.lead.standings[0].name == "runs"
    assert comparison.lead.standings[0].beats == ("b",)


# --- refusals ------------------------------------------------------------------------------------


def test_a_single_system_is_refused() -> None:
    gold = sample_gold()
    with pytest.raises(UsageError, match="A comparison needs two systems") as raised:
        compare([system_runs("x", (gold, gold.labels))], gold=[gold])
    assert "--against-score" in raised.value.fix


def test_systems_without_a_common_file_are_refused() -> None:
    eng, ron = made_gold("eng"), made_gold("ron")
    systems = [system_runs("x", (eng, eng.labels)), system_runs("y", (ron, ron.labels))]
    with pytest.raises(UsageError, match=r"no file that all systems predicted\. x: a/eng/dev; y: a/ron/dev"):
        compare(systems, gold=[eng, ron])


def test_releases_are_never_mixed() -> None:
    one = made_gold("ron")
    other = load_task().spec("a", "ron", "dev", "2025-09")
    mixed = SystemRuns("late", ((Predictions(other, one.labels, "late.csv", ("2025-09",)),),))
    with pytest.raises(ReleaseMismatch, match="Systems of different releases cannot be compared: early predicted"):
        compare([system_runs("early", (one, one.labels)), mixed], gold=[one])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metric": "f1"}, "'f1' is a metric per emotion"),
        ({"metric": "macro_f2"}, "There is no metric 'macro_f2'"),
        ({"family": "friends"}, "There is no family 'friends'"),
        ({"alpha": 5}, "Alpha is 5"),
        ({"trials": 10}, "10 trials are too few"),
        ({"trials": 10**7}, "10,000,000 trials are too many"),
        ({"stored": "71.14"}, "'71.14' is not a score from -1 to 1"),
    ],
)
def test_invalid_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        two(sample_gold(), **settings)
