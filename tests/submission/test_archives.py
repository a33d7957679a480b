"""Prediction files in zips: damaged, malicious and unusual ones."""

from __future__ import annotations

import bz2
import io
import stat
import struct
import tracemalloc
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
    assert "--zip_for_submission" in catalogue()["nothing-inside"].of(load_task()).explanation


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


def test_a_zip_of_many_files_of_a_megabyte_is_not_unpacked(tmp_path):
    # Each file alone is allowed; to check 200 of them took minutes.
    body = bytes(1 << 20)
    files = {f"track_a/pred_{i}.csv": body for i in range(65)}
    path = write_zip(tmp_path / "s.zip", files, compression=zipfile.ZIP_DEFLATED)
    assert message_of(path) == "'s.zip' is not unpacked: it unpacks to 68,157,440 bytes, the limit is 67,108,864"


def test_too_many_entries_are_not_listed(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "s.zip", {f"{i}": b"" for i in range(5)})
    monkeypatch.setattr(archive, "MOST_FILES", 4)
    assert names(found(path))[0] == "archive-oversized"
    monkeypatch.setattr(archive, "DIRECTORY_BYTES", 100)
    assert "its directory alone has" in found(path).findings[0].problems[0].message


def message_of(path: Path) -> str:
    """Return the message of the only problem of a zip, of which no file is read."""
    sources = found(path)
    assert sources.files == ()
    (findings,) = sources.findings
    (problem,) = findings.problems
    return problem.message


def end_record(count: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


def zip64_end(count: int, size: int, offset: int, at: int) -> bytes:
    """The zip64 record and its locator."""
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)


def parts_of(body: bytes) -> tuple[bytes, bytes]:
    """Return the data and the directory of a zip."""
    size, offset = struct.unpack_from("<2L", body, len(body) - 10)
    return body[:offset], body[offset : offset + size]


@pytest.mark.parametrize(
    ("method", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")], ids=["bzip2", "lzma"]
)
def test_only_stored_and_deflated_entries_are_unpacked(tmp_path, method, name):
    """A gigabyte of zeros has 860 bytes as bzip2."""
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": bytes(1 << 19)}, compression=method)
    assert message_of(path) == (
        f"'track_a/pred_eng.csv' cannot be unpacked: it is compressed with {name}, expected stored or deflate"
    )


def test_a_bzip2_bomb_costs_no_memory(tmp_path):
    packer = bz2.BZ2Compressor()
    body = b"".join(packer.compress(bytes(1 << 24)) for _ in range(64)) + packer.flush()
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": body})
    data, directory = parts_of(path.read_bytes())
    directory = directory[:10] + b"\x0c\0" + directory[12:24] + (1000).to_bytes(4, "little") + directory[28:]
    path.write_bytes(data + directory + end_record(1, len(directory), len(data)))
    tracemalloc.start()
    assert "is compressed with bzip2" in message_of(path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_many_entries_that_are_small_are_a_bomb_together(tmp_path):
    body = bytes(1 << 20)
    path = write_zip(
        tmp_path / "s.zip", {f"track_a/pred_{n}.csv": body for n in range(20)}, compression=zipfile.ZIP_DEFLATED
    )
    size = path.stat().st_size
    assert message_of(path) == (
        f"'s.zip' is not unpacked: its {size:,} bytes unpack to 20,971,520, more than 200 times as many"
    )


def test_entries_that_overlap_are_refused(tmp_path):
    """Several directory entries for the same data unpack to more than the file could hold."""
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    data, directory = parts_of(path.read_bytes())
    directory += directory.replace(b"pred_eng", b"pred_deu")
    path.write_bytes(data + directory + end_record(2, len(directory), len(data)))
    assert message_of(path) == (
        "'s.zip' cannot be unpacked: its entries 'track_a/pred_eng.csv' and 'track_a/pred_deu.csv' overlap"
    )


def test_an_entry_in_the_directory_is_refused(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    data, directory = parts_of(path.read_bytes())
    directory = bytearray(directory)
    directory[20:24] = directory[24:28] = (len(BODY) + 40).to_bytes(4, "little")
    path.write_bytes(data + directory + end_record(1, len(directory), len(data)))
    assert message_of(path) == "'s.zip' cannot be unpacked: an entry lies outside of the data"


@pytest.mark.parametrize(
    ("count", "size", "message"),
    [
        (20_000, 46 * 20_000, "it has 20,000 entries, the limit is 10,000"),
        (1_000_000, 46 * 1_000_000, "its directory alone has 46,000,000 bytes"),
    ],
)
def test_the_numbers_of_a_zip64_record_are_checked_before_the_directory_is_read(tmp_path, count, size, message):
    """The plain record says nothing; zipfile would read as many entries as the zip64 record says."""
    path = tmp_path / "s.zip"
    with path.open("wb") as stream:
        stream.truncate(size + 100)
        stream.seek(0, 2)
        stream.write(zip64_end(count, size, 100, size + 100) + end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF))
    assert message_of(path) == f"'s.zip' is not unpacked: {message}"


def test_a_zip64_record_that_hides_entries_is_refused(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    data, directory = parts_of(path.read_bytes())
    more = zip64_end(70_000, len(directory), len(data), len(data + directory))
    path.write_bytes(data + directory + more + end_record(1, len(directory), len(data)))
    assert message_of(path) == "'s.zip' cannot be unpacked: its two end records contradict each other"
    path.write_bytes(data + directory + more[56:] + end_record(1, len(directory), len(data)))
    assert message_of(path) == "'s.zip' cannot be unpacked: its zip64 record is missing"


def test_a_zip_in_the_form_of_zip64_is_read(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "s.zip", "w") as zip_file,
        zip_file.open("track_a/pred_eng.csv", "w", force_zip64=True) as entry,
    ):
        entry.write(BODY)
    path = tmp_path / "s.zip"
    data, directory = parts_of(path.read_bytes())
    more = zip64_end(1, len(directory), len(data), len(data + directory))
    for end in (end_record(1, len(directory), len(data)), end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)):
        path.write_bytes(data + directory + more + end)
        (source,) = found(path).files
        with source.open() as stream:
            assert stream.read() == BODY
        assert names(found(path)) == []


def test_the_sizes_of_a_large_entry_are_in_its_zip64_field(tmp_path):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    data, directory = parts_of(path.read_bytes())
    extra = struct.pack("<2H3Q", 1, 24, len(BODY), len(BODY), 0)
    head, name = bytearray(directory[:46]), directory[46:]
    head[20:28] = head[42:46] * 0 + b"\xff" * 8
    head[42:46] = b"\xff" * 4
    for length, problems in ((24, []), (20, ["archive-corrupt"])):
        head[30:32] = (length + 4).to_bytes(2, "little")
        field = extra[:2] + length.to_bytes(2, "little") + extra[4 : 4 + length]
        whole = bytes(head) + name + field
        path.write_bytes(data + whole + end_record(1, len(whole), len(data)))
        assert names(found(path)) == problems
        assert len(found(path).files) == (not problems)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d, c: d + c[:-1] + end_record(1, len(c) - 1, len(d)), "its directory is damaged"),
        (lambda d, c: d + c + end_record(2, len(c), len(d)), "its directory has 1 entry, and its end record says 2"),
        (lambda d, c: d + c + end_record(1, len(c) + 500, len(d)), "its directory is not where the end record says"),
        (lambda d, c: d + c + end_record(1, len(c), len(d) + 1), "its directory is not where the end record says"),
        (lambda d, c: d + b"PK\1\3" + c[4:] + end_record(1, len(c), len(d)), "its directory is damaged"),
        (lambda d, c: d + c[:6] + b"\xff" + c[7:] + end_record(1, len(c), len(d)), "it needs version 25.5 of the zip"),
        (lambda d, c: d + c[:34] + b"\1" + c[35:] + end_record(1, len(c), len(d)), "it is one of several files of a"),
        (
            lambda d, c: d + c[:9] + b"\x08" + c[10:46] + b"\xff" + c[47:] + end_record(1, len(c), len(d)),
            "a name in it is not UTF-8",
        ),
        (lambda d, c: b"XX" + d[2:] + c + end_record(1, len(c), len(d)), "there is no entry where the directory says"),
        (lambda d, c: d.replace(b"eng", b"ENG") + c + end_record(1, len(c), len(d)), "its name differs from that in"),
        (
            lambda d, c: d + c[:24] + (len(BODY) - 1).to_bytes(4, "little") + c[28:] + end_record(1, len(c), len(d)),
            f"it unpacks to more than the {len(BODY) - 1} bytes that it states",
        ),
        (
            lambda d, c: d + c[:24] + (len(BODY) + 1).to_bytes(4, "little") + c[28:] + end_record(1, len(c), len(d)),
            f"it unpacks to {len(BODY)} bytes, and states {len(BODY) + 1}",
        ),
        (
            lambda d, c: d + c[:10] + b"\x08" + c[11:] + end_record(1, len(c), len(d)),
            "invalid ",
        ),
        (lambda d, c: d + c[:10] + b"\x63" + c[11:] + end_record(1, len(c), len(d)), "it is compressed with method 99"),
        (lambda d, c: d + c.replace(b"eng.csv", b"e\0g.csv") + end_record(1, len(c), len(d)), "its name has a NUL"),
    ],
)  # fmt: skip
def test_a_damaged_record_is_named(tmp_path, change, message):
    path = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY})
    path.write_bytes(change(*parts_of(path.read_bytes())))
    assert f" cannot be unpacked: {message}" in message_of(path)


def test_bytes_around_a_zip_are_reported_and_ignored(tmp_path):
    whole = write_zip(tmp_path / "s.zip", {"track_a/pred_eng.csv": BODY}).read_bytes()
    (tmp_path / "s.zip").write_bytes(b"#!/bin/sh\n" + whole + b"rest")
    sources = found(tmp_path / "s.zip")
    assert [p.message for p in sources.findings[0].problems] == ["14 bytes of 's.zip' are before or after the zip"]
    with sources.files[0].open() as stream:
        assert stream.read() == BODY


def test_a_name_too_long_for_a_file_system_is_reported(tmp_path):
    path = write_zip(tmp_path / "s.zip", {f"track_a/pred_{'x' * 60_000}.csv": BODY})
    assert message_of(path).endswith("cannot be unpacked: its name has 60,009 bytes, the limit is 255")


def test_a_path_too_long_for_a_file_system_is_reported(tmp_path):
    path = write_zip(tmp_path / "s.zip", {f"{'x/' * 30_000}pred_eng.csv": BODY})
    assert message_of(path).endswith("cannot be unpacked: its path has 60,012 bytes, the limit is 4,096")


def test_the_directory_is_read_once(tmp_path, monkeypatch):
    """Ten thousand prediction files in a zip took minutes, since every one read the directory again."""
    count = 2_000
    path = write_zip(tmp_path / "s.zip", {f"track_a/pred_x{n}.csv": b"" for n in range(count)})
    calls = []
    monkeypatch.setattr(archive, "_entries", lambda *a, real=archive._entries: (calls.append(1), real(*a))[1])
    assert len(found(path).files) == count
    assert len(calls) == 1


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


def test_several_empty_folders_are_named(tmp_path):
    (findings,) = found(write_zip(tmp_path / "s.zip", {"track_a/": b"", "track_b/": b""})).findings
    message = "there is no file inside: it contains only the folders track_a/, track_b/"
    assert findings.problems[0].message == message
