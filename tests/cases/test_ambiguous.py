"""Files in which a guess would give wrong labels, and spreadsheets and vectors whose labels are certain."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from semeval_emo import fix, load_task, validate
from semeval_emo.errors import InputError
from semeval_emo.submission import read_submission

SPEC = load_task().spec("a", "eng", "dev")
EMOTIONS = [*SPEC.emotions]
LABELS = [[(row >> bit) & 1 for bit in range(5)] for row in range(SPEC.rows)]


def table(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return path


def repeated(tmp_path: Path, cells: list[str]) -> Path:
    rows = [[i, *(cells[k % len(cells)] for k in range(5))] for i in SPEC.ids]
    return table(tmp_path / "pred_eng.csv", ["id", *EMOTIONS], rows)


def fixed(path: Path, tmp_path: Path, **decisions) -> list[list[int]]:
    report = fix(path, tmp_path / "fixed", **decisions)
    assert report.ok, report.refusals
    assert validate(tmp_path / "fixed").valid
    return read_submission(tmp_path / "fixed").predictions[0].values.tolist()


def problems(cli, path: Path) -> list[dict[str, object]]:
    result = cli("validate", path, "--format", "json")
    return [one for one in json.loads(result.out)["problems"] if one["code"][0] == "E" and one["code"] != "E203"]


@pytest.mark.parametrize("order", ["one order", "another order in each row"])
def test_labels_in_a_list_beside_their_scores(cli, tmp_path, order):
    # A zero-shot pipeline: the best label first. The scores alone would be the labels of any order.
    records = []
    for at, row in enumerate(LABELS):
        names = EMOTIONS[at % 5 :] + EMOTIONS[: at % 5] if order != "one order" else EMOTIONS
        records.append(
            {"id": SPEC.ids[at], "labels": names, "scores": [0.25 + row[EMOTIONS.index(n)] / 2 for n in names]}
        )
    path = tmp_path / "pred_eng.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    assert [one["name"] for one in problems(cli, path)][:1] == ["pipeline-outputs"]
    assert "--order" not in cli("validate", path).out
    assert fixed(path, tmp_path, threshold=0.5) == LABELS
    cut = [{**one, "labels": one["labels"][:3], "scores": one["scores"][:3]} for one in records]
    path.write_text("\n".join(map(json.dumps, cut)))
    assert cli("fix", path, "--threshold", "0.5", "-o", tmp_path / "cut.csv").code == 1


def test_a_ranking_of_all_labels_names_no_predictions(cli, tmp_path):
    rows = [[i, json.dumps(EMOTIONS[at % 5 :] + EMOTIONS[: at % 5])] for at, i in enumerate(SPEC.ids)]
    path = table(tmp_path / "pred_eng.csv", ["id", "labels"], rows)
    (problem,) = problems(cli, path)
    assert "names of all labels" in problem["fix"]
    assert cli("fix", path, "-o", tmp_path / "fixed.csv").code == 1


def test_ranks_in_a_long_table_are_refused(tmp_path):
    rows = [[i, rank, name] for i in SPEC.ids for rank, name in enumerate(EMOTIONS)]
    path = table(tmp_path / "pred_eng.csv", ["id", "rank", "emotion"], rows)
    assert not fix(path, tmp_path / "fixed").ok
    assert any("names of all labels" in problem.fix for problem in validate(path).problems)


def test_records_under_the_code_of_the_language(tmp_path):
    path = tmp_path / "pred_eng.json"
    records = [{"id": i, **dict(zip(EMOTIONS, row, strict=True))} for i, row in zip(SPEC.ids, LABELS, strict=True)]
    path.write_text(json.dumps({"eng": records}))
    assert fixed(path, tmp_path) == LABELS


def test_the_threshold_of_a_record_is_not_its_score(tmp_path):
    probabilities = [[i, *(0.3 + label / 5 for label in row)] for i, row in zip(SPEC.ids, LABELS, strict=True)]
    path = table(tmp_path / "prob_eng.csv", ["id", *EMOTIONS], probabilities)
    chosen = tmp_path / "t.json"
    chosen.write_text(json.dumps([{"f1": 0.7, "tau": 0.4, "emotion": name} for name in EMOTIONS]))
    assert fixed(path, tmp_path, threshold=chosen) == LABELS
    rows = [[at, name, 0.4] for at, name in enumerate(EMOTIONS)]
    assert fixed(path, tmp_path, threshold=table(tmp_path / "t.csv", ["", "emotion", "threshold"], rows)) == LABELS
    chosen.write_text(json.dumps([{"emotion": name, "f1": 0.7, "best": 0.4} for name in EMOTIONS]))
    with pytest.raises(InputError, match="which of f1, best is the threshold"):
        fix(path, tmp_path / "no", threshold=chosen)


def test_names_of_labels_beside_other_vectors(tmp_path):
    names = [[n for n, label in zip(EMOTIONS, row, strict=True) if label] for row in LABELS]
    rows = [[i, str(own), "[1, 2]", "[0.1, 0.2, 0.3, 0.4, 0.5]"] for i, own in zip(SPEC.ids, names, strict=True)]
    path = table(tmp_path / "pred_eng.csv", ["id", "labels", "tokens", "embedding"], rows)
    assert fixed(path, tmp_path) == LABELS


@pytest.mark.parametrize("pair", ["WAHR,FALSCH", "VRAI,FAUX", "VERDADERO,FALSO", "VERO,FALSO", "ИСТИНА,ЛОЖЬ"])
def test_truth_values_of_spreadsheets_in_other_languages(pair, tmp_path):
    after = fixed(repeated(tmp_path, pair.split(",")), tmp_path)
    assert after[0] == [1, 0, 1, 0, 1]


def test_crosses_and_blank_cells(tmp_path):
    path = repeated(tmp_path, ["x", ""])
    assert not fix(path, tmp_path / "no").ok and not fix(path, tmp_path / "x", words={"x": 1}).ok
    assert any("--map x=LABEL,blank=LABEL" in problem.fix for problem in validate(path).problems)
    after = fixed(path, tmp_path, words={"x": 1, "blank": 0})
    assert after[0] == [1, 0, 1, 0, 1]


def test_blank_cells_are_not_values_that_are_missing_in_a_dict(tmp_path):
    path = tmp_path / "pred_eng.csv"
    cells = ['"{""joy"": 1, ""fear"": 0}"'] * 116
    path.write_text("id,answer\n" + "\n".join(map(",".join, zip(SPEC.ids, cells, strict=True))) + "\n")
    assert not fix(path, tmp_path / "no", words={"blank": 0}).ok
