"""load_gold: layouts, identification by hashes, refusal of other releases."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.identity import identify
from semeval_emo.data.sample import sample_folder
from semeval_emo.data.sheet import read_sheet
from semeval_emo.errors import EmoError, InputError, ReleaseMismatch, UnverifiedGold, UsageError, install_line
from semeval_emo.task import FileKey


def test_gold_has_ids_texts_and_labels_in_official_order(world):
    gold = load_gold("a", "xx", source=world.official(), task=world.task)
    expected = world.rows("a", "xx", "test")
    assert gold.ids == tuple(i for i, _, _ in expected)
    assert gold.texts == tuple(text for _, text, _ in expected)
    assert gold.labels.dtype == np.int8
    assert gold.labels.tolist() == [list(labels) for _, _, labels in expected]
    assert (len(gold), gold.spec.place, gold.releases, gold.note) == (6, "release 1 track a xx test", ("1",), "")


def test_rows_in_another_order_come_in_the_official_one(world):
    """Otherwise, predictions written with `write_predictions` for these texts would belong to other ids."""
    rows = world.rows("a", "xx", "test")
    path = world.write(world.folder / "r/track_a/test/xx.csv", rows[::-1], "id,text,calm,hope,rage")
    gold = load_gold("a", "xx", source=path.parents[2], task=world.task)
    assert (gold.ids, gold.releases) == (gold.spec.ids, ("1",))
    assert gold.texts == tuple(text for _, text, _ in rows)
    assert gold.labels.tolist() == [list(labels) for _, _, labels in rows]


def test_the_hash_equals_that_of_the_task_file(world):
    gold = load_gold("b", "xx", "dev", source=world.official(), task=world.task)
    assert gold.hash == gold.spec.labels_hash


def test_columns_are_found_by_name_in_any_order(world):
    path = world.write(world.folder / "r/track_a/test/xx.csv", world.rows("a", "xx", "test"), "rage,text,id,calm,hope")
    gold = load_gold("a", "xx", source=path.parents[2], task=world.task)
    assert gold.labels.tolist() == [list(labels) for _, _, labels in world.rows("a", "xx", "test")]


@pytest.mark.parametrize("disguise", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_are_tolerated(world, disguise):
    path = world.official() / "track_a/test/xx.csv"
    path.write_bytes(disguise(path.read_bytes()))
    assert load_gold("a", "xx", source=world.folder / "first", task=world.task).releases == ("1",)


@pytest.mark.parametrize("deep", ["", "track_a", "track_a/test", "track_a/test/xx.csv"])
def test_a_folder_may_be_given_at_any_depth(world, deep):
    gold = load_gold("a", "xx", source=world.official() / deep, task=world.task)
    assert gold.source.endswith("track_a/test/xx.csv")


def test_the_layout_without_splits(world):
    world.write(world.folder / "bare/track_b/xx.csv", world.rows("b", "xx", "test"), "id,calm,hope,rage")
    gold = load_gold("b", "xx", source=world.folder / "bare", task=world.task)
    assert (gold.texts, gold.releases) == (None, ("1", "pool"))
    with pytest.raises(
        InputError, match=r"no gold labels of release 1 track b xx dev: .*xx.csv is release 1 track b xx"
    ):
        load_gold("b", "xx", "dev", source=world.folder / "bare", task=world.task)


def test_a_parent_folder_provides_the_requested_release(world):
    world.official("z-later")
    world.second("a-earlier")
    world.pooled("deep/pool")
    where = {"source": world.folder, "task": world.task}
    assert load_gold("a", "xx", **where).source.endswith("z-later/track_a/test/xx.csv")
    assert load_gold("b", "xx", release="2", **where).source.endswith("a-earlier/track_b/test/xx.csv")
    assert load_gold("a", "xx", release="pool", **where).source.endswith("deep/pool/gold.csv")


def test_rows_of_a_pooled_file_are_gold_of_another_release_if_hashes_prove_it(world):
    gold = load_gold("c", "xx", source=world.pooled(), task=world.task)
    assert (gold.ids[0], len(gold), gold.releases) == ("xx-test-c-001", 6, ("1", "2"))
    assert gold.hash == gold.spec.labels_hash


def test_ids_alone_do_not_make_part_of_a_file_gold(world):
    """The 5 ids of release 2 are the first 5 of release 1: joining by id would be wrong."""
    with pytest.raises(ReleaseMismatch, match=r"first/track_b/test/xx\.csv belongs to release 1 \(6 rows\)") as caught:
        load_gold("b", "xx", release="2", source=world.official(), task=world.task)
    assert "The same id can belong to different texts in different releases." in caught.value.message


def test_a_pooled_file_without_known_hashes_is_identified_by_ids(world):
    gold = load_gold("a", "xx", release="pool", source=world.pooled(), task=world.task)
    assert (len(gold), gold.releases) == (12, ("pool",))


def test_another_release_is_refused_by_rows_and_hashes(world):
    with pytest.raises(ReleaseMismatch) as caught:
        load_gold("a", "xx", source=world.second(), task=world.task)
    assert caught.value.message == (
        "The gold labels are not those of release 1, whose test file of track a for 'xx' has 6 rows: "
        f"{world.folder}/second/track_a/test/xx.csv belongs to release 2 (5 rows, and all its labels are blank). "
        "The same id can belong to different texts in different releases."
    )
    assert caught.value.fix == "give a folder with release 1, or choose the other release with --release"
    assert caught.value.exit_code == 1


def test_blank_gold_is_an_error_and_never_zeros(world):
    with pytest.raises(InputError) as caught:
        load_gold("a", "xx", release="2", source=world.second(), task=world.task)
    assert "are blank: 15 of 15 cells of release 2 track a xx test. Blank does not mean 0" in caught.value.message


def test_blank_labels_are_minus_one_if_allowed(world):
    gold = load_gold("a", "xx", release="2", source=world.second(), task=world.task, labels_required=False)
    assert gold.texts is not None
    assert set(gold.labels.ravel().tolist()) == {-1}


def test_texts_without_label_columns_load_if_allowed(world):
    path = world.write(world.folder / "t/track_a/test/xx.csv", world.rows("a", "xx", "test"), "id,text")
    gold = load_gold("a", "xx", source=path.parents[2], task=world.task, labels_required=False)
    assert (gold.labels.shape, gold.labels.min(), gold.releases) == ((6, 3), -1, ("1",))
    with pytest.raises(InputError, match=r"has no labels of release 1 track a xx test, so nothing can be scored"):
        load_gold("a", "xx", source=path.parents[2], task=world.task)


def altered(world) -> Path:
    base = world.official("mine")
    changed = [(i, text, tuple(1 - v for v in labels)) for i, text, labels in world.rows("a", "xx", "test")]
    world.write(base / "track_a/test/xx.csv", changed)
    return base


def test_other_labels_are_refused_unless_accepted_and_are_marked(world):
    base = altered(world)
    seen = f"{base}/track_a/test/xx.csv has the ids of release 1 track a xx test, but not its labels: the hash of its"
    with pytest.raises(UnverifiedGold) as caught:
        load_gold("a", "xx", source=base, task=world.task)
    assert caught.value.message.startswith(f"{seen} labels is ")
    assert caught.value.message.endswith(f", that of release 1 is {world.task.spec('a', 'xx', 'test').labels_hash}.")
    fix = "give the folder with the gold labels of release 1: --gold FOLDER; --unverified-gold uses these labels, and "
    assert caught.value.fix == f"{fix}the output says so"
    assert caught.value.exit_code == InputError.exit_code
    gold = load_gold("a", "xx", source=base, task=world.task, unverified_gold=True)
    assert (gold.spec.release, gold.releases, gold.note) == ("unknown", (), "")
    assert gold.unverified.startswith(f"Unverified gold: {seen}")
    with pytest.raises(UnverifiedGold, match="belongs to no known release"):
        load_gold("a", "xx", source=world.folder, task=world.task)


def test_gold_labels_of_another_file_of_the_task_are_named():
    other = sample_folder() / "track_b" / "test" / "eng.csv"
    with pytest.raises(InputError) as caught:
        load_gold("a", "eng", source=other, task="sample")
    assert caught.value.message == (
        f"There are no gold labels of release 1 track a eng test: {other} is release 1 track b eng test."
    )
    assert caught.value.fix == "give the gold labels of release 1 track a eng test"


def test_rows_that_differ_are_counted_if_the_gold_is_at_hand(world, monkeypatch):
    """The count needs no network, and the folder of the gold may be the one that is refused."""
    base, rows = world.official("mine"), world.rows("a", "xx", "test")
    rows[1] = (*rows[1][:2], tuple(1 - v for v in rows[1][2]))
    world.write(base / "track_a/test/xx.csv", rows)
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(base))
    with pytest.raises(UnverifiedGold, match="but not its labels: the hash"):
        load_gold("a", "xx", source=base, task=world.task)
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.official("right")))
    with pytest.raises(
        UnverifiedGold, match=r"1 of 6 rows differs from the gold of release 1 \(first: xx-test-a-002\)\."
    ):
        load_gold("a", "xx", source=base, task=world.task)


def test_part_of_the_labels_is_never_gold(world):
    base = world.folder / "mine"
    world.write(base / "track_a/test/xx.csv", world.rows("a", "xx", "test")[:5])
    with pytest.raises(UnverifiedGold, match=r"no known release \(5 rows\)"):
        load_gold("a", "xx", source=base, task=world.task, unverified_gold=True)


def test_whole_files_prove_a_pooled_file_without_a_hash_of_its_own(world):
    """Predictions for all tracks would else be gold of the pooled release, whose labels were never seen."""
    path = world.pooled() / "gold.csv"
    assert load_gold("a", "xx", release="pool", source=path, task=world.task).unverified == ""
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:-1] + str(1 - int(lines[1][-1])), *lines[2:]]) + "\n")
    with pytest.raises(UnverifiedGold, match="not its labels: they are not those of release 1 for the same ids"):
        load_gold("a", "xx", release="pool", source=path, task=world.task)


def test_labels_that_cannot_be_verified_are_noted(world):
    rows = [(i, text, (0, 1, 0)) for i, text, _ in world.renumbered("a")]
    path = world.write(world.folder / "mine/xx.csv", rows)
    gold = load_gold("a", "xx", release="2", source=path, task=world.task)
    assert gold.releases == ("2",)
    assert gold.note == (
        f"{path} has the texts of release 2 track a xx test, but the task has no hash of its labels to verify them."
    )


def test_labels_of_an_unpublished_file_are_refused_without_its_texts(world):
    """Release 2 published no labels: a prediction file with its ids cannot be its gold."""
    rows = [(i, text, (0, 1, 0)) for i, text, _ in world.rows("a", "xx", "test")[:5]]
    path = world.write(world.folder / "mine/pred_xx.csv", rows, "id,calm,hope,rage")
    with pytest.raises(UnverifiedGold, match="the task has no hash of the labels of release 2"):
        load_gold("a", "xx", release="2", source=path, task=world.task)


def test_unknown_labels_need_exactly_the_ids(world):
    base = world.folder / "mine"
    world.write(base / "track_a/test/xx.csv", world.rows("a", "xx", "test")[:5])
    with pytest.raises(ReleaseMismatch, match=r"no known release \(5 rows\)"):
        load_gold("a", "xx", source=base, task=world.task)


def test_different_texts_with_known_labels_are_reported(world):
    base = world.official("lower")
    lowered = [(i, text.lower(), labels) for i, text, labels in world.rows("a", "xx", "test")]
    world.write(base / "track_a/test/xx.csv", lowered)
    gold = load_gold("a", "xx", source=base, task=world.task)
    assert gold.releases == ("1",)
    assert gold.note.endswith("has the labels of release 1, but different texts.")


def test_predictions_next_to_gold_are_not_used_as_gold(world):
    base = world.official("gold")
    (base / "track_a/test/xx.csv").unlink()
    world.write(world.folder / "predictions/pred_xx.csv", altered_rows(world), "id,calm,hope,rage")
    with pytest.raises(ReleaseMismatch, match="Labels of no known release could be predictions"):
        load_gold("a", "xx", source=world.folder, task=world.task)


def altered_rows(world):
    return [(i, text, (0, 0, 0)) for i, text, _ in world.rows("a", "xx", "test")]


def test_a_capitalised_header_is_the_refused_release(world):
    path = world.write(
        world.folder / "old/track_a/test/xx.csv", world.rows("a", "xx", "test"), "id,text,Calm,Hope,Rage"
    )
    with pytest.raises(ReleaseMismatch) as caught:
        load_gold("a", "xx", source=path.parents[2], task=world.task)
    assert "belongs to release 0 (Draft): the header is id,text,Calm,Hope,Rage" in caught.value.message
    assert "That release is refused: its texts are others" in caught.value.message


def test_a_row_count_is_a_sign_of_the_refused_release_too(world):
    path = world.write(world.folder / "old/track_a/train/xx.csv", world.rows("a", "xx", "train")[:7])
    with pytest.raises(ReleaseMismatch, match=r"release 0 \(Draft\): it has 7 rows"):
        load_gold("a", "xx", "train", source=path.parents[2], task=world.task)


def test_a_refused_release_cannot_be_requested(world):
    with pytest.raises(ReleaseMismatch, match=r"^Release 0 \(Draft\) is refused: its texts are others\.$"):
        load_gold("a", "xx", release="0", source=world.folder, task=world.task)


def test_a_refused_release_in_another_folder_is_ignored(world):
    world.write(world.folder / "aaa-old/track_a/test/xx.csv", world.rows("a", "xx", "test"), "id,text,Calm,Hope,Rage")
    world.official("new")
    assert load_gold("a", "xx", source=world.folder, task=world.task).releases == ("1",)


def test_an_unreadable_file_in_another_folder_is_ignored(world):
    (world.folder / "aaa/track_a/test").mkdir(parents=True)
    (world.folder / "aaa/track_a/test/xx.csv").write_bytes(b"\xff\xfe\x00")
    world.official("new")
    assert load_gold("a", "xx", source=world.folder, task=world.task).releases == ("1",)
    with pytest.raises(InputError, match="is not UTF-8: byte 0 cannot be decoded"):
        load_gold("a", "xx", source=world.folder / "aaa", task=world.task)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "has no column 'id'"),
        ("id,text,calm,hope,rage\nxx-test-a-001,a,0,1\n", "line 2: 4 cells, but the header has 5"),
        ("id,text,calm,calm,rage\nxx-test-a-001,a,0,1,0\n", "has the column 'calm' twice"),
        ('id,text,calm,hope,rage\nxx-test-a-001,"a,0,1,0\n', "line 2: 2 cells, but the header has 5"),
    ],
)
def test_invalid_files_are_reported_with_the_line(world, body, error):
    path = world.official() / "track_a/test/xx.csv"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(InputError, match=error):
        load_gold("a", "xx", source=world.folder / "first", task=world.task)


def test_an_invalid_label_is_reported_with_the_line(world):
    path = world.official("odd") / "track_a/test/xx.csv"
    rows = enumerate(world.rows("a", "xx", "test"))
    found = [(i, text, (2, *labels[1:]) if n == 3 else labels) for n, (i, text, labels) in rows]
    world.write(path, found)
    with pytest.raises(InputError) as caught:
        load_gold("a", "xx", source=world.folder / "odd", task=world.task)
    assert caught.value.message == f"{path} line 5: the label of 'calm' is '2', expected one of 0, 1."


def test_a_duplicate_id_is_reported(world):
    path = world.folder / "twice/track_a/test/xx.csv"
    found = world.rows("a", "xx", "test")
    world.write(path, [*found, found[2]])
    sheet = read_sheet(path)
    assert identify(sheet, world.task, FileKey("a", "xx", "test")) == ()
    with pytest.raises(EmoError):
        load_gold("a", "xx", source=world.folder / "twice", task=world.task)


def test_names_that_the_task_does_not_have_are_usage_errors(world):
    with pytest.raises(UsageError, match="Release 1 has no train file of track c for 'zz'"):
        load_gold("c", "zz", "train", source=world.official(), task=world.task)
    with pytest.raises(UsageError, match="There is no language 'ww'"):
        load_gold("a", "ww", source=world.folder, task=world.task)


def test_a_missing_file_is_reported_with_its_expected_path(world):
    base = world.second()
    with pytest.raises(InputError) as caught:
        load_gold("c", "zz", source=base, task=world.task)
    assert caught.value.message == f"There is no test file of track c for 'zz' in {base}."
    assert caught.value.fix.startswith(f"expected {base}/track_c/test/zz.csv; ")
    with pytest.raises(InputError, match=r"There is no folder .*nowhere"):
        load_gold("c", "zz", source=base / "nowhere", task=world.task)


def test_the_environment_may_name_a_folder_or_its_parent(world, monkeypatch):
    world.official()
    for folder in (world.folder, world.folder / "first"):
        monkeypatch.setenv("SEMEVAL_EMO_DATA", str(folder))
        assert load_gold("a", "yy", task=world.task).releases == ("1", "2")


def test_a_missing_folder_in_the_environment_is_an_error(world, monkeypatch):
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.folder / "typo"))
    with pytest.raises(InputError, match=r"There is no folder .*typo"):
        load_gold("a", "xx", task=world.task)


def test_a_release_mismatch_takes_precedence_over_an_unreachable_hub(world, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.second()))
    with pytest.raises(ReleaseMismatch, match="belongs to release 2"):
        load_gold("a", "xx", task=world.task)


def test_without_any_data_three_remedies_are_named(world, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError) as caught:
        load_gold("a", "xx", task=world.task)
    assert caught.value.message == (
        "No gold labels found for release 1 track a xx test. $SEMEVAL_EMO_DATA is not set. "
        "The Hugging Face hub cannot be reached: $HF_HUB_OFFLINE is set."
    )
    cache = os.environ["SEMEVAL_EMO_CACHE"]
    assert caught.value.fix == (
        "one of\n"
        "    1. a folder that holds track_a/test/…: --gold FOLDER, or $SEMEVAL_EMO_DATA\n"
        f"    2. the Hugging Face hub: `semeval-emo data fetch` where there is a network; {cache} can be copied here\n"
        "    3. the built-in sample, to try the commands: --gold sample (`semeval-emo demo -o demo` writes its files)"
    )


def test_without_the_extra_the_remedy_has_its_install_line(world, monkeypatch):
    monkeypatch.setattr("semeval_emo.data.hub.find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        load_gold("a", "xx", task=world.task)
    assert caught.value.message.endswith(
        "Fetching from the Hugging Face hub needs the optional dependencies 'hub', which are not installed."
    )
    assert f"2. the Hugging Face hub: `{install_line('hub')}`, then `semeval-emo data fetch`" in caught.value.fix


def test_the_sample_has_its_own_task():
    gold = load_gold("b", "eng", "dev", source="sample")
    assert (gold.spec.task, gold.labels.shape, int(gold.labels.max())) == ("sample", (60, 5), 3)


def test_the_sample_task_needs_no_source(world):
    assert len(load_gold("a", "eng", task="sample")) == 200


def test_the_gold_hashes_of_the_sample_can_be_recomputed():
    gold = load_gold("a", "eng", "dev", source="sample")
    lines = sorted("\t".join([i, *map(str, row)]) for i, row in zip(gold.ids, gold.labels.tolist(), strict=True))
    assert gold.hash == hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
