"""Error analysis: counts against plain loops, examples in their order, two systems, and the command."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

from semeval_emo.cli.app import main
from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import UsageError
from semeval_emo.report.analysis import tables
from semeval_emo.scoring import score
from semeval_emo.scoring.analysis import analyse
from semeval_emo.scoring.error_comparison import compare_errors
from semeval_emo.scoring.metric_values import score_arrays
from semeval_emo.scoring.reliability import calibration, precision_recall
from semeval_emo.submission import Predictions, Probabilities, write_predictions, write_probabilities
from semeval_emo.submission.probabilities import find_probabilities
from semeval_emo.task import load_task


@pytest.fixture(scope="module")
def gold() -> Gold:
    return load_gold("a", "eng", source="sample")


@pytest.fixture(scope="module")
def intensities() -> Gold:
    return load_gold("b", "eng", source="sample")


def card_of(gold: Gold, values: np.ndarray, name: str = "mine") -> Any:
    return score(Predictions(gold.spec, values.astype(np.int8), name), gold, unverified_gold=True).card


def noisy(gold: Gold, rate: float, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    other = random.integers(0, len(gold.spec.values), gold.labels.shape)
    return np.where(random.random(gold.labels.shape) < rate, other, gold.labels).astype(np.int8)


@pytest.fixture(params=["labels", "intensities"])
def case(request: pytest.FixtureRequest, gold: Gold, intensities: Gold) -> tuple[Gold, np.ndarray]:
    chosen = gold if request.param == "labels" else intensities
    return chosen, noisy(chosen, 0.5)


def test_counts_of_each_emotion(case: tuple[Gold, np.ndarray]):
    gold, predicted = case
    for i, one in enumerate(analyse(card_of(gold, predicted)).emotions):
        pairs = Counter(zip((gold.labels[:, i] > 0).tolist(), (predicted[:, i] > 0).tolist(), strict=True))
        assert (one.right, one.missed, one.invented) == (pairs[True, True], pairs[True, False], pairs[False, True])
        assert (one.gold, one.predicted) == (one.right + one.missed, one.right + one.invented)
        both = (gold.labels[:, i] > 0) & (predicted[:, i] > 0)
        assert one.low == np.count_nonzero(both & (predicted[:, i] < gold.labels[:, i]))
        assert one.high == np.count_nonzero(both & (predicted[:, i] > gold.labels[:, i]))


def test_the_emotion_that_another_is_confused_with(gold: Gold):
    predicted = gold.labels.copy()
    anger, fear = gold.spec.emotions.index("anger"), gold.spec.emotions.index("fear")
    rows = np.flatnonzero((gold.labels[:, anger] == 1) & (gold.labels[:, fear] == 0))
    predicted[rows, anger], predicted[rows, fear] = 0, 1
    result = {emotion.emotion: emotion for emotion in analyse(card_of(gold, predicted)).emotions}
    assert (result["anger"].instead, result["anger"].instead_count) == ("fear", len(rows))
    assert result["joy"].instead == ""


def test_emotion_cooccurrence(gold: Gold):
    predicted = noisy(gold, 0.4)
    analysis = analyse(card_of(gold, predicted))
    for i in range(5):
        for j in range(5):
            assert analysis.gold_cooccurrence[i, j] == sum(row[i] and row[j] for row in gold.labels.tolist())
            assert analysis.predicted_cooccurrence[i, j] == sum(row[i] and row[j] for row in predicted.tolist())


def test_slices_partition_the_texts_and_have_the_scores_of_score(case: tuple[Gold, np.ndarray]):
    gold, predicted = case
    card = card_of(gold, predicted)
    result = analyse(card).slices
    for group in ("length", "number", "neutral"):
        assert sum(one.texts for one in result if one.group == group) == len(gold)
    number = (gold.labels > 0).sum(axis=1)
    two = next(one for one in result if (one.group, one.name) == ("number", "2"))
    kept = number == 2
    again = score_arrays(gold.labels[kept], predicted[kept], gold.spec.emotions, values=len(gold.spec.values))
    assert two.score == again.whole[card.metric]
    assert two.exact == (gold.labels[kept] == predicted[kept]).all(axis=1).mean()
    neutral = next(one for one in result if one.name == "neutral")
    assert neutral.score is None
    assert neutral.missed == 0
    assert neutral.invented == (predicted[number == 0] > 0).sum() / (number == 0).sum()


def test_length_slices_match_the_texts(gold: Gold):
    lengths = [one for one in analyse(card_of(gold, gold.labels)).slices if one.group == "length"]
    ends = [int(length.name.split()[2]) for length in lengths]
    sizes = [len(text) for text in gold.texts]
    assert ends[-1] == max(sizes)
    assert lengths[0].texts == sum(size <= ends[0] for size in sizes)
    assert len(lengths) == 4


def test_wrong_label_sets_are_counted(gold: Gold):
    predicted = gold.labels.copy()
    predicted[:7] = 1 - predicted[:7]
    analysis = analyse(card_of(gold, predicted), most=100)
    assert analysis.wrong_sets == sum(set_error.texts for set_error in analysis.set_errors) == 7
    assert analysis.exact == len(gold) - 7
    counts = [set_error.texts for set_error in analysis.set_errors]
    assert counts == sorted(counts, reverse=True)


def test_confident_errors_are_the_wrong_labels_with_the_highest_confidence(gold: Gold):
    random = np.random.default_rng(5)
    values = random.random(gold.labels.shape)
    predicted = (values >= 0.5).astype(np.int8)
    analysis = analyse(card_of(gold, predicted), probabilities=Probabilities(gold.spec, values, "p"), most=5)
    wrong = predicted != gold.labels
    sure = np.sort(np.where(predicted == 1, values, 1 - values)[wrong])[::-1]
    assert [confident_error.confidence for confident_error in analysis.confident_errors] == sure[:5].tolist()
    first = analysis.confident_errors[0]
    row, column = gold.ids.index(first.id), gold.spec.emotions.index(first.emotion)
    assert first.kind == ("missed" if gold.labels[row, column] else "invented")
    assert first.text == gold.texts[row]


def test_probabilities_of_another_file_are_refused(gold: Gold, intensities: Gold):
    values = np.zeros(intensities.labels.shape)
    with pytest.raises(UsageError, match="is release 1 track b eng test, and mine is release 1 track a eng test"):
        analyse(card_of(gold, gold.labels), probabilities=Probabilities(intensities.spec, values, "p"))


def test_duplicate_texts_and_differing_labels(gold: Gold):
    texts = list(gold.texts)
    texts[3], texts[9] = f" {texts[0].upper()}", texts[8]
    labels = gold.labels.copy()
    labels[3], labels[9] = 1 - labels[0], labels[8]
    changed = replace(gold, texts=tuple(texts), labels=labels, releases=())
    predicted = labels.copy()
    predicted[9] = 1 - labels[9]
    analysis = analyse(card_of(changed, predicted))
    result = analysis.duplicates
    assert tables(analysis, load_task("sample"))[-1].rows[0][0] == f"{gold.ids[0]}, {gold.ids[3]}"
    assert (result.texts, result.rows, result.gold_differs) == (2, 4, 1)
    assert result.examples[0].ids == (gold.ids[0], gold.ids[3])
    assert result.examples[1].predicted_differs


def test_a_kind_that_all_texts_are_of_is_no_kind(gold: Gold):
    """Without neutral texts, the kind "with emotion" was the whole file."""
    labels = gold.labels.copy()
    labels[:, 0] = np.where(labels.any(axis=1), labels[:, 0], 1)
    for own, groups in ((gold.labels, ["length", "emotions", "neutral"]), (labels, ["length", "emotions"])):
        analysis = analyse(card_of(replace(gold, labels=own, releases=()), own))
        table = tables(analysis, load_task("sample"))[1]
        assert table.title == "Score by kind of text"
        assert list(dict.fromkeys(row[0] for row in table.rows)) == groups


def test_texts_can_be_omitted_from_examples(gold: Gold):
    result = analyse(card_of(gold, noisy(gold, 0.4)), texts=False).to_dict()
    assert not [text for text in gold.texts if text in json.dumps(result)]


def test_agreement_of_two_systems(case: tuple[Gold, np.ndarray]):
    gold, first = case
    second = noisy(gold, 0.6, seed=8)
    errors = compare_errors(card_of(gold, first, "a"), card_of(gold, second, "b"), most=500)
    right, also = (first == gold.labels).all(axis=1), (second == gold.labels).all(axis=1)
    whole = errors.whole
    assert (whole.both, whole.first, whole.second) == (
        np.count_nonzero(right & also),
        np.count_nonzero(right & ~also),
        np.count_nonzero(also & ~right),
    )
    assert whole.both + whole.first + whole.second + whole.neither == len(gold)
    assert {one.id for one in errors.first_right} == {gold.ids[i] for i in np.flatnonzero(right & ~also)}
    wrong = [one.wrong for one in errors.first_right]
    assert wrong == sorted(wrong, reverse=True)
    for i, one in enumerate(errors.emotions):
        assert one.first == np.count_nonzero((first[:, i] == gold.labels[:, i]) & (second[:, i] != gold.labels[:, i]))


def test_predictions_of_different_files_are_not_compared(gold: Gold, intensities: Gold):
    with pytest.raises(UsageError, match="only predictions of the same texts"):
        compare_errors(card_of(gold, gold.labels), card_of(intensities, intensities.labels))


@pytest.mark.parametrize("seed", range(5))
def test_precision_and_recall_equal_sklearn(seed: int):
    random = np.random.default_rng(seed)
    gold = random.integers(0, 2, 200)
    values = np.round(random.random(200), 1 + seed)
    result = precision_recall(gold, values)
    assert result.average == pytest.approx(average_precision_score(gold, values), abs=1e-12)
    precision, recall, thresholds = precision_recall_curve(gold, values)
    kept = np.isin(thresholds, result.thresholds)
    assert np.allclose(result.precision, precision[:-1][kept][::-1])
    assert np.allclose(result.recall, recall[:-1][kept][::-1])
    assert precision_recall(np.zeros(3), values[:3]) is None


def test_calibration_of_perfect_and_constant_probabilities():
    gold = np.array([0, 0, 0, 1] * 50)
    assert calibration(gold, np.full(200, 0.25)).error == pytest.approx(0)
    assert calibration(gold, 1.0 - gold).error == pytest.approx(1)
    assert calibration(gold, np.full(200, 1.0)).counts.tolist() == [200]


def test_probabilities_are_found_in_the_folder_of_the_file_or_in_the_run(gold: Gold, tmp_path: Path):
    path = tmp_path / "run" / "track_a" / "pred_eng.csv"
    path.parent.mkdir(parents=True)
    write_predictions(gold.spec, gold.labels, path)
    assert find_probabilities(path, gold.spec) is None
    inside = tmp_path / "run" / "test" / "prob_eng.csv"
    inside.parent.mkdir()
    write_probabilities(gold.spec, gold.labels * 0.9, inside)
    assert find_probabilities(path, gold.spec) == inside
    nearer = path.with_name("prob_eng.csv")
    write_probabilities(gold.spec, gold.labels * 0.8, nearer)
    assert find_probabilities(path, gold.spec) == nearer
    assert find_probabilities("archive.zip!track_a/pred_eng.csv", gold.spec) is None


@pytest.fixture
def files(gold: Gold, tmp_path: Path) -> tuple[Path, Path]:
    made = []
    for name, rate in (("one", 0.2), ("two", 0.5)):
        path = tmp_path / name / "pred_eng.csv"
        path.parent.mkdir()
        write_predictions(gold.spec, noisy(gold, rate, seed=len(name) + int(100 * rate)), path)
        made.append(path)
    return made[0], made[1]


def run(*words: str) -> int:
    return main(["analyse", *words, "--gold", "sample"])


def test_the_command_in_every_format(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    write_probabilities(
        load_gold("a", "eng", source="sample").spec, np.full((200, 5), 0.7), files[0].parent / "prob_eng.csv"
    )
    for style in ("text", "markdown", "latex"):
        assert run(str(files[0]), "--format", style) == 0
        shown = capsys.readouterr()
        assert "Errors by emotion" in shown.out
        assert "Most confident errors" in shown.out
        assert shown.err == ""
    assert run(str(files[0]), "--format", "csv") == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0][:3] == ["emotion", "gold", "predicted"]
    assert run(str(files[0]), "--format", "json", "--limit", "2") == 0
    payload = json.loads(capsys.readouterr().out)
    assert payload["schema"] == "semeval-emo/analyse/1"
    assert len(payload["analyses"][0]["confident_mistakes"]) == 2
    assert payload["analyses"][0]["together"]["emotions"] == ["anger", "fear", "joy", "sadness", "surprise"]


def test_the_command_notes_missing_probabilities(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    assert run(str(files[0])) == 0
    assert "The most confident errors need a probability file (--probabilities FILE)" in capsys.readouterr().err
    assert run(str(files[0]), "--quiet") == 0
    assert capsys.readouterr().err == ""


def test_the_command_with_two_paths(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    assert run(str(files[0]), str(files[1]), "--format", "json") == 0
    payload = json.loads(capsys.readouterr().out)
    assert payload["analyses"] == []
    (parted,) = payload["divergences"]
    assert sum(parted["whole"][key] for key in ("both", "first", "second", "neither")) == 200
    assert run(str(files[0]), str(files[1]), "--no-texts") == 0
    shown = capsys.readouterr().out
    assert "Correct only in a" in shown
    assert not [text for text in load_gold("a", "eng", source="sample").texts if text[:40] in shown]


def test_the_command_refuses_a_file_that_cannot_be_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "pred_eng.csv"
    path.write_text("id,anger\nx,1\n")
    assert run(str(path)) == 1
    assert "semeval-emo validate" in capsys.readouterr().err
    assert run(str(tmp_path / "nothing.csv")) == 3


@pytest.mark.data
def test_the_reference_file(data_dir: Path, capsys: pytest.CaptureFixture[str]):
    words = [str(data_dir / "seed" / "pred_eng.csv"), "--track", "a", "--gold", str(data_dir), "-f", "json", "-q"]
    assert main(["analyse", *words]) == 0
    (result,) = json.loads(capsys.readouterr().out)["analyses"]
    assert result["exact"] == 1276
    assert [emotion["missed"] for emotion in result["emotions"]] == [171, 269, 184, 274, 288]
    assert [emotion["invented"] for emotion in result["emotions"]] == [50, 275, 165, 183, 165]
