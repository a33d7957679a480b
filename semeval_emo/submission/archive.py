"""Reads the table of contents of a zip without trusting it.

Owns what a zip may hold and how much (place 1 of the catalogue). Nothing is unpacked to disk, so a
hostile path can do no harm here; it is named because it can elsewhere.
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
"""What one zip may unpack to, in all; a single file of a gigabyte still fits."""
MOST_RATIO = 200
"""Prediction files deflate 10 to 40 times, a bomb a thousand times."""
SMALL = 2**20
"""Below this many bytes no ratio is suspicious."""
DIRECTORY_BYTES = 2**23
"""What a table of contents may weigh: more than `MOST_FILES` names need, less than hurts to read."""

CHUNK = 2**20
# What zipfile raises for archives that are damaged, encrypted or packed in a way it does not know
# (OSError: an offset before the beginning of the file).
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, OSError,
)  # fmt: skip

# End of the table of contents, and where in it the size of the table stands (zip format, 4.3.16).
_END, _END_BYTES, _SIZE_AT, _LONGEST_COMMENT = b"PK\x05\x06", 22, slice(12, 16), 2**16


def looks_zipped(stream: IO[bytes]) -> bool:
    """True where a file begins like a zip; an Excel workbook is one too."""
    return stream.read(4) in (b"PK\x03\x04", _END)


def members(path: Path, found: Findings) -> list[tuple[str, zipfile.ZipInfo]]:
    """Lists what a zip holds that is safe to read, with ``/`` between folders.

    Args:
        found: collects the problems.

    Returns:
        Paths inside the zip with their entries, sorted by path; folders end in ``/``.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        if not zipfile.is_zipfile(stream):
            stream.seek(0)
            if looks_zipped(stream):
                found.add("archive-corrupt", value=path.name, why="its table of contents is missing: it was cut off")
                return []
            stream.seek(0)
            table = RawTable(stream)
            found.add("archive-not-zip", kind=table.magic or ("text" if table.header else "an empty file"))
            return []
        weight = _directory_bytes(stream)
        if weight > DIRECTORY_BYTES:
            found.add("archive-oversized", value=path.name, why=f"its table of contents alone is {weight:,} bytes")
            return []
        try:
            with zipfile.ZipFile(stream) as archive:
                infos = archive.infolist()
        except BROKEN as error:
            found.add("archive-corrupt", value=path.name, why=reason(error))
            return []
    if len(infos) > MOST_FILES:
        found.add("archive-oversized", value=path.name, why=f"it holds {len(infos):,} entries, over {MOST_FILES:,}")
        return []
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES:
        found.add("archive-oversized", value=path.name, why=f"it unpacks to {total:,} bytes, over {MOST_BYTES:,}")
        return []
    kept: dict[str, zipfile.ZipInfo | None] = {}
    for info in infos:
        name = _checked(info, found)
        if name is None:
            continue
        if name in kept and not name.endswith("/"):
            found.add("archive-duplicate", value=name)
            kept[name] = None
        else:
            kept[name] = info
    return sorted((name, info) for name, info in kept.items() if info is not None)


def _checked(info: zipfile.ZipInfo, found: Findings) -> str | None:
    """The path of one entry, or None for one that must not be read."""
    name = info.filename
    if "\\" in name:
        found.add("archive-backslash", value=name)
        name = name.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        found.add("archive-escape", value=name)
        return None
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        found.add("archive-symlink", value=name, kind="a link" if kind == stat.S_IFLNK else "a device or pipe")
        return None
    if info.flag_bits & 0x1:
        found.add("archive-encrypted", value=name)
        return None
    if info.file_size > SMALL and info.file_size > MOST_RATIO * info.compress_size:
        found.add(
            "archive-oversized",
            value=name,
            why=f"{info.compress_size:,} bytes unpack to {info.file_size:,}, more than {MOST_RATIO} times as much",
        )
        return None
    if name.lower().endswith(".zip"):
        found.add("archive-nested", value=name)
        return None
    return name


def is_intact(path: Path, name: str, info: zipfile.ZipInfo, found: Findings) -> bool:
    """Reads one entry through, so that later reading cannot fail; says what is wrong otherwise.

    zipfile stops at the declared size and compares the checksum, so an entry that unpacks to more
    than it declares is caught here too.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(info) as member:
            while member.read(CHUNK):
                pass
    except BROKEN as error:
        found.add("archive-corrupt", value=name, why=reason(error))
        return False
    return True


def reason(error: BaseException) -> str:
    """What went wrong, in words: the system's own for files, zipfile's for archives."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:].rstrip(".")


def _directory_bytes(stream: IO[bytes]) -> int:
    """How many bytes the table of contents claims, without reading it."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END)
    return int.from_bytes(tail[at:][_SIZE_AT], "little") if at >= 0 else 0
