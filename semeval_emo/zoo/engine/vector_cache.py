"""Sentence vectors of texts that were learned from, kept between runs.

Thirty-two runs that learn from the same other languages need each text's vector once. Only what is
learned from is kept: texts that are merely predicted pass through.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from semeval_emo.task import short_hash


def identity(backbone: Path, settings: Sequence[object]) -> str:
    """What the vectors of a text hang on beside the text: the weights' files as they lie, and settings.

    Args:
        backbone: a local folder.
        settings: pooling, length and the like.
    """
    files = sorted(path for path in backbone.iterdir() if path.suffix in (".json", ".safetensors", ".txt", ".model"))
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return short_hash([repr(stats), *map(repr, settings)])


def remembered(folder: Path, texts: Sequence[str], make: Callable[[Sequence[str]], np.ndarray]) -> np.ndarray:
    """Vectors of texts: those that the folder knows, and the others anew, which it knows from then on.

    Args:
        folder: of one `identity`; made if need be.
        make: vectors of texts, shape (n, hidden), float32.

    Returns:
        Shape (n, hidden), float32.
    """
    names = np.array([hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts], dtype="V16")
    names = names.view(np.dtype([("high", "<u8"), ("low", "<u8")]))
    wanted = set(names.tolist())
    found = {name: vector for shard in sorted(folder.glob("*.npz")) for name, vector in _read(shard, wanted)}
    missing = dict.fromkeys(name for name in names.tolist() if name not in found)
    if missing:
        text_of = dict(zip(names.tolist(), texts, strict=True))
        made = make([text_of[name] for name in missing])
        _write(folder, np.array(list(missing), dtype=names.dtype), made)
        found |= zip(missing, made, strict=True)
    return np.stack([found[name] for name in names.tolist()])


def _read(shard: Path, wanted: set[tuple[int, int]]) -> list[tuple[tuple[int, int], np.ndarray]]:
    """The vectors of a shard that are wanted; none of one that cannot be read."""
    try:
        with np.load(shard) as stored:
            names, vectors = stored["names"].tolist(), stored["vectors"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return []
    return [(name, vector) for name, vector in zip(names, vectors, strict=True) if name in wanted]


def _write(folder: Path, names: np.ndarray, vectors: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{short_hash([names.tobytes().hex()])}.npz"
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    with beside.open("wb") as file:
        np.savez(file, names=names, vectors=vectors)
    beside.replace(target)
