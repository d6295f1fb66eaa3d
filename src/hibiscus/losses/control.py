"""Targets of value-based reinforcement learning: pure functions of rewards and values."""

from __future__ import annotations

from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import in_range

__all__ = ["bellman_target"]


def bellman_target(reward: Tensor, terminated: Tensor, next_value: Tensor, gamma: float) -> Tensor:
    r"""The temporal-difference target: the reward plus the discounted value of the next state.

        target = reward + gamma (1 - terminated) next_value

    The value of a terminal state is 0. If a time limit truncates the episode, the next state still has a
    value, so `terminated` is 0.

    Args:
        reward: rewards of the steps.
        terminated: 1 where the next state is terminal, else 0.
        next_value: values of the next states.
        gamma: discount factor, in [0, 1].

    Shapes:
        all (batch,), in the unit of the rewards; returns (batch,).

    Raises:
        ConfigError: when the shapes do not match, or gamma is out of range.

    Reference: Bellman, "Dynamic Programming", 1957; Sutton and Barto, "Reinforcement Learning", 2018, eq.
        3.20.
    """
    in_range("gamma", gamma, 0, 1)
    if not reward.shape == terminated.shape == next_value.shape:
        shapes = tuple(reward.shape), tuple(terminated.shape), tuple(next_value.shape)
        received = "rewards {}, terminated {}, values {}".format(*shapes)
        raise ConfigError(
            received, "one shape, (batch,)", "select one value for each item, for example values.amax(1)"
        )
    return reward + gamma * (1 - terminated) * next_value
