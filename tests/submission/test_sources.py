"""Finding prediction files: unofficial names, folders and archives."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission import archive, validate
from semeval_emo.submission.names import parse_name
from semeval_emo.submission.problem import catalogue
from semeval_emo.submission.sources import InputFiles, find_files
from semeval_emo.task import load_task

TASK = load_task()
BODY = b"id,anger,fear,joy,sadness,surprise\n"


def names(sources: InputFiles) -> list[str]:
    """Return the names of all problems, those of containers first."""
    by_code = {entry.code: entry.name for entry in catalogue().values()}
    findings = [*sources.findings, *(source.findings for source in sources.files)]
    return [by_code[code] for found in findings for code in found.counts]


def folder(path: Path, entries: dict[str, bytes]) -> Path:
    for name, body in entries.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


def found(path: Path) -> InputFiles:
    return find_files([path], TASK)


# ---- names


@pytest.mark.parametrize(
    ("base", "language", "track", "problem", "hint"),
    [
        ("pred_eng.csv", "eng", None, None, ""),
        ("pred_eng_a.csv", "eng", "a", "name-extra", "pred_eng.csv"),
        ("pred_eng_track_b.csv", "eng", "b", "name-extra", "pred_eng.csv"),
        ("pred_ENG.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng.csv.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng (1).csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng - Copy.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng-checkpoint.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng_deu.csv", None, None, "name-extra", ""),
        ("PRED_eng.csv", "eng", None, "name-unseen", "pred_eng.csv"),
        ("predictions_eng.csv", "eng", None, "name-unseen", "pred_eng.csv"),
        ("eng.csv", "eng", None, "name-unseen", "pred_eng.csv"),
        ("pred_eng.CSV", "eng", None, "name-unseen", "pred_eng.csv"),
        ("pred_eng.tsv", "eng", None, "name-unseen", "pred_eng.csv"),
        ("pred_eng", "eng", None, "name-unseen", "pred_eng.csv"),
        # A letter is a track directly after the language code or in track_x; elsewhere it names a model.
        ("pred_eng_b_run3.csv", "eng", "b", "name-extra", "pred_eng.csv"),
        ("pred_eng_trackb.csv", "eng", "b", "name-extra", "pred_eng.csv"),
        ("track-c_eng.csv", "eng", "c", "name-unseen", ""),
        ("pred_eng_a_track_c.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng_model_b.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("pred_eng_vitamin-b.csv", "eng", None, "name-extra", "pred_eng.csv"),
        ("a_b_test_pred_eng.csv", "eng", None, "name-unseen", "pred_eng.csv"),
        ("eng_model_c.csv", "eng", None, "name-unseen", ""),
        ("BERT-c_eng.csv", "eng", None, "name-unseen", ""),
        ("b_eng.csv", "eng", None, "name-unseen", ""),
        ("E-C_en.csv", None, None, "name-unseen", ""),
        # The code at the end of an official name counts before the others.
        ("ron_model_pred_eng.csv", "eng", None, "name-unseen", "pred_eng.csv"),
        ("llama.csv", None, None, "name-unseen", ""),
        ("pred_oro.csv", None, None, "name-alias", "this task calls Oromo 'orm', not 'oro'"),
        ("pred_en.csv", None, None, "name-alias", "this task calls English 'eng', not 'en'"),
        ("pred_english.csv", None, None, "name-unknown-language", "use the code 'eng'"),
        ("pred_egn.csv", None, None, "name-unknown-language", "did you mean 'eng'?"),
    ],
)
def test_parse_name(base, language, track, problem, hint):
    name = parse_name(base, TASK)
    assert (name.language, name.track, name.problem, name.hint) == (language, track, problem, hint)


@pytest.mark.parametrize(
    "base",
    [
        "pred_eng_model_b.csv", "eng_model_c.csv", "E-C_en.csv", "BERT-c_eng.csv", "pred_eng_vitamin-b.csv",
        "a_b_test_pred_eng.csv", "plan_b/pred_eng.csv", "run-c/pred_eng.csv", "pred_model_eng.csv",
        # Codes of languages that are also names, months and words.
        "ron_model_pred_eng.csv", "ron_results.csv", "12_mar_predictions.csv", "som-run.csv", "sun/pred_eng.csv",
        "esp_eng_hin.csv",
    ],
)  # fmt: skip
def test_other_words_of_a_name_are_no_track_and_no_language(base, make_file, validate_file):
    counts = validate_file(base, make_file("a", "eng", "dev").bytes()).counts
    assert set(counts) <= {"E201", "E202"}


def test_names_with_a_word_that_is_a_language_code_are_not_duplicates(tmp_path, make_file):
    body = make_file("a", "eng", "dev").bytes()
    root = folder(tmp_path / "track_a", {"ron_1.csv": body, "ron_2.csv": body})
    assert names(found(root)) == ["name-unseen", "name-unseen"]


def test_a_very_long_name_in_a_zip_is_not_parsed():
    for base in (" " * 60_000 + "x.csv", "-" * 60_000 + "x.csv", "pred_eng" + ".csv" * 15_000):
        assert parse_name(base, TASK).track is None


def test_every_official_name_is_official():
    for spec in TASK.specs():
        assert parse_name(spec.file_name, TASK).problem is None


def test_a_file_given_by_path_is_read_with_any_name(tmp_path):
    path = folder(tmp_path, {"llama run 3.csv": BODY}) / "llama run 3.csv"
    sources = found(path)
    assert [source.display_name for source in sources.files] == [str(path)]
    (problem,) = sources.files[0].findings.problems
    assert problem.message == "the name 'llama run 3.csv' does not start with 'pred_'"
    assert problem.fix == "rename it to pred_<language>.csv"


def test_an_alias_of_a_language_code_gets_a_hint(tmp_path):
    source = found(folder(tmp_path, {"pred_zho.csv": BODY}) / "pred_zho.csv").files[0]
    assert source.language is None
    (problem,) = source.findings.problems
    assert problem.fix == "this task calls Chinese (Mandarin) 'chn', not 'zho'; rename the file"


# ---- folders


def test_a_correct_folder_has_no_problem(tmp_path):
    root = folder(tmp_path / "out", {"track_a/pred_eng.csv": BODY, "track_b/pred_eng.csv": BODY})
    sources = found(root)
    assert [(s.display_name, s.language, s.track) for s in sources.files] == [
        (f"{root}/track_a/pred_eng.csv", "eng", "a"),
        (f"{root}/track_b/pred_eng.csv", "eng", "b"),
    ]
    assert names(sources) == []


def test_the_folder_itself_can_be_the_track_folder(tmp_path, monkeypatch):
    folder(tmp_path / "track_c", {"pred_jav.csv": BODY})
    assert found(tmp_path / "track_c").files[0].track == "c"
    monkeypatch.chdir(tmp_path / "track_c")
    assert [(s.display_name, s.track) for s in found(Path("pred_jav.csv")).files] == [("pred_jav.csv", "c")]
    assert [(s.display_name, s.track) for s in found(Path()).files] == [("pred_jav.csv", "c")]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"pred_eng.csv": BODY}, ["no-track-folder"]),
        ({"TrackA/pred_eng.csv": BODY}, ["track-folder-name"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/.DS_Store": b"x"}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "__MACOSX/track_a/._pred_eng.csv": b"x"}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/Thumbs.db": b"x", "track_a/desktop.ini": b"x"}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/.ipynb_checkpoints/pred_eng-copy.csv": BODY}, ["checkpoint-copy"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/prob_eng.csv": BODY, "track_a/notes.md": b"x"}, []),
        ({"track_a/pred_eng.csv": BODY, "results.csv": b"x"}, ["left-out"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/pred_eng_a.csv": BODY}, ["name-extra"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/pred_xyz.csv": BODY}, ["name-unknown-language"]),
        ({"track_a/notes.md": b"x"}, ["no-predictions"]),
        ({"results.csv": b"x"}, ["no-predictions"]),
        ({"track_a/pred_eng.csv/inner.csv": BODY, "track_a/pred_deu.csv": BODY}, ["folder-as-file"]),
    ],
)
def test_problems_of_a_folder(tmp_path, entries, expected):
    assert sorted(names(found(folder(tmp_path / "out", entries)))) == sorted(expected)


def test_an_empty_folder(tmp_path):
    (tmp_path / "out" / "track_a").mkdir(parents=True)
    (findings,) = found(tmp_path / "out").findings
    assert [p.message for p in findings.problems] == ["there is no file inside: it contains only the folder track_a/"]
    (findings,) = found(tmp_path / "out" / "track_a").findings
    assert [p.message for p in findings.problems] == ["there is no file inside: it contains nothing"]


def test_a_folder_without_predictions(tmp_path):
    (findings,) = found(folder(tmp_path / "out", {"a.md": b"", "results.csv": b""})).findings
    (problem,) = findings.problems
    assert problem.message == "there is no prediction file inside, only a.md, results.csv"
    assert problem.fix == "name the files pred_<language>.csv, such as pred_afr.csv"


def test_two_systems_in_separate_folders_are_not_duplicates(tmp_path):
    root = folder(tmp_path / "runs", {"bert/track_a/pred_eng.csv": BODY, "llama/track_a/pred_eng.csv": BODY})
    sources = found(root)
    assert len(sources.files) == 2
    assert names(sources) == []


def test_a_broken_link_is_reported_and_other_files_are_read(tmp_path):
    root = folder(tmp_path / "track_a", {"pred_eng.csv": BODY})
    (root / "pred_deu.csv").symlink_to(tmp_path / "gone.csv")
    sources = found(root)
    assert [source.base for source in sources.files] == ["pred_eng.csv"]
    assert [p.message for p in sources.findings[0].problems] == ["'pred_deu.csv' cannot be read: it is a broken link"]


def test_a_pipe_in_a_folder_does_not_hang(tmp_path):
    root = folder(tmp_path / "track_a", {"pred_eng.csv": BODY})
    os.mkfifo(root / "pred_deu.csv")
    assert names(found(root)) == ["unreadable"]


def test_links_to_folders_are_not_followed(tmp_path):
    root = folder(tmp_path / "track_a", {"pred_eng.csv": BODY})
    (root / "loop").symlink_to(root)
    assert [source.base for source in found(root).files] == ["pred_eng.csv"]


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    folder(tmp_path, {f"{i}.txt": b"" for i in range(4)})
    with pytest.raises(UsageError, match="has more than 3 files"):
        found(tmp_path)


# ---- paths


def test_standard_input_is_refused():
    with pytest.raises(UsageError) as caught:
        find_files(["-"], TASK)
    assert str(caught.value) == (
        "Standard input ('-') is not supported, since the language is taken from the file name.\n"
        "  fix: write the predictions to a file named pred_<language>.csv and name that file"
    )


def test_no_path_is_refused():
    with pytest.raises(UsageError, match=r"No prediction file was named\."):
        find_files([], TASK)


def test_a_missing_path_suggests_similar_names(tmp_path):
    folder(tmp_path, {"pred_eng.csv": BODY})
    with pytest.raises(InputError) as caught:
        find_files([tmp_path / "pred_egn.csv"], TASK)
    assert caught.value.message == f"{tmp_path}/pred_egn.csv does not exist."
    assert caught.value.fix == "did you mean 'pred_eng.csv'?"


@pytest.mark.parametrize("given", ["nowhere/at/all.csv", "", "x" * 5000, "a\0b"])
def test_an_impossible_path_is_an_input_error(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if given == "":  # the empty path is the current folder, which is empty
        assert names(find_files([given], TASK)) == ["nothing-inside"]
    else:
        with pytest.raises(InputError):
            find_files([given], TASK)


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is neither a file nor a folder"):
        found(tmp_path / "pipe")


def test_a_file_given_twice_is_read_once(tmp_path):
    path = folder(tmp_path / "track_a", {"pred_eng.csv": BODY}) / "pred_eng.csv"
    assert len(find_files([path, path.parent, path.parent / ".." / "track_a"], TASK).files) == 1


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("track_a/pred_eng.csv", "a zip archive"),
        ("[Content_Types].xml", "an Excel workbook"),
        ("xl/workbook.xml", "an Excel workbook"),
    ],
)
def test_a_binary_csv_is_named_by_its_content(tmp_path, first, kind):
    with zipfile.ZipFile(tmp_path / "pred_eng.csv", "w") as zip_file:
        zip_file.writestr(first, BODY)
        zip_file.writestr("other", BODY)
    (problem,) = validate(tmp_path / "pred_eng.csv").problems
    assert problem.message == f"the file is {kind}, not CSV"
