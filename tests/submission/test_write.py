"""Writing prediction and probability files, and reading probability files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_emo.errors import InputError, InvalidSubmission, UsageError
from semeval_emo.submission.probabilities import read_probabilities
from semeval_emo.submission.write import (
    prediction_bytes,
    probability_bytes,
    write_predictions,
    write_probabilities,
)
from semeval_emo.task import load_task

TASK = load_task()
ENG = TASK.spec("a", "eng", "dev")
INTENSITY = TASK.spec("b", "ron", "dev")


def labels(spec, seed=0):
    return np.random.default_rng(seed).integers(0, len(spec.values), (spec.rows, len(spec.emotions)))


def test_predictions_are_written_in_the_official_format(tmp_path):
    values = labels(INTENSITY)
    write_predictions(INTENSITY, values, tmp_path / "pred_ron.csv")
    body = (tmp_path / "pred_ron.csv").read_bytes()
    lines = body.decode().split("\n")
    assert lines[0] == "id,anger,disgust,fear,joy,sadness,surprise"
    assert lines[1] == "ron_dev_track_b_00001," + ",".join(map(str, values[0]))
    assert lines[-1] == ""
    assert len(lines) == 1 + 123 + 1
    assert b"\r" not in body


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8, np.bool_])
def test_the_dtype_of_integers_does_not_matter(dtype):
    values = labels(ENG)
    assert prediction_bytes(ENG, values.astype(dtype)) == prediction_bytes(ENG, values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v[:-1], "2025 track a eng dev has 116 texts and 5 emotions; the array's shape is (115, 5)."),
        (lambda v: v.T, "2025 track a eng dev has 116 texts and 5 emotions; the array's shape is (5, 116)."),
        (lambda v: v * 1.0, "Predictions for 2025 track a eng dev must be integers, not float64."),
        (lambda v: v * 0 + 2, "anger of eng_dev_track_a_00001 is 2; 2025 track a eng dev takes 0, 1 (580 such cells)."),
        (
            lambda v: v * 0 - 1,
            "anger of eng_dev_track_a_00001 is -1; 2025 track a eng dev takes 0, 1 (580 such cells).",
        ),
    ],
)
def test_invalid_predictions_are_not_written(tmp_path, change, message):
    with pytest.raises(UsageError) as caught:
        write_predictions(ENG, change(labels(ENG)), tmp_path / "pred_eng.csv")
    assert caught.value.message == message
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_predictions(ENG, labels(ENG), tmp_path / "gone" / "pred_eng.csv")


# ---- probabilities


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), extremes=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_probabilities_are_read_exactly_as_written(tmp_path_factory, seed, extremes):
    values = np.random.default_rng(seed).random((ENG.rows, 5))
    values.flat[: len(extremes)] = extremes
    path = tmp_path_factory.mktemp("probabilities") / "prob_eng.csv"
    write_probabilities(ENG, values, path)
    read = read_probabilities(path)
    assert read.spec == ENG
    assert read.values.tobytes() == np.abs(values).tobytes() or (read.values == values).all()
    assert probability_bytes(ENG, read.values) == path.read_bytes()


def test_single_precision_is_read_exactly_as_written(tmp_path):
    values = np.random.default_rng(1).random((ENG.rows, 5), dtype=np.float32)
    write_probabilities(ENG, values, tmp_path / "prob_eng.csv")
    assert (read_probabilities(tmp_path / "prob_eng.csv").values == values).all()


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan"), float("inf")])
def test_invalid_probabilities_are_not_written(tmp_path, bad):
    values = np.full((ENG.rows, 5), 0.5)
    values[3, 1] = bad
    with pytest.raises(
        UsageError, match=r"fear of eng_dev_track_a_00004 is .*; probabilities are in \[0, 1\] \(1 such"
    ):
        write_probabilities(ENG, values, tmp_path / "prob_eng.csv")


def changed(tmp_path, change):
    body = probability_bytes(ENG, np.full((ENG.rows, 5), 0.25)).decode()
    path = tmp_path / "prob_eng.csv"
    path.write_text(change(body))
    return path


def test_rows_may_be_in_any_order(tmp_path):
    values = np.random.default_rng(2).random((ENG.rows, 5))
    head, *rows = probability_bytes(ENG, values).decode().splitlines()
    (tmp_path / "prob_eng.csv").write_text("\n".join([head, *reversed(rows)]))
    assert (read_probabilities(tmp_path / "prob_eng.csv").values == values).all()


@pytest.mark.parametrize(
    "header", ["ID,Anger,Joy,Fear,Sadness,Surprise", "id,anger_prob,p_joy,fear_prob,Sadness_score,surprise_p"]
)
def test_columns_are_found_by_name(header, tmp_path):
    values = np.random.default_rng(2).random((ENG.rows, 5))
    _, *rows = probability_bytes(ENG, values).decode().splitlines()
    (tmp_path / "prob_eng.csv").write_text("\n".join([header, *rows]))
    assert (read_probabilities(tmp_path / "prob_eng.csv").values == values[:, [0, 2, 1, 3, 4]]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("fear,joy", "joy,joy"),
         ": the header is 'id,anger,joy,joy,sadness,surprise', expected 'id,anger,fear,joy,sadness,surprise'."),
        (lambda t: t.replace("0.25", "1.5", 1), ":2: anger is '1.5', expected a number from 0 to 1."),
        (lambda t: t.replace("0.25", "", 1), ":2: anger is '', expected a number from 0 to 1."),
        (lambda t: t.replace("0.25", "nan", 1), ":2: anger is 'nan', expected a number from 0 to 1."),
        (lambda t: t.replace("0.25,", "", 1), ":2: 5 cells, expected 6."),
        (lambda t: t.replace("_00002", "_00001"), ":3: the id 'eng_dev_track_a_00001' is already on line 2."),
        (lambda t: t[: t.rindex("eng_dev")],
         ": 1 of 116 texts of 2025 track a eng dev are missing, such as eng_dev_track_a_00116."),
        (lambda t: t + "joe,0,0,0,0,0\n", ":118: there is no id 'joe' in 2025 track a eng dev."),
        (lambda t: t.replace("eng_dev", "x"), ": release 2025 has no such ids; the first is 'x_track_a_00001'."),
        (lambda t: "id,anger\n", " has no rows of probabilities."),
        (lambda t: "", " has no rows of probabilities."),
    ],
)  # fmt: skip
def test_an_invalid_probability_file_is_reported_with_its_line(tmp_path, change, message):
    path = changed(tmp_path, change)
    with pytest.raises(InvalidSubmission) as caught:
        read_probabilities(path)
    assert caught.value.message == f"{path}{message}"


def test_options_that_select_another_file_are_reported(tmp_path):
    path = changed(tmp_path, lambda text: text)
    with pytest.raises(InvalidSubmission, match="has 2025 track a eng dev, not b"):
        read_probabilities(path, track="b")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_probabilities(tmp_path / "gone.csv")
