"""The table of a user's own data: the texts of each split, and those with each label."""

from __future__ import annotations

from semeval_emo.report.table import Column, Table
from semeval_emo.task import SPLITS
from semeval_emo.text import plural
from semeval_emo.zoo.dataset.own_data import OwnData


def table(data: OwnData) -> Table:
    """Return one row per label with the number of texts that have it in each split."""
    emotions = data.task.emotions
    by_label = {name: [data.positives[split][j] for split in SPLITS] for j, name in enumerate(emotions)}
    counts = [(name, sum(row), *row) for name, row in by_label.items()]
    texts = sum(data.rows.values())
    how = "as given" if data.is_given else "at random, copies of a text together, labels evenly"
    when = "" if data.is_new else " by an earlier command"
    notes = [f"Split{when} {how}; stored in {data.folder}.", *data.notes]
    return Table(
        f"{data.task.title}: {plural(texts, 'text')}, {plural(len(emotions), 'label')}",
        (Column("label"), *(Column(name, "int") for name in ("all", *SPLITS))),
        (*counts, ("texts", texts, *(data.rows[split] for split in SPLITS))),
        tuple(notes),
        (len(counts) - 1,),
    )
