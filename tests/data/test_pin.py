"""`data pin` writes the tables of the task files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from semeval_emo.data import load_gold
from semeval_emo.data.pin import Pinned, _block, id_blocks, pin
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError, UsageError
from semeval_emo.submission import fix, validate
from semeval_emo.submission.rows import KnownIds
from semeval_emo.task import IdBlock, IdList, ids_bytes, load_task, short_hash
from semeval_emo.task.load import HERE


def test_pin_reproduces_the_task_file_of_the_sample():
    lines = pin(sample_folder(), load_task("sample")).toml.splitlines()
    shipped = (HERE / "sample.toml").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert [line for line in shipped if line.startswith('"')] == lines


def test_pin_reproduces_a_made_up_release(world):
    made = {line for line in world.toml.read_text(encoding="utf-8").splitlines() if line.startswith('"')}
    first = pin(world.official(), world.task).toml.splitlines()
    assert len(first) == 15
    assert set(first) <= made
    assert set(pin(world.second(), world.task).toml.splitlines()) <= made


def test_ids_of_two_tracks_become_blocks(world):
    assert pin(world.pooled(), world.task).toml.startswith(
        '"a/xx/test" = { blocks = [["xx-test-a-", 3, 1, 6], ["xx-test-c-", 3, 1, 6]], labels = "'
    )


def test_a_task_with_a_pinned_table_identifies_the_files(world, tmp_path):
    """Pin a release, put the table into a task file, and identify the files by hash."""
    head, _, _ = world.toml.read_text(encoding="utf-8").partition("[releases.0]")
    toml = tmp_path / "again.toml"
    release = '[releases.1]\ntitle = "x"\npublished = 2021-01-01\nsource = "x"\n[releases.1.files]\n'
    toml.write_text(head + release + pin(world.official(), world.task).toml, encoding="utf-8")
    again = load_task(toml)
    assert {where: spec.labels_hash for where, spec in again.release().specs.items()} == {
        where: spec.labels_hash for where, spec in world.task.release().specs.items()
    }


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["a1", "a2", "a10"], [IdBlock("a", 1, 1, 10, (3, 4, 5, 6, 7, 8, 9))]),
        (["a001", "a1000"], [IdBlock("a", 3, 1, 1), IdBlock("a", 3, 1000, 1000)]),
        (["b2", "a1", "b1"], [IdBlock("b", 1, 2, 2), IdBlock("a", 1, 1, 1), IdBlock("b", 1, 1, 1)]),
        (["x100", "x101"], [IdBlock("x", 3, 100, 101)]),
    ],
)
def test_ids_become_blocks(ids, expected):
    assert id_blocks(ids) == expected
    assert sorted(one for block in expected for one in block) == sorted(ids)


@pytest.mark.parametrize("ids", [["abc", "abd"], ["a01", "a002"], ["x_0a1f", "x_9c07", "x_77"], ["x1" + "0" * 30, "y"]])
def test_ids_without_an_order_are_listed(ids, world):
    """Such as those of SemEval-2026 Task 9, which end in a hash."""
    assert [list(block) for block in id_blocks(ids)] == [ids]
    rows = [(text_id, "A text", (1, 0, 1)) for text_id in ids]
    root = world.write(world.folder / "data/track_a/dev/xx.csv", rows).parents[2]
    table = pin(root, world.task).toml
    assert table.startswith(f'"a/xx/dev" = {{ ids = {json.dumps(ids)}, texts = ')
    toml = world.folder / "listed.toml"
    files = "[releases.1.files]"
    toml.write_text(f"{world.toml.read_text().partition(files)[0]}{files}\n{table}")
    task = load_task(toml)
    assert task.spec("a", "xx", "dev").ids == tuple(ids)
    assert load_gold("a", "xx", "dev", source=root, task=task).releases == ("1",)
    path = world.write(world.folder / "pred_xx.csv", rows, "id,calm,hope,rage")
    assert validate(path, task=task).valid
    assert [KnownIds(task).classify(text_id) for text_id in (ids[0], ids[0] + "1", "z")] == ["known", "", ""]


def test_many_ids_without_an_order_are_in_a_file_in_their_order(world, cli):
    ids = [f"x-{number * 37 % 101:03}" for number in range(1, 31)]
    assert ids != sorted(ids)
    root = world.write(world.folder / "data/track_a/dev/xx.csv", [(one, "A text", (1, 0, 1)) for one in ids]).parents[2]
    toml = world.folder / "shuffled.toml"
    head = world.toml.read_text().partition("[releases.1.files]")[0] + "[releases.1.files]\n"
    toml.write_text(head)
    done = cli("data", "pin", root, "--task", toml)
    sidecar = world.folder / f"ids/{world.task.key}/a-xx-dev.txt.gz"
    assert f"wrote {sidecar}" in done.err
    assert done.out.startswith(f'"a/xx/dev" = {{ rows = 30, ids = "{world.task.key}/a-xx-dev.txt.gz", ids_hash = ')
    toml.write_text(head + done.out)
    task = load_task(toml)
    assert task.spec("a", "xx", "dev").ids == tuple(ids)
    official = world.write(world.folder / "pred_xx.csv", [(one, "", (1, 0, 1)) for one in ids], "id,calm,hope,rage")
    assert validate(official, task=task).counts == {"W517": 3}
    in_order = [(one, "", (1, 0, 1)) for one in sorted(ids)]
    other = world.write(world.folder / "other/pred_xx.csv", in_order, "id,calm,hope,rage")
    assert set(validate(other, task=task).counts) == {"W416", "W517"}
    written = fix(other, task=task, out=world.folder / "fixed").written[0].path
    assert Path(written).read_text() == official.read_text()

    # Pinned again, nothing changes; other ids do not replace a list without --force.
    assert cli("data", "pin", root, "--task", toml).code == 0
    world.write(root / "track_a/dev/xx.csv", [(one, "A text", (1, 0, 1)) for one in ids[1:]])
    refused = cli("data", "pin", root, "--task", toml)
    assert refused.code == 2 and f"{sidecar} exists and differs" in refused.err
    assert cli("data", "pin", root, "--task", toml, "--force").code == 0
    with pytest.raises(InputError, match=r"has 29 ids with the hash .*, and .*shuffled\.toml has 30 rows"):
        _ = replace(task.spec("a", "xx", "dev").blocks[0]).ids
    sidecar.unlink()
    load_task.__globals__["_load"].cache_clear()
    missing = cli("validate", official, "--task", toml)
    assert missing.code == 3 and f"The ids in {sidecar} cannot be read: No such file" in missing.err


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (("q7", "q7"), "has an id twice"),
        (("q7", ""), "has a line that cannot be an id"),
        (("q7", "q\x07"), "has a line that cannot be an id"),
    ],
)
def test_a_list_of_what_cannot_be_ids_is_refused(world, cli, ids, message):
    """Though its hash is the one in the task file, which may have been written by hand."""
    head = world.toml.read_text().partition("[releases.1.files]")[0]
    toml = world.folder / "wrong.toml"
    entry = f'{{ rows = 2, ids = "wrong.txt.gz", ids_hash = "{short_hash(ids)}" }}'
    toml.write_text(f'{head}[releases.1.files]\n"a/xx/dev" = {entry}\n')
    sidecar = world.folder / "ids/wrong.txt.gz"
    sidecar.parent.mkdir()
    sidecar.write_bytes(ids_bytes(ids))
    path = world.write(world.folder / "pred_xx.csv", [("q7", "", (1, 0, 1))], "id,calm,hope,rage")
    shown = cli("validate", path, "--task", toml)
    assert shown.code == 3 and f"{sidecar} {message}." in shown.err
    assert f"data pin FOLDER --task {toml} --force" in shown.err


def test_lists_are_not_written_into_the_package_by_chance(world, monkeypatch):
    monkeypatch.setattr("semeval_emo.data.pin.HERE", world.folder)
    pinned = Pinned("", {"ids/task/a-xx-dev.txt.gz": ids_bytes(["q7", "p9"])})
    with pytest.raises(UsageError, match="would be written into this package"):
        pinned.write_ids(world.folder)
    path = world.folder / "ids/task/a-xx-dev.txt.gz"
    assert not path.exists()
    assert pinned.write_ids(world.folder, force=True) == [path]
    assert pinned.write_ids(world.folder) == []


def test_a_part_of_a_file_does_not_change_its_groups(world):
    spec = world.task.spec("a", "xx", "test")
    index = load_task(world.toml).id_index
    other = replace(spec, blocks=(IdList(1, ("q7",)),))
    assert index.groups_of(other) == ("q",)
    assert index.groups_of(spec) == ("xx-test-a-",)


def test_an_empty_folder_is_reported(world):
    with pytest.raises(InputError, match="There is no data file in"):
        pin(world.folder, world.task)


def test_ids_with_quotes_or_long_numbers():
    assert id_blocks(['x"1', 'x"2']) == [IdBlock('x"', 1, 1, 2)]
    assert _block(IdBlock('x"', 1, 1, 2)) == '["x\\"", 1, 1, 2]'
    with pytest.raises(InputError, match=r"'x1000.*' cannot be an id\."):
        id_blocks(["x1" + "0" * 5000])
