"""What `validate` says about the official scorers, on files made here."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from semeval_emo.data import gold as gold_module
from semeval_emo.submission import Report, archive, validate
from semeval_emo.submission.scorers import handed_in
from semeval_emo.submission.scorers.outcome import f1, pearson
from semeval_emo.task import load_task

ORGANISERS, CODABENCH = "organisers-2025", "codabench-2026"
TASK = load_task()


def of(report: Report, scorer: str, track: str | None = None) -> tuple[str, str]:
    """The outcome and message of one scorer; there is one for each track."""
    (found,) = (one for one in report.official if one.scorer == scorer and track in (None, one.track))
    return found.outcome, found.message


def wrong(report: Report) -> list[str]:
    """The scorers that score wrongly without a message."""
    return [one.scorer for one in report.official if one.is_wrong]


@pytest.fixture
def check(make_file: Callable, write_files: Callable) -> Callable[..., Report]:
    """Validate ``track_x/pred_<language>.csv`` after a change of its rows, each in a folder of its own."""
    number = itertools.count()

    def run(track: str, language: str, change: Callable | None = None) -> Report:
        file = make_file(track, language)
        if change is not None:
            change(file.rows)
        folder = f"{next(number)}"
        return validate(write_files({f"{folder}/{file.name}": file.bytes()}) / folder)

    return run


def set_cell(value: str, column: int = 1, row: int = 2) -> Callable:
    def change(rows: list[list[str]]) -> None:
        rows[row][column] = value

    return change


def map_cells(values: dict[str, str]) -> Callable:
    def change(rows: list[list[str]]) -> None:
        for row in rows:
            row[1:] = [values.get(cell, cell) for cell in row[1:]]

    return change


# ---- names and folders


def test_the_checker_refuses_the_whole_folder_for_a_language_that_its_list_lacks(make_file, write_files):
    report = validate(write_files({(f := make_file("c", code)).name: f.bytes() for code in ("ron", "ptmz", "xho")}))
    assert report.valid
    assert of(report, ORGANISERS) == (
        "rejected",
        "rejected: its list of languages lacks 'xho' (pred_xho.csv), so it refuses the whole folder, all 3 files",
    )
    assert of(report, CODABENCH) == ("scored", "scored")


@pytest.mark.parametrize("code", ["arb", "tsn", "tso", "zho"])
def test_the_checker_passes_a_language_without_gold_labels_and_scores_nothing(code, make_file, write_files):
    report = validate(write_files({f"track_a/pred_{code}.csv": make_file("a", "ron").bytes()}))
    assert of(report, ORGANISERS) == (
        "nothing",
        f"nothing scored, without an error; pred_{code}.csv skipped, since there are no gold labels for '{code}'",
    )
    assert of(report, CODABENCH) == (
        "rejected", f"rejected: its track a has no language '{code}' (track_a/pred_{code}.csv)",
    )  # fmt: skip


def test_a_notebook_copy_in_a_folder_fails_codabench(make_file, write_files):
    file = make_file("c", "ron")
    copy = "track_c/.ipynb_checkpoints/pred_ron-checkpoint.csv"
    report = validate(write_files({file.name: file.bytes(), copy: file.bytes()}))
    assert of(report, ORGANISERS) == ("scored", "scored")
    assert of(report, CODABENCH) == (
        "rejected",
        f"rejected: its track c has no language 'ron-checkpoint' ({copy}), so it fails the whole submission, "
        "all 2 files",
    )
    assert report.counts == {"E114": 1} and not report.valid


def test_a_hidden_copy_is_read_in_place_of_the_file(make_file, write_files):
    file = make_file("c", "ron")
    report = validate(write_files({file.name: file.bytes(), "track_c/old/pred_ron.csv": file.bytes()}))
    assert of(report, CODABENCH) == (
        "scored",
        "scored wrongly without a message: it reads track_c/pred_ron.csv in place of track_c/old/pred_ron.csv",
    )
    assert wrong(report) == [CODABENCH]


def test_a_large_hidden_folder_hides_no_file(make_file, write_files, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 20)
    file = make_file("c", "ron")
    root = write_files(
        {file.name: file.bytes()} | {f"{at}/{n}.py": b"" for at in (".a", "track_c/.a") for n in range(30)}
    )
    assert [one.message for one in validate(root).official] == ["scored", "scored"]


def test_the_checker_reads_the_plain_name_for_a_language(make_file, write_files):
    file = make_file("a", "ron")
    folder = write_files({"track_a/pred_my_ron.csv": file.bytes()})
    assert of(validate(folder), ORGANISERS) == (
        "crashed",
        "crashed: for pred_my_ron.csv it opens pred_ron.csv, which does not exist (FileNotFoundError)",
    )
    write_files({file.name: file.bytes()})
    report = validate(folder)
    assert of(report, ORGANISERS)[1] == (
        "scored wrongly without a message: it reads pred_ron.csv in place of pred_my_ron.csv"
    )


@pytest.mark.parametrize(
    ("folder", "outcome"),
    [("track_a", "scored"), ("track_final_a", "scored"), ("TrackA", "rejected"), ("track_a_v2", "rejected"),
     ("my_track_a", "rejected"), ("runs/track_a", "rejected")],
)  # fmt: skip
def test_the_name_of_the_folder(folder, outcome, make_file, write_files):
    root = write_files({f"{folder}/pred_ron.csv": make_file("a", "ron").bytes()})
    report = validate(root)
    assert (of(report, ORGANISERS)[0], of(report, CODABENCH)[0]) == (outcome, "scored")


def test_a_folder_of_another_track_is_scored_by_the_metric_of_that_track(make_file, write_files):
    a = write_files({"track_b/pred_ron.csv": make_file("a", "ron").bytes()})
    assert [(one.scorer, one.track, one.outcome) for one in validate(a).official] == [
        (ORGANISERS, "a", "scored"), (CODABENCH, "a", "scored"),
    ]  # fmt: skip
    assert of(validate(a), ORGANISERS)[1].startswith(
        "scored wrongly without a message: it uses the metric of track b, since the folder is track_b"
    )
    # The option says which competition the submission is for.
    assert of(validate(a, track="b"), ORGANISERS)[0] == "rejected"


def test_ids_of_another_track_are_rejected_in_the_folder_of_the_track(make_file, write_files):
    root = write_files({"track_a/pred_ron.csv": make_file("c", "ron").bytes()})
    assert [(one.scorer, one.track, one.outcome) for one in validate(root).official] == [
        (ORGANISERS, "a", "rejected"), (CODABENCH, "a", "rejected"),
    ]  # fmt: skip


def test_each_track_of_a_folder_has_its_outcomes(make_file, write_files):
    files = [make_file("b", "ron"), make_file("c", "ron")]
    report = validate(write_files({file.name: file.bytes() for file in files}))
    assert [(one.scorer, one.track, one.outcome) for one in report.official] == [
        (ORGANISERS, "b", "scored"), (CODABENCH, "b", "rejected"),
        (ORGANISERS, "c", "scored"), (CODABENCH, "c", "scored"),
    ]  # fmt: skip
    assert of(report, CODABENCH, "b")[1].endswith("; it reads every folder: hand in each track alone")
    assert wrong(report) == []


def test_the_systems_of_a_folder_are_submissions_of_their_own(make_file, write_files):
    file = make_file("c", "ron")
    bad = file.bytes().replace(b",0\n", b",nan\n", 1)
    root = write_files({f"one/{file.name}": file.bytes(), f"two/{file.name}": bad})
    report = validate(root)
    assert of(report, CODABENCH)[1].startswith(f"{root}/two: rejected: ")
    assert of(report, CODABENCH)[1].endswith(" is 'nan', expected 0 or 1 (other submissions: 1 scored)")


def test_files_named_one_by_one_are_one_submission(make_file, write_files):
    files = {"pred_ron.csv": make_file("c", "ron"), "pred_xho.csv": make_file("c", "xho")}
    root = write_files({name: file.bytes() for name, file in files.items()})
    assert of(validate([root / name for name in files]), ORGANISERS)[1].endswith("all 2 files")
    assert of(validate(root / "pred_ron.csv"), ORGANISERS) == ("scored", "scored")


@pytest.mark.parametrize(("name", "track"), [("track_a/", "a"), ("out/", None)])
def test_a_folder_without_predictions(name, track, write_files):
    report = validate(write_files({f"{name}readme.md": b"x"}) / name)
    assert [(one.track, one.outcome) for one in report.official] == [
        (track, "nothing" if track else "rejected"), (track, "rejected"),
    ]  # fmt: skip


def test_a_zip_is_unpacked_first(make_file, write_zip):
    file = make_file("c", "ron")
    assert of(validate(write_zip({file.name: file.bytes()})), ORGANISERS) == ("scored", "scored")
    broken = write_zip({file.name: file.bytes()}, "track_c.zip")
    broken.write_bytes(broken.read_bytes()[:2000])
    report = validate(broken)
    assert [(one.track, one.outcome) for one in report.official] == [("c", "rejected")] * 2
    assert of(report, CODABENCH)[1] == (
        "rejected: 'track_c.zip' cannot be unpacked: its directory is missing, so the file was truncated"
    )


def test_of_two_entries_of_one_name_the_last_is_unpacked(make_file, tmp_path):
    import zipfile

    file = make_file("c", "ron")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "a.zip", "w") as whole:
        whole.writestr(file.name, b"not,a,prediction\n")
        whole.writestr(file.name, file.bytes())
    assert of(validate(tmp_path / "a.zip", track="c"), CODABENCH) == ("scored", "scored")


# ---- the content of a file


def test_labels_that_are_not_integers_are_zeros_on_track_b_and_a_crash_on_track_a(check):
    report = check("b", "ron", set_cell("1.0"))
    assert of(report, ORGANISERS) == (
        "scored", "scored wrongly without a message: it scores 1 row of pred_ron.csv (line 4) as zeros",
    )  # fmt: skip
    assert of(report, CODABENCH)[0] == "rejected"
    assert of(check("a", "ron", set_cell("1.0")), ORGANISERS)[0] == "crashed"


def test_surplus_cells_are_scored_shifted(check):
    def shift(rows: list[list[str]]) -> None:
        rows[2].insert(1, "0")

    expected = "scored wrongly without a message: it reads only the first 6 labels of 1 row of pred_ron.csv (line 4)"
    report = check("b", "ron", shift)
    assert [of(report, scorer) for scorer in (ORGANISERS, CODABENCH)] == [("scored", expected)] * 2
    report = check("c", "ron", shift)
    assert of(report, ORGANISERS)[0] == "crashed"
    assert of(report, CODABENCH) == ("scored", expected)


@pytest.mark.parametrize(
    ("values", "said"), [({"0": "-1"}, "-1"), ({"1": "2"}, "2"), ({"0": "5", "1": "5"}, "5"), ({"1": "x"}, "")]
)
def test_two_values_count_as_binary_labels_whichever_they_are(values, said, check):
    report = check("a", "ron", map_cells(values))
    message = f"scored wrongly without a message: it counts {said} as 1 in pred_ron.csv"
    assert of(report, ORGANISERS)[0] == ("scored" if said else "crashed")
    assert not said or of(report, ORGANISERS)[1] == message


def test_an_id_in_place_of_another_is_dropped_on_track_a_and_a_crash_on_track_b(check):
    def repeat(rows: list[list[str]]) -> None:
        rows[3][0] = rows[2][0]

    report = check("c", "ron", repeat)
    assert of(report, ORGANISERS)[1] == (
        "scored wrongly without a message: it drops 2 texts of pred_ron.csv, whose ids are missing or repeated"
    )
    assert of(report, CODABENCH) == ("rejected", "rejected: pred_ron.csv:5 has the id ron_test_track_c_00003 again")
    assert of(check("b", "ron", repeat), ORGANISERS) == (
        "crashed", "crashed: pred_ron.csv has no row for ron_test_track_b_00004 (IndexError)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "outcome"), [("", "scored"), ("   ", "rejected"), (",,,,,,", "rejected"), ("\t", "rejected")]
)
def test_lines_without_a_row(line, outcome, make_file, write_files):
    file = make_file("c", "ron")
    report = validate(write_files({file.name: file.bytes() + f"{line}\n".encode()}))
    assert (of(report, ORGANISERS)[0], of(report, CODABENCH)[0]) == ("rejected", outcome)


@pytest.mark.parametrize(
    ("change", "organisers", "codabench"),
    [
        (lambda body: b"\xef\xbb\xbf" + body, "rejected", "scored"),
        (lambda body: body.replace(b"\n", b"\r"), "scored", "scored"),
        (lambda body: body.replace(b"id,anger", b"ID,Anger"), "scored", "rejected"),
        (lambda body: body.replace(b"id,anger", b"id,Anger"), "scored", "crashed"),
        (lambda body: body.replace(b"id,anger", b"ID,anger").replace(b"\n", b"\n\n", 1), "rejected", "rejected"),
        (lambda body: body[: body.rindex(b"ron_")].replace(b"id,", b"ID,"), "rejected", "crashed"),
        (lambda body: body.replace(b"_00003,", b"_00003 ,"), "rejected", "scored"),
        (lambda body: body.replace(b",1\n", b",\xef\xbc\x91\n", 1), "scored", "rejected"),
        (lambda body: body.replace(b",1\n", b",1\xe2\x80\xa8\n", 1), "rejected", "scored"),
        (lambda body: body.replace(b",1\n", b",1\xc2\xa0\n", 1), "scored", "scored"),
        (lambda body: body.replace(b",1\n", b',"1"\n', 1), "crashed", "scored"),
        (lambda body: body.rstrip(b"\n") + b"\0", "crashed", "rejected"),
        (lambda body: body + b"x," + b"y" * 140_000, "rejected", "crashed"),
        (lambda body: b"", "crashed", "crashed"),
        (lambda body: b"\n", "rejected", "rejected"),
        (lambda body: body.decode().encode("utf-16"), "crashed", "rejected"),
    ],
)
def test_bytes(change, organisers, codabench, make_file, write_files):
    file = make_file("c", "ron")
    report = validate(write_files({file.name: change(file.bytes())}))
    assert (of(report, ORGANISERS)[0], of(report, CODABENCH)[0]) == (organisers, codabench), report.official


def test_large_integers(check):
    assert of(check("b", "ron", set_cell("9" * 400)), ORGANISERS)[0] == "crashed"
    # int() reads 4,300 digits at most.
    assert "as zeros" in of(check("b", "ron", set_cell("9" * 5000)), ORGANISERS)[1]
    assert of(check("b", "ron", set_cell("-1")), ORGANISERS)[1] == (
        "scored wrongly without a message: it scores -1 as an intensity in pred_ron.csv"
    )


# ---- gold labels


def test_the_gold_labels_of_the_codabench_competition_itself(check):
    note = "its own gold labels (release codabench-2026) have other ids and reject this file"
    for track, language in (("a", "eng"), ("a", "ron"), ("b", "eng")):
        message = f"scored against the gold labels of 2025; {note}"
        assert of(check(track, language), CODABENCH) == ("scored", message)
    for track, language in (("b", "ron"), ("c", "eng"), ("c", "ron")):
        assert of(check(track, language), CODABENCH) == ("scored", "scored")


def test_no_file_of_2025_has_the_ids_of_track_a_of_codabench():
    for spec in TASK.specs("codabench-2026", "a"):
        assert all(other.ids != spec.ids for other in TASK.specs("2025", "a", spec.language, "test"))


def test_another_release_as_gold(make_file, write_files):
    file = make_file("a", "ron", release="codabench-2026")
    root = write_files({file.name: file.bytes()})
    assert of(validate(root), CODABENCH)[0] == "rejected"
    assert of(validate(root, release="codabench-2026"), CODABENCH) == ("scored", "scored")


def test_dev_predictions_are_scored_by_the_checker_only(make_file, write_files):
    file = make_file("a", "ron", "dev")
    report = validate(write_files({file.name: file.bytes()}))
    assert of(report, ORGANISERS) == ("scored", "scored")
    assert of(report, CODABENCH) == ("rejected", "rejected: pred_ron.csv has 123 rows, the gold file has 1,119")


def test_scores_as_the_scorers_print_them(make_file, write_files, monkeypatch):
    file = make_file("b", "ron")
    rows = {row[0]: [*map(int, row[1:])] for row in file.rows}
    root = write_files({file.name: file.bytes()})

    class Labels:
        ids, unverified = tuple(rows), ""

        class labels:  # noqa: N801
            @staticmethod
            def tolist() -> list[list[int]]:
                return [[3 - row[0], *row[1:]] for row in rows.values()]

    monkeypatch.setattr(gold_module, "gold_for", lambda spec, task, source, **options: Labels)
    report = validate(root, gold="anywhere")
    mean = f"{(5 - 1) / 6:.4f}"
    assert of(report, ORGANISERS) == ("scored", f"scored: Pearson r {mean}")
    assert of(report, CODABENCH) == ("scored", "scored: Pearson r 0.666667")
    assert [one.to_dict().get("scores") for one in report.official] == [{"ron": 0.6667}, {"ron": 0.666667}]


def test_metrics():
    assert f1([1, 0, 1, 0], [-1, 0, 0, 2]) == 0.5
    assert f1([0, 0], [0, 0]) == 0.0
    assert math.isnan(pearson([0, 1], [1, 1])) and math.isnan(pearson([0, 1, 2], [10**308, 10**308, 0]))
    assert pearson([0, 1, 2], [3, 2, 1]) == pytest.approx(-1)


# ---- the command


def test_wrong_scores_come_first(make_file, write_files, run, tmp_path: Path):
    file = make_file("b", "ron")
    file.rows[2][1] = "nan"
    write_files({file.name: file.bytes()})
    code, out, _ = run("validate", "track_b")
    assert code == 1
    assert out.startswith(
        "Warning: organisers-2025, track b: scored wrongly without a message: it scores 1 row of pred_ron.csv\n"
        "  (line 4) as zeros\n\ntrack_b/pred_ron.csv: "
    )
    assert out.count("organisers-2025") == out.count("codabench-2026") == 1
    official = json.loads(run("validate", "track_b", "--format", "json")[1])["official"]
    assert [sorted(one) for one in official] == [["message", "outcome", "scorer", "track"]] * 2


def test_a_task_without_official_scorers_has_none(run):
    from semeval_emo.data.sample import sample_folder

    out = json.loads(run("validate", sample_folder() / "predictions/strong", "--format", "json")[1])
    assert out["official"] == []


@pytest.mark.parametrize("track", ["a", "b", "c"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("values", [{}, {"2": "1", "3": "1"}, {"1": "0", "2": "0", "3": "0"}])
def test_files_that_need_no_port_are_scored_as_the_ports_do(
    track, newline, values, make_file, write_files, monkeypatch
):
    file = make_file(track, "ron")
    map_cells(values)(file.rows)
    file.rows.reverse()
    root = write_files({file.name: file.bytes(newline=newline)})
    short = validate(root).official
    monkeypatch.setattr(handed_in, "canonical", lambda files: {})
    assert validate(root).official == short
    assert [one.outcome for one in short] == ["scored", "scored"]
