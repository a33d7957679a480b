"""What `fix` does about the problems of a file: the one rule for `validate`, which announces it, and for `fix`."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from semeval_emo.submission.problem import Findings, entry
from semeval_emo.submission.result import Part
from semeval_emo.tables import NOTHING_DECIDED, Decisions
from semeval_emo.task import Selector

# Problems of cells, by name: those with a single possible label on every track, on binary tracks, and those of numbers
# that need a decision.
UNAMBIGUOUS = frozenset({"padded-cell", "hidden-character", "float-cell", "number-form"})
BINARY = frozenset({"boolean-cell"})
SCORES = frozenset({"fraction-cell", "score-cell"})
CELLS = UNAMBIGUOUS | BINARY | SCORES | {"blank-cell", "nan-cell", "text-cell", "unmapped-word", "out-of-range"}
# Those of cells that name labels.
NAMES = frozenset({"unknown-label", "blank-answer", "name-without-degree", "two-values"})
MIXTURES = frozenset({"mixed-tracks", "mixed-splits", "mixed-languages", "mixed-files"})
# If a column is missing, these may be it under another name: they are not deleted.
SPARE_COLUMNS = frozenset({"unknown-column", "index-column"})


def fixable_cells(values: Sequence[str], decisions: Decisions = NOTHING_DECIDED) -> frozenset[str]:
    """Return the problems of cells, by name, that have a single possible label.

    Args:
        values: the labels of the track. On intensity tracks neither True nor a threshold gives an intensity.

    >>> sorted(fixable_cells(("0", "1", "2", "3"), Decisions(thresholds=0.5)))
    ['float-cell', 'hidden-character', 'number-form', 'padded-cell']
    """
    names = UNAMBIGUOUS | ({"text-cell"} if decisions.words else set())
    if len(values) > 2:
        return names | ({"fraction-cell"} if decisions.cuts else set())
    names |= BINARY
    if decisions.thresholds is not None:
        names |= SCORES if decisions.converts_numbers(values) else {"fraction-cell"}
    return names


def cell_repairs(names: Iterable[str], values: Sequence[str], decisions: Decisions) -> dict[str, str]:
    """Return what `fix` does about problems of cells, by name; empty if nothing.

    >>> cell_repairs(["fraction-cell"], ("0", "1"), Decisions(thresholds=0.4))
    {'fraction-cell': 'probabilities converted to labels: 1 from 0.4 on'}
    """
    fixable = fixable_cells(values, decisions)
    words = ", ".join(f"{word} {label}" for word, label in decisions.words.items())
    decided = {"text-cell": f"words converted to labels: {words}"}
    if not fixable.isdisjoint(SCORES):
        decided |= dict.fromkeys(SCORES, decisions.done(values))
    return {name: decided.get(name, entry(name).repair) if name in fixable else "" for name in names}


def repairs(
    codes: Iterable[str],
    parts: Sequence[Part],
    selector: Selector,
    own_repairs: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return what `fix` does about each problem of a file, by code; problems that it leaves are absent.

    Args:
        parts: the files of the task that the rows belong to.
        selector: the options of the user.
        own_repairs: by name, what `fix` does about problems of this file; empty if the user has to decide first.

    >>> repairs(["E309", "E313", "E312"], (), Selector())
    {'E309': 'column names written as the task does'}
    """
    names = {code: entry(code).name for code in codes}
    selected = [part for part in parts if selector.matches(part.spec)]
    done: dict[str, str] = {}
    for code, name in names.items():
        repair = (own_repairs or {}).get(name, entry(code).repair)
        if name in SPARE_COLUMNS and not {"missing-column", "no-labels"}.isdisjoint(names.values()):
            continue
        if name in MIXTURES and not all(part.is_complete for part in selected):
            continue
        # The options exclude all rows, or the file name is not the reason.
        if name in ("wrong-track", "wrong-language") and not selected:
            continue
        if repair:
            done[code] = repair
    return done


def with_advice(findings: Findings, repaired: Container[str], codes: Container[str]) -> Findings:
    """Return findings whose fixes are possible in this file.

    Args:
        repaired: the codes that `fix` does something about.
        codes: the codes of all problems of the file.
    """
    advised = Findings(findings.file)
    advised.counts = findings.counts
    # With numbers outside of [0, 1], fractions are no probabilities.
    are_scores = entry("out-of-range").code in codes
    advised.problems = [
        replace(problem, fix=problem.by_hand, options="")
        if problem.by_hand and problem.code not in repaired and (are_scores or entry(problem.code).name not in SCORES)
        else problem
        for problem in findings.problems
    ]
    return advised
