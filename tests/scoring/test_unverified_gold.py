"""Predictions given as gold: every command refuses them, or begins its output with a warning."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from semeval_emo import load_gold, load_task, score
from semeval_emo.cli.options import Format
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import UnverifiedGold
from semeval_emo.scoring import compare
from semeval_emo.submission.write import write_predictions

STRONG, WEAK = "strong/track_a/pred_eng.csv", "weak/track_a/pred_eng.csv"
SEEN = f"{WEAK} has the ids of release 1 track a eng test, but not its labels: 122 of 200 rows differ from the gold of "
SEEN += "release 1 (first: sample_eng_test_a_0003)."
WARNING = f"Unverified gold: {SEEN}"
COMMANDS = {
    "score": ("score", STRONG),
    "score --ci": ("score", STRONG, "--ci", "--resamples", "100"),
    "compare": ("compare", STRONG, WEAK, "--resamples", "100", "--trials", "100"),
    "analyse": ("analyse", STRONG),
    "analyse two": ("analyse", STRONG, WEAK),
    "leaderboard place": ("leaderboard", "place", STRONG, "--task", "sample"),
}


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sample's prediction files."""
    shutil.copytree(sample_folder() / "predictions", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    monkeypatch.setenv("SEMEVAL_EMO_BOARD", str(tmp_path / "board.csv"))
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("gold", [WEAK, "weak/track_a"])
def test_predictions_are_refused_as_gold(cli, name: str, gold: str):
    code, out, err = cli(*COMMANDS[name], "--gold", gold)
    assert (code, out) == (3, "")
    assert f"error: {SEEN} It has no texts, like a prediction file.\n" in err
    assert (
        "  fix: give the folder with the gold labels of release 1: --gold FOLDER; --unverified-gold uses these labels, "
        "and the output says so\n"
    ) in err


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("style", Format)
def test_accepted_predictions_head_every_format(cli, name: str, style: Format):
    code, out, _ = cli(*COMMANDS[name], "--gold", WEAK, "--unverified-gold", "--format", style.value, "-q")
    assert code == 0
    if style is Format.json:
        assert json.loads(out)["warnings"][0] == WARNING
    elif style is Format.csv:
        header, first = out.splitlines()[:2]
        assert header.endswith(",warning")
        assert WARNING in first
    else:
        head = " ".join(out[: len(WARNING) + 40].replace("\\_", "_").split())
        assert re.sub("^[>%] ", "", head).startswith(WARNING)


def test_validate_has_the_same_rule(cli):
    """The sample has no official scorers; these are predictions with the ids of the competition."""
    spec = load_task().spec("a", "eng", "dev")
    for name in ("mine", "theirs"):
        Path(name).mkdir()
        write_predictions(
            spec, np.random.default_rng(len(name)).integers(0, 2, (spec.rows, 5)), Path(name, "pred_eng.csv")
        )
    words = ("validate", "mine/pred_eng.csv", "--gold", "theirs")
    seen = "theirs/pred_eng.csv has the ids of 2025 track a eng dev, but not its labels: the hash of its labels is "
    code, out, err = cli(*words)
    assert (code, out) == (3, "")
    assert seen in err
    assert seen in " ".join(cli(*words, "--unverified-gold")[1].split())
    assert json.loads(cli(*words, "--unverified-gold", "--format", "json")[1])["warnings"][0].startswith("Unverified")


def test_a_report_begins_with_the_warning(cli):
    assert cli("report", STRONG, "--gold", WEAK)[0] == 3
    code, _, err = cli("report", STRONG, "--gold", WEAK, "--unverified-gold", "-o", "page.html")
    assert code == 0
    assert WARNING in err
    # Without the places where a line may end.
    page = Path("page.html").read_text().replace("<wbr>", "")
    assert page.index(f'<p class="warning" role="note">{WARNING}</p>') < page.index('class="main-score"')


def test_an_added_row_is_flagged(cli):
    words = ("leaderboard", "add", STRONG, "--system", "mine", "--task", "sample", "--gold", WEAK)
    assert cli(*words)[0] == 3
    assert not Path("board.csv").exists()
    code, _, err = cli(*words, "--unverified-gold")
    assert code == 0
    assert WARNING in err
    row = Path("board.csv").read_text().splitlines()[1]
    assert ",user,unknown,unverified,own," in row
    assert row.endswith(",the gold labels are not those of the release")


def test_the_signature_and_the_release_say_so():
    card = score(STRONG, source=WEAK, unverified_gold=True).card
    assert card.release == "unknown"
    assert "|unverified_gold:yes|" in card.signature
    assert card.to_dict()["unverified_gold"] == WARNING
    compared = compare([STRONG, WEAK], source=WEAK, unverified_gold=True, resamples=100, trials=100)
    assert "|unverified_gold:yes|" in compared.signature


def test_gold_in_memory_has_the_same_rule():
    gold = load_gold("a", "eng", source="sample")
    other = gold.labels.copy()
    other[3] = 1 - other[3]
    changed = type(gold)(gold.spec, gold.ids, gold.texts, other, "mine", gold.releases)
    with pytest.raises(UnverifiedGold, match="mine has the ids of release 1 track a eng test, but not its labels: 1"):
        score(STRONG, changed)
    with pytest.raises(UnverifiedGold):
        compare([STRONG, WEAK], gold=[changed])
    assert score(STRONG, changed, unverified_gold=True).warnings[0].startswith("Unverified gold: mine has the ids")
    # Accepted when it was loaded.
    assert score(STRONG, load_gold("a", "eng", source=WEAK, task="sample", unverified_gold=True)).warnings == (WARNING,)


def test_the_gold_of_the_release_is_accepted_in_any_order():
    gold = load_gold("a", "eng", source="sample")
    order = np.random.default_rng(0).permutation(len(gold))
    lines = [",".join([gold.ids[i], *map(str, gold.labels[i])]) for i in order]
    Path("labels.csv").write_text("\n".join([",".join(gold.spec.header), *lines]) + "\n")
    result = score(STRONG, source="labels.csv", unverified_gold=True)
    assert (result.warnings, result.card.release) == ((), "1")
    assert "unverified" not in result.card.signature


def test_several_predictions_are_not_gold_even_if_accepted(cli):
    Path("both").mkdir()
    for path in (STRONG, WEAK):
        shutil.copy(path, Path("both", path.replace("/", "-")))
    code, _, err = cli("score", STRONG, "--gold", "both", "--unverified-gold")
    assert code == 3
    assert "belongs to no known release (200 rows)" in err


# --- predictions that are the gold labels ----------------------------------------------------------------------------


@pytest.fixture
def same(systems: Path) -> Path:
    gold = load_gold("a", "eng", source="sample")
    write_predictions(gold.spec, gold.labels, systems / "pred_eng.csv")
    return Path("pred_eng.csv")


IDENTICAL = "The predictions and the gold labels are identical: pred_eng.csv equals the built-in sample "
IDENTICAL += "(track_a/test/eng.csv) in all 200 rows."


@pytest.mark.parametrize("style", Format)
@pytest.mark.parametrize("command", ["score", "compare", "leaderboard place"])
def test_identical_predictions_and_gold_head_every_format(cli, same: Path, command: str, style: Format):
    more = {"compare": (STRONG, "--resamples", "100", "--trials", "100"), "leaderboard place": ("--task", "sample")}
    words = (*command.split(), same, *more.get(command, ()), "--gold", "sample", "--format", style.value, "-q")
    code, out, _ = cli(*words)
    assert code == 0
    if style is Format.json:
        assert json.loads(out)["warnings"] == [IDENTICAL]
    else:
        assert IDENTICAL in " ".join(out.replace("\\_", "_").split())


def test_a_report_of_the_gold_labels_says_so(cli, same: Path):
    assert cli("report", same, "--gold", "sample", "-o", "page.html")[0] == 0
    assert f'<p class="warning" role="note">{IDENTICAL}</p>' in Path("page.html").read_text()


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_the_gold_file_itself_as_prediction(link):
    shutil.copytree(sample_folder(), "gold")
    path = Path("gold/track_a/test/eng.csv")
    if link is not None:
        link(path.absolute(), "pred_eng.csv")
        path = Path("pred_eng.csv")
    (warning,) = score(path, source="gold").warnings
    same = "The predictions and the gold labels are identical:"
    assert warning == f"{same} {path} is the gold file gold/track_a/test/eng.csv."


def test_one_row_that_differs_is_not_identical():
    gold = load_gold("a", "eng", source="sample")
    labels = gold.labels.copy()
    labels[0, 0] ^= 1
    write_predictions(gold.spec, labels, Path("pred_eng.csv"))
    assert score("pred_eng.csv", source="sample").warnings == ()


@pytest.mark.data
@pytest.mark.shared
def test_case_31_is_scored_with_the_remark(cli, data_dir: Path, shared_dir: Path, monkeypatch):
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(data_dir))
    code, out, _ = cli("score", shared_dir / "cases/31-gold-as-prediction/pred_eng.csv")
    assert code == 0
    assert " ".join(out.split()).startswith("The predictions and the gold labels are identical: ")
    assert "\nmacro F1 1.0000" in out
