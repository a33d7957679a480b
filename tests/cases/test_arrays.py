"""Arrays, numbered columns, other containers and rows without ids become prediction files, by what the user decides."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from semeval_emo.data.sample import sample_folder
from semeval_emo.task import load_task

SPEC = load_task().spec("a", "eng", "dev")
ORDER = "anger,fear,joy,sadness,surprise"
# Labels that no other order of columns gives.
LABELS = np.array([[(row >> bit) & 1 for bit in range(5)] for row in range(SPEC.rows)])
# Floats that a threshold of 0.5 turns into the labels.
PROBABILITIES = np.where(LABELS == 1, 0.75, 0.25)
TEXTS = [f"Text number {number} is about {number * 7919 % 1000} things." for number in range(SPEC.rows)]


def labels_of(path: Path) -> dict[str, list[int]]:
    rows = list(csv.reader(path.open(encoding="utf-8")))
    assert rows[0] == ["id", *ORDER.split(",")]
    return {row[0]: list(map(int, row[1:])) for row in rows[1:]}


def expected(labels: np.ndarray = LABELS) -> dict[str, list[int]]:
    return dict(zip(SPEC.ids, labels.tolist(), strict=True))


@pytest.fixture
def fixed(cli, tmp_path):
    """Fixes a file with options, asserts that it is valid and that score's reader takes it, and returns its labels."""

    def run(path: Path, *options: object) -> dict[str, list[int]]:
        result = cli("fix", path, *options, "-o", tmp_path / "fixed.csv")
        assert result.code == 0, result.out + result.err
        assert cli("validate", tmp_path / "fixed.csv", "--track", "a").code in (0, 1)
        return labels_of(tmp_path / "fixed.csv")

    return run


@pytest.fixture
def ids_file(tmp_path) -> Path:
    path = tmp_path / "dev.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "text"], *zip(SPEC.ids, TEXTS, strict=True)])
    return path


def table(path: Path, header: list[str] | None, rows: list[list[object]], **options: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, **options).writerows([*([header] if header else []), *rows])
    return path


def problems(cli, path: Path, *options: object) -> list[dict[str, object]]:
    result = cli("validate", path, "--format", "json", *options)
    return [one for one in json.loads(result.out)["problems"] if one["code"][0] == "E" and one["code"] != "E203"]


def test_case_06_numbered_columns_are_one_problem(cli, fixed, shared_dir):
    path = shared_dir / "cases" / "06-label-k-names" / "pred_eng.csv"
    screen = cli("validate", path)
    assert screen.code == 1
    (problem,) = problems(cli, path)
    assert problem["name"] == "numbered-columns"
    assert "id2label" in cli("explain", "numbered-columns").out
    assert "auto-fix" not in screen.out
    assert "--order" in screen.out
    rows = list(csv.reader(path.open()))
    assert fixed(path, "--order", ORDER) == {row[0]: list(map(int, row[1:])) for row in rows[1:]}


@pytest.mark.parametrize("case", ["08-row-numbers-no-ids", "09-id-is-row-number"])
def test_cases_08_09_row_numbers(cli, fixed, shared_dir, ids_file, case):
    path = shared_dir / "cases" / case / "pred_eng.csv"
    (problem,) = problems(cli, path)
    assert problem["name"] == "no-ids"
    assert "eng dev of tracks a and c" in problem["message"]
    assert "--ids-from" in problem["fix"]
    refused = cli("fix", path)
    assert refused.code == 1 and "--ids-from" in refused.out
    rows = list(csv.reader(path.open()))[1:]
    assert fixed(path, "--ids-from", ids_file) == {
        text_id: list(map(int, row[1:])) for text_id, row in zip(SPEC.ids, rows, strict=True)
    }


@pytest.mark.parametrize("name", ["pred_eng.parquet", "pred_eng.xlsx"])
def test_case_16_other_containers(cli, fixed, shared_dir, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
    path = shared_dir / "cases" / "16-parquet-xlsx" / name
    (problem,) = problems(cli, path)
    assert problem["name"] == "other-container"
    labels = fixed(path)
    assert len(labels) == 116 and labels["eng_dev_track_a_00001"] == [0, 0, 0, 1, 0]
    assert labels["eng_dev_track_a_00116"] == [1, 0, 0, 0, 1]


# --- the same labels in other shapes ---

IDS = [[text_id] for text_id in SPEC.ids]
ROWS = LABELS.tolist()
# Another order than the official one.
MODEL_ORDER = "surprise,joy,anger,sadness,fear"
MODEL_ROWS = LABELS[:, [4, 2, 0, 3, 1]].tolist()


def outputs(labels: list[str], rows: list[list[float]]) -> list[str]:
    """The outputs of a pipeline with top_k=None: the best label first."""
    scored = [[{"label": n, "score": x} for n, x in zip(labels, row, strict=True)] for row in rows]
    return [json.dumps(sorted(row, key=lambda one: -one["score"])) for row in scored]


LABEL_K = [f"LABEL_{k}" for k in range(5)]
NUMBERED = {
    "LABEL_k": LABEL_K,
    "label_k": [f"label_{k}" for k in range(5)],
    "numbers": list("01234"),
    "class": [f"class {k}" for k in range(5)],
    "from one": [f"col{k}" for k in range(1, 6)],
    "logit_k": [f"logit_{k}" for k in range(5)],
    "pandas": [f"Unnamed: {k}" for k in range(1, 6)],
}
VECTORS = {
    "a list": str,
    "with spaces": lambda row: " ".join(map(str, row)),
    "digits": lambda row: "".join(map(str, row)),
    "numpy": lambda row: str(np.array(row, float)),
    "an array": lambda row: repr(np.array(row)),
    "a tensor": lambda row: f"tensor({[float(x) for x in row]}, device='cuda:0')",
    "numpy scalars": lambda row: f"[{', '.join(f'np.float64({float(x)})' for x in row)}]",
    "truth": lambda row: str([bool(x) for x in row]),
    "semicolons": lambda row: ";".join(map(str, row)),
    "a batch of one": lambda row: str([row]),
}


@pytest.mark.parametrize("names", NUMBERED)
def test_numbered_columns(cli, fixed, tmp_path, names):
    path = table(
        tmp_path / "pred_eng.csv", ["id", *NUMBERED[names]], [i + row for i, row in zip(IDS, MODEL_ROWS, strict=True)]
    )
    (problem,) = problems(cli, path)
    assert problem["name"] == "numbered-columns" and "--order" in problem["fix"]
    assert fixed(path, "--order", MODEL_ORDER) == expected()


def test_numbered_columns_follow_their_numbers(fixed, tmp_path):
    rows = [i + row[::-1] for i, row in zip(IDS, MODEL_ROWS, strict=True)]
    path = table(tmp_path / "pred_eng.csv", ["id", *LABEL_K[::-1]], rows)
    assert fixed(path, "--order", MODEL_ORDER) == expected()


def test_predicted_and_gold_columns_with_numbers(fixed, tmp_path):
    header = ["id", *(f"true_{k}" for k in range(5)), *(f"pred_{k}" for k in range(5))]
    rows = [i + [1 - x for x in row] + row for i, row in zip(IDS, MODEL_ROWS, strict=True)]
    assert fixed(table(tmp_path / "pred_eng.csv", header, rows), "--order", MODEL_ORDER) == expected()


@pytest.mark.parametrize("form", VECTORS)
def test_vectors_in_a_cell(cli, fixed, tmp_path, form):
    rows = [[*i, VECTORS[form](row)] for i, row in zip(IDS, MODEL_ROWS, strict=True)]
    path = table(tmp_path / "pred_eng.csv", ["id", "prediction"], rows)
    (problem,) = problems(cli, path)
    assert problem["name"] == "vector-cells" and "--order" in problem["fix"]
    assert fixed(path, "--order", MODEL_ORDER) == expected()


@pytest.mark.parametrize("form", ["digits", "with spaces", "a list"])
def test_one_vector_a_line_without_header_and_ids(cli, fixed, tmp_path, ids_file, form):
    path = tmp_path / "pred_eng.txt"
    path.write_text("".join(f"{VECTORS[form](row)}\n" for row in MODEL_ROWS))
    assert [one["name"] for one in problems(cli, path)] == ["name-unseen", "no-header", "no-ids"]
    assert fixed(path, "--order", MODEL_ORDER, "--ids-from", ids_file) == expected()


def test_probabilities_in_a_vector_need_a_threshold_as_well(cli, fixed, tmp_path):
    rows = [[*i, str(row)] for i, row in zip(IDS, PROBABILITIES.tolist(), strict=True)]
    path = table(tmp_path / "pred_eng.csv", ["id", "probs"], rows)
    (problem,) = problems(cli, path)
    assert f"--order {ORDER} --threshold 0.5" in problem["fix"]
    refused = cli("fix", path, "--order", ORDER)
    assert refused.code == 1 and f"--order {ORDER} --threshold 0.5" in refused.out.splitlines()[-1]
    assert fixed(path, "--order", ORDER, "--threshold", "0.5") == expected()


def test_a_vector_of_another_width_is_one_row_with_a_problem(cli, tmp_path):
    rows = [[*i, str(row)] for i, row in zip(IDS, ROWS, strict=True)]
    rows[7][1] = "[0, 1, 0, 0]"
    path = table(tmp_path / "pred_eng.csv", ["id", "prediction"], rows)
    refused = cli("fix", path, "--order", ORDER)
    assert refused.code == 1
    assert "line 9: the row has 4 values, expected 5" in refused.out


@pytest.mark.parametrize("container", ["a column", "nested"])
def test_outputs_of_a_pipeline_with_names_need_no_order(cli, fixed, tmp_path, container):
    cells = outputs(ORDER.split(","), PROBABILITIES.tolist())
    cells = [f"[{cell}]" for cell in cells] if container == "nested" else cells
    path = table(tmp_path / "pred_eng.csv", ["id", "output"], [[*i, cell] for i, cell in zip(IDS, cells, strict=True)])
    assert [one["name"] for one in problems(cli, path)][:1] == ["pipeline-outputs"]
    assert "--order" not in cli("validate", path).out
    assert fixed(path, "--threshold", "0.5") == expected()


def test_vectors_under_a_name_that_lists_the_labels_need_no_order(fixed, tmp_path):
    rows = [[*i, str(row)] for i, row in zip(IDS, MODEL_ROWS, strict=True)]
    assert fixed(table(tmp_path / "pred_eng.csv", ["id", MODEL_ORDER], rows)) == expected()


def test_gold_vectors_beside_predicted_ones(cli, fixed, tmp_path):
    rows = [[*i, str([1 - x for x in row]), str(row)] for i, row in zip(IDS, ROWS, strict=True)]
    path = table(tmp_path / "pred_eng.csv", ["id", "y_true", "y_pred"], rows)
    assert fixed(path, "--order", ORDER) == expected()
    table(path, ["id", "model_a", "model_b"], rows)
    (problem,) = problems(cli, path)
    assert problem["name"] == "several-predictions" and "'model_a' and 'model_b'" in problem["message"]
    assert cli("fix", path, "--order", ORDER).code == 1
    assert fixed(path, "--order", ORDER, "--label-column", "model_b") == expected()


def test_outputs_of_a_pipeline_with_numbers_need_the_order(cli, fixed, tmp_path):
    cells = outputs(LABEL_K, MODEL_ROWS)
    path = table(tmp_path / "pred_eng.csv", ["id", "output"], [[*i, cell] for i, cell in zip(IDS, cells, strict=True)])
    (problem,) = problems(cli, path)
    assert problem["name"] == "pipeline-outputs" and "--order" in problem["fix"]
    assert fixed(path, "--order", MODEL_ORDER) == expected()


def test_outputs_of_a_pipeline_with_the_best_label_only(cli, tmp_path):
    cells = [json.dumps([{"label": "joy", "score": 0.9}]), json.dumps([{"label": "fear", "score": 0.8}])] * 58
    path = table(tmp_path / "pred_eng.csv", ["id", "output"], [[*i, cell] for i, cell in zip(IDS, cells, strict=True)])
    (problem,) = problems(cli, path)
    assert "top_k=None" in problem["fix"]


@pytest.mark.parametrize("name", ["pred_eng.json", "pred_eng.jsonl"])
def test_files_of_outputs_of_a_pipeline(fixed, tmp_path, ids_file, name):
    cells = outputs(ORDER.split(","), PROBABILITIES.tolist())
    path = tmp_path / name
    path.write_text(f"[{','.join(cells)}]" if name.endswith("json") else "\n".join(cells))
    assert fixed(path, "--ids-from", ids_file, "--threshold", "0.5") == expected()


# --- arrays ---


@pytest.mark.parametrize(
    "kind", ["npy", "npz", "npz with ids", "npz with names", "savetxt", "csv", "no header", "json"]
)
def test_arrays(cli, fixed, tmp_path, ids_file, kind):
    array, path = np.array(MODEL_ROWS), tmp_path / f"pred_eng.{kind[:3] if kind[:2] == 'np' else 'csv'}"
    if kind == "npy":
        np.save(path, array)
    elif kind == "npz":
        np.savez(path, array)
    elif kind == "npz with ids":
        np.savez(path, ids=np.array(SPEC.ids), predictions=array)
    elif kind == "npz with names":
        np.savez(path, ids=np.array(SPEC.ids), predictions=array, emotions=np.array(MODEL_ORDER.split(",")))
    elif kind == "savetxt":
        np.savetxt(path, array)
    elif kind == "csv":
        table(path, ["", *"01234"], [[n, *row] for n, row in enumerate(MODEL_ROWS)])
    elif kind == "no header":
        table(path, None, [[n, *row] for n, row in enumerate(MODEL_ROWS)])
    else:
        path = tmp_path / "pred_eng.json"
        path.write_text(json.dumps(MODEL_ROWS))
    screen = cli("validate", path).out
    options = [] if kind == "npz with names" else ["--order", MODEL_ORDER]
    options += [] if "npz with" in kind else ["--ids-from", ids_file]
    assert ("--order" in screen, "--ids-from" in screen) == ("--order" in options, "--ids-from" in options)
    assert fixed(path, *options) == expected()


def test_a_header_that_is_missing_is_written_with_the_order(cli, fixed, tmp_path):
    path = table(tmp_path / "pred_eng.csv", None, [i + row for i, row in zip(IDS, MODEL_ROWS, strict=True)])
    (problem,) = problems(cli, path)
    assert problem["name"] == "no-header" and "--order" in problem["fix"]
    assert fixed(path, "--order", MODEL_ORDER) == expected()


def test_more_values_than_labels(cli, fixed, tmp_path):
    rows = [[*i, 1, *row] for i, row in zip(IDS, MODEL_ROWS, strict=True)]
    path = table(tmp_path / "pred_eng.csv", ["id", *(f"LABEL_{k}" for k in range(6))], rows)
    (problem,) = problems(cli, path)
    assert "all 6 labels of the model" in problem["fix"]
    refused = cli("fix", path, "--order", MODEL_ORDER)
    assert refused.code == 2 and "5 labels for 6 values" in refused.err
    assert fixed(path, "--order", f"disgust,{MODEL_ORDER}") == expected()


def test_fewer_values_than_labels_cannot_be_fixed(cli, tmp_path):
    path = table(
        tmp_path / "pred_eng.csv", ["id", *LABEL_K[:3]], [i + row[:3] for i, row in zip(IDS, ROWS, strict=True)]
    )
    (problem,) = problems(cli, path)
    assert "--order" not in cli("validate", path).out
    assert "3 values a row are not enough" in problem["fix"]


@pytest.mark.parametrize(
    "order, seen",
    [
        ("anger,fear,joy,sadness", "4 labels for 5 values"),
        ("anger,fear,joy,sadness,suprise", "without surprise"),
        ("anger,anger,joy,sadness,surprise", "without fear"),
    ],
)
def test_an_order_of_other_labels_is_refused(cli, tmp_path, order, seen):
    path = table(tmp_path / "pred_eng.csv", ["id", *LABEL_K], [i + row for i, row in zip(IDS, ROWS, strict=True)])
    result = cli("fix", path, "--order", order)
    assert result.code == 2 and seen in result.err
    assert "anger, fear, joy, sadness, surprise" in result.err
    assert not (tmp_path / "fixed").exists()


def test_an_order_against_names_is_refused(cli, fixed, tmp_path):
    path = table(
        tmp_path / "pred_eng.csv",
        ["id", *MODEL_ORDER.split(",")],
        [i + r for i, r in zip(IDS, MODEL_ROWS, strict=True)],
    )
    result = cli("fix", path, "--order", ORDER)
    assert result.code == 2
    assert "surprise,joy,anger,sadness,fear" in result.err and "leave --order out" in result.err
    assert fixed(path, "--order", MODEL_ORDER) == expected()
    assert fixed(path) == expected()


# --- rows without ids ---

NUMBERS = {
    "from 0": [str(n) for n in range(116)],
    "from 1": [str(n) for n in range(1, 117)],
    "after train": [str(n) for n in range(2768, 2884)],
    "floats": [f"{n}.0" for n in range(116)],
    "cut ids": [f"{n:05d}" for n in range(1, 117)],
}


@pytest.mark.parametrize("column", ["", "id", "Unnamed: 0", "index", "ID"])
@pytest.mark.parametrize("numbers", NUMBERS)
def test_row_numbers(cli, fixed, tmp_path, ids_file, column, numbers):
    rows = [[n, *row] for n, row in zip(NUMBERS[numbers], ROWS, strict=True)]
    path = table(tmp_path / "pred_eng.csv", [column, *ORDER.split(",")], rows)
    (problem,) = problems(cli, path)
    assert problem["name"] == "no-ids"
    assert fixed(path, "--ids-from", ids_file) == expected()


def test_no_column_of_ids_at_all(cli, fixed, tmp_path, ids_file):
    path = table(tmp_path / "pred_eng.csv", ORDER.split(","), ROWS)
    (problem,) = problems(cli, path)
    assert problem["message"] == "the rows have no ids; as many rows as eng dev of tracks a and c"
    assert fixed(path, "--ids-from", ids_file) == expected()


@pytest.mark.parametrize("numbers", ["from 0", "from 1", "cut ids"])
def test_row_numbers_in_another_order_are_followed(fixed, tmp_path, ids_file, numbers):
    rows = [[n, *row] for n, row in zip(NUMBERS[numbers], ROWS, strict=True)][::-1]
    path = table(tmp_path / "pred_eng.csv", ["id", *ORDER.split(",")], rows)
    assert fixed(path, "--ids-from", ids_file) == expected()


def test_row_numbers_with_gaps_are_refused(cli, tmp_path, ids_file):
    rows = [[n if n < 50 else n + 1, *row] for n, row in enumerate(ROWS)]
    path = table(tmp_path / "pred_eng.csv", ["", *ORDER.split(",")], rows)
    result = cli("fix", path, "--ids-from", ids_file)
    assert result.code == 1 and "without a gap" in " ".join(result.out.split())


def test_another_number_of_rows_is_refused_with_both(cli, tmp_path, ids_file):
    path = table(tmp_path / "pred_eng.csv", ORDER.split(","), ROWS[:-1])
    result = cli("fix", path, "--ids-from", ids_file)
    assert result.code == 1 and "dev.csv has 116 ids for 115 rows" in " ".join(result.out.split())


def test_texts_of_both_files_must_agree(cli, tmp_path):
    """The task is that of the file with the ids."""
    source = sample_folder() / "track_a" / "test" / "eng.csv"
    gold = list(csv.DictReader(source.open(encoding="utf-8")))
    emotions = ORDER.split(",")

    def write(texts: list[str]) -> Path:
        rows = [[text, *(row[e] for e in emotions)] for text, row in zip(texts, gold, strict=True)]
        return table(tmp_path / "pred_eng.csv", ["text", *emotions], rows)

    texts = [row["text"] for row in gold]
    result = cli("fix", write(texts), "--ids-from", source, "-o", tmp_path / "out.csv")
    assert result.code == 0, result.out + result.err
    assert labels_of(tmp_path / "out.csv") == {row["id"]: [int(row[e]) for e in emotions] for row in gold}
    assert cli("score", tmp_path / "out.csv", "--gold", "sample").code == 0
    other = next(at for at, text in enumerate(texts) if text != texts[0])
    texts[0], texts[other] = texts[other], texts[0]
    result = cli("fix", write(texts), "--ids-from", source, "-o", tmp_path / "out.csv")
    out = " ".join(result.out.split())
    assert result.code == 1 and "differ in 2 of 200 rows, first on line 2" in out


@pytest.mark.parametrize("kind", ["predictions", "ids only", "parquet"])
def test_ids_from_other_tables(fixed, tmp_path, kind):
    path = table(tmp_path / "pred_eng.csv", ORDER.split(","), ROWS)
    source = tmp_path / f"ids.{kind}"
    if kind == "predictions":
        table(source, ["ID", *ORDER.split(",")], [i + [0] * 5 for i in IDS])
    elif kind == "ids only":
        source.write_text("\n".join(SPEC.ids))
    else:
        pa = pytest.importorskip("pyarrow", reason="left out: needs the extra parquet")
        from pyarrow import parquet

        parquet.write_table(pa.table({"id": list(SPEC.ids)}), source)
    assert fixed(path, "--ids-from", source) == expected()


@pytest.mark.parametrize(
    "body, message",
    [
        (b"joy,fear\n1,0\n", "has no column of ids"),
        (b"id\nx_1\nx_1\n", "has the id x_1 twice, on lines 2 and 3"),
        (b"id,joy\n,1\n", "has no id on line 2"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_gives_no_ids(cli, tmp_path, body, message):
    path = table(tmp_path / "pred_eng.csv", ORDER.split(","), ROWS)
    source = tmp_path / "source.csv"
    if body is not None:
        source.write_bytes(body)
    result = cli("fix", path, "--ids-from", source)
    assert result.code == 3 and message in " ".join(result.err.split())


def test_ids_that_are_there_are_kept(cli, fixed, tmp_path, ids_file):
    path = table(
        tmp_path / "pred_eng.csv", ["id", *ORDER.split(",")], [i + row for i, row in zip(IDS[::-1], ROWS, strict=True)]
    )
    result = cli("fix", path, "--ids-from", ids_file, "-o", tmp_path / "out.csv")
    assert result.code == 0 and "--ids-from was not used" in result.out
    assert labels_of(tmp_path / "out.csv") == dict(zip(SPEC.ids[::-1], ROWS, strict=True))


def test_the_language_of_the_name_restricts_the_files(cli, tmp_path):
    path = table(tmp_path / "pred_deu.csv", ["anger", "disgust", "fear", "joy", "sadness", "surprise"], [[0] * 6] * 116)
    (problem,) = problems(cli, path)
    assert "no file of deu" in problem["message"] and "deu dev 200" in problem["message"]


# --- every command that is advised works ---


@pytest.mark.parametrize("shape", ["numbered", "vectors", "probabilities", "array", "outputs", "row numbers"])
def test_the_advised_command_works(cli, tmp_path, ids_file, shape):
    path = tmp_path / "pred_eng.csv"
    if shape == "numbered":
        table(path, ["id", *LABEL_K], [i + row for i, row in zip(IDS, ROWS, strict=True)])
    elif shape == "vectors":
        table(path, ["id", "pred"], [[*i, str(row)] for i, row in zip(IDS, ROWS, strict=True)])
    elif shape == "probabilities":
        table(path, ["id", *LABEL_K], [i + row for i, row in zip(IDS, PROBABILITIES.tolist(), strict=True)])
    elif shape == "array":
        path = tmp_path / "pred_eng.npy"
        np.save(path, np.where(LABELS == 1, 2.5, -1.5))
    elif shape == "outputs":
        table(
            path,
            ["id", "out"],
            [[*i, c] for i, c in zip(IDS, outputs(ORDER.split(","), PROBABILITIES.tolist()), strict=True)],
        )
    else:
        table(path, ["", *ORDER.split(",")], [[n, *row] for n, row in enumerate(PROBABILITIES.tolist())])
    (command,) = [line for line in cli("validate", path).out.splitlines() if line.startswith("Next: ")]
    words = shlex.split(command.removeprefix("Next: semeval-emo ").replace("FILE", str(ids_file)))
    assert words[0] == "fix"
    result = cli(*words, "-o", tmp_path / "out.csv")
    assert result.code == 0, result.out + result.err
    assert labels_of(tmp_path / "out.csv") == expected()


def test_an_array_of_an_unknown_language(cli, tmp_path, ids_file):
    path = tmp_path / "predictions.npy"
    np.save(path, np.array(MODEL_ROWS))
    screen = cli("validate", path)
    assert f"--order {ORDER} --ids-from FILE" in " ".join(screen.out.split())
    result = cli("fix", path, "--order", MODEL_ORDER, "--ids-from", ids_file, "-o", tmp_path / "fixed.csv")
    assert result.code == 0, result.out + result.err
    assert labels_of(tmp_path / "fixed.csv") == expected()
