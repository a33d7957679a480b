"""The main recipe on the real English data, with a small Llama instead of Llama-3.2-1B."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM

from semeval_emo.cli.app import main
from semeval_emo.submission import validate
from semeval_emo.zoo.engine.network import byte_tokenizer
from semeval_emo.zoo.engine.tail_trainer import TailTrainer


@pytest.fixture
def backbone(tmp_path: Path) -> Path:
    """A model folder as on the hub, with eight layers, of which the recipe trains the last four."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 8, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=300, pad_token_id=0, **sizes)).save_pretrained(tmp_path / "llama")
    byte_tokenizer().save_pretrained(tmp_path / "llama")
    return tmp_path / "llama"


@pytest.mark.data
def test_llama_4layer_trains_its_last_layers_and_head(
    backbone: Path, data_dir: Path, tmp_path: Path, monkeypatch, capsys
):
    seen: list[tuple[TailTrainer, dict[str, torch.Tensor]]] = []
    begin = TailTrainer.__init__

    def noting(self: TailTrainer, *args, **more) -> None:
        begin(self, *args, **more)
        seen.append((self, {name: p.detach().clone() for name, p in self.network.model.named_parameters()}))

    monkeypatch.setattr(TailTrainer, "__init__", noting)
    monkeypatch.chdir(tmp_path)
    settings = [f"model.backbone={backbone}", "train.epochs=1", "train.batch=48", "model.max_length=32"]
    words = [word for setting in settings for word in ("--set", setting)]
    assert main(["zoo", "train", "llama-4layer", *words, "--data", str(data_dir), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # The file is valid, scored and placed on the leaderboard.
    assert validate(found["predictions"]).valid
    assert (found["score"]["release"], found["score"]["texts"]) == ("2025", 2767)
    assert found["place"]["list"] == "official" and found["place"]["high"] <= 75
    # The optimizer has two groups with two rates: the last layers and the head.
    ((trainer, before),) = seen
    groups = {group["role"]: group for group in trainer.optimizer.param_groups}
    assert {role: group["initial_lr"] for role, group in groups.items()} == {"layers": 1e-6, "head": 1e-5}
    last = {name for name in before if name.startswith(tuple(f"model.layers.{n}." for n in (4, 5, 6, 7)))}
    sizes = {"layers": sum(before[name].numel() for name in last), "head": before["score.weight"].numel()}
    assert {role: sum(p.numel() for p in group["params"]) for role, group in groups.items()} == sizes
    assert found["parameters"]["trained"] == sum(sizes.values())
    # Only the weights of these groups differ from those on disk.
    given = load_file(backbone / "model.safetensors")
    after = load_file(Path(found["folder"]) / "model" / "model.safetensors")
    assert all(torch.equal(before[name], given[name]) for name in before if name != "score.weight")
    assert {name for name in after if not torch.equal(after[name], before[name])} == {*last, "score.weight"}
