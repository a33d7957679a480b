"""Every table that people bring, as a data frame: the answers of the file that the frame writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import semeval_emo
from semeval_emo.errors import UsageError

CASES = (
    "01-one-file-per-emotion", "02-list-of-names-in-a-cell", "03-comma-list-in-a-cell", "06-label-k-names",
    "08-row-numbers-no-ids", "09-id-is-row-number", "12-llm-raw-response", "14-labels-and-prob-columns",
    "18-all-languages-one-frame", "19-other-names-for-emotions", "20-neutral-column", "21-track-b-regression",
    "22-track-b-words", "23-first-51-rows", "24-yes-no", "26-sample-of-sixty-files",
    "37-thresholds-per-emotion", "47-dev-ids-test-phase",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_frame_gets_the_answers_of_its_file(case: str, shared_dir: Path, tmp_path: Path):
    path = next(iter(sorted((shared_dir / "cases" / case).glob("*.csv"))))
    frame = pd.read_csv(path)
    written = tmp_path / "pred_eng.csv"
    frame.to_csv(written, index=False)
    of_file, of_frame = semeval_emo.validate(written), semeval_emo.validate({"eng": frame})
    assert of_frame.counts == of_file.counts
    assert [problem.fix for problem in of_frame.problems] == [problem.fix for problem in of_file.problems]
    assert len(repr(of_frame)) < 300 and len(of_frame.to_frame()) == len(of_file.problems)
    fixed, fixed_file = semeval_emo.fix({"eng": frame}), semeval_emo.fix(written, tmp_path / "out")
    assert [change.done for change in fixed.changes] == [change.done for change in fixed_file.changes]
    assert [own.hash for own in fixed.predictions] == [own.hash for own in fixed_file.predictions]


def test_a_parquet_file_as_a_frame(shared_dir: Path):
    pytest.importorskip("pyarrow")
    path = shared_dir / "cases" / "16-parquet-xlsx" / "pred_eng.parquet"
    assert semeval_emo.validate(pd.read_parquet(path)).counts.keys() <= semeval_emo.validate(path).counts.keys()


SPEC = semeval_emo.load_task().spec("a", "eng", "dev")
LABELS = np.random.default_rng(2).integers(0, 2, (SPEC.rows, len(SPEC.emotions)))
ROWS = LABELS.tolist()
NAMES = [[name for name, label in zip(SPEC.emotions, row, strict=True) if label] for row in ROWS]
OUTPUTS = [
    [{"label": name, "score": 0.2 + 0.6 * label} for name, label in zip(SPEC.emotions, row, strict=True)][::-1]
    for row in ROWS
]
RECORDS = [{"id": text_id, "labels": names} for text_id, names in zip(SPEC.ids, NAMES, strict=True)]


@pytest.mark.parametrize(
    ("given", "codes", "options"),
    [
        (LABELS, {"E341", "E345"}, {"order": SPEC.emotions}),
        (ROWS, {"E341", "E345"}, {"order": SPEC.emotions}),
        (OUTPUTS, {"E343", "E345"}, {"threshold": 0.5}),
        (NAMES, {"E330", "E345"}, {}),
        (RECORDS, {"E330"}, {}),
    ],
)
def test_what_models_return_is_fixed(given: Any, codes: set[str], options: dict[str, Any], tmp_path: Path):
    assert codes <= semeval_emo.validate(given).counts.keys() <= codes | {"E511"}
    ids = tmp_path / "dev.csv"
    ids.write_text("\n".join(["id", *SPEC.ids]))
    if "E345" in codes:
        options = options | {"ids_from": ids}
    report = semeval_emo.fix(given, tmp_path / "fixed", **options)
    assert report.ok, report.refusals
    (predictions,) = report.predictions
    assert (predictions.values == LABELS).all()


def test_the_best_label_of_a_pipeline_is_not_all_labels():
    best = [max(outputs, key=lambda output: output["score"]) for outputs in OUTPUTS]
    problem = next(own for own in semeval_emo.validate(best).problems if own.code == "E343")
    assert "top_k=None" in problem.fix


def test_thresholds_of_arrays_and_frames():
    probabilities = 0.3 + 0.15 * LABELS
    expected = semeval_emo.metrics(LABELS, LABELS)["macro_f1"]
    for threshold in ([0.4] * 5, np.full(5, 0.4), {"joy": 0.4, "other": 0.4}):
        scores = semeval_emo.score(probabilities, LABELS, emotions=SPEC.emotions, threshold=threshold)
        assert scores.card.score == expected
    with pytest.raises(UsageError, match="4 thresholds for 5 emotions"):
        semeval_emo.compute_metrics(SPEC.emotions, thresholds=[0.4] * 4)
    frame = pd.DataFrame(probabilities, columns=list(SPEC.emotions), index=list(SPEC.ids))
    scores = semeval_emo.score(frame, threshold={"joy": 0.4, "other": 0.4})
    assert scores.card.score == semeval_emo.score(frame, threshold=0.4).card.score
    with pytest.raises(UsageError, match="does not say which"):
        semeval_emo.score(frame, threshold=[0.4] * 5)


def test_python_errors_name_python():
    frame = pd.DataFrame(LABELS, columns=list(SPEC.emotions), index=list(SPEC.ids))
    with pytest.raises(UsageError) as error:
        semeval_emo.compare(frame)
    assert "compare({" in str(error.value)
    with pytest.raises(TypeError, match=r"^report\(\)"):
        semeval_emo.report(frame, output="page.html")  # type: ignore[call-arg]


FRAME = pd.DataFrame({"id": SPEC.ids} | {name: LABELS[:, at] for at, name in enumerate(SPEC.emotions)})


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.sample(frac=1, random_state=1),
        FRAME.set_index(pd.Index(SPEC.ids))[[*SPEC.emotions]],
        FRAME.set_index("id"),
    ],
    ids=["shuffled", "unnamed index of ids", "index of ids"],
)
@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_stored_frames_with_an_index(frame: pd.DataFrame, form: str, tmp_path: Path):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"pred_eng.{form}"
    getattr(frame, f"to_{form}")(path)
    report = semeval_emo.fix(path, tmp_path / "fixed")
    assert report.ok, report.refusals
    assert (report.predictions[0].values == LABELS).all()
    assert semeval_emo.score(path).card.score == semeval_emo.score(FRAME).card.score


@pytest.mark.parametrize("index", [False, True])
def test_a_printed_frame(index: bool, tmp_path: Path):
    path = tmp_path / "pred_eng.txt"
    path.write_text(FRAME.to_string(index=index))
    assert semeval_emo.validate(path).counts.keys() == {"E202", "E307"} | ({"E315"} if index else set())
    report = semeval_emo.fix(path, tmp_path / "fixed")
    assert report.ok and (report.predictions[0].values == LABELS).all()
    # Rows that pandas has left out are missing, not guessed.
    path.write_text(repr(FRAME))
    assert not semeval_emo.fix(path, tmp_path / "short").written
