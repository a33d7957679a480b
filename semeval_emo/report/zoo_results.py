"""Tables of finished runs: compared with each other, and submitted to a system's folder."""

from __future__ import annotations

from typing import Any

from semeval_emo.report.comparison import heading, short
from semeval_emo.report.results import overlap_words
from semeval_emo.report.score_intervals import range_of
from semeval_emo.report.table import Column, Table
from semeval_emo.report.zoo import TEST_MARK, millions
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.scoring.significance import letters
from semeval_emo.zoo.inference.results import RecipeResult, Results
from semeval_emo.zoo.inference.submit import SubmitReport


def tables(found: Results) -> list[Table]:
    """One line a recipe, the best first; then what rank 1 and the baseline reached."""
    comparison = found.comparison
    index = {one.letter: place for place, one in enumerate(comparison.systems)}
    columns = (
        Column(""), Column("system", "name"), Column(comparison.title, "score", "max"), Column("beats", "letters"),
        Column("95 % interval"), Column("seeds", "int"), Column("sd", "score"), Column("dev", "score"),
        Column("chosen on"), Column("trained"), Column("seconds", "int"),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (
            one.standing.letter, short(one.name), one.standing.score.value,
            letters([index[letter] for letter in one.standing.beats]) or "", range_of(one.standing.score),
            len(one.seeds), one.standing.run_sd, one.dev,
            TEST_MARK if one.selected_on == "test" else one.selected_on,
            millions(one.sizes.trainable) if one.sizes else None,
            None if one.seconds is None else round(one.seconds),
        )
        for one in found.lines
    ]  # fmt: skip
    place, ours = found.placement, len(rows)
    if place is not None:
        for what, row in (("rank 1", place.leader), ("official baseline", place.baseline)):
            if row is not None:
                rows.append(("", what, float(row.score_text), *[None] * 8))
    notes = [
        "A mean over seeds; the interval is over seeds and texts. beats: letters of the systems that it is "
        "significantly better than. trained: parameters that moved; seconds: of training one seed, and of its members "
        "where it is joined.",
        "chosen on: the split that had a say in settings, epochs, weights or thresholds.",
    ]
    ruled = (ours - 1,) if len(rows) > ours else ()
    return [Table(heading(comparison), columns, tuple(rows), (*notes, comparison.signature), ruled)]


def to_dict(found: Results) -> dict[str, Any]:
    """The JSON form."""
    return {
        "schema": "semeval-emo/zoo-results/1",
        "lines": [_line(one) for one in found.lines],
        "comparison": found.comparison.to_dict(),
    }


def _line(one: RecipeResult) -> dict[str, Any]:
    score = one.standing.score
    return {
        "name": one.name,
        "title": one.title,
        "folders": [str(path) for path in one.folders],
        "seeds": list(one.seeds),
        "score": score.value,
        "interval": [score.low, score.high],
        "runs": list(one.standing.run_scores),
        "sd": one.standing.run_sd,
        "dev": one.dev,
        "selected_on": one.selected_on,
        "parameters": None if one.sizes is None else {"trained": one.sizes.trainable, "all": one.sizes.total},
        "seconds": one.seconds,
    }


def submit_tables(report: SubmitReport) -> list[Table]:
    """Return the files that were copied from runs to a system's folder, with their scores."""
    rows = [
        (
            update.file.track.upper(), update.file.language, update.file.recipe, update.file.dev, update.file.score,
            *(update.file.interval or (None, None)), update.file.selected_on, update.how,
        )
        for update in report.taken
    ]  # fmt: skip
    columns = (
        Column("track"), Column("language"), Column("recipe", "name"), Column("dev", "score"), Column("test", "score"),
        Column("low", "score"), Column("high", "score"), Column("chosen on"), Column(""),
    )  # fmt: skip
    files = [update.file for update in report.taken]
    metrics = " and ".join(dict.fromkeys(METRICS[file.metric].title for file in files))
    builds = dict.fromkeys(file.made for file in files)
    notes = [
        f"dev, test: {metrics}; low, high: 95 % interval of test (bootstrap over texts).",
        *overlap_words([(file.language, file.overlap, file.without) for file in files]),
        *(
            f"Made by {f'commit {build.commit}' if build.commit else 'commit not recorded'}, "
            f"{build.machine or 'machine not recorded'}."
            for build in builds
        ),
    ]
    return [Table(f"{report.system.name}: {report.system.title}", columns, tuple(rows), tuple(notes))]
