r"""The learning-rate range test: a short training in which the learning rate grows exponentially.

    rate_t = low (high / low)^(t / (steps - 1)),    t = 0 .. steps - 1

The smoothed loss first stays, then falls, and rises again where the rate is too large. Two suggestions are
read from it: the `valley`, in the middle of the longest stretch over which it falls, and the rate at which it
falls most steeply. The valley is meant as the peak of a one-cycle schedule.

Reference: Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, arXiv 1506.01186, section 3.3;
    the valley: `Learner.lr_find` of Howard and Gugger, "fastai: A Layered API for Deep Learning", 2020,
    arXiv 2002.04688.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hibiscus.training.player import Stage

__all__ = ["range_test", "smooth_losses", "steepest", "train_stage", "valley"]

SMOOTHING = 0.9  # of the exponential moving average of the loss
DIVERGED = 3.0  # times its fall or its lowest value, by which the smoothed loss must rise to end the test


def range_test(stage: Stage, rates: Sequence[float], precision: Callable[[], Any]) -> list[float]:
    """The loss of each step of a stage with one player, up to the step at which it diverges.

    Args:
        stage: its networks are in training mode, and are trained.
        rates: the learning rate of each step.
        precision: returns the context in which the loss is computed.
    """
    (player,) = stage.players
    losses: list[float] = []
    for step, rate in enumerate(rates):
        if stage.before_round is not None:
            stage.before_round(0.0)
        player.optimizer.lr = rate
        loss = float(player.step(stage.source.next(), precision)[0])
        for follower in stage.followers:
            follower.follow(step)
        if not math.isfinite(loss):
            break
        losses.append(loss)
        smooth = smooth_losses(losses)
        lowest = min(smooth)
        if smooth[-1] - lowest > DIVERGED * max(abs(lowest), smooth[0] - lowest):
            break
    return losses


def train_stage(stage: Stage, precision: Callable[[], Any]) -> None:
    """Trains a stage with one player that precedes the tested one, without validation."""
    (player,) = stage.players
    for step in range(stage.rounds):
        player.set_lr(step / stage.rounds)
        player.step(stage.source.next(), precision)
        for follower in stage.followers:
            follower.follow(step)


def smooth_losses(losses: Sequence[float]) -> list[float]:
    """The exponential moving average of losses, corrected for its start at zero."""
    smooth, mean = [], 0.0
    for step, loss in enumerate(losses, 1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smooth.append(mean / (1 - SMOOTHING**step))
    return smooth


def valley(losses: Sequence[float]) -> int:
    """The position in the middle of the longest decreasing subsequence of smoothed losses."""
    lengths = [1] * len(losses)
    end = 0
    for i in range(1, len(losses)):
        lengths[i] = 1 + max((lengths[j] for j in range(i) if losses[j] > losses[i]), default=0)
        end = i if lengths[i] > lengths[end] else end
    return end - lengths[end] // 2


def steepest(losses: Sequence[float]) -> int:
    """The position at which smoothed losses fall most steeply, by central differences."""
    slopes = [losses[min(i + 1, len(losses) - 1)] - losses[max(i - 1, 0)] for i in range(len(losses))]
    return min(range(len(losses)), key=slopes.__getitem__)
