"""How our systems look beside others: a summary, a table a system, and one with published models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from semeval_emo.leaderboard import ScoreRow
from semeval_emo.leaderboard.ours_vs_board import LanguageReferences, TrackResults, WinCount, verdict
from semeval_emo.leaderboard.submitted import FILE, SubmittedFile, SubmittedSystem
from semeval_emo.report.table import DASH, Column, Link, Table, cell
from semeval_emo.scoring.metrics import METRICS


def tables(found: Sequence[TrackResults], links: str | None = None) -> list[Table]:
    """Everything about every track.

    Args:
        links: what stands before ``submissions/`` in links, such as ``../``; None makes no links.
    """
    made = []
    for one in found:
        made.append(summary([one], links))
        made += [_system(one, system, links) for system in one.systems]
        if one.models:
            made.append(_models(one, links))
    return made


def summary(found: Sequence[TrackResults], links: str | None = None) -> Table:
    """One line a system and track: its mean, and in how many languages it is above others."""
    rows = []
    for one in found:
        for system in one.systems:
            files = one.files(system)
            pairs = one.pairs(system, _baseline)
            base = fmean(row.score or 0.0 for _, row in pairs) if pairs else None
            ours = fmean(file.score or 0.0 for file, _ in pairs) if pairs else None
            above = one.wins(system, _baseline)
            rows.append(
                (
                    one.track.upper(), _linked(system.name, f"{_folder(system)}/{FILE}", links),
                    _chosen(files.values()), fmean(file.score or 0.0 for file in files.values()), len(files),
                    None if base is None or ours is None else ours - base,
                    _won(above), above.clear, _won(one.wins(system, _leader)),
                )
            )  # fmt: skip
    columns = (
        Column("track"), Column("system", "name"), Column("chosen on"), Column("mean", "score"), Column("of", "int"),
        Column("to base", "delta"), Column("> base"), Column("clear", "int"), Column("> top"),
    )  # fmt: skip
    titles = dict.fromkeys(f"release {one.release}, {one.among.title}" for one in found)
    notes = [
        f"mean: over so many languages ({', '.join(dict.fromkeys(_metric(one) for one in found))}). {_others(found)}",
        "> base, > top: languages in which it is higher at the printed precision (a tie is no win); clear: those in "
        "which the baseline lies outside our 95 % interval (bootstrap over texts). Suspect scores take no part.",
        f"Chosen on: {chosen_words([file.selected_on for one in found for s in one.systems for file in s.files])}",
    ]
    return Table(f"Our systems · {'; '.join(titles)}", columns, tuple(rows), tuple(notes))


def overlap_words(found: Sequence[tuple[str, int, float | None]]) -> list[str]:
    """A line on test texts that training has too: of each language how many, and the score without them.

    Args:
        found: languages with that number and that score.

    >>> overlap_words([("eng", 5, 0.71), ("hau", 0, None), ("ibo", 1061, 0.579)])
    ['Without the test texts that stand in the training texts too: eng 0.7100 (5 texts), ibo 0.5790 (1,061).']
    >>> overlap_words([("hau", 0, None)])
    []
    """
    told = [f"{language} {cell(score, 'score')} ({texts:,})" for language, texts, score in found if texts]
    if not told:
        return []
    told[0] = f"{told[0][:-1]} texts)"
    return [f"Without the test texts that stand in the training texts too: {', '.join(told)}."]


def chosen_words(said: Sequence[str]) -> str:
    """What the words for a choice mean, of those that occur.

    >>> chosen_words(["dev", "dev"])
    'dev: settings, epoch or thresholds by the dev split.'
    """
    words = {
        "dev": "dev: settings, epoch or thresholds by the dev split.",
        "folds": "folds: by texts that were trained on, each judged by a model that had not read it.",
        "sources": "sources: by dev texts of the other languages that were trained on.",
        "none": "none: nothing was chosen.",
        "test": "test: by the test split itself, so the figure is optimistic.",
    }
    return " ".join(text for word, text in words.items() if word in said)


def _system(one: TrackResults, system: SubmittedSystem, links: str | None) -> Table:
    rows: list[tuple[Any, ...]] = []
    files = one.files(system)
    several = len({file.recipe for file in files.values()}) > 1
    for line in one.lines:
        file = files.get(line.language)
        if file is None or file.score is None:
            continue
        interval = "–".join(f"{end:.3f}" for end in file.interval) or DASH
        cells = (
            line.language, file.recipe, file.selected_on, file.dev,
            _linked(file.score, f"{_folder(system)}/{file.name}", links), interval,
            _score(line.baseline), _gap(file, line.baseline), _score(line.leader), _gap(file, line.leader),
            verdict(file, line),
        )  # fmt: skip
        rows.append(cells)
    columns = (
        Column("language"), Column("recipe", "name"), Column("chosen on"), Column("dev", "score"),
        Column("test", "score"), Column("95 % interval"), Column("base", "score"), Column("to base", "delta"),
        Column("top", "score"), Column("to top", "delta"), Column("verdict"),
    )  # fmt: skip
    keep = [c for c, column in enumerate(columns) if several or column.name != "recipe"]
    chosen = {file.selected_on for file in files.values()}
    if len(chosen) == 1:
        keep = [c for c in keep if columns[c].name != "chosen on"]
    notes = [
        f"Release {one.release}, {one.among.title}. {_others([one])} Unclear: that score lies within our interval.",
        f"Made by {'; '.join(_makings(files.values()))}. Training took {_time(files.values())}.",
        *overlap_words([(code, file.overlap, file.without) for code, file in sorted(files.items())]),
    ]
    if len(chosen) == 1:
        notes.insert(0, f"Chosen on {chosen_words([*chosen])}")
    return Table(
        f"{system.name} · track {one.track.upper()} · {_metric(one)} · {system.title}",
        tuple(columns[c] for c in keep), tuple(tuple(row[c] for c in keep) for row in rows), tuple(notes),
    )  # fmt: skip


def _models(one: TrackResults, links: str | None) -> Table:
    """Languages down, our systems and the models of the BRIGHTER paper across; wins over each at the foot."""
    rows: list[tuple[Any, ...]] = []
    for line in one.lines:
        mine = [one.files(system).get(line.language) for system in one.systems]
        ours = [
            None if file is None else _linked(file.score, f"{_folder(system)}/{file.name}", links)
            for system, file in zip(one.systems, mine, strict=True)
        ]
        rows.append((line.language, *ours, *(_score(line.models.get(name)) for name in one.models)))
    rule = len(rows) - 1
    for system in one.systems:
        won = [one.wins(system, _model(name)) for name in one.models]
        blank = [""] * len(one.systems)
        rows.append((f"{system.name} above", *blank, *(f"{wins.won} of {wins.of}" for wins in won)))
    columns = (
        Column("language"), *(Column(f"{system.name} (ours)", "score") for system in one.systems),
        *(Column(name, "score") for name in one.models),
    )  # fmt: skip
    settings = dict.fromkeys(
        f"{'fine-tuned' if row.setting.startswith('fine') else 'LLMs'}: {row.setting} ({row.where})"
        for line in one.lines
        for row in line.models.values()
    )
    title = one.published.title if one.published else ""
    return Table(
        f"Track {one.track.upper()} beside the {title} · {_metric(one)} · release {one.release}",
        columns, tuple(rows), (f"{'; '.join(settings)}.",), (rule,),
    )  # fmt: skip


def _baseline(line: LanguageReferences) -> ScoreRow | None:
    return line.baseline


def _leader(line: LanguageReferences) -> ScoreRow | None:
    return line.leader


def _model(name: str) -> Callable[[LanguageReferences], ScoreRow | None]:
    return lambda line: line.models.get(name)


def _linked(value: Any, place: str, links: str | None) -> Any:
    return value if links is None else Link(value, f"{links}{place}")


def _folder(system: SubmittedSystem) -> str:
    return f"submissions/{system.name}"


def _others(found: Sequence[TrackResults]) -> str:
    names = dict.fromkeys(line.baseline.name for one in found for line in one.lines if line.baseline)
    return f"top: rank 1; base: the organisers' baseline ({', '.join(names)})."


def _won(wins: WinCount) -> str:
    return f"{wins.won} of {wins.of}"


def _chosen(files: Any) -> str:
    return ", ".join(dict.fromkeys(file.selected_on for file in files))


def _makings(files: Any) -> list[str]:
    said = dict.fromkeys(
        (file.made.commit or "not recorded", file.made.machine or "a machine not recorded") for file in files
    )
    return [f"commit {commit}, {machine}" for commit, machine in said]


def _time(files: Any) -> str:
    seconds = sum(file.seconds for file in files)
    joined = ", members of joined runs included" if any(file.members for file in files) else ""
    return (f"{seconds:,.0f} s" if seconds < 600 else f"{seconds / 60:,.0f} min") + f" in all{joined}"


def _metric(one: TrackResults) -> str:
    return METRICS[one.metric].title


def _score(row: ScoreRow | None) -> float | None:
    return row.score if row is not None else None


def _gap(file: SubmittedFile, row: ScoreRow | None) -> float | None:
    return None if row is None or row.score is None or file.score is None else file.score - row.score


def to_dict(found: Sequence[TrackResults]) -> dict[str, Any]:
    """Results as JSON has them."""
    return {"schema": "semeval-emo/leaderboard-ours/1", "tracks": [_track_dict(one) for one in found]}


def _track_dict(one: TrackResults) -> dict[str, Any]:
    systems = []
    for system in one.systems:
        files = one.files(system)
        rows = [
            {
                "language": line.language, "score": file.score, "interval": list(file.interval) or None,
                "dev": file.dev, "selected_on": file.selected_on, "recipe": file.recipe,
                "overlap": file.overlap, "without": file.without, "seconds": file.seconds,
                "members": [asdict(member) for member in file.members],
                "file": system.place(file), "signature": file.signature, "baseline": _score(line.baseline),
                "rank_1": _score(line.leader), "verdict": verdict(file, line),
                "models": {name: row.score for name, row in line.models.items()},
            }
            for line in one.lines
            if (file := files.get(line.language)) is not None
        ]  # fmt: skip
        won = {"baseline": one.wins(system, _baseline), "rank_1": one.wins(system, _leader)}
        won |= {name: one.wins(system, _model(name)) for name in one.models}
        above = {name: {"won": wins.won, "clear": wins.clear, "of": wins.of} for name, wins in won.items()}
        systems.append({"system": system.name, "title": system.title, "above": above, "languages": rows})
    return {
        "track": one.track, "release": one.release, "metric": one.metric, "list": one.among.key, "systems": systems,
    }  # fmt: skip
