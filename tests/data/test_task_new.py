"""`task new` writes a task file from a folder of data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semeval_emo.data.new_task import draft_task
from semeval_emo.data.sample import sample_folder
from semeval_emo.task import Task, load_task


def same_files(new: Task, shipped: Task) -> None:
    """Assert that two tasks have the same files, but for the names of tracks: the ids in order, and all hashes."""
    tracks = dict(zip(new.tracks, shipped.tracks, strict=True))
    specs = {spec.key._replace(track=tracks[spec.track]): spec for spec in new.specs()}
    others = {spec.key: spec for spec in shipped.specs(shipped.default_release)}
    assert specs.keys() == others.keys()
    for key, spec in specs.items():
        other = others[key]
        assert spec.ids == other.ids and spec.emotions == other.emotions and spec.values == other.values
        assert (spec.texts_hash, spec.texts_sample) == (other.texts_hash, other.texts_sample)
        # Labels that the organisers have published elsewhere are not in the data.
        assert spec.labels_hash in ("", other.labels_hash)


@pytest.mark.parametrize("name", ["semeval-2026-polar", "semeval-2018-ec", "goemotions"])
def test_a_shipped_task_is_found_in_its_files(name: str, data_dir: Path, tmp_path: Path, cli):
    toml = tmp_path / "mine.toml"
    made = cli("task", "new", data_dir / "other-tasks" / name, "-o", toml)
    assert made.code == 0, made.err
    assert f"Written: {toml} and " in made.err
    new, shipped = load_task(toml), load_task(name)
    assert new.key == "mine" and new.emotions == shipped.emotions and set(new.languages) == set(shipped.languages)
    same_files(new, shipped)
    assert new.layout.data == shipped.layout.data
    blank = {spec.key[1:] for spec in new.specs() if not spec.labels_hash}
    assert (
        blank
        == {
            "semeval-2026-polar": {("deu", "test"), ("eng", "test")},
            "semeval-2018-ec": {("en", "test")},
            "goemotions": set(),
        }[name]
    )
    # All that is left to do is to check the guesses.
    checked = cli("task", "check", toml, data_dir / "other-tasks" / name, "--format", "json")
    problems = json.loads(checked.out)["problems"]
    assert checked.code == 0 and {problem["level"] for problem in problems} == {"guess"}
    wheres = [problem["where"] for problem in problems]
    assert "title" in wheres and "emotions" in wheres and "[languages]" in wheres
    assert "tracks.2.metric" in wheres or "tracks.a.metric" in wheres


def test_the_sample_is_found_in_its_files(tmp_path: Path, cli):
    toml = tmp_path / "again.toml"
    assert cli("task", "new", "sample", "-o", toml).code == 0
    new, shipped = load_task(toml), load_task("sample")
    same_files(new, shipped)
    assert (new.id_prefix, new.id_width) == (shipped.id_prefix, shipped.id_width)
    assert new.layout == shipped.layout
    assert [track.metric for track in new.tracks.values()] == ["macro_f1", "pearson"]
    assert not (tmp_path / "ids").exists()
    assert draft_task(sample_folder(), toml).text == toml.read_text()
