"""Many runs without an engine: random seeds, shards, and the tables and zips of what other processes trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import toy_task

from semeval_emo.errors import UsageError
from semeval_emo.submission import validate
from semeval_emo.task import load_task
from semeval_emo.zoo.recipes.load import load_recipe, load_seeds
from semeval_emo.zoo.runs.finished import FinishedRun
from semeval_emo.zoo.runs.folder import locked
from semeval_emo.zoo.runs.seeds import origin_of
from semeval_emo.zoo.training.array import Shard, array_tasks, index_without_count, shard_of_job, tasks_of_shard

# A recipe whose result depends on the seed (of the folds).
NAME, LANGUAGES = "tfidf-folds", toy_task.LANGUAGES
VARIABLES = ("ID", "MIN", "MAX", "STEP", "COUNT")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy task and the runs of a recipe without training, with two seeds."""
    from semeval_emo.cli.app import main

    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        toy_task.make_toy(folder)
        assert main([*words(), "--seeds", "2", "-q"]) == 0
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy task, without runs."""
    monkeypatch.chdir(tmp_path)
    toy_task.make_toy(tmp_path)
    return tmp_path


@pytest.fixture
def copied(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `trained`."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(*more: str, name: str = "constant-majority") -> list[str]:
    return ["zoo", "train", name, "--task", "toy.toml", "--data", "data", "--language", "all", *more]


def folders(name: str = "constant-majority") -> list[Path]:
    return sorted(Path("runs/toy").glob(f"{name}*"))


def test_seeds_are_those_of_the_recipe_and_the_numbers_after_it():
    assert [recipe.train.seed for recipe in load_seeds(NAME, 3)] == [42, 43, 44]
    assert [recipe.train.seed for recipe in load_seeds(NAME, 2, seed=7)] == [7, 8]
    named = load_seeds(NAME, 2, settings=["data.most=3"], more=["data.unverified_gold=true"])
    alone = load_recipe(NAME, ["data.most=3", "train.seed=43", "data.unverified_gold=true"])
    assert named[1].run_name == alone.run_name, "the folder of --seed 43"
    with pytest.raises(UsageError, match="--seeds must be 1 or more, not 0"):
        load_seeds(NAME, 0)


def test_seeds_give_a_table_of_means_and_a_zip_each(here: Path, cli):
    code, out, err = cli(*words("--seeds", "2", name=NAME))
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    first, second = folders(NAME)
    assert lines[0] == f"{NAME} · 2 seeds · track A · macro F1 · release 1".split()
    for row, language in zip(lines[3:6], LANGUAGES, strict=True):
        scores = [json.loads((home / language / "score.json").read_text())["score"] for home in (first, second)]
        assert scores[0] != scores[1]
        assert row[:3] == [language, "5", "2"]
        assert row[4:6] == [f"{np.mean(scores):.4f}", f"{np.std(scores, ddof=1):.4f}"]
    for home in (first, second):
        assert len(validate(home / "track_a.zip", task="toy.toml").files) == 3
        assert f"Written and validated: {home}/track_a.zip (3 files)." in err
    run = FinishedRun.load(second / "xaa")
    assert [other.seed for other in origin_of(run).runs] == [43, 42]
    # The same as with --seed.
    body = (second / "xbb/track_a/pred_xbb.csv").read_bytes()
    shutil.rmtree(second / "xbb")
    assert cli(*words("--language", "xbb", "--seed", "43", "-q", name=NAME)).code == 0
    assert (second / "xbb/track_a/pred_xbb.csv").read_bytes() == body


def test_collect_gives_what_training_gave(copied: Path, cli):
    first, second = folders()
    zips = [(home / "track_a.zip").read_bytes() for home in (first, second)]
    table = cli(*words("--seeds", "2", "-q")).out
    for home in (first, second):
        (home / "track_a.zip").unlink()
    code, out, err = cli("zoo", "collect", first, second)
    assert code == 0 and out == table
    assert [(home / "track_a.zip").read_bytes() for home in (first, second)] == zips
    assert f"Written and validated: {second}/track_a.zip (3 files)." in err
    body = json.loads(cli("zoo", "collect", "runs", "-f", "json", "-q").out)
    assert body["schema"] == "semeval-emo/zoo-collect/1"
    (recipe,) = body["recipes"]
    assert recipe["seeds"] == [42, 43]
    assert [each["language"] for each in recipe["languages"]] == list(LANGUAGES)
    # One seed is an ordinary series.
    alone = cli("zoo", "collect", first, "--zip", "mine.zip", "-q")
    assert alone.code == 0 and alone.out.startswith("constant-majority · track A")
    assert Path("mine.zip").read_bytes() == zips[0]


def test_collect_names_what_is_not_finished(copied: Path, cli):
    first, second = folders()
    shutil.rmtree(second)
    for path in (first / "xbb").iterdir():
        if path.name != "recipe.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    state = json.loads((first / "xcc/run.json").read_text())
    (first / "xcc/run.json").write_text(json.dumps(state | {"status": "training"}))
    code, out, err = cli("zoo", "collect", first)
    assert code == 1
    assert [line.split()[-2] for line in out.splitlines()[4:6]] == ["failed", "failed"]
    assert f"error: xbb: The run in {first}/xbb has not started." in err
    assert f"error: xcc: The run in {first}/xcc is not finished." in err
    with locked(first / "xcc"):
        err = cli("zoo", "collect", first).err
    assert "xcc is in progress elsewhere: process " in err
    assert len(validate(first / "track_a.zip", task="toy.toml").files) == 1


def test_one_zip_is_of_one_series(copied: Path, cli):
    code, _, err = cli("zoo", "collect", "runs", "--zip", "all.zip")
    assert code == 2
    assert err == "error: These are runs of 2 series, and all.zip would be one zip.\n  fix: omit --zip\n"
    code, _, err = cli(*words("--seeds", "2", "--zip", "all.zip"))
    assert code == 2 and err.startswith("error: --zip is the file of one series that is trained here.")


def test_shards_divide_the_runs(here: Path, cli):
    done = []
    for number in (1, 2, 3, 4):
        code, _, err = cli(*words("--seeds", "2", "--shard", f"{number}/4"))
        assert code == 0
        assert f"Shard {number} of 4: {2 if number < 3 else 1} of 6 runs." in err
        assert "Next: semeval-emo zoo collect runs/toy/constant-majority" in err
        done.append(len(list(Path("runs").glob("toy/*/*/score.json"))))
    assert done == [2, 4, 5, 6]
    assert not list(Path("runs").glob("toy/*/track_a.zip"))
    assert cli("zoo", "collect", "runs").code == 0
    assert len(list(Path("runs").glob("toy/*/track_a.zip"))) == 2


def test_a_job_of_an_array_trains_its_shard(here: Path, cli, monkeypatch: pytest.MonkeyPatch):
    for name, value in zip(VARIABLES, ("12", "10", "14", "2", "3"), strict=True):
        monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", value)
    code, _, err = cli(*words())
    assert code == 0
    assert "Shard 2 of 3 (by SLURM_ARRAY_TASK_ID): 1 of 3 runs." in err
    assert [path.parent.name for path in Path("runs").glob("toy/*/*/score.json")] == ["xbb"]
    # A single run is not divided.
    assert cli(*words("--language", "xaa", "-q")).code == 0
    assert cli(*words("--shard", "1/1", "-q")).code == 0
    assert len(list(Path("runs").glob("toy/*/*/score.json"))) == 3


def test_a_job_of_pbs_is_told_how_to_divide_the_runs(here: Path, cli, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PBS_ARRAY_INDEX", "3")
    code, _, err = cli(*words())
    assert code == 0
    assert "PBS_ARRAY_INDEX is set, but not how many jobs there are: --shard I/N would divide the runs." in err


def test_the_numbers_of_a_job_array():
    sge = {"SGE_TASK_ID": "5", "SGE_TASK_FIRST": "1", "SGE_TASK_LAST": "9", "SGE_TASK_STEPSIZE": "2"}
    assert shard_of_job(sge) == Shard(3, 5, "SGE_TASK_ID")
    assert shard_of_job(dict.fromkeys(sge, "undefined")) is None
    assert shard_of_job({}) is None
    assert index_without_count({"LSB_JOBINDEX": "0"}) == ""
    assert index_without_count({"AWS_BATCH_JOB_ARRAY_INDEX": "0"}) == "AWS_BATCH_JOB_ARRAY_INDEX"
    uneven = dict(zip([f"SLURM_ARRAY_TASK_{name}" for name in VARIABLES], ("3", "1", "7", "1", "3"), strict=True))
    with pytest.raises(UsageError, match=r"\(SLURM_ARRAY_TASK_ID=3, 1 to 7\) are not evenly spaced"):
        shard_of_job(uneven)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "1/0"])
def test_what_is_no_shard_is_refused(text: str, here: Path, cli):
    code, _, err = cli(*words("--shard", text))
    assert code == 2
    assert err == (
        f"error: --shard {text} is not a part of the runs.\n"
        "  fix: write I/N with I from 1 to N, such as --shard 2/8\n"
    )  # fmt: skip


def test_runs_of_one_model_for_all_languages_stay_together():
    """Apart, each of them would train the model again."""
    task, languages = load_task(), ["eng", "deu", "hau"]
    joint = load_recipe("e5-joint")
    assert [part.languages for part in array_tasks([joint], languages, task, "a")] == [tuple(languages)]
    # One model for each group of targets.
    targets = sorted({spec.language for spec in task.specs(track="c", split="test")})
    groups = array_tasks([load_recipe("gemma-joint-cross")], targets, task, "c")
    assert sorted(part.languages for part in groups) == [tuple(targets[i::4]) for i in range(4)]
    elsewhere = load_recipe("minilm-ft", ['data.sources=["others"]', "data.splits=[]", "select.epoch=last"])
    # Each of 28 languages is left out for itself; the four others have no training texts to leave out.
    tasks = [part.languages for part in array_tasks([elsewhere], targets, task, "c")]
    assert len(tasks) == 29 and ("ind", "jav", "xho", "zul") in tasks
    apart = array_tasks(load_seeds(NAME, 2), languages, task, "a")
    assert len(apart) == 6
    shards = [tasks_of_shard(apart, Shard(number, 4)) for number in (1, 2, 3, 4)]
    runs = [(part.recipe.run_name, code) for shard in shards for part in shard for code in part.languages]
    assert len(runs) == len({*runs}) == 6
