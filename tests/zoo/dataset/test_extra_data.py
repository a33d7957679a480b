"""Added training data, and its check for texts of the evaluation splits."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.errors import InputError, UsageError
from semeval_emo.task import load_task
from semeval_emo.zoo.dataset.splits import load_splits
from semeval_emo.zoo.inference.ensemble import ensemble_recipe
from semeval_emo.zoo.recipes.load import from_resolved, load_recipe
from semeval_emo.zoo.training.train import train

HEADER = ["id", "text", "joy", "anger", "fear", "sadness", "surprise"]


def write(path: Path, texts: list[str], header: list[str] | None = None) -> str:
    with path.open("w", newline="", encoding="utf-8") as handle:
        rows = [[f"x{i}", text, 1, 0, 0, 0, 0] for i, text in enumerate(texts)]
        csv.writer(handle).writerows([header or HEADER, *rows])
    return str(path)


def run(runs: Path, name: str = "constant-majority", *settings: str, **rest: object):
    return train(load_recipe(name, settings), source="sample", runs=runs, **rest)


def quoted(*names: str) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def test_columns_of_a_file_are_found_by_name(tmp_path: Path):
    file = write(tmp_path / "mine.csv", [f"what a joyful day number {i}" for i in range(300)])
    plain = run(tmp_path / "runs", "constant-all", "constant.says=prevalence")
    more = run(tmp_path / "runs", "constant-all", "constant.says=prevalence", f"data.extra={quoted(file)}")
    n = len(load_gold("a", "eng", "train", source="sample"))
    before, after = (
        [float(x) for x in one.folder.probabilities("test").read_text().splitlines()[1].split(",")[1:]]
        for one in (plain, more)
    )
    joy = plain.folder.spec.emotions.index("joy")
    wanted = [(p * n + 300 * (i == joy)) / (n + 300) for i, p in enumerate(before)]
    assert after == pytest.approx(wanted)
    assert more.folder.state()["data"][file]
    assert f" on the train split and {file}." in more.folder.card.read_text()


def test_copies_of_evaluation_texts_are_refused(tmp_path: Path):
    test, dev = (load_gold("a", "eng", split, source="sample").texts for split in ("test", "dev"))
    texts = ["new words", test[3].upper(), " ".join(f"{word} ," for word in test[5].split()), dev[0]]
    file = write(tmp_path / "mine.csv", texts)
    with pytest.raises(UsageError) as refused:
        run(tmp_path / "runs", "constant-majority", f"data.extra={quoted(file)}")
    spec = load_task("sample").spec("a", "eng", "dev")
    assert refused.value.message == (
        f"'{file}' contains 1 of {spec.rows:,} dev texts and 2 of 200 test texts of {spec.place.removesuffix(' dev')} "
        f"(x3 is {spec.ids[0]}), so the model would be evaluated on training texts."
    )
    assert refused.value.fix == f"remove them, or allow it by name: --set 'data.allow=[\"{file}\"]'"
    assert not (tmp_path / "runs").exists(), "nothing is written"


def test_allowed_copies_are_counted_and_reported(tmp_path: Path):
    test = load_gold("a", "eng", source="sample").texts
    file = write(tmp_path / "mine.csv", list(test[:7]))
    result = run(tmp_path / "runs", "constant-all", f"data.extra={quoted(file)}", f"data.allow={quoted(file)}")
    assert result.overlap["exact"] == 7 and result.overlap["without"] is not None
    assert f". **{file} may contain texts that the scores below are computed on**" in result.folder.card.read_text()
    with pytest.raises(UsageError, match=r"allows 'other\.csv', which data\.extra does not add"):
        run(tmp_path / "runs", "constant-all", f"data.extra={quoted(file)}", 'data.allow=["other.csv"]')


def test_intensities_of_another_track_become_binary_labels(tmp_path: Path):
    recipe = load_recipe("constant-all", ['data.extra=["b/train"]', 'data.allow=["b/train"]', "data.track=a"])
    found = load_splits(_placed(recipe), "sample", load_task("sample"))["b/train"]
    wanted = load_gold("b", "eng", "train", source="sample")
    assert (found.labels == (wanted.labels > 0)).all() and found.labels.max() == 1
    assert found.texts == wanted.texts


def _placed(recipe):
    from semeval_emo.zoo.dataset.other_languages import resolve_target

    return resolve_target(recipe, load_task("sample"), None, "eng")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a/train", "'a/train' is a split of the recipe's own track."),
        ("b/test", "data.extra cannot be 'b/test'. The test split is never used for training."),
        ("z/train", "data.extra cannot be 'z/train'."),
        ("nonsense", "data.extra cannot be 'nonsense'."),
    ],
)
def test_invalid_extra_data_is_refused(name: str, message: str, tmp_path: Path):
    with pytest.raises(UsageError) as refused:
        run(tmp_path, "constant-majority", f"data.extra={quoted(name)}")
    assert refused.value.message == f"Recipe constant-majority: {message}"


def test_binary_labels_cannot_become_intensities(tmp_path: Path):
    with pytest.raises(UsageError, match="needs intensities"):
        run(tmp_path, "tfidf-ridge", 'data.extra=["a/train"]')


def test_a_file_with_missing_columns_is_refused(tmp_path: Path):
    file = write(tmp_path / "mine.csv", ["x"], ["id", "text", "joy", "anger", "fear", "sadness", "other"])
    with pytest.raises(InputError) as refused:
        run(tmp_path, "constant-majority", f"data.extra={quoted(file)}")
    assert refused.value.message == (
        f"{file} has no column surprise: its header is id,text,joy,anger,fear,sadness,other."
    )
    with pytest.raises(InputError, match="cannot be read"):
        run(tmp_path, "constant-majority", f"data.extra={quoted(str(tmp_path / 'nothing.csv'))}")


@pytest.mark.parametrize(
    ("name", "body", "notes"),
    [
        ("caps.csv", "\ufeffText,Anger,Fear,Joy,Sadness,Surprise\nnew words,0.0,0,1.0,0,0\n", ""),
        (
            "more.tsv",
            "Tweet\tanger\tdisgust\tfear\tjoy\tsadness\tsurprise\nnew words\t0\t\t0\t1\t0\t0\n",
            "Not used from {file}: disgust; release 1 track a eng test has no such label. Texts from column 'Tweet'.",
        ),
        ("lists.csv", "id,text,emotion\nx1,new words,['joy']\n", "Labels from column 'emotion'."),
        (
            "twice.csv",
            "id,text,anger,fear,joy,sadness,surprise\nx,new words,0,0,1,0,0\nx,other words,0,0,0,0,0\n",
            "{file} has the id 'x' twice, so its ids are not used.",
        ),
    ],
)
def test_files_are_read_as_people_write_them(name: str, body: str, notes: str, tmp_path: Path):
    path = tmp_path / name
    path.write_text(body, encoding="utf-8")
    recipe = load_recipe("constant-all", [f"data.extra={quoted(str(path))}", "data.track=a"])
    found = load_splits(_placed(recipe), "sample", load_task("sample"))[str(path)]
    assert (found.texts[0], found.labels[0].tolist()) == ("new words", [0, 0, 1, 0, 0])
    assert found.note == notes.format(file=path)
    assert len(set(found.ids)) == len(found)


def test_degrees_are_no_labels_of_a_track_of_0_and_1(tmp_path: Path):
    file = tmp_path / "mine.csv"
    file.write_text("text,anger,fear,joy,sadness,surprise\nnew words,0,0,3,0,0\n")
    with pytest.raises(InputError, match=r"mine\.csv has labels up to 3, and .* only 0 or 1\."):
        run(tmp_path, "constant-majority", f"data.extra={quoted(str(file))}")


@pytest.mark.parametrize(
    ("language", "name", "held"),
    [("amh", "b/train", r"1,0\d\d of 1,774 test"), ("rus", "b/dev", r"178 of 1,000 test|1[78]\d of 1,000 test")],
)
def test_tracks_with_evaluation_texts_are_refused(language: str, name: str, held: str, data_dir: Path, tmp_path: Path):
    recipe = load_recipe("constant-majority", [f"data.extra={quoted(name)}"])
    with pytest.raises(UsageError, match=held):
        train(recipe, language=language, source=data_dir, runs=tmp_path)


def test_the_training_data_of_an_ensemble_is_that_of_its_members(tmp_path: Path):
    file = write(tmp_path / "mine.csv", ["new words", "other words"])
    more = run(tmp_path, "constant-all", f"data.extra={quoted(file)}")
    plain = run(tmp_path, "constant-majority")
    recipe = ensemble_recipe([plain.folder.path, more.folder.path], "both", runs=tmp_path)
    assert recipe.data.extra == (file,)
    train(recipe, source="sample", runs=tmp_path)
    members = quoted("constant-majority", more.recipe.run_name)
    with pytest.raises(UsageError, match=r"was also trained on .*mine\.csv, which the ensemble does not list"):
        run(tmp_path, "ensemble-english", f"ensemble.members={members}")


def test_recipes_without_extra_data_keep_their_hash(tmp_path: Path):
    recipe = load_recipe("constant-all")
    assert not {"extra", "allow"} & set(recipe.resolved()["data"])
    added = load_recipe("constant-all", ['data.extra=["b/train"]'])
    assert added.hash != recipe.hash
    assert from_resolved(added.resolved()).data.extra == ("b/train",)
