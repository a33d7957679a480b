"""A disk cache of sentence embeddings, shared between runs.

Runs for many languages train on the same texts, and runs of several recipes predict the same ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from semeval_emo.errors import InputError
from semeval_emo.files import make_folder, replace_file
from semeval_emo.task import short_hash


def cache_key(backbone: Path, settings: Sequence[object]) -> str:
    """Return a hash of everything besides the text that determines an embedding.

    Args:
        backbone: a local folder; names, sizes and modification times of its files enter the hash.
        settings: pooling, maximum length and precision.
    """
    files = sorted(path for path in backbone.iterdir() if path.suffix in (".json", ".safetensors", ".txt", ".model"))
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return short_hash([repr(stats), *map(repr, settings)])


def cached_vectors(folder: Path, texts: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray]) -> np.ndarray:
    """Return the embeddings of texts, shape (n, hidden), float32; those not in the cache are computed and added to it.

    Args:
        folder: the cache of one `cache_key`; created if necessary.
        embed: embeddings of texts, shape (n, hidden), float32.
    """
    keys = np.array([hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts], dtype="V16")
    keys = keys.view(np.dtype([("high", "<u8"), ("low", "<u8")]))
    needed = set(keys.tolist())
    vectors = {key: vector for shard in sorted(folder.glob("*.npz")) for key, vector in _read_shard(shard, needed)}
    missing = dict.fromkeys(key for key in keys.tolist() if key not in vectors)
    if missing:
        text_of = dict(zip(keys.tolist(), texts, strict=True))
        computed = embed([text_of[key] for key in missing])
        _write_shard(folder, np.array(list(missing), dtype=keys.dtype), computed)
        vectors |= zip(missing, computed, strict=True)
    return np.stack([vectors[key] for key in keys.tolist()])


def _read_shard(shard: Path, needed: set[tuple[int, int]]) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Return the needed vectors of a shard; none if it cannot be read."""
    try:
        with np.load(shard, allow_pickle=False) as stored:
            keys, vectors = stored["names"].tolist(), stored["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return []
    return [(key, vector) for key, vector in zip(keys, vectors, strict=True) if key in needed]


def _write_shard(folder: Path, keys: np.ndarray, vectors: np.ndarray) -> None:
    # Without a place to store them, the next run computes them again.
    with contextlib.suppress(InputError):
        make_folder(folder)
        with replace_file(folder / f"{short_hash([keys.tobytes().hex()])}.npz") as file:
            np.savez(file, names=keys, vectors=vectors)
