"""Refused joins: another release, other ids, blank gold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import InputError, InvalidSubmission, ReleaseMismatch
from semeval_emo.scoring import score, score_arrays
from semeval_emo.scoring.pair import join
from semeval_emo.submission import Predictions, read_submission
from semeval_emo.task import FileSpec, load_task


def predicted(spec: FileSpec, values: np.ndarray, path: str = "pred.csv") -> Predictions:
    return Predictions(spec, np.asarray(values, np.int8), path, (spec.release,))


def sample_gold(track: str = "a", split: str = "test") -> Gold:
    return load_gold(track, "eng", split, source="sample")


def write_csv(path: Path, header: tuple[str, ...], ids: tuple[str, ...], labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [",".join([one, *map(str, row)]) for one, row in zip(ids, labels.tolist(), strict=True)]
    path.write_text("\n".join([",".join(header), *rows]) + "\n")


@pytest.mark.data
def test_the_other_release_is_refused_for_both_reasons(data_dir: Path) -> None:
    """Its gold is blank, and has 2,765 ids instead of the 2,767 of the competition."""
    with pytest.raises(ReleaseMismatch) as caught:
        score(data_dir / "seed" / "pred_eng.csv", source=data_dir / "releases" / "2025-09-english")
    message = str(caught.value)
    for words in ("not those of release 2025", "2,767 rows", "2025-09", "2,765 rows", "all its labels are blank"):
        assert words in message
    assert "--release" in caught.value.fix


@pytest.fixture
def binarised(data_dir: Path, tmp_path: Path) -> tuple[Path, tuple[str, ...], np.ndarray]:
    """Return the other release's intensities as binary labels, in a folder like its missing track A gold."""
    other = load_gold("b", "eng", release="2025-09", source=data_dir / "releases" / "2025-09-english")
    labels = (other.labels > 0).astype(np.int8)
    ids = tuple(id_.replace("_track_b_", "_track_a_") for id_ in other.ids)
    write_csv(tmp_path / "track_a" / "test" / "eng.csv", other.spec.header, ids, labels)
    return tmp_path, ids, labels


@pytest.mark.data
def test_a_binarised_gold_of_the_other_release_is_refused(data_dir: Path, binarised) -> None:
    """A join by id would give 0.3608 instead of 0.7114."""
    folder, ids, labels = binarised
    seed = data_dir / "seed" / "pred_eng.csv"
    mine = read_submission(seed, track="a").predictions[0]
    row = {one: i for i, one in enumerate(mine.spec.ids)}
    by_id = score_arrays(labels, mine.values[[row[id_] for id_ in ids]], mine.spec.emotions)
    assert round(by_id.whole["macro_f1"], 4) == 0.3608

    with pytest.raises(ReleaseMismatch, match=r"not those of release 2025.* has 2,767 rows.*\(2,765 rows\)"):
        score(seed, source=folder, track="a")
    # Asked for as the other release, the file itself does not fit: two ids too many.
    with pytest.raises(InvalidSubmission, match="make the labels ambiguous"):
        score(seed, source=folder, track="a", release="2025-09")
    for claimed in ("2025", "2025-09"):
        gold = Gold(load_task().spec("a", "eng", "test", claimed), ids, None, labels, "binarised.csv", (claimed,))
        with pytest.raises(ReleaseMismatch, match=r"2,767 ids.*2,765 ids"):
            join(mine, gold)


@pytest.mark.data
def test_a_folder_of_another_release_is_refused_by_name(data_dir: Path) -> None:
    gold = load_gold("b", "eng", release="2025-09", source=data_dir / "releases" / "2025-09-english")
    spec = load_task().spec("b", "eng", "test")
    with pytest.raises(ReleaseMismatch) as caught:
        score(predicted(spec, np.zeros((spec.rows, 5))), gold)
    assert "2025 track b eng test (2,767 ids)" in caught.value.message
    assert "2025-09 or codabench-2026 track b eng test (2,765 ids)" in caught.value.message


def test_gold_of_another_file_is_refused() -> None:
    dev, test = sample_gold(split="dev"), sample_gold()
    with pytest.raises(ReleaseMismatch, match="the files are not joined"):
        score(predicted(test.spec, test.labels), dev)


def test_a_missing_id_is_refused() -> None:
    gold = sample_gold()
    short = replace(gold, ids=gold.ids[1:], labels=gold.labels[1:])
    with pytest.raises(ReleaseMismatch, match=r"200 ids.*199 ids, of which 199 are the same"):
        score(predicted(gold.spec, gold.labels), short)


def test_blank_gold_is_refused_instead_of_read_as_zero() -> None:
    gold = sample_gold()
    labels = gold.labels.copy()
    labels[3, 1] = -1
    with pytest.raises(ReleaseMismatch, match=r"1 blank labels of 1,000\. A blank label is not 0"):
        score(predicted(gold.spec, gold.labels), replace(gold, labels=labels))


def test_blank_gold_on_disk_is_refused(tmp_path: Path) -> None:
    gold = sample_gold()
    cells = gold.labels.astype(str)
    cells[:] = ""
    write_csv(tmp_path / "track_a" / "test" / "eng.csv", gold.spec.header, gold.ids, cells)
    with pytest.raises((InputError, ReleaseMismatch), match="blank"):
        score(predicted(gold.spec, gold.labels), source=tmp_path)
