"""The preparation of an environment: the information that a network needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.data.environments.checked import CheckedEnvironment, is_supported
from hibiscus.data.environments.create import make_environment
from hibiscus.errors import DataError
from hibiscus.typed_values import Number, Size, typed_value

__all__ = ["EnvironmentPreparation", "start_name"]


def start_name(name: str, seed: int) -> str:
    """The name of a start of an environment: `CartPole-v1#7`."""
    return f"{name}#{seed}"


@dataclass(frozen=True)
class EnvironmentPreparation:
    r"""The information about an environment that networks and reports need; nothing else is learned.

    Args:
        name: its Gymnasium name.
        observed: the number of components of an observation.
        actions: the number of actions, numbered from 0.
        limit: the number of steps after which an episode is truncated; None for that of the environment.
        threshold: the mean return at which it counts as solved; None if it defines none.
    """

    kind: ClassVar[str] = "environment"
    name: str
    observed: Size
    actions: Size
    limit: Size | None = None
    threshold: Number | None = None

    @property
    def shape(self) -> tuple[int]:
        """The shape of the input of a network: `(components,)`."""
        return (self.observed,)

    @classmethod
    def fit(cls, starts: np.ndarray, limit: int | None = None) -> EnvironmentPreparation:
        """Inspects the environment of the given starts, strings `(items,)` as written by `start_name`.

        Args:
            starts: those of one environment.
            limit: the number of steps after which an episode is truncated; None for that of the environment.

        Raises:
            DataError: its observations are not vectors, or its actions are not discrete.
        """
        name = str(starts[0]).rsplit("#", 1)[0]
        environment = make_environment(name, limit)
        environment.close()
        observations, actions = environment.observation_space, environment.action_space
        if not is_supported(environment):
            is_vector = len(environment.shape or ()) == 1
            fault = f"its actions are {actions}" if is_vector else f"its observations are {observations}"
            expected = "numbered actions (Discrete)" if is_vector else "a vector of numbers (Box)"
            raise DataError(f"gym:{name}: {fault}", expected, "use an environment such as CartPole-v1")
        threshold = environment.env.spec.reward_threshold
        return cls(name, observations.shape[0], int(actions.n), environment.limit, threshold)

    def create(self) -> CheckedEnvironment:
        """The environment, with the step limit of the run.

        Raises:
            DataError: it cannot be created.
        """
        return make_environment(self.name, self.limit)

    def encode(self, starts: Any) -> np.ndarray:
        """The seeds int64 `(items,)` of starts.

        Raises:
            DataError: starts of another environment.
        """
        names_and_seeds = [str(start).rsplit("#", 1) for start in starts]
        other = next((name for name, _ in names_and_seeds if name != self.name), None)
        if other is not None:
            raise DataError(
                f"starts of {other}", f"starts of {self.name}, as in training", f"gym:{self.name}"
            )
        return np.array([int(seed) for _, seed in names_and_seeds], np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, **vars(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EnvironmentPreparation:
        """The saved preparation."""
        return typed_value(cls, data)
