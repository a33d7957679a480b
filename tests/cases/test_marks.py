"""Label columns whose cells have the name of the label, or a cross, and nothing where it is absent."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo import load_task, read_submission, validate

SPEC = load_task().spec("a", "eng", "dev")
LABELS = [[(n >> at) & 1 for at in range(5)] for n in range(SPEC.rows)]


def write(folder: Path, present: Callable[[str], str], absent: str) -> Path:
    rows = [
        ",".join(
            [text_id, *(present(name) if label else absent for name, label in zip(SPEC.emotions, row, strict=True))]
        )
        for text_id, row in zip(SPEC.ids, LABELS, strict=True)
    ]
    path = folder / "pred_eng.csv"
    path.write_text("\n".join([",".join(("id", *SPEC.emotions)), *rows]) + "\n")
    return path


@pytest.mark.parametrize("absent", ["", "none", "NaN"])
def test_names_in_their_own_columns(absent: str, tmp_path: Path, cli: Callable):
    path = write(tmp_path, str.title, absent)
    word = absent.lower() or "blank"
    _, out, _ = cli("validate", path)
    command = f"fix {path} --map anger=1,fear=1,joy=1,sadness=1,surprise=1,{word}=0"
    assert f"Next: semeval-emo {command}\n" in out
    assert cli("fix", path, "-o", tmp_path / "refused").code == 1
    assert cli(*shlex.split(command), "-o", tmp_path / "fixed").code == 0
    (predictions,) = read_submission(tmp_path / "fixed").predictions
    assert predictions.values.tolist() == LABELS


def test_crosses_and_blank_cells_are_decided_together(tmp_path: Path, cli: Callable):
    path = write(tmp_path, lambda _: "x", "")
    _, out, _ = cli("validate", path)
    assert f"Next: semeval-emo fix {path} --map x=LABEL,blank=LABEL\n" in out


def test_names_of_other_columns_are_not_marks(tmp_path: Path):
    path = write(tmp_path, lambda name: {"anger": "fear", "fear": "anger"}.get(name, name), "")
    assert not any("=1" in problem.options for problem in validate(path).problems)
