"""Labels in memory: `score`, `compare` and `metrics` of arrays, tensors, frames and columns of data sets."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import semeval_emo
from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.scoring import compare, score
from semeval_emo.scoring.adapters import metrics
from semeval_emo.submission import Predictions

EMOTIONS = ("anger", "fear", "joy")
GOLD = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 1]])
PREDICTED = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]])
MACRO_F1 = (2 / 3 + 1 + 1 / 2) / 3


@pytest.fixture(autouse=True, scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory):
    """An empty current folder: "" is a path too, and must not read every file of the checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        yield


def forms() -> dict[str, object]:
    """The same labels in every type that is taken."""
    frame = pd.DataFrame(PREDICTED, columns=EMOTIONS)
    return {
        "int64": PREDICTED,
        "int8": PREDICTED.astype(np.int8),
        "bool": PREDICTED.astype(bool),
        "float32": PREDICTED.astype(np.float32),
        "object": PREDICTED.astype(object),
        "list": PREDICTED.tolist(),
        "list of tuples": [tuple(row) for row in PREDICTED.tolist()],
        "list of arrays": list(PREDICTED),
        "list of booleans": PREDICTED.astype(bool).tolist(),
        "frame": frame,
        "frame of booleans": frame.astype(bool),
        "frame of nullable integers": frame.astype("Int64"),
        "frame with columns in another order": frame[["joy", "anger", "fear"]],
        "frame with a text": frame.assign(text="words"),
        "series of lists": pd.Series(PREDICTED.tolist()),
        "columns by name": {name: PREDICTED[:, i] for i, name in enumerate(EMOTIONS)},
        "names of emotions": [
            [name for name, label in zip(EMOTIONS, row, strict=True) if label] for row in PREDICTED.tolist()
        ],
    }


@pytest.mark.parametrize("form", forms())
def test_every_type_of_labels_gives_the_same_score(form: str):
    result = score(forms()[form], GOLD, emotions=EMOTIONS)
    assert result.card.score == pytest.approx(MACRO_F1)
    assert result.card.spec.emotions == EMOTIONS
    # The gold labels too, in every type.
    assert score(PREDICTED, forms()[form], emotions=EMOTIONS).card.score == 1


def test_tensors_and_sparse_matrices():
    torch = pytest.importorskip("torch")
    sparse = pytest.importorskip("scipy.sparse")
    for dtype in (torch.int64, torch.bool, torch.float32, torch.bfloat16):
        tensor = torch.tensor(PREDICTED).to(dtype)
        assert score(tensor, torch.tensor(GOLD), emotions=EMOTIONS).card.score == pytest.approx(MACRO_F1)
    assert score(list(torch.tensor(PREDICTED)), GOLD, emotions=EMOTIONS).card.score == pytest.approx(MACRO_F1)
    assert score(sparse.csr_matrix(PREDICTED), GOLD, emotions=EMOTIONS).card.score == pytest.approx(MACRO_F1)


def test_columns_of_datasets():
    datasets = pytest.importorskip("datasets")
    columns = {name: GOLD[:, i].tolist() for i, name in enumerate(EMOTIONS)}
    gold = datasets.Dataset.from_dict({"labels": GOLD.tolist(), "text": ["x"] * 5, **columns})
    assert score(PREDICTED, gold["labels"], emotions=EMOTIONS).card.score == pytest.approx(MACRO_F1)
    assert score(PREDICTED, gold, emotions=EMOTIONS).card.score == pytest.approx(MACRO_F1)
    assert score(PREDICTED, gold.with_format("numpy")["labels"], emotions=EMOTIONS).card.score == pytest.approx(
        MACRO_F1
    )


def test_frames_name_their_columns():
    gold, frame = pd.DataFrame(GOLD, columns=EMOTIONS), pd.DataFrame(PREDICTED, columns=EMOTIONS)
    card = score(frame[["joy", "fear", "anger"]], gold).card
    assert card.score == pytest.approx(MACRO_F1) and card.spec.emotions == EMOTIONS
    with pytest.raises(InputError, match="y_true has the columns anger, fear, joy, and y_pred anger, fear"):
        score(frame[["anger", "fear"]], gold)
    shuffled = gold.sample(frac=1, random_state=1)
    with pytest.raises(InputError, match="the same index in different orders") as caught:
        score(frame, shuffled)
    assert caught.value.fix == "sort one like the other: y_pred.loc[y_true.index]"
    assert score(frame.loc[shuffled.index], shuffled).card.score == pytest.approx(MACRO_F1)


def test_columns_without_names_are_numbered():
    card = score(PREDICTED, GOLD).card
    assert card.metrics.emotions == ("label_0", "label_1", "label_2") and card.score == pytest.approx(MACRO_F1)


def test_one_emotion():
    assert score(PREDICTED[:, 0], GOLD[:, 0].tolist(), emotions=["anger"]).card.score == pytest.approx(2 / 3)


def test_several_systems_keep_their_names():
    result = score({"bert": PREDICTED, "gold": GOLD}, GOLD, emotions=EMOTIONS)
    assert [(card.file, round(card.score, 4)) for card in result.cards] == [("bert", 0.7222), ("gold", 1.0)]
    assert "identical: gold equals y_true in all 5 rows" in result.warnings[0]


def test_names_of_arguments_decide_their_order():
    first = score(PREDICTED, GOLD).card.metrics
    assert score(y_true=GOLD, y_pred=PREDICTED).card.metrics == first
    assert score(GOLD, PREDICTED).card.metrics.whole["macro_precision"] == first.whole["macro_recall"]
    with pytest.raises(UsageError, match="y_true is given twice"):
        score(PREDICTED, GOLD, y_true=GOLD)


def test_intensities():
    gold = np.array([[0, 3, 1], [2, 1, 0], [1, 0, 3]])
    predicted = np.array([[0, 2, 1], [3, 1, 1], [1, 0, 2]])
    card = score(predicted, gold, emotions=EMOTIONS).card
    expected = np.mean([np.corrcoef(gold[:, i], predicted[:, i])[0, 1] for i in range(3)])
    assert card.metric == "pearson" and card.score == pytest.approx(expected)
    assert score(GOLD, GOLD, track="b").card.metric == "pearson"
    with pytest.raises(InputError, match=r"y_pred is 0.83 in row 0, column anger, expected 0 to 3") as caught:
        score(predicted + 0.83, gold, emotions=EMOTIONS)
    assert caught.value.fix == "round the outputs first: numpy.rint(y_pred).clip(0, 3).astype(int)"


def test_probabilities_need_a_threshold():
    probabilities = np.where(PREDICTED, 0.7, 0.2)
    with pytest.raises(InputError, match=r"y_pred is 0.7 in row 0, column anger, expected 0 or 1") as caught:
        score(probabilities, GOLD, emotions=EMOTIONS)
    assert "pass threshold=0.5" in caught.value.fix
    assert score(probabilities, GOLD, emotions=EMOTIONS, threshold=0.5).card.score == pytest.approx(MACRO_F1)
    each = {"anger": 0.7, "fear": 0.5, "joy": 0.1}
    expected = probabilities >= [0.7, 0.5, 0.1]
    found = score(probabilities, GOLD, emotions=EMOTIONS, threshold=each).card.metrics
    assert found == score(expected, GOLD, emotions=EMOTIONS).card.metrics
    with pytest.raises(UsageError, match="'hope' is not an emotion"):
        score(probabilities, GOLD, emotions=EMOTIONS, threshold=each | {"hope": 0.5})
    with pytest.raises(UsageError, match="'joy' has none"):
        score(probabilities, GOLD, emotions=EMOTIONS, threshold={"anger": 0.5, "fear": 0.5})
    with pytest.raises(InputError, match="y_pred has -1, which is not a probability") as caught:
        score(np.where(PREDICTED, 0.9, -1), GOLD, threshold=0.5)
    assert caught.value.fix == "convert logits first: 1 / (1 + numpy.exp(-y_pred))"


WRONG = {
    "None": (None, GOLD, "None is not a prediction file or frame"),
    "a number": (3, GOLD, "3 is not a prediction file or frame"),
    "a generator": ((row for row in PREDICTED), GOLD, "a generator is not a prediction file or frame"),
    "a set": ({1, 2}, GOLD, "a set is not a prediction file or frame"),
    "an empty dictionary": ({}, GOLD, "The dictionary of predictions is empty"),
    "a dictionary of numbers": ({"A": 1}, GOLD, "'A': 1 is not a prediction file or frame"),
    "an object": (object(), GOLD, "an object is not a prediction file or frame"),
    "a function": (len, GOLD, "a builtin_function_or_method is not a prediction file or frame"),
    "bytes": (b"1,0", GOLD, "a bytes is not a prediction file or frame"),
    "one dimension": (PREDICTED[:, 0], GOLD, r"y_pred has the shape \(5,\)"),
    "three dimensions": (PREDICTED[None], GOLD, r"y_pred has the shape \(1, 5, 3\)"),
    "gold of one dimension": (PREDICTED, [0, 1, 0, 1, 0], r"y_true has the shape \(5,\)"),
    "no gold": (PREDICTED, None, "y_pred has no ids, so its gold labels cannot be looked up"),
    "gold is a number": (PREDICTED, 1, "y_true is 1, which holds no labels"),
    "gold is a generator": (PREDICTED, iter(GOLD), "y_true is an? [a-z_]+, which holds no labels"),
    "fewer rows": (PREDICTED[:4], GOLD, "y_pred has 4 rows and y_true 5"),
    "fewer columns": (PREDICTED[:, :2], GOLD, "y_pred has 2 columns, and there are 3 emotions"),
    "no rows": (PREDICTED[:0], GOLD[:0], "y_true has no rows"),
    "ragged rows": ([[1, 0, 1], [1, 0]], GOLD[:2], "rows of different lengths: row 0 has 3 cells, row 1 2 cells"),
    "words": ([["yes", "no", "no"]] * 5, GOLD, "y_pred has 'yes' in row 0"),
    "None in a cell": ([[1, None, 1]] * 5, GOLD, "y_pred is blank"),
    "nan": (PREDICTED * np.nan, GOLD, r"y_pred is blank \(nan\) in row 0, column anger"),
    "minus one": (PREDICTED - 1, GOLD, "y_pred is -1 in row 0"),
    "two": (PREDICTED * 2, GOLD, "y_pred is 2 in row 0, column anger, expected 0 or 1"),
    "fractions in the gold labels": (PREDICTED, GOLD * 0.37, "y_true is 0.37 in row 0, column anger, expected 0 or 1"),
    "complex numbers": (PREDICTED * 1j, GOLD, "y_pred"),
    "dates": (PREDICTED.astype("datetime64[s]"), GOLD, "y_pred"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_values_are_input_errors_with_a_remedy(case: str):
    predicted, gold, message = WRONG[case]
    with pytest.raises(InputError, match=message) as caught:
        score(predicted, gold, emotions=EMOTIONS)
    assert caught.value.fix and len(str(caught.value)) < 500


@pytest.mark.parametrize("emotions", ["joy", [], [1, 2, 3], ["joy", "joy", "fear"]])
def test_wrong_names_of_emotions(emotions: object):
    with pytest.raises(UsageError, match="emotions is"):
        score(PREDICTED, GOLD, emotions=emotions)


def test_unknown_columns_and_names():
    frame = pd.DataFrame(PREDICTED, columns=("Anger", "fear", "joy"))
    with pytest.raises(InputError, match="y_pred has no column 'anger'; its columns are Anger, fear, joy") as caught:
        score(frame, GOLD, emotions=EMOTIONS)
    assert caught.value.fix == "did you mean 'Anger'?"
    with pytest.raises(InputError, match="y_pred has 'hope' in row 1; the emotions are anger, fear, joy"):
        score([["joy"], ["hope"], [], [], []], GOLD, emotions=EMOTIONS)


def test_loaded_gold_labels_need_the_names_of_the_columns():
    gold = semeval_emo.load_gold("a", "eng", source="sample")
    predicted = 1 - gold.labels
    with pytest.raises(UsageError, match="An array has no names of columns"):
        score(predicted, gold)
    names = gold.spec.emotions
    card = score(predicted[:, ::-1], gold, emotions=names[::-1]).card
    assert card.metrics == score(Predictions(gold.spec, predicted, "x"), gold).card.metrics
    assert card.release == "1" and card.spec == gold.spec


def test_systems_of_arrays_are_compared_by_paired_tests():
    gold = semeval_emo.load_gold("a", "eng", source="sample")
    worse = gold.labels * (np.arange(len(gold)) % 3 > 0)[:, None]
    options = {"resamples": 300, "trials": 300}
    comparison = compare({"A": worse, "B": gold.labels}, gold.labels, emotions=gold.spec.emotions, **options)
    assert [standing.name for standing in comparison.lead.standings] == ["B", "A"]
    assert comparison.lead.differences[0].significant and set(comparison.lead.standings[0].emotions) == set(
        gold.spec.emotions
    )
    # As the same labels from files, apart from the texts, which arrays do not have.
    runs = compare({"A": [worse, gold.labels], "B": [gold.labels] * 2}, y_true=gold.labels, **options)
    assert runs.lead.standings[1].run_sd > 0
    assert [s.name for s in compare([worse, gold.labels], gold.labels, **options).systems] == ["system 2", "system 1"]
    assert compare({"A": worse, "B": gold.labels}, gold, emotions=gold.spec.emotions, **options).release == "1"
    with pytest.raises(InputError, match="A has no ids"):
        compare({"A": worse, "B": worse})
    with pytest.raises(InputError, match="B has 199 rows and y_true 200"):
        compare({"A": worse, "B": worse[1:]}, gold.labels)


LABELS = arrays.arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.integers(0, 1))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_metrics_equal_those_of_scikit_learn(data: st.DataObject):
    sklearn = pytest.importorskip("sklearn.metrics")
    gold = data.draw(LABELS)
    predicted = data.draw(arrays.arrays(np.int8, gold.shape, elements=st.integers(0, 1)))
    found = metrics(gold, predicted)
    scored = score(predicted, gold).card.metrics
    for average in ("macro", "micro"):
        for name, function in (
            ("f1", sklearn.f1_score), ("precision", sklearn.precision_score), ("recall", sklearn.recall_score)
        ):  # fmt: skip
            expected = function(gold, predicted, average=average, zero_division=0)
            assert found[f"{average}_{name}"] == pytest.approx(expected)
    by_emotion = sklearn.f1_score(gold, predicted, average=None, zero_division=0)
    assert [found[f"f1.label_{i}"] for i in range(gold.shape[1])] == pytest.approx(by_emotion)
    assert found["samples_f1"] == pytest.approx(sklearn.f1_score(gold, predicted, average="samples", zero_division=0))
    assert found["exact_match"] == pytest.approx(sklearn.accuracy_score(gold, predicted))
    assert found["hamming_loss"] == pytest.approx(sklearn.hamming_loss(gold, predicted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jaccard = sklearn.jaccard_score(gold, predicted, average="samples", zero_division=0)
    assert found["jaccard"] == pytest.approx(jaccard)
    assert {name: found[name] for name in scored.whole} == scored.whole


@settings(max_examples=60, deadline=None)
@given(values=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    | st.tuples(inner, inner),
    max_leaves=8,
))  # fmt: skip
def test_no_value_gives_another_exception(values: object):
    for predicted, gold in ((values, GOLD), (PREDICTED, values), (values, values)):
        try:
            score(predicted, gold, emotions=EMOTIONS)
        except EmoError as error:
            assert str(error)


def test_a_report_on_arrays_is_headed_as_your_own():
    page = semeval_emo.report(PREDICTED, GOLD, emotions=EMOTIONS, resamples=100).html
    assert "your own arrays" in page
    assert "release arrays" not in page and "Official metric" not in page
