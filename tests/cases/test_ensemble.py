"""`ensemble`: votes over prediction files and means over probability files, without run folders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import semeval_emo
from semeval_emo.errors import InvalidSubmission, UsageError
from semeval_emo.submission import read_submission, write_predictions, write_probabilities
from semeval_emo.task import FileSpec, load_task

TASK = load_task()
ENG, DEU, INTENSITY = (TASK.spec(*key) for key in (("a", "eng", "dev"), ("a", "deu", "dev"), ("b", "eng", "dev")))


def write(folder: Path, labels: Sequence[int], spec: FileSpec = ENG) -> Path:
    """Write the file of a system whose first text has these labels; all others are 0."""
    values = np.zeros((spec.rows, len(spec.emotions)), dtype=int)
    values[0, : len(labels)] = labels
    folder.mkdir(exist_ok=True)
    write_predictions(spec, values, folder / spec.file_name)
    return folder / spec.file_name


def write_floats(folder: Path, floats: Sequence[float]) -> Path:
    """Write a probability file whose first text has these values; all others are 0.1."""
    values = np.full((ENG.rows, len(ENG.emotions)), 0.1)
    values[0, : len(floats)] = floats
    folder.mkdir(exist_ok=True)
    write_probabilities(ENG, values, folder / "prob_eng.csv")
    return folder / "prob_eng.csv"


def first_row(path: str | Path, track: str = "a") -> list[int]:
    return list(read_submission(path, track=track).predictions[0].values[0].tolist())


def test_case_36(cli, shared_dir: Path, tmp_path: Path) -> None:
    files = sorted((shared_dir / "cases" / "36-hard-vote").glob("*/pred_eng.csv"))
    code, out, err = cli("ensemble", *files, "--method", "vote", "-o", tmp_path / "voted")
    assert (code, err) == (0, "")
    assert out.startswith("Vote of 3 files\n")
    assert "291 of 580 labels differ between the files\n" in out
    voted = read_submission(tmp_path / "voted")
    assert voted.report.valid
    members = [read_submission(file).predictions[0].values for file in files]
    assert np.array_equal(voted.predictions[0].values, sum(members) >= 2)
    # The folder of all of them is the same.
    assert cli("ensemble", files[0].parents[1], "-o", tmp_path / "voted").code == 0


def test_torch_is_not_needed(tmp_path: Path) -> None:
    files = [str(write(tmp_path / name, [1])) for name in "abc"]
    program = (
        "import sys; from semeval_emo.cli.app import main; main(sys.argv[1:]); "
        "assert not {'torch', 'sklearn', 'pandas'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", program, "ensemble", *files, "-o", str(tmp_path / "out.csv")]
    subprocess.run(command, check=True, capture_output=True)


def test_a_tie_is_said_and_decided_by_an_option(cli, tmp_path: Path) -> None:
    files = [write(tmp_path / "a", [1, 0, 1]), write(tmp_path / "b", [0, 1, 1])]
    code, _, err = cli("ensemble", *files, "-o", tmp_path / "out.csv")
    assert code == 1
    assert "tied for 2 labels of 2025 track a eng dev, the first is anger of eng_dev_track_a_00001" in err
    assert "--ties low, --ties high or --ties first" in err
    for ties, row in (("low", [0, 0, 1]), ("high", [1, 1, 1]), ("first", [1, 0, 1])):
        out = cli("ensemble", *files, "-o", tmp_path / f"{ties}.csv", "--ties", ties).out
        assert f"2 of 580 labels differ between the files, 2 of them are tied: {ties} (--ties)" in out
        assert first_row(tmp_path / f"{ties}.csv")[:3] == row


def test_track_b_takes_the_median(tmp_path: Path) -> None:
    files = [write(tmp_path / name, row, INTENSITY) for name, row in zip("abc", ([3, 0], [1, 1], [2, 3]), strict=True)]
    report = semeval_emo.ensemble(files, tmp_path / "out.csv")
    assert first_row(report.files[0].path, "b")[:2] == [2, 1]
    with pytest.raises(InvalidSubmission, match="tied for 1 label of 2025 track b eng dev"):
        semeval_emo.ensemble(files[1:], tmp_path / "out.csv")
    # 0 and 3 are on both sides of 1 and 2: the first file decides for the nearer one.
    with_zero = [write(tmp_path / "d", [3, 1], INTENSITY), *files[1:], write(tmp_path / "e", [0, 3], INTENSITY)]
    semeval_emo.ensemble(with_zero, tmp_path / "four.csv", ties="first")
    assert first_row(tmp_path / "four.csv", "b")[:2] == [2, 2]


def test_several_languages_at_once(cli, tmp_path: Path) -> None:
    for name, row in (("a", [1, 0]), ("b", [1, 1]), ("c", [0, 1])):
        write(tmp_path / name, row)
        write(tmp_path / name, row[::-1], DEU)
    code, out, _ = cli("ensemble", *(tmp_path / name for name in "abc"), "-o", tmp_path / "out", "--format", "json")
    assert code == 0
    report = json.loads(out)
    assert report["schema"] == "semeval-emo/ensemble/1"
    assert [Path(file["path"]).name for file in report["files"]] == ["pred_deu.csv", "pred_eng.csv"]
    assert semeval_emo.validate(tmp_path / "out").valid
    (tmp_path / "c" / "pred_deu.csv").unlink()
    code, _, err = cli("ensemble", *(tmp_path / name for name in "abc"), "-o", tmp_path / "out2")
    assert code == 2
    assert "Every system must have predicted the same files: 2025 track a" in err
    assert cli("ensemble", *(tmp_path / n for n in "abc"), "-o", tmp_path / "out2", "--language", "eng").code == 0


def test_means_over_probabilities(cli, tmp_path: Path) -> None:
    rows = ([0.9, 0.2, 0.6, 0.35], [0.3, 0.4, 0.4, 0.45])
    files = [write_floats(tmp_path / name, row) for name, row in zip("ab", rows, strict=True)]
    code, out, _ = cli("ensemble", *files, "--method", "mean", "-o", tmp_path / "out.csv")
    assert code == 0
    assert out.startswith("Mean of 2 files; 1 from 0.5 on (--threshold)\n")
    assert first_row(tmp_path / "out.csv") == [1, 0, 1, 0, 0]
    semeval_emo.ensemble([tmp_path / "a", tmp_path / "b"], tmp_path / "low.csv", method="mean", threshold=0.4)
    assert first_row(tmp_path / "low.csv") == [1, 0, 1, 1, 0]
    each = {"anger": 0.7, "fear": 0.3, "joy": 0.5, "sadness": 0.5, "surprise": 0.05}
    semeval_emo.ensemble(files, tmp_path / "each.csv", method="mean", threshold=each)
    assert first_row(tmp_path / "each.csv") == [0, 1, 1, 0, 1]


def test_what_cannot_be_combined_is_refused_with_the_remedy(cli, tmp_path: Path) -> None:
    labels = [write(tmp_path / name, [1]) for name in "abc"]
    floats = [write_floats(tmp_path / name, [0.7]) for name in "ab"]
    german = write(tmp_path / "d", [1], DEU)
    for paths, options, exit_code, message in (
        (labels[:1], (), 2, "at least two files of the same place"),
        ([labels[0], german], (), 2, "at least two files of the same place"),
        ([*labels, german], (), 2, "2025 track a deu dev has 1 file"),
        ([labels[0], labels[0], labels[1]], (), 2, "is named 2 times"),
        (floats, (), 1, "for the mean of probabilities use --method mean"),
        (labels, ("--method", "mean"), 1, "use --method vote"),
        ([tmp_path / "c", tmp_path / "d"], ("--method", "mean"), 1, "has no prob_*.csv"),
    ):
        code, out, err = cli("ensemble", *paths, *options, "-o", tmp_path / "out.csv")
        assert (code, out) == (exit_code, ""), err
        assert message in err
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_not_valid_is_named(cli, tmp_path: Path) -> None:
    files = [write(tmp_path / name, [1]) for name in "abc"]
    lines = files[1].read_text().splitlines(keepends=True)
    files[1].write_text("".join(lines[:50] + lines[51:]))
    code, _, err = cli("ensemble", *files, "-o", tmp_path / "out.csv")
    assert code == 1
    assert f"{files[1]} has no certain labels: there is no row for eng_dev_track_a_00050" in err
    with pytest.raises(UsageError, match="There is no method 'median'"):
        semeval_emo.ensemble(files, method="median")


def test_an_input_is_never_overwritten(cli, tmp_path: Path) -> None:
    files = [write(tmp_path / name, [1]) for name in "abc"]
    assert cli("ensemble", *files, "-o", files[0]).code == 2


def test_equal_files_are_noted(tmp_path: Path) -> None:
    files = [write(tmp_path / name, row) for name, row in zip("abc", ([1], [0], [1]), strict=True)]
    report = semeval_emo.ensemble(files, tmp_path / "out.csv")
    assert report.notes == (f"{files[2]} has the same values as {files[0]}: they count twice",)


def test_data_frames_are_combined_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ([1, 0, 1], [0, 0, 1], [1, 1, 0])
    frames = {name: pd.read_csv(write(tmp_path / name, row)) for name, row in zip("abc", rows, strict=True)}
    report = semeval_emo.ensemble(frames)
    assert report.predictions[0].values[0].tolist() == [1, 0, 1, 0, 0]
    assert report.out == "" and not (tmp_path / "ensemble").exists()
    assert report.to_frame()["differing"].tolist() == [3]
    floats = [pd.read_csv(write_floats(tmp_path / name, [p])) for name, p in (("a", 0.9), ("b", 0.3))]
    assert semeval_emo.ensemble(floats, method="mean").predictions[0].values[0].tolist() == [1, 0, 0, 0, 0]


def test_thresholds_are_read_as_by_fix(cli, tmp_path: Path) -> None:
    files = [write_floats(tmp_path / name, [0.4, 0.4, 0.6]) for name in "ab"]
    options = ("--method", "mean", "--threshold", "anger=0.3,other=0.5")
    assert cli("ensemble", *files, *options, "-o", tmp_path / "out.csv").code == 0
    assert first_row(tmp_path / "out.csv") == [1, 0, 1, 0, 0]
    code, _, err = cli("ensemble", *files, "--method", "mean", "--threshold", "angry=0.3", "-o", tmp_path / "x.csv")
    assert code == 2 and "angry" in err
    code, _, err = cli("ensemble", *files, "--threshold", "0.3", "-o", tmp_path / "x.csv")
    assert code == 2 and "use --method mean" in err
