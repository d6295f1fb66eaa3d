r"""The source of off-policy learning: it collects transitions with the current policy and provides batches
from the replay buffer.

    each iteration:  collect `steps_per_iteration` steps by `act`;
                     then each of `updates_per_iteration` batches contains transitions sampled uniformly from
                     the replay buffer

The batches of an iteration are sampled together, so that anything that does not change between them, such as
the values of a target network, is computed once for all batches. Samples are determined by (seed, iteration)
and the contents of the buffer, and running episodes by their seeds and actions, so a restored position leads
to bit-identical batches.
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

BehaviorPolicy = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class ReplayPlan:
    """How collecting steps and updating the networks alternate.

    Args:
        batch_size: transitions in a batch.
        steps_per_iteration: environment steps collected in an iteration, over all environments.
        updates_per_iteration: batches in an iteration.
        learning_starts: steps collected in addition before the first batch.
        iterations_per_epoch: iterations in an epoch.
    """

    batch_size: int = 64
    steps_per_iteration: int = 256
    updates_per_iteration: int = 128
    learning_starts: int = 1000
    iterations_per_epoch: int = 10


class ReplaySource:
    """Endless batches from a replay buffer that is filled during training.

    Args:
        vector_env: the environments.
        replay_buffer: holds the transitions.
        act: from observations float32 `(environments, observed)` and a generator to actions int64
            `(environments,)`.
        plan: how collecting and updating alternate.
        seed: random seed.
        device: device of the batches.
        compute_targets: from the fields `(updates, batch_size, ...)` of all batches of an iteration to
            further fields of that shape.
    """

    def __init__(
        self,
        vector_env: VectorEnv,
        replay_buffer: ReplayBuffer,
        act: BehaviorPolicy,
        plan: ReplayPlan,
        seed: int,
        device: torch.device,
        compute_targets: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda fields: {},
    ):
        self.vector_env, self.replay_buffer, self.act, self.plan = vector_env, replay_buffer, act, plan
        self.seed, self.device, self.compute_targets = seed, device, compute_targets
        self.batches_per_epoch = plan.iterations_per_epoch * plan.updates_per_iteration
        self.index = 0
        self.batches: list[dict[str, Tensor]] = []

    def next(self) -> Any:
        """The next batch: the fields of the replay buffer and `recent_return ()`, the mean return of the last
        episodes.
        """
        iteration, update = divmod(self.index, self.plan.updates_per_iteration)
        if update == 0:
            self._collect(iteration)
            self._sample(iteration)
        self.index += 1
        return Batch(self.batches[update])

    @torch.no_grad()
    def _collect(self, iteration: int) -> None:
        """Collects the steps of an iteration with the current policy; every environment makes as many steps
        as the others.
        """
        generator = torch.Generator().manual_seed(mix_seed(self.seed, iteration, 0))
        steps = self.plan.steps_per_iteration + (self.plan.learning_starts if iteration == 0 else 0)
        for _ in range(max(1, -(-steps // len(self.vector_env.envs)))):
            actions = self.act(torch.from_numpy(self.vector_env.observation), generator)
            transitions = self.vector_env.step(actions.tolist())
            self.replay_buffer.add({name: torch.from_numpy(values) for name, values in transitions.items()})

    @torch.no_grad()
    def _sample(self, iteration: int) -> None:
        """Samples all batches of an iteration, during which the replay buffer does not change."""
        generator = torch.Generator().manual_seed(mix_seed(self.seed, iteration, 1))
        recent = torch.tensor(self.vector_env.recent_return(), device=self.device)
        samples = self.replay_buffer.sample(
            (self.plan.updates_per_iteration, self.plan.batch_size), generator
        )
        fields = {name: values.to(self.device) for name, values in samples.items()}
        fields |= self.compute_targets(fields)
        columns = [values.unbind() for values in fields.values()]
        self.batches = [
            {**dict(zip(fields, batch, strict=True)), "recent_return": recent}
            for batch in zip(*columns, strict=True)
        ]

    def position(self) -> dict[str, Any]:
        """The number of batches taken, the contents of the replay buffer, and the state of the running
        episodes.
        """
        return {"index": self.index, "environments": self.vector_env.state(), **self.replay_buffer.state()}

    def restore(self, position: dict[str, Any]) -> None:
        """Goes back to a saved position."""
        self.index = position["index"]
        self.vector_env.restore(position["environments"])
        self.replay_buffer.restore(position)
        iteration, update = divmod(self.index, self.plan.updates_per_iteration)
        if update:
            self._sample(iteration)
