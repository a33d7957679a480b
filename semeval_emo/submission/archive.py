"""Read the directory of an untrusted zip file, with limits on its size and content.

Nothing is unpacked to disk, so a malicious path is harmless here; it is reported because it is not harmless elsewhere.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO

from semeval_emo.submission.problem import Findings
from semeval_emo.submission.raw import RawTable

MOST_FILES = 10_000
MOST_BYTES = 2**31
"""Limit of the total unpacked size."""
MOST_RATIO = 200
"""Prediction files compress 10 to 40 times, a zip bomb a thousand times."""
SMALL = 2**20
"""The ratio of smaller files is not checked."""
DIRECTORY_BYTES = 2**23
"""Limit of the size of the directory: more than `MOST_FILES` names need."""

CHUNK = 2**20
# Raised by zipfile for archives that are damaged, encrypted or compressed with an unknown method
# (OSError: an offset before the start of the file).
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, OSError,
)  # fmt: skip

# The end-of-directory record, and the bytes with the size of the directory (zip format, 4.3.16).
_END, _END_BYTES, _SIZE_AT, _LONGEST_COMMENT = b"PK\x05\x06", 22, slice(12, 16), 2**16


def looks_zipped(stream: IO[bytes]) -> bool:
    """Return whether a file starts like a zip; an Excel workbook does too."""
    return stream.read(4) in (b"PK\x03\x04", _END)


def members(path: Path, findings: Findings) -> list[tuple[str, zipfile.ZipInfo]]:
    """List the entries of a zip that are safe to read.

    Returns:
        Paths inside the zip with ``/`` between folders, and their entries, sorted by path; folders end in ``/``.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            stream.seek(0)
            if looks_zipped(stream):
                why = "its directory is missing, so the file was truncated"
                findings.add("archive-corrupt", value=path.name, why=why)
            else:
                stream.seek(0)
                table = RawTable(stream)
                findings.add("archive-not-zip", kind=table.magic or ("text" if table.header else "empty"))
            return []
        size = _directory_bytes(stream)
        if size > DIRECTORY_BYTES:
            findings.add("archive-oversized", value=path.name, why=f"its directory alone has {size:,} bytes")
            return []
        try:
            with zipfile.ZipFile(stream) as archive:
                infos = archive.infolist()
        except BROKEN as error:
            findings.add("archive-corrupt", value=path.name, why=reason(error))
            return []
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_FILES or total > MOST_BYTES:
        why = f"it unpacks to {total:,} bytes, the limit is {MOST_BYTES:,}"
        if len(infos) > MOST_FILES:
            why = f"it has {len(infos):,} entries, the limit is {MOST_FILES:,}"
        findings.add("archive-oversized", value=path.name, why=why)
        return []
    kept: dict[str, zipfile.ZipInfo | None] = {}
    for info in infos:
        name = _safe_path(info, findings)
        if name is None:
            continue
        if name in kept and not name.endswith("/"):
            findings.add("archive-duplicate", value=name)
            kept[name] = None
        else:
            kept[name] = info
    return sorted((name, info) for name, info in kept.items() if info is not None)


def _safe_path(info: zipfile.ZipInfo, findings: Findings) -> str | None:
    """Return the path of an entry, or None if it must not be read."""
    name = info.filename
    if "\\" in name:
        findings.add("archive-backslash", value=name)
        name = name.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        findings.add("archive-escape", value=name)
        return None
    file_type = stat.S_IFMT(info.external_attr >> 16)
    if file_type not in (0, stat.S_IFREG, stat.S_IFDIR):
        kind = "a link" if file_type == stat.S_IFLNK else "a device or pipe"
        findings.add("archive-symlink", value=name, kind=kind)
        return None
    if info.flag_bits & 0x1:
        findings.add("archive-encrypted", value=name)
        return None
    if info.file_size > SMALL and info.file_size > MOST_RATIO * info.compress_size:
        why = f"{info.compress_size:,} bytes unpack to {info.file_size:,}, more than {MOST_RATIO} times as many"
        findings.add("archive-oversized", value=name, why=why)
        return None
    if name.lower().endswith(".zip"):
        findings.add("archive-nested", value=name)
        return None
    return name


def is_intact(path: Path, name: str, info: zipfile.ZipInfo, findings: Findings) -> bool:
    """Read one entry completely and report if that fails, so that reading it later cannot fail.

    zipfile stops at the declared size and compares the checksum, so an entry that unpacks to more than its declared
    size is detected too.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as member:
            while member.read(CHUNK):
                pass
    except BROKEN as error:
        findings.add("archive-corrupt", value=name, why=reason(error))
        return False
    return True


def reason(error: BaseException) -> str:
    """Return the message of an error of the operating system or of zipfile."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:].rstrip(".")


def _directory_bytes(stream: IO[bytes]) -> int:
    """Return the declared size of the directory, without reading it."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END)
    return int.from_bytes(tail[at:][_SIZE_AT], "little") if at >= 0 else 0
