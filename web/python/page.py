"""What the page asks of the package: check the files that were dropped, fix and pack them, score them.

The worker writes the files into a folder of the file system in memory and calls `run`, which takes and returns JSON
texts, so that no object has to be converted.
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remedies import in_page

from semeval_emo import __version__
from semeval_emo.data.gold import gold_for
from semeval_emo.errors import EmoError, InputError, MissingExtra
from semeval_emo.submission import FixReport, Predictions, Report, entry, fix, pack, read_submission, validate
from semeval_emo.submission.packing import archive_name, zip_bytes
from semeval_emo.submission.scorers.outcome import columns, f1, pearson
from semeval_emo.task import FileSpec, Task, find_task, load_task, short_hash, task_files
from semeval_emo.text import printable

GOLD, IDS, ZIPS = "gold", "ids", "zips"
"""Folders: the gold labels that were dropped, the file with ids, and the zips that were packed."""
MOST_GOLD = 200 << 20
"""The most bytes that a zip of gold labels may have when it is unpacked."""
EXAMPLES = 5
"""The most examples of each problem."""
WORDS = ("message", "fix", "title", "explanation", "repair", "why", "done", "error", "notes")
"""The keys of messages."""


def describe() -> str:
    """Return what the options of the page offer, as JSON: the version and the tasks, with their tracks and releases."""
    tasks = []
    for name in task_files():
        task = load_task(name)
        releases = [key for key, release in task.releases.items() if not release.refused]
        tasks.append({"name": name, "title": task.title, "tracks": list(task.tracks), "releases": releases})
    return json.dumps({"version": __version__, "tasks": tasks})


def run(home: str, request: str) -> str:
    """Check the files in a folder.

    Args:
        home: the folder, with the gold labels in its folder `GOLD`.
        request: JSON: ``files``, ``gold`` and ``ids``, the paths in these folders, and ``options``: the values of
            `remedies.OPTIONS`; empty texts are the defaults.

    Returns:
        JSON: what `check` returns, or ``error`` and ``fix``; and ``seconds``.
    """
    asked = json.loads(request)
    began = time.perf_counter()
    with contextlib.chdir(home):
        try:
            options = asked["options"] | ({"ids-from": f"{IDS}/{asked['ids'][0]}"} if asked["ids"] else {})
            result = check(asked["files"], gold_source(asked["gold"]), options)
        except MissingExtra as error:
            feature = error.message.partition(" needs ")[0]
            result = {"error": f"{feature} is not possible in this page.", "fix": "write it as CSV"}
        except EmoError as error:
            result = _error(error)
    return json.dumps(_in_page(result) | {"seconds": time.perf_counter() - began}, allow_nan=False)


def forget(home: str) -> None:
    """Remove the folder of a check."""
    shutil.rmtree(home, ignore_errors=True)


def check(paths: Sequence[str], gold: Path | None, options: Mapping[str, str]) -> dict[str, Any]:
    """Validate, fix, pack and score some files; paths are relative to the current folder.

    Raises:
        EmoError: the files cannot be read, or an option is wrong.
    """
    chosen = {name: options.get(name) or None for name in ("task", "track", "release")}
    report = _validated(paths, gold, chosen)
    task = find_task(report.task) or load_task(options.get("task"))
    fixed = _fixed(report, paths, options, chosen)
    good = [fixed.out] if fixed is not None and fixed.out else list(paths)
    predictions = read_submission(good, **chosen).predictions
    scores, errors, warnings = _scores(predictions, task, gold)
    zips, refused = _zips(predictions, good, chosen)
    return {
        "report": report.to_dict(),
        "problems": _problems(report, fixed),
        "fixed": None if fixed is None else fixed.to_dict(),
        "downloads": [*_downloads(fixed), *zips],
        "not_packed": refused,
        "scores": scores,
        "means": _means(scores),
        "gold_errors": [*errors, *([] if gold is None else _not_scored(report, predictions))],
        "warnings": [*warnings, *_gold_as_predictions(predictions)],
        "official_fixed": _official_of_zips(fixed, zips, gold, chosen),
    }


def _validated(paths: Sequence[str], gold: Path | None, chosen: Any) -> Report:
    """Return the report of some files, without the scores of the official scorers if gold labels are missing."""
    try:
        return validate(list(paths), **chosen, gold=gold, unverified_gold=True)
    except EmoError:
        if gold is None:
            raise
        # `_scores` says what is wrong with the gold labels.
        return validate(list(paths), **chosen)


def gold_source(names: Sequence[str]) -> Path | None:
    """Return what the gold labels are loaded from: the file, or the folder with all that was dropped, unpacked.

    Raises:
        EmoError: a zip cannot be read, or is too large.
    """
    paths = [Path(GOLD, name) for name in names]
    zips = [path for path in paths if path.suffix.lower() == ".zip"]
    for path in zips:
        _unpack(path)
    return paths[0] if len(paths) == 1 and not zips else Path(GOLD) if paths else None


def _unpack(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_GOLD:
                raise InputError(
                    f"{path.name} has more than {MOST_GOLD >> 20} MiB.", "drop only the files of gold labels"
                )
            archive.extractall(path.parent)
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise InputError(f"{path.name} cannot be unpacked: {error}.", "drop the CSV files of gold labels") from error


def _fixed(report: Report, paths: Sequence[str], options: Mapping[str, str], chosen: Any) -> FixReport | None:
    """Fix the files if there is something to fix."""
    if not report.counts:
        return None
    given = {name: value.strip() for name, value in options.items()}
    return fix(
        list(paths),
        threshold=given.get("threshold") or None,
        scores=given.get("scores", ""),
        cuts=given.get("cuts") or (),
        words=[given["map"]] if given.get("map") else (),
        order=given["order"].split(",") if given.get("order") else (),
        column=given.get("label-column", ""),
        ids_from=given.get("ids-from") or None,
        unverified_texts=bool(given.get("unverified-texts")),
        **chosen,
    )


def _problems(report: Report, fixed: FixReport | None) -> list[dict[str, Any]]:
    """Return the problems of each file by code, with the title, the repair, and examples with their lines.

    ``is_fixed`` is whether the new files are without them: a repair waits if its file has others to fix by hand.
    """
    groups = []
    written = fixed if fixed is not None and fixed.out else None
    done = {(change.file, change.code): change.done for change in written.changes} if written else {}
    for file in report.files:
        by_code: dict[str, list[Any]] = {}
        for problem in report.problems_of(file.file):
            by_code.setdefault(problem.code, []).append(problem)
        for code, problems in by_code.items():
            count, shown = file.counts.get(code, len(problems)), problems[:EXAMPLES]
            repair = done.get((file.file, code), file.repairs.get(code, ""))
            is_fixed = (file.file, code) in done or bool(repair and written and written.ok)
            groups.append({
                "file": file.file, "code": code, "title": entry(code).title, "severity": entry(code).severity.value,
                "count": count, "more": max(0, count - sum(one.count for one in shown)),
                "repair": repair, "is_fixed": is_fixed, "explanation": entry(code).explanation,
                "examples": [
                    {"line": one.line, "column": one.column, "message": printable(one.message, 400), "fix": one.fix}
                    for one in shown
                ],
            })  # fmt: skip
    return groups


def _official_of_zips(
    fixed: FixReport | None, zips: Sequence[Mapping[str, Any]], gold: Path | None, chosen: Any
) -> list[Any]:
    """Return what the official scorers do with each zip, if its files are not those that were dropped."""
    if fixed is None or not fixed.out:
        return []
    reports = [_validated([own["path"]], gold, chosen | {"track": None}) for own in zips]
    return [outcome.to_dict() for report in reports for outcome in report.official]


def _downloads(fixed: FixReport | None) -> list[dict[str, Any]]:
    """Return the new file, or one zip of them if there are several."""
    if fixed is None or not fixed.written:
        return []
    paths = [Path(file.path) for file in fixed.written]
    if len(paths) > 1:
        target = Path(ZIPS, "fixed.zip")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(zip_bytes({path.as_posix(): path.read_bytes() for path in paths}))
        paths = [target]
    return [{"kind": "fixed", "name": paths[0].name, "path": str(paths[0].resolve()), "files": len(fixed.written)}]


def _zips(predictions: Sequence[Predictions], paths: Sequence[str], chosen: Any) -> tuple[list[Any], list[Any]]:
    """Pack the files of each track, which is what a competition takes; return the zips, and why there is none."""
    zips, refused = [], []
    for track, split in dict.fromkeys((own.spec.track, own.spec.split) for own in predictions):
        specs = [own.spec for own in predictions if (own.spec.track, own.spec.split) == (track, split)]
        target = Path(ZIPS, split, track, archive_name(specs))
        target.parent.mkdir(parents=True, exist_ok=True)
        own_place = chosen | {"track": track, "split": split}
        try:
            packed = pack(list(paths), target, **own_place, skip_invalid=True)
        except EmoError as error:
            refused.append(_error(error))
            continue
        zips.append({
            "kind": "zip", "name": target.name, "path": str(target.resolve()), "files": len(packed.files),
            "notes": list(packed.notes),
        })  # fmt: skip
    return zips, refused


def _scores(
    predictions: Sequence[Predictions], task: Task, gold: Path | None
) -> tuple[list[dict[str, Any]], list[dict[str, str]], list[str]]:
    """Return the scores of each file, why some have none, and the warnings on unverified gold labels."""
    scores, errors, warnings = [], [], []
    for own in predictions if gold is not None else ():
        try:
            labels = gold_for(own.spec, task, gold, unverified_gold=True)
        except EmoError as error:
            errors.append(_error(error) | {"place": own.spec.place})
            continue
        rows = dict(zip(labels.ids, labels.labels.tolist(), strict=True))
        values = score_of(own.spec, [rows[text_id] for text_id in own.spec.ids], own.values.tolist())
        spec = own.spec
        group = f"{spec.release} track {spec.track} {spec.split}"
        scores.append({"file": own.path, "place": spec.place, "group": group, "language": spec.language} | values)
        if labels.unverified:
            warnings.append(labels.unverified)
    return scores, errors, list(dict.fromkeys(warnings))


def _not_scored(report: Report, predictions: Sequence[Predictions]) -> list[dict[str, str]]:
    """Return the files of the task that have no score because their errors are not fixed."""
    read = {own.spec.place for own in predictions}
    places = [
        place
        for file in report.files
        if file.kind == "predictions"
        for place in [part.spec.place for part in file.parts] or [file.file]
        if place not in read
    ]
    why = "It has errors; it is scored once they are fixed."
    return [{"place": place, "error": why, "fix": ""} for place in dict.fromkeys(places)]


def _means(scores: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the mean over the languages of each track, where there are several and each has one file."""
    means = []
    for group in dict.fromkeys(score["group"] for score in scores):
        own = [score for score in scores if score["group"] == group]
        languages = {score["language"] for score in own}
        if 1 < len(languages) == len(own):
            mean = math.fsum(score["score"] for score in own) / len(own)
            means.append({"group": group, "languages": len(own), "metric": own[0]["metric"], "score": mean})
    return means


def _gold_as_predictions(predictions: Sequence[Predictions]) -> list[str]:
    """Return a warning for each file of gold labels among the predictions: it was dropped in the wrong place."""
    warnings = []
    for own in predictions:
        rows = zip(own.spec.ids, own.values.tolist(), strict=True)
        lines = sorted(f"{text_id}\t" + "\t".join(map(str, row)) for text_id, row in rows)
        if own.spec.labels_hash and short_hash(lines) == own.spec.labels_hash:
            warnings.append(
                f"The gold labels of {own.spec.place} are among the prediction files. To score files with them, drop "
                "them on Gold labels."
            )
    return warnings


def score_of(spec: FileSpec, gold: Sequence[Sequence[int]], predicted: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Return the official metric of a file, its value for each emotion, and micro F1 on tracks of binary labels.

    The values are those of `semeval_emo.score`: Pearson's r of a constant column is 0, or 1 if both columns are equal.
    """
    by_emotion = list(zip(columns(gold), columns(predicted), strict=True))
    is_intensity = len(spec.values) > 2
    values = [_pearson(a, b) if is_intensity else f1(a, b) for a, b in by_emotion]
    result = {
        "metric": "Pearson r" if is_intensity else "macro F1",
        "score": math.fsum(values) / len(values), "each": "r" if is_intensity else "F1",
        "emotions": dict(zip(spec.emotions, values, strict=True)),
    }  # fmt: skip
    if not is_intensity:
        every = [tuple(cell for column in side for cell in column) for side in zip(*by_emotion, strict=True)]
        result["others"] = {"micro F1": f1(every[0], every[1])}
    return result


def _pearson(gold: Sequence[int], predicted: Sequence[int]) -> float:
    r = pearson(gold, predicted)
    return float(gold == predicted) if math.isnan(r) else r


def _error(error: EmoError) -> dict[str, str]:
    return {"error": error.message, "fix": error.fix or ""}


def _in_page(result: Any) -> Any:
    """Return a result with its messages in the words of the page."""
    if isinstance(result, list):
        return [_in_page(one) for one in result]
    if not isinstance(result, dict):
        return result
    return {key: _words(value) if key in WORDS else _in_page(value) for key, value in result.items()}


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return [_words(one) for one in value]
    return in_page(value) if isinstance(value, str) else value
