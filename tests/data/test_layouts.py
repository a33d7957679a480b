"""Folders of data whose folders and files are in another order than the official one."""

from __future__ import annotations

from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.pin import pin
from semeval_emo.data.survey import survey
from semeval_emo.errors import InputError
from semeval_emo.task import load_task

LAYOUTS = (
    "dev/track_a/xx.csv",
    "public_data/track_a/dev/xx.csv",
    "download/public_data/dev/track_a/xx.csv",
    "track_a/xx_dev.csv",
    "track_a/dev_xx.csv",
    "track_a/xx/dev.csv",
    "Track A/Dev/xx.csv",
    "xx/dev.csv",
    "xx/validation.csv",
    "dev/xx.csv",
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folders_and_names_may_be_in_any_order(world, layout: str):
    root = world.folder / "data"
    rows = world.rows("a", "xx", "dev")
    path = world.write(root / layout, rows)
    gold = load_gold("a", "xx", "dev", source=root, task=world.task)
    assert (gold.source, gold.ids) == (str(path), tuple(row[0] for row in rows))
    (folder,) = survey(root, world.task)
    assert [(file.path, file.place, file.state) for file in folder.files] == [(path, ("a", "xx", "dev"), "known")]
    # The files of other languages and splits are not taken for it.
    world.write(root / layout.replace("xx", "yy"), world.rows("a", "yy", "dev"))
    assert len(load_gold("a", "xx", "dev", source=root, task=world.task)) == len(rows)


def test_two_files_that_differ_are_refused_by_name(tmp_path: Path):
    """Without hashes nothing says which of them has the gold labels."""
    toml = tmp_path / "t.toml"
    toml.write_text(
        'key = "t"\ntitle = "T"\ndefault_release = "1"\nemotions = ["joy"]\n'
        'ids = { prefix = "{language}_", width = 1 }\n'
        '[tracks.a]\ntitle = "A"\nvalues = ["0", "1"]\nmetric = "macro_f1"\naveraging = "mean"\n'
        '[languages]\neng = ["English", "Indo-European", "Latin"]\n'
        '[releases.1]\ntitle = "One"\npublished = 2026-01-01\nsource = "here"\n'
        '[releases.1.files]\n"a/eng/dev" = { rows = 2 }\n'
    )
    root = tmp_path / "data"
    paths = [root / "track_a/dev/eng.csv", root / "dev/track_a/eng.csv"]
    for path, last in zip(paths, "01", strict=True):
        path.parent.mkdir(parents=True)
        path.write_text(f"id,text,joy\neng_1,Oh,1\neng_2,No,{last}\n")
    with pytest.raises(InputError) as refused:
        load_gold("a", "eng", "dev", source=root, task=load_task(toml))
    assert refused.value.message == (
        f"{paths[0]} and {paths[1]} are both release 1 track a eng dev, but their labels differ."
    )
    assert len(load_gold("a", "eng", "dev", source=paths[0], task=load_task(toml))) == 2
    paths[1].write_bytes(paths[0].read_bytes())
    assert load_gold("a", "eng", "dev", source=root, task=load_task(toml)).source == str(paths[0])


def test_a_release_is_pinned_in_any_order(world):
    world.write(world.folder / "data/dev/track_a/xx.csv", world.rows("a", "xx", "dev"))
    assert pin(world.folder / "data", world.task).toml.startswith('"a/xx/dev" = { rows = 4, ')


@pytest.mark.parametrize("name", ["track_a/xx/dev-00000-of-00001.parquet", "xx/dev-00000-of-00001.parquet"])
def test_the_hub_s_parquet_files(world, name: str):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    path = world.folder / "data" / name
    path.parent.mkdir(parents=True)
    rows = world.rows("a", "xx", "dev")
    frame = pandas.DataFrame([(i, text, *labels, None) for i, text, labels in rows])
    frame.columns = ["id", "text", "calm", "hope", "rage", "disgust"]
    frame.to_parquet(path, index=False)
    gold = load_gold("a", "xx", "dev", source=world.folder / "data", task=world.task)
    assert gold.labels.tolist() == [list(labels) for *_, labels in rows]
