"""Names of languages by the codes that known tasks use, and what the texts say of a language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from semeval_emo.task import Language, known_tasks

ENGLISH, UNKNOWN = "eng", "und"
_ENGLISH = frozenset(
    {
        "the",
        "and",
        "to",
        "of",
        "is",
        "you",
        "that",
        "in",
        "it",
        "for",
        "not",
        "are",
        "this",
        "with",
        "was",
        "have",
        "my",
    }
)
# Of ten words of English prose, three or four are these.
_SHARE = 0.15
_SEEN = 2000
_SCRIPTS = {"Cjk": "Han"}


def known_languages() -> dict[str, Language]:
    """Return the languages of the known tasks by code, other code and name, in lower case; each under that code.

    >>> known_languages()["en"].name, known_languages()["german"].code
    ('English', 'deu')
    """
    found: dict[str, Language] = {}
    for _, task in known_tasks():
        for code, language in task.languages.items():
            found.setdefault(code.lower(), language)
        for other, codes in task.aliases.items():
            # A code of several languages, such as ar, does not name one of them.
            if len(codes) == 1:
                language = task.languages[codes[0]]
                name = language.name.partition(" (")[0]
                iso = language.iso or codes[0]
                found.setdefault(other.lower(), replace(language, code=other, name=name, iso=iso))
    for language in list(found.values()):
        found.setdefault(language.name.partition(" (")[0].lower(), language)
    return found


def language_of(texts: Iterable[str]) -> str:
    """Return the code of English if texts have its most common words, else the code for an unknown language."""
    words = [word for text in islice(texts, _SEEN) for word in re.findall(r"[a-z']+", text.lower())]
    return ENGLISH if words and sum(word in _ENGLISH for word in words) >= _SHARE * len(words) else UNKNOWN


def script_of(texts: Sequence[str]) -> str:
    """Return the script of most letters of texts, such as Latin; empty without letters.

    >>> script_of(["Привет", "ok"]), script_of(["你好"]), script_of(["12"])
    ('Cyrillic', 'Han', '')
    """
    letters = Counter(character for text in texts[:_SEEN] for character in text if character.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "").partition(" ")[0].title()] += count
    most = scripts.most_common(1)
    return _SCRIPTS.get(most[0][0], most[0][0]) if most else ""
