"""Tables of our systems compared with others: a summary, one table per system, and one with published models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from semeval_emo.leaderboard import ScoreRow
from semeval_emo.leaderboard.ours_vs_board import TrackResults, WinCount, baseline, leader, model, verdict
from semeval_emo.leaderboard.submitted import FILE, SubmittedFile, SubmittedSystem
from semeval_emo.report.origins import origin_notes
from semeval_emo.report.table import DASH, Column, Link, Table, cell
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import shown_track


def tables(tracks: Sequence[TrackResults], links: str | None = None) -> list[Table]:
    """Return all tables of all tracks.

    Args:
        links: prefix of ``submissions/`` in links, such as ``../``; None makes no links.
    """
    tables = []
    for track in tracks:
        tables.append(summary([track], links))
        tables += [_system(track, system, links) for system in track.systems]
        if track.models:
            tables.append(_models(track, links))
    return tables


def summary(tracks: Sequence[TrackResults], links: str | None = None) -> Table:
    """Return one row per system and track: mean score, and in how many languages it is above others."""
    rows = []
    for track in tracks:
        for system in track.systems:
            files = track.files(system)
            pairs = track.pairs(system, baseline)
            base = fmean(row.score or 0.0 for _, row in pairs) if pairs else None
            ours = fmean(file.score or 0.0 for file, _ in pairs) if pairs else None
            above = track.wins(system, baseline)
            rows.append(
                (
                    shown_track(track.track), _linked(system.name, f"{_folder(system)}/{FILE}", links),
                    ", ".join(dict.fromkeys(file.selected_on for file in files.values())),
                    fmean(file.score or 0.0 for file in files.values()), len(files),
                    None if base is None or ours is None else ours - base,
                    _of(above), above.clear, _of(track.wins(system, leader)),
                )
            )  # fmt: skip
    columns = (
        Column("track"), Column("system", "name"), Column("selected on", key="chosen on"), Column("mean", "score"),
        Column("of", "int"), Column("to base", "delta"), Column("> base"), Column("clear", "int"), Column("> top"),
    )  # fmt: skip
    titles = dict.fromkeys(f"release {track.release}, {track.among.title}" for track in tracks)
    notes = [
        f"mean: {', '.join(dict.fromkeys(_metric(track) for track in tracks))} over the number of languages in the "
        f"next column. {_references(tracks)}",
        "to base: mean difference to the baseline. > base, > top: number of languages with a higher score at the "
        "printed precision, without ties; clear: those in which the baseline is outside our 95 % interval (bootstrap "
        "over texts). Suspect scores are not counted.",
        f"Selected on: {selection_words([file.selected_on for t in tracks for s in t.systems for file in s.files])}",
        *(note for track in tracks for note in _origins(track, track.systems)),
    ]
    own = tuple(" ".join(_origins(track, [system])) for track in tracks for system in track.systems)
    return Table(f"Our systems · {'; '.join(titles)}", columns, tuple(rows), tuple(notes), row_notes=own)


def _origins(track: TrackResults, systems: Sequence[SubmittedSystem]) -> list[str]:
    """Return notes on seeds, ensemble members and candidates of the systems of a track."""
    return origin_notes(
        (system.name, language, track.origin(system, file))
        for system in systems
        for language, file in track.files(system).items()
    )


def overlap_words(overlaps: Sequence[tuple[str, int, float | None]]) -> list[str]:
    """Return a sentence on test texts that are also in the training data, with the scores without them.

    Args:
        overlaps: languages with the number of those texts and the score without them.

    >>> overlap_words([("eng", 5, 0.71), ("hau", 0, None), ("ibo", 1061, 0.579)])
    ['Without the test texts that are also in the training data: eng 0.7100 (5 texts), ibo 0.5790 (1,061).']
    >>> overlap_words([("hau", 0, None)])
    []
    """
    scores = [f"{language} {cell(score, 'score')} ({texts:,})" for language, texts, score in overlaps if texts]
    if not scores:
        return []
    scores[0] = f"{scores[0][:-1]} texts)"
    return [f"Without the test texts that are also in the training data: {', '.join(scores)}."]


def selection_words(selected_on: Sequence[str]) -> str:
    """Return an explanation of each value of "selected on" that occurs.

    >>> selection_words(["dev", "dev"])
    'dev: settings, epoch or thresholds selected on the dev split.'
    """
    words = {
        "dev": "dev: settings, epoch or thresholds selected on the dev split.",
        "folds": "folds: selected by cross-validation on the training data.",
        "sources": "sources: selected on dev texts of the other training languages.",
        "none": "none: no selection.",
        "test": "test: selected on the test split itself, so the score is optimistic.",
    }
    return " ".join(text for word, text in words.items() if word in selected_on)


def _system(track: TrackResults, system: SubmittedSystem, links: str | None) -> Table:
    rows: list[tuple[Any, ...]] = []
    origins: list[str] = []
    files = track.files(system)
    several = len({file.recipe for file in files.values()}) > 1
    for language in track.languages:
        file = files.get(language.language)
        if file is None or file.score is None:
            continue
        interval = "–".join(f"{bound:.3f}" for bound in file.interval) or DASH
        origin = track.origin(system, file)
        origins.append(origin.note if origin else "")
        rows.append(
            (
                language.language, file.recipe, file.selected_on, file.dev,
                _linked(file.score, f"{_folder(system)}/{file.name}", links), interval,
                _score(language.baseline), _gap(file, language.baseline), _score(language.leader),
                _gap(file, language.leader), verdict(file, language),
            )
        )  # fmt: skip
    columns = (
        Column("language"), Column("recipe", "name"), Column("selected on", key="chosen on"), Column("dev", "score"),
        Column("test", "score"), Column("95 % interval"), Column("base", "score"), Column("to base", "delta"),
        Column("top", "score"), Column("to top", "delta"), Column("verdict"),
    )  # fmt: skip
    keep = [c for c, column in enumerate(columns) if several or column.name != "recipe"]
    chosen = {file.selected_on for file in files.values()}
    if len(chosen) == 1:
        keep = [c for c in keep if columns[c].name != "selected on"]
    notes = [
        f"Release {track.release}, {track.among.title}. {_references([track])} Unclear: that score is inside our "
        "interval.",
        f"Made by {'; '.join(_builds(files.values()))}. {_training_time(files.values())}",
        *overlap_words([(code, file.overlap, file.without) for code, file in sorted(files.items())]),
    ]
    notes[:0] = _origins(track, [system])
    if len(chosen) == 1:
        notes.insert(0, f"Selected on {selection_words([*chosen])}")
    return Table(
        f"{system.name} · track {shown_track(track.track)} · {_metric(track)} · {system.title}",
        tuple(columns[c] for c in keep), tuple(tuple(row[c] for c in keep) for row in rows), tuple(notes),
        row_notes=tuple(origins),
    )  # fmt: skip


def _models(track: TrackResults, links: str | None) -> Table:
    """Return a row per language, a column per system and published model, and the wins over each model."""
    rows: list[tuple[Any, ...]] = []
    for language in track.languages:
        scores = []
        for system in track.systems:
            file = track.files(system).get(language.language)
            path = "" if file is None else f"{_folder(system)}/{file.name}"
            scores.append(None if file is None else _linked(file.score, path, links))
        rows.append((language.language, *scores, *(_score(language.models.get(name)) for name in track.models)))
    rule = len(rows) - 1
    for system in track.systems:
        wins = [_of(track.wins(system, model(name))) for name in track.models]
        rows.append((f"{system.name} above", *[""] * len(track.systems), *wins))
    columns = (
        Column("language"), *(Column(f"{system.name} (ours)", "score") for system in track.systems),
        *(Column(name, "score") for name in track.models),
    )  # fmt: skip
    settings = dict.fromkeys(
        f"{'fine-tuned' if row.setting.startswith('fine') else 'LLMs'}: {row.setting} ({row.where})"
        for language in track.languages
        for row in language.models.values()
    )
    title = track.published.title if track.published else ""
    return Table(
        f"Track {shown_track(track.track)}, compared with the {title} · {_metric(track)} · release {track.release}",
        columns, tuple(rows), (f"{'; '.join(settings)}.", *_origins(track, track.systems)), (rule,),
    )  # fmt: skip


def _linked(value: Any, path: str, links: str | None) -> Any:
    return value if links is None else Link(value, f"{links}{path}")


def _folder(system: SubmittedSystem) -> str:
    return f"submissions/{system.name}"


def _references(tracks: Sequence[TrackResults]) -> str:
    names = dict.fromkeys(own.baseline.name for track in tracks for own in track.languages if own.baseline)
    return f"top: rank 1; base: the baseline ({', '.join(names)})."


def _of(wins: WinCount) -> str:
    return f"{wins.won} of {wins.of}"


def _builds(files: Iterable[SubmittedFile]) -> list[str]:
    builds = dict.fromkeys(
        (file.made.commit or "not recorded", file.made.machine or "machine not recorded") for file in files
    )
    return [f"commit {commit}, {machine}" for commit, machine in builds]


def _training_time(files: Iterable[SubmittedFile]) -> str:
    files = list(files)
    seconds = sum(file.seconds for file in files)
    time = f"{seconds:,.0f} s" if seconds < 600 else f"{seconds / 60:,.0f} min"
    members = ", including ensemble members" if any(file.members for file in files) else ""
    return f"Total training time: {time}{members}."


def _metric(track: TrackResults) -> str:
    return METRICS[track.metric].title


def _score(row: ScoreRow | None) -> float | None:
    return row.score if row is not None else None


def _gap(file: SubmittedFile, row: ScoreRow | None) -> float | None:
    return None if row is None or row.score is None or file.score is None else file.score - row.score
