"""Names of columns and labels: without invisible characters, in one spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# A name of these words, and perhaps numbers, says that a column has the texts. A translation is another text.
TEXT_WORDS = frozenset(
    {"text", "texts", "txt", "cleantext", "tweet", "tweets", "sentence", "sentences", "content", "document", "post"}
    | {"utterance", "input", "comment", "comments", "message", "messages", "body", "review", "reviews", "snippet"}
    | {"utterances", "posts", "documents", "contents", "inputs", "texto", "texte", "testo", "tekst"}
)
TEXT_QUALIFIERS = frozenset({"clean", "cleaned", "raw", "original", "source", "processed", "preprocessed", "full"})

# Words of column names that say that a column has scores.
SCORE_WORDS = frozenset(
    {"prob", "probs", "proba", "probas", "probability", "probabilities", "p", "score", "scores", "logit", "logits"}
    | {"conf", "confidence", "sigmoid", "softmax"}
)


def remove_invisible(text: str) -> str:
    """Return a cell without invisible characters: spaces, zero-width characters, line separators, NUL."""
    if text.isascii() and text.isprintable():
        return text.replace(" ", "")
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Zs"))


def normalised_names(cells: Sequence[str], labels: Iterable[str] = ()) -> list[str]:
    """Return column names in lower case, without quotes, spaces and invisible characters; labels as the task has them.

    >>> normalised_names(["ID", " 'Joy' ", "off topic"], ["Off topic"])
    ['id', 'joy', 'Off topic']
    """
    spelling = {_normalised(label): label for label in labels}
    return [spelling.get(name, name) for name in map(_normalised, cells)]


def _normalised(cell: str) -> str:
    return remove_invisible(cell).strip("'\"").casefold()


def is_text_name(name: str) -> bool:
    """Return whether the normalised name of a column says that it has the texts.

    >>> is_text_name("tweet"), is_text_name("original_text"), is_text_name("text length"), is_text_name("text_en")
    (True, True, False, False)
    """
    words = re.findall(r"[^\W_]+", name.rstrip("0123456789"))
    return not TEXT_WORDS.isdisjoint(words) and {*words} <= TEXT_WORDS | TEXT_QUALIFIERS


def is_id_of_text(name: str) -> bool:
    """Return whether the normalised name of a column says that it has the ids of texts.

    >>> is_id_of_text("tweet_id"), is_id_of_text("id comment"), is_id_of_text("user_id"), is_id_of_text("tweet")
    (True, True, False, False)
    """
    words = re.findall(r"[^\W_]+", name)
    return words.count("id") == 1 and is_text_name(" ".join(word for word in words if word != "id"))
