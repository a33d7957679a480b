"""Statistics of one file against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from semeval_emo.data.labels import Gold
from semeval_emo.data.stats import describe, duplicates


def gold(world, texts, labels) -> Gold:
    spec = world.task.spec("b", "xx", "dev")
    return Gold(spec, spec.ids, texts, np.array(labels, dtype=np.int8), "made", ("1",))


def test_statistics_of_a_file(world):
    stats = describe(
        gold(world, ("one two", "one two", "three", " a  b c "), [[0, 0, 0], [2, 1, 0], [1, 0, 0], [0, 1, 0]])
    )
    assert (stats.rows, stats.positives, stats.prevalence) == (4, (2, 2, 0), (0.5, 0.5, 0.0))
    assert stats.intensities == ((2, 1, 1), (2, 2, 0), (4, 0, 0))
    assert stats.cooccurrence == {("calm", "hope"): 1, ("calm", "rage"): 0, ("hope", "rage"): 0}
    assert (stats.cardinality, stats.most, stats.combinations, stats.neutral, stats.multiple) == (1.0, 2, 4, 1, 1)
    assert (stats.words.mean, stats.words.longest, stats.words.shortest) == (2.0, 3, 1)
    assert (stats.characters.median, stats.characters.longest) == (7.0, 8)
    assert (stats.duplicates.texts, stats.duplicates.rows, stats.duplicates.conflicting) == (1, 1, 1)
    assert stats.duplicates.conflicts == (("xx-dev-b-001", "xx-dev-b-002"),)


def test_a_file_without_texts_has_labels_only(world):
    stats = describe(gold(world, None, [[0, 0, 0]] * 4))
    assert (stats.characters, stats.words, stats.duplicates) == (None, None, None)
    assert stats.neutral == 4


@pytest.mark.parametrize(
    ("texts", "labels", "expected"),
    [
        (["a", "a", "a"], [1, 1, 1], (1, 2, 2, 0)),
        (["a", "A ", "b"], [1, 0, 1], (0, 0, 1, 0)),
        (["a", "b", "a", "b"], [1, 1, 0, 1], (2, 2, 2, 1)),
    ],
)
def test_duplicate_texts(texts, labels, expected):
    found = duplicates([str(n) for n in range(len(texts))], texts, np.array(labels)[:, None])
    assert (found.texts, found.rows, found.normalised_rows, found.conflicting) == expected
