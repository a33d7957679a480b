"""Overlap of texts at three degrees."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeval_emo.data import load_gold
from semeval_emo.data.overlap import DEGREES, Texts, leaks, letters, normalise, overlap
from semeval_emo.errors import UsageError

ALPHABET = st.text(alphabet="aAbß ﬁ.!,1\u00a0\u0301ţşक़ि", max_size=6)


def both(train: list[str], evaluation: list[str]):
    return overlap(
        Texts([f"t{n}" for n in range(len(train))], train), Texts([f"e{n}" for n in range(len(evaluation))], evaluation)
    )


def test_each_degree_is_less_strict():
    found = both(["Good Day.", "good  day", "GOOD-DAY!!"], ["Good Day."])
    assert [(match.train_id, match.degree) for match in found.matches] == [
        ("t0", "exact"), ("t1", "letters"), ("t2", "letters"),
    ]  # fmt: skip
    assert [found.count(degree) for degree in DEGREES] == [1, 1, 1]


def test_an_evaluation_text_counts_once_for_several_copies():
    found = both(["a b", "a b", "A  b"], ["a b", "c", "a b"])
    assert (found.rows, found.exact, found.normalised, found.ids()) == (3, 2, 2, ("e0", "e2"))
    assert [match.train_id for match in found.matches] == ["t0", "t1", "t2"] * 2


def test_texts_without_letters_are_kept_whole():
    assert letters("!!!") == "!!!"
    assert both(["!!!", "?"], ["...", "!!!"]).ids("letters") == ("e1",)


def test_vowel_signs_are_kept():
    assert letters("कि") != letters("का")


@given(ALPHABET, ALPHABET)
def test_each_degree_includes_the_stricter_one(one, other):
    if one == other:
        assert normalise(one) == normalise(other)
    if normalise(one) == normalise(other):
        assert letters(one) == letters(other)


@given(ALPHABET)
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text) == unicodedata.normalize("NFKC", normalise(text))


@given(st.lists(ALPHABET, max_size=8), st.lists(ALPHABET, max_size=8))
def test_counts_equal_set_membership(train, evaluation):
    found = both(train, evaluation)
    for degree, form in (("exact", str), ("normalised", normalise), ("letters", letters)):
        known = {form(text) for text in train}
        assert found.count(degree) == sum(form(text) in known for text in evaluation)


def test_leaks_accepts_several_training_files():
    train, dev, test = (load_gold("a", "eng", split, source="sample") for split in ("train", "dev", "test"))
    assert leaks(test, test).exact == leaks([train, dev, test], test).exact == 200
    assert leaks([train, dev], test).exact == 0


def test_leaks_needs_texts(world):
    bare = load_gold("a", "xx", source=world.pooled(), task=world.task)
    with pytest.raises(UsageError, match=r"gold\.csv has labels only, so overlap cannot be checked"):
        leaks(bare, bare)
