"""Identifying the release, track, language and split of a file by its ids."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from semeval_emo.errors import UsageError
from semeval_emo.submission import read_submission, validate
from semeval_emo.task import load_task


def test_a_file_with_tracks_a_and_c_is_invalid_in_2025_and_valid_in_hub(make_file: Callable, validate_file: Callable):
    both = make_file("a", "eng", release="hub")
    report = validate_file("pred_eng.csv", both.bytes())
    assert report.counts == {"E410": 1}
    assert report.problems[0].message == (
        "5,534 rows, but track a has 2,767: lines 2769 to 5535 are of track c (2,767 of its 2,767 rows); "
        "a file like this belongs to release hub (--release hub)"
    )
    assert report.problems[0].line == 2769
    assert validate_file("pred_eng.csv", both.bytes(), release="hub").valid


def test_a_file_with_both_tracks_is_reported_as_hub(make_file: Callable, validate_file: Callable):
    both = make_file("a", "rus", release="hub")
    report = validate_file("pred_rus.csv", both.bytes())
    assert report.problems[0].message.endswith("belongs to release hub (--release hub)")
    # The reproduction of 2026 has no disgust in track A.
    under_2026 = validate_file("pred_rus.csv", both.bytes(), release="codabench-2026")
    assert under_2026.counts == {"E317": 1}


def test_each_complete_part_of_a_mixed_file_can_be_read(make_file: Callable, write_files: Callable):
    both = make_file("a", "eng", release="hub")
    path = write_files({"pred_eng.csv": both.bytes()}) / "pred_eng.csv"
    parts = read_submission(path).predictions
    assert [predictions.spec.place for predictions in parts] == ["2025 track a eng test", "2025 track c eng test"]
    assert [predictions.spec.track for predictions in read_submission(path, track="c").predictions] == ["c"]
    (predictions,) = read_submission(path, release="hub").predictions
    assert (predictions.spec.place, predictions.values.shape) == ("hub track a eng test", (5534, 5))


def test_an_incomplete_part_is_not_read(make_file: Callable, write_files: Callable):
    both = make_file("a", "eng", release="hub")
    del both.rows[-3:]
    submission = read_submission(write_files({"pred_eng.csv": both.bytes()}))
    assert [predictions.spec.track for predictions in submission.predictions] == ["a"]
    assert submission.report.problems[-1].message.endswith("2769 to 5532 are of track c (2,764 of its 2,767 rows)")


def test_a_file_of_another_release_is_reported_with_that_release(make_file: Callable, validate_file: Callable):
    file = make_file("a", "eng", release="2025-09")
    report = validate_file("pred_eng.csv", file.bytes())
    assert report.counts == {"E413": 1}
    assert report.problems[0].message == (
        "the file has 2,765 ids of release 2025-09 (2025-09 track a eng test); release 2025 has 2,767 rows"
    )
    assert "--release 2025-09" in report.problems[0].fix
    assert validate_file("pred_eng.csv", file.bytes(), release="2025-09").valid
    assert validate_file("pred_eng.csv", make_file("a", "eng").bytes(), release="2025-09").counts == {"E413": 1}


def test_ids_of_codabench_only(make_file: Callable, validate_file: Callable):
    file = make_file("a", "eng", release="codabench-2026")
    report = validate_file("pred_eng.csv", file.bytes())
    assert set(report.counts) == {"E413"}
    assert "codabench-2026" in report.problems[0].message
    assert validate_file("pred_eng.csv", file.bytes(), release="codabench-2026").valid


def test_track_c_of_codabench_is_distinguished_from_its_track_a(make_file: Callable, write_files: Callable):
    c, a = make_file("c", "ron", release="codabench-2026"), make_file("a", "ron", release="codabench-2026")
    folder = write_files({c.name: c.bytes(), a.name: a.bytes()})
    submission = read_submission(folder, release="codabench-2026")
    assert submission.report.valid
    assert [predictions.spec.place for predictions in submission.predictions] == [
        "codabench-2026 track a ron test",
        "codabench-2026 track c ron test",
    ]


def test_a_file_with_the_row_count_of_2024_is_reported(make_file: Callable, validate_file: Callable):
    file = make_file("a", "rus", "dev")
    for number in range(200, 402):
        file.rows.append([f"rus_dev_track_a_{number:05d}", *file.rows[0][1:]])
    report = validate_file("pred_rus.csv", file.bytes())
    assert report.counts == {"E414": 1}
    assert report.problems[0].message == "401 rows is the number of rows of release 2024; 2025 track a rus dev has 199"


def test_a_refused_release_cannot_be_selected(make_file: Callable, validate_file: Callable):
    with pytest.raises(UsageError, match="Files of release 2024 cannot be checked: its ids are those of 2025"):
        validate_file("pred_eng.csv", make_file("a", "eng").bytes(), release="2024")


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_complete_split_is_valid(split: str, make_file: Callable, validate_file: Callable):
    report = validate_file("pred_eng.csv", make_file("a", "eng", split).bytes())
    assert report.valid
    assert report.files[0].parts[0].spec.split == split


def test_dev_ids_if_split_test_is_selected(make_file: Callable, validate_file: Callable):
    report = validate_file("pred_eng.csv", make_file("a", "eng", "dev").bytes(), split="test")
    assert report.counts == {"E208": 1}
    assert report.problems[0].message == (
        "expected split test from --split, but the ids are those of split dev (2025 track a eng dev)"
    )


def test_ids_of_another_track_than_the_folder_name(make_file: Callable, validate_file: Callable):
    report = validate_file("track_a/pred_eng.csv", make_file("c", "eng").bytes())
    assert report.counts == {"E206": 1}
    assert report.problems[0].message == (
        "expected track a from the file or folder name, but the ids are those of track c (2025 track c eng test)"
    )
    assert validate_file("sub/pred_eng.csv", make_file("c", "eng").bytes(), track="a").counts == {"E206": 1}
    assert validate_file("sub/pred_eng.csv", make_file("c", "eng").bytes(), track="c").valid


def test_ids_of_another_language_than_the_file_name(make_file: Callable, validate_file: Callable):
    report = validate_file("pred_deu.csv", make_file("a", "ron").bytes())
    assert report.counts == {"E207": 1}
    assert report.problems[0].message == (
        "expected language deu from the file name, but the ids are those of ron (2025 track a ron test)"
    )
    assert report.problems[0].fix == "rename it to pred_ron.csv, or predict the file of language deu"


def test_a_language_that_the_track_does_not_have(make_file: Callable, validate_file: Callable):
    file = make_file("a", "afr")
    for row in file.rows:
        row[0] = row[0].replace("track_a", "track_b")
    report = validate_file("track_b/pred_afr.csv", file.bytes())
    assert {"E209", "E403", "E415"} == set(report.counts)
    assert report.problems[0].message == "track b has no 'afr' in release 2025"
    assert report.problems[0].fix == (
        "leave it out; the languages of the track are amh, arq, chn, deu, eng, esp, hau, ptbr, ron, rus, ukr"
    )


def test_an_alias_of_a_language_in_ids_gives_a_hint(make_file: Callable, validate_file: Callable):
    file = make_file("a", "orm")
    for row in file.rows:
        row[0] = row[0].replace("orm", "oro")
    report = validate_file("pred_oro.csv", file.bytes())
    assert set(report.counts) == {"E203", "E403", "E415"}
    assert report.problems[1].message == (
        "the task has no id 'oro_test_track_a_00001'; this task calls Oromo 'orm', not 'oro'"
    )


def test_the_sample_is_identified_by_its_ids(write_files: Callable):
    spec = load_task("sample").spec("a", "eng", "dev")
    rows = "".join(f"{text_id},1,0,{n % 2},0,0\n" for n, text_id in enumerate(spec.ids))
    path = write_files({"pred_eng.csv": ",".join(spec.header) + "\n" + rows}) / "pred_eng.csv"
    report = validate(path)
    assert (report.task, report.files[0].parts[0].spec.place) == ("sample", spec.place)
    assert not validate(path, task="task11").valid


def test_releases_that_have_the_ids_of_a_file(make_file: Callable, validate_file: Callable):
    assert validate_file("pred_eng.csv", make_file("a", "eng").bytes()).files[0].parts[0].releases == ("2025",)
    ron = validate_file("pred_ron.csv", make_file("b", "ron").bytes()).files[0].parts[0]
    assert ron.releases == ("2025", "2025-09", "hub", "codabench-2026")


def test_first_rows_of_another_language_than_the_rest(make_file: Callable, validate_file: Callable):
    """Columns are first read for the language of the first rows, then for the language of most rows."""
    ron, eng = make_file("a", "ron", "dev"), make_file("a", "eng")
    eng.rows = [[row[0], *row[1:]] for row in eng.rows]
    body = eng.text() + "".join(",".join(row) + "\n" for row in [r[:6] for r in ron.rows])
    report = validate_file("pred_eng.csv", body)
    assert report.counts == {"E412": 1}
    assert report.files[0].parts[0].spec.language == "eng"


def test_unknown_names_are_usage_errors(make_file: Callable, validate_file: Callable):
    body = make_file("a", "eng").bytes()
    for options, message in (
        ({"track": "d"}, "There is no track 'd'"),
        ({"language": "zho"}, "There is no language 'zho'"),
        ({"split": "tst"}, "There is no split 'tst'"),
        ({"release": "2026"}, "There is no release '2026'"),
        ({"task": "task12"}, "There is no task 'task12'"),
    ):
        with pytest.raises(UsageError, match=message):
            validate_file("pred_eng.csv", body, **options)
