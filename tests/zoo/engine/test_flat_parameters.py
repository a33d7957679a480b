"""Flat parameters and fused layers give the results of separate parameters and autograd."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch

from semeval_emo.zoo.engine import small_batch_adamw
from semeval_emo.zoo.engine.attention import select_rows
from semeval_emo.zoo.engine.flat_parameters import FlatAdamW, FlatParameters, FusedLinear
from semeval_emo.zoo.engine.parameter_groups import optimizer_groups
from semeval_emo.zoo.engine.schedule import adamw
from semeval_emo.zoo.engine.small_batch_adamw import SmallBatchAdamW
from semeval_emo.zoo.recipe import Recipe

NAMES = ("model.layers.7.q.weight", "model.layers.7.k.weight", "model.layers.7.norm.weight", "score.weight")
SHAPES = ((8, 8), (4, 8), (8,), (3, 8))


def parameters(seed: int = 0) -> dict[str, torch.nn.Parameter]:
    draw = torch.Generator().manual_seed(seed)
    return {
        name: torch.nn.Parameter(torch.randn(shape, generator=draw)) for name, shape in zip(NAMES, SHAPES, strict=True)
    }


@pytest.mark.parametrize("clip", [0.0, 0.5, 1e6], ids=["never", "always", "not reached"])
@pytest.mark.parametrize("decay_norms", [True, False])
def test_flat_adamw_equals_clip_grad_norm_and_adamw(clip: float, decay_norms: bool, tiny: Recipe):
    recipe = replace(tiny, train=replace(tiny.train, decay_norms=decay_norms))
    separate, flattened = parameters(), parameters()
    optimizer = adamw(optimizer_groups(separate, recipe))
    flat = FlatParameters(flattened, recipe)
    flat_adamw = FlatAdamW(flat, clip)
    assert [(g["role"], g["lr"], g["weight_decay"]) for g in flat.groups] == [
        (g["role"], g["lr"], g["weight_decay"]) for g in optimizer.param_groups
    ]
    draw = torch.Generator().manual_seed(1)
    for _ in range(5):
        for name, p in separate.items():
            p.grad = torch.randn(p.shape, generator=draw)
            flattened[name].grad.copy_(p.grad)
        if clip:
            torch.nn.utils.clip_grad_norm_(separate.values(), clip)
        optimizer.step()
        flat_adamw.step()
    start = parameters()
    for name, p in separate.items():
        assert not torch.equal(p, start[name])
        torch.testing.assert_close(flattened[name], p, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("clip", [0.0, 0.05, 1e6], ids=["never", "always", "not reached"])
def test_small_batch_adamw_equals_clip_grad_norm_and_adamw(clip: float, tiny: Recipe, monkeypatch: pytest.MonkeyPatch):
    # So small that every matrix is divided into slices.
    monkeypatch.setattr(small_batch_adamw, "SLICE_SIZE", 1000)

    def layers() -> torch.nn.Sequential:
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(8, 700), torch.nn.Linear(700, 500), torch.nn.Linear(500, 3))

    def named(network: torch.nn.Sequential) -> dict[str, torch.nn.Parameter]:
        names = {"0": "model.layers.7.one", "1": "model.layers.7.two", "2": "score"}
        return {names[n[0]] + n[1:]: p for n, p in network.named_parameters()}

    separate, flattened = layers(), layers()
    optimizer = adamw(optimizer_groups(named(separate), tiny))
    flat = FlatParameters(named(flattened), tiny)
    flat_adamw = FlatAdamW(flat, clip)
    first, second = FusedLinear([flattened[0]]), FusedLinear([flattened[1]])
    small_batch = SmallBatchAdamW(flat, flat_adamw.optimizer, [first, second], clip)
    draw = torch.Generator().manual_seed(1)
    for number in range(6):
        # Both optimizers may alternate: they share the moments.
        first.defer_grads = second.defer_grads = number != 3
        states = torch.randn((5, 8), generator=draw)
        optimizer.zero_grad()
        for p in flat.parameters.values():
            p.grad.zero_()
        separate(states).square().sum().backward()
        flattened[2](second(first(states))).square().sum().backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(separate.parameters(), clip)
        optimizer.step()
        (small_batch if first.defer_grads else flat_adamw).step()
        if number == 4:
            flat_adamw.optimizer.load_state_dict(copy.deepcopy(flat_adamw.optimizer.state_dict()))
    begin = dict(layers().named_parameters())
    for (name, p), other in zip(separate.named_parameters(), flattened.parameters(), strict=True):
        assert not torch.equal(p, begin[name])
        torch.testing.assert_close(other, p, atol=2e-7, rtol=1e-5)


def test_released_parameters_own_their_memory(tiny: Recipe):
    own = parameters()
    flat = FlatParameters(own, tiny)
    flat.release()
    assert len({p.untyped_storage().data_ptr() for p in own.values()}) == len(NAMES)
    assert all(torch.equal(p, before) for p, before in zip(own.values(), parameters().values(), strict=True))
    assert all(p.grad is None for p in own.values())


@pytest.mark.parametrize("bias", [False, True])
def test_fused_linear_writes_and_accumulates_the_gradients_of_autograd(bias: bool, tiny: Recipe):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(8, 6, bias=bias), torch.nn.Linear(8, 4, bias=bias)]
    plain = [torch.nn.Linear(8, 6, bias=bias), torch.nn.Linear(8, 4, bias=bias)]
    for one, other in zip(layers, plain, strict=True):
        other.load_state_dict(one.state_dict())
    flat = FlatParameters({f"model.layers.0.{i}.weight": layer.weight for i, layer in enumerate(layers)}, tiny)
    fused = FusedLinear(layers)
    assert len(fused.weight_grads) == 2
    fused.weight_grads[0].fill_(torch.nan)  # the previous gradient must be overwritten
    for number in range(2):
        states = torch.randn(5, 8)
        ours, theirs = states.clone().requires_grad_(), states.clone().requires_grad_()
        fused.overwrite_grads = number == 0
        found, expected = fused(ours), torch.cat([layer(theirs) for layer in plain], dim=-1)
        torch.testing.assert_close(found, expected)
        (found**2).sum().backward()
        (expected**2).sum().backward()
        torch.testing.assert_close(ours.grad, theirs.grad)
    for one, other in zip(layers, plain, strict=True):
        torch.testing.assert_close(one.weight.grad, other.weight.grad)
    assert len(flat.groups) == 1


def test_layers_that_are_not_adjacent_are_not_fused():
    layers = [torch.nn.Linear(8, 6), torch.nn.Linear(8, 4)]
    states = torch.randn(3, 8)
    fused = FusedLinear(layers)
    assert fused.weight_grads == []
    torch.testing.assert_close(fused(states), torch.cat([layer(states) for layer in layers], dim=-1))


def test_select_rows_equals_indexing():
    states = torch.randn(5, 3, requires_grad=True)
    rows = torch.tensor([4, 0, 2])
    for selected in (select_rows(states, rows), states[rows]):
        states.grad = None
        (selected**3).sum().backward()
        assert torch.equal(selected, states[rows])
        torch.testing.assert_close(states.grad, 3 * states.detach() ** 2 * torch.tensor([1, 0, 1, 0, 1])[:, None])
