"""Vectorized environments, and whole episodes for evaluation."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.environments.checked import CheckedEnvironment
from hibiscus.errors import HibiscusWarning

__all__ = ["Episodes", "VectorEnv", "play_episodes"]

RECENT = 20  # finished episodes whose mean return is logged during training

Policy = Callable[[Tensor], Tensor]
CreateEnvironment = Callable[[], CheckedEnvironment]


class VectorEnv:
    """Several copies of an environment that are stepped together; when an episode ends, the next one starts
    from the next seed.

    The internal state of an environment cannot be saved. The seed of its episode and the actions since then
    can, and lead to the same state.

    Args:
        create: creates the environment.
        count: number of copies.
        seeds: of the episodes, in order; once all are used they are offset, so that no episode is repeated.
    """

    def __init__(self, create: CreateEnvironment, count: int, seeds: Sequence[int]):
        self.envs = [create() for _ in range(count)]
        self.seeds, self.seed_offset = [int(seed) for seed in seeds], 1 + int(max(seeds))
        self.num_started, self.recent = 0, deque[float](maxlen=RECENT)
        self.current_seeds, self.actions, self.returns = (
            [0] * count,
            [list[int]() for _ in self.envs],
            [0.0] * count,
        )
        self.observation = np.zeros((count, *self.envs[0].observation_space.shape), np.float32)
        for index in range(count):
            self._next_episode(index)

    def _next_episode(self, index: int) -> None:
        cycle, number = divmod(self.num_started, len(self.seeds))
        self.num_started += 1
        self._reset(index, self.seeds[number] + cycle * self.seed_offset)

    def _reset(self, index: int, seed: int) -> None:
        self.current_seeds[index], self.actions[index], self.returns[index] = seed, [], 0.0
        self.observation[index] = self.envs[index].reset(seed)

    def step(self, actions: Sequence[int]) -> dict[str, np.ndarray]:
        """One step in each environment; returns the transitions, fields of `(count, ...)` for the replay
        buffer.
        """
        before, after = self.observation.copy(), self.observation
        reward, terminated = np.zeros(len(self.envs), np.float32), np.zeros(len(self.envs), np.float32)
        finished = []
        for index, (env, action) in enumerate(zip(self.envs, actions, strict=True)):
            after[index], reward[index], terminated[index], truncated = env.step(action)
            self.actions[index].append(action)
            self.returns[index] += float(reward[index])
            if terminated[index] or truncated:
                finished.append(index)
        transitions = {
            "observation": before,
            "action": np.array(actions),
            "reward": reward,
            "next_observation": after.copy(),
        }
        for index in finished:
            self.recent.append(self.returns[index])
            self._next_episode(index)
        return {**transitions, "terminated": terminated}

    def recent_return(self) -> float:
        """The mean return of the last finished episodes, or of the running ones while none has finished."""
        return float(np.mean(self.recent or self.returns))

    def state(self) -> dict[str, Any]:
        """Plain JSON values, from which `restore` leads to the same observations."""
        return {
            "begun": self.num_started,
            "started": self.current_seeds,
            "actions": self.actions,
            "recent": list(self.recent),
            "observation": self.observation.tolist(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Replays the running episodes up to the saved step.

        Warns:
            HibiscusWarning: an episode has not led to the saved observation.
        """
        for index, (seed, actions) in enumerate(zip(state["started"], state["actions"], strict=True)):
            self._reset(index, seed)
            for action in actions:
                self.observation[index], reward, *_ = self.envs[index].step(action)
                self.returns[index] += float(reward)
            self.actions[index] = list(actions)
        self.num_started, self.recent = state["begun"], deque(state["recent"], maxlen=RECENT)
        saved = state.get("observation")  # runs of earlier versions have none
        if saved is not None and not np.array_equal(self.observation, np.array(saved, np.float32)):
            warnings.warn(
                f"gym:{self.envs[0].name}: replaying the seeds and actions of the running episodes has not "
                "led to the saved observations, so the resumed run differs from an uninterrupted one",
                HibiscusWarning,
                stacklevel=2,
            )


@dataclass(frozen=True)
class Episodes:
    """Results of whole episodes: return, number of steps, and whether the time limit truncated them, each
    `(episodes,)`.
    """

    returns: np.ndarray
    steps: np.ndarray
    truncated: np.ndarray


def play_episodes(create: CreateEnvironment, seeds: Sequence[int] | np.ndarray, act: Policy) -> Episodes:
    """Plays one whole episode from each seed, all together.

    Args:
        create: creates the environment.
        seeds: of the episodes.
        act: from observations float32 `(running, observed)` to actions int64 `(running,)`.
    """
    envs = [create() for _ in seeds]
    returns, steps, truncated = np.zeros(len(envs)), np.zeros(len(envs), np.int64), np.zeros(len(envs), bool)
    observations = [env.reset(int(seed)) for env, seed in zip(envs, seeds, strict=True)]
    running = list(range(len(envs)))
    while running:
        actions = act(torch.from_numpy(np.stack([observations[index] for index in running]))).tolist()
        unfinished = []
        for index, action in zip(running, actions, strict=True):
            observations[index], reward, terminated, cut_off = envs[index].step(action)
            returns[index] += float(reward)
            steps[index] += 1
            truncated[index] = cut_off and not terminated
            if not (terminated or cut_off):
                unfinished.append(index)
        running = unfinished
    for env in envs:
        env.close()
    return Episodes(returns, steps, truncated)
