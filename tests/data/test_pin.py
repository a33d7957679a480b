"""`data pin` writes the tables of the task files."""

from __future__ import annotations

import pytest

from semeval_emo.data.pin import _block, id_blocks, pin
from semeval_emo.data.sample import sample_folder
from semeval_emo.errors import InputError
from semeval_emo.task import IdBlock, load_task
from semeval_emo.task.load import HERE


def test_pin_reproduces_the_task_file_of_the_sample():
    lines = pin(sample_folder(), load_task("sample")).splitlines()
    shipped = (HERE / "sample.toml").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert [line for line in shipped if line.startswith('"')] == lines


def test_pin_reproduces_a_made_up_release(world):
    made = {line for line in world.toml.read_text(encoding="utf-8").splitlines() if line.startswith('"')}
    first = pin(world.official(), world.task).splitlines()
    assert len(first) == 15
    assert set(first) <= made
    assert set(pin(world.second(), world.task).splitlines()) <= made


def test_ids_of_two_tracks_become_blocks(world):
    assert pin(world.pooled(), world.task).startswith(
        '"a/xx/test" = { blocks = [["xx-test-a-", 3, 1, 6], ["xx-test-c-", 3, 1, 6]], labels = "'
    )


def test_a_task_with_a_pinned_table_identifies_the_files(world, tmp_path):
    """Pin a release, put the table into a task file, and identify the files by hash."""
    head, _, _ = world.toml.read_text(encoding="utf-8").partition("[releases.0]")
    toml = tmp_path / "again.toml"
    release = '[releases.1]\ntitle = "x"\npublished = 2021-01-01\nsource = "x"\n[releases.1.files]\n'
    toml.write_text(head + release + pin(world.official(), world.task), encoding="utf-8")
    again = load_task(toml)
    assert {where: spec.labels_hash for where, spec in again.release().specs.items()} == {
        where: spec.labels_hash for where, spec in world.task.release().specs.items()
    }


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["a1", "a2", "a10"], [IdBlock("a", 1, 1, 10, (3, 4, 5, 6, 7, 8, 9))]),
        (["a001", "a1000"], [IdBlock("a", 3, 1, 1), IdBlock("a", 3, 1000, 1000)]),
        (["b2", "a1", "b1"], [IdBlock("b", 1, 1, 2), IdBlock("a", 1, 1, 1)]),
        (["x100", "x101"], [IdBlock("x", 3, 100, 101)]),
    ],
)
def test_ids_become_blocks(ids, expected):
    assert id_blocks(ids) == expected
    assert sorted(one for block in expected for one in block) == sorted(ids)


def test_ids_without_numbers_are_refused():
    with pytest.raises(InputError, match="The id 'abc' does not end in a number"):
        id_blocks(["abc"])
    with pytest.raises(InputError, match="padded with zeros to different widths"):
        id_blocks(["a01", "a002"])


def test_an_empty_folder_is_reported(world):
    with pytest.raises(InputError, match="There is no data file in"):
        pin(world.folder, world.task)


def test_ids_with_quotes_or_long_numbers():
    assert id_blocks(['x"1', 'x"2']) == [IdBlock('x"', 1, 1, 2)]
    assert _block(IdBlock('x"', 1, 1, 2)) == '["x\\"", 1, 1, 2]'
    with pytest.raises(InputError, match=r"The id 'x1000.* ends in 5001 digits\."):
        id_blocks(["x1" + "0" * 5000])
