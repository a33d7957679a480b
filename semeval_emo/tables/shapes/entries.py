"""Read the names of labels in a cell, with their values if it has any: lists, dicts, JSON, words between commas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

# A name and its value as texts; None for a name alone.
Entry = tuple[str, str | None]

LONGEST = 20_000
# Keys whose value has the labels, and keys of a name and of its value in a list of objects.
LABEL_KEYS = (
    "labels", "label", "emotions", "emotion", "predicted_emotions", "predicted_labels", "pred_labels", "predictions",
    "prediction", "preds", "pred", "answer", "answers", "output", "response", "result", "results", "classes",
    "categories", "scores", "intensities",
)  # fmt: skip
NAME_KEYS = ("label", "emotion", "name", "category", "class")
VALUE_KEYS = ("score", "value", "intensity", "probability", "prob", "degree", "confidence", "present", "level")

_FENCE = re.compile(r"```[ \t]*[\w-]*\s*(.*?)\s*```", re.DOTALL)
# What a model thought before it answered is not read, and tags around an answer have no label.
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>\s*", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(answer|output|labels?|emotions?|result|response)>\s*(.*?)\s*</\1>", re.DOTALL | re.IGNORECASE)
_NUMBERED = re.compile(r"\d{1,2}[.)]\s+")
_LEAD = re.compile(
    r"(?:(?:the|final|predicted)\s+)*(?:emotions?|labels?|answers?|predictions?|outputs?)(?:\s+(?:is|are))?\s*[:=]\s*",
    re.IGNORECASE,
)
_WRAPPER = re.compile(
    r"(?:(?:np|numpy)\.)?(?:frozenset|set|list|tuple|dict|array|Counter|OrderedDict)\((.*?)(?:,\s*dtype=[^()]*)?\)",
    re.DOTALL,
)
_QUOTED = re.compile(
    r"""(?:np\.str_\()?[ub]?(['"])((?:(?!\1).)*)\1\)?(?:\s*(?::|=>)\s*((?:np\.)?\w+\([^()]*\)|[^\s,;{}()\[\]]+))?"""
)
_NUMPY = re.compile(r"(?:np\.)?\w+\((.*)\)")
_SEPARATOR = re.compile(r"\s*[,;|\n•]\s*")
# These separate names only if all of them are labels: a label may be called racial/ethnic.
_WEAK_SEPARATOR = re.compile(r"\s*(?:[/+&_]|\band\b)\s*", re.IGNORECASE)
_VALUED = re.compile(r"(.+?)\s*(?:[:=]\s*(\S+)|\(\s*([^()]+?)\s*\)|\s(\d+(?:\.\d+)?))")
_AROUND = " \t\r\n'\"`*_.!#~<>-–—•"
_BRACKETS = {"[": "]", "{": "}", "(": ")"}


IsLabel = Callable[[str], bool]


def _is_unknown(word: str) -> bool:
    return False


def read_entries(text: str, is_label: IsLabel = _is_unknown) -> list[Entry] | None:
    r"""Return what a cell lists, or None if it is no list of names.

    Args:
        is_label: returns whether a word is a label, to separate labels that only spaces, slashes or "and" separate.

    >>> read_entries("['joy', 'fear']"), read_entries("joy; fear"), read_entries("[]")
    ([('joy', None), ('fear', None)], [('joy', None), ('fear', None)], [])
    >>> read_entries('```json\n{"emotions": ["joy"]}\n```'), read_entries("joy:2, fear:1")
    ([('joy', None)], [('joy', '2'), ('fear', '1')])
    >>> read_entries("1. joy\n2. fear"), read_entries("<think>Not joy.</think><answer>fear</answer>")
    ([('joy', None), ('fear', None)], [('fear', None)])
    >>> read_entries("joy and fear", {"joy", "fear"}.__contains__), read_entries("[0.1, 0.9]")
    ([('joy', None), ('fear', None)], None)
    """
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if thought := _THOUGHT.match(text):
        text = text[thought.end() :]
    if tag := _TAG.fullmatch(text):
        text = tag[2]
    if fence := _FENCE.fullmatch(text):
        text = fence[1]
    if lead := _LEAD.match(text):
        text = text[lead.end() :]
    text = text.strip(" \t\r\n`*")
    if text[:1] in '[{"':
        try:
            return from_json(json.loads(text), is_label)
        except (ValueError, RecursionError):
            pass
    while wrapper := _WRAPPER.fullmatch(text):
        text = wrapper[1].strip()
    while text and _BRACKETS.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    if not text:
        return []
    if text[0] in "'\"" or text.startswith(("np.str_", "u'", "b'")):
        return _quoted(text)
    return _plain(text, is_label)


def from_json(value: Any, is_label: IsLabel = _is_unknown) -> list[Entry] | None:
    """Return the entries of a JSON value, or None if it names no labels.

    >>> from_json([{"label": "joy", "score": 0.9}]), from_json({"labels": {"joy": 1}}), from_json([1, 0])
    ([('joy', '0.9')], [('joy', '1')], None)
    """
    if isinstance(value, str):
        return read_entries(value, is_label) if value.strip()[:1] != '"' else None
    if isinstance(value, Mapping):
        return _from_object(value, is_label)
    if not isinstance(value, list):
        return None
    if len(value) == 1 and isinstance(value[0], list):
        return from_json(value[0], is_label)
    entries: list[Entry] = []
    for item in value:
        if isinstance(item, str):
            entries.append((item, None))
            continue
        if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and not isinstance(item[1], str):
            own: list[Entry] | None = [(item[0], _value(item[1]))]
        else:
            own = _from_object(item, is_label) if isinstance(item, Mapping) else None
        if own is None:
            return None
        entries += own
    return entries


def _from_object(table: Mapping[str, Any], is_label: IsLabel) -> list[Entry] | None:
    keys = {key.strip().casefold().replace(" ", "_"): key for key in table}
    name = next((keys[key] for key in NAME_KEYS if key in keys and isinstance(table[keys[key]], str)), None)
    value = next((keys[key] for key in VALUE_KEYS if key in keys), None)
    if name is not None and value is not None:
        return [(table[name], _value(table[value]))]
    inner = next((keys[key] for key in LABEL_KEYS if key in keys), None)
    if inner is not None:
        return from_json(table[inner], is_label)
    if any(isinstance(item, Mapping | list) for item in table.values()):
        return from_json(next(iter(table.values())), is_label) if len(table) == 1 else None
    return [(key, _value(item)) for key, item in table.items()]


def _value(item: Any) -> str:
    return "" if item is None else str(item)


def _quoted(text: str) -> list[Entry] | None:
    """Read names in quotation marks, as Python and NumPy print them."""
    entries: list[Entry] = []
    at = 0
    for match in _QUOTED.finditer(text):
        if text[at : match.start()].strip(" \t\r\n,;|"):
            return None
        value = match[3]
        if value is not None and (call := _NUMPY.fullmatch(value)):
            value = call[1]
        entries.append((match[2], value))
        at = match.end()
    return None if text[at:].strip(" \t\r\n,;|") else entries


def _plain(text: str, is_label: IsLabel) -> list[Entry]:
    entries: list[Entry] = []
    pieces = [piece for piece in _SEPARATOR.split(text) if piece]
    if all(map(_NUMBERED.match, pieces)):
        pieces = [_NUMBERED.sub("", piece, count=1) for piece in pieces]
    for piece in pieces:
        whole = _entry(piece)
        for parts in (_WEAK_SEPARATOR.split(piece), piece.split()) if not is_label(whole[0]) else ():
            own = [_entry(part) for part in parts if part]
            if own and all(is_label(word) for word, _ in own):
                entries += own
                break
        else:
            entries.append(whole)
    return entries


def _entry(piece: str) -> Entry:
    match = _VALUED.fullmatch(piece)
    if match is None:
        return piece.strip(_AROUND), None
    value = match[2] or match[3] or match[4]
    return match[1].strip(_AROUND), value.strip("'\"`*")
