"""The command `analyse`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from semeval_emo.cli.common import (
    Format,
    FormatOption,
    GoldOption,
    OutputOption,
    QuietOption,
    SelectorOptions,
    emit,
    note,
    which_file,
)
from semeval_emo.errors import UsageError

if TYPE_CHECKING:
    from semeval_emo.report.table import Table
    from semeval_emo.scoring import Scorecard

EXAMPLES = """\b
Examples:
  semeval-emo analyse pred_eng.csv
  semeval-emo analyse mine/pred_eng.csv theirs/pred_eng.csv
  semeval-emo analyse runs/tfidf-logreg/eng --most 25
  semeval-emo analyse pred_eng.csv --probabilities prob_eng.csv
  semeval-emo analyse pred_eng.csv --no-texts --format json
"""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EXAMPLES)(analyse)


@which_file
def analyse(
    path: Annotated[str, typer.Argument(help="A prediction file, a folder (a run's too) or a zip.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[PATH2]", help="Another system: shows where one is right, the other wrong.")
    ] = None,
    *,
    selector: SelectorOptions,
    gold: GoldOption = None,
    probabilities: Annotated[
        Path | None,
        typer.Option(help="Probability file, for the most confident mistakes. Default: prob_*.csv beside the file."),
    ] = None,
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="How many examples of each kind.")] = 10,
    texts: Annotated[bool, typer.Option("--texts/--no-texts", help="Show the texts of examples.")] = True,
    style: FormatOption = Format.text,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> None:
    """See where predictions go wrong.

    By emotion (missed and invented), kind of text, pairs of emotions and whole sets of labels; with
    probabilities, the mistakes that the system was most sure of. Two paths: where they part.
    """
    from semeval_emo.report import analysis as report
    from semeval_emo.scoring import score
    from semeval_emo.scoring.analysis import SCHEMA
    from semeval_emo.scoring.analysis import analyse as analyse_card
    from semeval_emo.scoring.error_comparison import compare_errors
    from semeval_emo.scoring.scorer import task_of

    task = selector.task
    whole = style is not Format.text
    payload: dict[str, Any] = {"schema": SCHEMA, "analyses": [], "divergences": []}
    tables: list[Table] = []
    cards = score(path, source=gold, **selector.keywords).cards
    if second is None:
        for card in cards:
            found = analyse_card(card, probabilities=_probabilities(card, probabilities, task), texts=texts, most=most)
            payload["analyses"].append(found.to_dict())
            tables += report.tables(found, task_of(card.spec, task), whole=whole)
        if probabilities is None and not any(one["confident_mistakes"] for one in payload["analyses"]):
            note("no probabilities beside the file, so no most confident mistakes (--probabilities FILE)", quiet)
    else:
        others = {card.spec: card for card in score(second, source=gold, **selector.keywords).cards}
        for card in cards:
            if card.spec in others:
                parted = compare_errors(card, others[card.spec], texts=texts, most=most)
                payload["divergences"].append(parted.to_dict())
                tables += report.comparison_tables(parted, task_of(card.spec, task), whole=whole)
        if not payload["divergences"]:
            raise UsageError(f"{path} and {second} answer no file of the task in common.")
    emit(payload, tables, style, output)


def _probabilities(card: Scorecard, given: Path | None, task: str | None) -> Any:
    """The probabilities given, else those beside the file."""
    from semeval_emo.scoring.scorer import task_of
    from semeval_emo.submission import read_probabilities
    from semeval_emo.submission.probabilities import find_probabilities

    path = given or find_probabilities(card.file, card.spec)
    spec = card.spec
    if path is None:
        return None
    return read_probabilities(
        path, track=spec.track, language=spec.language, split=spec.split, release=spec.release, task=task_of(spec, task)
    )
