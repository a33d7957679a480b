"""Names of systems in tables and plots: long ones lose the prefix that several of them share."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 34
"""Longer names are shortened."""
LEAST = 8
"""Shorter prefixes are not cut: names would be obscure and hardly shorter."""
_WORD = re.compile(r"[^\W_]+[\W_]*|[\W_]+")


def short_of(names: Sequence[str]) -> dict[str, str]:
    """Return a name for tables and plots for each name; all of them differ.

    If one is longer than `LONGEST`, names that begin with the same word lose the words that all of them begin with. An
    ellipsis marks the cut. Nothing else is cut, because any other part may be what distinguishes them.

    >>> list(short_of(["prediction_test_LLAMA_8Ep_batch6_with_4layer", "prediction_test_BERT2Ep", "mine"]).values())
    ['…LLAMA_8Ep_batch6_with_4layer', '…BERT2Ep', 'mine']
    >>> list(short_of(["tfidf-svm", "tfidf-logreg+strength=0.25-0.5-1.0-2.0"]).values())
    ['tfidf-svm', 'tfidf-logreg+strength=0.25-0.5-1.0-2.0']
    >>> short_of(["run_1", "run_2"])
    {'run_1': 'run_1', 'run_2': 'run_2'}
    """
    if all(len(name) <= LONGEST for name in names):
        return {name: name for name in names}
    words = {name: _WORD.findall(name) for name in names}
    shown = {}
    for name, own in words.items():
        group = [other for other in words.values() if other[:1] == own[:1]]
        shared = _shared(group) if len(group) > 1 else 0
        is_cut = len("".join(own[:shared])) >= LEAST
        shown[name] = "…" + "".join(own[shared:]) if is_cut else name
    return shown if len(set(shown.values())) == len(shown) else {name: name for name in names}


def _shared(group: Sequence[Sequence[str]]) -> int:
    """Return the number of first words that all names share; each keeps a word."""
    shared = 0
    while all(len(words) > shared + 1 and words[shared] == group[0][shared] for words in group):
        shared += 1
    return shared
