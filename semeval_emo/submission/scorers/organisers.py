"""The organisers' check_submission.py and utils.py of January 2025 with ``--evaluate``, step by step.

The checker takes a folder of predictions and a folder of gold labels, one file for each language. Comments
name its rules.
"""

from __future__ import annotations

import math

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
from semeval_emo.task import FileSpec, Track
from semeval_emo.text import alternatives, listed, plural

KEY = "organisers-2025"
DIGITS = 4
# On tracks of binary labels, the labels of a row are the cells 1 to 7.
MOST_LABELS = 7
INT64 = range(-(2**63), 2**63)

Rows = dict[str, list[tuple[int, ...]]]


def score(folder: HandedFolder, reference: Reference) -> tuple[list[Score], list[str]]:
    """Return the score of each language, and notes.

    Raises:
        Rejected, Crashed: the checker stops there.
    """
    track, codes = _check_folder(folder, reference)
    scores, notes = [], []
    for code, names in codes.items():
        spec = reference.spec(code)
        if spec is None:
            # "Gold data file for ... not found", and on to the next language.
            notes.append(f"{listed(map(shown, names))} skipped, since there are no gold labels for '{code}'")
            continue
        # Whatever the file is called, the file of this name is opened.
        path = f"pred_{code}.csv"
        if path not in names:
            raise Crashed(f"for {shown(names[0])} it opens {path}, which does not exist (FileNotFoundError)")
        result = Score(code, track)
        if track.is_intensity != (len(spec.values) > 2) or not reference.is_canonical(folder, path, spec):
            _evaluate(result, folder, path, spec, reference)
        if others := [name for name in names if name != path]:
            result.wrong.append(f"reads {path} in place of {listed(map(shown, others))}")
        scores.append(result)
    return scores, notes


def _check_folder(folder: HandedFolder, reference: Reference) -> tuple[Track, dict[str, list[str]]]:
    """Check the names of the folder and its files; return the folder's track, and the files by language."""
    if not folder.paths:
        raise Rejected(f"the folder {shown(folder.name)} is empty")
    # The name starts with track_; the track is what follows the last underscore.
    tracks = reference.task.tracks
    track = tracks.get(folder.name.rpartition("_")[2])
    if not folder.name.startswith("track_") or track is None:
        expected = alternatives([each.folder for each in tracks.values()])
        raise Rejected(f"the folder is named '{shown(folder.name)}', not {expected}")
    # Other names than pred_*.csv are ignored without a message.
    names = [name for name in folder.names if name.startswith("pred_") and name.endswith(".csv")]
    codes: dict[str, list[str]] = {}
    for name in names:
        # The language is what is between the last underscore and the next dot.
        codes.setdefault(name.split("_")[-1].split(".")[0], []).append(name)
    unknown = {code: files for code, files in codes.items() if code not in reference.languages}
    if unknown:
        whole = f", so it refuses the whole folder, all {len(names)} files" if len(names) > 1 else ""
        example = shown(next(iter(unknown.values()))[0])
        raise Rejected(f"its list of languages lacks {listed(map(_quoted, unknown))} ({example}){whole}")
    return track, codes


def _quoted(code: str) -> str:
    return f"'{shown(code)}'"


def _evaluate(result: Score, folder: HandedFolder, path: str, spec: FileSpec, reference: Reference) -> None:
    """Evaluate one file against its gold file."""
    # The file is decoded as UTF-8 with universal newlines, then split by str.splitlines.
    try:
        text = folder.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Crashed(f"{path} is not UTF-8 (UnicodeDecodeError at byte {error.start:,})") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    expected = spec.rows + 1
    # The lines after the first surplus one are only counted.
    *first, rest = text.split("\n", expected + 1)
    lines = "\n".join([*first, rest if len(first) <= expected else ""]).splitlines()
    count = len(lines) if len(first) <= expected else len(first) + rest.count("\n")
    if not lines:
        raise Crashed(f"{path} is empty (IndexError)")
    # The header has the same names in the same order, ignoring case only.
    if [name.lower() for name in lines[0].split(",")] != list(spec.header):
        raise Rejected(f"the header of {path} is '{shown(lines[0])}', not '{','.join(spec.header)}'")
    if count != expected:
        raise Rejected(f"{path} has {count:,} lines, the gold file has {expected:,}")

    # Rows are split at commas; one cell that int() does not read turns the whole row into zeros.
    most = len(spec.emotions) if result.track.is_intensity else MOST_LABELS
    rows: Rows = {text_id: [] for text_id in spec.ids}
    zeros, surplus = [], []
    for line, row in enumerate(lines[1:], 2):
        cells = row.split(",")
        if cells[0] not in rows:
            raise Rejected(f"{path}:{line} has the id '{shown(cells[0])}', which is not in the gold file")
        try:
            labels = tuple(map(int, cells[1 : most + 1]))
            if any(map(str.strip, cells[most + 1 :])):
                surplus.append(line)
        except ValueError:
            labels = (0,) * most
            zeros.append(line)
        rows[cells[0]].append(labels)

    if result.track.is_intensity:
        _correlate(result, rows, path, spec, reference)
    else:
        _count(result, rows, path, spec, reference)
    if zeros:
        result.wrong.append(f"scores {at_lines(path, zeros)} as zeros")
    if surplus:
        result.wrong.append(f"reads only the first {plural(most, 'label')} of {at_lines(path, surplus)}")
    if result.track.is_intensity != reference.task.tracks[reference.track].is_intensity:
        result.wrong.append(f"uses the metric of track {result.track.key}, since the folder is {folder.name}")


def _count(result: Score, rows: Rows, path: str, spec: FileSpec, reference: Reference) -> None:
    """Macro F1 of scikit-learn over the ids that occur once; ids that are missing or occur again are dropped."""
    predicted = {text_id: labels[0] for text_id, labels in rows.items() if len(labels) == 1}
    widths = {len(labels) for labels in predicted.values()}
    if widths != {len(spec.emotions)}:
        filled = "a row with a cell that is not an integer counts as seven zeros"
        why = (
            filled
            if MOST_LABELS in widths
            else "rows have other numbers of cells"
            if widths
            else "every id is repeated"
        )
        raise Crashed(f"{path} does not have {plural(len(spec.emotions), 'label')} in every row; {why} (ValueError)")
    # An array of at most two values counts as binary labels, whichever they are; every value but 0 is positive.
    values = sorted({value for labels in predicted.values() for value in labels})
    if len(spec.values) > 2:
        raise Crashed("the gold labels are intensities, for which F1 is not defined (ValueError)")
    if len(values) > 2 or not all(value in INT64 for value in values):
        raise Crashed(f"{path} has the labels {listed(map(_number, values), 5)}, not only 0 and 1 (ValueError)")
    if others := [value for value in values if value not in (0, 1)]:
        result.wrong.append(f"counts {listed(others)} as 1 in {path}")
    if dropped := len(rows) - len(predicted):
        result.wrong.append(f"drops {plural(dropped, 'text')} of {path}, whose ids are missing or repeated")
    if reference.labels is not None:
        labels = reference.labels(spec)
        pairs = zip(columns([labels[i] for i in predicted]), columns([*predicted.values()]), strict=True)
        scores = [f1(a, b) for a, b in pairs]
        result.value = round(sum(scores) / len(scores), DIGITS)


def _correlate(result: Score, rows: Rows, path: str, spec: FileSpec, reference: Reference) -> None:
    """Mean of Pearson's r, each rounded; nan if a column is constant."""
    absent = [text_id for text_id, labels in rows.items() if not labels]
    if absent:
        raise Crashed(f"{path} has no row for {absent[0]} (IndexError)")
    width = len(spec.emotions)
    predicted = [labels[0] for labels in rows.values()]
    if any(len(labels) < width for labels in predicted):
        raise Crashed(f"a row of {path} has fewer than {plural(width, 'label')} (IndexError)")
    values = sorted({value for labels in predicted for value in labels})
    try:
        [float(value) for value in values]
    except OverflowError as error:
        raise Crashed(f"{path} has the label {_number(values[-1])}, which is too large (OverflowError)") from error
    if others := [value for value in values if str(value) not in result.track.values]:
        result.wrong.append(f"scores {listed(map(_number, others))} as an intensity in {path}")
    by_emotion = columns(predicted)
    if constant := [name for name, column in zip(spec.emotions, by_emotion, strict=True) if len(set(column)) == 1]:
        result.undefined = f"constant {listed(constant, 6)} in {path}"
    if reference.labels is not None:
        import statistics

        labels = reference.labels(spec)
        pairs = zip(columns([labels[i] for i in rows]), by_emotion, strict=True)
        # The exact mean: a tie of the last digit is common.
        result.value = _rounded(statistics.mean(_rounded(pearson(a, b)) for a, b in pairs))


def _number(value: int) -> str:
    return shown(str(value))


def _rounded(value: float) -> float:
    """Round as numpy does: scale, then round half to even; nan stays nan."""
    return round(value * 10**DIGITS) / 10**DIGITS if math.isfinite(value) else value
