"""Environments: created by name, with the information that a network needs."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hibiscus.errors import DataError, nearest

__all__ = ["EnvironmentPreparation", "make_environment", "start_name"]


def start_name(name: str, seed: int) -> str:
    """The name of a start of an environment: `CartPole-v1#7`."""
    return f"{name}#{seed}"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses Gymnasium's log messages and warnings about older versions of environments."""
    logger = logging.getLogger("gymnasium")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)


def make_environment(name: str) -> Any:
    """A Gymnasium environment by its name, with its time limit and without the checks in each step.

    Raises:
        DataError: there is no environment of this name, or a package that it requires is missing.
    """
    import gymnasium
    from gymnasium.error import Error

    try:
        with _quiet():
            return gymnasium.make(name, disable_env_checker=True)
    except Error as error:
        known = list(gymnasium.registry)
        hint = nearest(name, known)
        is_typo = name not in known and hint.startswith("did you mean")
        fix = hint if is_typo else "gym:CartPole-v1, or install the package that it names"
        raise DataError(
            f"gym:{name}: {str(error).splitlines()[0]}", "an environment of Gymnasium", fix
        ) from None
    except ImportError as error:
        fix = f"pip install {error.name or 'gymnasium[all]'}"
        raise DataError(f"gym:{name}: {error}", "the packages that it requires", fix) from None


@dataclass(frozen=True)
class EnvironmentPreparation:
    r"""The information about an environment that networks and reports need; nothing else is learned.

    Args:
        name: its Gymnasium name.
        observed: the number of components of an observation.
        actions: the number of actions, numbered from 0.
        limit: the number of steps after which an episode is truncated; None for no limit.
        threshold: the mean return at which it counts as solved; None if it defines none.
    """

    kind: ClassVar[str] = "environment"
    name: str
    observed: int
    actions: int
    limit: int | None = None
    threshold: float | None = None

    @property
    def shape(self) -> tuple[int]:
        """The shape of the input of a network: `(components,)`."""
        return (self.observed,)

    @classmethod
    def fit(cls, starts: np.ndarray) -> EnvironmentPreparation:
        """Inspects the environment of the given starts, strings `(items,)` as written by `start_name`.

        Raises:
            DataError: its observations are not vectors, or its actions are not discrete.
        """
        from gymnasium import spaces

        name = str(starts[0]).rsplit("#", 1)[0]
        environment = make_environment(name)
        observations, actions = environment.observation_space, environment.action_space
        environment.close()
        fix = "use an environment such as CartPole-v1"
        if not isinstance(observations, spaces.Box) or len(observations.shape) != 1:
            raise DataError(
                f"gym:{name}: its observations are {observations}", "a vector of numbers (Box)", fix
            )
        if not isinstance(actions, spaces.Discrete):
            raise DataError(f"gym:{name}: its actions are {actions}", "numbered actions (Discrete)", fix)
        spec = environment.spec
        return cls(name, observations.shape[0], int(actions.n), spec.max_episode_steps, spec.reward_threshold)

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
        return cls(data["name"], data["observed"], data["actions"], data["limit"], data["threshold"])
