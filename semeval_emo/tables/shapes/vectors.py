"""Find predictions whose labels have no names: numbered columns, vectors in a cell, outputs of a pipeline.

Which number is which label is not in the file, so these shapes need the order of the labels (`--order`).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence

from semeval_emo.tables.shapes.entries import read_entries

# numpy 2 writes numpy.float64(0.5) in lists; arrays and tensors have their type around the list.
_SCALAR = re.compile(r"\b(?:(?:np|numpy)\.\w+|tensor)\(([^()\[\],]*)(?:,[^()\[\]]*)?\)")
_WRAPPED = re.compile(r"(?:(?:np|numpy|torch)\.)?(?:array|tensor)\((\[.*?\])(?:,[^\[\]]*)?\)", re.DOTALL)
_CLASS = re.compile(r"((?:label|class)[\s_.:\-]*)?([0-9]{1,3})", re.IGNORECASE)
_DIGITS = re.compile(r"[0-3]{2,20}")
_NUMBERED = re.compile(r"(.*?)[\s_.:\-]*([0-9]{1,3})")
_GOLD = re.compile(r"true|gold|actual|target|reference")
_SCORES = re.compile(r"prob|score|logit")
# The longest vector that is looked at, in characters and numbers.
LONGEST, MOST_VALUES, LONGEST_NAME = 10_000, 200, 100


def vector(cell: str) -> list[str] | None:
    """Return the values of a vector in a cell, or None if it is none. Whole numbers are written as integers.

    >>> vector("[0, 1, 0]"), vector("0 1 0"), vector("[0. 1. 0.5]"), vector("[True, False]")
    (['0', '1', '0'], ['0', '1', '0'], ['0', '1', '0.5'], ['1', '0'])
    >>> vector("tensor([[0.1, 0.9]], device='cuda:0')"), vector("[np.float64(0.5), np.float64(1.0)]")
    (['0.1', '0.9'], ['0.5', '1'])
    >>> vector("[tensor(1), tensor(0, device='cuda:0')]")
    ['1', '0']
    >>> vector("joy, fear"), vector("0.5"), vector("[0.1 ... 0.9]")
    (None, None, None)
    """
    text = cell.strip()
    if len(text) > LONGEST:
        return None
    wrapped = _WRAPPED.fullmatch(text)
    text = _SCALAR.sub(r"\1", wrapped[1] if wrapped else text)
    while text[:1] in ("[", "(") and text[-1:] in ("]", ")"):
        text = text[1:-1].strip()
    parts = re.split(r"[\s,;|]+", text.strip(",; \n\t"))
    values = [number(part) for part in parts]
    known = [value for value in values if value is not None]
    return known if 2 <= len(known) == len(values) <= MOST_VALUES else None


def digits(cell: str) -> list[str] | None:
    """Return the digits of a cell such as ``01001``, or None if it has others than labels have.

    >>> digits("01001"), digits("1"), digits("00171")
    (['0', '1', '0', '0', '1'], None, None)
    """
    text = cell.strip()
    return list(text) if _DIGITS.fullmatch(text) else None


def class_numbers(cell: str) -> tuple[list[int], bool] | None:
    """Return the numbers of the classes that a cell lists, and whether they are named; None if it lists none.

    >>> class_numbers("['LABEL_0', 'LABEL_3']"), class_numbers("0, 3"), class_numbers("[]")
    (([0, 3], True), ([0, 3], False), ([], False))
    >>> class_numbers("joy"), class_numbers("[0, 1, 0]"), class_numbers("")
    (None, None, None)
    """
    text = cell.strip()
    if not text or len(text) > LONGEST:
        return None
    while text[:1] in ("[", "(", "{") and text[-1:] in ("]", ")", "}"):
        text = text[1:-1].strip()
    parts = [part for part in re.split(r"[\s,;|]+", text) if part]
    found = [_CLASS.fullmatch(part.strip("'\"")) for part in parts]
    numbers = [int(match[2]) for match in found if match]
    if len({*numbers}) < len(parts):
        return None
    return numbers, any(match and match[1] for match in found)


def number(text: str) -> str | None:
    """Return a number or a truth value as the text of a number, or None if the text is none.

    >>> number("1.0"), number("0.5"), number("True"), number("joy")
    ('1', '0.5', '1', None)
    """
    text = text.strip()
    if text.lower() in ("true", "false"):
        return str(int(text.lower() == "true"))
    try:
        value = float(text)
    except ValueError:
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e6 else text


def numbered_columns(names: Sequence[str]) -> list[int]:
    """Return the columns that are one name with the numbers 0, 1, 2, … or 1, 2, 3, …, in the order of the numbers.

    Of several such names, the longest run counts; then labels before scores, and both before gold labels.

    >>> numbered_columns(["id", "label_1", "label_0", "label_2"]), numbered_columns(["unnamed:0", "0", "1"])
    ([2, 1, 3], [1, 2])
    >>> numbered_columns(["true_0", "true_1", "pred_0", "pred_1"]), numbered_columns(["id", "joy", "text2"])
    ([2, 3], [])
    """
    groups: dict[str, dict[int, int]] = {}
    for at, name in enumerate(names):
        match = _NUMBERED.fullmatch(name) if len(name) <= LONGEST_NAME else None
        if match:
            groups.setdefault(match[1], {}).setdefault(int(match[2]), at)
    runs = [(prefix, by_number) for prefix, by_number in groups.items() if _is_run(sorted(by_number))]
    _, best = max(
        runs, key=lambda run: (len(run[1]), not is_gold(run[0]), not _SCORES.search(run[0])), default=("", {})
    )
    return [best[number] for number in sorted(best)]


def is_gold(name: str) -> bool:
    """Return whether the name of a column says that it has gold labels.

    >>> is_gold("y_true"), is_gold("pred")
    (True, False)
    """
    return _GOLD.search(name) is not None


def _is_run(numbers: Sequence[int]) -> bool:
    return len(numbers) > 1 and numbers[0] < 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def pipeline_scores(cell: str) -> dict[str, str] | None:
    """Return the scores by label of an output of a Hugging Face text-classification pipeline; None if it is none.

    >>> pipeline_scores('[{"label": "joy", "score": 0.9}, {"label": "fear", "score": 0.2}]')
    {'joy': '0.9', 'fear': '0.2'}
    >>> pipeline_scores("[[{'label': 'LABEL_0', 'score': 0.9}]]"), pipeline_scores("['joy']")
    ({'LABEL_0': '0.9'}, None)
    """
    text = cell.strip()
    if not text.startswith(("[", "{")) or "label" not in text or len(text) > LONGEST:
        return None
    value = _parsed(text)
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    items = [value] if isinstance(value, dict) else value
    if not isinstance(items, list) or not items or len(items) > MOST_VALUES:
        return None
    scores: dict[str, str] = {}
    for item in items:
        if not isinstance(item, dict) or {*item} != {"label", "score"} or not isinstance(item["label"], str):
            return None
        if item["label"] in scores or isinstance(item["score"], bool | str | list | dict):
            return None
        scores[item["label"]] = str(item["score"])
    return scores


def paired_scores(row: Sequence[str], names_at: int, values_at: int) -> dict[str, str] | None:
    """Return the scores by label of a row with a list of labels and a vector of as many scores; None if it has not.

    >>> paired_scores(['["joy", "fear"]', "[0.9, 0.2]"], 0, 1), paired_scores(['["joy"]', "[0.9, 0.2]"], 0, 1)
    ({'joy': '0.9', 'fear': '0.2'}, None)
    """
    if max(names_at, values_at) >= len(row) or not row[names_at].lstrip().startswith(("[", "(")):
        return None
    values, names = vector(row[values_at]), read_entries(row[names_at])
    if values is None or names is None or len(names) != len(values) or any(value is not None for _, value in names):
        return None
    scores = {name: value for (name, _), value in zip(names, values, strict=True)}
    return scores if len(scores) == len(values) else None


def _parsed(text: str) -> object:
    """Return the value of JSON, or of the list that Python prints."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(_SCALAR.sub(r"\1", text))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
