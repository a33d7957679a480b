"""What the official scorers do with the submissions that the user names.

`official` gives one outcome for each scorer that has a port and each track. The scorers of a task, their languages and
their gold labels are in the task's TOML; a task without that table has none.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType

from semeval_emo.submission.problem import Findings, entry
from semeval_emo.submission.result import FileReport
from semeval_emo.submission.scorers import codabench, organisers
from semeval_emo.submission.scorers.handed_in import Checked, HandedIn, checker_folders, handed_in, top_tracks
from semeval_emo.submission.scorers.outcome import (
    CRASHED,
    NOTHING,
    REJECTED,
    SCORED,
    Crashed,
    HandedFolder,
    LabelsById,
    OfficialOutcome,
    Reference,
    Rejected,
    Score,
)
from semeval_emo.submission.sources import InputFile
from semeval_emo.task import FileSpec, OfficialScorer, Selector, Task
from semeval_emo.text import listed

Labels = Callable[[FileSpec], LabelsById]
PORTS = {port.KEY: port for port in (organisers, codabench)}
_ALONE = "hand in each track alone"
# The worst first.
_ORDER = (CRASHED, REJECTED, NOTHING, SCORED)


def official(
    paths: Sequence[str | os.PathLike[str]],
    findings: Sequence[Findings],
    checked: Sequence[Checked],
    task: Task,
    selector: Selector,
    labels: Labels | None = None,
) -> tuple[OfficialOutcome, ...]:
    """Return the outcome of each official scorer for each track of the paths.

    Args:
        findings: the problems of each path itself.
        checked: the prediction files, with their reports.
        selector: the options of the user.
        labels: loads gold labels; the outcomes then have the scores.
    """
    scorers = [scorer for key, scorer in task.scorers.items() if key in PORTS]
    if not scorers:
        return ()
    found: dict[tuple[str | None, str], list[tuple[str, OfficialOutcome]]] = {}
    for submission in handed_in(paths, findings, checked, task, selector):
        by_track = _by_track(submission, task, selector)
        for track, files in by_track.items():
            for scorer in scorers:
                for outcome in _outcomes(scorer, submission, track, files, task, selector, labels):
                    if len(by_track) > 1 and scorer.key == codabench.KEY and outcome.outcome in (REJECTED, CRASHED):
                        outcome = replace(outcome, message=f"{outcome.message}; it reads every folder: {_ALONE}")
                    found.setdefault((track, scorer.key), []).append((submission.shown, outcome))
    if len(found) > len(scorers):
        # A submission without a track beside others that have one.
        found = {key: outcomes for key, outcomes in found.items() if key[0] is not None}
    order = [None, *task.tracks]
    return tuple(_worst(outcomes) for _, outcomes in sorted(found.items(), key=lambda item: order.index(item[0][0])))


def _by_track(submission: HandedIn, task: Task, selector: Selector) -> dict[str | None, list[str]]:
    """Return the files of each track; without a file, the tracks that the names of folders say."""
    tracks: dict[str | None, list[str]] = {}
    for path, (source, report) in submission.files.items():
        tracks.setdefault(selector.track or _track(source, report, task), []).append(path)
    unknown = tracks.pop(None, [])
    named = [selector.track] if selector.track else list(top_tracks(submission, task).values())
    for track in () if tracks else named or (None,):
        tracks[track] = []
    tracks[next(iter(tracks))] += unknown
    return tracks


def _track(source: InputFile, report: FileReport, task: Task) -> str | None:
    """Return the track that a file is handed in for.

    It is the track of the folder, unless the labels are those of another kind of track: then the folder has the wrong
    name, and the ids decide.
    """
    if not report.parts:
        return source.track
    spec = report.parts[0].spec
    if source.track in (None, spec.track):
        return spec.track
    names = {entry(code).name for code in report.counts}
    low = bool(names & {"no-degrees", "all-zero"})
    is_intensity = not low if len(spec.values) > 2 else "out-of-range" in names
    return source.track if task.tracks[source.track].is_intensity == is_intensity else spec.track


def _outcomes(
    scorer: OfficialScorer, submission: HandedIn, track: str | None, files: Sequence[str], task: Task,
    selector: Selector, labels: Labels | None,
) -> list[OfficialOutcome]:  # fmt: skip
    """Return the outcome of one scorer for a submission, or for each folder of it that the scorer gets."""
    if submission.broken:
        return [OfficialOutcome(scorer.key, track, REJECTED, f"rejected: {submission.broken}")]
    some = track or next(iter(task.tracks))
    reference = Reference(
        task, some, "test", selector.release or task.default_release, frozenset(scorer.languages.get(some, ())), labels
    )
    if scorer.key == organisers.KEY:
        # Any gold folder can be given to the checker: the one of the split of the ids.
        splits = {report.parts[0].spec.split for path in files if (report := submission.files[path][1]).parts}
        reference = replace(reference, split=selector.split or (splits.pop() if len(splits) == 1 else reference.split))
        folders = checker_folders(submission, files, track, task)
        return [_run(organisers, scorer, track, folder, reference) for folder in folders]
    return [_run(PORTS[scorer.key], scorer, track, submission.folder, reference)]


def _run(
    port: ModuleType, scorer: OfficialScorer, track: str | None, folder: HandedFolder, reference: Reference
) -> OfficialOutcome:
    """Run a port and put what it did into words."""
    try:
        scores, notes = port.score(folder, reference)
    except Rejected as error:
        return OfficialOutcome(scorer.key, track, REJECTED, f"rejected: {error}")
    except Crashed as error:
        return OfficialOutcome(scorer.key, track, CRASHED, f"crashed: {error}")
    if not scores:
        message = "; ".join(["nothing scored, without an error", *(notes or ["no file is named pred_<language>.csv"])])
        return OfficialOutcome(scorer.key, track, NOTHING, message)
    values = {score.language: score.value for score in scores if score.value is not None}
    wrong = [text for score in scores for text in score.wrong]
    undefined = [score.undefined for score in scores if score.undefined]
    parts = [f"it {listed(wrong, 2)}"] if wrong else []
    parts += [_values(scores, port.DIGITS)] if values else []
    parts += [f"Pearson r is nan ({listed(undefined, 2)})"] if undefined else []
    own_gold = _own_gold(scorer, scores, reference)
    begin = f"scored{' wrongly without a message' if wrong else ''}"
    begin += f" against the gold labels of {reference.release}" if own_gold else ""
    message = "; ".join([f"{begin}: {'; '.join(parts)}" if parts else begin, *notes, *own_gold])
    return OfficialOutcome(scorer.key, track, SCORED, message, bool(wrong), values)


def _values(scores: Sequence[Score], digits: int) -> str:
    """Return the scores as the scorer prints them, with the language where there are several."""
    several = len(scores) > 1
    texts = [f"{f'{score.language} ' if several else ''}{score.value:.{digits}f}" for score in scores]
    name = "Pearson r" if scores[0].track.is_intensity else "macro F1"
    return f"{name} {listed(texts)}"


def _own_gold(scorer: OfficialScorer, scores: Sequence[Score], reference: Reference) -> list[str]:
    """Return where the gold labels that the scorer has itself are for other ids or emotions."""
    if scorer.release in ("", reference.release):
        return []
    own = replace(reference, release=scorer.release)
    others = [
        score.language
        for score in scores
        if (spec := reference.spec(score.language)) is None
        or (mine := own.spec(score.language)) is None
        or (mine.blocks, mine.emotions) != (spec.blocks, spec.emotions)
    ]
    if not others:
        return []
    which = "these files" if len(others) > 1 else "this file"
    which = which if len(others) == len(scores) else f"the files of {listed(others, 5)}"
    return [f"its own gold labels (release {scorer.release}) have other ids and reject {which}"]


def _worst(outcomes: Sequence[tuple[str, OfficialOutcome]]) -> OfficialOutcome:
    """Return the worst of the outcomes of several submissions, with the name of its submission."""
    at = min(range(len(outcomes)), key=lambda i: (not outcomes[i][1].is_wrong, _ORDER.index(outcomes[i][1].outcome)))
    shown, worst = outcomes[at]
    if len(outcomes) == 1:
        return worst
    others = Counter(outcome.outcome for i, (_, outcome) in enumerate(outcomes) if i != at)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in others.items())
    return replace(worst, message=f"{shown}: {worst.message} (other submissions: {counts})")
