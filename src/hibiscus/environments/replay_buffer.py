"""A replay buffer: holds the most recent transitions in tensors of fixed size."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["ReplayBuffer"]

Transitions = dict[str, Tensor]


class ReplayBuffer:
    """Holds the most recent transitions and samples from them uniformly.

    Args:
        capacity: largest number of transitions.
        observed: number of components of an observation.

    Fields of a transition:
        `observation` and `next_observation` float32 `(observed,)`, `action` int64, `reward` float32,
        `terminated` float32: 1 where the next state is terminal. It is 0 if a time limit truncated the
        episode, since the next state still has a value.
    """

    def __init__(self, capacity: int, observed: int):
        self.capacity, self.size, self.position = capacity, 0, 0
        self.fields: Transitions = {
            "observation": torch.zeros(capacity, observed),
            "action": torch.zeros(capacity, dtype=torch.int64),
            "reward": torch.zeros(capacity),
            "next_observation": torch.zeros(capacity, observed),
            "terminated": torch.zeros(capacity),
        }

    def add(self, transitions: Transitions) -> None:
        """Stores transitions `(count, ...)`, at most as many as the capacity, in place of the oldest."""
        count = len(transitions["action"])
        first = min(
            count, self.capacity - self.position
        )  # up to the end of the tensors; the others wrap around
        for name, stored in self.fields.items():
            stored[self.position : self.position + first] = transitions[name][:first]
            stored[: count - first] = transitions[name][first:]
        self.size = min(self.capacity, self.size + count)
        self.position = (self.position + count) % self.capacity

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Transitions:
        """Transitions sampled uniformly with replacement; fields of shape `(*shape, ...)`."""
        indices = torch.randint(self.size, (math.prod(shape),), generator=generator)
        return {
            name: stored.index_select(0, indices).view(*shape, *stored.shape[1:])
            for name, stored in self.fields.items()
        }

    def state(self) -> dict[str, Tensor | int]:
        """The contents, for a checkpoint."""
        return {
            "place": self.position,
            **{f"memory.{name}": stored[: self.size].clone() for name, stored in self.fields.items()},
        }

    def restore(self, state: dict[str, Tensor | int]) -> None:
        """Restores what `state` returned."""
        self.position = int(state["place"])
        for name, stored in self.fields.items():
            saved = state[f"memory.{name}"]
            assert isinstance(saved, Tensor)
            self.size = len(saved)
            stored[: self.size] = saved
