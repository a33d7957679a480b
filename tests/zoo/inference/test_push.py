"""`zoo export --push`: what goes to the hub, to a stand-in of it on this machine; nothing goes anywhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hub_stand_in import TOKEN, HubStandIn, running
from huggingface_hub import ModelCard, constants, parse_eval_result_entries

from semeval_emo.cli.app import main
from semeval_emo.scoring import score
from semeval_emo.task import load_task
from semeval_emo.zoo.inference.export import EVALUATION
from semeval_emo.zoo.training.card_metadata import evaluation_results, licence_fields, scored_data

RUN = "runs/sample/constant-majority/eng"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of a model that needs no training."""
    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert main(["zoo", "train", "constant-majority", "--data", "sample", "--quiet"]) == 0
    return home


@pytest.fixture
def hub(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    """The stand-in, to which all requests of the hub's client go; the current folder has the run."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    stand_in = HubStandIn()
    with running(stand_in) as address:
        monkeypatch.setattr(constants, "ENDPOINT", address)
        yield stand_in


@pytest.fixture
def token(hub: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)


@pytest.mark.usefixtures("token")
def test_a_push_creates_a_private_repository_with_the_files_of_the_export(cli: Any, hub: HubStandIn):
    assert cli("zoo", "export", RUN, "-o", "mine").code == 0
    code, out, err = cli("zoo", "export", RUN, "--push", "me/model")
    assert code == 0, err
    assert out == f"{hub.address}/me/model\n"
    assert err.startswith("Uploading ")
    exported = {path.relative_to("mine").as_posix(): path for path in Path("mine").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in exported.items()} == hub.files["me/model"]
    assert hub.private == {"me/model": True}
    assert hub.commits == ["Upload a model of semeval-emo"]
    # The card is checked before anything is created.
    assert hub.paths[0] == "POST /api/validate-yaml"
    assert not [path for path in Path.cwd().iterdir() if path.name not in ("runs", "mine")]


@pytest.mark.usefixtures("token")
def test_a_second_push_is_a_second_commit_of_the_same_repository(cli: Any, hub: HubStandIn):
    for licence in ("mit", "apache-2.0"):
        assert cli("zoo", "export", RUN, "--push", "model", "--licence", licence, "-q").code == 0
    assert len(hub.commits) == 2
    card = ModelCard(hub.files["me/model"]["README.md"].decode())
    assert card.data.license == "apache-2.0"


@pytest.mark.usefixtures("token")
def test_a_dry_run_lists_the_files_and_sends_and_writes_nothing(cli: Any, hub: HubStandIn):
    before = sorted(Path.cwd().rglob("*"))
    code, out, err = cli("zoo", "export", RUN, "--push", "me/model", "--dry-run")
    assert code == 0
    names = [line.split()[1] for line in out.splitlines()]
    assert {"README.md", "constant.json", "semeval_emo.json"} <= {*names}
    assert "Nothing was uploaded to me/model (--dry-run)." in err
    assert hub.paths == []
    assert sorted(Path.cwd().rglob("*")) == before


def test_without_a_token_nothing_is_sent_and_the_message_says_where_it_is_read(cli: Any, hub: HubStandIn):
    code, out, err = cli("zoo", "export", RUN, "--push", "me/model", "-q")
    assert (code, out) == (3, "")
    assert "There is no token for the hub." in err
    assert "set $HF_TOKEN to a token with write access, or run: hf auth login" in err
    assert hub.paths == []
    # It is said before a model, which can be large, is copied.
    assert cli("zoo", "export", RUN, "--push", "me/model", "-o", "copy", "-q").code == 3
    assert not Path("copy").exists()


@pytest.mark.usefixtures("token")
def test_a_token_that_may_not_write_is_an_error_with_a_remedy(cli: Any, hub: HubStandIn):
    hub.read_only = True
    code, out, err = cli("zoo", "export", RUN, "--push", "me/model", "-q")
    assert (code, out) == (3, "")
    assert "The hub does not let this token write to me/model (HTTP 403)." in err
    assert TOKEN not in err
    assert hub.files == {}


@pytest.mark.usefixtures("token")
def test_a_card_that_the_hub_refuses_stops_the_upload(cli: Any, hub: HubStandIn):
    hub.refuses_card = '"license" must be one of [apache-2.0, mit]'
    code, _, err = cli("zoo", "export", RUN, "--push", "me/model", "-q")
    assert code == 3
    assert "The hub refuses the model card: " in err
    assert '"license" must be one of' in err.replace('\\"', '"')
    assert hub.files == {}


@pytest.mark.usefixtures("token")
def test_an_unreachable_hub_and_wrong_names_are_errors(cli: Any, hub: HubStandIn, monkeypatch: pytest.MonkeyPatch):
    code, _, err = cli("zoo", "export", RUN, "--push", "me/two words", "-q")
    assert code == 2
    assert "'me/two words' is no name of a repository on the hub." in err
    code, _, err = cli("zoo", "export", RUN, "--push", "nobody/model", "-q")
    assert code == 3
    assert "The hub refuses the upload to nobody/model (HTTP 404): There is no nobody." in err
    assert "fix: check the name: it begins with your own name on the hub" in err
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    code, _, err = cli("zoo", "export", RUN, "--push", "me/model", "-q")
    assert code == 3
    assert "The hub cannot be reached (" in err
    code, _, err = cli("zoo", "export", RUN)
    assert code == 2
    assert "name one: --output FOLDER or --push REPO" in err


def test_the_licence_of_a_card_is_always_set(cli: Any, hub: HubStandIn):
    assert cli("zoo", "export", RUN, "-o", "first").code == 0
    assert ModelCard.load("first/README.md").data.license == "unknown"
    assert cli("zoo", "export", RUN, "-o", "second", "--licence", "my own terms").code == 0
    data = ModelCard.load("second/README.md").data
    assert (data.license, data.license_name) == ("other", "my-own-terms")
    # A card of an earlier version, without a licence.
    card = Path(RUN, "MODEL_CARD.md")
    card.write_text("".join(line for line in card.read_text().splitlines(True) if not line.startswith("license")))
    assert cli("zoo", "export", RUN, "-o", "third").code == 0
    assert ModelCard.load("third/README.md").data.license == "unknown"


@pytest.mark.parametrize("licence", ["cc-by-2.0", "cc-by-nd-4.0", "bigcode-openrail-m", "openrail++"])
def test_a_licence_of_the_hub_keeps_its_identifier(licence: str):
    assert licence_fields([licence]) == {"license": licence}


def test_labels_of_no_known_release_are_not_those_of_the_hub(tmp_path: Path):
    task = load_task()
    spec = task.spec("a", "eng", "dev")
    path = tmp_path / "pred_eng.csv"
    rows = [f"{text_id},{','.join('01'[(at + k) % 2] for k in range(5))}" for at, text_id in enumerate(spec.ids)]
    path.write_text("\n".join([",".join(spec.header), *rows]) + "\n", "utf-8")
    card = score(path, source=path, unverified_gold=True).card
    assert card.release == "unknown"
    assert scored_data(card, task)["type"] == "semeval-2025-task-11"
    assert scored_data(replace(card, release="codabench-2026"), task)["type"] == "semeval-2025-task-11"
    on_hub = scored_data(replace(card, release="2025"), task)
    assert (on_hub["type"], on_hub["config"]) == ("brighter-dataset/BRIGHTER-emotion-categories", "eng")


def test_a_score_on_data_that_are_not_on_the_hub_is_no_evaluation_result(cli: Any, hub: HubStandIn):
    assert cli("zoo", "export", RUN, "-o", "mine").code == 0
    assert not Path("mine", EVALUATION).exists()
    (result,) = ModelCard.load("mine/README.md").data.eval_results
    assert (result.dataset_type, result.dataset_config, result.dataset_split) == ("sample", "eng", "test")
    assert result.dataset_revision is None
    assert result.dataset_args == {"track": "a", "release": "1"}


def test_a_score_on_a_data_set_of_the_hub_is_an_evaluation_result(cli: Any, hub: HubStandIn):
    card = Path(RUN, "MODEL_CARD.md")
    data = {
        "name": "Task", "type": "brighter-dataset/BRIGHTER-emotion-categories", "config": "eng", "split": "test",
        "revision": "a" * 40, "args": {"track": "a", "release": "2025"},
    }  # fmt: skip
    metric = {"type": "f1", "name": "macro F1", "value": 0.7357}
    index = [
        {"name": "m", "results": [{"task": {"type": "text-classification"}, "dataset": data, "metrics": [metric]}]}
    ]
    lines = [f"model-index: {json.dumps(index)}" if line.startswith("model-index") else line
             for line in card.read_text().splitlines()]  # fmt: skip
    card.write_text("\n".join(lines) + "\n")
    assert cli("zoo", "export", RUN, "-o", "mine").code == 0
    (entry,) = parse_eval_result_entries(json.loads(Path("mine", EVALUATION).read_text()))
    assert (entry.dataset_id, entry.task_id, entry.value) == (data["type"], "track_a_eng", 0.7357)
    assert entry.dataset_revision == "a" * 40
    assert entry.notes == "macro F1, test split, release 2025"
    (result,) = ModelCard.load("mine/README.md").data.eval_results
    assert (result.dataset_config, result.dataset_split, result.dataset_revision) == ("eng", "test", "a" * 40)
    assert evaluation_results("no card") == []
