"""The scoring.py of the competitions on Codabench (2026), step by step.

The scorer gets the unpacked zip, and any problem fails the whole submission. Comments name its rules.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import PurePosixPath

from semeval_emo.submission.scorers.outcome import (
    Crashed,
    HandedFolder,
    Reference,
    Rejected,
    Score,
    at_lines,
    columns,
    f1,
    pearson,
    shown,
)
from semeval_emo.task import FileSpec
from semeval_emo.text import alternatives, listed, plural

KEY = "codabench-2026"
DIGITS = 6


def score(folder: HandedFolder, reference: Reference) -> tuple[list[Score], list[str]]:
    """Return the score of each language, and notes.

    Raises:
        Rejected, Crashed: the scorer stops there.
    """
    # Every pred_*.csv at any depth, in hidden folders too; of several files for a language, the last path is read.
    paths: dict[str, list[str]] = {}
    for path in sorted((path.rstrip("/") for path in folder.paths), key=lambda path: PurePosixPath(path).parts):
        *folders, name = PurePosixPath(path).parts
        if name.startswith("pred_") and name.endswith(".csv") and "__MACOSX" not in folders:
            paths.setdefault(name.removesuffix(".csv").removeprefix("pred_"), []).append(path)
    if not paths:
        raise Rejected("no file is named pred_<language>.csv")
    unknown = sorted(code for code in paths if code not in reference.languages or reference.spec(code) is None)
    if unknown:
        codes = listed(f"'{shown(code)}'" for code in unknown)
        whole = f", so it fails the whole submission, all {len(paths)} files" if len(paths) > 1 else ""
        raise Rejected(f"its track {reference.track} has no language {codes} ({shown(paths[unknown[0]][-1])}){whole}")
    scores = []
    for code in sorted(paths):
        *unread, path = paths[code]
        spec = reference.spec(code)
        assert spec is not None
        result = Score(code, reference.task.tracks[reference.track])
        if not reference.is_canonical(folder, path, spec):
            _evaluate(result, folder, path, spec, reference)
        # A file of another track is not meant for this competition.
        own = {other: folder.canonical.get(other, spec).track for other in unread if f"{other}/" not in folder.path_set}
        if unread := [other for other, track in own.items() if track == reference.track]:
            result.wrong.append(f"reads {shown(path)} in place of {listed(map(shown, unread))}")
        scores.append(result)
    return scores, []


def _evaluate(result: Score, folder: HandedFolder, path: str, spec: FileSpec, reference: Reference) -> None:
    """Evaluate one file against its gold file."""
    data = folder.read(path)
    path = shown(PurePosixPath(path).name)
    # csv.reader over UTF-8, with or without a byte order mark. A ValueError rejects, any other error is a traceback.
    try:
        reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""))
        header = next(reader, None)
        if header is None:
            raise Crashed(f"{path} is empty (StopIteration)")
        # The names are compared stripped and in lower case; below they are looked up as they are.
        if [name.strip().lower() for name in header] != list(spec.header):
            raise Rejected(f"the header of {path} is '{shown(','.join(header))}', not '{','.join(spec.header)}'")
        # csv.DictReader skips empty lines, but not lines of blanks or commas.
        rows, count, expected = [], 0, spec.rows
        for row in reader:
            count += bool(row)
            if row and count <= expected:
                rows.append((reader.line_num, row))
    except UnicodeDecodeError as error:
        raise Rejected(f"{path} is not UTF-8 (byte {error.start:,})") from error
    except csv.Error as error:
        raise Crashed(f"{path}: {error} (_csv.Error)") from error
    changed = [(at, name) for at, name in enumerate(spec.header) if header[at] != name]
    key_error = f"the header of {path} has '{shown(header[changed[0][0]])}' for {changed[0][1]}" if changed else ""
    if count != expected:
        if rows and changed and changed[0][0] == 0:
            raise Crashed(f"{key_error} (KeyError)")
        raise Rejected(f"{path} has {count:,} rows, the gold file has {expected:,}")
    if changed and changed[0][0] == 0:
        raise Rejected(f"{key_error}, so no row has an id")

    # Ids are stripped; each occurs once.
    by_id: dict[str, list[str]] = {}
    for line, row in rows:
        text_id = row[0].strip()
        if not text_id or text_id in by_id:
            raise Rejected(f"{path}:{line} has {f'the id {shown(text_id)} again' if text_id else 'no id'}")
        by_id[text_id] = row
    if missing := sorted(spec.id_set - by_id.keys()):
        raise Rejected(f"{path} has no row for {listed(missing, 1)}")

    # Labels are stripped and compared as text, in the order of the gold file.
    predicted = []
    for text_id in spec.ids:
        row, values = by_id[text_id], []
        for at, name in enumerate(spec.header[1:], 1):
            if changed and at == changed[0][0]:
                raise Crashed(f"{key_error} (KeyError)")
            cell = row[at].strip() if at < len(row) else "None"
            if cell not in spec.values:
                where = f"{name} of {text_id} in {path}"
                raise Rejected(f"{where} is '{shown(cell)}', expected {alternatives(spec.values)}")
            values.append(int(cell))
        predicted.append(values)

    # Cells after the last column are ignored.
    surplus = [line for line, row in rows if any(map(str.strip, row[len(spec.header) :]))]
    if surplus:
        result.wrong.append(f"reads only the first {plural(len(spec.emotions), 'label')} of {at_lines(path, surplus)}")
    if reference.labels is not None:
        labels = reference.labels(spec)
        pairs = zip(columns([labels[i] for i in spec.ids]), columns(predicted), strict=True)
        scores = [(_r if result.track.is_intensity else f1)(a, b) for a, b in pairs]
        result.value = round(sum(scores) / len(scores), DIGITS)


def _r(gold: Sequence[int], predicted: Sequence[int]) -> float:
    """Return Pearson's r; where a side is constant, 1 if both are the same, else 0."""
    r = pearson(gold, predicted)
    return float(gold == predicted) if math.isnan(r) else r
