"""Data files in the layout of another task: names, separators, columns, labels in one cell."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.sheet import peek, read_sheet
from semeval_emo.errors import InputError
from semeval_emo.task import load_task

HEAD = """
key = "moods"
title = "Moods"
default_release = "1"
emotions = ["calm", "glee", "gloom"]
[tracks.x]
title = "Which moods"
values = ["0", "1"]
metric = "jaccard"
averaging = "mean over texts"
[languages]
en = ["English", "Indo-European", "Latin"]
[releases.1]
title = "First"
published = 2026-01-01
source = "this test"
"""
COLUMNS = """file = "moods-{language}-{split}.txt"
delimiter = "\\t"
quotes = false
id = "ID"
text = "Tweet"
blank = "NONE"
"""
INDICES = (
    'file = "{split}.tsv"\ndelimiter = "\\t"\nquotes = false\ncolumns = ["text", "labels", "id"]\nlabels = "indices"'
)
NAMES = 'file = "{split}/{language}.csv"\ndelimiter = ";"\nid = "nr"\nlabels = "names"\nseparator = "|"'
IDS, TEXTS = ["b7", "a1", "c"], ['"No" way', "so, so sad", "up \u2028 and down"]
LABELS = [[1, 0, 0], [0, 0, 1], [0, 1, 1]]
FILES = {
    COLUMNS: (
        "moods-En-dev.txt",
        "ID\tTweet\tcalm\tglee\tgloom\r\n"
        + "".join(f"{i}\t{t}\t{r[0]}\t{r[1]}\t{r[2]}\r\n" for i, t, r in zip(IDS, TEXTS, LABELS, strict=True)),
    ),
    INDICES: ("dev.tsv", "".join(f"{t}\t{n}\t{i}\n" for i, t, n in zip(IDS, TEXTS, ["0", "2", "1,2"], strict=True))),
    NAMES: (
        "dev/en.csv",
        'nr;text;labels\nb7;"""No"" way";calm\na1;so, so sad;gloom\nc;up \u2028 and down;Glee | gloom\n',
    ),
}


def world(folder: Path, layout: str, body: str | None = None) -> tuple[Path, Path, Path]:
    """Write a task file, and a data file in its layout; return both, and the folder of the data."""
    name, own = FILES[layout]
    path = folder / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(own if body is None else body, encoding="utf-8", newline="")
    toml = folder / "moods.toml"
    toml.write_text(f"{HEAD}[layout.data]\n{layout}\n[releases.1.files]\n", encoding="utf-8")
    return toml, path, folder / "data"


@pytest.mark.parametrize("layout", FILES)
def test_files_in_any_layout_are_pinned_found_and_read(layout: str, tmp_path: Path, cli):
    toml, path, data = world(tmp_path, layout)
    pinned = cli("data", "pin", data, "--task", toml)
    assert pinned.out.startswith('"x/en/dev" = { ids = ["b7", "a1", "c"], texts = '), pinned.err
    toml.write_text(f"{HEAD}[layout.data]\n{layout}\n[releases.1.files]\n{pinned.out}", encoding="utf-8")
    task = load_task(toml)
    gold = load_gold("x", "en", "dev", source=data, task=task)
    assert list(gold.ids) == IDS and list(gold.texts or ()) == TEXTS
    np.testing.assert_array_equal(gold.labels, LABELS)
    assert peek(path, task)[1] == "b7"
    assert "identified by" in cli("data", "check", data, "--task", toml).out
    # The same rows in the default layout are the same gold.
    other = tmp_path / "converted/track_x/dev/en.csv"
    other.parent.mkdir(parents=True)
    with other.open("w", encoding="utf-8", newline="") as stream:
        rows = [[i, t, *r] for i, t, r in zip(IDS, TEXTS, LABELS, strict=True)]
        csv.writer(stream).writerows([["id", "text", "calm", "glee", "gloom"], *rows])
    assert load_gold("x", "en", "dev", source=tmp_path / "converted", task=task).hash == gold.hash
    # A file that is not there is named as the task names it.
    with pytest.raises(InputError) as missing:
        (tmp_path / "empty").mkdir()
        load_gold("x", "en", "dev", source=tmp_path / "empty", task=task)
    assert FILES[layout][0].lower() in (missing.value.fix or "").lower()


@pytest.mark.parametrize(
    ("layout", "body", "message"),
    [
        (COLUMNS, "Tweet\tcalm\nno\t1\n", "has no column 'ID': its first line is 'Tweet\\tcalm'"),
        (COLUMNS, "", "has no column 'ID': its first line is ''"),
        (COLUMNS, "ID\tTweet\tcalm\tglee\tgloom\nb7\tno\t1\t0\n", "line 2: 4 cells, expected 5: ID, Tweet, calm"),
        (COLUMNS, "ID\tTweet\tcalm\tcalm\tgloom\nb7\tno\t1\t0\t1\n", "has the column 'calm' twice"),
        (INDICES, "no\t3\tb7\n", "line 1: the label '3' is not of the task"),
        (INDICES, "no\tglee\tb7\n", "line 1: the label 'glee' is not of the task"),
        (INDICES, "no\t-1\tb7\n", "line 1: the label '-1' is not of the task"),
        (NAMES, "nr;text;labels\nb7;no;glee|glom\n", "line 2: the label 'glom' is not of the task"),
    ],
)
def test_what_is_wrong_is_named(layout: str, body: str, message: str, tmp_path: Path):
    toml, path, _ = world(tmp_path, layout, body)
    with pytest.raises(InputError) as caught:
        read_sheet(path, load_task(toml))
    assert message in caught.value.message


def test_unpublished_labels_are_blank(tmp_path: Path):
    body = "ID\tTweet\tcalm\tglee\tgloom\n" + "".join(f"{i}\tno\tNONE\tNONE\tNONE\n" for i in IDS)
    toml, path, _ = world(tmp_path, COLUMNS, body)
    assert read_sheet(path, load_task(toml)).blanks(["calm", "glee", "gloom"]) == 9
