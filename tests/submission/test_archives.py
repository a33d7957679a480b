"""Prediction files in zips: damaged, malicious and unusual ones."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semeval_emo.errors import EmoError
from semeval_emo.submission import archive
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


def write_zip(path: Path, entries: dict[str, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", **options) as zip_file:
        for name, body in entries.items():
            zip_file.writestr(name, body)
    return path


def folder(path: Path, entries: dict[str, bytes]) -> Path:
    for name, body in entries.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


def found(path: Path) -> InputFiles:
    return find_files([path], TASK)


def test_a_correct_zip_has_no_problem(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/": b"", "track_a/pred_eng.csv": BODY, "track_a/pred_deu.csv": BODY})
    sources = found(path)
    assert [(s.display_name, s.language, s.track, s.size) for s in sources.files] == [
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
def test_problems_of_a_zip(tmp_path, entries, expected, read):
    sources = found(write_zip(tmp_path / "s.zip", entries))
    assert sorted(names(sources)) == sorted(expected)
    assert len(sources.files) == read


def test_the_empty_zip_of_the_organisers_tool(tmp_path):
    (findings,) = found(write_zip(tmp_path / "track_a.zip", {"track_a/": b""})).findings
    assert findings.problems[0].message == "there is no file inside: it contains only the folder track_a/"
    assert "--zip_for_submission" in catalogue()["nothing-inside"].explanation


def test_a_duplicate_entry_of_a_zip_is_not_read(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "s.zip", "w") as zip_file:
        zip_file.writestr("track_a/pred_eng.csv", BODY)
        zip_file.writestr("track_a/pred_eng.csv", BODY + b"x")
    sources = found(tmp_path / "s.zip")
    assert sources.files == ()
    assert "archive-duplicate" in names(sources)


def test_a_link_in_a_zip_is_not_followed(tmp_path):
    info = zipfile.ZipInfo("track_a/pred_eng.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as zip_file:
        zip_file.writestr(info, "/etc/passwd")
    sources = found(tmp_path / "s.zip")
    assert sources.files == ()
    assert sources.findings[0].problems[0].message == "'track_a/pred_eng.csv' is a link, not a file"


def test_an_encrypted_entry_is_reported(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag in the entry itself ...
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # ... and in the directory
    path.write_bytes(raw)
    assert "archive-encrypted" in names(found(path))


@pytest.mark.parametrize("cut", [10, 60, -30, -1])
def test_a_truncated_zip_is_reported(tmp_path, cut):
    whole = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY}).read_bytes()
    (tmp_path / "s.zip").write_bytes(whole[:cut])
    assert names(found(tmp_path / "s.zip"))[0] == "archive-corrupt"


def test_a_flipped_byte_is_reported(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    raw = bytearray(path.read_bytes())
    raw[raw.index(BODY) + 5] ^= 1
    path.write_bytes(raw)
    (findings,) = found(path).findings
    assert "track_a/pred_eng.csv' cannot be unpacked: bad CRC-32" in findings.problems[0].message


@pytest.mark.parametrize(
    ("body", "kind"),
    [(BODY, "text"), (b"", "empty"), (b"\x1f\x8b\x08" + b"\0" * 20, "a gzip file"), (b"Rar!\x1a\x07", "a RAR")],
)
def test_a_file_that_is_not_a_zip_is_named_by_its_content(tmp_path, body, kind):
    (tmp_path / "s.zip").write_bytes(body)
    (findings,) = found(tmp_path / "s.zip").findings
    assert findings.problems[0].message.startswith(f"the file is {kind}")
    assert names(found(tmp_path / "s.zip")) == ["archive-not-zip"]


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": b"0" * (1 << 24)}, compression=zipfile.ZIP_DEFLATED)
    (findings,) = found(path).findings
    assert findings.problems[0].message.endswith("bytes unpack to 16,777,216, more than 200 times as many")


def test_a_zip_bomb_of_many_files_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    path = write_zip(tmp_path / "s.zip", {f"track_a/pred_{code}.csv": BODY for code in TASK.languages})
    (findings,) = found(path).findings
    assert (
        findings.problems[0].message
        == f"'s.zip' is not unpacked: it unpacks to {32 * len(BODY):,} bytes, the limit is 100"
    )


def test_too_many_entries_are_not_listed(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "s.zip", {f"{i}": b"" for i in range(5)})
    monkeypatch.setattr(archive, "MOST_FILES", 4)
    assert names(found(path))[0] == "archive-oversized"
    monkeypatch.setattr(archive, "DIRECTORY_BYTES", 100)
    assert "its directory alone has" in found(path).findings[0].problems[0].message


def test_an_entry_larger_than_its_declared_size_is_reported(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": b"0" * 5000}, compression=zipfile.ZIP_DEFLATED)
    raw = bytearray(path.read_bytes())
    for at in (22, raw.index(b"PK\x01\x02") + 24):  # the unpacked size, in the entry and in the directory
        raw[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    assert names(found(path))[0] == "archive-corrupt"


def test_a_zip_with_another_suffix_is_read_unless_it_is_csv(tmp_path):
    whole = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY}).read_bytes()
    folder(tmp_path, {"submission": whole, "pred_eng.csv": whole})
    assert [source.base for source in found(tmp_path / "submission").files] == ["pred_eng.csv"]
    (source,) = found(tmp_path / "pred_eng.csv").files
    assert source.member is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damaged_zip_raises_an_unexpected_exception(data, tmp_path):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as zip_file:
        zip_file.writestr("track_a/pred_eng.csv", BODY * 3)
        zip_file.writestr("track_b/pred_deu.csv", BODY)
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


def test_control_characters_in_names_are_escaped(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_\x1b[31meng\n.csv": BODY, "track_a/\u202epred_deu.csv": BODY})
    assert [source.display_name for source in found(path).files] == [
        f"{path}!track_a/pred_\\x1b[31meng\\n.csv",
        f"{path}!track_a/\\u202epred_deu.csv",
    ]
    with found(path).files[0].open() as stream:
        assert stream.read() == BODY
