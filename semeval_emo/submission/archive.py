"""Read an untrusted zip file, with limits on its size and content.

The directory is parsed here and not by `zipfile`, which reads as many entries as a file claims to have, before anything
can be checked. Nothing is unpacked to disk, so a malicious path is harmless here; it is reported because it is not
harmless elsewhere. Section numbers are those of the zip format (APPNOTE.TXT 6.3).
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from semeval_emo.submission.problem import Findings
from semeval_emo.tables.raw import RawTable
from semeval_emo.text import plural, printable

MOST_FILES = 10_000
MOST_BYTES = 2**26
"""Limit of the total unpacked size: seven times that of all files of a task with probabilities."""
MOST_RATIO = 200
"""Prediction files compress 10 to 40 times, a zip bomb a thousand times."""
SMALL = 2**20
"""The ratio is not checked below this unpacked size."""
DIRECTORY_BYTES = 2**23
"""Limit of the size of the directory: more than `MOST_FILES` names need."""
LONGEST_NAME = 255
"""Limit of the bytes of one folder or file name, as in most file systems."""
LONGEST_PATH = 4096

CHUNK = 2**16
STORED, DEFLATED = 0, 8
_METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}

# Signatures, and the records after them (4.3.7, 4.3.12, 4.3.14, 4.3.15, 4.3.16).
_END, _END_FIELDS = b"PK\x05\x06", struct.Struct("<4s4H2LH")
_LOCATOR, _LOCATOR_FIELDS = b"PK\x06\x07", struct.Struct("<4sLQL")
_END64, _END64_FIELDS = b"PK\x06\x06", struct.Struct("<4sQ2H2L4Q")
_ENTRY, _ENTRY_FIELDS = b"PK\x01\x02", struct.Struct("<4s6H3L5H2L")
_LOCAL, _LOCAL_FIELDS = b"PK\x03\x04", struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 2**16
_NEWEST_VERSION = 63
"""The newest version of the format that Python's zipfile unpacks."""


class ArchiveError(Exception):
    """A zip, or an entry of it, that cannot be unpacked; the message is the reason."""


@dataclass(frozen=True)
class ArchiveEntry:
    """An entry of a zip, as its directory describes it.

    Attributes:
        name: its path, with ``/`` at the end for a folder.
        raw_name: the path as bytes, which the entry itself repeats.
        method: of compression: 0 is stored, 8 is deflate.
        packed: size of its data in the zip, in bytes.
        size: unpacked, in bytes.
        offset: where it begins in the file.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


def looks_zipped(stream: IO[bytes]) -> bool:
    """Return whether a file starts like a zip; an Excel workbook does too."""
    return stream.read(4) in (_LOCAL, _END)


def members(path: Path, findings: Findings) -> list[tuple[str, ArchiveEntry]]:
    """List the entries of a zip that are safe to read.

    Returns:
        Paths inside the zip with ``/`` between folders, and their entries, sorted by path; folders end in ``/``.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        end = _find_end(stream)
        if end is None:
            stream.seek(0)
            if looks_zipped(stream):
                why = "its directory is missing, so the file was truncated"
                findings.add("archive-corrupt", value=path.name, why=why)
            else:
                stream.seek(0)
                table = RawTable(stream)
                findings.add("archive-not-zip", kind=table.magic or ("text" if table.header else "empty"))
            return []
        try:
            directory = _directory(stream, end)
            if not (why := _excess(directory)):
                directory = _read_directory(stream, directory)
                why = _excess(directory)
        except ArchiveError as error:
            findings.add("archive-corrupt", value=path.name, why=str(error))
            return []
    if why:
        findings.add("archive-oversized", value=path.name, why=why)
        return []
    if directory.surplus:
        findings.add("archive-surplus", value=path.name, surplus=directory.surplus)
    kept: dict[str, ArchiveEntry | None] = {}
    for entry in directory.entries:
        name = _safe_path(entry, findings)
        if name is None:
            continue
        if name in kept and not name.endswith("/"):
            findings.add("archive-duplicate", value=name)
            kept[name] = None
        else:
            kept[name] = entry
    return sorted((name, entry) for name, entry in kept.items() if entry is not None)


def all_entries(path: Path) -> tuple[ArchiveEntry, ...]:
    """Return every entry of a zip, safe to read or not; none of a zip that `members` refuses as a whole.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        end = _find_end(stream)
        try:
            directory = _directory(stream, end) if end else None
            if directory is None or _excess(directory):
                return ()
            directory = _read_directory(stream, directory)
        except ArchiveError:
            return ()
    return () if _excess(directory) else directory.entries


@dataclass(frozen=True)
class _Directory:
    """The directory of a zip: its place and, once it is read, its entries.

    Attributes:
        start, size: of the directory, in bytes.
        count: the number of entries that the end record states.
        shift: bytes before the first entry, which the offsets do not count.
        surplus: bytes before and after the zip in the file.
        file_size: of the whole file.
    """

    start: int
    size: int
    count: int
    shift: int
    surplus: int
    file_size: int
    entries: tuple[ArchiveEntry, ...] = ()


def _excess(directory: _Directory) -> str:
    """Return which limit a zip exceeds, or an empty string."""
    if directory.size > DIRECTORY_BYTES:
        return f"its directory alone has {directory.size:,} bytes"
    if directory.count > MOST_FILES:
        return f"it has {directory.count:,} entries, the limit is {MOST_FILES:,}"
    total = sum(entry.size for entry in directory.entries)
    if total > MOST_BYTES:
        return f"it unpacks to {total:,} bytes, the limit is {MOST_BYTES:,}"
    if total > SMALL and total > MOST_RATIO * directory.file_size:
        return f"its {directory.file_size:,} bytes unpack to {total:,}, more than {MOST_RATIO} times as many"
    return ""


def _find_end(stream: IO[bytes]) -> tuple[int, bytes] | None:
    """Return the offset of the end record and the bytes from there, or None; the last record counts, as in zipfile."""
    size = stream.seek(0, io.SEEK_END)
    start = stream.seek(max(0, size - _END_FIELDS.size - _LONGEST_COMMENT))
    tail = stream.read()
    at = len(tail) - _END_FIELDS.size
    if at < 0:
        return None
    if not (tail[at:].startswith(_END) and tail.endswith(b"\0\0")):
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_FIELDS.size:
        return None
    return start + at, tail[at:]


def _directory(stream: IO[bytes], end: tuple[int, bytes]) -> _Directory:
    """Locate the directory, without reading it.

    Raises:
        ArchiveError: the end records contradict each other or the size of the file.
    """
    at, tail = end
    _, disk, first_disk, here, count, size, offset, comment = _END_FIELDS.unpack_from(tail)
    file_size = at + len(tail)
    surplus = max(0, len(tail) - _END_FIELDS.size - comment)
    plain = (count, size, offset)
    before = at - _LOCATOR_FIELDS.size - _END64_FIELDS.size
    stream.seek(max(0, at - _LOCATOR_FIELDS.size))
    if stream.read(4) == _LOCATOR:
        stream.seek(max(0, before))
        record = stream.read(_END64_FIELDS.size)
        if before < 0 or not record.startswith(_END64):
            raise ArchiveError("its zip64 record is missing")
        _, _, _, _, disk, first_disk, here, count, size, offset = _END64_FIELDS.unpack(record)
        # A field of the plain record holds its largest value if only the zip64 record has room for the number.
        if any(
            small not in (large, full)
            for small, large, full in zip(plain, (count, size, offset), (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True)
        ):
            raise ArchiveError("its two end records contradict each other")
        at = before
    if disk or first_disk or here != count:
        raise ArchiveError("it is one of several files of a split archive")
    start = at - size
    shift = start - offset
    if start < 0 or shift < 0:
        raise ArchiveError("its directory is not where the end record says")
    return _Directory(start, size, count, shift, surplus + shift, file_size)


def _read_directory(stream: IO[bytes], directory: _Directory) -> _Directory:
    """Return the directory with its entries.

    Raises:
        ArchiveError: an entry is damaged, or lies over another one or outside the file.
    """
    stream.seek(directory.start)
    body = stream.read(directory.size)
    entries = tuple(_entries(body, directory.shift))
    if len(entries) != directory.count:
        raise ArchiveError(
            f"its directory has {plural(len(entries), 'entry', 'entries')}, and its end record says {directory.count:,}"
        )
    in_file = sorted(entries, key=lambda entry: entry.offset)
    for entry, following in pairwise(in_file):
        if _least_end(entry) > following.offset:
            raise ArchiveError(f"its entries '{printable(entry.name)}' and '{printable(following.name)}' overlap")
    if in_file and (_least_end(in_file[-1]) > directory.start or in_file[0].offset < directory.shift):
        raise ArchiveError("an entry lies outside of the data")
    return _Directory(
        directory.start,
        directory.size,
        directory.count,
        directory.shift,
        directory.surplus,
        directory.file_size,
        entries,
    )


def _least_end(entry: ArchiveEntry) -> int:
    """Return the offset where the data of an entry end at the earliest."""
    return entry.offset + _LOCAL_FIELDS.size + len(entry.raw_name) + entry.packed


def _entries(body: bytes, shift: int) -> Iterator[ArchiveEntry]:
    at = 0
    while at < len(body):
        if len(body) - at < _ENTRY_FIELDS.size or not body.startswith(_ENTRY, at):
            raise ArchiveError("its directory is damaged")
        (
            _, _, version, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes, comment_bytes, disk, _,
            attributes, offset,
        ) = _ENTRY_FIELDS.unpack_from(body, at)  # fmt: skip
        at += _ENTRY_FIELDS.size
        raw_name = body[at : at + name_bytes]
        extra = body[at + name_bytes : at + name_bytes + extra_bytes]
        at += name_bytes + extra_bytes + comment_bytes
        if at > len(body):
            raise ArchiveError("its directory is damaged")
        if version & 0xFF > _NEWEST_VERSION:
            raise ArchiveError(f"it needs version {(version & 0xFF) / 10} of the zip format")
        size, packed, offset, disk = _large_values(extra, size, packed, offset, disk)
        if disk:
            raise ArchiveError("it is one of several files of a split archive")
        try:
            name = raw_name.decode("utf-8" if flags & 0x800 else "cp437")
        except UnicodeDecodeError as error:
            raise ArchiveError("a name in it is not UTF-8") from error
        yield ArchiveEntry(name, raw_name, flags, method, crc, packed, size, offset + shift, attributes >> 16)


def _large_values(extra: bytes, size: int, packed: int, offset: int, disk: int) -> tuple[int, int, int, int]:
    """Return sizes, offset and disk of an entry, from its zip64 field where they have no room in the entry (4.5.3)."""
    values = [(size, 0xFFFFFFFF, "<Q"), (packed, 0xFFFFFFFF, "<Q"), (offset, 0xFFFFFFFF, "<Q"), (disk, 0xFFFF, "<L")]
    if all(value != full for value, full, _ in values):
        return size, packed, offset, disk
    field = next((data for kind, data in _extra_fields(extra) if kind == 1), b"")
    result, at = [], 0
    for value, full, form in values:
        if value == full:
            if len(field) - at < struct.calcsize(form):
                raise ArchiveError("the zip64 field of an entry is damaged")
            (value,) = struct.unpack_from(form, field, at)
            at += struct.calcsize(form)
        result.append(value)
    return result[0], result[1], result[2], result[3]


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _safe_path(entry: ArchiveEntry, findings: Findings) -> str | None:
    """Return the path of an entry, or None if it must not be read."""
    name = entry.name
    if "\0" in name:
        findings.add("archive-corrupt", value=name, why="its name has a NUL character")
        return None
    if "\\" in name:
        findings.add("archive-backslash", value=name)
        name = name.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        findings.add("archive-escape", value=name)
        return None
    longest = max(len(part.encode("utf-8", "surrogatepass")) for part in name.split("/"))
    if longest > LONGEST_NAME:
        findings.add("archive-corrupt", value=name, why=f"its name has {longest:,} bytes, the limit is {LONGEST_NAME}")
        return None
    if len(entry.raw_name) > LONGEST_PATH:
        why = f"its path has {len(entry.raw_name):,} bytes, the limit is {LONGEST_PATH:,}"
        findings.add("archive-corrupt", value=name, why=why)
        return None
    file_type = stat.S_IFMT(entry.mode)
    if file_type not in (0, stat.S_IFREG, stat.S_IFDIR):
        kind = "a link" if file_type == stat.S_IFLNK else "a device or pipe"
        findings.add("archive-symlink", value=name, kind=kind)
        return None
    if entry.flags & 0x1:
        findings.add("archive-encrypted", value=name)
        return None
    if entry.size > SMALL and entry.size > MOST_RATIO * entry.packed:
        why = f"{entry.packed:,} bytes unpack to {entry.size:,}, more than {MOST_RATIO} times as many"
        findings.add("archive-oversized", value=name, why=why)
        return None
    if name.lower().endswith(".zip"):
        findings.add("archive-nested", value=name)
        return None
    return name


def is_intact(path: Path, name: str, entry: ArchiveEntry, findings: Findings) -> bool:
    """Read one entry completely and report if that fails, so that reading it later cannot fail."""
    try:
        with open_entry(path, entry) as stream:
            while stream.read(CHUNK):
                pass
    except (ArchiveError, OSError) as error:
        findings.add("archive-corrupt", value=name, why=reason(error))
        return False
    return True


@contextmanager
def open_entry(path: Path, entry: ArchiveEntry) -> Iterator[IO[bytes]]:
    """Open an entry for reading bytes, in constant memory.

    Raises:
        ArchiveError: it cannot be unpacked; also while it is read.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream, io.BufferedReader(_Unpacked(stream, entry), CHUNK) as unpacked:
        yield unpacked


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of one entry, checked against its size and its checksum."""

    def __init__(self, stream: IO[bytes], entry: ArchiveEntry) -> None:
        self._stream = stream
        self._entry = entry
        if entry.method not in (STORED, DEFLATED):
            method = _METHODS.get(entry.method, f"method {entry.method}")
            raise ArchiveError(f"it is compressed with {method}, expected stored or deflate")
        stream.seek(entry.offset)
        header = stream.read(_LOCAL_FIELDS.size)
        if len(header) < _LOCAL_FIELDS.size or not header.startswith(_LOCAL):
            raise ArchiveError("there is no entry where the directory says")
        *_, name_bytes, extra_bytes = _LOCAL_FIELDS.unpack(header)
        if stream.read(name_bytes) != entry.raw_name:
            raise ArchiveError("its name differs from that in the directory")
        stream.seek(extra_bytes, io.SEEK_CUR)
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == DEFLATED else None
        self._waiting = b""
        self._packed_left = entry.packed
        self._left = entry.size
        self._crc = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not len(buffer):
            return 0
        # One byte more than declared shows that there are more.
        body = self._read(min(len(buffer), self._left + 1))
        if len(body) > self._left:
            raise ArchiveError(f"it unpacks to more than the {plural(self._entry.size, 'byte')} that it states")
        if not body:
            if self._left:
                raise ArchiveError(
                    f"it unpacks to {plural(self._entry.size - self._left, 'byte')}, and states {self._entry.size:,}"
                )
            if self._crc != self._entry.crc:
                raise ArchiveError("bad CRC-32: its content has changed since it was packed")
        self._crc = zlib.crc32(body, self._crc)
        self._left -= len(body)
        buffer[: len(body)] = body
        return len(body)

    def _read(self, most: int) -> bytes:
        """Return the next bytes, at most `most`; none at the end."""
        if self._inflate is None:
            return self._read_packed(most)
        while not self._inflate.eof:
            packed = self._waiting or self._read_packed(CHUNK)
            try:
                body = self._inflate.decompress(packed, most)
            except zlib.error as error:
                raise ArchiveError(str(error).rpartition(": ")[2]) from error
            self._waiting = self._inflate.unconsumed_tail
            if body:
                return body
            if not packed:
                break
        return b""

    def _read_packed(self, most: int) -> bytes:
        body = self._stream.read(min(most, self._packed_left))
        self._packed_left -= len(body)
        return body


def reason(error: BaseException) -> str:
    """Return the message of an error of the operating system or of an archive."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:].rstrip(".")
