"""Finding prediction files: every odd name, folder and archive that people send."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeval_emo.errors import EmoError, InputError, UsageError
from semeval_emo.submission import archive
from semeval_emo.submission.names import read_name
from semeval_emo.submission.problem import catalogue
from semeval_emo.submission.sources import Sources, find_sources
from semeval_emo.task import load_task

TASK = load_task()
BODY = b"id,anger,fear,joy,sadness,surprise\n"


def names(sources: Sources) -> list[str]:
    """The catalogue names of all problems, containers first."""
    by_code = {entry.code: entry.name for entry in catalogue().values()}
    findings = [*sources.findings, *(source.findings for source in sources.files)]
    return [by_code[code] for found in findings for code in found.counts]


def zipped(path: Path, entries: dict[str, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", **options) as made:
        for name, body in entries.items():
            made.writestr(name, body)
    return path


def folder(path: Path, entries: dict[str, bytes]) -> Path:
    for name, body in entries.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


def found(path: Path) -> Sources:
    return find_sources([path], TASK)


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
        ("llama.csv", None, None, "name-unseen", ""),
        ("pred_oro.csv", None, None, "name-alias", "this task calls Oromo 'orm', not 'oro'"),
        ("pred_en.csv", None, None, "name-alias", "this task calls English 'eng', not 'en'"),
        ("pred_english.csv", None, None, "name-unknown-language", "use the code 'eng'"),
        ("pred_egn.csv", None, None, "name-unknown-language", "did you mean 'eng'?"),
    ],
)
def test_a_name_is_read(base, language, track, problem, hint):
    name = read_name(base, TASK)
    assert (name.language, name.track, name.code, name.hint) == (language, track, problem, hint)


def test_every_official_name_is_official():
    for spec in TASK.specs():
        assert read_name(spec.file_name, TASK).is_official


def test_a_file_named_outright_is_taken_whatever_its_name(tmp_path):
    path = folder(tmp_path, {"llama run 3.csv": BODY}) / "llama run 3.csv"
    sources = found(path)
    assert [source.shown for source in sources.files] == [str(path)]
    (problem,) = sources.files[0].findings.problems
    assert problem.message == "the name 'llama run 3.csv' does not begin with 'pred_'"
    assert problem.fix == "rename it to pred_<language>.csv"


def test_the_alias_of_a_code_gives_a_hint_and_no_guess(tmp_path):
    source = found(folder(tmp_path, {"pred_zho.csv": BODY}) / "pred_zho.csv").files[0]
    assert source.language is None
    (problem,) = source.findings.problems
    assert problem.fix == "this task calls Chinese (Mandarin) 'chn', not 'zho'; rename it"


# ---- folders


def test_a_proper_folder_has_no_problem(tmp_path):
    root = folder(tmp_path / "out", {"track_a/pred_eng.csv": BODY, "track_b/pred_eng.csv": BODY})
    sources = found(root)
    assert [(s.shown, s.language, s.track) for s in sources.files] == [
        (f"{root}/track_a/pred_eng.csv", "eng", "a"),
        (f"{root}/track_b/pred_eng.csv", "eng", "b"),
    ]
    assert names(sources) == []


def test_the_folder_itself_may_be_the_track(tmp_path, monkeypatch):
    folder(tmp_path / "track_c", {"pred_jav.csv": BODY})
    assert found(tmp_path / "track_c").files[0].track == "c"
    monkeypatch.chdir(tmp_path / "track_c")
    assert [(s.shown, s.track) for s in found(Path("pred_jav.csv")).files] == [("pred_jav.csv", "c")]
    assert [(s.shown, s.track) for s in found(Path()).files] == [("pred_jav.csv", "c")]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"pred_eng.csv": BODY}, ["no-track-folder"]),
        ({"TrackA/pred_eng.csv": BODY}, ["track-folder-name"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/.DS_Store": b"x"}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "__MACOSX/track_a/._pred_eng.csv": b"x"}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/Thumbs.db": b"x", "track_a/desktop.ini": b"x"}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/.ipynb_checkpoints/pred_eng-checkpoint.csv": BODY}, ["litter"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/prob_eng.csv": BODY, "track_a/notes.md": b"x"}, []),
        ({"track_a/pred_eng.csv": BODY, "results.csv": b"x"}, ["left-out"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/pred_eng_a.csv": BODY}, ["two-files", "name-extra", "two-files"]),
        ({"track_a/pred_eng.csv": BODY, "track_a/pred_xyz.csv": BODY}, ["name-unknown-language"]),
        ({"track_a/notes.md": b"x"}, ["no-predictions"]),
        ({"results.csv": b"x"}, ["no-predictions"]),
        ({"track_a/pred_eng.csv/inner.csv": BODY, "track_a/pred_deu.csv": BODY}, ["folder-as-file"]),
    ],
)
def test_a_folder_is_judged(tmp_path, entries, expected):
    assert sorted(names(found(folder(tmp_path / "out", entries)))) == sorted(expected)


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    (tmp_path / "out" / "track_a").mkdir(parents=True)
    (findings,) = found(tmp_path / "out").findings
    assert [p.message for p in findings.problems] == ["there is no file inside: it holds only the folder track_a/"]
    (findings,) = found(tmp_path / "out" / "track_a").findings
    assert [p.message for p in findings.problems] == ["there is no file inside: it holds nothing"]


def test_what_lies_in_a_folder_without_predictions_is_named(tmp_path):
    (findings,) = found(folder(tmp_path / "out", {"a.md": b"", "results.csv": b""})).findings
    (problem,) = findings.problems
    assert problem.message == "no prediction file inside; there is a.md, results.csv"
    assert problem.fix == "name the files pred_<language>.csv, such as pred_afr.csv"


def test_two_systems_in_folders_of_their_own_are_no_clash(tmp_path):
    root = folder(tmp_path / "runs", {"bert/track_a/pred_eng.csv": BODY, "llama/track_a/pred_eng.csv": BODY})
    sources = found(root)
    assert len(sources.files) == 2
    assert names(sources) == []


def test_a_broken_link_is_told_and_the_rest_is_read(tmp_path):
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
    with pytest.raises(UsageError, match="holds more than 3 files"):
        found(tmp_path)


# ---- paths


def test_standard_input_is_refused():
    with pytest.raises(UsageError) as caught:
        find_sources(["-"], TASK)
    assert str(caught.value) == (
        "Standard input ('-') is not read: the name of a file tells its language.\n"
        "  fix: write the predictions to a file named pred_<language>.csv and name that"
    )


def test_no_path_is_refused():
    with pytest.raises(UsageError, match=r"No prediction file was named\."):
        find_sources([], TASK)


def test_a_missing_path_names_what_is_near(tmp_path):
    folder(tmp_path, {"pred_eng.csv": BODY})
    with pytest.raises(InputError) as caught:
        find_sources([tmp_path / "pred_egn.csv"], TASK)
    assert caught.value.message == f"{tmp_path}/pred_egn.csv does not exist."
    assert caught.value.fix == "did you mean 'pred_eng.csv'?"


@pytest.mark.parametrize("given", ["nowhere/at/all.csv", "", "x" * 5000, "a\0b"])
def test_an_impossible_path_is_an_input_error(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if given == "":  # the empty path is the current folder, which is empty
        assert names(find_sources([given], TASK)) == ["nothing-inside"]
    else:
        with pytest.raises(InputError):
            find_sources([given], TASK)


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is neither a file nor a folder"):
        found(tmp_path / "pipe")


def test_the_same_file_named_twice_is_one_file(tmp_path):
    path = folder(tmp_path / "track_a", {"pred_eng.csv": BODY}) / "pred_eng.csv"
    assert len(find_sources([path, path.parent, path.parent / ".." / "track_a"], TASK).files) == 1


# ---- zips


def test_a_proper_zip_has_no_problem(tmp_path):
    path = zipped(tmp_path / "s.zip", {"track_a/": b"", "track_a/pred_eng.csv": BODY, "track_a/pred_deu.csv": BODY})
    sources = found(path)
    assert [(s.shown, s.language, s.track, s.size) for s in sources.files] == [
        (f"{path}!track_a/pred_deu.csv", "deu", "a", len(BODY)),
        (f"{path}!track_a/pred_eng.csv", "eng", "a", len(BODY)),
    ]
    with sources.files[0].open() as stream:
        assert stream.read() == BODY
    assert names(sources) == []


@pytest.mark.parametrize(
    ("entries", "expected", "read"),
    [
        ({"pred_eng.csv": BODY}, ["no-track-folder"], 1),
        ({"out/track_a/pred_eng.csv": BODY}, ["nested-folders"], 1),
        ({"track_a/run/pred_eng.csv": BODY}, ["nested-folders"], 1),
        ({"track A/pred_eng.csv": BODY}, ["track-folder-name"], 1),
        ({"track_a/pred_eng.csv": BODY, "__MACOSX/track_a/._pred_eng.csv": b"x"}, ["litter"], 1),
        ({"track_a/pred_eng.csv": BODY, "track_a/.ipynb_checkpoints/pred_eng.csv": BODY}, ["checkpoint-copy"], 1),
        ({"track_a/pred_eng.csv": BODY, "dev/track_a/pred_eng.csv": BODY}, ["nested-folders"] + ["two-files"] * 2, 2),
        ({"track_a/pred_eng.csv": BODY, "more.zip": b"PK"}, ["archive-nested"], 1),
        ({"../track_a/pred_eng.csv": BODY, "track_a/pred_deu.csv": BODY}, ["archive-escape"], 1),
        ({"/track_a/pred_eng.csv": BODY, "track_a/pred_deu.csv": BODY}, ["archive-escape"], 1),
        ({"C:/track_a/pred_eng.csv": BODY, "track_a/pred_deu.csv": BODY}, ["archive-escape"], 1),
        ({"track_a/pred_deu.csv": BODY, "..\\pred_eng.csv": BODY}, ["archive-backslash", "archive-escape"], 1),
        ({"track_a\\pred_eng.csv": BODY}, ["archive-backslash"], 1),
        ({"track_a/pred_eng.csv/": b"", "track_a/pred_deu.csv": BODY}, ["folder-as-file"], 1),
        ({"track_a/": b""}, ["nothing-inside"], 0),
        ({}, ["nothing-inside"], 0),
        ({"readme.md": b"x"}, ["no-predictions"], 0),
    ],
)
def test_a_zip_is_judged(tmp_path, entries, expected, read):
    sources = found(zipped(tmp_path / "s.zip", entries))
    assert sorted(names(sources)) == sorted(expected)
    assert len(sources.files) == read


def test_the_empty_zip_of_the_organisers_tool_is_recognised(tmp_path):
    (findings,) = found(zipped(tmp_path / "track_a.zip", {"track_a/": b""})).findings
    assert findings.problems[0].message == "there is no file inside: it holds only the folder track_a/"
    assert "--zip_for_submission" in catalogue()["nothing-inside"].explanation


def test_an_entry_that_is_twice_in_a_zip_is_not_read(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "s.zip", "w") as made:
        made.writestr("track_a/pred_eng.csv", BODY)
        made.writestr("track_a/pred_eng.csv", BODY + b"x")
    sources = found(tmp_path / "s.zip")
    assert sources.files == ()
    assert "archive-duplicate" in names(sources)


def test_a_link_in_a_zip_is_not_followed(tmp_path):
    info = zipfile.ZipInfo("track_a/pred_eng.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as made:
        made.writestr(info, "/etc/passwd")
    sources = found(tmp_path / "s.zip")
    assert sources.files == ()
    assert sources.findings[0].problems[0].message == "'track_a/pred_eng.csv' is a link, not a file"


def test_an_encrypted_entry_is_told(tmp_path):
    path = zipped(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag in the entry itself ...
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # ... and in the table of contents
    path.write_bytes(raw)
    assert "archive-encrypted" in names(found(path))


@pytest.mark.parametrize("cut", [10, 60, -30, -1])
def test_a_zip_cut_short_is_told(tmp_path, cut):
    whole = zipped(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY}).read_bytes()
    (tmp_path / "s.zip").write_bytes(whole[:cut])
    assert names(found(tmp_path / "s.zip"))[0] == "archive-corrupt"


def test_a_flipped_byte_is_told(tmp_path):
    path = zipped(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    raw = bytearray(path.read_bytes())
    raw[raw.index(BODY) + 5] ^= 1
    path.write_bytes(raw)
    (findings,) = found(path).findings
    assert "track_a/pred_eng.csv' cannot be unpacked: bad CRC-32" in findings.problems[0].message


@pytest.mark.parametrize(
    ("body", "kind"),
    [(BODY, "text"), (b"", "an empty file"), (b"\x1f\x8b\x08" + b"\0" * 20, "a gzip file"), (b"Rar!\x1a\x07", "a RAR")],
)
def test_what_is_no_zip_is_told_by_its_content(tmp_path, body, kind):
    (tmp_path / "s.zip").write_bytes(body)
    (findings,) = found(tmp_path / "s.zip").findings
    assert findings.problems[0].message.startswith(f"this is {kind}")
    assert names(found(tmp_path / "s.zip")) == ["archive-not-zip"]


def test_a_bomb_is_not_unpacked(tmp_path):
    path = zipped(tmp_path / "s.zip", {"track_a/pred_eng.csv": b"0" * (1 << 24)}, compression=zipfile.ZIP_DEFLATED)
    (findings,) = found(path).findings
    assert findings.problems[0].message.endswith("bytes unpack to 16,777,216, more than 200 times as much")


def test_a_bomb_of_many_files_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    path = zipped(tmp_path / "s.zip", {f"track_a/pred_{code}.csv": BODY for code in TASK.languages})
    (findings,) = found(path).findings
    assert findings.problems[0].message == f"'s.zip' is not unpacked: it unpacks to {32 * len(BODY):,} bytes, over 100"


def test_too_many_entries_are_not_listed(tmp_path, monkeypatch):
    path = zipped(tmp_path / "s.zip", {f"{i}": b"" for i in range(5)})
    monkeypatch.setattr(archive, "MOST_FILES", 4)
    assert names(found(path))[0] == "archive-oversized"
    monkeypatch.setattr(archive, "DIRECTORY_BYTES", 100)
    assert "its table of contents alone is" in found(path).findings[0].problems[0].message


def test_an_entry_that_unpacks_to_more_than_it_declares_is_caught(tmp_path):
    path = zipped(tmp_path / "s.zip", {"track_a/pred_eng.csv": b"0" * 5000}, compression=zipfile.ZIP_DEFLATED)
    raw = bytearray(path.read_bytes())
    for at in (22, raw.index(b"PK\x01\x02") + 24):  # the unpacked size, in the entry and in the table of contents
        raw[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    assert names(found(path))[0] == "archive-corrupt"


def test_a_zip_without_its_suffix_is_read_but_not_one_that_says_csv(tmp_path):
    whole = zipped(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY}).read_bytes()
    folder(tmp_path, {"submission": whole, "pred_eng.csv": whole})
    assert [source.base for source in found(tmp_path / "submission").files] == ["pred_eng.csv"]
    (source,) = found(tmp_path / "pred_eng.csv").files
    assert source.member is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_zip_whatever_happened_to_it_raises_anything_unforeseen(data, tmp_path):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as made:
        made.writestr("track_a/pred_eng.csv", BODY * 3)
        made.writestr("track_b/pred_deu.csv", BODY)
    body = bytearray(raw.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    keep = data.draw(st.integers(0, len(body)))
    path = tmp_path / "s.zip"
    path.write_bytes(body[:keep] if data.draw(st.booleans()) else body)
    try:
        for source in found(path).files:
            with source.open() as stream:
                stream.read()
    except EmoError:
        pass


def test_names_of_strangers_are_shown_but_not_obeyed(tmp_path):
    path = zipped(tmp_path / "s.zip", {"track_a/pred_\x1b[31meng\n.csv": BODY, "track_a/\u202epred_deu.csv": BODY})
    assert [source.shown for source in found(path).files] == [
        f"{path}!track_a/pred_\\x1b[31meng\\n.csv",
        f"{path}!track_a/\\u202epred_deu.csv",
    ]
    with found(path).files[0].open() as stream:
        assert stream.read() == BODY
