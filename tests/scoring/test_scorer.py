"""Scores of files: known scores of real data, refused joins, provenance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import InvalidSubmission, UsageError
from semeval_emo.scoring import Scorecard, score
from semeval_emo.scoring.metrics import ORGANISERS
from semeval_emo.scoring.pair import join
from semeval_emo.submission import Predictions, fix
from semeval_emo.submission.write import write_predictions
from semeval_emo.task import FileSpec, load_task

REFERENCE_SCORES = {
    "micro_precision": 0.7834, "micro_recall": 0.7187, "micro_f1": 0.7496,
    "macro_precision": 0.7689, "macro_recall": 0.6697, "macro_f1": 0.7114,
}  # fmt: skip
SEED_F1 = {"anger": 0.5774, "fear": 0.8242, "joy": 0.7358, "sadness": 0.7265, "surprise": 0.6929}


def predicted(spec: FileSpec, values: np.ndarray, path: str = "pred.csv") -> Predictions:
    return Predictions(spec, np.asarray(values, np.int8), path, (spec.release,))


def sample_gold(track: str = "a", split: str = "test") -> Gold:
    return load_gold(track, "eng", split, source="sample")


@pytest.mark.data
@pytest.mark.parametrize("track", ["a", "c"])
def test_the_unchanged_reference_file(data_dir: Path, track: str) -> None:
    """Joy is first in the header and rows of A and C are mixed: columns match by name, rows by track."""
    scores = score(data_dir / "seed" / "pred_eng.csv", source=data_dir, track=track)
    card = scores.card
    assert {name: round(card.metrics.whole[name], 4) for name in REFERENCE_SCORES} == REFERENCE_SCORES
    f1 = dict(zip(card.metrics.emotions, card.metrics.by_emotion["f1"], strict=True))
    assert {name: round(value, 4) for name, value in f1.items()} == SEED_F1
    assert (card.spec.track, card.release, card.metrics.texts) == (track, "2025", 2767)
    assert scores.report is not None
    assert set(scores.report.counts) == {"E311", "E410"}


@pytest.mark.data
def test_the_reference_file_has_the_same_score_after_fix(data_dir: Path, tmp_path: Path) -> None:
    seed = data_dir / "seed" / "pred_eng.csv"
    fix(seed, tmp_path / "fixed")
    before, after = (score(path, source=data_dir) for path in (seed, tmp_path / "fixed"))
    assert after.report is not None
    assert after.report.valid
    assert [card.signature for card in after.cards] == [card.signature for card in before.cards]
    assert [card.spec.track for card in after.cards] == ["a", "c"]


@pytest.mark.data
@pytest.mark.shared
def test_every_reference_file_has_the_known_scores(data_dir: Path, shared_dir: Path) -> None:
    facts = {
        Path(one["file"]).name: one["track_a_competition"]
        for one in json.loads((shared_dir / "docs" / "facts" / "seed_scores.json").read_text())
        if "/final_model/" in one["file"] or "/Predictions/" in one["file"]
    }
    files = [data_dir / "seed" / "pred_eng.csv", *sorted((data_dir / "seed" / "predictions").glob("*.csv"))]
    assert len(files) == len(facts) == 8
    scores = score(files, source=data_dir, track="a")
    assert scores.averages == ()
    for path, card in zip(files, scores.cards, strict=True):
        for kind in ("micro", "macro"):
            ours = [round(card.metrics.whole[f"{kind}_{name}"], 4) for name in ("precision", "recall", "f1")]
            assert ours == facts[path.name][kind], path.name


@pytest.mark.data
def test_gold_as_prediction_scores_one_in_every_language(data_dir: Path, tmp_path: Path) -> None:
    task = load_task()
    expected = {"a": 28, "b": 11, "c": 32}
    for spec in task.specs("2025", split="test"):
        gold = load_gold(spec.track, spec.language, source=data_dir)
        folder = tmp_path / f"track_{spec.track}"
        folder.mkdir(exist_ok=True)
        write_predictions(gold.spec, gold.labels, folder / f"pred_{spec.language}.csv")
    scores = score(tmp_path, source=data_dir)
    assert {track: sum(card.spec.track == track for card in scores.cards) for track in expected} == expected
    assert {card.score for card in scores.cards} == {1.0}
    assert [average.submitted[average.metric] for average in scores.averages] == [1.0] * 3
    assert [average.all_languages[average.metric] for average in scores.averages] == [1.0] * 3
    assert {average.missing for average in scores.averages} == {()}


@pytest.mark.data
def test_all_zero_files_score_zero(data_dir: Path) -> None:
    for spec in load_task().specs("2025", track="a", split="test"):
        gold = load_gold("a", spec.language, source=data_dir)
        whole = score(predicted(spec, np.zeros_like(gold.labels)), gold).card.metrics.whole
        assert (whole["macro_f1"], whole["micro_f1"], whole["samples_f1"], whole["jaccard"]) == (0, 0, 0, 0)


@pytest.mark.data
def test_the_2026_oracle_has_the_known_gap(data_dir: Path, tmp_path: Path) -> None:
    """Its Afrikaans gold has no surprise label: a perfect file scores 0.8, the mean is 0.992857."""
    source = data_dir / "releases" / "codabench-2026"
    for path in sorted((source / "track_a").glob("*.csv")):
        (tmp_path / f"pred_{path.name}").write_bytes(path.read_bytes())
    scores = score(tmp_path, source=source, rounding="codabench")
    by_language = {card.spec.language: card.score for card in scores.cards}
    assert by_language.pop("afr") == 0.8
    assert set(by_language.values()) == {1.0}
    assert scores.averages[0].all_languages["macro_f1"] == 0.992857
    assert scores.note == "Read as release codabench-2026, the release of the gold labels."


def noisy(gold: Gold, share: float = 0.2, seed: int = 0) -> np.ndarray:
    flip = np.random.default_rng(seed).random(gold.labels.shape) < share
    return np.where(flip, 1 - np.minimum(gold.labels, 1), gold.labels).astype(np.int8)


def test_order_of_rows_and_columns_of_the_gold_does_not_matter() -> None:
    gold = sample_gold()
    values = noisy(gold)
    order = np.random.default_rng(1).permutation(len(gold.ids))
    columns = np.arange(len(gold.spec.emotions))[::-1]
    turned = replace(
        gold,
        ids=tuple(gold.ids[i] for i in order),
        texts=None if gold.texts is None else tuple(gold.texts[i] for i in order),
        labels=gold.labels[order][:, columns],
        spec=replace(gold.spec, emotions=tuple(gold.spec.emotions[i] for i in columns)),
    )
    mine = predicted(gold.spec, values)
    assert score(mine, turned).card.metrics == score(mine, gold).card.metrics
    assert join(mine, turned).texts == join(mine, gold).texts


def test_gold_of_an_unknown_release_is_scored_as_unknown() -> None:
    gold = sample_gold()
    strange = replace(gold, spec=replace(gold.spec, release="unknown"), releases=(), note="labels of no known release")
    card = score(predicted(gold.spec, noisy(gold)), strange).card
    assert (card.release, card.note) == ("unknown", "labels of no known release")
    assert "|release:unknown|" in card.signature


def test_a_signature_can_be_parsed() -> None:
    gold = sample_gold()
    card = score(predicted(gold.spec, noisy(gold), "odd|name:1.csv"), gold).card
    family, *parts = card.signature.split("|")
    read = dict(part.split(":") for part in parts)
    assert family == "macro_f1"
    assert list(read) == ["release", "task", "track", "lang", "split", "n", "emotions", "gold", "pred", "rule", "v"]
    assert (read["gold"], read["n"], read["emotions"]) == (gold.hash, "200", "5")
    assert (read["rule"], read["track"], read["split"]) == ("undefined-is-0", "a", "test")


def test_signatures_differ_exactly_if_labels_differ() -> None:
    gold = sample_gold()
    one, same, other = (score(predicted(gold.spec, noisy(gold, seed=s)), gold).card for s in (0, 0, 1))
    assert one.signature == same.signature != other.signature


def test_the_json_of_a_card_has_all_metrics_and_a_schema() -> None:
    gold = sample_gold()
    scores = score(predicted(gold.spec, noisy(gold)), gold)
    payload = json.loads(json.dumps(scores.to_dict()))
    assert payload["schema"] == "semeval-emo/score/1"
    card = payload["scorecards"][0]
    assert card["score"] == card["figures"]["macro_f1"] == scores.card.score
    assert list(card["by_emotion"]) == list(gold.spec.emotions)
    assert set(card["by_emotion"]["joy"]) == {"precision", "recall", "f1", "support", "tp", "fp", "fn", "tn"}
    assert sum(card["by_emotion"]["joy"][one] for one in ("tp", "fp", "fn", "tn")) == 200


def test_intensities_of_a_constant_column_follow_the_rule(official_sample: str) -> None:
    gold = sample_gold("b")
    values = gold.labels.copy()
    values[:, 0] = 0
    mine = predicted(gold.spec, values)
    lenient, strict = (score(mine, gold, task=official_sample, rule=rule).card for rule in ("", ORGANISERS))
    assert lenient.constant == strict.constant == gold.spec.emotions[:1]
    assert lenient.score == pytest.approx(0.8)
    assert np.isnan(strict.score)
    assert "|rule:codabench|" in lenient.signature
    assert "|rule:organisers-2025|" in strict.signature
    # The sample has no official scorers.
    card = score(mine, gold).card
    assert card.score == lenient.score and "|rule:constant-is-0|" in card.signature
    with pytest.raises(UsageError, match=r"no official scorer with the rule 'codabench'\.\n  fix: leave out --rule"):
        score(mine, gold, rule="codabench")


def test_rounding_is_named_in_the_signature(official_sample: str) -> None:
    gold = sample_gold("b")
    values = np.clip(gold.labels + np.random.default_rng(0).integers(-1, 2, gold.labels.shape), 0, 3)
    card = score(predicted(gold.spec, values), gold, task=official_sample, rounding="organisers").card
    assert card.score == round(card.score, 4)
    assert "|rounding:organisers|" in card.signature
    with pytest.raises(UsageError, match="no rounding 'theirs'"):
        score(predicted(gold.spec, values), gold, rounding="theirs")
    with pytest.raises(UsageError, match="no official scorer with the rounding 'organisers'"):
        score(predicted(gold.spec, values), gold, rounding="organisers")


def test_averages_over_languages_both_ways(task_of_three) -> None:
    cards, task = task_of_three
    from semeval_emo.scoring.scorecard import averages

    (mean,) = averages(cards[:2], task)
    values = [card.score for card in cards[:2]]
    assert mean.submitted["macro_f1"] == pytest.approx(sum(values) / 2, abs=1e-15)
    assert mean.all_languages["macro_f1"] == pytest.approx(sum(values) / 3, abs=1e-15)
    assert (mean.languages, mean.missing) == (("aaa", "bbb"), ("ccc",))
    assert "hamming_loss" in mean.submitted
    assert "hamming_loss" not in mean.all_languages  # an error of 0 would be a reward
    assert "|langs:aaa+bbb|of:3|" in mean.signature
    assert averages(cards[:1], task) == ()
    assert averages([cards[0], cards[0]], task) == ()
    (whole,) = averages(cards, task)
    assert whole.submitted["macro_f1"] == whole.all_languages["macro_f1"]
    assert "|langs:all|of:3|" in whole.signature


@pytest.fixture
def task_of_three() -> tuple[list[Scorecard], object]:
    """Return three languages with the data of the sample's one: the average needs only their codes."""
    gold = sample_gold()
    task = load_task("sample")
    release = next(iter(task.releases.values()))
    specs = {code: replace(gold.spec, language=code) for code in ("aaa", "bbb", "ccc")}
    three = replace(release, specs={(s.track, s.language, s.split): s for s in specs.values()})
    cards = []
    for i, spec in enumerate(specs.values()):
        card = score(predicted(gold.spec, noisy(gold, seed=i)), gold).card
        cards.append(replace(card, spec=spec))
    return cards, replace(task, releases={release.key: three})


def test_paths_and_predictions_do_not_mix() -> None:
    gold = sample_gold()
    with pytest.raises(UsageError, match="mixed in one call"):
        score(["pred_eng.csv", predicted(gold.spec, gold.labels)], gold)  # type: ignore[list-item]


def test_files_with_ambiguous_labels_are_refused_and_the_others_are_scored(tmp_path: Path) -> None:
    gold = sample_gold()
    good, bad = tmp_path / "one" / "pred_eng.csv", tmp_path / "two" / "pred_eng.csv"
    for path in (good, bad):
        path.parent.mkdir()
        write_predictions(gold.spec, noisy(gold), path)
    lines = bad.read_text().splitlines()
    bad.write_text("\n".join(lines[:5] + lines[6:]) + "\n")
    with pytest.raises(InvalidSubmission) as caught:
        score([good, bad], source="sample")
    assert caught.value.exit_code == 1
    assert f"{bad} is not scored: it has {len(gold) - 1} of {len(gold)} rows" in caught.value.message
    scores = score([good, bad], source="sample", strict=False)
    assert [card.file for card in scores.cards] == [str(good)]
    assert scores.refused == (str(bad),)
