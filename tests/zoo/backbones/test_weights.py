"""Weights on the hub and in GGUF files."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from semeval_emo.errors import InputError
from semeval_emo.progress import Progress
from semeval_emo.zoo.backbones import weights


@pytest.fixture
def silent_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """A hub that accepts connections and never answers; yields the connections."""
    from huggingface_hub import HfApi, constants, snapshot_download  # noqa: F401 (imported before time is measured)
    from huggingface_hub.utils import get_session

    calls: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def take() -> None:
            while True:
                try:
                    calls.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        get_session()
        yield calls
    for call in calls:
        call.close()


@pytest.mark.parametrize("name", ["a b", "--x", "a..b/c", "a/b@c", "a:b", "a\nb", "a\x00b", "s/t.git", "é"])
def test_a_name_that_no_model_can_have_is_refused(name: str):
    with pytest.raises(InputError, match=r"is neither a folder nor a name that a model on the hub can have\."):
        weights.find_backbone(name, Progress())


def test_a_recipe_without_a_backbone_and_an_unknown_user_are_refused():
    with pytest.raises(InputError, match="names no backbone"):
        weights.find_backbone("", Progress())
    with pytest.raises(InputError, match="There is no folder ~nobody-at-all/x"):
        weights.find_backbone("~nobody-at-all/x", Progress())


def test_a_hub_that_does_not_answer_times_out(silent_hub: list[socket.socket], monkeypatch):
    monkeypatch.setattr(weights, "HUB_TIMEOUT", 1.0)
    began = time.monotonic()
    with pytest.raises(InputError) as refused:
        weights.find_backbone("somebody/some-model", Progress())
    # The client retries after a pause, so its own timeout would take three times as long.
    assert time.monotonic() - began < 2.5
    assert silent_hub, "a request was sent"
    assert refused.value.message.endswith("not on this machine, and the hub did not answer in 1 seconds.")
    assert "--set model.backbone=path/to/the/model" in refused.value.fix


def write_gguf(model: LlamaForCausalLM, path: Path, without: str) -> None:
    """Write a Llama in llama.cpp's format: its tensor names, and query and key rows in the order of its rotation."""
    from gguf import MODEL_ARCH, GGUFWriter, get_tensor_name_map

    config = model.config
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    # One token per byte, and one merge of two bytes.
    tokens = ["<pad>", "<end>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "oh"]
    tokens += [f"<unused {number}>" for number in range(config.vocab_size - len(tokens))]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, *[1] * (len(tokens) - 2)])
    writer.add_token_merges(["o h"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(1)
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, weight in model.state_dict().items():
        if name == without:
            continue
        values = weight.numpy()
        for part, heads in (("q_proj", config.num_attention_heads), ("k_proj", config.num_key_value_heads)):
            if part in name:
                halves = values.reshape(heads, 2, -1, values.shape[-1])
                values = np.ascontiguousarray(halves.swapaxes(1, 2).reshape(values.shape))
        writer.add_tensor(names.get_name(name, (".weight",)), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, without: str = "") -> LlamaForCausalLM:
    """Install a package with a small model in a GGUF file, as pip does; return the model."""
    pytest.importorskip("gguf", reason="left out: needs gguf (the extra 'weights')")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    more = {"vocab_size": 300, "num_key_value_heads": 2, "max_position_embeddings": 64, "bos_token_id": 1}
    model = LlamaForCausalLM(LlamaConfig(**sizes, **more))
    site = folder / "site" / "packed_llama"
    site.mkdir(parents=True)
    write_gguf(model, site / "tiny.gguf", without)
    about = site.with_name("packed_llama-1.0.dist-info")
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: packed-llama\nVersion: 1.0\n")
    (about / "RECORD").write_text("packed_llama/tiny.gguf,,\n")
    monkeypatch.syspath_prepend(str(site.parent))
    monkeypatch.setenv(weights.CACHE_VARIABLE, str(folder / "cache"))
    return model.eval()


def test_a_gguf_file_is_converted_to_the_original_weights(tmp_path: Path, monkeypatch):
    model = install(tmp_path, monkeypatch)
    folder = weights.find_backbone("package:packed-llama", Progress())
    # An ordinary folder in fp32, whose weights can be trained.
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in folder.iterdir()}
    converted = AutoModelForCausalLM.from_pretrained(folder)
    assert converted.dtype == torch.float32 and not hasattr(converted.config, "quantization_config")
    expected = model.state_dict()
    assert converted.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in converted.state_dict().items())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("oh, no")["input_ids"]
    assert tokenizer.decode(ids) == "oh, no"
    assert len(ids) == len("oh, no") - 1, "the two letters of the merge are one token"
    with torch.no_grad():
        torch.testing.assert_close(converted(torch.tensor([ids])).logits, model(torch.tensor([ids])).logits)


def test_an_incomplete_gguf_file_is_refused(tmp_path: Path, monkeypatch):
    install(tmp_path, monkeypatch, without="model.layers.1.mlp.up_proj.weight")
    with pytest.raises(InputError) as refused:
        weights.find_backbone("package:packed-llama", Progress())
    assert refused.value.message == (
        "The weights of packed-llama cannot be unpacked: the file lacks model.layers.1.mlp.up_proj.weight."
    )
    assert list((tmp_path / "cache" / "weights").iterdir()) == []
