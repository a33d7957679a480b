"""Malformed files of Task 11 in its bundle: each has the score of `semeval-emo score`, or fails as it refuses it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import pytest

from semeval_emo import score
from semeval_emo.bundle.program import INVALID
from semeval_emo.errors import InvalidSubmission

ENGLISH = (
    "valid", "bom", "utf16", "crlf", "semicolon", "order_cols", "drop_col", "extra_col", "no_header", "header_only",
    "html_page", "missing_last", "dup_same", "dup_conflict", "other_track_ids", "other_split_ids", "ids_upper",
    "ids_unpadded", "shuffled", "short_row", "stray_quote_label", "blank_cell", "nan_cell", "fraction_cell",
    "fullwidth", "zwsp_cell", "two", "swapped_header_halves", "all_zero",
)  # fmt: skip
ROMANIAN = ("name_upper_lang", "name_bare", "name_unknown", "folder_root", "folder_as_file", "checkpoint")

pytestmark = [pytest.mark.data, pytest.mark.shared]


@pytest.fixture(scope="module")
def submissions(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the malformed files by the names of their cases."""
    specification = importlib.util.spec_from_file_location("malformed", shared_dir / "scorers/malformed.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    root = tmp_path_factory.mktemp("malformed")
    wanted = [("eng", name) for name in ENGLISH] + [("ron", name) for name in ROMANIAN]
    return {
        f"{language}-{name}": root / f"{language}-{name}"
        for language, name in wanted
        if module.place("a", language, name, root / f"{language}-{name}") is not False
    }


def files_of(folder: Path) -> Mapping[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(folder: Path, language: str, data_dir: Path) -> float | None:
    """The score of the command, or None if it scores nothing."""
    try:
        scores = score(folder, source=data_dir, task="task11", track="a", split="test", strict=False)
    except InvalidSubmission:
        return None
    cards = [card.score for card in scores.cards if card.spec.language == language]
    return None if scores.refused or len(cards) != 1 else cards[0]


def test_no_malformed_file_of_task_11_has_another_score(submissions, data_dir, unpacked, worker):
    bundle = unpacked("task11", data_dir, track="a", splits=["test"])
    runs = worker(bundle, "test", {name: files_of(folder) for name, folder in submissions.items()})
    assert len(runs) > 25
    for name, run in runs.items():
        language = name.partition("-")[0]
        wanted = expected(submissions[name], language, data_dir)
        assert (run.code, run.scores is None) == ((0, False) if wanted is not None else (INVALID, True)), name
        if wanted is not None:
            assert run.scores[f"macro_f1_{language}"] == wanted, name
            assert run.scores["mean_macro_f1"] == wanted / 28, name
    failed = {name for name, run in runs.items() if run.code}
    assert {"eng-missing_last", "eng-blank_cell", "eng-dup_conflict", "eng-other_split_ids"} <= failed
    assert {"eng-bom", "eng-order_cols", "eng-shuffled", "ron-folder_root"} & failed == set()
