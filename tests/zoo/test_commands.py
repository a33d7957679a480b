"""The commands of the zoo."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from pathlib import Path

import pytest

from semeval_emo.cli.progress import TerminalProgress
from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, install_line
from semeval_emo.zoo.dataset.examples import Examples
from semeval_emo.zoo.families.ensemble import Ensemble
from semeval_emo.zoo.family import Job
from semeval_emo.zoo.inference.predict import CHUNK, predict
from semeval_emo.zoo.runs.model import load_model


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_the_list_marks_selection_on_test(cli):
    code, out, _ = cli("zoo", "list", "llama-*layer*")
    assert code == 0
    marked = {line.split()[0] for line in out.splitlines() if "test!" in line.split()}
    assert marked == {"llama-1layer", "llama-2layer", "llama-4layer-8epochs", "llama-4layer-as-published", "test!"}
    (line,) = (line for line in out.splitlines() if line.startswith("llama-4layer-as-published"))
    assert " ".join(line.split()) == "llama-4layer-as-published head+4 243M 1e-5/1e-6 6 x 2 test! 0.7114"
    assert "test! selected on the test split, as in the source, so the score is optimistic." in out


@pytest.mark.parametrize("style", ["markdown", "csv", "latex", "json"])
def test_every_format(style: str, cli):
    code, out, _ = cli("zoo", "list", "--format", style)
    assert code == 0
    assert "llama-4layer-as-published" in out.replace("\\", "")
    assert "test!" in out or '"selects_on_test": true' in out


def test_no_line_is_wider_than_the_terminal(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for words in (["list"], ["show", "llama-lora-int8-batch8"]):
        _, out, _ = cli("zoo", *words)
        assert max(map(len, out.splitlines())) <= 80


def test_the_list_shows_our_score(cli):
    assert cli("zoo", "train", "constant-all", "--data", "sample", "--quiet")[0] == 0
    code, out, _ = cli("zoo", "list", "constant*", "--format", "json")
    assert code == 0
    # Runs on the sample do not count as runs on the data of the competition.
    assert {one["name"]: one["ours"] for one in json.loads(out)["recipes"]} == dict.fromkeys(
        ("constant-all", "constant-majority")
    )


def test_show_prints_all_fields(cli):
    code, out, _ = cli("zoo", "show", "llama-4layer-as-published")
    assert code == 0
    said = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in out.splitlines() if re.search(r"\S\s{2,}\S", line))
    assert said["learning rates"] == "head 1e-05 (decay 0.01); layers 1e-06 (decay 0.01)"
    assert said["parameters"] == "243,296,256 of 1,235,824,640 trained"
    assert said["final norm"] == "frozen"
    assert said["epoch"] == "best official metric on test (test! optimistic)"
    assert said["macro F1 on test"] == "0.7114"


def test_show_takes_overrides(cli):
    code, out, _ = cli("zoo", "show", "llama-4layer", "--set", "trainable.layers=1", "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert found["schema"] == "semeval-emo/zoo-show/1"
    assert found["parameters"]["trained"] == 60_821_504 + 10_240
    assert found["recipe"]["trainable"]["layers"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "lama-4layer"], "error: There is no recipe 'lama-4layer'.\n  fix: did you mean 'llama-4layer'?\n"),
        (
            ["show", "llama-4layer", "--set", "train.epoch=2"],
            "error: recipe llama-4layer with --set: there is no key 'train.epoch'.\n"
            "  fix: did you mean 'train.epochs'?\n",
        ),
        (["list", "gpt*"], "error: No recipe matches 'gpt*'.\n  fix: see `semeval-emo zoo list`\n"),
    ],
)
def test_errors_have_a_fix(words: list[str], message: str, cli):
    assert cli("zoo", *words) == (2, "", message)


def test_train_scores_its_file_and_prints_the_next_command(cli):
    code, out, err = cli("zoo", "train", "tfidf-logreg", "--data", "sample")
    assert code == 0
    assert "test macro F1" in out and "selected" in out and "threshold" in out
    assert Path("runs/sample/tfidf-logreg/eng/track_a/pred_eng.csv").exists()
    assert "Next: semeval-emo score runs/sample/tfidf-logreg/eng/track_a/pred_eng.csv" in err
    code, again, err = cli("zoo", "train", "tfidf-logreg", "--data", "sample")
    assert (code, again) == (0, out)
    assert "runs/sample/tfidf-logreg/eng is already finished; --fresh trains it again." in err


def test_train_in_json_and_quiet(cli):
    code, out, err = cli("zoo", "train", "constant-all", "--data", "sample", "--format", "json", "--quiet")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["schema"] == "semeval-emo/zoo-train/1"
    assert found["score"]["score"] == pytest.approx(found["score"]["figures"]["macro_f1"])
    assert found["predictions"] == "runs/sample/constant-all/eng/track_a/pred_eng.csv"
    assert set(found["thresholds"].values()) == {0.5}


def test_gated_weights_are_an_error_with_three_options(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    code, out, err = cli("zoo", "train", "llama-4layer", "--data", "sample")
    assert (code, out) == (3, "")
    assert err.startswith("error: The weights of meta-llama/Llama-3.2-1B are not on this machine, and ")
    ways = re.findall(r"^    (\d)\. (.+)$", err, re.MULTILINE)
    assert [number for number, _ in ways] == ["1", "2", "3"]
    assert "--set model.backbone=" in ways[0][1]
    assert "hf auth login" in ways[1][1]
    assert ways[2][1].endswith("semeval-emo zoo train smollm2-4layer-tuned")
    assert not Path("runs").exists()


def test_int8_without_bitsandbytes_is_an_error(cli, monkeypatch):
    import importlib.util

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else find_spec(name))
    code, _, err = cli("zoo", "train", "llama-lora-int8-batch8", "--data", "sample")
    assert code == 3
    assert err == (
        "error: Recipe llama-lora-int8-batch8 loads its backbone in int8, which needs bitsandbytes.\n"
        "  fix: pip install bitsandbytes; or train without quantization: --set model.quantization=none\n"
    )


def test_a_missing_extra_is_named(cli, monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "skops" else real(name, *rest))
    code, _, err = cli("zoo", "train", "tfidf-logreg", "--data", "sample")
    assert code == 3
    assert err == (
        "error: The family 'tfidf' needs the optional dependencies 'tfidf', which are not installed.\n"
        f"  fix: {install_line('tfidf')}\n"
    )


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setattr("semeval_emo.cli.progress.SECONDS_BETWEEN", 0.0)
    progress = TerminalProgress()
    progress.start("training", 200, done=100)
    progress.advance(1, 0.25)
    progress.epoch({"epoch": 3, "loss": 0.25, "dev": {"macro_f1": 0.5}})
    progress.advance(49, 0.125)
    progress.finish()
    drawn = capsys.readouterr().err
    lines = re.split(r"[\r\n]", drawn.replace("\x1b[K", ""))
    assert lines[1].startswith("training [######------] 101/200")
    assert lines[1].endswith("loss 0.2500")
    assert "epoch 3  loss 0.2500  dev macro_f1 0.5000" in lines
    assert any(line.startswith("training [#########---] 150/200") for line in lines)
    assert max(map(len, lines)) <= 69, "a wrapped line cannot be overwritten"
    # The bar is removed at the end.
    assert drawn.endswith("\r\x1b[K")


@pytest.mark.parametrize(("columns", "seen"), [("80", "dev F1 .6960"), ("40", "training [###---------] 3,460/12,345")])
def test_the_bar_shows_the_dev_score(columns: str, seen: str, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("semeval_emo.cli.progress.SECONDS_BETWEEN", 0.0)
    progress = TerminalProgress()
    progress.start("training", 12_345)
    progress._began -= 15_000
    progress.advance(3_459, 0.5971)
    progress.epoch({"epoch": 3, "loss": 0.5, "dev": {"macro_f1": 0.69604, "micro_f1": 0.7, "loss": 0.6}})
    progress.advance(1, 0.5971)
    drawn = re.split(r"[\r\n]", capsys.readouterr().err.replace("\x1b[K", ""))
    assert "epoch 3  loss 0.5000  dev loss 0.6000, macro_f1 0.6960" in drawn
    (line,) = (one for one in drawn if "3,460/12,345" in one)
    assert seen in line and len(line) < int(columns)
    if columns == "80":
        assert re.search(r"\d:\d\d:\d\d left  loss 0\.5971  dev F1 \.6960$", line)


def test_no_bar_elsewhere(capsys):
    progress = TerminalProgress()
    progress.start("training", 10)
    progress.advance(1, 0.5)
    progress.finish()
    assert capsys.readouterr().err == ""


@pytest.fixture
def trained(cli) -> Path:
    assert cli("zoo", "train", "tfidf-logreg", "--data", "sample", "--quiet")[0] == 0
    return Path("runs/sample/tfidf-logreg/eng")


def test_predict_reproduces_the_files_of_the_run(trained: Path, cli):
    gold = load_gold("a", "eng", source="sample")
    with Path("texts.csv").open("w", newline="", encoding="utf-8") as handle:
        rows = [(one, "x", text) for one, text in zip(gold.ids, gold.texts, strict=True)]
        csv.writer(handle).writerows([("ID", "other", "Text"), *rows])
    code, out, err = cli("zoo", "predict", str(trained), "texts.csv")
    assert (code, err) == (0, "")
    assert out == (trained / "test" / "prob_eng.csv").read_text()
    code, _, err = cli("zoo", "predict", str(trained), "texts.csv", "--as", "labels", "--output", "mine.csv")
    assert (code, err) == (0, "200 texts, written to mine.csv.\n")
    assert Path("mine.csv").read_bytes() == (trained / "track_a" / "pred_eng.csv").read_bytes()


def test_predict_from_stdin_line_by_line(trained: Path, cli, monkeypatch):
    texts = load_gold("a", "eng", source="sample").texts[:2]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(texts) + "\n"))
    code, out, _ = cli("zoo", "predict", str(trained), "--as", "jsonl")
    assert code == 0
    found = [json.loads(line) for line in out.splitlines()]
    assert [one["id"] for one in found] == ["1", "2"]
    stored = (trained / "test" / "prob_eng.csv").read_text().splitlines()[1].split(",")[1:]
    assert list(found[0]["probabilities"].values()) == [round(float(p), 6) for p in stored]
    thresholds = json.loads((trained / "model" / "thresholds.json").read_text())
    present = {e for (e, p), t in zip(found[0]["probabilities"].items(), thresholds.values(), strict=True) if p >= t}
    assert set(found[0]["labels"]) == present


def test_predict_reads_a_stream_in_chunks(trained: Path):
    """At most one chunk of an endless input is read ahead."""
    model = load_model(trained)
    read = []

    def endless():
        for number in itertools.count():
            read.append(number)
            yield str(number), "a text"

    found = list(itertools.islice(predict(model, endless()), 3))
    assert [one.id for one in found] == ["0", "1", "2"]
    assert len(read) == CHUNK


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("a.csv", "id,words\n1,x\n", "a.csv has no column 'text': its header is id,words."),
        ("b.csv", "id,text\n1\n", "b.csv: row 1 has 1 of 2 columns, so it has no text."),
        ("c.jsonl", '{"text": "x"}\n{"txt": "y"}\n', "c.jsonl:2: not a JSON object with a 'text'."),
        ("nothing.csv", None, "nothing.csv cannot be read: No such file or directory."),
    ],
)
def test_predict_names_the_place_of_a_missing_text(name: str, body: str | None, message: str, trained: Path, cli):
    if body is not None:
        Path(name).write_text(body)
    code, _, err = cli("zoo", "predict", str(trained), name, "--output", "out.csv")
    assert code == 3
    assert err.startswith(f"error: {message}")
    assert not Path("out.csv").exists()


def test_predict_needs_a_model(cli):
    code, _, err = cli("zoo", "predict", ".", "What a day!")
    assert code == 3
    assert err.startswith("error: . does not contain a trained model.")


def test_evaluate_equals_the_score_of_the_run(trained: Path, cli):
    code, out, _ = cli("zoo", "evaluate", str(trained), "--data", "sample", "--format", "json")
    assert code == 0
    found = json.loads(out)["scorecards"][0]
    stored = json.loads((trained / "score.json").read_text())
    for name in ("score", "figures", "by_emotion", "gold_hash", "prediction_hash"):
        assert found[name] == stored[name]
    code, out, _ = cli("zoo", "evaluate", str(trained), "--data", "sample", "--split", "dev", "--format", "json")
    dev = json.loads(out)["scorecards"][0]
    assert dev["split"] == "dev"
    assert dev["score"] == json.loads((trained / "run.json").read_text())["dev"]["macro_f1"]


def test_evaluate_refuses_a_file_with_other_emotions(trained: Path, cli):
    code, _, err = cli("zoo", "evaluate", str(trained), "--data", "sample", "--track", "b")
    assert code == 2
    assert err.startswith("error: The model in runs/sample/tfidf-logreg/eng predicts labels from 0 to 1; ")


def test_an_exported_folder_is_self_contained(trained: Path, cli):
    code, out, err = cli("zoo", "export", str(trained), "-o", "mine")
    assert code == 0
    names = {Path(line).name for line in out.splitlines()}
    assert names == {"README.md", "model.skops", "semeval_emo.json", "thresholds.json"}
    assert "Upload it with: semeval-emo zoo export runs/sample/tfidf-logreg/eng --push YOUR-NAME/mine" in err
    assert Path("mine/README.md").read_bytes() == (trained / "MODEL_CARD.md").read_bytes()
    assert cli("zoo", "card", str(trained))[1] == Path("mine/README.md").read_text()
    # It gives the same predictions without its run, thresholds included.
    text = load_gold("a", "eng", source="sample").texts[0]
    Path("one.txt").write_text(text + "\n")
    said = [cli("zoo", "predict", str(folder), "one.txt", "--as", "jsonl")[1] for folder in ("mine", trained)]
    assert said[0] == said[1]


def test_export_does_not_overwrite_files(trained: Path, cli, monkeypatch):
    Path("mine").mkdir()
    Path("mine/thesis.tex").write_text("years of work")
    code, out, err = cli("zoo", "export", str(trained), "-o", "mine")
    assert (code, out) == (2, "")
    assert err == "error: mine already exists.\n  fix: name a new folder; existing files are not overwritten\n"
    assert [path.name for path in Path("mine").iterdir()] == ["thesis.tex"]
    Path("here").mkdir()
    monkeypatch.chdir("here")
    code, _, err = cli("zoo", "export", str(Path("..") / trained), "-o", ".")
    assert (code, err) == (
        2, "error: . is the current folder, which cannot be replaced.\n  fix: name a new folder\n"
    )  # fmt: skip
    monkeypatch.chdir("..")
    code, _, err = cli("zoo", "export", "mine", "-o", "other")
    assert code == 3
    assert err.startswith("error: mine does not contain a finished run.")


def test_the_bar_is_removed_after_an_error(cli, monkeypatch):
    for name in ("constant-all", "constant-majority"):
        assert cli("zoo", "train", name, "--data", "sample", "--quiet")[0] == 0

    def fit(self: Ensemble, train: Examples, eval_splits: dict[str, Examples], job: Job) -> None:
        with job.progress.stage("fitting", 10) as progress:
            progress.advance()
            raise InputError("The disk is full.")

    monkeypatch.setattr(Ensemble, "fit", fit)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("semeval_emo.cli.progress.SECONDS_BETWEEN", 0.0)
    monkeypatch.setenv("NO_COLOR", "1")
    members = ("runs/sample/constant-all/eng", "runs/sample/constant-majority/eng")
    code, _, err = cli("zoo", "ensemble", *members, "--name", "pair", "--data", "sample")
    assert code == 3
    bar, _, rest = err.rpartition("\r\x1b[K")
    assert "fitting [#-----------] 1/10" in bar
    assert rest == "error: The disk is full.\n"
