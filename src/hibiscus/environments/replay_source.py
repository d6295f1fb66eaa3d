r"""The source of off-policy learning: it plays the policy of the moment, remembers, and gives batches of what it remembers.

    every `updates` batches:  play `steps` steps by `act`;  then batch b = transitions drawn uniformly from the memory

These batches are drawn together, so whatever stays the same until the next ones (a target network's values) is computed once for all.
What is drawn follows from (seed, number of the batch) and the memory alone, and the running episodes from their seeds and actions, so
a saved position leads to the same batches to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.batches import mix_seed
from hibiscus.environments.replay_buffer import ReplayBuffer
from hibiscus.environments.vector import VectorEnv

__all__ = ["ReplayPlan", "ReplaySource"]

Explore = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class ReplayPlan:
    """How playing and learning take turns.

    Args:
        batch_size: transitions in a batch.
        steps: steps in the environments, over all of them, before each run of batches.
        updates: batches in such a run.
        warm_up: steps before the first batch.
        turns: runs of batches that count as an epoch.
    """

    batch_size: int = 64
    steps: int = 256
    updates: int = 128
    warm_up: int = 1000
    turns: int = 10


class ReplaySource:
    """Endless batches from a replay memory that is filled as they are taken.

    Args:
        environments: in which to play.
        memory: what holds the transitions.
        act: from observations float32 `(environments, observed)` and a generator to actions int64 `(environments,)`.
        plan: how playing and learning take turns.
        seed: of what is drawn.
        device: where batches go.
        look_ahead: from the fields `(updates, batch_size, ...)` of all batches until the next turn to further fields of that shape.
    """

    def __init__(
        self,
        environments: VectorEnv,
        memory: ReplayBuffer,
        act: Explore,
        plan: ReplayPlan,
        seed: int,
        device: torch.device,
        compute_targets: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda fields: {},
    ):
        self.environments, self.memory, self.act, self.plan = environments, memory, act, plan
        self.seed, self.device, self.compute_targets = seed, device, compute_targets
        self.batches_per_epoch = plan.turns * plan.updates
        self.index = 0
        self.drawn: list[dict[str, Tensor]] = []

    def next(self) -> Any:
        """The next batch: the fields of a replay memory, and `recent_return ()`, the mean return of the last episodes played."""
        turn, place = divmod(self.index, self.plan.updates)
        if place == 0:
            self._play(turn)
            self._draw(turn)
        self.index += 1
        return Batch(self.drawn[place])

    @torch.no_grad()
    def _play(self, turn: int) -> None:
        """As many steps as are due, by the policy of the moment; whole steps of all environments."""
        generator = torch.Generator().manual_seed(mix_seed(self.seed, turn, 0))
        due = self.plan.steps + (self.plan.warm_up if turn == 0 else 0)
        for _ in range(max(1, -(-due // len(self.environments.made)))):
            actions = self.act(torch.from_numpy(self.environments.observation), generator)
            found = self.environments.step(actions.tolist())
            self.memory.add({name: torch.from_numpy(values) for name, values in found.items()})

    @torch.no_grad()
    def _draw(self, turn: int) -> None:
        """All batches of a turn at once: the memory does not change in between."""
        generator = torch.Generator().manual_seed(mix_seed(self.seed, turn, 1))
        recent = torch.tensor(self.environments.recent_return(), device=self.device)
        drawn = self.memory.draw((self.plan.updates, self.plan.batch_size), generator)
        fields = {name: values.to(self.device) for name, values in drawn.items()}
        fields |= self.compute_targets(fields)
        parts = [values.unbind() for values in fields.values()]
        self.drawn = [{**dict(zip(fields, batch, strict=True)), "recent_return": recent} for batch in zip(*parts, strict=True)]

    def position(self) -> dict[str, Any]:
        """How many batches were taken, what the memory holds, and where the running episodes stand."""
        return {"index": self.index, "environments": self.environments.state(), **self.memory.state()}

    def restore(self, position: dict[str, Any]) -> None:
        """Goes back to a saved position."""
        self.index = position["index"]
        self.environments.restore(position["environments"])
        self.memory.restore(position)
        turn, place = divmod(self.index, self.plan.updates)
        if place:
            self._draw(turn)
