"""The learning-rate range test: hibiscus.training.lr_range_test."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import torch
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.training.lr_range_test import range_test, smooth_losses, steepest, train_stage, valley
from hibiscus.training.optimizers import Optimizer
from hibiscus.training.player import Follower, Player, Stage, frozen_copy


class Constant:
    batches_per_epoch = 1

    def next(self):
        return Batch(x=torch.ones(4, 1))


def quadratic_stage(lr=1.0):
    """loss = curvature / 2 w^2 with curvature 4, which gradient descent minimizes at rates below 1/2."""
    weight = nn.Linear(1, 1, bias=False)
    nn.init.ones_(weight.weight)
    optimizer = Optimizer("sgd", lr, momentum=0.0, nesterov=False)
    player = Player("p", weight, lambda batch: (2 * weight(batch.x).square().mean(), {}), optimizer)
    copy = frozen_copy(weight)
    return Stage([player], 1, Constant(), [Follower(copy, weight, 0.5)]), weight, copy


def test_gradient_descent_on_a_parabola():
    stage, weight, copy = quadratic_stage()
    losses = range_test(stage, [0.1, 0.2], contextlib.nullcontext)
    # w: 1, 1 - 0.1 4, 0.6 (1 - 0.2 4)
    assert losses == pytest.approx([2.0, 2 * 0.6**2])
    assert weight.weight.item() == pytest.approx(0.12)
    assert copy.weight.item() != 1.0


def test_a_stage_before_is_trained_by_its_schedule():
    stage, weight, _ = quadratic_stage(lr=0.1)
    stage.epochs = 3
    train_stage(stage, contextlib.nullcontext)
    assert weight.weight.item() == pytest.approx(0.6**3)


def test_it_ends_where_the_loss_diverges_or_is_not_finite():
    rates = np.geomspace(1e-4, 1e3, 80).tolist()
    stage, *_ = quadratic_stage()
    losses = range_test(stage, rates, contextlib.nullcontext)
    assert 0.5 < rates[len(losses) - 1] < 100
    stage, *_ = quadratic_stage()
    assert len(range_test(stage, [1e30, 1e30, 1e30], contextlib.nullcontext)) == 1


def test_smoothing_is_a_weighted_mean_of_all_losses():
    losses = [3.0, 1.0, 2.0]
    weights = [np.array([0.9**k for k in range(n)][::-1]) for n in (1, 2, 3)]
    expected = [np.average(losses[: len(w)], weights=w) for w in weights]
    np.testing.assert_allclose(smooth_losses(losses), expected)


def test_the_valley_is_in_the_middle_of_the_longest_fall():
    curve = [5.0, 5.1, 5.0, 4.9, 4.5, 4.0, 3.0, 2.4, 2.3, 3.0, 9.0]
    assert valley(curve) == 8 - 8 // 2  # 5.1 5.0 4.9 4.5 4.0 3.0 2.4 2.3
    assert steepest(curve) == 6  # (2.4 - 4.0) / 2
    assert valley([1.0, 2.0, 3.0]) == 0
