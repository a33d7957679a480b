"""A run folder that is broken: what is said, what --fresh does, what is rebuilt and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.cli.app import main


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("run.json", "garbage", "Expecting value: line 1 column 1 (char 0)"),
        ("run.json", "[1]", "it is no JSON object"),
        ("recipe.json", "", "Expecting value: line 1 column 1 (char 0)"),
        ("recipe.json", "{}", "it does not say 'resolved'"),
        ("metrics.jsonl", "{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("score.json", "{}x", "Extra data: line 1 column 3 (char 2)"),
    ],
)
def test_fresh_does_what_the_error_promises(name: str, body: str, why: str, tmp_path: Path, capsys):
    command = ["zoo", "train", "constant-all", "--data", "sample", "--runs", str(tmp_path)]
    assert main([*command, "-q"]) == 0
    broken = tmp_path / "constant-all" / "eng" / name
    broken.write_text(body)
    capsys.readouterr()
    assert main([*command, "-q"]) == 3
    assert capsys.readouterr().err == f"error: {broken} cannot be read: {why}.\n  fix: --fresh starts anew\n"
    assert main([*command, "--fresh"]) == 0
    assert "was done already" not in capsys.readouterr().err
    assert main(command) == 0
    assert "was done already" in capsys.readouterr().err


def test_a_prediction_file_that_is_gone_is_written_again(tmp_path: Path, capsys):
    command = ["zoo", "train", "tfidf-logreg", "--data", "sample", "--runs", str(tmp_path)]
    assert main([*command, "-q"]) == 0
    shown = capsys.readouterr().out
    folder = tmp_path / "tfidf-logreg" / "eng"
    path = folder / "track_a" / "pred_eng.csv"
    before = path.read_bytes()
    path.unlink()
    path.parent.rmdir()
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert (out, path.read_bytes()) == (shown, before)
    assert f"{path} was gone; it is written again from what the run stored" in err
    # Of the probabilities too the model can still speak.
    path.unlink()
    (folder / "test" / "prob_eng.csv").unlink()
    assert main([*command, "-q"]) == 0
    assert (capsys.readouterr().out, path.read_bytes()) == (shown, before)


@pytest.mark.parametrize("broken", [False, True])
def test_a_prediction_file_that_was_changed_is_told(broken: bool, tmp_path: Path, capsys):
    command = ["zoo", "train", "constant-all", "--data", "sample", "--runs", str(tmp_path)]
    assert main([*command, "-q"]) == 0
    path = tmp_path / "constant-all" / "eng" / "track_a" / "pred_eng.csv"
    before = path.read_bytes()
    path.write_text(path.read_text().replace(",1,1,1,1,1\n", f",{7 if broken else 0},1,1,1,1\n", 1))
    capsys.readouterr()
    for more in ([], ["--language", "eng", "--only-missing"]):
        assert main([*command, *more]) == 2
        out, err = capsys.readouterr()
        said = f"not valid.\n  fix: semeval-emo validate {path}; " if broken else "not the file that its run scored."
        assert out == "" and f"error: {path} is {said}" in err
        assert "delete it, and the command that trained the run writes it again; --fresh trains anew" in err
    path.unlink()
    assert main([*command, "-q"]) == 0
    assert path.read_bytes() == before
