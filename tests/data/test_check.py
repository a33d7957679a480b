"""data check: the release of a folder and the problems of its files."""

from __future__ import annotations

import json

import pytest

from semeval_emo.data.cache import Manifest, write_manifest
from semeval_emo.data.check import check_data
from semeval_emo.data.sample import sample_folder
from semeval_emo.data.survey import labelled, survey, task_of
from semeval_emo.errors import InputError
from semeval_emo.task import load_task


def only(check):
    assert len(check.folders) == 1
    return check.folders[0]


def kinds(check) -> list[tuple[str, str]]:
    return [(odd.kind, odd.path.name) for odd in check.problems]


def test_a_complete_release_is_identified_without_problems(world):
    check = check_data(world.official(), world.task)
    one = only(check)
    assert (one.folder.releases, one.expected, check.problems, check.others) == (("1",), 15, (), ())
    assert {file.state for file in one.folder.files} == {"known"}


def test_a_re_release_is_identified_by_its_own_files_and_blank_labels_are_a_problem(world):
    one = only(check_data(world.second(), world.task))
    assert one.folder.releases == ("2",)
    assert [(odd.kind, odd.message, odd.path.name) for odd in one.problems] == [
        ("blank", "15 of 15 label cells are blank", "xx.csv")
    ]


def test_new_files_among_old_ones_are_identified_as_the_new_release(world):
    base = world.official()
    world.write(base / "track_a/test/xx.csv", world.renumbered("a"), blank=True)
    world.write(base / "track_b/test/xx.csv", world.renumbered("b"))
    assert only(check_data(base, world.task)).folder.releases == ("2",)


def test_files_of_two_releases_are_reported_as_mixed(world):
    base = world.official()
    world.write(base / "track_b/test/xx.csv", world.renumbered("b"))
    folder = only(check_data(base, world.task)).folder
    assert folder.releases == ()
    assert folder.tally["1"] == 14


def test_a_parent_folder_is_reported_folder_by_folder(world):
    world.official("old")
    world.second("new")
    world.pooled("flat")
    world.write(world.folder / "sent/pred_xx.csv", [(i, t, (0, 0, 0)) for i, t, _ in world.rows("a", "xx", "test")])
    check = check_data(world.folder, world.task)
    assert {one.folder.path.name: one.folder.releases[0] for one in check.folders} == {
        "old": "1", "new": "2", "flat": "pool",
    }  # fmt: skip
    assert [(path.name, count) for path, count in check.others] == [("sent", 1)]


def test_predictions_alone_are_not_gold(world):
    world.write(world.folder / "sent/pred_xx.csv", [(i, t, (0, 0, 0)) for i, t, _ in world.rows("a", "xx", "test")])
    with pytest.raises(InputError, match=r"No gold labels of Made-up task in .*: no known release has its 1 file"):
        check_data(world.folder, world.task)


def test_a_file_that_is_not_of_a_language_is_reported_with_the_place_of_its_texts(world):
    base = world.official()
    copies = [
        (f"other{n}", text.upper().rstrip("."), v) for n, (_, text, v) in enumerate(world.rows("a", "yy", "test"))
    ]
    world.write(base / "track_a/train/yy_old_test.csv", [*copies, ("other9", "Something else", (0, 0, 0))])
    odd = only(check_data(base, world.task)).problems
    assert [(one.kind, one.path.name) for one in odd] == [("stray", "yy_old_test.csv")]
    assert odd[0].message == (
        "'yy_old_test' is not a language code; 6 of its 7 texts occur in track a yy test "
        "(0 apart from case and spaces, the others apart from punctuation)"
    )
    assert all(file.place[1] != "yy_old_test" for file in labelled_files(base, world))


def labelled_files(base, world):
    return [file for folder in survey(base, world.task) for file in folder.of("known")]


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda rows: rows[:3], "unknown", "3 rows; known row counts: 6 (1), 5 (2), 12 (pool)"),
        (
            lambda rows: [(i, t, (0, 0, 0)) for i, t, _ in rows],
            "unknown",
            "the ids belong to release 1, but the labels do not",
        ),
        (
            lambda rows: [(i, t + "x", (0, 0, 0)) for i, t, _ in rows],
            "unknown",
            "the ids belong to release 1, but the texts do not",
        ),
        (lambda rows: [(i, t + "x", v) for i, t, v in rows], "altered", "its texts are not those of the release"),
    ],
)
def test_changed_files_are_reported_by_kind(world, change, kind, message):
    base = world.official()
    world.write(base / "track_a/test/xx.csv", change(world.rows("a", "xx", "test")))
    odd = only(check_data(base, world.task)).problems
    assert [(one.kind, one.message) for one in odd] == [(kind, message)]


def test_unreadable_and_refused_files_are_reported(world):
    base = world.official()
    (base / "track_a/dev/xx.csv").write_bytes(b"\xff\xff")
    world.write(base / "track_a/test/xx.csv", world.rows("a", "xx", "test"), "id,text,Calm,Hope,Rage")
    check = check_data(base, world.task)
    assert [one.kind for one in check.problems] == ["unreadable", "refused"]
    assert check.problems[1].message.startswith("it belongs to release 0 (Draft): the header is id,text,Calm")


def test_blank_cells_are_counted(world):
    base = world.official()
    path = base / "track_a/test/xx.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].rsplit(",", 1)[0] + ","
    path.write_text("\n".join(lines) + "\n")
    odd = only(check_data(base, world.task)).problems
    assert [(one.kind, one.message) for one in odd] == [("blank", "1 of 18 label cells are blank")]


def test_overlap_within_and_across_tracks(world):
    base = world.official()
    train, test = world.rows("a", "xx", "train"), world.rows("a", "xx", "test")
    leaky = [(train[0][0], test[0][1], train[0][2]), (train[1][0], test[1][1].upper(), train[1][2]), *train[2:]]
    # The texts are changed, so only the labels still name the release.
    world.write(base / "track_a/train/xx.csv", leaky)
    leaks = only(check_data(base, world.task)).leaks
    assert [(one.language, one.train, one.evaluation, one.rows, one.exact, one.normalised) for one in leaks] == [
        ("xx", (("a", "train"),), (("a", "test"), ("b", "test"), ("c", "test")), 6, 1, 2)
    ]


def test_texts_with_conflicting_labels(world):
    base = world.official()
    rows = world.rows("b", "xx", "train")
    twins = [rows[0], (rows[1][0], rows[0][1], rows[1][2]), *rows[2:]]
    assert rows[0][2] != rows[1][2]
    world.write(base / "track_b/train/xx.csv", twins)
    conflicts = only(check_data(base, world.task)).conflicts
    assert [(one.place, one.texts, one.conflicting, one.ids) for one in conflicts] == [
        (("b", "xx", "train"), 1, 1, ("xx-train-b-001", "xx-train-b-002"))
    ]


def test_a_changed_fetched_file_is_reported(world):
    base = world.official()
    files = {
        "track_a/test/xx.csv": {"rows": 6, "texts": "0" * 16, "proven": []},
        "track_a/dev/xx.csv": {"rows": 3, "texts": "", "proven": []},
    }
    write_manifest(base, Manifest("made/categories", "1" * 40, "2026-01-01", files))
    assert ("changed", "xx.csv") in kinds(check_data(base, world.task))


def test_labelled_returns_each_file_once_and_prefers_texts(world):
    world.write(world.folder / "aaa/track_b/xx.csv", world.rows("b", "xx", "test"), "id,calm,hope,rage")
    world.official("bbb")
    found = labelled(survey(world.folder, world.task), world.task)
    assert len(found) == len({(g.spec.track, g.spec.language, g.spec.split) for g in found}) == 15
    assert all(gold.texts is not None for gold in found)


def test_labelled_returns_only_the_given_release(world):
    world.official("bbb")
    found = labelled(survey(world.folder, world.task), world.task, "2")
    assert {gold.spec.release for gold in found} == {"2"}
    assert ("a", "xx", "test") not in {(g.spec.track, g.spec.language, g.spec.split) for g in found}


def test_the_task_is_identified_by_ids(tmp_path):
    assert task_of(sample_folder()).key == "sample"
    assert task_of(tmp_path).key == load_task().key


def test_an_empty_folder_is_an_error(world):
    with pytest.raises(InputError, match="There is no data file of Made-up task in"):
        survey(world.folder, world.task)
    with pytest.raises(InputError, match="There is no folder or file"):
        survey(world.folder / "x", world.task)


def test_the_json_output_is_complete(world):

    world.second("new")
    payload = json.loads(json.dumps(check_data(world.folder, world.task).to_dict()))
    assert (payload["schema"], payload["problems"], payload["folders"][0]["release"]) == (
        "semeval-emo/data-check/1", 1, "2",
    )  # fmt: skip
    assert payload["folders"][0]["files"][0] == {
        "file": f"{world.folder}/new/track_a/test/xx.csv", "track": "a", "language": "xx", "split": "test", "rows": 5,
        "state": "blank", "releases": ["2"], "known_by": "texts", "blank_cells": 15, "detail": None,
    }  # fmt: skip


def test_one_file_can_be_checked(world):
    path = world.pooled() / "gold.csv"
    folder = only(check_data(path, world.task)).folder
    assert (folder.releases, [one.place for one in folder.files]) == (("pool",), [("a", "xx", "test")])
    assert task_of(path).key == load_task().key


@pytest.mark.parametrize(
    ("body", "message"), [("id,calm\nq-1,1\n", "its ids do not belong to Made-up task"), ("", "has no column")]
)
def test_one_unknown_file_is_reported(world, body, message):
    path = world.folder / "some.csv"
    path.write_text(body)
    assert message in only(check_data(path, world.task)).problems[0].message
