"""Messages of the package in the words of the page: its options and buttons instead of commands, which nobody can type.

A part of a message that is about a command without a counterpart in the page is left out.
"""

from __future__ import annotations

import re
import shlex

_NUMBERS = r"(?:\w+=)?\d[\w.,=]*"
OPTIONS = {
    "task": ("Task", r"\w[\w./-]*"),
    "release": ("Release", r"\w[\w.-]*"),
    "track": ("Track", r"\w[\w.-]*"),
    "threshold": ("Threshold", _NUMBERS),
    "scores": ("Scores", r"logits|percent|probabilities"),
    "cuts": ("Cut points", _NUMBERS),
    "round": ("Cut points", ""),
    "map": ("Words", r"'[^']*'|[^\s`;)]+=(?:\d+|LABEL)"),
    "order": ("Order of labels", r"\w+,[\w,.]+"),
    "label-column": ("Column of labels", r"'[^']*'|\w[\w.-]*"),
    "ids-from": ("File with ids", r"FILE"),
    "unverified-texts": ("Changed texts", ""),
}
"""The option of the page for each one of a command, and the values that may follow it in a message."""
# Flags of a command, which are a value in the page.
_FLAGS = {"round": "round", "unverified-texts": "accept"}
_OPTION = "|".join(
    rf"--{name}(?![\w-])" + (f"(?: (?:{value}))?" if value else "") for name, (_, value) in OPTIONS.items()
)
_COMMAND = re.compile(rf"`?(?:semeval-emo )?(?:fix|validate)(?: (?!--)[^\s`;:,)]+)?(?P<options>(?: (?:{_OPTION}))+)`?")
_ALONE = re.compile(rf"`?(?P<options>{_OPTION})`?")
_EACH = re.compile(_OPTION)
_PHRASES = (
    (", or a TOML file that describes it", ""),
    ("semeval-emo pack FILES -o submission.zip", "drop the files here: the page makes the zip"),
    (r"make the zip with semeval-emo pack\b", "drop the files here: the page makes the zip"),
    (r"semeval-emo (?:pack|fix)(?= (?:does|leaves))", "this page"),
    (r"[:,] --gold FOLDER", ": drop it on Gold labels"),
    (r"--gold\b", "Gold labels"),
    (r"\$SEMEVAL_EMO_DATA, fetched data or ", ""),
    (r"(^|[.:] )`fix`", r"\1This page"),
    ("`fix`", "this page"),
)
# What is left of commands and of their options, and where a message may be cut to leave it out.
_LEFT = re.compile(r"semeval-emo [a-z]|`[a-z]+ [a-z-]+|(?<![\w-])--[a-z]|\bscore --|\$SEMEVAL|\b[a-z]+ pin\b")
_CUTS = re.compile(r"(; |: |, (?=or |but )|(?<=[.]) (?=[A-Z`]))")


def in_page(text: str) -> str:
    """Return a message in the words of the page.

    >>> in_page("apply a threshold (semeval-emo fix --threshold 0.5), then write integers")
    'apply a threshold (the option Threshold: 0.5), then write integers'
    >>> in_page("semeval-emo fix --scores logits --threshold 0.5")
    'the options Scores: logits and Threshold: 0.5'
    >>> in_page("`fix --map none=0,low=1` defines the label of each word")
    'the option Words: none=0,low=1 defines the label of each word'
    >>> in_page("predict every text; score --subset scores the rows that are there")
    'predict every text'
    """
    is_sentence = text.endswith(".")
    text = _ALONE.sub(_options, _COMMAND.sub(_options, text))
    for pattern, words in _PHRASES:
        text = re.sub(pattern, words, text)
    if _LEFT.search(text):
        text = _without_commands(text)
    return re.sub(r"(^|[.] )the option" if is_sentence else "([.] )the option", r"\1The option", text)


def _without_commands(text: str) -> str:
    """Return a message without its parts that name a command."""
    text = re.sub(r" \(([^()]*)\)", lambda found: "" if _LEFT.search(found[1]) else found[0], text)
    parts = _CUTS.split(text)
    kept = [(cut, part) for cut, part in zip(["", *parts[1::2]], parts[::2], strict=True) if not _LEFT.search(part)]
    text = "".join(f"{cut if at else ''}{part}" for at, (cut, part) in enumerate(kept))
    return re.sub(r"^(?:or|but) ", "", text)


def _options(found: re.Match[str]) -> str:
    """Return the options of a command as those of the page."""
    named = []
    for option in _EACH.findall(found["options"]):
        name, _, value = option.removeprefix("--").partition(" ")
        value = _FLAGS.get(name) or ("" if value == "FILE" else " ".join(shlex.split(value)))
        value = value.rstrip(".,") + (",..." if value.endswith(",...") else "")
        named.append(f"{OPTIONS[name][0]}{f': {value}' if value else ''}")
    return f"the option{'s' if len(named) > 1 else ''} {' and '.join(named)}"
