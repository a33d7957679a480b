"""Devices, as far as they can be tested without a GPU: calls of torch are recorded, or replaced by the CPU's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import devices
from semeval_emo.zoo.engine.devices import cache_bytes, concatenated, default_device
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states, plan_cache
from semeval_emo.zoo.engine.losses import loss_function
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.tail_trainer import TailInputs, TailTrainer
from semeval_emo.zoo.recipes.load import load_recipe

GIGABYTE = 2**30
SMALL = ("shape.hidden=16", "shape.mlp=16", "shape.vocabulary=300", "model.max_length=16")


class RecordedCalls(TorchFunctionMode):
    """Records allocations of pinned memory, copies to a GPU, and reads that wait for one; tensors stay on the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.pinned, self.asynchronous, self.reads = 0, [], 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty:
            self.pinned += bool(kwargs.pop("pin_memory", False))
        if func is torch.Tensor.to and torch.device("cuda", 0) in args:
            self.asynchronous.append(kwargs.get("non_blocking", False))
            return args[0]
        self.reads += func in (torch.Tensor.item, torch.Tensor.tolist, torch.Tensor.__float__)
        return func(*args, **kwargs)


@pytest.fixture
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10 * GIGABYTE, 16 * GIGABYTE))


def test_every_process_has_its_own_gpu(four_gpus: None, monkeypatch: pytest.MonkeyPatch):
    assert default_device() == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert default_device() == torch.device("cuda", 3)


def test_a_mac_uses_its_gpu_in_one_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert default_device() == torch.device("mps")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert default_device() == torch.device("cpu")


def test_cached_states_stay_on_the_gpu_where_they_fit(four_gpus: None, tmp_path: Path):
    # Of 10 GB, training 2**28 parameters takes 4, and activations half of the rest.
    allowed = cache_bytes(torch.device("cuda", 0), 2**28)
    assert allowed == 3 * GIGABYTE
    assert cache_bytes(torch.device("cpu"), 0) == cache_bytes(torch.device("cuda", 0), 2**32) == 0
    fits, too_large = (plan_cache(tokens, 1024, 4, 4096, 0, tmp_path, allowed) for tokens in (700_000, 800_000))
    assert (fits.location, str(fits)) == ("device", "2,734 MB on the GPU")
    assert (too_large.location, str(too_large)) == ("memory", "3,125 MB in memory")


def test_states_are_computed_on_the_device_that_stores_them():
    network = build(load_recipe("llama-tiny", SMALL), Space(("joy", "fear")), Progress())
    rows = network.tokens(["a text", "another one"])
    own = compute_frozen_states(network, rows, 4, None, Progress(), "")
    meta = compute_frozen_states(network, rows, 4, None, Progress(), "", torch.device("meta"))
    assert (own.states.device.type, meta.states.device.type) == ("cpu", "meta")
    assert meta.states.shape == own.states.shape


def test_states_in_memory_are_copied_to_a_gpu_without_waiting():
    parts = [torch.ones(2, 3), torch.zeros(1, 3)]
    with RecordedCalls() as calls:
        result = concatenated(parts, torch.device("cuda", 0))
    assert torch.equal(result, torch.cat(parts))
    assert (calls.pinned, calls.asynchronous) == (1, [True])
    with RecordedCalls() as calls:
        assert torch.equal(concatenated(parts, torch.device("cpu")), torch.cat(parts))
    assert (calls.pinned, calls.asynchronous) == (0, [])


def test_the_loss_is_read_once_a_step():
    recipe = load_recipe("llama-tiny", [*SMALL, "train.batch=1", "train.accumulate=4"])
    network = build(recipe, Space(("joy", "fear")), Progress())
    examples = Examples(tuple(f"text {i}" for i in range(4)), np.eye(4, 2, dtype=np.int8))
    states = compute_frozen_states(network, network.tokens(examples.texts), 4, None, Progress(), "")
    loss = loss_function(recipe.loss, examples.labels, 1, network.device)
    trainer = TailTrainer(network, 4, TailInputs(states, examples), loss)
    (batches,) = trainer.batches(0)
    assert len(batches) == 4
    with RecordedCalls() as calls:
        value = trainer.step(batches)
    assert calls.reads == 1
    assert value == pytest.approx(0.7, abs=0.2)


def test_the_device_is_chosen_in_one_place():
    used = [p.name for p in Path(devices.__file__).parent.glob("*.py") if "cuda.is_available" in p.read_text("utf-8")]
    assert used == ["devices.py"]
