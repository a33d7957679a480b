"""Detect from the first bytes of a file whether it is text, and in which encoding."""

from __future__ import annotations

import codecs
import re

HEAD_BYTES = 4096

_ZIP = "a zip archive"
_MAGIC = {
    b"PK\x03\x04": _ZIP,
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"(\xb5/\xfd": "a Zstandard file",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "a NumPy array",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
}
_TAR, _TAR_AT = b"ustar", 257
# Office files are zip archives with these names near the beginning.
_OFFICE = {
    b"[Content_Types].xml": "an Excel workbook",
    b"xl/": "an Excel workbook",
    b"opendocument.spreadsheet": "an OpenDocument sheet",
}
_PYTORCH = "a PyTorch file"
# Text files that are not tables, by their beginning after white space.
_DOCUMENTS = (
    (re.compile(r'\[\s*([\[{"]|$)|\{\s*("|$)'), "JSON"),
    (re.compile(r"<!doctype html|<html|<head|<body|<table", re.IGNORECASE), "HTML"),
    (re.compile(r"<\?xml|<!--"), "XML"),
    (re.compile(r"version https://git-lfs\.github\.com/"), "a Git LFS pointer"),
)
_REMEDIES = {
    "JSON": "write one object with id and labels for each text, or CSV (in pandas: to_csv(..., index=False))",
    "HTML": "this is a web page, often an error or log-in page: download the file itself again",
    "a Git LFS pointer": "the file itself was not downloaded: run git lfs pull",
}
_IN_PYTHON = "it is not opened, since that can run code; load it in Python and save the predictions as CSV or .npz"
_REMEDIES |= dict.fromkeys(("a Python pickle", _PYTORCH), _IN_PYTHON)
_ARCHIVES = ("archive", "gzip", "bzip2", "xz", "Zstandard")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def sniff(head: bytes) -> tuple[str, str, int]:
    r"""Return what a file is if it is not a table (else an empty string), its encoding, and the length of its BOM.

    >>> sniff(b"id,joy"), sniff(b"\xef\xbb\xbfid,joy"), sniff(b"  <html lang=en>")[0]
    (('', 'utf-8', 0), ('', 'utf-8', 3), 'HTML')
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            text = head[len(mark) : HEAD_BYTES].decode(encoding, "ignore")
            return _document(text), encoding, len(mark)
    for start, name in _MAGIC.items():
        if head.startswith(start):
            return _zip(head[:HEAD_BYTES]) if name == _ZIP else name, "", 0
    sample = head[:HEAD_BYTES]
    if sample[_TAR_AT:].startswith(_TAR):
        return "a tar archive", "", 0
    if len(sample) > 3:
        # UTF-16 without a byte order mark: every other byte of ASCII characters is NUL.
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        half = len(sample) // 2
        if odd > 0.7 * half and even < 0.1 * half:
            return "", "utf-16-le", 0
        if even > 0.7 * half and odd < 0.1 * half:
            return "", "utf-16-be", 0
        if sample.count(0) > 0.3 * len(sample):
            return "a binary file", "", 0
    return _document(sample.decode("utf-8", "ignore")), "utf-8", 0


def _zip(head: bytes) -> str:
    """Return what a zip is, by the name of its first file and by names near the beginning."""
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if first.endswith(b".npy"):
        return "a NumPy archive"
    if first.endswith(b"data.pkl"):
        return _PYTORCH
    return next((document for mark, document in _OFFICE.items() if mark in head), _ZIP)


def _document(text: str) -> str:
    """Return the format of a text that is not a table, or an empty string."""
    start = text.lstrip()
    return next((name for pattern, name in _DOCUMENTS if pattern.match(start)), "")


def remedy(name: str) -> str:
    """Return what to do with a file that is not a table.

    >>> remedy("a gzip file")
    'unpack it; to submit predictions, make the zip with semeval-emo pack'
    """
    if any(word in name for word in _ARCHIVES):
        return "unpack it; to submit predictions, make the zip with semeval-emo pack"
    return _REMEDIES.get(name, "open it in the program that made it and export it as CSV (UTF-8, comma)")
