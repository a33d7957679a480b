"""`--format github`: workflow commands of GitHub Actions, at most ten of a level, which a file cannot forge."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from semeval_emo.data.sample import sample_folder
from semeval_emo.report.annotations import annotation
from semeval_emo.task import load_task

COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sample's prediction files."""
    shutil.copytree(sample_folder() / "predictions", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return tmp_path


def read(out: str) -> list[tuple[str, dict[str, str], str]]:
    """Return the level, properties and message of each annotation; every line must be one."""
    found = [COMMAND.fullmatch(line) for line in out.splitlines()]
    assert all(found), out
    properties = [dict(pair.split("=", 1) for pair in one["properties"].split(",")) for one in found]
    return [(one["level"], own, one["message"]) for one, own in zip(found, properties, strict=True)]


def test_each_problem_of_a_file_is_one_annotation_at_its_first_line(cli):
    plain = cli("validate", "mistakes/pred_eng_a.csv", "-f", "json")
    code, out, _ = cli("validate", "mistakes/pred_eng_a.csv", "--format", "github")
    assert code == plain.code == 1
    *problems, verdict = read(out)
    listed: dict[str, dict] = {}
    for problem in json.loads(plain.out)["problems"]:
        listed.setdefault(problem["code"], problem)
    by_code = {own["title"].split()[0]: (level, own, message) for level, own, message in problems}
    assert len(by_code) == len(problems)
    assert by_code.keys() == listed.keys()
    for code, (level, own, message) in by_code.items():
        assert level == listed[code]["severity"]
        assert own["file"] == "mistakes/pred_eng_a.csv"
        assert own.get("line") == (None if listed[code]["line"] is None else str(listed[code]["line"]))
        assert message.startswith(f"{listed[code]['message']}.".replace("%", "%25"))
    assert "… and 1,004 more like this. auto-fix (semeval-emo fix): " in by_code["E509"][2]
    assert verdict[0] == "notice"
    assert verdict[2].startswith("Not valid: 1 file, with ")


def test_a_valid_file_has_a_notice_only(cli):
    code, out, _ = cli("validate", "strong/track_a/pred_eng.csv", "-f", "github")
    assert (code, out) == (
        0, "::notice title=semeval-emo validate::Valid: 1 file, with 0 errors and 0 warnings.\n",
    )  # fmt: skip


def test_at_most_ten_errors_and_problems_of_many_files_are_joined(cli, files: Path):
    task = load_task()
    for spec in task.specs(task.default_release, "a", split="test"):
        path = files / "many" / "track_a" / f"pred_{spec.language}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = "\n".join(f"{text_id}{',2' * len(spec.emotions)}" for text_id in spec.ids)
        path.write_text(",".join(["ID", *spec.emotions]) + f"\n{rows}\n", "utf-8")
    code, out, _ = cli("validate", "many", "-f", "github")
    found = read(out)
    assert code == 1
    assert 0 < sum(level == "error" for level, _, _ in found) <= 10
    assert any("The same in 27 more files: " in message for _, _, message in found)
    levels = [level for level, _, _ in found]
    assert max(map(levels.count, levels)) <= 10


def test_more_than_ten_errors_are_counted(cli):
    limits = [word for k in range(14) for word in ("--fail-under", f"macro_f1=0.9{k:02}")]
    _, out, _ = cli("score", "strong/track_a/pred_eng.csv", "--gold", "sample", *limits, "-f", "github")
    errors = [message for level, _, message in read(out) if level == "error"]
    assert len(errors) == 10
    assert errors[-1] == "5 more errors: the log has all of them."


def test_a_file_cannot_forge_a_command(cli, files: Path):
    rows = (files / "strong/track_a/pred_eng.csv").read_text("utf-8").splitlines()
    rows[1] = f'"x%0A::error::forged","\n::warning::forged",{rows[1]}'
    name = "pred_eng,line=1::error::forged.csv"
    (files / name).write_text("\n".join(rows) + "\n", "utf-8")
    _, out, _ = cli("validate", name, "-f", "github")
    for level, own, message in read(out):
        assert level != "error" or own["title"][0] == "E"
        assert message != "forged"
    assert "file=pred_eng%2Cline=1%3A%3Aerror%3A%3Aforged.csv" in out
    assert annotation("error", "a\r\nb%") == "::error::a%0D%0Ab%25"


def test_a_file_in_a_zip_is_an_annotation_of_the_zip(cli, files: Path):
    with zipfile.ZipFile("sub.zip", "w") as archive:
        archive.write("mistakes/pred_eng_a.csv", "track_a/pred_eng.csv")
    _, out, _ = cli("validate", "sub.zip", "-f", "github")
    first = next(one for one in read(out) if one[1]["title"].startswith("E311"))
    assert first[1]["file"] == "sub.zip"
    assert "line" not in first[1]
    assert first[2].startswith("track_a/pred_eng.csv: ")


def test_scores_are_notices_and_missed_limits_errors(cli):
    words = ["score", "strong/track_a/pred_eng.csv", "--gold", "sample", "--fail-under", "macro_f1=0.9"]
    code, out, _ = cli(*words, "-f", "github")
    assert code == 1
    (error, notice) = read(out)
    assert error == (
        "error", {"title": "score below the limit"},
        "macro_f1 is 0.858900, below the minimum 0.9: strong/track_a/pred_eng.csv (track a, eng, test).",
    )  # fmt: skip
    assert notice == (
        "notice", {"title": "semeval-emo score", "file": "strong/track_a/pred_eng.csv"},
        "macro F1 0.8589 (release 1 track a eng test)",
    )  # fmt: skip


def test_a_file_without_a_score_is_an_error(cli, files: Path):
    lines = (files / "strong/track_a/pred_eng.csv").read_text("utf-8").splitlines()
    (files / "pred_eng.csv").write_text("\n".join([lines[0], *lines[1:-1], lines[-1][:-1] + "?"]) + "\n", "utf-8")
    code, out, _ = cli("score", "pred_eng.csv", "--gold", "sample", "-f", "github")
    assert code == 1
    assert read(out)[0][1] == {"title": "semeval-emo score", "file": "pred_eng.csv"}
