"""Texts with labels in a table of one's own: names decide, nothing is guessed, what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.data.labelled import read_labelled
from semeval_emo.errors import InputError

LABELS = ("anger", "joy")
WANTED = [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "body",
    [
        "id,text,anger,joy\na,Oh,0,1\nb,No,1,0\n",
        "\ufeffID,Text,Joy,Anger\na,Oh,1,0\nb,No,0,1\n",
        "text;Anger;Joy\nOh;0.0;1.0\nNo;1.0;0.0\n",
        "Tweet\tanger\tjoy\nOh\tFalse\tTrue\nNo\tTrue\tFalse\n",
        "text,labels\nOh,['joy']\nNo,['anger']\n",
        'sentence,emotions\nOh,"[""joy""]"\nNo,[anger]\n',
        "text|label\nOh|joy\nNo|Anger\n",
        'text,labels\nOh,"{""joy"": 1, ""anger"": 0}"\nNo,{\'anger\': 1.0}\n',
        "text,labels\nOh,['joy' 'happiness']\nNo,anger; neutral\n",
    ],
)
def test_every_form_gives_the_same_labels(body: str, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text(body, encoding="utf-8")
    table = read_labelled(path, LABELS, synonyms={"happiness": "joy"})
    assert (table.texts, table.emotions, table.labels.tolist()) == (("Oh", "No"), LABELS, WANTED)
    assert table.ids == (("a", "b") if "id" in body[:4].lower() else None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings_with_a_byte_order_mark(encoding: str, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text("text,anger,joy\nÖh,0,1\n", encoding=encoding)
    assert read_labelled(path, LABELS).texts == ("Öh",)


def test_texts_keep_every_character(tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b'text,anger,joy\r\n"She said ""Oh"", and\r\nwent",0,1\r\nno "quotes" here,1,0\r\n')
    assert read_labelled(path, LABELS).texts == ('She said "Oh", and\r\nwent', 'no "quotes" here')


def test_the_labels_of_a_file_of_one_s_own(tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "Unnamed: 0,comment,racial/ethnic,other,Disgust,fold,lang,note\n0,Oh,1,0,,3,eng,x\n1,No,0,1,,1,eng,y\n"
    )
    table = read_labelled(path)
    assert (table.emotions, table.labels.tolist(), table.top) == (("racial/ethnic", "other"), [[1, 0], [0, 1]], 1)
    assert table.unused == ("Unnamed: 0", "Disgust", "fold", "lang", "note")
    assert table.notes == ("Texts from column 'comment'.", "Not used: Disgust (blank in every row).")


def test_degrees_and_names_of_one_s_own(tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text("text,calm,rage\nOh,0,1\nNo,3,1\n")
    table = read_labelled(path)
    assert (table.emotions, table.labels.tolist(), table.top) == (("calm", "rage"), [[0, 1], [3, 1]], 3)
    path.write_text("text,label\nOh,Calm\nNo,rage\nAh,calm\n")
    table = read_labelled(path)
    assert (table.emotions, table.labels.tolist()) == (("Calm", "rage"), [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("body", "message", "fix"),
    [
        ("text,anger,joy\nOh,0,\n", "line 2: the label 'joy' is blank, which does not mean 0.", "write 0 or 1"),
        ("text,anger,joy\nOh,0,0.4\n", "line 2: the label 'joy' is '0.4'.", "write 0 or 1"),
        ("text,anger,joy\nOh,0,1\n ,0,1\n", "has 1 row without a text (first: line 3).", "remove the rows"),
        ("text,anger\nOh,0\n", "has no column joy: its header is text,anger.", "or a column 'labels'"),
        ("text,labels\nOh,17\n", "line 2: 'labels' has numbers, not names: 17.", "write the names of the labels"),
        ("text,labels\nOh,[joyy]\n", "line 2: 'joyy' is not one of anger, joy.", "did you mean 'joy'?"),
        ("tweet,comment,anger,joy\nOh,No,0,1\n", "has several columns of texts: 'tweet' or 'comment'.", "--column"),
        ("satz,anger,joy\nOh,0,1\n", "has no column 'text': its header is satz,anger,joy.", "--column NAME"),
        ("text,anger,joy\nOh, no,0,1\n", "line 2: 4 cells, but the header has 3.", "put quotes around"),
        ("text,anger,joy,Joy\nOh,0,1,1\n", "has two columns of 'joy': 'joy' and 'Joy'.", "remove one"),
    ],
)
def test_what_is_not_certain_is_refused(body: str, message: str, fix: str, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text(body)
    with pytest.raises(InputError) as refused:
        read_labelled(path, LABELS)
    assert refused.value.message == f"{path} {message}"
    assert fix in refused.value.fix and "publisher" not in refused.value.fix


@pytest.mark.parametrize(
    ("body", "message", "fix"),
    [
        ("text,joy,fear\n" + "Oh,1,0\n" * 19 + "Oh,1,?\n", "line 21: the label 'fear' is '?'.", "remove the column"),
        ("text,joy\nOh,\nAh,1\nEh,\n", "is blank, which does not mean 0 (1 more row like this).", "remove the rows"),
        (
            "text,emotion,sarcasm\nOh,joy,0\nAh,fear,1\n",
            "'emotion' and numbers in sarcasm: which",
            "remove the columns",
        ),
    ],
)
def test_own_labels_that_are_not_certain_are_refused(body: str, message: str, fix: str, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text(body)
    with pytest.raises(InputError) as refused:
        read_labelled(path)
    assert message in refused.value.message and fix in refused.value.fix


def test_the_column_of_texts_can_be_named(tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text("tweet,Satz,anger,joy\nOh,No,0,1\n")
    assert read_labelled(path, LABELS, column="satz").texts == ("No",)
    with pytest.raises(InputError, match="has no column 'sats'"):
        read_labelled(path, LABELS, column="sats")
