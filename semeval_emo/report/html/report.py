"""Report page of a submission, of runs or of a comparison."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from markupsafe import escape

from semeval_emo.errors import install_line
from semeval_emo.files import without_home
from semeval_emo.report import scores as score_tables
from semeval_emo.report.contents import Contents, TrainingLog, key_of
from semeval_emo.report.html.headline import headline_of
from semeval_emo.report.html.parts import (
    BlockGroup,
    Definition,
    DefinitionList,
    PlotImage,
    Section,
    TableBlock,
    plot_images,
    table_block,
)
from semeval_emo.report.html.problems import problems_section
from semeval_emo.report.html.render import json_for_script, page
from semeval_emo.report.html.sections import comparison_sections, first_runs, score_sections, scores_section
from semeval_emo.report.names import short_of
from semeval_emo.report.plots.selection import files_without_plots, plots_of
from semeval_emo.report.plots.style import Plot, has_matplotlib
from semeval_emo.report.table import DASH, Column, Table, cell, clean
from semeval_emo.scoring.analysis import pair_of
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.text import as_sentences, plural
from semeval_emo.zoo.selection.epochs import row_unit

# A page with more texts is slow to load; files left out are named.
MOST_ROWS = 20_000
CALIBRATION = ("precision-recall-", "thresholds-", "calibration-")


def report_page(contents: Contents, *, texts: bool = True, plots: Sequence[Plot] | None = None) -> str:
    """Return the page as one file.

    Args:
        texts: False leaves ids and labels only.
        plots: of `plots_of`; None draws them, if matplotlib is installed.
    """
    drawn = plots if plots is not None else plots_of(contents) if has_matplotlib() else []
    pictures = plot_images(drawn)
    sections = [
        *(
            comparison_sections(contents, pictures)
            if contents.comparison
            else score_sections(contents, pictures, texts)
        ),
        _probabilities(pictures),
        _training(contents, pictures),
        problems_section(contents),
        _provenance(contents),
    ]
    data, left_out = _browser_data(contents, texts)
    return page(
        "report.html.j2",
        edit=partial(_without_folders, contents=contents),
        headline=headline_of(contents),
        sections=[section for section in sections if section is not None],
        data=json_for_script(data),
        browses=bool(data["sets"]),
        left_out=left_out,
        texts_note=_texts_note(contents),
        label_noun=contents.task.label_noun.capitalize(),
        notes=_plot_notes(contents) if has_matplotlib() else (f"Plots need matplotlib: {install_line('plots')}",),
    )


def _without_folders(body: str, contents: Contents) -> str:
    """Return a page without the folders of this machine: it is made to be sent to others."""
    paths = {path for words in contents.paths for path in words.rpartition("=")[2].split(",")}
    paths |= {path for system in contents.systems for card in system.cards for path in (card.file, card.gold)}
    if contents.comparison is not None:
        paths |= {file for system in contents.comparison.systems for run in system.files for file in run}
    paths |= {file.file for file in contents.validation.files} | set(contents.refused)
    # A folder is the beginning of the paths of its files.
    for path in sorted(filter(os.path.isabs, paths), key=len, reverse=True):
        body = body.replace(str(escape(clean(path))), str(escape(clean(without_home(path)))))
    return body


def results_page(contents: Contents, notes: Sequence[str]) -> str:
    """Return the page for a participant of a running task: scores, problems and provenance.

    It has no errors and no texts, which would show gold labels, and no plots.

    Args:
        notes: sentences after the headline.
    """
    sections = [problems_section(contents), _provenance(contents)]
    return page(
        "report.html.j2",
        headline=headline_of(contents),
        sections=[scores_section(contents, {}), *sections] if contents.cards else sections,
        data=json_for_script({"sets": []}),
        browses=False,
        left_out=(),
        texts_note="",
        label_noun=contents.task.label_noun.capitalize(),
        notes=tuple(map(clean, notes)),
    )


def _plot_notes(contents: Contents) -> tuple[str, ...]:
    note = files_without_plots(contents)
    return (note,) if note else ()


def _texts_note(contents: Contents) -> str:
    """Return which of several runs the text browser shows; empty if there are none."""
    return clean(as_sentences(first_runs(contents)))


def _probabilities(pictures: dict[str, PlotImage]) -> Section | None:
    found = tuple(one for name, one in pictures.items() if name.startswith(CALIBRATION))
    lead = "Quality of the probabilities, independent of thresholds and at the thresholds used."
    return Section("probabilities", "Probabilities", (BlockGroup(found),), lead) if found else None


def _training(contents: Contents, pictures: dict[str, PlotImage]) -> Section | None:
    if not contents.logs:
        return None
    drawn = [pictures[name] for name in ("training",) if name in pictures]
    runs = _runs(contents.logs) if len(contents.logs) > 1 else _run(contents.logs[0])
    return Section("training", "Training", (BlockGroup((*drawn, runs)),))


def _run(log: TrainingLog) -> DefinitionList:
    facts = {
        "run": log.name,
        f"{_unit(log)}s": str(len(log.rows)),
        f"best {_unit(log)}": _best(log),
        "random seed": str(log.state.get("seed", DASH)),
        "seconds": cell(log.state.get("seconds"), "seconds"),
        "recipe": str(log.state.get("hash", DASH)),
        "versions": _versions(log) or DASH,
    }
    return DefinitionList(tuple(Definition(name, clean(value)) for name, value in facts.items()))


def _runs(logs: Sequence[TrainingLog]) -> TableBlock:
    """Return a row for each run, and the versions of packages below."""
    rows = tuple(
        (
            log.name, plural(len(log.rows), _unit(log)), _best(log), log.state.get("seed"), log.state.get("seconds"),
            log.state.get("hash"),
        )
        for log in logs
    )  # fmt: skip
    columns = (
        Column("run"), Column("trained"), Column("best"), Column("random seed"), Column("seconds", "seconds"),
        Column("recipe", "name"),
    )  # fmt: skip
    names: dict[str, list[str]] = {}
    for log in logs:
        names.setdefault(_versions(log), []).append(log.name)
    notes = (
        f"Versions{' of ' + ', '.join(own) if len(names) > 1 else ''}: {versions}."
        for versions, own in names.items()
        if versions
    )
    return table_block(Table("Runs", columns, rows, tuple(notes)))


def _versions(log: TrainingLog) -> str:
    return ", ".join(f"{name} {version}" for name, version in log.state.get("versions", {}).items())


def _unit(log: TrainingLog) -> str:
    return row_unit(log.rows[0]) if log.rows else "epoch"


def _best(log: TrainingLog) -> str:
    """Return the number of the best epoch or setting, and what a setting consists of."""
    kept = log.state.get("kept")
    row = next((row for row in log.rows if row["epoch"] == kept), {})
    values = {key: value for key, value in row.items() if key != "epoch" and not isinstance(value, dict)}
    if _unit(log) == "epoch":
        values = {}
    shown = ", ".join(f"{key} {cell(value, 'text')}" for key, value in values.items())
    return f"{DASH if kept is None else kept}{f' ({shown})' if shown else ''}"


def _provenance(contents: Contents) -> Section:
    facts: list[Definition] = []
    if contents.comparison is not None:
        found = contents.comparison
        facts += [Definition("signature", found.signature, can_copy=True)]
        for one in found.systems:
            facts.append(Definition(f"{one.letter}  {clean(one.name)}", clean(_files(one.files)) + f"  ({one.hash})"))
        facts += [Definition("gold", f"{place.language}: {place.gold_hash}") for place in found.places]
    elif contents.scores is not None:
        facts += [Definition("signature", line, can_copy=True) for line in score_tables.signatures(contents.scores)]
        for card in contents.cards:
            facts.append(
                Definition(f"predictions {card.spec.language}", f"{clean(card.file)}  ({card.prediction_hash})")
            )
            facts.append(Definition(f"gold {card.spec.language}", f"{clean(card.gold)}  ({card.gold_hash})"))
    facts.append(Definition("paths as given", clean(" ".join(contents.paths))))
    return Section(
        "provenance", "Provenance", (BlockGroup((DefinitionList(tuple(facts)),)),), "Inputs, signatures and hashes."
    )


def _files(files: Sequence[Sequence[str]]) -> str:
    every = [file for run in files for file in run]
    return every[0] + (f" and {len(every) - 1} more" if len(every) > 1 else "") if every else ""


def _browser_data(contents: Contents, texts: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the data of the text browser, and the files that are left out because the page would be too large.

    Gold labels are one string per text with a digit per emotion, those of a system one string for all texts;
    probabilities have two digits per emotion.
    """
    systems = contents.systems
    shown = short_of([system.name for system in contents.systems])
    names = [shown[system.name] for system in systems]
    sets: list[dict[str, Any]] = []
    left_out, rows = [], 0
    for at, card in enumerate(contents.cards):
        name = f"{contents.task.languages[card.spec.language].name}, {contents.task.track(card.spec.track).name}"
        rows += card.spec.rows
        if rows > MOST_ROWS and sets:
            left_out.append(name)
            continue
        cards = [system.cards[at] for system in systems if at < len(system.cards)]
        sets.append({"name": name, **_set(contents, cards, names, texts)})
    return {"sets": sets}, tuple(left_out)


def _set(contents: Contents, cards: Sequence[Scorecard], names: Sequence[str], texts: bool) -> dict[str, Any]:
    first = pair_of(cards[0])
    probabilities = contents.probabilities.get(key_of(cards[0]))
    shown = texts and first.texts is not None
    return {
        "emotions": list(first.spec.emotions),
        "top": len(first.spec.values) - 1,
        "ids": [clean(text_id) for text_id in first.spec.ids],
        # Line breaks become spaces; `clean` alone would join two words.
        "texts": [clean(" ".join(text.split())) for text in first.texts or ()] if shown else None,
        "gold": _digits(first.gold),
        "systems": [
            {"name": clean(name), "labels": "".join(_digits(pair_of(card).predicted))}
            for name, card in zip(names, cards, strict=True)
        ],
        "sure": None if probabilities is None else _percents(probabilities.values),
    }


def _digits(labels: np.ndarray) -> list[str]:
    return ["".join(map(str, row)) for row in labels.tolist()]


def _percents(values: np.ndarray) -> list[str]:
    return ["".join(f"{p:02d}" for p in row) for row in np.clip((100 * values).astype(int), 0, 99).tolist()]
