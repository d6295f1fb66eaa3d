"""Environments that an agent acts in: made by their name, and what a network must know of them."""

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
    """How a start of an environment is written: `CartPole-v1#7`."""
    return f"{name}#{seed}"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Gymnasium warns of older versions on its own logger and by warnings; neither stops anything."""
    logger = logging.getLogger("gymnasium")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)


def make_environment(name: str) -> Any:
    """A Gymnasium environment by its name, with its time limit and without the checks that cost each step.

    Raises:
        DataError: no environment of this name, or a package that it needs is missing.
    """
    import gymnasium
    from gymnasium.error import Error

    try:
        with _quiet():
            return gymnasium.make(name, disable_env_checker=True)
    except Error as error:
        known = list(gymnasium.registry)
        hint = nearest(name, known)
        fix = hint if name not in known and hint.startswith("did you mean") else "gym:CartPole-v1, or install the package that it names"
        raise DataError(f"gym:{name}: {str(error).splitlines()[0]}", "an environment that Gymnasium knows", fix) from None
    except ImportError as error:
        raise DataError(f"gym:{name}: {error}", "the packages that it needs", f"pip install {error.name or 'gymnasium[all]'}") from None


@dataclass(frozen=True)
class EnvironmentPreparation:
    r"""What a network and a report must know of an environment; nothing else is learned of it.

    Args:
        name: as Gymnasium calls it.
        observed: numbers in an observation.
        actions: how many there are to choose from, numbered from 0.
        limit: steps after which an episode is cut off; None for never.
        threshold: the mean return at which it counts as solved; None where its makers gave none.
    """

    kind: ClassVar[str] = "environment"
    name: str
    observed: int
    actions: int
    limit: int | None = None
    threshold: float | None = None

    @property
    def shape(self) -> tuple[int]:
        """What a network takes: `(numbers,)`."""
        return (self.observed,)

    @classmethod
    def fit(cls, starts: np.ndarray) -> EnvironmentPreparation:
        """Reads off the environment whose starts are given, texts `(items,)` as `start_name` writes them.

        Raises:
            DataError: what is observed is not a vector of numbers, or actions are not numbered.
        """
        from gymnasium import spaces

        name = str(starts[0]).rsplit("#", 1)[0]
        environment = make_environment(name)
        seen, actions = environment.observation_space, environment.action_space
        environment.close()
        if not isinstance(seen, spaces.Box) or len(seen.shape) != 1:
            raise DataError(f"gym:{name}: its observations are {seen}", "a vector of numbers (Box)", "an environment such as CartPole-v1")
        if not isinstance(actions, spaces.Discrete):
            raise DataError(f"gym:{name}: its actions are {actions}", "numbered actions (Discrete)", "an environment such as CartPole-v1")
        spec = environment.spec
        return cls(name, seen.shape[0], int(actions.n), spec.max_episode_steps, spec.reward_threshold)

    def encode(self, starts: Any) -> np.ndarray:
        """The seeds int64 `(items,)` of starts.

        Raises:
            DataError: starts of another environment.
        """
        parted = [str(start).rsplit("#", 1) for start in starts]
        other = next((name for name, _ in parted if name != self.name), None)
        if other is not None:
            raise DataError(f"starts of {other}", f"starts of {self.name}, which was learned", f"gym:{self.name}")
        return np.array([int(seed) for _, seed in parted], np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, **vars(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EnvironmentPreparation:
        """The same again."""
        return cls(data["name"], data["observed"], data["actions"], data["limit"], data["threshold"])
