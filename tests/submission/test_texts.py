"""Texts that a prediction file has kept: those of other files are refused, changed ones are recognised."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from semeval_emo import compare, load_gold, score
from semeval_emo.data import Gold
from semeval_emo.errors import InvalidSubmission
from semeval_emo.scoring.scorer import OTHER_TEXTS
from semeval_emo.submission import entry, fix, pack, validate
from semeval_emo.submission.texts import is_other
from semeval_emo.submission.write import prediction_bytes
from semeval_emo.task import load_task

TASK = """
key = "mine"
title = "Mine"
default_release = "1"
emotions = ["joy"]
ids = { prefix = "{language}_", width = 3 }
[tracks.a]
title = "Yes or no"
values = ["0", "1"]
metric = "macro_f1"
averaging = "mean"
[languages]
xx = ["Exish", "Made-up", "Latin"]
[releases.1]
title = "First"
published = 2026-01-01
source = "here"
[releases.1.files]
"a/xx/test" = { rows = 40 }
"""
HEADER = "id,{},anger,fear,joy,sadness,surprise"
EVIDENCE = ("other-texts", "some-other-texts", "early-release")


@pytest.fixture
def gold(monkeypatch: pytest.MonkeyPatch) -> Gold:
    """The test split of the sample, whose texts are always at hand."""
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    return load_gold("a", "eng", source="sample")


@pytest.fixture
def predict(gold: Gold, tmp_path: Path) -> Callable[..., Path]:
    """Writes the gold labels of the sample with other texts."""

    def write(texts: Sequence[str], column: str = "text", order: Sequence[int] | None = None) -> Path:
        path = tmp_path / "track_a" / "pred_eng.csv"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER.format(column).split(","))
            rows = [[text_id, text, *row] for text_id, text, row in zip(gold.ids, texts, gold.labels, strict=True)]
            writer.writerows(rows if order is None else [rows[at] for at in order])
        return path

    return write


def evidence(path: Path) -> dict[str, str]:
    """Return the messages about texts by the name of the problem."""
    return {entry(one.code).name: one.message for one in validate(path).problems if entry(one.code).name in EVIDENCE}


def shuffled(texts: Sequence[str]) -> list[str]:
    return random.Random(1).sample(list(texts), len(texts))


# --- the same texts --------------------------------------------------------------------------------------------------

CHANGES: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "capitals and spaces": lambda text: f"  {text.upper()}  ",
    "no punctuation": lambda text: "".join(c for c in text if c.isalnum() or c == " "),
    "the first 40 characters": lambda text: text[:40],
    "without short words": lambda text: " ".join(word for word in text.split() if len(word) > 3),
    "typographic quotes": lambda text: text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"),
    "read as latin-1": lambda text: f"{text} \N{LATIN SMALL LETTER E WITH ACUTE}".encode().decode("latin-1"),
    "an error of Excel": lambda text: "#NAME?",
    "nan": lambda text: "nan",
    "blank": lambda text: "",
    "a placeholder": lambda text: "text",
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_texts_are_recognised(gold: Gold, predict: Callable[..., Path], change: str):
    path = predict([CHANGES[change](text) for text in gold.texts])
    assert evidence(path) == {}
    assert score(path, source="sample").card.score == 1.0


def test_the_order_of_rows_does_not_matter(gold: Gold, predict: Callable[..., Path]):
    path = predict(gold.texts, order=shuffled(range(len(gold))))
    assert evidence(path) == {}
    assert score(path, source="sample").card.score == 1.0


@pytest.mark.parametrize(
    ("seen", "expected", "verdict"),
    [
        ("Привет, мир!".encode().decode("cp1251"), "Привет, мир!", False),
        ("?????? ???", "Привет мир", None),
        ("यह बहुत अच्छा है", "यह बहुत अच्छा है।", False),
        ("आज बारिश होगी", "यह बहुत अच्छा है।", True),
        ("今天天气很好", "我不喜欢这个电影", True),
        ("<NA>", "So that's it!", None),
        ("a", "b", True),
    ],
)
def test_texts_in_any_script_are_compared(seen: str, expected: str, verdict: bool | None):
    assert is_other(seen, expected) is verdict


# --- other texts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column", ["text", "Text", "TWEET", "Sentence", "clean_text", "text_clean", "Input", "original_text", "sentence1"]
)
def test_other_texts_are_refused_with_the_count_and_the_first(gold: Gold, predict: Callable[..., Path], column: str):
    texts = [f"An invented sentence, number {n}, of no release." for n in range(len(gold))]
    path = predict(texts, column)
    expected = gold.texts[0] if len(gold.texts[0]) <= 60 else f"{gold.texts[0][:59]}…"
    message = (
        "200 of 200 texts are not those of release 1 track a eng test; the first is 'An invented sentence, number 0, "
        f"of no release.' for sample_eng_test_a_0001, expected '{expected}'"
    )
    assert evidence(path) == {"other-texts": message}
    assert not validate(path).valid
    with pytest.raises(InvalidSubmission) as caught:
        score(path, source="sample")
    assert caught.value.message == f"{path} is not scored: {message}."
    with pytest.raises(InvalidSubmission, match="200 of 200 texts are not those of"):
        compare([path, path], source="sample")


@pytest.mark.parametrize(("moved", "name"), [(2, "some-other-texts"), (50, "some-other-texts"), (51, "other-texts")])
def test_more_than_a_quarter_of_other_texts_is_an_error(
    gold: Gold, predict: Callable[..., Path], cli: Callable, moved: int, name: str
):
    """Each of the moved texts has the id of another one."""
    texts = [*gold.texts[1:moved], gold.texts[0], *gold.texts[moved:]]
    path = predict(texts)
    assert evidence(path)[name].startswith(
        f"{moved} of 200 texts are not those of release 1 track a eng test; the first"
    )
    code, _, err = cli("score", path, "--gold", "sample")
    assert f"{moved} of 200 texts are not those of release 1" in " ".join(err.split())
    assert ("NOT scored, because its texts are not those of the release" in " ".join(err.split())) == (code == 1)
    assert (code == 1) == (name == OTHER_TEXTS)


def test_fix_and_pack_never_drop_the_evidence(gold: Gold, predict: Callable[..., Path], cli: Callable, tmp_path: Path):
    path = predict(shuffled(gold.texts))
    report = fix(path, tmp_path / "fixed")
    assert report.written == ()
    assert [entry(code).name for refusal in report.refusals for code in refusal.counts] == ["other-texts"]
    assert not (tmp_path / "fixed").exists()
    assert cli("fix", path, "-o", tmp_path / "fixed")[0] == 1
    assert cli("pack", path, "-o", tmp_path / "a.zip")[0] == 1
    assert fix(predict(gold.texts), tmp_path / "fixed").ok


def test_fix_and_pack_repeat_a_doubt_that_their_files_no_longer_show(
    gold: Gold, predict: Callable[..., Path], tmp_path: Path
):
    path = predict([*gold.texts[1:3], gold.texts[0], *gold.texts[3:]])
    assert fix(path, tmp_path / "fixed").notes == (f"{path}: {evidence(path)['some-other-texts']}.",)
    spec = load_task().spec("a", "eng", "dev")
    early = tmp_path / "pred_eng_a.csv"
    early.write_bytes(prediction_bytes(spec, np.random.default_rng(0).integers(0, 2, (spec.rows, 5))))
    assert fix(early, tmp_path / "other").notes == (f"{early}: {evidence(early)['early-release']}.",)
    assert pack(early, tmp_path / "a.zip").notes[0] == f"{early}: {evidence(early)['early-release']}."


@pytest.mark.parametrize("command", ["score", "analyse", "leaderboard place", "compare", "report"])
def test_every_command_that_scores_refuses_other_texts(
    gold: Gold,
    predict: Callable[..., Path],
    cli: Callable,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    monkeypatch.chdir(tmp_path)
    path = predict(shuffled(gold.texts))
    code, out, err = cli(*command.split(), path, *([path] if command == "compare" else []), "--gold", "sample")
    assert code == 1
    assert "1.0000" not in out
    if command != "report":
        assert "texts are not those of release 1 track a eng test" in " ".join(err.split())
    else:
        assert "texts are not those of release 1 track a eng test" in Path("report.html").read_text()


def test_hashes_of_a_few_texts_are_evidence_without_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("SEMEVAL_EMO_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spec = load_task().spec("a", "eng", "dev")
    path = tmp_path / "pred_eng.csv"
    rows = [f"{text_id},Text number {n} of nobody,1,0,1,0,{n % 2}" for n, text_id in enumerate(spec.ids)]
    path.write_text("\n".join([HEADER.format("text"), *rows]) + "\n")
    assert evidence(path) == {
        "other-texts": "8 of 8 texts that were sampled are not those of 2025 track a eng dev; the first is 'Text "
        "number 0 of nobody' for eng_dev_track_a_00001"
    }


def test_texts_of_gold_in_memory_are_used_first(gold: Gold, predict: Callable[..., Path]):
    path = predict(shuffled(gold.texts))
    with pytest.raises(InvalidSubmission, match="are not those of release 1"):
        score(path, gold)
    with pytest.raises(InvalidSubmission, match="are not those of release 1"):
        compare([path, path], gold=[gold])


def test_the_texts_of_a_gold_folder_are_compared_if_the_task_has_no_hashes(tmp_path: Path):
    """Nothing but the gold at hand knows these texts."""
    task = tmp_path / "mine.toml"
    task.write_text(TASK)
    made = random.Random(0)
    ids, texts = [f"xx_{n:03d}" for n in range(1, 41)], ["".join(made.choices("abcdefg ", k=30)) for _ in range(40)]
    for name, own in (("gold/track_a/test/xx.csv", texts), ("same.csv", texts), ("other.csv", shuffled(texts))):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [f"{text_id},{text},{text_id[-1] > '4':d}" for text_id, text in zip(ids, own, strict=True)]
        path.write_text("\n".join(["id,text,joy", *rows]) + "\n")
    where = {"source": tmp_path / "gold", "task": task}
    assert score(tmp_path / "same.csv", **where).card.score == 1.0
    with pytest.raises(InvalidSubmission, match=r"texts are not those of release 1 track a xx test; the first is"):
        score(tmp_path / "other.csv", **where)


@pytest.mark.data
def test_the_release_that_has_the_texts_is_named(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The ids of 2025-09 are those of 2025, renumbered after two deleted texts."""
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(data_dir))
    old, new = load_gold("b", "eng"), load_gold("b", "eng", release="2025-09")
    path = tmp_path / "pred_eng.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = zip(new.ids, old.texts, new.labels, strict=False)
        csv.writer(stream).writerows([HEADER.format("text").split(","), *([i, text, *row] for i, text, row in rows)])
    (problem,) = (one for one in validate(path, release="2025-09").problems if entry(one.code).name == "other-texts")
    assert problem.message.startswith(
        "2,292 of 2,760 texts are not those of 2025-09 track b eng test; they are the texts of release 2025; the first "
        "is 'My heart sank.' for eng_test_track_b_00468, expected '"
    )


@pytest.mark.data
@pytest.mark.shared
def test_case_39_is_refused(cli: Callable, data_dir: Path, shared_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(data_dir))
    path = shared_dir / "cases/39-text-column-of-other-texts/eng_a.csv"
    code, out, err = cli("score", path)
    assert (code, out) == (1, "")
    assert (
        "116 of 116 texts are not those of 2025 track a eng dev; the first is 'An invented sentence, number 0, that is "
        "in no release.' for eng_dev_track_a_00001, expected 'Older sister"
    ) in " ".join(err.split())


# --- signs of the early files ----------------------------------------------------------------------------------------


CAPITALS = "the header has Anger, Fear, Joy, Sadness, Surprise"


@pytest.mark.parametrize(
    ("split", "name", "header", "sign"),
    [
        ("dev", "eng_a.csv", "id,anger,fear,joy,sadness,surprise", "the name is 'eng_a.csv'"),
        ("dev", "pred_eng_a.csv", "id,anger,fear,joy,sadness,surprise", "the name is 'pred_eng_a.csv'"),
        (
            "train",
            "pred_eng.csv",
            "id,Anger,Fear,Joy,Sadness,Surprise",
            "the header has Anger, Fear, Joy, Sadness, Surprise",
        ),
        ("dev", "pred_eng.csv", "id,ANGER,FEAR,JOY,SADNESS,SURPRISE", ""),
        ("dev", "pred_eng_b.csv", "id,anger,fear,joy,sadness,surprise", ""),
        ("dev", "pred_eng.csv", "id,anger,fear,joy,sadness,surprise", ""),
        ("test", "eng_a.csv", "id,Anger,Fear,Joy,Sadness,Surprise", ""),
    ],
)
def test_signs_of_the_early_files_are_a_warning(split: str, name: str, header: str, sign: str, tmp_path: Path):
    spec = load_task().spec("a", "eng", split)
    labels = np.random.default_rng(0).integers(0, 2, (spec.rows, 5))
    body = prediction_bytes(spec, labels).decode().split("\n", 1)[1]
    (tmp_path / name).write_text(f"{header}\n{body}")
    rest = (
        "as in the files of release 2024 (Early files, November and December 2024), which have the same ids for other "
    )
    assert evidence(tmp_path / name) == ({"early-release": f"{sign}, {rest}texts"} if sign else {})


def test_the_old_code_of_a_language_is_a_sign(tmp_path: Path):
    spec = load_task().spec("a", "orm", "dev")
    (tmp_path / "pred_oro.csv").write_bytes(prediction_bytes(spec, np.zeros((spec.rows, 6), int)))
    assert evidence(tmp_path / "pred_oro.csv")["early-release"].startswith(
        "the name is 'pred_oro.csv', as in the files"
    )


@pytest.mark.data
def test_texts_of_the_release_outweigh_the_signs(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Hashes prove the texts, so the data are not needed."""
    shutil.copy(data_dir / "brighter-2025/track_a/dev/eng.csv", tmp_path / "eng_a.csv")
    monkeypatch.delenv("SEMEVAL_EMO_DATA")
    assert evidence(tmp_path / "eng_a.csv") == {}
