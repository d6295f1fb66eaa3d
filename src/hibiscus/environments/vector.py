"""Environments of one kind that are played side by side, and whole episodes for measuring."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.environments.preparation import make_environment

__all__ = ["Episodes", "VectorEnv", "play_episodes"]

RECENT = 20  # finished episodes whose mean return is shown while training

Act = Callable[[Tensor], Tensor]


class VectorEnv:
    """Some environments of one name; where an episode ends the next begins, from the next seed.

    An environment's own state cannot be saved. The seed of its episode and the actions since can, and lead to the same state.

    Args:
        name: as Gymnasium calls it.
        count: how many.
        seeds: of the episodes, one after another; when all are used they begin anew, shifted, so that no episode comes again.
    """

    def __init__(self, name: str, count: int, seeds: Sequence[int]):
        self.made = [make_environment(name) for _ in range(count)]
        self.seeds, self.shift = [int(seed) for seed in seeds], 1 + int(max(seeds))
        self.begun, self.recent = 0, deque[float](maxlen=RECENT)
        self.started, self.actions, self.returns = [0] * count, [list[int]() for _ in self.made], [0.0] * count
        self.observation = np.zeros((count, *self.made[0].observation_space.shape), np.float32)
        for index in range(count):
            self._begin(index)

    def _begin(self, index: int) -> None:
        turn, place = divmod(self.begun, len(self.seeds))
        self.begun += 1
        self._start(index, self.seeds[place] + turn * self.shift)

    def _start(self, index: int, seed: int) -> None:
        self.started[index], self.actions[index], self.returns[index] = seed, [], 0.0
        self.observation[index], _ = self.made[index].reset(seed=seed)

    def step(self, actions: Sequence[int]) -> dict[str, np.ndarray]:
        """One step in each; returns the transitions, fields of `(count, ...)` as a replay memory takes them."""
        before, after = self.observation.copy(), self.observation
        reward, terminated = np.zeros(len(self.made), np.float32), np.zeros(len(self.made), np.float32)
        ended = []
        for index, (made, action) in enumerate(zip(self.made, actions, strict=True)):
            after[index], reward[index], terminated[index], cut_off, _ = made.step(action)
            self.actions[index].append(action)
            self.returns[index] += float(reward[index])
            if terminated[index] or cut_off:
                ended.append(index)
        found = {"observation": before, "action": np.array(actions), "reward": reward, "next_observation": after.copy()}
        for index in ended:
            self.recent.append(self.returns[index])
            self._begin(index)
        return {**found, "terminated": terminated}

    def recent_return(self) -> float:
        """The mean return of the last finished episodes; of the running ones while there are none."""
        return float(np.mean(self.recent or self.returns))

    def state(self) -> dict[str, Any]:
        """Plain JSON values, from which `restore` leads to the same observations."""
        return {"begun": self.begun, "started": self.started, "actions": self.actions, "recent": list(self.recent)}

    def restore(self, state: dict[str, Any]) -> None:
        """Plays the running episodes again up to where they stood."""
        for index, (seed, actions) in enumerate(zip(state["started"], state["actions"], strict=True)):
            self._start(index, seed)
            for action in actions:
                self.observation[index], reward, *_ = self.made[index].step(action)
                self.returns[index] += float(reward)
            self.actions[index] = list(actions)
        self.begun, self.recent = state["begun"], deque(state["recent"], maxlen=RECENT)


@dataclass(frozen=True)
class Episodes:
    """What whole episodes brought: return, number of steps, and whether the time limit cut them off, each `(episodes,)`."""

    returns: np.ndarray
    steps: np.ndarray
    cut_off: np.ndarray


def play_episodes(name: str, seeds: Sequence[int] | np.ndarray, act: Act) -> Episodes:
    """Plays one whole episode from each seed, side by side.

    Args:
        name: as Gymnasium calls it; it must have a time limit, or end by itself.
        seeds: of the episodes.
        act: from observations float32 `(running, observed)` to actions int64 `(running,)`.
    """
    made = [make_environment(name) for _ in seeds]
    returns, steps, cut_off = np.zeros(len(made)), np.zeros(len(made), np.int64), np.zeros(len(made), bool)
    observations = [one.reset(seed=int(seed))[0] for one, seed in zip(made, seeds, strict=True)]
    running = list(range(len(made)))
    while running:
        actions = act(torch.from_numpy(np.stack([observations[index] for index in running]).astype(np.float32))).tolist()
        going_on = []
        for index, action in zip(running, actions, strict=True):
            observations[index], reward, terminated, cut, _ = made[index].step(action)
            returns[index] += float(reward)
            steps[index] += 1
            cut_off[index] = cut and not terminated
            if not (terminated or cut):
                going_on.append(index)
        running = going_on
    for one in made:
        one.close()
    return Episodes(returns, steps, cut_off)
