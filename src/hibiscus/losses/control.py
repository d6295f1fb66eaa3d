"""Targets and losses of value learning: pure functions of values, rewards and ends."""

from __future__ import annotations

from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.losses._inputs import in_range

__all__ = ["bellman_target"]


def bellman_target(reward: Tensor, terminated: Tensor, next_value: Tensor, discount: float) -> Tensor:
    r"""What a state's value should have been: the reward, and what the next state is worth.

        target = reward + discount (1 - terminated) next_value

    An episode that ended by itself has no future. One that a time limit cut off has: there `terminated` is 0.

    Args:
        reward: of the step.
        terminated: 1 where the episode ended by itself with this step, else 0.
        next_value: of the state that the step led to.
        discount: what a reward one step later is worth, in [0, 1].

    Shapes:
        all (batch,), in the unit of the rewards; returns (batch,).

    Raises:
        ConfigError: when the shapes do not fit, or the discount is out of range.

    Reference: Bellman, "Dynamic Programming", 1957; Sutton and Barto, "Reinforcement Learning", 2018, eq. 3.20.
    """
    in_range("discount", discount, 0, 1)
    if not reward.shape == terminated.shape == next_value.shape:
        found = f"rewards {tuple(reward.shape)}, ends {tuple(terminated.shape)}, values {tuple(next_value.shape)}"
        raise ConfigError(found, "one shape, (batch,)", "choose one value for each item, for example values.amax(1)")
    return reward + discount * (1 - terminated) * next_value
