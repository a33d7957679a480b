"""`zoo evaluate`: notes on scored texts that are training texts."""

from __future__ import annotations

from pathlib import Path

import cross_task
import pytest

from semeval_emo.cli.app import main
from semeval_emo.data import load_gold
from semeval_emo.progress import Progress
from semeval_emo.task import load_task
from semeval_emo.zoo.inference.evaluate import evaluate, leak_notes
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.training.train import train


class Notes(Progress):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return cross_task.make_cross(tmp_path).parent


def notes_of(run: Path, folder: Path, **where: str) -> list[str]:
    progress = Notes()
    evaluate(run, source=folder / "data", task=load_task(folder / "cross.toml"), progress=progress, **where)
    return progress.messages


def test_training_texts_are_counted_by_file(folder: Path, tmp_path: Path, capsys):
    data, task = folder / "data", load_task(folder / "cross.toml")
    recipe = load_recipe("constant-majority", ['data.sources=["xcc"]'])
    run = train(recipe, track="a", language="xaa", source=data, task=task, runs=tmp_path / "runs").folder.path
    assert notes_of(run, folder) == [], "no test text is a training text"
    assert notes_of(run, folder, track="c") == []
    learned, other = (load_gold("a", code, "train", source=data, task=task).texts for code in ("xaa", "xcc"))
    test = load_gold("c", "xaa", source=data, task=task)
    texts = [learned[0], learned[1].upper(), other[2], f"{learned[3]}!", *test.texts[4:]]
    cross_task.write(folder, "c", "xaa", "test", texts, test.labels)
    (note,) = notes_of(run, folder, track="c")
    first, second = (data / "track_a" / "train" / f"{code}.csv" for code in ("xaa", "xcc"))
    assert note == (
        "3 of 200 texts of release 1 track c xaa test are training texts (2 exact copies), so the score is optimistic; "
        f"they are in {first}, {second}"
    )
    (note,) = notes_of(run, folder, split="train")
    assert note.startswith("240 of 240 texts of release 1 track a xaa train are training texts (240 exact copies)")
    words = ["--data", str(data), "--task", str(folder / "cross.toml"), "--track", "c"]
    assert main(["zoo", "evaluate", str(run), *words]) == 0
    assert "3 of 200 texts" in capsys.readouterr().err
    second.unlink()
    notes = notes_of(run, folder, track="c")
    assert notes[0].startswith("whether a/xcc contains any of these texts is not known: There is no train file")
    assert notes[1].startswith("2 of 200 texts")


@pytest.mark.parametrize(("language", "track", "count"), [("ibo", "c", 61), ("amh", "b", 1040), ("deu", "c", 0)])
def test_tracks_that_share_texts(language: str, track: str, count: int, data_dir: Path):
    recipe = load_recipe("constant-majority", ["data.track=a", f"data.language={language}", 'data.release="2025"'])
    gold = load_gold(track, language, source=data_dir)
    notes = leak_notes(recipe, gold, data_dir, load_task())
    assert [note.split()[0].replace(",", "") for note in notes] == ([str(count)] if count else [])


def test_a_labelled_file_of_ones_own_is_scored(tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The score equals scikit-learn's, training texts are said, and the file's order and case of columns are free."""
    from sklearn.metrics import f1_score

    from semeval_emo import load_model

    monkeypatch.chdir(tmp_path)
    train(load_recipe("tfidf-char"), source="sample", runs=tmp_path / "runs")
    gold = load_gold("a", "eng", "dev", source="sample")
    rows = ["Tweet,Surprise,anger,Fear,joy,sadness"]
    columns = [4, 0, 1, 2, 3]
    rows += [f'"{text}",' + ",".join(map(str, row[columns])) for text, row in zip(gold.texts, gold.labels, strict=True)]
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    code, out, err = cli("zoo", "evaluate", "runs", "--data", "own.csv")
    predicted = load_model(tmp_path / "runs").predict(list(gold.texts)).labels
    expected = f1_score(gold.labels, predicted, average="macro", zero_division=0)
    assert code == 0 and f"macro F1 {expected:.4f} · track A · English (eng) · test · your own file" in out
    assert "Metric: macro F1" in out and "Gold: own.csv" in out
    (tmp_path / "part.csv").write_text("text,joy\nHello,1\n", encoding="utf-8")
    code, _, err = cli("zoo", "evaluate", "runs", "--data", "part.csv")
    assert code == 3 and "part.csv has no column anger, fear, sadness, surprise" in err
