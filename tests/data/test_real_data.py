"""The real BRIGHTER files against facts measured without this package."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.check import check_data
from semeval_emo.data.overlap import leaks
from semeval_emo.data.pin import pin
from semeval_emo.data.stats import Lengths, describe
from semeval_emo.errors import InputError, ReleaseMismatch, UnverifiedGold
from semeval_emo.task import load_task
from semeval_emo.task.load import HERE

pytestmark = pytest.mark.data
TASK = load_task()
RELEASES = {
    "brighter-2025": ("2025", 180),
    "releases/2025-09-english": ("2025-09", 6),
    "releases/codabench-2026": ("codabench-2026", 71),
    "releases/hub-2025-05": ("hub", 1),
}


@pytest.fixture(scope="module")
def brighter(data_dir: Path) -> Path:
    return data_dir / "brighter-2025"


@pytest.fixture(scope="module")
def check(brighter: Path):
    """The whole competition release, checked once."""
    return check_data(brighter, TASK).folders[0]


@pytest.fixture(scope="module")
def facts(shared_dir: Path) -> dict:
    return json.loads((shared_dir / "docs/facts/data_facts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def described(brighter: Path) -> dict:
    """The statistics of all 180 files."""
    return {where: describe(load_gold(where[0], where[1], where[2], source=brighter)) for where in TASK.release().specs}


def measured(facts: dict) -> dict:
    """The facts of the files of languages, by (track, language, split)."""
    return {
        (fact["track"], fact["lang"], fact["split"]): fact
        for fact in facts["files"]
        if fact["lang"] in TASK.languages
    }  # fmt: skip


def test_statistics_of_every_file_equal_the_measured_ones(described, facts):
    known = measured(facts)
    assert known.keys() == described.keys()
    for where, fact in known.items():
        stats = described[where]
        emotions = stats.spec.emotions
        assert list(emotions) == fact["labels"], where
        assert stats.rows == fact["n"], where
        assert dict(zip(emotions, stats.positives, strict=True)) == fact["pos"], where
        assert {e: round(p, 4) for e, p in zip(emotions, stats.prevalence, strict=True)} == fact["prevalence"], where
        assert {"+".join(pair): n for pair, n in stats.cooccurrence.items()} == fact["cooc"], where
        assert round(stats.neutral / stats.rows, 4) == fact["neutral_share"], where
        assert round(stats.multiple / stats.rows, 4) == fact["multi_share"], where
        assert round(stats.cardinality, 4) == fact["label_cardinality"], where
        assert (stats.most, stats.combinations) == (fact["max_labels"], fact["n_label_combos"]), where


def test_text_lengths_of_every_file_equal_the_measured_ones(described, facts):
    for where, fact in measured(facts).items():
        for lengths, known in ((described[where].characters, fact["chars"]), (described[where].words, fact["words"])):
            found = Lengths(
                round(lengths.mean, 1), lengths.median, round(lengths.p95, 3), lengths.longest, lengths.shortest
            )
            expected = Lengths(known["mean"], known["median"], round(known["p95"], 3), known["max"], known["min"])
            assert found == expected, where


def test_duplicate_texts_of_every_file_equal_the_measured_ones(described, facts):
    for where, fact in measured(facts).items():
        copies = described[where].duplicates
        assert (copies.texts, copies.rows, copies.normalised_rows, copies.conflicting) == (
            fact["dup_text_groups"], fact["dup_texts_rows"], fact["dup_texts_norm_rows"],
            fact["dup_text_groups_conflicting_labels"],
        ), where  # fmt: skip


def test_intensity_counts_equal_the_measured_ones(described, facts):
    for where, fact in measured(facts).items():
        if where[0] == "b":
            stats = described[where]
            found = dict(zip(stats.spec.emotions, stats.intensities, strict=True))
            assert found == {e: tuple(n.get(v, 0) for v in "0123") for e, n in fact["intensity_dist"].items()}, where


def test_statistics_equal_the_table_of_facts(described, shared_dir):
    with (shared_dir / "docs/facts/data_facts.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["lang"] in TASK.languages and "44ddc04" in row["release"]]
    assert len(rows) == 180
    for row in rows:
        assert described[row["track"], row["lang"], row["split"]].rows == int(row["n"])


def test_overlap_within_tracks_equals_the_measured_one(brighter, facts):
    known = measured(facts)
    seen = 0
    for (track, language, split), fact in known.items():
        if split == "train" and (track, language, "test") in known and fact["overlap_norm_with_test"] is not None:
            sides = [load_gold(track, language, one, source=brighter) for one in ("train", "test")]
            found = leaks(*sides)
            assert (found.exact, found.normalised) == (
                known[track, language, "test"]["overlap_exact_with_train"],
                known[track, language, "test"]["overlap_norm_with_train"],
            ), (track, language)
            seen += 1
    assert seen == 38


def test_overlap_across_tracks_equals_the_measured_one(check, facts):
    found = {
        (leak.language, f"{track}_{split}", f"{other}_{later}"): leak.normalised
        for leak in check.leaks
        for track, split in leak.train
        for other, later in leak.evaluation
    }
    across = {(one["lang"], one["src"], one["dst"]): one["overlap_norm"] for one in facts["leak"]}
    assert {where: found.get(where, 0) for where in across} == across
    assert across["amh", "a_train", "b_test"] == 1040
    assert across["amh", "b_train", "a_test"] == 1045


def test_check_identifies_every_release(data_dir):
    check = check_data(data_dir, TASK)
    found = {one.folder.path.relative_to(data_dir).as_posix(): one for one in check.folders}
    assert {
        name: (one.folder.releases[0], sum(bool(f.matches) for f in one.folder.files)) for name, one in found.items()
    } == RELEASES
    assert all(one.folder.proven == RELEASES[name][1] for name, one in found.items())
    assert [(path.relative_to(data_dir).as_posix(), files) for path, files in check.others] == [
        ("seed", 1), ("seed/predictions", 7),
    ]  # fmt: skip
    assert [(odd.kind, odd.path.relative_to(data_dir).as_posix()) for odd in check.problems] == [
        ("stray", "brighter-2025/track_a/train/ron_track1_test.csv"),
        ("blank", "releases/2025-09-english/track_a/test/eng.csv"),
    ]


def test_the_extra_romanian_file_is_not_of_a_language_and_leaks(check):
    assert len(check.problems) == 1
    assert check.problems[0].message == (
        "'ron_track1_test' is not a language code; 681 of its 1,117 texts occur in track a ron test "
        "(117 apart from case and spaces, the others apart from punctuation)"
    )
    assert {one.place[1] for one in check.folder.of("known")} == {spec.language for spec in TASK.specs("2025")}


@pytest.mark.parametrize(
    ("track", "language", "train", "exact", "normalised"), [("a", "ibo", "train", 61, 61), ("a", "eng", "train", 4, 5)]
)
def test_overlap_of_one_language(brighter, track, language, train, exact, normalised):
    found = leaks(load_gold(track, language, train, source=brighter), load_gold(track, language, source=brighter))
    assert (found.exact, found.normalised, len(found.ids())) == (exact, normalised, normalised)


def test_conflicting_labels_equal_the_measured_ones(check):
    counts = {one.place: one.conflicting for one in check.conflicts}
    assert counts["a", "ibo", "train"] == 23
    assert (counts["a", "ibo", "test"], counts["a", "eng", "test"], counts["a", "orm", "test"]) == (6, 2, 1)
    assert counts["a", "swa", "train"] == 2


def test_every_release_is_found_under_the_parent_folder(data_dir):
    rows = {"2025": 2767, "2025-09": 2765, "hub": 5534, "codabench-2026": 5528}
    for release, count in rows.items():
        track = "b" if release == "2025-09" else "a"
        gold = load_gold(track, "eng", release=release, source=data_dir)
        assert (len(gold), gold.releases[0]) == (count, release)
        assert gold.hash == TASK.spec(track, "eng", "test", release).labels_hash


def test_the_blank_re_release_is_refused_by_rows_and_hashes(data_dir):
    folder = data_dir / "releases/2025-09-english"
    with pytest.raises(
        ReleaseMismatch, match=r"has 2,767 rows: .* belongs to release 2025-09 \(2,765 rows, and all its labels"
    ):
        load_gold("a", "eng", source=folder)
    with pytest.raises(InputError, match=r"are blank: 13,825 of 13,825 cells of 2025-09 track a eng test\."):
        load_gold("a", "eng", release="2025-09", source=folder)


def test_the_re_release_with_labels_of_track_b_is_refused(data_dir, tmp_path):
    """Joined by id, these labels give the reference system 0.3608 instead of 0.7114; the texts identify the release."""
    with (data_dir / "releases/2025-09-english/track_b/test/eng.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    path = tmp_path / "track_a/test/eng.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(
            [i.replace("track_b", "track_a"), t, *(str(int(v != "0")) for v in values)] for i, t, *values in rows[1:]
        )
    with pytest.raises(ReleaseMismatch, match="has 2,767 rows"):
        load_gold("a", "eng", source=tmp_path)


def test_predictions_of_the_reference_system_are_not_gold(data_dir):
    with pytest.raises(UnverifiedGold, match="not its labels: 1,491 of 2,767 rows differ from the gold of"):
        load_gold("a", "eng", source=data_dir / "seed")


def test_rows_of_the_hub_file_are_the_gold_of_the_competition(data_dir):
    for track in "ac":
        gold = load_gold(track, "eng", source=data_dir / "releases/hub-2025-05")
        assert gold.hash == load_gold(track, "eng", source=data_dir / "brighter-2025").hash


@pytest.mark.parametrize("folder", RELEASES)
def test_pin_reproduces_the_task_file(data_dir, folder):
    lines = pin(data_dir / folder, TASK).toml.splitlines()
    assert len(lines) == RELEASES[folder][1]
    assert set(lines) <= set((HERE / "task11.toml").read_text(encoding="utf-8").splitlines())
