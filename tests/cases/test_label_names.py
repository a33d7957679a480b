"""Labels as names: lists in a cell, answers, JSON, long tables, columns under other names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from semeval_emo import fix, load_task, score, validate
from semeval_emo.errors import InputError
from semeval_emo.submission import read_submission
from semeval_emo.tables.shapes import Vocabulary
from semeval_emo.tables.shapes.cell import CellReader

SPEC = load_task().spec("a", "eng", "dev")
INTENSITIES = load_task().spec("b", "eng", "dev")
# Labels with every number of emotions, also none.
LABELS = [[(n >> at) & 1 for at in range(5)] for n in range(SPEC.rows)]
DEGREES = [[(n // (at + 1)) % 4 for at in range(5)] for n in range(INTENSITIES.rows)]
NAMED = [[name for name, label in zip(SPEC.emotions, row, strict=True) if label] for row in LABELS]


def labels_of(path: Path) -> list[list[int]]:
    """The labels of a fixed file, and a check that it is valid and can be scored."""
    assert validate(path).valid
    (predictions,) = read_submission(path).predictions
    return predictions.values.tolist()


def check(path: Path, codes: dict[str, int], expected: list[list[int]] = LABELS, **decisions: object) -> str:
    """Check the problems and the fixed labels of a file; return the first message."""
    report = validate(path)
    assert report.counts == codes
    out = path.parent / f"{path.stem}-fixed"
    fixed = fix(path, out, **decisions)  # type: ignore[arg-type]
    assert fixed.ok, fixed.refusals
    assert labels_of(Path(fixed.written[0].path)) == expected
    return next(problem.message for problem in report.problems if problem.code.startswith("E3"))


def write(tmp_path: Path, header: list[str], rows: Iterable[list[object]], name: str = "pred_eng.csv") -> Path:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    path = tmp_path / name
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def with_ids(cells: Iterable[object]) -> list[list[object]]:
    return [[text_id, cell] for text_id, cell in zip(SPEC.ids, cells, strict=True)]


# --- the files that people brought -----------------------------------------------------------------------------------


def case_labels(path: Path) -> list[list[int]]:
    """The labels that the cases of this kind have in common, read from another column layout."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [[int(row[name]) for name in SPEC.emotions] for row in rows]


@pytest.mark.parametrize("case", ["02-list-of-names-in-a-cell", "03-comma-list-in-a-cell"])
def test_lists_in_a_cell(case: str, shared_dir: Path, tmp_path: Path, cli: Callable):
    path = shared_dir / "cases" / case / "pred_eng.csv"
    expected = case_labels(shared_dir / "cases" / "14-labels-and-prob-columns" / "pred_eng.csv")
    report = validate(path)
    assert report.counts == {"E330": 1}
    assert "auto-fix: write one column for each label" in cli("validate", path).out
    assert cli("fix", path, "-o", tmp_path / "fixed").code == 0
    assert labels_of(tmp_path / "fixed") == expected
    assert cli("score", tmp_path / "fixed").code == 0


def test_answers_of_a_language_model(shared_dir: Path, tmp_path: Path, cli: Callable):
    """Case 12-llm-raw-response: the texts are invented, which is a problem of its own."""
    path = shared_dir / "cases" / "12-llm-raw-response" / "eng.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    out = cli("validate", path).out
    assert " E330  " in out and " E507 " not in out and " E312 " not in out
    assert "the labels are names in the column 'prediction'" in " ".join(out.split())
    assert "Anger, Fear, Joy, Sadness, Surprise are blank; 23 cells of 'prediction' are blank" in " ".join(out.split())
    header = [name for name in rows[0] if name != "text"]
    own = write(tmp_path, header, [[row[name] for name in header] for row in rows])
    assert validate(own).counts == {"E330": 1, "W419": 1}
    assert f"Next: semeval-emo fix {own} --map blank=0" in cli("validate", own).out
    # A blank answer can be a refusal, so it is never read as no emotion unless the user says so.
    assert "--map blank=0" in cli("fix", own).out and not (tmp_path / "fixed").exists()
    assert cli("fix", own, "--map", "blank=0").code == 0
    expected = [[int(name in row["prediction"]) for name in SPEC.emotions] for row in rows]
    assert labels_of(tmp_path / "fixed") == expected
    # The whole file: its texts are accepted only if the user says so.
    assert cli("fix", path, "--map", "blank=0", "-o", tmp_path / "whole").code == 1
    fixed = cli("fix", path, "--map", "blank=0", "--unverified-texts", "-o", tmp_path / "whole")
    assert fixed.code == 0 and "E417  texts of another release accepted: labels kept by their ids" in fixed.out
    assert labels_of(tmp_path / "whole") == expected
    refused = cli("fix", path, "--unverified-texts", "-o", tmp_path / "other").out
    assert f"Next: semeval-emo fix {path} --unverified-texts --map blank=0" in refused


@pytest.mark.parametrize("case", ["04-jsonl-labels/pred_eng.jsonl", "32-markdown-table/pred_eng.csv"])
def test_json_lines_and_a_markdown_table(case: str, shared_dir: Path, tmp_path: Path, cli: Callable):
    path = shared_dir / "cases" / case
    expected = case_labels(shared_dir / "cases" / "14-labels-and-prob-columns" / "pred_eng.csv")
    report = validate(path)
    assert report.counts in ({"E330": 1}, {"E340": 1})
    assert report.problems[0].message.startswith(
        f"the file is {'JSON lines: ' if '04' in case else 'a Markdown table,'}"
    )
    assert cli("fix", path, "-o", tmp_path / "fixed").code == 0
    assert labels_of(tmp_path / "fixed") == expected


def test_label_columns_next_to_probabilities(shared_dir: Path, tmp_path: Path):
    """Case 14-labels-and-prob-columns."""
    path = shared_dir / "cases" / "14-labels-and-prob-columns" / "pred_eng.csv"
    assert fix(path, tmp_path / "fixed").ok
    assert labels_of(tmp_path / "fixed") == case_labels(path)


def test_other_names_of_emotions(shared_dir: Path, tmp_path: Path, cli: Callable):
    """Case 19-other-names-for-emotions."""
    path = shared_dir / "cases" / "19-other-names-for-emotions" / "pred_eng.csv"
    expected = case_labels(shared_dir / "cases" / "14-labels-and-prob-columns" / "pred_eng.csv")
    assert validate(path).counts == {"E332": 1}
    out = " ".join(cli("fix", path, "-o", tmp_path / "fixed").out.split())
    assert "columns renamed: 'angry' as anger, 'happiness' as joy, 'sad' as sadness, 'surprised' as surprise" in out
    assert labels_of(tmp_path / "fixed") == expected


def test_a_neutral_column(shared_dir: Path, tmp_path: Path):
    """Case 20-neutral-column."""
    path = shared_dir / "cases" / "20-neutral-column" / "pred_eng.csv"
    expected = case_labels(shared_dir / "cases" / "14-labels-and-prob-columns" / "pred_eng.csv")
    assert fix(path, tmp_path / "fixed").ok
    assert labels_of(tmp_path / "fixed") == expected


# --- lists, answers and other names in a cell ------------------------------------------------------------------------

CELLS: dict[str, Callable[[list[str]], str]] = {
    "python": str,
    "json": json.dumps,
    "commas": lambda names: ", ".join(names) or "none",
    "semicolons": lambda names: ";".join(names) or "neutral",
    "bars": lambda names: " | ".join(names) or "No emotion",
    "spaces": lambda names: " ".join(names) or "none",
    "and": lambda names: " and ".join(names) or "none",
    "set": lambda names: str(set(names)),
    "tuple": lambda names: str(tuple(names)),
    "numpy": lambda names: "[" + " ".join(map(repr, names)) + "]",
    "brackets": lambda names: "[" + ", ".join(names) + "]",
    "braces": lambda names: "{" + ", ".join(names) + "}",
    "capitals": lambda names: ", ".join(names).upper() or "NONE",
    "synonyms": lambda names: str([{"joy": "Happiness", "anger": "angry"}.get(name, name) for name in names]),
    "dict": lambda names: str({name: int(name in names) for name in SPEC.emotions}),
    "true and false": lambda names: json.dumps({name: name in names for name in SPEC.emotions}),
    "nested": lambda names: json.dumps({"emotions": names}),
    "a fence": lambda names: f"```json\n{json.dumps({'labels': names})}\n```",
    "a fence of names": lambda names: f"```\n{', '.join(names) or 'none'}\n```",
    "a prefix": lambda names: f"Emotions: {', '.join(names) or 'none'}.",
    "bold": lambda names: f"**{', '.join(names) or 'none'}**",
    "lines": lambda names: "\n".join(f"- {name}" for name in names) or "none",
    "neutral": lambda names: str(names or ["neutral"]),
    "underscores": lambda names: "_".join(names) or "no_emotion",
    "numbered lines": lambda names: "\n".join(f"{at}. {name}" for at, name in enumerate(names, 1)) or "none",
    "a tag": lambda names: f"<answer>{', '.join(names) or 'none'}</answer>",
    "a thought": lambda names: f"<think>joy, or not?</think>\n\n{', '.join(names) or 'none'}",
}


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("column", ["emotions", "my_answer", "x"])
def test_names_in_a_cell(kind: str, column: str, tmp_path: Path):
    path = write(tmp_path, ["id", column, "score"], [[*row, 0.5] for row in with_ids(map(CELLS[kind], NAMED))])
    message = check(path, {"E330": 1})
    assert f"in the column '{column}'" in message and "not used: score" in message


def test_one_name_in_each_row(tmp_path: Path):
    names = [SPEC.emotions[n % 5] if n % 7 else "neutral" for n in range(SPEC.rows)]
    expected = [[int(name == emotion) for emotion in SPEC.emotions] for name in names]
    check(write(tmp_path, ["text_id", "label"], with_ids(names)), {"E330": 1}, expected)


def test_commas_without_quotes(tmp_path: Path):
    path = tmp_path / "pred_eng.csv"
    path.write_text(
        "id,labels\n" + "".join(f"{a},{', '.join(b) or 'none'}\n" for a, b in zip(SPEC.ids, NAMED, strict=True))
    )
    check(path, {"E330": 1})


def test_a_file_without_a_header(tmp_path: Path):
    rows = with_ids(map(str, NAMED))
    check(write(tmp_path, rows[0], rows[1:]), {"E330": 1})  # type: ignore[arg-type]


def test_a_word_that_is_no_label_is_a_problem_of_its_line(tmp_path: Path):
    cells = [", ".join(names) or "none" for names in NAMED]
    cells[3], cells[8], cells[12], cells[20] = "joy, trust", "I cannot tell", "joy, neutral", "disgust"
    path = write(tmp_path, ["id", "emotions"], with_ids(cells))
    report = validate(path)
    assert report.counts == {"E330": 1, "E335": 4}
    lines = [(p.line, p.value) for p in report.problems if p.code == "E335"]
    assert lines == [(5, "trust"), (10, "I cannot tell"), (14, "neutral"), (22, "disgust")]
    fixed = fix(path, tmp_path / "fixed")
    assert not fixed.ok and not fixed.written


def test_columns_that_name_no_labels_are_one_problem(tmp_path: Path, cli: Callable):
    rows = [
        [text_id, "gpt", f"I feel {' and not '.join(names)}.", 7]
        for text_id, names in zip(SPEC.ids, NAMED, strict=True)
    ]
    path = write(tmp_path, ["id", "model", "answer", "tokens"], rows)
    assert validate(path).counts == {"E339": 1}
    code, out, _ = cli("fix", path, "-o", tmp_path / "fixed")
    assert (code, out.count("E339"), out.count("\n") < 15) == (1, 1, True)
    assert "'answer' has cells such as 'I feel" in " ".join(out.split())
    assert not (tmp_path / "fixed").exists()


def test_the_best_label_of_a_pipeline_has_to_be_confirmed(tmp_path: Path, cli: Callable):
    outputs = [{"label": SPEC.emotions[n % 5], "score": 0.4} for n in range(SPEC.rows)]
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(outputs))
    (ids := tmp_path / "dev.csv").write_text("\n".join(["id", *SPEC.ids]))
    _, out, _ = cli("validate", path)
    assert "predict all with top_k=None" in out and "as many rows as eng dev of tracks a and c" in out
    assert f"Next: semeval-emo fix {path} --label-column label --ids-from FILE\n" in out
    assert not fix(path, tmp_path / "refused", ids_from=ids, threshold=0.5).written
    assert fix(path, tmp_path / "fixed", ids_from=ids, column="label").ok
    assert labels_of(tmp_path / "fixed") == [[int(n % 5 == at) for at in range(5)] for n in range(SPEC.rows)]


def test_blank_cells_have_to_be_decided(tmp_path: Path):
    path = write(tmp_path, ["id", "emotions"], with_ids(", ".join(names) for names in NAMED))
    blank = NAMED.count([])
    report = validate(path)
    assert report.counts == {"E330": 1} and f"{blank} cells of 'emotions' are blank" in report.problems[0].message
    assert not fix(path, tmp_path / "fixed").ok
    check(path, {"E330": 1}, words={"blank": 0})


def test_answers_next_to_gold_labels_are_not_dropped(tmp_path: Path, cli: Callable):
    rows = [[*row, *labels] for row, labels in zip(with_ids(map(str, NAMED)), reversed(LABELS), strict=True)]
    path = write(tmp_path, ["id", "prediction", *SPEC.emotions], rows)
    report = validate(path)
    assert report.counts == {"E334": 1} and not report.files[0].repairs
    assert not fix(path, tmp_path / "fixed").ok
    # The column in the next command is an example.
    assert "replace their values by your own" in cli("validate", path).out
    check(path, {"E334": 1}, column="prediction")
    # A column that repeats the labels is surplus.
    rows = [[*row, *labels] for row, labels in zip(with_ids(map(str, NAMED)), LABELS, strict=True)]
    check(write(tmp_path, ["id", "prediction", *SPEC.emotions], rows), {"E308": 92, "E313": 1})


def test_intensities_with_names(tmp_path: Path):
    def cells(form: Callable[[dict[str, int]], str]) -> list[list[object]]:
        named = [{e: d for e, d in zip(INTENSITIES.emotions, row, strict=True) if d} for row in DEGREES]
        return [[text_id, form(row)] for text_id, row in zip(INTENSITIES.ids, named, strict=True)]

    for at, form in enumerate((
        json.dumps, str, lambda row: ", ".join(f"{k}:{v}" for k, v in row.items()) or "none",
        lambda row: ", ".join(f"{k} ({v})" for k, v in row.items()) or "[]",
    )):  # fmt: skip
        (tmp_path / str(at)).mkdir()
        check(write(tmp_path / str(at), ["id", "labels"], cells(form)), {"E330": 1}, DEGREES)
    degrees = {0: "none", 1: "low", 2: "medium", 3: "high"}
    words = cells(lambda row: ", ".join(f"{k}: {degrees[v]}" for k, v in row.items()) or "none")
    path = write(tmp_path, ["id", "labels"], words)
    assert fix(path, tmp_path / "fixed", words={"low": 1, "medium": 2, "high": 3}).ok
    assert labels_of(tmp_path / "fixed") == DEGREES
    path = write(tmp_path, ["id", "labels"], cells(lambda row: str([*row])))
    report = validate(path)
    assert report.counts == {"E330": 1} and "write the intensity of each name" in report.problems[0].fix
    assert not fix(path, tmp_path / "other").ok


# --- other columns ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pred_{}", "{}_pred", "label_{}", "predicted {}", "Pred{}", "emotion.{}", "is_{}"])
def test_columns_with_a_word_more(form: str, tmp_path: Path):
    header = ["id", *(form.format(name.title() if form == "Pred{}" else name) for name in SPEC.emotions)]
    path = write(tmp_path, header, ([a, *b] for a, b in zip(SPEC.ids, LABELS, strict=True)))
    check(path, {"E332": 1})


PAIRS = {
    "true_{}": "pred_{}", "{}_true": "{}_pred", "gold_{}": "{}", "{}": "{}_pred", "y_true_{}": "y_pred_{}",
    "actual {}": "predicted {}",
}  # fmt: skip


@pytest.mark.parametrize("gold, own", PAIRS.items())
def test_predictions_next_to_gold_labels(gold: str, own: str, tmp_path: Path):
    header = ["id", *map(gold.format, SPEC.emotions), *map(own.format, SPEC.emotions)]
    rows = ([a, *g, *b] for a, g, b in zip(SPEC.ids, reversed(LABELS), LABELS, strict=True))
    path = write(tmp_path, header, rows)
    fixed = fix(path, tmp_path / "fixed")
    assert fixed.ok and labels_of(tmp_path / "fixed") == LABELS
    assert validate(path).counts == ({"E313": 5} if own == "{}" else {"E333": 1})


def test_the_columns_of_two_models(tmp_path: Path):
    header = ["id", *(f"a_{name}" for name in SPEC.emotions), *(f"b_{name}" for name in SPEC.emotions)]
    rows = ([a, *g, *b] for a, g, b in zip(SPEC.ids, reversed(LABELS), LABELS, strict=True))
    path = write(tmp_path, header, rows)
    assert validate(path).counts == {"E334": 1} and not fix(path, tmp_path / "fixed").ok
    assert fix(path, tmp_path / "fixed", column="b").ok and labels_of(tmp_path / "fixed") == LABELS


def test_two_columns_for_one_label_are_not_renamed(tmp_path: Path):
    header = ["id", "anger", "fear", "happy", "joyful", "sadness", "surprise"]
    path = write(tmp_path, header, ([a, *b, 0] for a, b in zip(SPEC.ids, LABELS, strict=True)))
    report = validate(path)
    assert report.counts == {"E312": 1, "E313": 2} and not report.files[0].repairs


# --- long tables -----------------------------------------------------------------------------------------------------


def test_a_row_for_each_id_and_label(tmp_path: Path):
    rows = [[a, name] for a, names in zip(SPEC.ids, NAMED, strict=True) for name in names or ["none"]]
    check(write(tmp_path, ["id", "emotion"], rows), {"E331": 1})
    rows = [
        [a, name, label]
        for a, row in zip(SPEC.ids, LABELS, strict=True)
        for name, label in zip(SPEC.emotions, row, strict=True)
    ]
    message = check(write(tmp_path, ["id", "emotion", "value"], rows, "pred_eng_2.csv"), {"E201": 1, "E331": 1})
    assert "and the value in 'value'" in message
    degrees = [
        [a, name, label]
        for a, row in zip(INTENSITIES.ids, DEGREES, strict=True)
        for name, label in zip(SPEC.emotions, row, strict=True)
    ]
    check(write(tmp_path, ["id", "variable", "intensity"], degrees, "pred_eng_3.csv"), {"E201": 1, "E331": 1}, DEGREES)


def test_a_long_table_that_contradicts_itself_or_lacks_a_label(tmp_path: Path):
    rows: list[list[object]] = [
        [a, name, label]
        for a, row in zip(SPEC.ids, LABELS, strict=True)
        for name, label in zip(SPEC.emotions, row, strict=True)
    ]
    path = write(tmp_path, ["id", "emotion", "value"], [*rows, [SPEC.ids[0], "joy", 1]])
    assert validate(path).counts == {"E331": 1, "E338": 1} and not fix(path, tmp_path / "fixed").ok
    path = write(tmp_path, ["id", "emotion", "value"], rows[:-1])
    assert validate(path).counts == {"E331": 1, "E507": 1} and not fix(path, tmp_path / "fixed").ok


def test_a_converted_file_can_be_scored_at_once(tmp_path: Path, data_dir: Path):
    path = write(tmp_path, ["id", "emotions"], with_ids(map(str, NAMED)))
    assert score(path).report.counts == {"E330": 1}


# --- JSON ------------------------------------------------------------------------------------------------------------

BY_ID = dict(zip(SPEC.ids, NAMED, strict=True))
VALUES = {text_id: dict(zip(SPEC.emotions, row, strict=True)) for text_id, row in zip(SPEC.ids, LABELS, strict=True)}
FLAT = [{"id": text_id, **values} for text_id, values in VALUES.items()]
COLUMNS = {name: {text_id: VALUES[text_id][name] for text_id in SPEC.ids} for name in SPEC.emotions}
NAMES_JSON: dict[str, object] = {
    "records": [{"id": text_id, "labels": names} for text_id, names in BY_ID.items()],
    "values": [{"id": text_id, "labels": values} for text_id, values in VALUES.items()],
    "scores of 0 and 1": [{"id": text_id, "predictions": values} for text_id, values in VALUES.items()],
    "by id": BY_ID,
    "words by id": {text_id: ", ".join(names) or "none" for text_id, names in BY_ID.items()},
    "wrapped": {"model": "x", "predictions": [{"id": a, "emotions": b} for a, b in BY_ID.items()]},
    "wrapped by id": {"predictions": BY_ID},
    "columnar": {"ids": [*BY_ID], "labels": [*BY_ID.values()]},
    "pairs": [[a, b] for a, b in BY_ID.items()],
    "objects of values": [
        {"id": a, "labels": [{"emotion": n, "value": v} for n, v in b.items()]} for a, b in VALUES.items()
    ],
    "answers": [
        {"custom_id": a, "response": {"body": {"choices": [{"message": {"content": json.dumps({"emotions": b})}}]}}}
        for a, b in BY_ID.items()
    ],
}
WIDE_JSON: dict[str, object] = {
    "records": FLAT,
    "columns": {"id": dict(enumerate(SPEC.ids)), **{n: dict(enumerate(c.values())) for n, c in COLUMNS.items()}},
    "columns with ids": COLUMNS,
    "index": VALUES,
    "index of records": dict(enumerate(FLAT)),
    "split": {"columns": [*FLAT[0]], "index": [*range(len(FLAT))], "data": [[*row.values()] for row in FLAT]},
    "split with ids": {"columns": [*COLUMNS], "index": [*VALUES], "data": [[*row.values()] for row in VALUES.values()]},
    "table": {"schema": {"fields": []}, "data": FLAT},
    "lists": {key: [row[key] for row in FLAT] for key in FLAT[0]},
    "rows": [[*FLAT[0]], *([*row.values()] for row in FLAT)],
}


def write_json(tmp_path: Path, value: object, indent: int | None = None) -> Path:
    path = tmp_path / "pred_eng.json"
    path.write_text(json.dumps(value, indent=indent), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", NAMES_JSON)
@pytest.mark.parametrize("indent", [None, 1])
def test_names_in_json(kind: str, indent: int | None, tmp_path: Path):
    message = check(write_json(tmp_path, NAMES_JSON[kind], indent), {"E330": 1})
    assert message.startswith("the file is JSON: the labels are names")


@pytest.mark.parametrize("kind", WIDE_JSON)
def test_values_in_json(kind: str, tmp_path: Path):
    check(write_json(tmp_path, WIDE_JSON[kind]), {"E340": 1})


def test_problems_in_json_have_their_lines(tmp_path: Path):
    path = tmp_path / "pred_eng.jsonl"
    lines = [{"id": a, "labels": b} for a, b in BY_ID.items()]
    lines[4] = {"id": SPEC.ids[4], "labels": ["trust"]}
    lines[6] = {"id": SPEC.ids[6], "labels": None}
    path.write_text("\n".join(map(json.dumps, lines)))
    report = validate(path)
    assert report.counts == {"E330": 1, "E335": 1}
    assert [(p.line, p.value) for p in report.problems if p.code == "E335"] == [(5, "trust")]
    assert "1 cell of 'labels' is blank, the first on line 7" in report.problems[0].message
    path.write_text(path.read_text() + "\n{")
    with pytest.raises(InputError, match=r"is JSON that cannot be read: .* on line 117"):
        validate(path)
    assert validate(write_json(tmp_path, {"lr": 0.1})).counts == {"E302": 1}


def test_a_folder_of_json_files(tmp_path: Path, cli: Callable):
    (tmp_path / "track_a").mkdir()
    write_json(tmp_path / "track_a", NAMES_JSON["records"])
    assert cli("fix", tmp_path, "-o", tmp_path.with_name("new")).code == 0
    assert labels_of(tmp_path.with_name("new")) == LABELS


# --- answers of a chat -----------------------------------------------------------------------------------------------

MARKDOWN = "\n".join(
    ["| id | " + " | ".join(SPEC.emotions) + " |", "|:---|" + "---:|" * 5]
    + [f"| {a} | {' | '.join(map(str, b))} |" for a, b in zip(SPEC.ids, LABELS, strict=True)]
)
LISTS = "\n".join(["id | emotions", "--- | ---", *(f"`{a}` | {', '.join(b) or 'none'}" for a, b in BY_ID.items())])
CSV = "\n".join(
    ["id," + ",".join(SPEC.emotions), *(f"{a},{','.join(map(str, b))}" for a, b in zip(SPEC.ids, LABELS, strict=True))]
)
CHATS = {
    "a table": (MARKDOWN, "E340"),
    "sentences": (f"Sure! Here is the table:\n\n{MARKDOWN}\n\nLet me know if you need more, such as scores.\n", "E340"),
    "a fenced table": (f"```markdown\n{MARKDOWN}\n```\n", "E340"),
    "no outer bars": (LISTS, "E330"),
    "a code block": (f"Here are the labels:\n```csv\n{CSV}\n```\nI hope this helps.\n", "E340"),
    "JSON in a code block": (f"```json\n{json.dumps(NAMES_JSON['by id'])}\n```", "E330"),
}


@pytest.mark.parametrize("kind", CHATS)
def test_an_answer_of_a_chat(kind: str, tmp_path: Path):
    path = tmp_path / "pred_eng.csv"
    path.write_text(CHATS[kind][0])
    check(path, {CHATS[kind][1]: 1})


def test_the_examples_of_the_page_are_read():
    page = (Path(__file__).parents[2] / "docs" / "other-shapes.md").read_text(encoding="utf-8")
    rows = page.split("| the cell of a text |")[1].split("\n\n")[0].splitlines()[2:]
    examples = [cell.replace("\\|", "|") for row in rows for cell in re.findall(r"`([^`]+)`", row)]
    reader = CellReader(Vocabulary(SPEC.emotions))
    assert len(examples) > 12
    for example in examples:
        values = reader.read(example).values
        assert {name for name, value in values.items() if value != "0"} == {"joy", "fear"}, example
