"""Devices, as far as they can be tested without a GPU: calls of torch are recorded, or replaced by the CPU's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from devices_for_tests import RecordedCalls
from own_models import save_bert

from semeval_emo.errors import UsageError
from semeval_emo.progress import Progress
from semeval_emo.zoo.dataset.examples import Examples, Space
from semeval_emo.zoo.engine import devices
from semeval_emo.zoo.engine.devices import cache_bytes, concatenated, default_device
from semeval_emo.zoo.engine.epoch_metrics import to_probabilities, to_shares
from semeval_emo.zoo.engine.finetune import prefix_obstacle
from semeval_emo.zoo.engine.flat_parameters import clip_divisor
from semeval_emo.zoo.engine.frozen_prefix import compute_frozen_states, plan_cache
from semeval_emo.zoo.engine.losses import loss_function
from semeval_emo.zoo.engine.network import build
from semeval_emo.zoo.engine.tail_trainer import TailInputs, TailTrainer
from semeval_emo.zoo.recipes.load import load_recipe
from semeval_emo.zoo.registry import family_class
from semeval_emo.zoo.training.train import train

GIGABYTE = 2**30
SMALL = ("shape.hidden=16", "shape.mlp=16", "shape.vocabulary=300", "model.max_length=16")


@pytest.fixture
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10 * GIGABYTE, 16 * GIGABYTE))


def test_every_process_has_its_own_gpu(four_gpus: None, monkeypatch: pytest.MonkeyPatch):
    assert default_device() == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert default_device() == torch.device("cuda", 3)
    # As `accelerate launch --cpu` sets it.
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    assert default_device() == torch.device("cpu")


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
    recipe = load_recipe("llama-tiny", [*SMALL, "train.batch=1", "train.accumulate=4", "train.clip=0"])
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


def test_the_norm_of_gradients_is_not_read():
    """A tensor on the device `meta` has no value that could be read."""
    divisor = clip_divisor(torch.ones((), device="meta"), 1.0)
    assert divisor is not None and divisor.device.type == "meta"
    assert clip_divisor(torch.tensor(0.5), 1.0) is None
    assert clip_divisor(torch.tensor(2.0), 1.0) == pytest.approx(2.0)


PRECISIONS = {
    ("fp16", "cpu", 0): ("is fp16, which needs a GPU.", "fp32"),
    ("tf32", "cpu", 0): ("is tf32, which needs a GPU.", "fp32"),
    ("tf32", "mps", 0): ("is tf32, which the GPU of a Mac does not have.", "fp32"),
    ("bf16", "cuda", 7): ("is bf16, which Tesla T4 does not have (Ampere or newer).", "fp16"),
    ("tf32", "cuda", 7): ("is tf32, which Tesla T4 does not have (Ampere or newer).", "fp32"),
    ("fp16", "cuda", 7): None,
    ("bf16", "cuda", 8): None,
    ("tf32", "cuda", 9): None,
    ("bf16", "mps", 0): None,
    ("bf16", "cpu", 0): None,
    ("fp32", "cpu", 0): None,
}


@pytest.mark.parametrize(("precision", "device", "generation"), PRECISIONS)
def test_a_precision_that_the_device_does_not_have_is_refused(precision, device, generation, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (generation, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    monkeypatch.setattr(devices, "default_device", lambda: torch.device(device))
    expected = PRECISIONS[precision, device, generation]
    recipe = load_recipe("llama-tiny", [f"train.precision={precision}"])
    if expected is None:
        family_class(recipe.family)(recipe, Space(("joy",))).prepare(Progress())
        return
    with pytest.raises(UsageError) as refused:
        train(recipe, source="sample", runs=tmp_path)
    reason, other = expected
    assert refused.value.message == f"recipe llama-tiny: train.precision {reason}"
    assert refused.value.fix == f"--set train.precision={other}"


def test_the_precision_of_embeddings_is_checked(tmp_path: Path):
    save_bert(tmp_path / "bert")
    recipe = load_recipe("minilm-linear", [f"model.backbone={tmp_path / 'bert'}", "embed.precision=fp16"])
    with pytest.raises(UsageError, match=r"minilm-linear: embed\.precision is fp16, which needs a GPU") as refused:
        train(recipe, source="sample", runs=tmp_path)
    assert refused.value.fix == "--set embed.precision=fp32"


def test_a_model_of_fp16_predicts_in_fp32_on_a_cpu():
    types = [devices.product_dtype(precision, torch.device("cuda")) for precision in ("fp32", "tf32", "bf16", "fp16")]
    assert types == [None, None, torch.bfloat16, torch.float16]
    assert devices.product_dtype("fp16", torch.device("cpu")) is None


def test_tf32_is_only_used_by_recipes_that_have_it():
    gpu, seen = torch.device("cuda"), []
    for precision, device in (("tf32", gpu), ("fp32", gpu), ("bf16", gpu), ("tf32", torch.device("cpu"))):
        with devices.tf32_products(precision, device):
            seen.append(torch.get_float32_matmul_precision())
    assert seen == ["high", "highest", "highest", "highest"]
    assert torch.get_float32_matmul_precision() == "highest"


class MacTensor(torch.Tensor):
    """A tensor on the GPU of a Mac, which has no float64."""

    def double(self) -> torch.Tensor:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.")

    def cpu(self) -> torch.Tensor:
        return self.as_subclass(torch.Tensor)


def test_probabilities_of_a_mac_are_computed_in_float64():
    logits = torch.zeros(1, 2).as_subclass(MacTensor)
    assert to_probabilities(logits).tolist() == to_shares(logits).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("train.precision=fp16", 'train.precision = "fp16" needs a scaled loss'),
        ("train.gradient_checkpointing=true", "train.gradient_checkpointing computes layers again instead"),
    ],
)
def test_what_only_the_trainer_can_do(setting: str, reason: str):
    network = build(load_recipe("llama-tiny", [*SMALL, setting]), Space(("joy", "fear")), Progress())
    assert prefix_obstacle(network) == reason


def test_the_device_is_chosen_in_one_place():
    package = Path(devices.__file__).parents[1]
    used = [path.name for path in package.rglob("*.py") if "cuda.is_available" in path.read_text("utf-8")]
    assert sorted(used) == ["distributed.py", "provenance.py"]
