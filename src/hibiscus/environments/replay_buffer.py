"""A replay memory: the last so many transitions in tensors of a fixed size, the oldest overwritten first."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["ReplayBuffer"]

Transitions = dict[str, Tensor]


class ReplayBuffer:
    """Holds the newest transitions, and draws from them uniformly.

    Args:
        capacity: most transitions.
        observed: numbers in an observation.

    Fields of a transition:
        `observation` and `next_observation` float32 `(observed,)`, `action` int64, `reward` float32, `terminated` float32: 1 where
        the episode ended by itself. Where it was cut off by a time limit it is 0, for the future would have gone on.
    """

    def __init__(self, capacity: int, observed: int):
        self.capacity, self.size, self.place = capacity, 0, 0
        self.fields: Transitions = {
            "observation": torch.zeros(capacity, observed),
            "action": torch.zeros(capacity, dtype=torch.int64),
            "reward": torch.zeros(capacity),
            "next_observation": torch.zeros(capacity, observed),
            "terminated": torch.zeros(capacity),
        }

    def add(self, transitions: Transitions) -> None:
        """Keeps transitions `(count, ...)`, at most as many as the capacity, in place of the oldest."""
        count = len(transitions["action"])
        first = min(count, self.capacity - self.place)  # to the end of the tensors; the rest goes to their beginning
        for name, kept in self.fields.items():
            kept[self.place : self.place + first] = transitions[name][:first]
            kept[: count - first] = transitions[name][first:]
        self.size = min(self.capacity, self.size + count)
        self.place = (self.place + count) % self.capacity

    def draw(self, shape: tuple[int, ...], generator: torch.Generator) -> Transitions:
        """Transitions drawn uniformly, with replacement; fields of `(*shape, ...)`."""
        chosen = torch.randint(self.size, (math.prod(shape),), generator=generator)
        return {name: kept.index_select(0, chosen).view(*shape, *kept.shape[1:]) for name, kept in self.fields.items()}

    def state(self) -> dict[str, Tensor | int]:
        """What is held, for a checkpoint."""
        return {"place": self.place, **{f"memory.{name}": kept[: self.size].clone() for name, kept in self.fields.items()}}

    def restore(self, state: dict[str, Tensor | int]) -> None:
        """Takes what `state` gave."""
        self.place = int(state["place"])
        for name, kept in self.fields.items():
            saved = state[f"memory.{name}"]
            assert isinstance(saved, Tensor)
            self.size = len(saved)
            kept[: self.size] = saved
