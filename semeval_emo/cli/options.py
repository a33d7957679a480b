"""The option table: every option that several commands share, defined once.

An option has the same name, type and meaning in every command; the first sentence of its help is the
same everywhere, what follows may name the default of one command.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Format(StrEnum):
    """Output format of a result."""

    text = "text"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    latex = "latex"


class CheckFormat(StrEnum):
    """Output format of a check, for people and for GitHub Actions."""

    text = "text"
    markdown = "markdown"
    csv = "csv"
    json = "json"
    latex = "latex"
    github = "github"


class IntervalKind(StrEnum):
    """Kind of bootstrap interval."""

    bca = "bca"
    percentile = "percentile"


# --- shell completion ------------------------------------------------------------------------------------------------


def known(field: str) -> Callable[[str], list[str]]:
    """Return the completion for a field of the default task: its tracks, languages or releases."""

    def complete(incomplete: str) -> list[str]:
        from semeval_emo.task import load_task

        return [key for key in getattr(load_task(), field) if key.startswith(incomplete)]

    return complete


def known_splits(incomplete: str) -> list[str]:
    """Complete the name of a split."""
    from semeval_emo.task import SPLITS

    return [split for split in SPLITS if split.startswith(incomplete)]


def known_tasks(incomplete: str) -> list[str]:
    """Complete the name of a task."""
    from semeval_emo.task import task_files

    return [name for name in task_files() if name.startswith(incomplete)]


def known_lists(incomplete: str) -> list[str]:
    """Complete the key of a leaderboard list."""
    from semeval_emo.leaderboard import Leaderboard

    return [key for key in Leaderboard.load().lists if key.startswith(incomplete)]


def known_recipes(incomplete: str) -> list[str]:
    """Complete the name of a recipe."""
    from semeval_emo.zoo.recipes.load import recipe_names

    return [name for name in recipe_names() if name.startswith(incomplete)]


# --- which files -----------------------------------------------------------------------------------------------------


def _track(default: str) -> Any:
    return typer.Option(
        "--track",
        "-t",
        metavar="TRACK",
        autocompletion=known("tracks"),
        help=f"A track of the task, such as a. Default: {default}.",
    )


def _language(default: str) -> Any:
    return typer.Option(
        "--language",
        "-l",
        metavar="CODE",
        autocompletion=known("languages"),
        help=f"A language code of the task, such as eng. Default: {default}.",
    )


def _split(default: str) -> Any:
    return typer.Option(
        "--split", metavar="SPLIT", autocompletion=known_splits, help=f"A split of the task, such as test. {default}"
    )


def _release(default: str) -> Any:
    return typer.Option(
        "--release",
        metavar="RELEASE",
        autocompletion=known("releases"),
        help=f"Release of the data. Default: {default}.",
    )


FROM_IDS = "read from ids and file names"
TrackOption = Annotated[str | None, _track(FROM_IDS)]
TrackFilter = Annotated[str | None, _track("all")]
TracksFilter = Annotated[list[str] | None, _track("all; repeatable")]
OneTrackOption = Annotated[str | None, _track("the only one")]
RecipeTrackOption = Annotated[str | None, _track("the recipe's")]
LanguageOption = Annotated[str | None, _language(FROM_IDS)]
LanguageFilter = Annotated[str | None, _language("all")]
LanguagesFilter = Annotated[list[str] | None, _language("all; repeatable")]
RecipeLanguageOption = Annotated[str | None, _language("the recipe's")]
RecipeLanguagesOption = Annotated[
    str | None,
    typer.Option(
        "--language", "-l", metavar="CODE",
        help="A language code of the task, such as eng. Several with commas, or all. Default: the recipe's.",
    ),
]  # fmt: skip
SplitOption = Annotated[str | None, _split("Default: read from ids.")]
SplitFilter = Annotated[str | None, _split("Default: all.")]
PhasesOption = Annotated[list[str] | None, _split("Default: those with gold labels, without train; repeatable.")]
ReleaseOption = Annotated[str | None, _release("the task's own, such as 2025")]
ReleaseFilter = Annotated[str | None, _release("all")]
TaskOption = Annotated[
    str | None,
    typer.Option(
        "--task",
        metavar="TASK",
        autocompletion=known_tasks,
        help="Task: a name such as task11 or sample, or a TOML file. Default: read from the data, else task11.",
    ),
]
GoldOption = Annotated[
    str | None,
    typer.Option(
        "--gold", "--data", metavar="SOURCE",
        help="Texts and gold labels: a folder, 'hub' or 'sample'. "
        "Default: $SEMEVAL_EMO_DATA, then data fetched earlier, then the hub.",
    ),
]  # fmt: skip
TrainingDataOption = Annotated[
    str | None,
    typer.Option(
        "--gold", "--data", metavar="SOURCE",
        help="Texts and gold labels: a folder, 'hub' or 'sample'. Or your own: a CSV, TSV, JSONL or Parquet file, a "
        "folder with train, dev and test files, or a saved datasets folder. "
        "Default: $SEMEVAL_EMO_DATA, then data fetched earlier, then the hub.",
    ),
]  # fmt: skip
GoldToCheckOption = Annotated[
    str | None,
    typer.Option(
        "--gold", "--data", metavar="SOURCE",
        help="Texts and gold labels: a folder, 'hub' or 'sample'. With them the scores of the official scorers are "
        "shown. Default: none.",
    ),
]  # fmt: skip

UnverifiedGoldOption = Annotated[
    bool,
    typer.Option(
        "--unverified-gold",
        help="Accept gold labels that differ from those of their release. The output begins with a warning.",
    ),
]

# The options that select files of a task, in a command decorated by `select_files`.
SelectorOptions = Any
_SELECTOR = {
    "track": TrackOption,
    "language": LanguageOption,
    "split": SplitOption,
    "release": ReleaseOption,
    "task": TaskOption,
}


def select_files(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that select files of a task, in place of its parameter `selector`.

    Typer reads options from the signature of a function, one by one.
    """
    own = inspect.signature(command, eval_str=True)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _SELECTOR.items()
    ]
    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        if parameter.name == "selector":
            parameters += options
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        from semeval_emo.task import Selector

        command(selector=Selector(**{name: given.pop(name) for name in _SELECTOR}), **given)

    # What Typer reads; functools.wraps has set the other one.
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


# --- input and output ------------------------------------------------------------------------------------------------

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...",
        help="Prediction files, folders or zips. Default: the prediction files of this folder, else of submissions/.",
    ),
]


def _one_run(path: Path) -> Path:
    """Return the only run in a folder that the user named."""
    from semeval_emo.zoo.runs.finished import one_run

    return one_run(path)


RunArgument = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="A run folder, or a model folder.", callback=_one_run),
]
ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="A run folder, a model folder, or a Hugging Face model: a folder, or owner/name on the hub."
    ),
]
RunsArgument = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, or folders of run folders.")]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="Output format.")]
CheckFormatOption = Annotated[
    CheckFormat,
    typer.Option("--format", "-f", help="Output format. github prints the annotations of a step of GitHub Actions."),
]


def output_to(description: str) -> Any:
    """Return the option --output of a command, described by what it writes and its default."""
    return typer.Option("--output", "-o", metavar="PATH", help=f"Write the result to this path. {description}")


OutputOption = Annotated[Path | None, output_to("Default: stdout.")]
SaveReportOption = Annotated[
    Path | None,
    typer.Option("--save-report", metavar="FILE", help="Write the report to this file instead of stdout."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress on stderr.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace existing files that differ.")]
TextsOption = Annotated[bool, typer.Option("--texts/--no-texts", help="Include the texts.")]
PerEmotionOption = Annotated[
    bool, typer.Option("--per-emotion", "-e", help="Show every emotion. Default: only for few files or systems.")
]
LimitOption = Annotated[
    int, typer.Option("--limit", "-n", metavar="N", min=0, help="Maximum number of rows or examples. 0 shows all.")
]

ColumnOption = Annotated[
    str | None,
    typer.Option(
        "--column", metavar="NAME",
        help="Column of the texts. Default: text, else the only one with such a name: tweet, sentence, comment, ...",
    ),
]  # fmt: skip
# --- what the user of `fix` has decided ------------------------------------------------------------------------------


class ScoreKind(StrEnum):
    """What numbers are."""

    probabilities = "probabilities"
    logits = "logits"
    percent = "percent"


ThresholdOption = Annotated[
    str | None,
    typer.Option(
        "--threshold",
        metavar="P",
        help="Turn probabilities into labels: 1 from this value on. A number, anger=0.35,other=0.5 or a JSON, TOML or "
        "CSV file. Default: refuse them.",
    ),
]
ScoresOption = Annotated[
    ScoreKind | None,
    typer.Option(
        "--scores",
        help="What the numbers are: for logits the sigmoid is applied before the threshold, percent is divided by 100. "
        "Default: probabilities; on intensity tracks intensities.",
    ),
]
RoundOption = Annotated[
    bool,
    typer.Option(
        "--round", help="Intensity tracks: round numbers to the nearest intensity, halves up. Default: refuse them."
    ),
]
CutsOption = Annotated[
    str | None,
    typer.Option(
        "--cuts",
        metavar="CUTS",
        help="Intensity tracks: the numbers from which an intensity is 1, 2 and so on, such as 0.5,1.5,2.5, or a file "
        "with those of each emotion. Default: refuse fractions.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="WORD=LABEL,...",
        help="The label of each word, such as none=0,low=1; blank=0 is that of blank cells. "
        "Repeatable. Default: yes and no, true and false, y and n, on and off are known on tracks of binary labels.",
    ),
]
LabelColumnOption = Annotated[
    str | None,
    typer.Option(
        "--label-column", metavar="NAME",
        help="Column that names the labels, or the words that label columns have more (pred of pred_joy), if several "
        "can be the predictions. Default: found by its name.",
    ),
]  # fmt: skip

# --- statistics ------------------------------------------------------------------------------------------------------

SeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="Random seed.")]
ResamplesOption = Annotated[int, typer.Option("--resamples", metavar="N", help="Number of bootstrap resamples.")]
IntervalOption = Annotated[IntervalKind, typer.Option("--interval", help="Kind of bootstrap interval.")]

# --- leaderboard -----------------------------------------------------------------------------------------------------

KINDS = "team, baseline, published-model, seed-run (reference notebook), zoo or user"


def _list(rest: str) -> Any:
    return typer.Option("--list", metavar="LIST", autocompletion=known_lists, help=f"A leaderboard list. {rest}")


ListOption = Annotated[str | None, _list("Its key or title. Default: the first list of the task.")]
ListFilter = Annotated[str | None, _list("Its key or title; all for every list. Default: the first list of the task.")]
OwnListOption = Annotated[str, _list("Its key; the row is added to it.")]
KindOption = Annotated[str | None, typer.Option("--kind", metavar="KIND", help=f"Kind of row: {KINDS}.")]
MetricOption = Annotated[
    str | None, typer.Option("--metric", "-m", metavar="METRIC", help="Metric. Default: the track's official one.")
]
MetricFilter = Annotated[
    str | None,
    typer.Option(
        "--metric", "-m", metavar="METRIC", help="Metric. all shows every metric. Default: the track's official one."
    ),
]
ExtraOption = Annotated[
    list[Path] | None,
    typer.Option("--extra", metavar="PATH", help="More rows: a CSV file or a folder of CSV files. Repeatable."),
]

# --- zoo -------------------------------------------------------------------------------------------------------------

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", autocompletion=known_recipes, help="Name of a recipe, or its TOML file.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE",
        help="Override a field of the recipe, such as train.epochs=2. Repeatable; stored with the run.",
    ),
]  # fmt: skip
RunsOption = Annotated[Path, typer.Option("--runs", metavar="FOLDER", help="Folder of all runs.")]
ThresholdsOption = Annotated[
    str | None,
    typer.Option(
        "--thresholds", metavar="VALUE",
        help="Thresholds: one for all emotions (0.4), one for some (anger=0.35,fear=0.5), or a file, such as the one "
        "that `zoo tune` writes. Default: the model's own.",
    ),
]  # fmt: skip
OrderOption = Annotated[
    str | None,
    typer.Option(
        "--order", metavar="LABELS",
        help="Labels of columns or outputs without names (LABEL_0, ...), vectors or arrays, in their order, with "
        "commas. Default: refuse them.",
    ),
]  # fmt: skip
ActivationOption = Annotated[
    str | None,
    typer.Option(
        "--activation", metavar="sigmoid|softmax",
        help="Function of a Hugging Face model's outputs: sigmoid for several labels of a text, softmax for one. "
        "Default: what its config.json says.",
    ),
]  # fmt: skip


def names_from(value: str | None) -> tuple[str, ...]:
    """Return the names of an option, which are separated by commas.

    >>> names_from("anger, fear"), names_from(None)
    (('anger', 'fear'), ())
    """
    return tuple(name.strip() for name in value.split(",")) if value else ()


FreshOption = Annotated[bool, typer.Option("--fresh", help="Discard an earlier run of this name and start again.")]


def words_of(selector: Any, **options: Any) -> list[str]:
    """Return the words that repeat a `Selector` and other options on a command line; None leaves an option out.

    >>> from semeval_emo.task import Selector
    >>> words_of(Selector(track="a"), gold=None, task="sample")
    ['--track', 'a', '--task', 'sample']
    """
    given = {**selector.address, "task": selector.task, **options}
    return [word for name, value in given.items() if value is not None for word in (f"--{name}", str(value))]
