from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.training.optimizers import Optimizer
from hibiscus.training.player import Follower, Player

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], np.float32)
Y = np.array([[1.0], [0.0], [2.0]], np.float32)


def one_step(optimizer, weight, steps=1, **options):
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.data = torch.tensor(weight)
    batch = Batch(x=torch.tensor(X), y=torch.tensor(Y))
    player = Player("line", layer, lambda b: ((layer(b.x) - b.y).square().mean(), {}), optimizer, **options)
    for _ in range(steps):
        player.set_lr(0.5)
        player.step(batch, contextlib.nullcontext)
    return layer.weight.detach().numpy()


def test_rate_is_base_times_schedule_times_what_a_plateau_took():
    layer = nn.Linear(2, 1)
    player = Player(
        "p",
        layer,
        lambda b: (layer(b.x).mean(), {}),
        Optimizer("sgd", lr=0.2),
        schedule=lambda progress: progress / 2,
    )
    player.lr_factor = 0.1
    player.set_lr(0.5)
    assert player.optimizer.lr == pytest.approx(0.2 * 0.25 * 0.1)


def test_clip_norm_bounds_the_whole_gradient():
    weight = np.array([[0.3, -0.2]], np.float32)
    found = one_step(Optimizer("sgd", lr=1.0, momentum=0.0), weight.copy(), clip_grad_norm=0.01)
    assert np.linalg.norm(found - weight) == pytest.approx(0.01, rel=1e-3)


def test_clip_value_bounds_each_component():
    weight = np.array([[0.3, -0.2]], np.float32)
    whole = one_step(Optimizer("sgd", lr=1.0, momentum=0.0), weight.copy()) - weight
    limit = float(np.abs(whole).mean())
    found = one_step(Optimizer("sgd", lr=1.0, momentum=0.0), weight.copy(), clip_grad_value=limit) - weight
    assert np.abs(whole).max() > limit > np.abs(whole).min()
    np.testing.assert_allclose(found, whole.clip(-limit, limit), rtol=1e-5)
    both = {"clip_grad_value": limit, "clip_grad_norm": limit / 2}
    clipped = one_step(Optimizer("sgd", lr=1.0, momentum=0.0), weight.copy(), **both) - weight
    np.testing.assert_allclose(clipped, found * (limit / 2) / np.linalg.norm(found), rtol=1e-4)


def test_after_step_is_called_after_each_step():
    weight = np.array([[3.0, -2.0]], np.float32)
    called = []
    one_step(Optimizer("sgd", lr=1e-6), weight, steps=2, after_step=lambda: called.append(1))
    assert len(called) == 2


def test_gradients_of_others_stay_untouched():
    own, other = nn.Linear(2, 2), nn.Linear(2, 1)
    player = Player("own", own, lambda b: (other(own(b.x)).mean(), {}), Optimizer("sgd"))
    player.step(Batch(x=torch.tensor(X)), contextlib.nullcontext)
    assert all(p.grad is None for p in other.parameters())
    assert all(p.grad is not None for p in own.parameters())


def test_follower_copies_every_so_many_rounds_and_buffers_too():
    leader, follower = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    leader.weight.data.fill_(5.0)
    leader.running_mean.fill_(7.0)
    copy = Follower(follower, leader, every=3)
    copy.follow(0)
    copy.follow(1)
    assert follower.weight[0] == 1
    copy.follow(2)
    assert follower.weight[0] == 5
    assert follower.running_mean[0] == 7


def test_follower_warm_up_forgets_the_early_weights():
    leader, follower = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    leader.weight.data.fill_(1.0)
    follower.weight.data.fill_(0.0)
    Follower(follower, leader, decay=0.999, warm_up=True).follow(0)
    assert follower.weight.item() == pytest.approx(1 - 1 / 10)
