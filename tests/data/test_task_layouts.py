"""Texts and gold labels in the layouts of other tasks: names of files and columns, delimiters, labels in a cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.pin import pin
from semeval_emo.data.sheet import peek, read_sheet
from semeval_emo.data.survey import survey
from semeval_emo.errors import InputError, UsageError
from semeval_emo.scoring import score
from semeval_emo.task import Task, load_task

COLUMNS = r"""
[layout.data]
file = "2018-E-c-{language}-{split}.txt"
delimiter = "\t"
quotes = false
id = "ID"
text = "Tweet"
blank = "NONE"
[layout.predictions]
file = "E-C_{language}_pred.txt"
"""
INDICES = r"""
[layout.data]
file = "{split}.tsv"
delimiter = "\t"
quotes = false
columns = ["text", "labels", "id"]
labels = "indices"
"""
NAMES = """
[layout.data]
file = "{language}/Set-{split}.csv"
delimiter = ";"
labels = "names"
separator = "|"
"""
CSV = 'id,text,calm,hope,rage\nq7x,"A ""day"", so",1,0,1\nb2k,Oh,0,1,0\n'
LINES = {
    COLUMNS: (
        "2018-E-c-Xx-dev.txt",
        'ID\tTweet\tcalm\thope\trage\r\nq7x\tA "day", so\t1\t0\t1\r\nb2k\tOh\t0\t1\t0\r\n',
    ),
    INDICES: ("dev.tsv", 'A "day", so\t2,0\tq7x\nOh\t1\tb2k\n'),
    NAMES: ("xx/set-DEV.csv", '\ufeffid;text;labels\nq7x;"A ""day"", so";rage|calm\nb2k;Oh;hope\n'),
}


@pytest.fixture
def make_task(tmp_path: Path):
    """Makes a task of three labels with a layout and, if named, with files."""

    def made(layout: str, files: str = "") -> Task:
        toml = tmp_path / "made-up.toml"
        toml.write_text(
            'key = "made-up"\ntitle = "Made-up task"\ndefault_release = "1"\nemotions = ["calm", "hope", "rage"]\n'
            f'{layout}[tracks.m]\ntitle = "M"\nvalues = ["0", "1"]\nmetric = "macro_f1"\naveraging = "mean"\n'
            '[languages]\nxx = ["Exish", "Made-up", "Latin"]\n'
            '[releases.1]\ntitle = "One"\npublished = 2026-01-01\nsource = "here"\n'
            f"[releases.1.files]\n{files}"
        )
        return load_task(toml)

    return made


def put(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.encode())
    return path


@pytest.mark.parametrize("layout", LINES)
def test_a_file_is_found_read_and_known_in_the_layout_of_its_task(layout: str, make_task, tmp_path: Path):
    name, body = LINES[layout]
    root = tmp_path / "all" / "made-up"
    path = put(root / name, body)
    table = pin(root, make_task(layout)).toml
    assert table.startswith('"m/xx/dev" = { ids = ["q7x", "b2k"], texts = ')
    task = make_task(layout, table)
    gold = load_gold("m", "xx", "dev", source=tmp_path / "all", task=task)
    assert (gold.source, gold.ids, gold.texts) == (str(path), ("q7x", "b2k"), ('A "day", so', "Oh"))
    assert (gold.labels.tolist(), gold.releases) == ([[1, 0, 1], [0, 1, 0]], ("1",))
    (folder,) = survey(root, task)
    assert [(file.path, file.place, file.state) for file in folder.files] == [(path, ("m", "xx", "dev"), "known")]
    # The same rows as CSV in the usual shape, under any name.
    path.unlink()
    mine = put(root / "mine.csv", CSV)
    assert load_gold("m", "xx", "dev", source=root, task=task).labels.tolist() == gold.labels.tolist()
    assert load_gold("m", "xx", "dev", source=mine, task=task).texts == gold.texts


@pytest.mark.parametrize("layout", LINES)
def test_the_message_of_missing_gold_names_the_file_of_the_layout(layout: str, make_task, tmp_path: Path):
    task = make_task(layout, '"m/xx/dev" = { ids = ["q7x", "b2k"] }')
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError) as missing:
        load_gold("m", "xx", "dev", source=tmp_path / "data", task=task)
    named = {COLUMNS: "2018-E-c-xx-dev.txt", INDICES: "dev.tsv", NAMES: "xx/Set-dev.csv"}[layout]
    assert missing.value.fix.startswith(f"expected {tmp_path / 'data' / named}; ")


def test_predictions_beside_the_gold_labels_are_not_taken_for_them(make_task, tmp_path: Path):
    task = make_task(COLUMNS, '"m/xx/dev" = { ids = ["q7x", "b2k"] }')
    put(tmp_path / "data/E-C_Xx_pred.txt", LINES[COLUMNS][1])
    with pytest.raises(InputError, match="There is no dev file of track m for 'xx'"):
        load_gold("m", "xx", "dev", source=tmp_path / "data", task=task)


@pytest.mark.parametrize("layout", [COLUMNS, NAMES])
def test_a_file_without_labels_asks_for_the_folder_of_gold_labels(layout: str, make_task, tmp_path: Path):
    task = make_task(layout, '"m/xx/dev" = { ids = ["q7x", "b2k"], labels = "0123456789abcdef" }')
    name, body = LINES[layout]
    cell = "\t" if layout is COLUMNS else ";"
    rows = [line.split(cell)[:2] for line in body.splitlines()]
    put(tmp_path / "data" / name, "\n".join(map(cell.join, rows)) + "\n")
    with pytest.raises(
        InputError, match="has no labels of release 1 track m xx dev, so nothing can be scored"
    ) as error:
        load_gold("m", "xx", "dev", source=tmp_path / "data", task=task)
    assert error.value.fix == "give the folder with its gold labels: --gold FOLDER"


def test_blank_labels_are_named_as_such(make_task, tmp_path: Path):
    task = make_task(COLUMNS, '"m/xx/test" = { ids = ["q7x", "b2k"] }')
    body = "ID\tTweet\tcalm\thope\trage\nq7x\tNONE\tNONE\tNONE\tNONE\nb2k\tOh\tNONE\tNONE\tNONE\n"
    put(tmp_path / "data/2018-E-c-xx-test.txt", body)
    with pytest.raises(InputError, match=r"are blank: 6 of 6 cells of release 1 track m xx test\."):
        load_gold("m", "xx", "test", source=tmp_path / "data", task=task)
    texts = load_gold("m", "xx", "test", source=tmp_path / "data", task=task, labels_required=False)
    assert texts.texts == ("NONE", "Oh") and (texts.labels == -1).all()


@pytest.mark.parametrize(
    ("layout", "body", "message", "fix"),
    [
        (COLUMNS, "", "has no column 'ID': its first line is ''", "expected ID Tweet"),
        (COLUMNS, "ID,Tweet,calm\n1,Oh,1\n", "has no column 'ID': its first line is 'ID,Tweet,calm'", "tabs"),
        (COLUMNS, "ID\tTweet\tcalm\n1\tOh\tmy\t1\n", "line 2: 4 cells, expected 3: ID, Tweet, calm", "tabs"),
        (COLUMNS, "ID\tid\tcalm\n1\t2\t1\n", "has the column 'id' twice", "remove one"),
        (INDICES, "", "is empty", "expected text, labels, id, separated by tabs"),
        (INDICES, "Oh\t1\tb2k\n\nA day,1,q7x\n", "line 3: 1 cell, expected 3: text, labels, id", "tabs"),
        (INDICES, "Oh\t0,3\tb2k\n", "line 1: the label '3' is not of the task", "a number from 0 to 2"),
        (INDICES, "Oh\tcalm\tb2k\n", "line 1: the label 'calm' is not of the task", "a number from 0 to 2"),
        (INDICES, "Oh\t-1\tb2k\n", "line 1: the label '-1' is not of the task", "a number from 0 to 2"),
        (INDICES, "a,id,b\t5\tb2k\n", "line 1: the label '5' is not of the task", "a number from 0 to 2"),
        (NAMES, "id;text;labels\n1;Oh;calm|hoppe\n", "line 2: the label 'hoppe' is not of the task", "'hope'"),
        (NAMES, "id;text;labels\n1;Oh;calm,rage\n", "line 2: the label 'calm,rage' is not of", "'|' is between"),
        (NAMES, "id;text;labels;calm\n1;Oh;calm;0\n", "has the column 'calm' twice", "remove"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(layout: str, body: str, message: str, fix: str, make_task, tmp_path: Path):
    path = put(tmp_path / "x.txt", body)
    task = make_task(layout)
    peek(path, task)
    with pytest.raises(InputError) as caught:
        read_sheet(path, task)
    assert f"{path} {message}" in caught.value.message and fix in (caught.value.fix or "")


def test_a_header_above_rows_that_have_none_is_not_a_row(make_task, tmp_path: Path):
    path = put(tmp_path / "x.tsv", "text\tlabels\tid\nOh\t1\tb2k\n")
    sheet = read_sheet(path, make_task(INDICES))
    assert sheet.header == ("text", "id", "calm", "hope", "rage")
    assert list(sheet.rows) == [["Oh", "b2k", "0", "1", "0"]]


def test_two_rows_of_one_id_are_refused(make_task, tmp_path: Path):
    task = make_task(INDICES, '"m/xx/dev" = { ids = ["q7x", "b2k"] }')
    path = put(tmp_path / "dev.tsv", "Oh\t1\tb2k\nA day\t0\tq7x\nOh no\t2\tb2k\n")
    with pytest.raises(InputError, match="has the id 'b2k' twice"):
        load_gold("m", "xx", "dev", source=path, task=task)


@pytest.mark.parametrize("layout", [COLUMNS, NAMES])
def test_parquet_files_have_the_names_of_the_layout(layout: str, make_task, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="left out: needs the extra 'parquet'")
    import pyarrow as pa

    own = {"ID": ["q7x", "b2k"], "Tweet": ["A", "Oh"], "calm": [1, 0], "hope": [0, 1], "rage": [1, 0]}
    if layout == NAMES:
        own = {"id": ["q7x", "b2k"], "text": ["A", "Oh"], "labels": ["rage|calm", "hope"]}
    name = {COLUMNS: "2018-E-c-xx-dev.parquet", NAMES: "xx/Set-dev.parquet"}[layout]
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    parquet.write_table(pa.table(own), path)
    task = make_task(layout, '"m/xx/dev" = { ids = ["q7x", "b2k"] }')
    for source in (tmp_path / "data", path):
        gold = load_gold("m", "xx", "dev", source=source, task=task)
        assert (gold.texts, gold.labels.tolist()) == (("A", "Oh"), [[1, 0, 1], [0, 1, 0]])
    parquet.write_table(pa.table({"number": ["q7x"], "calm": [1]}), path)
    with pytest.raises(InputError, match=r"has no column 'id': its header is 'number,calm'"):
        load_gold("m", "xx", "dev", source=path, task=task)


@pytest.mark.parametrize(
    ("keys", "cells", "expected"),
    [
        # An empty cell is no zero unless the layout says so.
        ("", ("", "hope"), "3 of 6 cells"),
        ('no_label = ""', ("", "hope"), [[0, 0, 0], [0, 1, 0]]),
        ('no_label = "none"', ("none", "hope"), [[0, 0, 0], [0, 1, 0]]),
        ('no_label = "none"', ("", "hope"), "3 of 6 cells"),
        ('blank = "?"', ("", "hope"), [[0, 0, 0], [0, 1, 0]]),
        ('blank = "?"', ("?", "hope"), "3 of 6 cells"),
        # A file without any label is unpublished.
        ('no_label = ""', ("", ""), "6 of 6 cells"),
        ("", ("[]", "hope"), [[0, 0, 0], [0, 1, 0]]),
    ],
)
def test_a_cell_without_labels_is_what_the_layout_says(keys: str, cells, expected, make_task, tmp_path: Path):
    task = make_task(f"{NAMES}{keys}\n", '"m/xx/dev" = { ids = ["q7x", "b2k"] }')
    put(tmp_path / "data/xx/Set-dev.csv", f"id;text;labels\nq7x;A;{cells[0]}\nb2k;Oh;{cells[1]}\n")
    if isinstance(expected, str):
        with pytest.raises(InputError, match=f"are blank: {expected} of release 1") as blank:
            load_gold("m", "xx", "dev", source=tmp_path / "data", task=task)
        hinted = "no_label" in blank.value.fix
        assert hinted == (expected == "3 of 6 cells" and "blank" not in keys)
        return
    assert load_gold("m", "xx", "dev", source=tmp_path / "data", task=task).labels.tolist() == expected


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            'labels = "names"\nblank = "-"\nno_label = "-"',
            "'layout.data.no_label' and 'layout.data.blank' are both '-'",
        ),
        ('no_label = ""', "'layout.data.no_label' is for labels in one cell"),
        ('labels = "names"\nno_label = 0', "no_label"),
    ],
)
def test_no_label_is_checked(keys: str, message: str, make_task):
    with pytest.raises(UsageError, match=message):
        make_task(f"[layout.data]\n{keys}\n")


@pytest.mark.parametrize("language", ["xx", "XX", "Exish"])
@pytest.mark.parametrize("names", [("ID", "Tweet"), ("id", "text")])
def test_gold_frames_have_the_names_of_the_layout(language: str, names, make_task, tmp_path: Path):
    pandas = pytest.importorskip("pandas")
    layout = f'{COLUMNS}id = "ID"\ntext = "Tweet"\ndelimiter = "\\t"\n'
    task = make_task(layout, '"m/xx/dev" = { ids = ["q7x", "b2k"] }')
    # The file has texts, so that those of the gold frame are compared with them.
    path = put(tmp_path / "E-C_xx_pred.txt", "ID\tTweet\tcalm\thope\trage\nq7x\tA\t1\t0\t1\nb2k\tOh\t0\t1\t0\n")
    labels = {"calm": ["1", "0"], "hope": ["0", "1"], "rage": ["1", "1"]}
    frame = pandas.DataFrame({names[0]: ["q7x", "b2k"], names[1]: ["A", "Oh"], **labels})
    for predictions in (path, pandas.read_csv(path, sep="\t")):
        card = score(predictions, {language: frame}, task=task).card
        assert (card.metrics.texts, round(card.score, 4)) == (2, 0.8889)
    with pytest.raises(InputError, match=r"are blank: 6 of 6 cells"):
        score(path, {language: frame.assign(calm="NONE", hope="NONE", rage="NONE")}, task=task)
