"""What the page computes: the same without NumPy as with it, and the same as the commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from semeval_emo.data.sample import sample_folder
from semeval_emo.scoring import score
from semeval_emo.submission import fix, pack, validate
from semeval_emo.task import load_task

ROOT = Path(__file__).parents[2]
CODE = ROOT / "web" / "python"
pytestmark = pytest.mark.skipif(not CODE.is_dir(), reason="left out: not a checkout")

# Only the standard library and the package, as in the browser.
RUN = """
import sys
class OnlyOwn:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pandas", "pandera", "tabulate", "wcwidth", "jinja2", "typer", "click", "pyarrow"):
            raise ModuleNotFoundError(f"the page has no {name}")
sys.meta_path.insert(0, OnlyOwn())
import numpy, page
assert numpy.__file__ == sys.argv[3], numpy.__file__
print(page.run(sys.argv[1], sys.argv[2]))
"""


def asked(
    home: Path, files: list[Path], gold: Sequence[Path] = (), ids: Sequence[Path] = (), **options: str
) -> dict[str, Any]:
    """Return what the page shows for some files, computed by a process that has no NumPy but that of the page."""
    request: dict[str, Any] = {"options": {name.replace("_", "-"): value for name, value in options.items()}}
    for kind, folder, paths in (("files", home, files), ("gold", home / "gold", gold), ("ids", home / "ids", ids)):
        folder.mkdir(parents=True, exist_ok=True)
        request[kind] = [Path(shutil.copyfile(path, folder / path.name)).name for path in paths]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(CODE), str(ROOT)])}
    environment.pop("SEMEVAL_EMO_DATA", None)
    command = [sys.executable, "-c", RUN, str(home), json.dumps(request), str(CODE / "numpy" / "__init__.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def saved(result: dict[str, Any], kind: str) -> dict[str, bytes]:
    """Return the files of a kind that the page offers, by name."""
    return {each["name"]: Path(each["path"]).read_bytes() for each in result["downloads"] if each["kind"] == kind}


def test_a_valid_file_gives_the_zip_of_pack_and_the_scores_of_score(valid: Path, gold: Path, tmp_path: Path):
    result = asked(tmp_path / "page", [valid], [gold])
    assert result["report"]["valid"] is True
    assert saved(result, "fixed") == {}
    pack(valid, tmp_path / "track_a.zip")
    assert saved(result, "zip") == {"track_a.zip": (tmp_path / "track_a.zip").read_bytes()}
    card = score(valid, source=gold).card
    (shown,) = result["scores"]
    assert shown["metric"] == "macro F1"
    assert shown["score"] == pytest.approx(card.score, abs=1e-12)
    assert shown["others"]["micro F1"] == pytest.approx(card.metrics.value("micro_f1"), abs=1e-12)
    for emotion, value in shown["emotions"].items():
        assert value == pytest.approx(card.metrics.value(f"f1.{emotion}"), abs=1e-12)
    assert list(shown["emotions"]) == list(card.spec.emotions)
    assert result["gold_errors"] == []
    assert result["warnings"] == []


def test_intensities_get_pearson_r(tmp_path: Path):
    predictions = sample_folder() / "predictions" / "weak" / "track_b" / "pred_eng.csv"
    gold = sample_folder() / "track_b" / "test" / "eng.csv"
    (shown,) = asked(tmp_path / "page", [predictions], [gold])["scores"]
    card = score(predictions, source=gold).card
    assert shown["metric"] == "Pearson r"
    assert shown["score"] == pytest.approx(card.score, abs=1e-12)
    for emotion, value in shown["emotions"].items():
        assert value == pytest.approx(card.metrics.value(f"emotion_pearson.{emotion}"), abs=1e-12)


@pytest.mark.parametrize("name", ["probabilities", "incomplete", "archive", "picture"])
def test_a_malformed_file_has_the_problems_of_validate(malformed: Any, name: str, tmp_path: Path):
    path = malformed(name)
    report = validate(path)
    result = asked(tmp_path / "page", [path])
    assert result["report"]["counts"] == report.counts
    assert result["report"]["valid"] is report.valid is False
    shown = [(each["code"], example["line"]) for each in result["problems"] for example in each["examples"]]
    assert shown == [(problem.code, problem.line) for problem in report.problems]


def test_fixed_files_are_those_of_fix(malformed: Any, tmp_path: Path, gold: Path):
    path = malformed("archive")
    result = asked(tmp_path / "page", [path], [gold])
    report = fix(path, tmp_path / "fixed.csv")
    assert report.ok
    assert saved(result, "fixed") == {"pred_eng.csv": (tmp_path / "fixed.csv").read_bytes()}
    assert [change["done"] for change in result["fixed"]["changes"]]
    assert result["scores"][0]["score"] == pytest.approx(score(tmp_path / "fixed.csv", source=gold).card.score)


def test_a_threshold_turns_probabilities_into_labels(malformed: Any, valid: Path, tmp_path: Path):
    path = malformed("probabilities")
    refused = asked(tmp_path / "refused", [path])
    assert refused["downloads"] == []
    assert refused["fixed"]["refused"][0]["file"] == "prob_eng.csv"
    result = asked(tmp_path / "page", [path], threshold="0.5")
    assert saved(result, "fixed") == {"pred_eng.csv": valid.read_bytes()}
    assert list(saved(result, "zip")) == ["track_a.zip"]


def test_problems_of_a_file_that_is_not_fixed_are_not_called_fixed(malformed: Any, tmp_path: Path):
    header, *rows = malformed("probabilities").read_text("utf-8").replace(";", ",").splitlines()
    path = tmp_path / "mine_eng.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    by_code = {each["code"]: each for each in asked(tmp_path / "page", [path])["problems"]}
    assert by_code["E202"]["repair"] == "renamed"
    assert by_code["E202"]["is_fixed"] is False
    by_code = {each["code"]: each for each in asked(tmp_path / "again", [path], threshold="0.5")["problems"]}
    assert {code: each["is_fixed"] for code, each in by_code.items()} == {"E202": True, "E511": True}
    assert by_code["E511"]["repair"] == "probabilities converted to labels: 1 from 0.5 on"


def test_remedies_name_the_options_of_the_page(malformed: Any, tmp_path: Path):
    (problem,) = [
        each for each in asked(tmp_path / "page", [malformed("probabilities")])["problems"] if each["code"] == "E511"
    ]
    assert problem["examples"][0]["fix"] == (
        "apply a threshold to probabilities (the option Threshold: 0.5), then write integers"
    )
    other = tmp_path / "pred_eng.csv"
    other.write_text("name,size\nx,1\n", "utf-8")
    (problem,) = asked(tmp_path / "other", [other])["problems"]
    assert problem["examples"][0]["fix"] == (
        "name the task of the file with the option Task: task11, goemotions, sample, semeval-2018-ec, "
        "semeval-2026-polar; or check the right file"
    )


def test_remedies_work_in_the_page(valid: Path, tmp_path: Path):
    """The remedy of each file names an option of the page, which then gives the file that was meant."""
    header, *rows = [line.split(",") for line in valid.read_text("utf-8").splitlines()]

    def written(name: str, lines: list[list[str]]) -> Path:
        path = tmp_path / name / "pred_eng.csv"
        path.parent.mkdir()
        path.write_text("\n".join(map(",".join, lines)) + "\n", "utf-8")
        return path

    words = [[row[0], *("absent" if cell == "0" else "present" for cell in row[1:])] for row in rows]
    minus = [[row[0], *("-1" if cell == "0" else "1" for cell in row[1:])] for row in rows]
    logits = [[row[0], *("-3.5" if cell == "0" else "2.5" for cell in row[1:])] for row in rows]
    cases = {
        "E514": (
            [header, *words],
            "the option Words: absent=LABEL,present=LABEL; LABEL is 0 or 1",
            {"map": "absent=0,present=1"},
        ),
        "E512": ([header, *minus], "if -1 is an absent label: the option Words: -1=0", {"map": "-1=0"}),
        "E521": (
            [header, *logits],
            "if these are logits, apply the sigmoid and a threshold (the options Scores: logits and Threshold: 0.5)",
            {"scores": "logits", "threshold": "0.5"},
        ),
        "E319": ([*rows], "the option Order of labels: ", {"order": ",".join(header[1:])}),
        "E345": ([header[1:], *(row[1:] for row in rows)], "row by row: the option File with ids", {}),
    }
    for code, (lines, remedy, options) in cases.items():
        path = written(code, lines)
        result = asked(tmp_path / f"page-{code}", [path])
        fixes = {each["code"]: each["examples"][0]["fix"] for each in result["problems"]}
        assert remedy in fixes[code], (code, fixes)
        result = asked(tmp_path / f"again-{code}", [path], ids=[valid] if code == "E345" else [], **options)
        assert saved(result, "fixed") == {"pred_eng.csv": valid.read_bytes()}, (code, result["fixed"])


def test_no_words_of_the_page_name_a_command(tmp_path: Path):
    script = (
        "import json, tomllib, sys; from pathlib import Path; from remedies import in_page; import semeval_emo\n"
        "folder = Path(semeval_emo.__file__).parent / 'submission'\n"
        "files = [tomllib.loads((folder / f'{name}.toml').read_text('utf-8')) for name in sys.argv[1:]]\n"
        "texts = [text for file in files for entry in file.values() if isinstance(entry, dict)"
        " for text in entry.values() if isinstance(text, str)]\n"
        "print(json.dumps([(text, in_page(text)) for text in texts]))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(CODE), str(ROOT)])}
    command = [sys.executable, "-c", script, "catalogue", "catalogue_archive"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert sum("semeval-emo" in text for text, _ in shown) > 20
    command_words = re.compile(r"semeval-emo|--[a-z]|`fix|\bfix --|score --|\$SEMEVAL")
    assert [words for _, words in shown if command_words.search(words)] == []
    assert [text for text, words in shown if not words] == []
    # Nothing of a sentence is lost that names no command.
    assert all(text == words for text, words in shown if not re.search(r"semeval-emo|--|`|\$", text))
    for name in ("index.html", "page.js", "worker.js"):
        assert "command semeval-emo" not in (ROOT / "web" / name).read_text("utf-8")
        assert "command validate" not in (ROOT / "web" / name).read_text("utf-8")


def test_files_with_errors_say_that_they_are_not_scored(malformed: Any, gold: Path, tmp_path: Path):
    result = asked(tmp_path / "page", [malformed("incomplete")], [gold])
    assert result["scores"] == []
    assert result["gold_errors"] == [
        {
            "place": "release 1 track a eng test",
            "error": "It has errors; it is scored once they are fixed.",
            "fix": "",
        }
    ]
    (tmp_path / "other").mkdir()
    result = asked(tmp_path / "again", [malformed("picture")], [gold])
    assert [each["place"] for each in result["gold_errors"]] == ["pred_eng.csv"]
    assert asked(tmp_path / "without", [malformed("incomplete")])["gold_errors"] == []


def test_what_the_page_cannot_read_is_an_error_with_a_remedy_of_the_page(tmp_path: Path):
    path = tmp_path / "pred_eng.parquet"
    path.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    result = asked(tmp_path / "page", [path])
    assert result["error"] == "Reading the Parquet file pred_eng.parquet is not possible in this page."
    assert result["fix"] == "write it as CSV"


def test_problems_that_stand_for_many_are_counted_once(tmp_path: Path, valid: Path):
    path = tmp_path / "short" / "pred_eng.csv"
    path.parent.mkdir()
    path.write_text("".join(valid.read_text("utf-8").splitlines(True)[:11]), "utf-8")
    (problem,) = [each for each in asked(tmp_path / "page", [path])["problems"] if each["code"] == "E401"]
    assert "(190 ids)" in problem["examples"][0]["message"]
    assert (problem["count"], problem["more"]) == (190, 0)


def test_gold_labels_among_the_predictions_are_named(gold: Path, tmp_path: Path):
    result = asked(tmp_path / "page", [gold])
    (warning,) = result["warnings"]
    assert warning == (
        "The gold labels of release 1 track a eng test are among the prediction files. To score files with them, drop "
        "them on Gold labels."
    )


def test_several_languages_have_a_mean(tmp_path: Path):
    task = load_task()
    files, gold = [], []
    for number, code in enumerate(("afr", "deu")):
        spec = task.spec("a", code, "test")
        rows = [
            f"{text_id},{','.join('01'[(k + at) % 2] for k in range(len(spec.emotions)))}"
            for at, text_id in enumerate(spec.ids)
        ]
        for kind, folder in (("files", files), ("gold", gold)):
            path = tmp_path / kind / (f"pred_{code}.csv" if kind == "files" else f"{code}.csv")
            path.parent.mkdir(exist_ok=True)
            keep = rows if kind == "files" or not number else [row[:-1] + "1" for row in rows]
            path.write_text("\n".join([",".join(spec.header), *keep]) + "\n", "utf-8")
            folder.append(path)
    result = asked(tmp_path / "page", files, gold)
    scores = [each["score"] for each in result["scores"]]
    assert [each["language"] for each in result["scores"]] == ["afr", "deu"]
    assert scores[0] == 1 > scores[1]
    (mean,) = result["means"]
    assert mean == {"group": "2025 track a test", "languages": 2, "metric": "macro F1", "score": sum(scores) / 2}


def test_an_incomplete_file_is_refused_with_its_reasons(malformed: Any, tmp_path: Path):
    result = asked(tmp_path / "page", [malformed("incomplete")])
    assert result["downloads"] == []
    assert result["fixed"]["refused"][0]["counts"]


def test_a_wrong_option_says_which_are_known(valid: Path, tmp_path: Path):
    result = asked(tmp_path / "page", [valid], track="z")
    assert set(result) == {"error", "fix", "seconds"}
    assert "'z'" in result["error"]


def test_predictions_as_gold_are_named_as_unverified(valid: Path, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = shutil.copyfile(valid, tmp_path / "other" / "labels.csv")
    result = asked(tmp_path / "page", [valid], [other])
    assert result["scores"][0]["score"] == 1
    assert result["warnings"][0].startswith("Unverified gold: gold/labels.csv has the ids of release 1 track a")


def test_gold_labels_of_another_task_give_no_score_and_a_reason(valid: Path, tmp_path: Path):
    other = tmp_path / "labels.csv"
    other.write_text("id,anger\nx1,0\n", "utf-8")
    result = asked(tmp_path / "page", [valid], [other])
    assert result["report"]["valid"] is True
    assert result["scores"] == []
    assert result["gold_errors"][0]["place"] == "release 1 track a eng test"
    assert "gold labels" in result["gold_errors"][0]["error"]


def test_gold_labels_may_be_a_zip_of_the_released_folder(valid: Path, gold: Path, tmp_path: Path):
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(gold, "task/track_a/test/eng.csv")
    assert len(asked(tmp_path / "page", [valid], [path])["scores"]) == 1
    path.write_bytes(b"PK no zip")
    result = asked(tmp_path / "again", [valid], [path])
    assert result["error"].startswith("data.zip cannot be unpacked")


@pytest.mark.data
def test_the_reference_file_is_split_and_scored(data_dir: Path, tmp_path: Path):
    gold = data_dir / "brighter-2025" / "track_a" / "test" / "eng.csv"
    result = asked(tmp_path / "page", [data_dir / "seed" / "pred_eng.csv"], [gold])
    assert result["report"]["counts"] == {"E311": 1, "E410": 1}
    assert list(saved(result, "zip")) == ["track_a.zip", "track_c.zip"]
    assert [round(each["score"], 4) for each in result["scores"]] == [0.7114]
    assert [each["place"] for each in result["gold_errors"]] == ["2025 track c eng test"]
    scored = {each["scorer"]: each.get("scores") for each in result["official_fixed"] if each["track"] == "a"}
    assert scored == {"organisers-2025": {"eng": 0.7114}, "codabench-2026": {"eng": 0.711362}}
