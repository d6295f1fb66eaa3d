"""Each optimizer against its formula and, bit by bit, against torch.optim; its state in a checkpoint."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.errors import ConfigError, RunError
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.config import TrainingConfig
from hibiscus.training.optimizers import Optimizer, clip_gradients
from hibiscus.training.player import Player

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], np.float32)
Y = np.array([[1.0], [0.0], [2.0]], np.float32)
KINDS = [
    Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.01),
    Optimizer("sgd", 0.1, momentum=0.0, nesterov=False),
    Optimizer("adam", 0.1, betas=(0.5, 0.99), weight_decay=0.02),
    Optimizer("adamw", 0.1, weight_decay=0.02),
    Optimizer("rmsprop", 0.01, momentum=0.5, weight_decay=0.02),
    Optimizer("rmsprop", 0.01, momentum=0.5, smoothing=0.9),
]


def one_step(optimizer, weight, steps=1):
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.data = torch.tensor(weight)
    player = Player("line", layer, lambda b: ((layer(b.x) - b.y).square().mean(), {}), optimizer)
    for _ in range(steps):
        player.set_lr(0.5)
        player.step(Batch(x=torch.tensor(X), y=torch.tensor(Y)), contextlib.nullcontext)
    return layer.weight.detach().numpy()


def gradient(weight):
    return (2 * (X @ weight.T - Y) * X).mean(0, keepdims=True)


def test_sgd_with_momentum_and_decay_follows_its_formula():
    weight, velocity = np.array([[0.3, -0.2]], np.float32), 0.0
    found = one_step(
        Optimizer("sgd", lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=False), weight.copy(), steps=3
    )
    for _ in range(3):
        velocity = 0.9 * velocity + gradient(weight) + 0.01 * weight
        weight = weight - 0.1 * velocity
    np.testing.assert_allclose(found, weight, rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam_follows_its_formula(name):
    weight = np.array([[0.3, -0.2]])
    found = one_step(Optimizer(name, lr=0.1, weight_decay=0.1), weight.astype(np.float32), steps=3)
    mean, square = 0.0, 0.0
    for t in range(1, 4):
        g = gradient(weight) + (0.1 * weight if name == "adam" else 0)
        weight = weight - (0.1 * 0.1 * weight if name == "adamw" else 0)
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        weight = weight - 0.1 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(found, weight, rtol=1e-4)


def test_rmsprop_follows_its_formula():
    weight, square, velocity = np.array([[0.3, -0.2]]), 0.0, 0.0
    found = one_step(Optimizer("rmsprop", lr=0.01, momentum=0.5), weight.astype(np.float32), steps=3)
    for _ in range(3):
        g = gradient(weight)
        square = 0.99 * square + 0.01 * g**2
        velocity = 0.5 * velocity + g / (np.sqrt(square) + 1e-8)
        weight = weight - 0.01 * velocity
    np.testing.assert_allclose(found, weight, rtol=1e-4)


@pytest.mark.parametrize(
    ("words", "momentum"),
    [
        ({"optimizer": "sgd"}, 0.9),
        ({"optimizer": "rmsprop"}, 0),
        ({"optimizer": "rmsprop", "momentum": 0.5}, 0.5),
    ],
)
def test_momentum_is_that_of_the_optimizer_unless_given(words, momentum):
    player = TrainingConfig(**words, rmsprop_smoothing=0.9).player("p", nn.Linear(1, 1), lambda batch: None)
    assert (player.settings.momentum, player.settings.smoothing) == (momentum, 0.9)


def peer(own, network):
    """The same settings in torch.optim."""
    matrices, vectors = (
        [p for p in network.parameters() if p.ndim > 1],
        [p for p in network.parameters() if p.ndim <= 1],
    )
    groups = [
        {"params": matrices, "weight_decay": own.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    if own.name == "sgd":
        return torch.optim.SGD(groups, lr=own.lr, momentum=own.momentum, nesterov=own.nesterov, fused=True)
    if own.name == "rmsprop":
        return torch.optim.RMSprop(
            groups, lr=own.lr, momentum=own.momentum, alpha=own.smoothing, foreach=True
        )
    kind = torch.optim.Adam if own.name == "adam" else torch.optim.AdamW
    return kind(groups, lr=own.lr, betas=own.betas, fused=True)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 1)).to(
        memory_format=torch.channels_last
    )


def learn(net, optimizer, seeds):
    for seed in seeds:
        torch.manual_seed(seed)
        for parameter in net.parameters():
            parameter.grad = None
        net(torch.randn(2, 3, 4, 4)).square().mean().backward()
        optimizer.step()


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


@pytest.mark.parametrize("settings", KINDS, ids=lambda one: f"{one.name}-{one.momentum}")
def test_the_bits_are_those_of_torch_optim(settings):
    ours, theirs = network(), network()
    learn(ours, settings.build(list(ours.parameters())), range(5))
    learn(theirs, peer(settings, theirs), range(5))
    assert same(ours, theirs)
    assert not same(ours, network())


@pytest.mark.parametrize("settings", KINDS, ids=lambda one: f"{one.name}-{one.momentum}")
def test_a_restored_optimizer_goes_on_to_the_same_bits(tmp_path, settings):
    whole, parts = network(), network()
    first, second = settings.build(list(whole.parameters())), settings.build(list(parts.parameters()))
    learn(whole, first, range(3))
    learn(parts, second, range(3))
    save_checkpoint(tmp_path / "o.safetensors", second.tensors(), {})
    third = settings.build(list(parts.parameters()))
    third.load(load_checkpoint(tmp_path / "o.safetensors")[0])
    learn(whole, first, range(3, 6))
    learn(parts, third, range(3, 6))
    assert same(whole, parts)


def test_biases_and_scales_are_not_decayed():
    net = network()
    optimizer = Optimizer("sgd", weight_decay=0.1).build(list(net.parameters()))
    decayed = {optimizer.parameters[i].shape for i in optimizer.groups[0.1, 1.0]}
    assert decayed == {net[0].weight.shape, net[3].weight.shape}


def test_a_parameter_without_a_gradient_stays_and_its_step_is_not_counted():
    used, unused = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(3, 3))
    optimizer = Optimizer("adamw", 0.1, weight_decay=0.5).build([used, unused])
    used.grad = torch.ones(2, 2)
    optimizer.step()
    assert not torch.equal(used, torch.ones(2, 2))
    assert torch.equal(unused, torch.ones(3, 3))
    assert [step.item() for step in optimizer.state["step"]] == [1, 0]


def test_a_state_of_other_networks_is_refused():
    optimizer = Optimizer("adam").build([nn.Parameter(torch.ones(2, 2))])
    with pytest.raises(RunError, match=r"state 0/exp_avg: \(3,\)"):
        optimizer.load({"0/exp_avg": torch.ones(3)})


def test_clipping_scales_the_whole_gradient_as_torch_does():
    own, other = network(), network()
    for net in (own, other):
        torch.manual_seed(1)
        net(torch.randn(2, 3, 4, 4)).square().sum().backward()
    clip_gradients(list(own.parameters()), 0.5)
    nn.utils.clip_grad_norm_(other.parameters(), 0.5)
    for a, b in zip(own.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    before = [p.grad.clone() for p in own.parameters()]
    clip_gradients(list(own.parameters()), 1e6)
    assert all(torch.equal(p.grad, kept) for p, kept in zip(own.parameters(), before, strict=True))


def test_unknown_optimizer_is_told():
    with pytest.raises(ConfigError, match="lion"):
        Optimizer("lion").build([nn.Parameter(torch.zeros(2))])


@pytest.mark.parametrize("settings", KINDS, ids=lambda settings: settings.name)
def test_factors_scale_the_learning_rate_of_their_parameters_only(settings):
    torch.manual_seed(0)
    deep, shallow = nn.Linear(2, 2), nn.Linear(2, 2)
    shallow.load_state_dict(deep.state_dict())
    factors = {parameter: 0.1 for parameter in shallow.parameters()}
    player = Player(
        "both",
        [shallow, deep],
        lambda batch: (sum((layer(batch.x) ** 2).mean() for layer in (shallow, deep)), {}),
        settings,
        lr_factors=factors,
    )
    before = [parameter.detach().clone() for parameter in deep.parameters()]
    player.step(Batch(x=torch.tensor(X)), contextlib.nullcontext)
    for start, small, large in zip(before, shallow.parameters(), deep.parameters(), strict=True):
        torch.testing.assert_close(small - start, 0.1 * (large - start), rtol=1e-3, atol=1e-6)
