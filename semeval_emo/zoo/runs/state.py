"""The JSON files of a run folder, read with every value checked, so that a damaged file is an error with its name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from semeval_emo.errors import InputError
from semeval_emo.files import read_utf8
from semeval_emo.parse import ShapeError, build, expect, member, members, parse_json, read_json
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.constant_predictions import ConstantPredictions
from semeval_emo.zoo.selection.thresholds import parse_thresholds

# States of a run, in order.
TRAINING = "training"
TRAINED = "trained"
DONE = "done"

FIX = "--fresh deletes the run and starts again"
_DONE_KEYS = ("data", "versions", "seconds", "sizes", "kept", "thresholds", "dev")


def read_state(path: Path) -> dict[str, Any] | None:
    """Return the content of ``run.json``; None if there is no file.

    Raises:
        InputError: it is not the state of a run.
    """
    return _read(path, _check_state)


def read_score(path: Path) -> dict[str, Any] | None:
    """Return the content of ``score.json``; None if there is no file.

    Raises:
        InputError: it is not a scorecard.
    """
    return _read(path, _check_score)


def read_failure(path: Path) -> dict[str, Any] | None:
    """Return the content of ``failure.json``; None if there is no file.

    Raises:
        InputError: it does not say why training failed.
    """
    return _read(path, _check_failure)


def read_stored_recipe(path: Path) -> dict[str, Any] | None:
    """Return the content of ``recipe.json``; None if there is no file.

    Raises:
        InputError: it does not contain a resolved recipe.
    """
    return _read(path, _check_recipe)


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of ``metrics.jsonl`` in a run folder; empty if there is none.

    Raises:
        InputError: they cannot be read.
    """
    path = folder / "metrics.jsonl"
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(read_utf8(path, fix=FIX).split("\n"), 1):
        if line:
            row = parse_json(line, str(path), FIX)
            try:
                _check_row(row)
            except ShapeError as error:
                raise InputError(f"{path} cannot be read: line {number}: {error}.", FIX) from error
            rows.append(row)
    return rows


def check_finished(path: Path, state: dict[str, Any], rows: list[dict[str, Any]], recipe: Recipe) -> None:
    """Check that the state of a finished run is complete and fits its recipe and metrics.

    Args:
        path: the run folder.
        rows: the lines of ``metrics.jsonl``.

    Raises:
        InputError: it does not.
    """
    select = recipe.select
    try:
        for key in _DONE_KEYS:
            if key not in state:
                raise ShapeError(f"the key '{key}' is missing")
        if select.metric not in state["dev"]:
            raise ShapeError(f"'dev' has no {select.metric}")
        if "emotions" in state and len(state["emotions"]) != len(state["thresholds"]):
            raise ShapeError("'thresholds' and 'emotions' have different lengths")
    except ShapeError as error:
        raise _unreadable(str(path / "run.json"), error) from error
    try:
        if rows and not 1 <= state["kept"] <= len(rows):
            raise ShapeError(f"it has no epoch {state['kept']}")
        if select.split == "folds":
            member(member(rows[state["kept"] - 1] if rows else {}, "folds", dict), select.metric, float, where="folds")
    except ShapeError as error:
        raise _unreadable(str(path / "metrics.jsonl"), error) from error


def _read(path: Path, check: Any) -> dict[str, Any] | None:
    if not path.exists():
        return None
    content = read_json(path, fix=FIX)
    try:
        check(content)
    except ShapeError as error:
        raise _unreadable(str(path), error) from error
    return content


def _unreadable(shown: str, error: Exception) -> InputError:
    return InputError(f"{shown} cannot be read: {error}.", FIX)


def _check_state(state: Any) -> None:
    status = member(state, "status", str)
    if status not in (TRAINING, TRAINED, DONE):
        raise ShapeError(f"'status' is neither {TRAINING}, {TRAINED} nor {DONE}")
    for key in ("task", "hash", "commit", "machine", "shares", "source"):
        member(state, key, str, "")
    for key in ("data", "versions"):
        _check_table(state, key, str)
    for key in ("emotions", "unverified_gold"):
        members(state, key, str, [])
    member(state, "seed", int, 0)
    _number(member(state, "seconds", float, 0.0), "seconds")
    # 0 without metrics.
    if member(state, "kept", int, 0) < 0:
        raise ShapeError("'kept' is below 0")
    if state.get("sizes") is not None and (len(members(state, "sizes", int)) != 2 or min(state["sizes"]) < 0):
        raise ShapeError("'sizes' is not a pair of numbers of parameters")
    if "thresholds" in state:
        parse_thresholds(state["thresholds"])
    _check_table(state, "dev", float)
    if "constant" in state:
        build(ConstantPredictions, state["constant"], "constant")
    if state.get("overlap") is not None:
        overlap = member(state, "overlap", dict)
        for key in ("exact", "normalised"):
            member(overlap, key, int, where="overlap")
        if "without" not in overlap:
            raise ShapeError("the key 'overlap.without' is missing")
        if overlap["without"] is not None:
            _check_table(overlap, "without", float)
    for number, row in enumerate(members(state, "members", dict, [])):
        where = f"members[{number}]"
        for key in ("run", "recipe_hash"):
            member(row, key, str, where=where)
        _number(member(row, "seconds", float, where=where), where)
        member(row, "seed", int, 0, where)
        if row.keys() - {"run", "recipe_hash", "seconds", "seed"}:
            raise ShapeError(f"'{where}' has unknown keys")


def _check_score(card: Any) -> None:
    _number(member(card, "score", float), "score")
    for key in ("task", "release", "track", "language", "split", "metric", "signature"):
        member(card, key, str, "")


def _check_failure(content: Any) -> None:
    for key in ("message", "fix", "log"):
        member(content, key, str)
    member(content, "exit_code", int)


def _check_recipe(content: Any) -> None:
    member(content, "resolved", dict)
    member(content, "settings", dict, {})


def _check_row(row: Any) -> None:
    for key, value in expect(row, dict, "it").items():
        for name, number in value.items() if isinstance(value, dict) else {key: value}.items():
            # Settings of a grid may be of any type; metrics are numbers.
            if isinstance(value, dict) or key in ("epoch", "loss", "seconds"):
                expect(number, float, f"{key}.{name}" if isinstance(value, dict) else key)
            elif isinstance(number, list):
                raise ShapeError(f"'{key}' is a list")


def _check_table(table: Any, key: str, kind: type) -> None:
    for name, value in member(table, key, dict, {}).items():
        checked = expect(value, kind, f"{key}.{name}")
        if kind is float:
            _number(checked, f"{key}.{name}")


def _number(value: float, where: str) -> None:
    if not math.isfinite(value):
        raise ShapeError(f"'{where}' is {value}, expected a finite number")
