"""The hub: pinned to a commit, cached, identified by hashes, clear errors without network. Nothing is downloaded."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from semeval_emo.cli.app import main
from semeval_emo.data import hub as module
from semeval_emo.data import load_gold
from semeval_emo.data.cache import cache_folder, read_manifest
from semeval_emo.data.hub import fetch
from semeval_emo.data.sheet import read_sheet
from semeval_emo.errors import InputError, MissingExtra, UsageError, install_line
from semeval_emo.progress import Progress

FIRST, SECOND = "1111111111111111", "2222222222222222"


class MadeHub:
    """A hub with two commits and tracks a and c in one split, like the real one."""

    def __init__(self, world, change=lambda columns: columns) -> None:
        self.world = world
        self.change = change
        self.asked: list[str] = []

    def revision(self, repository, wanted):
        self.asked.append(f"{repository} {wanted}")
        return {None: FIRST, "main": SECOND}.get(wanted, wanted)

    def load(self, repository, language, revision):
        self.asked.append(f"{repository} {language} {revision}")
        return {split: self.change(self.columns(repository, language, split)) for split in ("train", "dev", "test")}

    def columns(self, repository, language, split):
        tracks = "b" if repository.endswith("intensities") else "a" if split == "train" else "ac"
        found = [row for track in tracks for row in self.world.rows(track, language, split)]
        return {
            "id": [i for i, _, _ in found],
            "text": [text for _, text, _ in found],
            "calm": [labels[0] for *_, labels in found],
            "rage": [labels[2] for *_, labels in found],
            "hope": [labels[1] for *_, labels in found],
            "emotions": [["x"] for _ in found],
        }


@pytest.fixture
def made(world, monkeypatch) -> MadeHub:
    hub = MadeHub(world)
    monkeypatch.setattr(module, "_connect", lambda: hub)
    return hub


def test_fetch_writes_the_official_layout_and_identifies_the_files(world, made):
    told: list[str] = []

    class Recorder(Progress):
        def message(self, text: str) -> None:
            told.append(text)

    got = fetch(world.task, ["xx"], progress=Recorder())
    assert [(one.track, one.split, one.rows, one.proven, one.new) for one in got] == [
        ("a", "train", 9, ("1 a", "2 a", "pool a"), True),
        ("a", "dev", 8, ("1 a", "2 a", "1 c", "2 c"), True),
        ("a", "test", 12, ("1 a", "1 c", "2 c"), True),
        ("b", "train", 9, ("1 b", "2 b", "pool b"), True),
        ("b", "dev", 4, ("1 b", "2 b", "pool b"), True),
        ("b", "test", 6, ("1 b", "pool b"), True),
    ]
    assert got[2].path == cache_folder() / "categories-111111111111/track_a/test/xx.csv"
    assert told == ["fetching xx from made/categories@111111111111", "fetching xx from made/intensities@111111111111"]


def test_the_manifest_records_commit_and_hashes(world, made):
    fetch(world.task, ["xx"], ["a"])
    raw = json.loads((cache_folder() / "categories-111111111111/manifest.json").read_text())
    assert (raw["schema"], raw["repository"], raw["revision"]) == (
        "semeval-emo/hub-manifest/1", "made/categories", FIRST,
    )  # fmt: skip
    entry = raw["files"]["track_a/test/xx.csv"]
    sheet = read_sheet(cache_folder() / "categories-111111111111/track_a/test/xx.csv")
    assert (entry["rows"], entry["texts"]) == (12, sheet.texts_hash())
    assert entry["labels"] == sheet.labels_hash(("calm", "hope", "rage")) != ""


def test_later_fetches_use_the_commit_of_the_first(world, made):
    fetch(world.task, ["xx"], ["a"])
    made.asked.clear()
    again = fetch(world.task, ["xx"], ["c"])
    assert (made.asked, [one.new for one in again]) == ([], [False, False, False])
    fetch(world.task, ["xx"], ["a"], revision="main")
    assert made.asked == ["made/categories main", f"made/categories xx {SECOND}"]
    assert sorted(path.name for path in cache_folder().iterdir()) == [
        "categories-111111111111", "categories-222222222222",
    ]  # fmt: skip


def test_gold_of_the_hub_belongs_to_the_releases_that_its_hashes_prove(world, made):
    for track, split in (("a", "test"), ("c", "dev"), ("b", "train")):
        gold = load_gold(track, "xx", split, source="hub", task=world.task)
        assert gold.releases[0] == "1"
        assert gold.ids == tuple(i for i, _, _ in world.rows(track, "xx", split))
        assert gold.source.startswith("made/") and "@111111111111 (" in gold.source
    pooled = load_gold("a", "xx", source="hub", release="pool", task=world.task)
    assert (len(pooled), pooled.releases) == (12, ("pool",))


def test_fetched_files_are_read_without_the_hub(world, made, monkeypatch):
    load_gold("a", "xx", source="hub", task=world.task)
    monkeypatch.setattr(module, "_connect", lambda: pytest.fail("the network was asked"))
    assert load_gold("c", "xx", task=world.task).releases[0] == "1"


def test_the_environment_comes_before_the_hub(world, made, monkeypatch):
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.official()))
    assert "first/track_a" in load_gold("a", "xx", task=world.task).source
    assert made.asked == []


def test_a_language_missing_in_the_folder_is_fetched(world, made, monkeypatch):
    monkeypatch.setenv("SEMEVAL_EMO_DATA", str(world.second()))
    assert load_gold("c", "xx", task=world.task).source.startswith("made/categories@")


def test_an_empty_emotion_column_of_the_hub_is_left_out(world, monkeypatch):
    hub = MadeHub(world, lambda columns: {**columns, "rage": [None] * len(columns["id"])})
    fetch(world.task, ["xx"], ["b"], hub=hub)
    assert read_sheet(cache_folder() / "intensities-111111111111/track_b/dev/xx.csv").header == (
        "id", "text", "calm", "hope",
    )  # fmt: skip


def test_labels_become_whole_numbers_and_missing_ones_blank(world):
    def change(columns):
        return {**columns, "calm": [None, float("nan"), *map(float, columns["calm"][2:])]}

    fetch(world.task, ["xx"], ["b"], hub=MadeHub(world, change))
    sheet = read_sheet(cache_folder() / "intensities-111111111111/track_b/dev/xx.csv")
    assert sheet.column("calm")[:2] == ["", ""]
    assert set(sheet.column("calm")[2:]) <= {"0", "1", "2"}


def test_special_characters_in_texts_are_kept(world):
    odd = 'a\rb "c", d\u2028e\n'
    hub = MadeHub(world, lambda columns: {**columns, "text": [odd, *columns["text"][1:]]})
    fetch(world.task, ["xx"], ["b"], hub=hub)
    assert read_sheet(cache_folder() / "intensities-111111111111/track_b/dev/xx.csv").texts[0] == odd


def test_data_without_ids_are_refused(world):
    with pytest.raises(InputError, match="on the hub is not as expected: its columns are text, calm"):
        fetch(
            world.task,
            ["xx"],
            ["b"],
            hub=MadeHub(world, lambda c: {k: v for k, v in c.items() if k in ("text", "calm")}),
        )


def test_a_missing_language_is_reported_with_the_available_ones(world, made):
    with pytest.raises(UsageError) as caught:
        fetch(world.task, ["yy"], ["a"])
    assert (caught.value.message, caught.value.fix) == (
        "made/categories does not have yy.",
        "available languages: xx, zz",
    )
    with pytest.raises(UsageError, match=r"^The hub does not have yy\."):
        fetch(world.task, ["yy"])
    with pytest.raises(UsageError, match=r"^The hub does not have yy\."):
        fetch(world.task, ["xx", "yy"])
    with pytest.raises(UsageError, match="There is no language 'ww'"):
        fetch(world.task, ["ww"])


def test_a_task_that_is_not_on_the_hub_is_refused():
    from semeval_emo.task import load_task

    with pytest.raises(UsageError, match="is not on the Hugging Face hub"):
        fetch(load_task("sample"))


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"])
def test_offline_is_reported_at_once_with_three_remedies(world, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load_gold("a", "xx", source="hub", task=world.task)
    assert time.perf_counter() - start < 1
    assert caught.value.message == f"The Hugging Face hub cannot be reached: ${variable} is set."
    assert [line.strip()[:2] for line in caught.value.fix.splitlines()[1:]] == ["1.", "2.", "3."]
    assert caught.value.exit_code == 3


def test_a_hub_without_response_is_reported_without_retries(world, monkeypatch):
    hub = pytest.importorskip("huggingface_hub", reason="left out: the extra 'hub' is not installed")
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    asked = []

    def unreachable(self, repository, revision=None, timeout=None):
        asked.append(timeout)
        raise OSError("no route to host")

    monkeypatch.setattr(hub.HfApi, "dataset_info", unreachable)
    with pytest.raises(InputError, match=r"no response from made/categories \(OSError\)"):
        fetch(world.task, ["xx"], ["a"])
    assert asked == [module.PATIENCE]


def test_without_datasets_the_extra_is_named(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra) as caught:
        fetch(world.task, ["xx"])
    assert caught.value.message.startswith("Fetching from the Hugging Face hub needs the optional dependencies 'hub'")
    assert caught.value.fix == install_line("hub")


def test_the_real_loader_reads_a_dataset_folder(world, tmp_path):
    """`datasets` on a local folder with one configuration per language, like the repository on the hub."""
    pytest.importorskip("datasets", reason="left out: the extra 'hub' is not installed")
    home = tmp_path / "dataset"
    for split in ("train", "dev", "test"):
        world.write(home / f"xx/{split}.csv", world.rows("b", "xx", split))
    files = "".join(f"  - split: {split}\n    path: xx/{split}.csv\n" for split in ("train", "dev", "test"))
    (home / "README.md").write_text(f"---\nconfigs:\n- config_name: xx\n  data_files:\n{files}---\n")
    loaded = module._HuggingFace().load(str(home), "xx", "main")
    assert list(loaded) == ["train", "dev", "test"]
    assert loaded["dev"]["id"] == [i for i, _, _ in world.rows("b", "xx", "dev")]
    assert loaded["dev"]["calm"] == [labels[0] for *_, labels in world.rows("b", "xx", "dev")]


def test_an_invalid_manifest_is_reported(world, made):
    fetch(world.task, ["xx"], ["b"])
    path = cache_folder() / "intensities-111111111111/manifest.json"
    path.write_text("{")
    with pytest.raises(InputError) as caught:
        load_gold("b", "xx", source="hub", task=world.task)
    assert caught.value.message == f"{path} cannot be read: JSONDecodeError."
    assert caught.value.fix == f"remove {path.parent} and fetch again: `semeval-emo data fetch`"
    head = '{"repository": "x/y", "revision": "1", "fetched": "now", '
    for body, message in (
        ("[]", "it is not a table"),
        ("[" * 100_000, "it is nested deeper than 50 levels"),
        ('{"repository": "x"}', "the key 'files' is missing"),
        (head + '"files": []}', "'files' is a list, expected a table"),
        (head + '"files": {"a": {"rows": "3"}}}', "'a.rows' is text, expected an integer"),
        (head + '"files": {"a": {"rows": 3, "proven": [1]}}}', "'a.proven[0]' is an integer, expected text"),
    ):
        path.write_text(body)
        with pytest.raises(InputError) as caught:
            load_gold("b", "xx", source="hub", task=world.task)
        assert caught.value.message == f"{path} cannot be read: {message}."
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="is not UTF-8"):
        load_gold("b", "xx", source="hub", task=world.task)


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "{}/semeval-emo"),
        ("win32", "LOCALAPPDATA", "{}/semeval-emo"),
        ("darwin", "HOME", "{}/Library/Caches/semeval-emo"),
    ],
)
def test_the_cache_is_in_the_cache_folder_of_the_platform(monkeypatch, tmp_path, platform, variable, expected):
    monkeypatch.delenv("SEMEVAL_EMO_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder() == Path(expected.format(tmp_path))


def test_a_folder_without_manifest_is_ignored(world):
    assert read_manifest(world.folder) is None


def test_fetching_gold_labels_is_announced(world, made, capsys):
    """Scoring a file may have to fetch gold labels first."""
    main(["explain", "E311"])
    capsys.readouterr()
    fetch(world.task, ["xx"], ["a"])
    assert capsys.readouterr().err.startswith("fetching xx from ")
    main(["explain", "E311", "--quiet"])
    capsys.readouterr()
    fetch(world.task, ["xx"], ["b"])
    assert capsys.readouterr().err == ""
