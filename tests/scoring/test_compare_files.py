"""Comparison of files, folders, zips and runs, and of the reference files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import semeval_emo
from semeval_emo.data import Gold, load_gold
from semeval_emo.errors import InvalidSubmission, UsageError
from semeval_emo.scoring import SystemRuns, compare
from semeval_emo.scoring.systems import short_names
from semeval_emo.submission import Predictions
from semeval_emo.submission.write import write_predictions

FAST = {"resamples": 500, "trials": 500}


def answers(gold: Gold, share: float, seed: int = 0) -> np.ndarray:
    """Return the gold with a share of its cells changed at random."""
    rng = np.random.default_rng(seed)
    other = rng.integers(0, len(gold.spec.values), gold.labels.shape)
    return np.where(rng.random(gold.labels.shape) < share, other, gold.labels).astype(np.int8)


def system_runs(gold: Gold, share: float, seed: int) -> SystemRuns:
    labels = answers(gold, share, seed)
    return SystemRuns(f"s{seed}", ((Predictions(gold.spec, labels, f"{seed}.csv", (gold.spec.release,)),),))


def write(path: Path, share: float, seed: int) -> Path:
    gold = load_gold("a", "eng", source="sample")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_predictions(gold.spec, answers(gold, share, seed), path)
    return path


def test_files_folders_and_zips(tmp_path: Path) -> None:
    write(tmp_path / "fine" / "track_a" / "pred_eng.csv", 0.1, 1)
    write(tmp_path / "rough" / "track_a" / "pred_eng.csv", 0.4, 2)
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "fine")
    single = write(tmp_path / "pred_eng.csv", 0.2, 3)
    comparison = semeval_emo.compare(
        [tmp_path / "rough", tmp_path / "packed.zip", f"mine={single}"], source="sample", task="sample", **FAST
    )
    assert [system.name for system in comparison.lead.standings] == ["packed", "mine", "rough"]


def test_a_folder_of_files_for_one_language_is_one_system_per_file(tmp_path: Path) -> None:
    for at, name in enumerate(["tfidf", "bert", "llama"]):
        write(tmp_path / f"{name}.csv", 0.1 + at / 5, at)
    comparison = compare([tmp_path], source="sample", task="sample", **FAST)
    assert sorted(system.name for system in comparison.systems) == ["bert", "llama", "tfidf"]


def test_several_runs_from_files(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"seed{i}" / "pred_eng.csv", 0.2, i) for i in range(3)]
    text = f"recipe={','.join(map(str, paths))}"
    comparison = compare([text], source="sample", task="sample", **FAST)
    assert len(comparison.lead.standings[0].run_scores) == 3
    same = compare(paths, one_recipe=True, source="sample", task="sample", **FAST)
    assert same.lead.standings[0].score == comparison.lead.standings[0].score


def test_two_systems_with_the_same_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "pred_eng.csv", 0.2, 0)
    with pytest.raises(UsageError, match="Two systems have the name 'x'"):
        compare([f"x={path}", f"x={path}"], source="sample", task="sample")


def test_a_file_that_cannot_be_scored_is_named(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "good.csv", 0.2, 0), tmp_path / "bad.csv"
    bad.write_text(good.read_text().replace(",1,", ",maybe,", 1))
    with pytest.raises(InvalidSubmission, match=r"bad\.csv has no predictions that can be scored: .*maybe") as raised:
        compare([good, bad], source="sample", task="sample")
    assert raised.value.fix == f"semeval-emo validate {bad}"


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/pred_eng.csv", "b/pred_eng.csv"], ["a", "b"]),
        (["x/1/track_a/pred_eng.csv", "y/1/track_a/pred_eng.csv"], ["x", "y"]),
        (["pred_eng.csv", "old/LLAMA.csv"], ["pred_eng", "LLAMA"]),
        (["run_3layer.csv", "run_4layer.csv"], ["3layer", "4layer"]),
        (["batch_2.csv", "batch_3.csv"], ["batch_2", "batch_3"]),
        (["r/x/a.csv", "r/y/a.csv", "r/x/b.csv"], ["x/a", "y/a", "x/b"]),
        (["one.zip!track_a/pred_eng.csv", "two.zip!track_a/pred_eng.csv"], ["one.zip", "two.zip"]),
        (["pred_eng.csv"], ["pred_eng"]),
        ([], []),
    ],
)
def test_names_are_the_shortest_distinct_ones(paths: list[str], names: list[str]) -> None:
    assert short_names(paths) == names


# --- real data -----------------------------------------------------------------------------------


@pytest.mark.data
def test_the_reference_files(data_dir: Path) -> None:
    """Files with rows of tracks A and C and another column order: the part of track A is compared."""
    files = [data_dir / "seed" / "pred_eng.csv", *sorted((data_dir / "seed" / "predictions").glob("*.csv"))]
    comparison = compare(files, source=data_dir, resamples=2000, trials=4000)
    scores = {system.name: round(system.score.value, 4) for system in comparison.lead.standings}
    assert scores["LLAMA_with_3layer_unfreezed"] == 0.7163
    assert scores["pred_eng"] == 0.7114
    assert list(scores.values()) == [0.7163, 0.7114, 0.7092, 0.6571, 0.6507, 0.648, 0.631, 0.5912]
    first = comparison.lead.differences[0]
    assert (first.first, first.second, first.significant) == ("a", "b", False)
    assert first.p == pytest.approx(0.42, abs=0.03)
    assert first.value.low < 0 < first.value.high
    assert comparison.lead.standings[0].beats == ("d", "e", "f", "g", "h")
    assert comparison.lead.standings[0].rank_high == 3
    assert (comparison.track, comparison.release, comparison.lead.rows, comparison.lead.texts) == (
        "a",
        "2025",
        2767,
        2762,
    )
    assert comparison.notes == ("The files also contain track c; compare it with --track c.",)


@pytest.mark.data
def test_duplicate_texts_of_the_2026_release_are_clusters(data_dir: Path) -> None:
    """That gold has no texts: those of the competition's release have the same ids and labels."""
    gold = load_gold("a", "deu", release="codabench-2026", source=data_dir)
    assert gold.texts is None
    systems = [system_runs(gold, share, seed) for seed, share in enumerate((0.1, 0.3))]
    comparison = compare(systems, gold=[gold], source=data_dir, **FAST)
    assert (comparison.lead.rows, comparison.lead.texts) == (5208, 2603)
    assert "taken from release 2025, which has the same ids and labels" in comparison.notes[0]


@pytest.mark.data
def test_english_of_2026_has_different_texts_for_the_same_ids(data_dir: Path) -> None:
    gold = load_gold("a", "eng", release="codabench-2026", source=data_dir)
    systems = [system_runs(gold, share, seed) for seed, share in enumerate((0.1, 0.3))]
    comparison = compare(systems, gold=[gold], source=data_dir, **FAST)
    assert comparison.lead.texts is None
    assert "has no texts" in comparison.notes[0]
