"""Environments held to what they declare: each observation, reward and end is checked as it is returned."""

from __future__ import annotations

import math
import numbers
from typing import Any, NoReturn

import numpy as np

from hibiscus.errors import DataError

__all__ = ["CheckedEnvironment", "first_difference", "is_supported"]

CHECKED_ACTIONS, CHECKED_SEED = 20, 0  # played twice when an environment is opened


class CheckedEnvironment:
    """An environment whose `reset` and `step` return what it declares, or raise an error that names the
    fault.

    Actions are numbered from 0, whatever `start` its action space has, and observations are float32.

    Args:
        name: its Gymnasium name.
        env: the environment, without a time limit of its own.
        limit: the number of steps after which an episode is truncated.

    Raises:
        DataError: it does not declare its observations or its actions.
    """

    def __init__(self, name: str, env: Any, limit: int):
        self.name, self.env, self.limit = name, env, limit
        self.seed, self.steps = 0, 0
        self.observation_space: Any = getattr(env, "observation_space", None)
        self.action_space: Any = getattr(env, "action_space", None)
        for declared in ("observation_space", "action_space"):
            if getattr(self, declared) is None:
                fix = f"set self.{declared} in the environment"
                raise DataError(f"gym:{name}: it declares no {declared}", "a space of Gymnasium", fix)
        self.shape = getattr(self.observation_space, "shape", None)
        self.first_action = int(getattr(self.action_space, "start", 0))

    def reset(self, seed: int) -> np.ndarray:
        """The first observation, float32 `(components,)`, of the episode of a seed.

        Raises:
            DataError: it fails, or returns something else than it declares.
        """
        self.seed, self.steps = seed, 0
        try:
            result = self.env.reset(seed=seed)
        except Exception as error:
            self._fail(f"reset(seed=...) failed: {type(error).__name__}: {error}", "", error)
        if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
            self._fail(f"reset returned {_describe(result)}", "(observation, info), the Gymnasium API")
        return self._observation(result[0])

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """The next observation, the reward, whether the state is terminal, and whether a limit truncated
        the episode.

        Args:
            action: numbered from 0.

        Raises:
            DataError: it fails, or returns something else than it declares.
        """
        self.steps += 1
        try:
            result = self.env.step(action + self.first_action)
        except Exception as error:
            self._fail(
                f"action {action + self.first_action} failed: {type(error).__name__}: {error}", "", error
            )
        if not (isinstance(result, tuple) and len(result) == 5):
            expected = "(observation, reward, terminated, truncated, info), the Gymnasium API"
            self._fail(f"step returned {_describe(result)}", expected)
        observation, reward, terminated, truncated, _ = result
        if type(reward) is not float:
            reward = self._number(reward)
        if not math.isfinite(reward):
            self._fail(f"the reward is {reward}", "a finite number")
        for name, value in (("terminated", terminated), ("truncated", truncated)):
            if not isinstance(value, bool | np.bool_ | int):
                self._fail(f"{name} is {_describe(value)}", "True or False")
        return (
            self._observation(observation),
            reward,
            bool(terminated),
            bool(truncated) or self.steps >= self.limit,
        )

    def close(self) -> None:
        """Releases what the environment holds."""
        self.env.close()

    def _observation(self, value: Any) -> np.ndarray:
        try:
            array = np.asarray(value)
        except ValueError:  # a list of unequal lists
            array = np.empty(0, object)
        if array.dtype.kind not in "biuf" or array.shape != self.shape:
            self._fail(f"the observation is {_describe(value)}", f"an array of shape {self.shape}")
        if array.dtype != np.float32:
            with np.errstate(
                over="ignore"
            ):  # what is too large for float32 becomes infinite, and is reported
                array = array.astype(np.float32)
        if not np.isfinite(array).all():
            self._fail(f"the observation contains {_not_finite(array)}", "finite numbers within float32")
        return array

    def _number(self, reward: Any) -> float:
        if isinstance(reward, numbers.Real) or (
            isinstance(reward, np.ndarray | np.generic) and not reward.ndim
        ):
            try:
                return float(reward)
            except (TypeError, ValueError):
                pass
        self._fail(f"the reward is {_describe(reward)}", "a number")

    def _fail(self, fault: str, expected: str, cause: Exception | None = None) -> NoReturn:
        """Raises a DataError with the name, what the environment declares, what it returned, and the step."""
        where = f"step {self.steps}" if self.steps else "reset"
        declared = f"it declares {self.observation_space} and {self.action_space}"
        raise DataError(
            f"gym:{self.name}: {where} of the episode of seed {self.seed}: {fault}",
            f"{expected}; {declared}" if expected else declared,
            f"correct {'step' if self.steps else 'reset'}() of the environment, or its declared spaces",
        ) from cause


def is_supported(environment: CheckedEnvironment) -> bool:
    """Whether its observations are vectors of numbers and its actions are numbered."""
    from gymnasium import spaces

    observations = environment.observation_space
    vectors = isinstance(observations, spaces.Box) and len(observations.shape) == 1
    return vectors and isinstance(environment.action_space, spaces.Discrete)


def first_difference(environment: CheckedEnvironment) -> int | None:
    """The step in which two episodes of the same seed and the same actions first differ; None if they agree.

    Args:
        environment: one that is supported; 20 actions are played, or fewer if the episode ends.

    Raises:
        DataError: it fails, or returns something else than it declares.
    """
    actions = np.random.default_rng(CHECKED_SEED).integers(0, environment.action_space.n, CHECKED_ACTIONS)
    first, second = (_played(environment, actions.tolist()) for _ in range(2))
    for number, (one, other) in enumerate(zip(first, second, strict=False)):
        if not np.array_equal(one, other):
            return number
    return min(len(first), len(second)) if len(first) != len(second) else None


def _played(environment: CheckedEnvironment, actions: list[int]) -> list[np.ndarray]:
    """The observation, reward and end of each step, as one vector; the first is the start."""
    steps = [environment.reset(CHECKED_SEED).copy()]
    for action in actions:
        observation, reward, terminated, truncated = environment.step(action)
        steps.append(np.array([*observation, reward, terminated, truncated]))
        if terminated or truncated:
            break
    return steps


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    if isinstance(value, tuple | list):
        kinds = ", ".join(type(item).__name__ for item in value[:6])
        return f"a {type(value).__name__} of {len(value)} ({kinds}{', ...' if len(value) > 6 else ''})"
    if isinstance(value, bool | numbers.Number | np.generic):
        return f"the single value {value}"
    return f"a {type(value).__name__}"


def _not_finite(array: np.ndarray) -> str:
    index = int(np.flatnonzero(~np.isfinite(array))[0])
    return f"{array[index]} in component {index}"
