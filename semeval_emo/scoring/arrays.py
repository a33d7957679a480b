"""Labels in memory: lists, NumPy arrays, tensors, frames and columns of data sets, checked and paired row by row.

Third-party types are recognised by their methods, so none of these packages is imported here.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeval_emo.data import Gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring.matrix import EXAMPLE, label_of, matrix
from semeval_emo.submission import Predictions
from semeval_emo.submission.identify import task_of
from semeval_emo.tables.decisions import OTHER
from semeval_emo.tables.frames import Thresholds, column_names, has_ids, ids_of, is_frame, kind_of, with_id_column
from semeval_emo.task import ARRAYS, FileKey, FileSpec, IdBlock, Language, Release, Task, Track
from semeval_emo.text import printable

LABELS, INTENSITIES = "labels", "intensities"
HIGHEST, USUAL = 100, 3
LOOKED_AT = 50
"""Number of ids that decide whether gold labels belong to a task."""
NOT_LABELS = ("id", "text")


def is_array(values: Any) -> bool:
    """Return whether a value holds labels row by row: an array, a tensor, a column, a sequence of rows or numbers."""
    if isinstance(values, str | bytes | os.PathLike | Mapping | Predictions | Gold) or is_frame(values):
        return False
    if hasattr(values, "__array__") or hasattr(values, "detach") or hasattr(values, "toarray"):
        return True
    if not (hasattr(values, "__len__") and hasattr(values, "__getitem__")) or not len(values):
        return False
    first = values[0]
    return isinstance(first, bool | int | float) or (
        isinstance(first, Collection) and not isinstance(first, str | bytes | Mapping)
        if not hasattr(first, "__array__")
        else True
    )


def arrays_of(values: Any, gold: Any, emotions: Sequence[str] | None = None) -> dict[str, Any]:
    """Return labels in memory by name; empty for paths, and for frames with ids of a task.

    Args:
        values: labels, or several by name, such as ``{"bert": y_bert, "tfidf": y_tfidf}``.
        gold: the gold labels.
        emotions: a dictionary with these keys is one table of columns.
    """
    own_ids = _has_own_ids(gold)
    if _has_rows(values, own_ids):
        return {"y_pred": values}
    if isinstance(values, Mapping) and values:
        if emotions is not None and set(emotions) <= set(values):
            return {"y_pred": values}
        if all(_has_rows(own, own_ids) for own in values.values()):
            return {str(name): own for name, own in values.items()}
    return {}


def system_arrays(systems: Any, gold: Any) -> dict[str, list[Any]]:
    """Return the runs of systems in memory by name; empty for paths, and for frames with ids of a task.

    Args:
        systems: labels by name, or lists of them, the runs of a system; or labels without names.
    """
    own_ids = _has_own_ids(gold)
    if isinstance(systems, list | tuple) and systems and all(map(_is_table, systems)):
        systems = {f"system {at}": own for at, own in enumerate(systems, 1)}
    elif is_array(systems):
        systems = {"y_pred": systems}
    if not isinstance(systems, Mapping) or not systems:
        return {}
    runs = {
        str(name): list(own) if isinstance(own, list | tuple) and own and all(map(_is_table, own)) else [own]
        for name, own in systems.items()
    }
    return runs if all(_has_rows(own, own_ids) for several in runs.values() for own in several) else {}


def _has_rows(values: Any, own_ids: bool) -> bool:
    """Return whether labels are compared with the gold labels without a task: they have no ids, or not those of one."""
    return is_array(values) or (is_frame(values) and (own_ids or not has_ids(values)))


def _has_own_ids(gold: Any) -> bool:
    """Return whether gold labels are a frame with ids that belong to no known task."""
    if not is_frame(gold) or not has_ids(gold):
        return False
    return task_of(ids_of(with_id_column(gold))[:LOOKED_AT]) is None


def _is_table(values: Any) -> bool:
    """Return whether a value is one table of rows and columns, and not a list of them."""
    return getattr(values, "ndim", 0) == 2 or is_frame(values)


def _joined(y_pred: Any, y_true: Any, name: str) -> tuple[Any, Any]:
    """Return two frames with ids row by row, in the order of the gold labels; other values as they are."""
    if not all(is_frame(values) and has_ids(values) for values in (y_pred, y_true)):
        return y_pred, y_true
    predicted, gold = with_id_column(y_pred), with_id_column(y_true)
    ids, wanted = ids_of(predicted), ids_of(gold)
    for own, shown in ((ids, name), (wanted, "y_true")):
        if len(set(own)) < len(own):
            twice = next(text_id for text_id in own if own.count(text_id) > 1)
            raise InputError(f"{shown} has the id '{printable(twice)}' twice.", "keep one row for each text")
    if set(ids) != set(wanted):
        missing = [text_id for text_id in wanted if text_id not in set(ids)]
        found = (
            f"{len(missing):,} of {len(wanted):,} {'is' if len(missing) == 1 else 'are'} missing, such as"
            f" {printable(missing[0])}"
            if missing
            else f"{len(ids) - len(wanted):,} more, such as {printable(next(i for i in ids if i not in set(wanted)))}"
        )
        raise InputError(f"{name} has not the ids of y_true: {found}.", "predict each text of the gold labels once")
    at = {text_id: row for row, text_id in enumerate(ids)}
    return predicted.iloc[[at[text_id] for text_id in wanted]].reset_index(drop=True), gold.reset_index(drop=True)


def one_of(value: Any, other: Any, name: str, call: str = "score(y_pred, y_true)") -> Any:
    """Return the argument that was given under one of two names.

    Raises:
        UsageError: it was given under both.
    """
    if other is None:
        return value
    if value is None:
        return other
    raise UsageError(f"{name} is given twice.", f"the order is {call}; or name the arguments")


def paired(
    y_pred: Any,
    y_true: Any,
    emotions: Sequence[str] | None = None,
    *,
    threshold: Thresholds | None = None,
    intensity: bool | None = None,
    name: str = "y_pred",
) -> tuple[FileSpec, NDArray[np.int8], NDArray[np.int8]]:
    """Check predictions and gold labels in memory.

    Args:
        y_pred, y_true: shape (texts, emotions): 0 and 1, or intensities from 0; the same texts in the same order.
        emotions: names of the columns. By default those of a frame, else ``label_0``, ``label_1``, ...
        threshold: converts probabilities to labels: 1 from this value on; one number, or one for each emotion.
        intensity: whether the labels are intensities; by default if `y_true` has a value above 1.
        name: of the predictions, in messages.

    Returns:
        A file of `array_task`, the predictions and the gold labels.

    Raises:
        InputError: the values are not labels, or the shapes differ.
        UsageError: an unknown emotion.

    >>> spec, predicted, gold = paired([[1, 0], [0.9, 0.2]], [[1, 0], [1, 1]], ["joy", "fear"], threshold=0.5)
    >>> predicted.tolist(), spec.emotions
    ([[1, 0], [1, 0]], ('joy', 'fear'))
    """
    y_pred, y_true = _joined(y_pred, y_true, name)
    names = _names(emotions, y_true, y_pred, name)
    _check_index(y_pred, y_true, name)
    gold, predicted = matrix(y_true, "y_true", names), matrix(y_pred, name, names)
    if gold.shape[1] != predicted.shape[1]:
        raise InputError(
            f"{name} has {predicted.shape[1]} columns and y_true {gold.shape[1]}.",
            "pass a column for each emotion, in the same order",
        )
    names = names or tuple(f"label_{i}" for i in range(gold.shape[1]))
    if len(gold) != len(predicted):
        raise InputError(
            f"{name} has {len(predicted):,} rows and y_true {len(gold):,}.",
            "pass the same texts in the same order; frames with an id column are joined by their ids",
        )
    if not len(gold):
        raise InputError("y_true has no rows.", EXAMPLE)
    if threshold is not None:
        cuts = _thresholds(threshold, names, predicted, name)
        # In the precision of the probabilities: 0.7 of 32 bits reaches a threshold of 0.7.
        predicted = predicted >= (cuts.astype(predicted.dtype) if predicted.dtype.kind == "f" else cuts)
    top = gold.max()
    if intensity is None:
        intensity = bool(top > 1)
    if intensity:
        top = max(USUAL, int(min(max(top, predicted.max()), HIGHEST)))
    _check_values(gold, "y_true", names, int(top) if intensity else 1)
    _check_values(predicted, name, names, int(top) if intensity else 1)
    spec = _spec(names, len(gold), int(top) + 1 if intensity else 2)
    return spec, predicted.astype(np.int8), gold.astype(np.int8)


def array_systems(
    systems: Mapping[str, Any],
    gold: Any,
    emotions: Sequence[str] | None = None,
    *,
    threshold: Thresholds | None = None,
    intensity: bool | None = None,
) -> tuple[list[Predictions], Gold, Task | None]:
    """Return predictions and gold labels in memory as the objects that files are read into.

    Args:
        systems: the predictions by name. Other arguments are those of `paired`; `gold` can also be a `Gold`.

    Returns:
        The predictions, the gold labels, and the task that both belong to (None for a `Gold`).

    Raises:
        InputError, UsageError: as for `paired`; there are no gold labels.
    """
    first = next(iter(systems), "y_pred")
    if gold is None:
        raise InputError(
            f"{first} has no ids, so its gold labels cannot be looked up.",
            f"pass them: {EXAMPLE}; or pass a frame with an id column",
        )
    if isinstance(gold, str | os.PathLike):
        raise InputError(
            f"{first} has no ids, so its rows cannot be joined to {os.fspath(gold)}.",
            "pass a frame with an id column, or the labels of the file row by row",
        )
    if isinstance(gold, Gold):
        return _in_order_of_gold(systems, gold, emotions, threshold), gold, None
    results: list[Predictions] = []
    for name, values in systems.items():
        spec, predicted, labels = paired(values, gold, emotions, threshold=threshold, intensity=intensity, name=name)
        results.append(Predictions(spec, predicted, name, (spec.release,)))
    if len({file.spec for file in results}) > 1:
        raise InputError("The predictions have different emotions or values.", "name the columns: emotions=[...]")
    texts = _texts(gold)
    return results, Gold(spec, spec.ids, texts, labels, "y_true", (spec.release,)), array_task(spec)


def _in_order_of_gold(
    systems: Mapping[str, Any], gold: Gold, emotions: Sequence[str] | None, threshold: Thresholds | None
) -> list[Predictions]:
    """Return predictions whose rows are those of loaded gold labels, in its order."""
    names = gold.spec.emotions
    if emotions is None or set(emotions) != set(names):
        raise UsageError(
            f"An array has no names of columns, and the gold labels are {', '.join(names)}.",
            f"name the columns of the predictions in their order: emotions={list(names)}",
        )
    order = [list(emotions).index(name) for name in names]
    labels = gold.labels[:, [names.index(name) for name in emotions]]
    results = []
    for name, values in systems.items():
        intensity = len(gold.spec.values) > 2
        _, predicted, _ = paired(values, labels, emotions, threshold=threshold, intensity=intensity, name=name)
        results.append(Predictions(gold.spec, predicted[:, order], name, gold.releases))
    return results


def _texts(gold: Any) -> tuple[str, ...] | None:
    """Return the texts of a frame of gold labels: rows with the same text form a cluster of intervals and tests."""
    if not is_frame(gold) or "text" not in column_names(gold):
        return None
    # `paired` keeps the order of the gold labels.
    return tuple(map(str, gold["text"]))


def array_task(spec: FileSpec) -> Task:
    """Return a task whose only file has the rows and emotions of arrays."""
    is_intensity = len(spec.values) > 2
    metric = "pearson" if is_intensity else "macro_f1"
    track = Track(spec.track, f"{spec.track} in memory", spec.values, (metric,), "mean over emotions", spec.track)
    return Task(
        key=ARRAYS,
        title="arrays in memory",
        emotions=spec.emotions,
        tracks={spec.track: track},
        languages={spec.language: Language(spec.language, "Undetermined", "", "")},
        releases={ARRAYS: Release(ARRAYS, "arrays in memory", "", "", specs={spec.key: spec})},
        default_release=ARRAYS,
        aliases={},
    )


def _spec(emotions: tuple[str, ...], rows: int, values: int) -> FileSpec:
    key = FileKey(INTENSITIES if values > 2 else LABELS, "und", "test")
    return FileSpec(
        task=ARRAYS,
        release=ARRAYS,
        **key._asdict(),
        emotions=emotions,
        values=tuple(map(str, range(values))),
        blocks=(IdBlock("row_", 0, 1, rows),),
    )


def _names(emotions: Sequence[str] | None, y_true: Any, y_pred: Any, name: str) -> tuple[str, ...]:
    """Return the names of the columns; empty if nothing names them."""
    if emotions is not None:
        return checked_names(emotions)
    frames = [(values, own) for values, own in ((y_true, "y_true"), (y_pred, name)) if is_frame(values)]
    columns = [tuple(own for own in column_names(values) if str(own).lower() not in NOT_LABELS) for values, _ in frames]
    if len(columns) == 2 and set(columns[0]) != set(columns[1]):
        raise InputError(
            f"y_true has the columns {', '.join(map(str, columns[0]))}, and {name} {', '.join(map(str, columns[1]))}.",
            'name the columns of the labels: emotions=["anger", "fear"]',
        )
    return tuple(map(str, columns[0])) if columns else ()


def checked_names(emotions: Any) -> tuple[str, ...]:
    """Return the names of columns.

    Raises:
        UsageError: they are not different names.
    """
    names = tuple(emotions) if isinstance(emotions, Iterable) and not isinstance(emotions, str) else ()
    if not names or not all(isinstance(own, str) for own in names) or len(set(names)) < len(names):
        raise UsageError(f"emotions is {kind_of(emotions)}.", 'name each column once: emotions=["anger", "fear"]')
    return names


def _check_index(y_pred: Any, y_true: Any, name: str) -> None:
    """Check that two frames with the same index have it in the same order."""
    first, second = getattr(y_pred, "index", None), getattr(y_true, "index", None)
    if first is None or second is None or callable(first) or callable(second) or len(first) != len(second):
        return
    if list(first) != list(second) and set(first) == set(second):
        raise InputError(
            f"{name} and y_true have the same index in different orders, and rows are compared by position.",
            f"sort one like the other: {name}.loc[y_true.index]",
        )


def _thresholds(
    threshold: Thresholds, names: tuple[str, ...], predicted: NDArray[Any], name: str
) -> NDArray[np.float64]:
    cuts = threshold_row(threshold, names)
    if predicted.min() < 0 or predicted.max() > 1:
        outside = predicted[(predicted < 0) | (predicted > 1)][0]
        raise InputError(
            f"{name} has {outside:g}, which is not a probability, so it has no threshold.",
            "convert logits first: 1 / (1 + numpy.exp(-y_pred))",
        )
    return cuts


def threshold_row(threshold: Thresholds, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the threshold of each emotion.

    Args:
        threshold: one number, one for each emotion in order, or by name, with `other` for those that are not named.

    Raises:
        UsageError: an emotion has none, or it is not between 0 and 1.
    """
    values: list[Any]
    if isinstance(threshold, Mapping):
        if OTHER in threshold and OTHER not in names:
            threshold = dict.fromkeys(names, threshold[OTHER]) | {k: v for k, v in threshold.items() if k != OTHER}
        unknown = [own for own in threshold if own not in names]
        missing = [own for own in names if own not in threshold]
        if unknown or missing:
            found = f"'{printable(str(unknown[0]))}' is not an emotion" if unknown else f"'{missing[0]}' has none"
            raise UsageError(f"The thresholds do not fit the emotions: {found}.", f"name each of {', '.join(names)}")
        values = [threshold[own] for own in names]
    elif isinstance(threshold, list | tuple | np.ndarray):
        values = list(threshold)
        if len(values) != len(names):
            raise UsageError(
                f"There are {len(values)} thresholds for {len(names)} emotions.",
                f"pass one for each, in this order: {', '.join(names)}",
            )
    else:
        values = [threshold] * len(names)
    if not all(isinstance(cut, int | float | np.number) and 0 < cut < 1 for cut in values):
        raise UsageError(
            f"A threshold is a number between 0 and 1, not {kind_of(threshold)}.",
            "use one number such as 0.5, or one for each emotion: {'joy': 0.4, 'fear': 0.5}",
        )
    return np.array(values, float)


def _check_values(array: NDArray[Any], name: str, names: tuple[str, ...], top: int) -> None:
    """Check that all values are integers from 0 to `top`."""
    if array.dtype.kind == "b":
        return
    bad = (array < 0) | (array > top) | (array != np.floor(array))
    if not bad.any():
        return
    row, column = np.argwhere(bad)[0]
    value = array[row, column].item()
    allowed = "0 or 1" if top == 1 else f"0 to {top}"
    message = f"{name} is {value:g} in row {row}, column {label_of(column, names)}, expected {allowed}."
    if name == "y_true":
        fix = (
            "gold labels are integers; the order is score(y_pred, y_true), or name them: score(y_pred=..., y_true=...)"
        )
    elif top > 1:
        fix = f"round the outputs first: numpy.rint(y_pred).clip(0, {top}).astype(int)"
    elif array.min() >= 0 and array.max() <= 1:
        fix = "these are probabilities: pass threshold=0.5, or one for each emotion: threshold={'joy': 0.4, ...}"
    elif float(value).is_integer() and value > 1:
        fix = "y_true has only 0 and 1; if these are intensities, pass track='b'"
    else:
        fix = "these are logits: pass 1 / (1 + numpy.exp(-y_pred)) and threshold=0.5"
    raise InputError(message, fix)
