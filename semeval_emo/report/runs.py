"""Tables of runs: one finished run, a comparison of several, and the submission of several."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.report.comparison import full_names, heading
from semeval_emo.report.names import short_of
from semeval_emo.report.origins import origin_notes
from semeval_emo.report.results import overlap_words
from semeval_emo.report.table import Column, Table, cell, range_of
from semeval_emo.report.zoo import TEST_MARK, millions, parameters_text
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.scorecard import Scorecard
from semeval_emo.scoring.significance import letters
from semeval_emo.task import shown_track
from semeval_emo.zoo.dataset.folds import FOLDS
from semeval_emo.zoo.dataset.other_languages import SOURCES
from semeval_emo.zoo.inference.results import RecipeResult, RunComparison
from semeval_emo.zoo.inference.submit import SubmitReport
from semeval_emo.zoo.recipe import Recipe
from semeval_emo.zoo.selection.cut_points import format_threshold
from semeval_emo.zoo.selection.epochs import row_unit, zero_shot_note
from semeval_emo.zoo.training.result import RunResult

TEST_NOTE = f"{TEST_MARK} the model is selected on the test split, so its test score is optimistic"


def run_tables(result: RunResult) -> list[Table]:
    """Return the epochs of a finished run and its result."""
    return [*([_epochs(result)] if result.rows else []), _result(result)]


def _epochs(result: RunResult) -> Table:
    """Return one row per epoch, or per setting if there are no epochs; the selected one is marked."""
    first, recipe = result.rows[0], result.recipe
    kinds = {"loss": "score", "seconds": "seconds", "epoch": "int", "step": "int"}
    fields = [name for name in first if not isinstance(first[name], dict)]
    titles = {"epoch": row_unit(first), "seconds": "time"}
    metrics = _metric_columns(result)
    splits = {split for split, _ in metrics}
    columns = [
        *(Column(titles.get(name, name), kinds.get(name, "text")) for name in fields),
        *(Column(f"{split} {METRICS[m].title if m in METRICS else m}", "score") for split, m in metrics),
        Column(""),
    ]
    rows = [
        (
            *(row.get(name) for name in fields),
            *(row.get(split, {}).get(metric) for split, metric in metrics),
            "selected" if row["epoch"] == result.selected_epoch else "",
        )
        for row in result.rows
    ]
    note = f"scores at threshold {recipe.threshold.value:g}"
    if len(result.folder.spec.values) > 2:
        note = "intensities rounded to the nearest integer"
    if FOLDS in splits:
        unit = "language" if len(recipe.data.sources) > 1 and not recipe.data.splits else "text"
        note = f"folds: each {unit} predicted by a model that was not trained on it, {_fold_thresholds(recipe)}"
    if SOURCES in splits:
        note += f"; {SOURCES}: dev of the source languages"
    if "seconds" in first:
        note += "; time in seconds"
    if "train" in splits:
        note += "; train: measured during training"
    if recipe.selects_on_test:
        note += f"; {TEST_NOTE}"
    return Table(f"{recipe.run_name} · {result.folder.spec.place}", tuple(columns), tuple(rows), (note,))


def _metric_columns(result: RunResult) -> list[tuple[str, str]]:
    """Return split and metric of each column; for train only the selection metric, to limit the width."""
    return [
        (split, name)
        for split in ("train", "folds", SOURCES, "dev", "test")
        for name in dict.fromkeys(name for row in result.rows for name in row.get(split, {}))
        if split != "train" or name == result.recipe.select.metric
    ]


def _result(result: RunResult) -> Table:
    recipe, card, placement = result.recipe, result.scorecard, result.placement
    rows: list[tuple[str, Any]] = []
    mark = f" {TEST_MARK}" if recipe.selects_on_test else ""
    if card is not None:
        names = dict.fromkeys((card.metric, *result.dev))
        rows += [(f"test {METRICS[name].title}{mark}", _with_interval(card, name)) for name in names]
    if result.overlap and result.overlap["without"]:
        metric, value = next(iter(result.overlap["without"].items()))
        leaked = f"{result.overlap['normalised']:,} training texts"
        rows.append((f"  without {leaked}", f"{value:.4f} ({METRICS[metric].title})"))
    if recipe.select.split == FOLDS:
        scores = result.rows[result.selected_epoch - 1][FOLDS]
        rows += [(f"folds {METRICS[name].title}", f"{value:.4f}") for name, value in scores.items()]
    dev = "dev, out of fold," if recipe.out_of_fold("dev") else "dev"
    rows += [(f"{dev} {METRICS[name].title}", f"{value:.4f}") for name, value in result.dev.items()]
    if placement is not None:
        rows.append(("rank", f"{placement.rank} ({placement.among.title})" if placement.rank else None))
        for name, row in (("baseline", placement.baseline), ("rank 1", placement.leader)):
            gap = placement.gap(row)
            if row is not None and gap is not None:
                rows.append((f"vs {name}", f"{cell(gap, 'delta')} ({name}: {row.score_text})"))
    if result.rows and "weights" in result.rows[0]:
        weights = result.rows[0]["weights"].items()
        rows.append(("weights", ", ".join(f"{member} {weight:.2f}" for member, weight in weights)))
    rows += _thresholds(result)
    if result.sizes:
        rows.append(("parameters", parameters_text(result.sizes)))
    members = sum(member["seconds"] for member in result.members)
    share = f" (ensemble members: {members:,.1f})" if result.members else ""
    rows += [("seconds", f"{result.seconds:,.1f}{share}"), ("predictions", result.folder.predictions)]
    rows += [("model", result.folder.model), ("card", result.folder.card)]
    notes = list(result.prediction_notes)
    if card is None:
        notes.append("The test labels are not available: the file was validated but not scored.")
    if recipe.data.allow:
        notes.append(f"{', '.join(recipe.data.allow)} may contain texts of dev or test (data.allow).")
    notes += origin_notes([(recipe.run_name, "", result.origin)])
    zero_shot = zero_shot_note(recipe, result.rows)
    notes += [zero_shot] if zero_shot else []
    notes += [card.signature] if card is not None else []
    return Table(
        f"{recipe.run_name}: result", (Column("field"), Column("value")), tuple(rows), (*notes, *result.data_notes)
    )


def _with_interval(card: Scorecard, name: str) -> str:
    """Return the value of a metric, with its interval if the card has it."""
    text = f"{card.metrics.whole[name]:.4f}"
    interval = card.intervals.whole.get(name) if card.intervals else None
    return f"{text} (95 % interval {interval.low:.4f} to {interval.high:.4f})" if interval else text


def _thresholds(result: RunResult) -> list[tuple[str, str]]:
    rule, emotions = result.recipe.threshold.rule, result.folder.spec.emotions
    intensities = len(result.folder.spec.values) > 2
    if intensities and rule == "fixed":
        return [("intensities", "rounded to the nearest integer")]
    if rule != "per_label":
        return [("cut points" if intensities else "threshold", format_threshold(result.thresholds[0]))]
    texts = [f"{emotion} {format_threshold(value)}" for emotion, value in zip(emotions, result.thresholds, strict=True)]
    # Three cut points per emotion are too long for one line.
    return [("cut points", text) for text in texts] if intensities else [("thresholds", ", ".join(texts))]


def _fold_thresholds(recipe: Recipe) -> str:
    config = recipe.threshold
    if recipe.predicts_intensities:
        return "intensities rounded" if config.rule == "fixed" else "cut points from the other folds"
    return f"at threshold {config.value:g}" if config.rule == "fixed" else "thresholds from the other folds"


def comparison_tables(comparison: RunComparison) -> list[Table]:
    """Return one row per recipe, the best first, then rank 1 and the baseline."""
    scores = comparison.comparison
    index = {system.letter: i for i, system in enumerate(scores.systems)}
    shown = short_of([recipe.name for recipe in comparison.recipes])
    columns = (
        Column(""), Column("system", "name"), Column(scores.title, "score", "max"), Column("beats", "letters"),
        Column("95 % interval"), Column("seeds", "int"), Column("sd", "score"), Column("dev", "score"),
        Column("selection"), Column("trained"), Column("seconds", "int"),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (
            recipe.result.letter, shown[recipe.name], recipe.result.score.value,
            letters([index[letter] for letter in recipe.result.beats]) or "", range_of(recipe.result.score),
            len(recipe.seeds), recipe.result.run_sd, recipe.dev,
            TEST_MARK if recipe.selected_on == "test" else recipe.selected_on,
            millions(recipe.sizes.trainable) if recipe.sizes else None,
            None if recipe.seconds is None else round(recipe.seconds),
        )
        for recipe in comparison.recipes
    ]  # fmt: skip
    placement, ours = comparison.placement, len(rows)
    if placement is not None:
        for name, row in (("rank 1", placement.leader), ("official baseline", placement.baseline)):
            if row is not None:
                rows.append(("", name, float(row.score_text), *[None] * 8))
    notes = [
        "Means over seeds; the interval is over seeds and texts. "
        + (
            "beats: letters of the systems that it is significantly better than. "
            if len(comparison.recipes) > 1
            else ""
        )
        + "trained: number of trained parameters. seconds: training time of one seed, with ensemble members.",
        "selection: the split that settings, epochs, weights or thresholds were selected on.",
        *full_names([(recipe.result.letter, recipe.name) for recipe in comparison.recipes]),
        *origin_notes((shown[recipe.name], "", _compared_origin(recipe)) for recipe in comparison.recipes),
        *(
            f"{shown[recipe.name]}: seeds {', '.join(map(str, recipe.seeds))} of {len(recipe.origin.runs)}."
            for recipe in comparison.recipes
            if 1 < len(recipe.seeds) < len(recipe.origin.runs)
        ),
    ]
    rules = (ours - 1,) if len(rows) > ours else ()
    # A single recipe has no letter and beats nothing.
    keep = [at for at, column in enumerate(columns) if ours > 1 or column.name not in ("", "beats", "sd")]
    rows = [tuple(row[at] for at in keep) for row in rows]
    kept = tuple(columns[at] for at in keep)
    return [Table(heading(scores), kept, tuple(rows), (*notes, scores.signature), rules)]


def _compared_origin(recipe: RecipeResult) -> ScoreOrigin:
    """Return the origin of a row: without the seeds if the row has the mean over several."""
    return recipe.origin if len(recipe.seeds) == 1 else replace(recipe.origin, runs=())


def submit_tables(report: SubmitReport) -> list[Table]:
    """Return the files that were copied from runs to a system's folder, with their scores."""
    rows = [
        (
            shown_track(update.file.track), update.file.language, update.file.recipe, update.file.dev,
            update.file.score, *(update.file.interval or (None, None)), update.file.selected_on, update.how,
        )
        for update in report.updates
    ]  # fmt: skip
    columns = (
        Column("track"), Column("language"), Column("recipe", "name"), Column("dev", "score"), Column("test", "score"),
        Column("low", "score"), Column("high", "score"), Column("selection"), Column(""),
    )  # fmt: skip
    files = [update.file for update in report.updates]
    metrics = " and ".join(dict.fromkeys(METRICS[file.metric].title for file in files))
    builds = dict.fromkeys(file.made for file in files)
    notes = [
        f"dev, test: {metrics}; low, high: 95 % interval of test (bootstrap over texts).",
        *overlap_words([(file.language, file.overlap, file.without) for file in files]),
        *origin_notes((file.recipe, file.language, file.origin) for file in files),
        *(
            f"Made by {f'commit {build.commit}' if build.commit else 'commit not recorded'}, "
            f"{build.machine or 'machine not recorded'}."
            for build in builds
        ),
    ]
    return [Table(f"{report.system.name}: {report.system.title}", columns, tuple(rows), tuple(notes))]
