"""The report page in Python: `semeval_emo.report`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_emo.files import write_file
from semeval_emo.report.contents import Contents, load_contents
from semeval_emo.report.html.report import report_page
from semeval_emo.scoring.resampling import RESAMPLES, SEED
from semeval_emo.tables.frames import Thresholds
from semeval_emo.tables.results import Result, frame_of
from semeval_emo.task import Selector, Task
from semeval_emo.text import short_repr

if TYPE_CHECKING:
    from semeval_emo.tables.results import DataFrame

HEIGHT = 600
"""Height of a page in a notebook, in pixels."""


@dataclass(frozen=True, eq=False)
class ReportPage(Result):
    """A report: an HTML page that works offline.

    Attributes:
        contents: what the page shows.
        html: the page.
    """

    contents: Contents
    html: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, and return its path.

        Raises:
            InputError: the file cannot be written.
        """
        write_file(Path(path), self.html)
        return Path(path)

    def to_frame(self) -> DataFrame:
        """Return the scores, or the systems of a comparison, as a data frame."""
        result = self.contents.comparison or self.contents.scores
        return frame_of([]) if result is None else result.to_frame()

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self.html)}" width="100%" height="{HEIGHT}"></iframe>'

    def __repr__(self) -> str:
        systems = tuple(system.name for system in self.contents.systems)
        return short_repr(self, systems=systems, characters=len(self.html))


def report(
    predictions: Any,
    gold: Any = None,
    *,
    out: str | os.PathLike[str] | None = None,
    texts: bool = True,
    source: str | os.PathLike[str] | None = None,
    track: str | None = None,
    language: str | None = None,
    split: str | None = None,
    release: str | None = None,
    task: Task | str | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    unverified_gold: bool = False,
    emotions: Sequence[str] | None = None,
    threshold: Thresholds | None = None,
) -> ReportPage:
    """Return a page with everything about predictions: scores, rank, errors, texts, plots, provenance.

    Args:
        predictions: files, folders (also of runs), zips or data frames; ``{language: frame}`` is one submission, and
            ``{name: path or frame}`` with several of the same language are systems, which are compared.
        gold: gold labels as for `score`; None loads them from `source`.
        out: also write the page to this file.
        texts: False leaves out the texts, which keep the terms of use of the data.
        source, track, language, split, release, task, unverified_gold: as for `score`.
        resamples, seed: of the bootstrap.
        emotions, threshold: as for `score`.

    Raises:
        EmoError: as for `score`.
    """
    given = {"emotions": emotions, "threshold": threshold}
    labels: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    contents = load_contents(
        predictions, gold=gold, source=source, resamples=resamples, seed=seed,
        selector=Selector(task, track, language, split, release), unverified_gold=unverified_gold, **labels,
    )  # fmt: skip
    page = ReportPage(contents, report_page(contents, texts=texts))
    if out is not None:
        page.save(out)
    return page
