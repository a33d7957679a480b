"""The table [layout] of a task file."""

from __future__ import annotations

import pytest

from semeval_emo.parse import ShapeError
from semeval_emo.task import FileKey, load_task
from semeval_emo.task.layout import DEFAULT_LAYOUT, build_layout

EC = {
    "archive": "E-C.zip",
    "data": {
        "file": "2018-E-c-{language}-{split}.txt",
        "delimiter": "\t",
        "quotes": False,
        "id": "ID",
        "text": "Tweet",
    },
    "predictions": {"file": "E-C_{language}_pred.txt", "delimiter": "\t", "id": "ID", "text": "Tweet"},
}


def test_a_task_without_a_layout_has_that_of_task_11():
    spec = load_task().spec("a", "eng", "test")
    assert build_layout({}) == spec.layout == DEFAULT_LAYOUT
    assert spec.header == ("id", "anger", "fear", "joy", "sadness", "surprise")
    assert spec.file_name == "pred_eng.csv"
    assert spec.layout.data.path(spec.key) == "track_a/test/eng.csv"


def test_a_layout_names_files_and_columns():
    layout = build_layout({"layout": EC})
    place = FileKey("ec", "en", "dev")
    assert layout.predictions.path(place) == "E-C_en_pred.txt"
    assert layout.predictions.header(["anger", "joy"]) == ("ID", "Tweet", "anger", "joy")
    assert layout.data.address("2018-E-c-En-train.txt") == {"language": "En", "split": "train"}
    assert layout.data.address("2018-E-c-train.txt") is None
    assert DEFAULT_LAYOUT.data.address("track_a/dev/eng.csv") == {"track": "a", "split": "dev", "language": "eng"}


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"dta": {}}, "[layout] has the unknown key 'dta': did you mean 'data'?"),
        ({"data": {"delimter": ";"}}, "[layout.data] has the unknown key 'delimter': did you mean 'delimiter'?"),
        (
            {"data": {"file": "../{language}.csv"}},
            "'layout.data.file' is '../{language}.csv', expected a relative",
        ),
        (
            {"predictions": {"file": "{lang}.csv"}},
            "'layout.predictions.file' has '{lang}', expected {track},",
        ),
        ({"data": {"delimiter": "::"}}, "'layout.data.delimiter' is '::', expected one character"),
        ({"data": {"labels": "list"}}, "'layout.data.labels' is 'list', expected columns, names, indices"),
        ({"data": {"columns": ["text", "labels"]}}, "'layout.data.columns' has no 'id', the column of ids"),
        ({"data": {"quotes": "no"}}, "'layout.data.quotes' is text, expected true or false"),
    ],
)
def test_a_wrong_layout_is_named(layout: dict, message: str):
    with pytest.raises(ShapeError) as caught:
        build_layout({"layout": layout})
    assert message in str(caught.value)
