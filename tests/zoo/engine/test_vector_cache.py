"""The cache of sentence embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semeval_emo.zoo.engine.vector_cache import cache_key, cached_vectors


def test_vectors_are_computed_once(tmp_path: Path):
    asked: list[list[str]] = []

    def make(texts):
        asked.append(list(texts))
        return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)

    first = cached_vectors(tmp_path / "v", ["a", "bb", "a"], make)
    (shard,) = (tmp_path / "v").iterdir()
    again = cached_vectors(tmp_path / "v", ["ccc", "bb"], make)
    assert asked == [["a", "bb"], ["ccc"]]
    assert first.tolist() == [[1, 97], [2, 98], [1, 97]] and again.tolist() == [[3, 99], [2, 98]]
    shard.write_bytes(b"half written")
    assert cached_vectors(tmp_path / "v", ["bb"], make).tolist() == [[2, 98]] and asked[-1] == ["bb"]


def test_other_weights_or_settings_have_another_key(tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = cache_key(tmp_path, ("mean", 128))
    assert cache_key(tmp_path, ("mean", 128)) == first != cache_key(tmp_path, ("mean", 64))
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert cache_key(tmp_path, ("mean", 128)) != first


def test_a_cache_that_cannot_be_written_does_not_stop_a_run(tmp_path: Path):
    (tmp_path / "file").write_text("")
    vectors = cached_vectors(tmp_path / "file/v", ["a"], lambda texts: np.ones((len(texts), 2), dtype=np.float32))
    assert vectors.tolist() == [[1, 1]]
