"""The command `report`: what becomes one submission and what a comparison, names, exit codes, provenance."""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from semeval_emo.cli.app import main
from semeval_emo.data.sample import sample_folder
from semeval_emo.report.contents import load_contents
from semeval_emo.report.html.render import json_for_script
from semeval_emo.scoring import score
from semeval_emo.scoring.score_intervals import with_intervals

STRONG = "strong/track_a/pred_eng.csv"
WEAK = "weak/track_a/pred_eng.csv"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sample's prediction files."""
    shutil.copytree(sample_folder() / "predictions", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*words: str) -> int:
    return main(["report", *words, "--gold", "sample", "--resamples", "300"])


def gathered(*paths: str) -> Any:
    return load_contents(paths, source="sample", resamples=300, seed=1)


def test_the_page_is_written_to_the_printed_path(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report(STRONG) == 0
    shown = capsys.readouterr()
    assert shown.out == "report.html\n"
    assert "The page contains texts" in shown.err
    assert (files / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert report(STRONG, "-o", "other.html", "--no-texts") == 0
    assert capsys.readouterr() == ("other.html\n", "")


def test_the_page_has_the_scores_and_the_signature_of_score(files: Path):
    assert report(STRONG, "--seed", "5") == 0
    scores = with_intervals(score(STRONG, source="sample"), resamples=300, seed=5, source="sample")
    card = scores.card
    body = html.unescape((files / "report.html").read_text(encoding="utf-8"))
    one = card.intervals.whole["macro_f1"]
    assert f"{one.low:.4f} to {one.high:.4f}" in body
    assert card.signature in body
    for value in card.metrics.by_emotion["f1"]:
        assert f"{value:.4f}" in body


def test_the_same_command_gives_the_same_page(files: Path):
    assert report(STRONG, "-o", "one.html") == report(STRONG, "-o", "two.html") == 0
    assert (files / "one.html").read_bytes() == (files / "two.html").read_bytes()


def test_files_of_one_language_are_compared_best_first(files: Path):
    found = gathered(WEAK, STRONG)
    assert [one.name for one in found.systems] == ["strong", "weak"]
    assert found.comparison is not None
    assert found.scores is None


def test_files_of_several_tracks_are_one_submission(files: Path):
    found = gathered(STRONG, "strong/track_b/pred_eng.csv")
    assert found.comparison is None
    assert [card.spec.track for card in found.cards] == ["a", "b"]
    assert len(found.placements) == 2
    assert report(STRONG, "strong/track_b/pred_eng.csv") == 0


def test_a_folder_of_several_systems_is_compared(files: Path):
    (files / "all").mkdir()
    shutil.copy(STRONG, files / "all" / "first.csv")
    shutil.copy(WEAK, files / "all" / "second.csv")
    assert [one.name for one in gathered("all").systems] == ["first", "second"]


def test_systems_have_the_given_names(files: Path):
    found = gathered(f"theirs={STRONG}", f"ours={WEAK}")
    assert [one.name for one in found.systems] == ["theirs", "ours"]
    assert report(f"theirs={STRONG}", f"ours={WEAK}") == 0
    body = (files / "report.html").read_text(encoding="utf-8")
    assert "2 systems compared" in body
    assert "a is theirs, b is ours" in body


def test_several_runs_of_one_system_are_one_system(files: Path):
    found = gathered(f"ours={STRONG},{WEAK}", f"theirs={WEAK}")
    ours = next(one for one in found.comparison.lead.standings if one.name == "ours")
    assert len(ours.run_scores) == 2
    assert [len(system.cards) for system in found.systems] == [1, 1]


def test_a_named_path_may_contain_commas(files: Path):
    (files / "lr=0.1,epochs=2").mkdir()
    shutil.copy(STRONG, files / "lr=0.1,epochs=2" / "pred_eng.csv")
    found = gathered("ours=lr=0.1,epochs=2", f"theirs={WEAK}")
    assert [one.name for one in found.systems] == ["ours", "theirs"]


def test_a_file_that_cannot_be_scored_still_gets_its_page(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report("mistakes/pred_eng_a.csv") == 1
    assert "Not scored: mistakes/pred_eng_a.csv; the page shows why." in capsys.readouterr().err
    body = (files / "report.html").read_text(encoding="utf-8")
    assert "No file could be scored" in body
    assert "E509" in body
    assert "frame.astype(int)" in body


def test_a_missing_file_is_an_error_and_nothing_is_written(files: Path, capsys: pytest.CaptureFixture[str]):
    assert report("nothing.csv") == 3
    assert "nothing.csv does not exist" in capsys.readouterr().err
    assert report(STRONG, "-o", "no/such/folder.html") == 3
    assert not (files / "report.html").exists()


def test_json_for_script_is_read_back():
    value = ["</script>", "<!--", "&amp;", "\u2028", "שלום", '"']
    spelled = str(json_for_script(value))
    assert json.loads(spelled) == value
    assert not set(spelled) & set("<>&\u2028")


@pytest.mark.data
def test_every_language_on_one_page(data_dir: Path, tmp_path: Path):
    """Gold as its own prediction, of a few languages: a mean, a heat map, a part a language."""
    from semeval_emo.data import load_gold
    from semeval_emo.submission import write_predictions

    for language in ("afr", "hin", "yor"):
        gold = load_gold("a", language, source=data_dir)
        write_predictions(gold.spec, gold.labels, tmp_path / f"pred_{language}.csv")
    page = tmp_path / "page.html"
    words = ["report", str(tmp_path), "--gold", str(data_dir), "-o", str(page), "--resamples", "200", "--no-texts"]
    assert main(words) == 0
    body = page.read_text(encoding="utf-8")
    assert "mean macro F1 over 3 languages" in body
    assert "macro F1 by language and system" in body
    assert body.count("<summary>") == 9
