"""The report page of a submission, a run of the zoo or a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from semeval_emo.errors import install_line
from semeval_emo.report import scores as score_tables
from semeval_emo.report.contents import Contents
from semeval_emo.report.html import comparing, scored
from semeval_emo.report.html.browser import data_of
from semeval_emo.report.html.parts import Fact, Facts, Group, Picture, Prose, Section, pictures_of, rows_of
from semeval_emo.report.html.render import island, page
from semeval_emo.report.html.verdict import headline_of
from semeval_emo.report.plots.choice import plots_of
from semeval_emo.report.plots.style import has_matplotlib
from semeval_emo.report.table import Column, Table, clean
from semeval_emo.submission import Severity, entry

CALIBRATION = ("precision-recall-", "calibration-")


def report_page(contents: Contents, *, texts: bool = True) -> str:
    """The whole page, as one file.

    Args:
        texts: False leaves every text out; ids and labels stay.
    """
    pictures = pictures_of(plots_of(contents)) if has_matplotlib() else {}
    sections = [
        *(
            comparing.sections(contents, pictures)
            if contents.comparison
            else scored.sections(contents, pictures, texts)
        ),
        _probabilities(pictures),
        _training(contents, pictures),
        _problems(contents),
        _provenance(contents),
    ]
    data, left = data_of(contents, texts=texts)
    return page(
        "report.html.j2",
        headline=headline_of(contents),
        sections=[section for section in sections if section is not None],
        data=island(data),
        browses=bool(data["sets"]),
        left_out=left,
        notes=() if pictures or has_matplotlib() else (f"Plots need matplotlib: {install_line('plots')}",),
    )


def _probabilities(pictures: dict[str, Picture]) -> Section | None:
    found = tuple(one for name, one in pictures.items() if name.startswith(CALIBRATION))
    lead = "What the probabilities are worth before and at the threshold."
    return Section("probabilities", "Probabilities", (Group(found),), lead) if found else None


def _training(contents: Contents, pictures: dict[str, Picture]) -> Section | None:
    if not contents.logs:
        return None
    blocks = [pictures[name] for name in ("training",) if name in pictures]
    for log in contents.logs:
        versions = log.state.get("versions", {})
        facts = [
            Fact("epochs", str(len(log.rows))),
            Fact("epoch kept", str(log.state.get("kept", "–"))),
            Fact("seed", str(log.state.get("seed", "–"))),
            Fact("seconds", f"{log.state['seconds']:,.1f}" if "seconds" in log.state else "–"),
            Fact("recipe", str(log.state.get("hash", "–"))),
            Fact("versions", ", ".join(f"{name} {version}" for name, version in versions.items()) or "–"),
        ]
        blocks.append(Facts((Fact("run", clean(log.name)), *facts)))  # type: ignore[arg-type]
    return Section("training", "Training", (Group(tuple(blocks)),))


def _problems(contents: Contents) -> Section:
    found = contents.validation
    counts = {file.file: file.counts for file in found.files}
    rows = tuple(
        (
            one.code, one.severity.value, PurePath(one.file).name + (f":{one.line}" if one.line else ""),
            one.message, one.fix, counts[one.file][one.code],
        )
        for one in found.problems
    )  # fmt: skip
    if not rows:
        return Section("problems", "Problems", (Group((Prose(("No problem was found in the files.",)),)),))
    columns = (
        *map(Column, ("code", "severity", "place", "what", "fix")), Column("of this kind", "int"),
    )  # fmt: skip
    fixable = [code for code in found.counts if entry(code).repair and entry(code).severity is Severity.error]
    lead = f"semeval-emo fix can fix {', '.join(fixable)}." if fixable else ""
    refused = tuple(f"Not scored: {file}" for file in contents.refused)
    table = rows_of(Table("Problems found in the files", columns, rows, refused))
    return Section("problems", "Problems", (Group((table,)),), lead)


def _provenance(contents: Contents) -> Section:
    facts: list[Fact] = []
    if contents.comparison is not None:
        found = contents.comparison
        facts += [Fact("signature", found.signature, can_copy=True)]
        for one in found.systems:
            facts.append(Fact(f"{one.letter}  {clean(one.name)}", clean(_files(one.files)) + f"  ({one.hash})"))
        facts += [Fact("gold", f"{place.language}: {place.gold_hash}") for place in found.places]
    elif contents.scores is not None:
        facts += [Fact("signature", line, can_copy=True) for line in score_tables.signatures(contents.scores)]
        for card in contents.cards:
            facts.append(Fact(f"predictions {card.spec.language}", f"{clean(card.file)}  ({card.prediction_hash})"))
            facts.append(Fact(f"gold {card.spec.language}", f"{clean(card.gold)}  ({card.gold_hash})"))
    facts.append(Fact("asked for", clean(" ".join(contents.paths))))
    return Section("provenance", "Provenance", (Group((Facts(tuple(facts)),)),), "What was computed, on what.")


def _files(files: Sequence[Sequence[str]]) -> str:
    every = [file for run in files for file in run]
    return every[0] + (f" and {len(every) - 1} more" if len(every) > 1 else "") if every else ""
