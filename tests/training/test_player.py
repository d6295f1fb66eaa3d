from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.errors import ConfigError
from hibiscus.training.player import Batch, Follower, Optimiser, Player

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], np.float32)
Y = np.array([[1.0], [0.0], [2.0]], np.float32)


def one_step(optimiser, weight, steps=1, **options):
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.data = torch.tensor(weight)
    batch = Batch(x=torch.tensor(X), y=torch.tensor(Y))
    player = Player("line", layer, lambda b: ((layer(b.x) - b.y).square().mean(), {}), optimiser, **options)
    for _ in range(steps):
        player.set_rate(0.5)
        player.step(batch, contextlib.nullcontext)
    return layer.weight.detach().numpy()


def gradient(weight):
    return (2 * (X @ weight.T - Y) * X).mean(0, keepdims=True)


def test_sgd_with_momentum_and_decay_follows_its_formula():
    weight, velocity = np.array([[0.3, -0.2]], np.float32), 0.0
    found = one_step(Optimiser("sgd", rate=0.1, momentum=0.9, weight_decay=0.01, nesterov=False), weight.copy(), steps=3)
    for _ in range(3):
        velocity = 0.9 * velocity + gradient(weight) + 0.01 * weight
        weight = weight - 0.1 * velocity
    np.testing.assert_allclose(found, weight, rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam_follows_its_formula(name):
    weight = np.array([[0.3, -0.2]])
    found = one_step(Optimiser(name, rate=0.1, weight_decay=0.1), weight.astype(np.float32), steps=3)
    mean, square = 0.0, 0.0
    for t in range(1, 4):
        g = gradient(weight) + (0.1 * weight if name == "adam" else 0)
        weight = weight - (0.1 * 0.1 * weight if name == "adamw" else 0)
        mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g**2
        weight = weight - 0.1 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(found, weight, rtol=1e-4)


def test_rmsprop_follows_its_formula():
    weight, square, velocity = np.array([[0.3, -0.2]]), 0.0, 0.0
    found = one_step(Optimiser("rmsprop", rate=0.01, momentum=0.5), weight.astype(np.float32), steps=3)
    for _ in range(3):
        g = gradient(weight)
        square = 0.99 * square + 0.01 * g**2
        velocity = 0.5 * velocity + g / (np.sqrt(square) + 1e-8)
        weight = weight - 0.01 * velocity
    np.testing.assert_allclose(found, weight, rtol=1e-4)


def test_biases_are_not_decayed():
    layer = nn.Linear(2, 1)
    optimiser = Optimiser("sgd", weight_decay=0.1).build(list(layer.parameters()))
    assert {group["weight_decay"] for group in optimiser.param_groups if layer.bias in set(group["params"])} == {0.0}


def test_rate_is_base_times_schedule_times_what_a_plateau_took():
    layer = nn.Linear(2, 1)
    player = Player("p", layer, lambda b: (layer(b.x).mean(), {}), Optimiser("sgd", rate=0.2), schedule=lambda progress: progress / 2)
    player.rate_factor = 0.1
    player.set_rate(0.5)
    assert player.optimiser.param_groups[0]["lr"] == pytest.approx(0.2 * 0.25 * 0.1)


def test_clip_norm_bounds_the_whole_gradient():
    weight = np.array([[0.3, -0.2]], np.float32)
    found = one_step(Optimiser("sgd", rate=1.0, momentum=0.0), weight.copy(), clip_norm=0.01)
    assert np.linalg.norm(found - weight) == pytest.approx(0.01, rel=1e-3)


def test_after_step_is_called_after_each_step():
    weight = np.array([[3.0, -2.0]], np.float32)
    called = []
    one_step(Optimiser("sgd", rate=1e-6), weight, steps=2, after_step=lambda: called.append(1))
    assert len(called) == 2


def test_gradients_of_others_stay_untouched():
    own, other = nn.Linear(2, 2), nn.Linear(2, 1)
    player = Player("own", own, lambda b: (other(own(b.x)).mean(), {}), Optimiser("sgd"))
    player.step(Batch(x=torch.tensor(X)), contextlib.nullcontext)
    assert all(p.grad is None for p in other.parameters())
    assert all(p.grad is not None for p in own.parameters())


def test_unknown_optimiser_is_told():
    with pytest.raises(ConfigError, match="lion"):
        Optimiser("lion").build([nn.Parameter(torch.zeros(2))])


def test_follower_copies_every_so_many_rounds_and_buffers_too():
    leader, follower = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    leader.weight.data.fill_(5.0)
    leader.running_mean.fill_(7.0)
    copy = Follower(follower, leader, every=3)
    copy.follow(1)
    assert follower.weight[0] == 1
    copy.follow(3)
    assert follower.weight[0] == 5
    assert follower.running_mean[0] == 7


def test_follower_warm_up_forgets_the_early_weights():
    leader, follower = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    leader.weight.data.fill_(1.0)
    follower.weight.data.fill_(0.0)
    Follower(follower, leader, decay=0.999, warm_up=True).follow(0)
    assert follower.weight.item() == pytest.approx(1 - 1 / 10)
