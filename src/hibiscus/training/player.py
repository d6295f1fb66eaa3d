r"""Players, followers and stages: the three building blocks of every training.

A supervised method has one player, a GAN two, CycleGAN two with two networks each. In each round every player
takes its steps, in the declared order:

    theta <- theta - step(gradient of loss(batch) with respect to theta),    theta = the player's own
    parameters

The gradient is computed only for the player's own parameters, so nothing has to be frozen or detached.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch, Source
from hibiscus.errors import ConfigError
from hibiscus.sharding import sharded
from hibiscus.training.optimizers import Optimizer, Updates, clip_gradients
from hibiscus.training.schedules import Schedule, constant

__all__ = ["Follower", "Loss", "Player", "Stage", "frozen_copy"]


def frozen_copy(network: nn.Module) -> nn.Module:
    """A copy that requires no gradient: for a `Follower`, or a target network."""
    return copy.deepcopy(network).requires_grad_(False)


Loss = Callable[[Batch], tuple[Tensor, Mapping[str, Tensor]]]


class Player:
    """Owns networks and trains their parameters with one loss and one optimizer.

    Args:
        name: its name in the log.
        networks: the networks whose parameters it owns.
        loss: maps a batch to a scalar to be minimized and named terms for the log (detached scalars).
        optimizer: the optimizer and its settings.
        batches_per_round: the number of new batches in a round, with a step on each; 0 for one step on the
            batch of the player before it.
        schedule: factor of the learning rate as a function of the stage's progress from 0 to 1.
        clip_grad_norm: maximum norm of the whole gradient; None for no limit.
        clip_grad_value: maximum absolute value of each component, applied first; None for no limit.
        after_step: called after each step, for example a weight constraint.
        lr_factors: factors of the learning rate of some parameters; 1 for the others.
    """

    def __init__(
        self,
        name: str,
        networks: nn.Module | Sequence[nn.Module],
        loss: Loss,
        optimizer: Optimizer,
        *,
        batches_per_round: int = 1,
        schedule: Schedule = constant,
        clip_grad_norm: float | None = None,
        clip_grad_value: float | None = None,
        after_step: Callable[[], None] | None = None,
        lr_factors: Mapping[nn.Parameter, float] | None = None,
    ):
        self.name, self.loss, self.batches_per_round, self.schedule = name, loss, batches_per_round, schedule
        self.clip_grad_norm, self.clip_grad_value = clip_grad_norm, clip_grad_value
        self.after_step, self.lr_factors = after_step, lr_factors
        self.networks = [networks] if isinstance(networks, nn.Module) else list(networks)
        self.settings = optimizer
        self.lr_factor = 1.0  # reductions on plateaus; multiplies the schedule, so neither undoes the other

    @cached_property
    def parameters(self) -> list[nn.Parameter]:
        """The parameters it owns, collected when its stage begins, after the networks have grown."""
        return [p for network in self.networks for p in network.parameters() if p.requires_grad]

    @cached_property
    def optimizer(self) -> Updates:
        """Its optimizer over its parameters."""
        return self.settings.build(self.parameters, self.lr_factors)

    def set_lr(self, progress: float) -> None:
        """Sets the learning rate for the stage's progress from 0 to 1."""
        self.optimizer.lr = self.settings.lr * self.schedule(progress) * self.lr_factor

    def step(
        self,
        batch: Batch,
        precision: Callable[[], Any],
        combine: Callable[[Sequence[nn.Parameter]], None] | None = None,
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Takes one step on one batch; returns the loss, detached, and its terms.

        Args:
            batch: the argument of its loss.
            precision: returns the context in which the loss is computed.
            combine: averages the gradients over the processes, if there are several.
        """
        try:
            with precision(), sharded(batch.shard):
                loss, terms = self.loss(batch)
        except ValueError as error:
            if batch.size == 1 and "more than 1 value per channel" in str(error):
                raise _no_batch_statistics() from error
            raise
        if batch.shard is not None:
            weight = batch.shard.weight
            loss, terms = loss * weight, {name: value * weight for name, value in terms.items()}
        # As zero_grad does, without its profiling, which costs a thirtieth of a small step.
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward(inputs=self.parameters)
        if combine is not None:
            combine(self.parameters)
        if self.clip_grad_value is not None:
            nn.utils.clip_grad_value_(self.parameters, self.clip_grad_value)
        if self.clip_grad_norm is not None:
            clip_gradients(self.parameters, self.clip_grad_norm)
        self.optimizer.step()
        if self.after_step is not None:
            self.after_step()
        return loss.detach(), terms


def _no_batch_statistics() -> ConfigError:
    return ConfigError(
        "a batch of one item: batch normalization has no statistics of a single value",
        "batches of two items or more",
        "batch_size=2 or more (and a training part of two items or more), or a network without batch norm",
    )


class Follower:
    r"""Copies the weights of one network into another, completely or as an exponential moving average.

        follower <- decay follower + (1 - decay) leader        every `every` rounds

    Args:
        follower: the network that is updated; no player owns it.
        leader: the network that is followed.
        decay: 0 for a plain copy (the target network of DQN), close to 1 for an average.
        every: rounds between two updates.
        warm_up: whether the decay grows as `(1 + t) / (10 + t)` towards its value, where t counts the updates
            of a stage from 0, so that early weights are forgotten, those of an earlier stage included.
    """

    def __init__(
        self,
        follower: nn.Module,
        leader: nn.Module,
        decay: float = 0.0,
        every: int = 1,
        warm_up: bool = False,
    ):
        self.follower, self.leader, self.decay, self.every, self.warm_up = (
            follower,
            leader,
            decay,
            every,
            warm_up,
        )

    @torch.no_grad()
    def follow(self, round_number: int) -> None:
        """Updates the follower if this is the last of `every` rounds; `round_number` counts from 0."""
        if (round_number + 1) % self.every:
            return
        updates = round_number // self.every
        decay = min(self.decay, (1 + updates) / (10 + updates)) if self.warm_up else self.decay
        for average, weight in zip(self.follower.parameters(), self.leader.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)
        for copy_, buffer in zip(self.follower.buffers(), self.leader.buffers(), strict=True):
            copy_.copy_(buffer)


@dataclass
class Stage:
    """A period of training with a fixed list of players.

    Args:
        players: in the order in which they take their steps.
        epochs: its length, in passes over the source.
        source: supplies the batches.
        followers: updated after each round.
        before_round: called before each round with the stage's progress from 0 to 1, for schedules other than
            that of the learning rate, such as fading in a new layer.
        data: returns the data that is validated, if it is other than that of the run: for players that take
            precomputed features instead of images.
        refines: whether the networks were complete in the stage before, so that the best checkpoint may be
            from there.
    """

    players: Sequence[Player]
    epochs: int
    source: Source
    followers: Sequence[Follower] = field(default_factory=tuple)
    before_round: Callable[[float], None] | None = None
    data: Callable[[], Any] | None = None
    refines: bool = False

    @property
    def rounds_per_epoch(self) -> int:
        """Rounds in which the players use up one pass over the source."""
        return max(
            1,
            self.source.batches_per_epoch // max(1, sum(player.batches_per_round for player in self.players)),
        )

    @property
    def rounds(self) -> int:
        """Rounds in the whole stage."""
        return self.epochs * self.rounds_per_epoch
