r"""DQN: learns what each action is worth in each state, from remembered steps, and takes the best.

    loss = mean over remembered steps of  smooth_l1(Q(s)[a] - y),    y = r + discount (1 - terminated) max over b of  Q_target(s')[b]

The agent plays by Q itself, at first mostly at random (epsilon falls from 1), and keeps its steps in a replay memory. Batches drawn
from there are hardly correlated, as neighbouring steps would be. The target network is a copy of Q that stands still between two
copies, so that Q does not chase itself.

Use it for environments with numbered actions whose episodes are cheap to play. The returns of training go up and down; the
network of the best epoch on the validation starts is kept. What most often goes wrong is a return that rises and then falls for
good: Q grows without end. A smaller rate, rarer copies (`target_update_interval=4`) or a longer exploration help.

Departs: a small network on a vector of numbers, not on frames; Adam and a gradient clipped at norm 10 for RMSprop and a clipped
error; playing and learning take turns of 256 steps and 128 batches, with eight environments side by side. The defaults are those of
rl-zoo for CartPole, but for a rate that falls to 0 and a discount of 0.97 (0.99 there): with both as there one training in three
stayed below what counts as solved. Where rewards come late, take `gamma=0.99`. An episode that the time limit cut off goes on in
the target: only an end by itself is worth nothing.

Reference: Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015; Raffin, rl-baselines3-zoo, 2020.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.environments.replay_buffer import ReplayBuffer
from hibiscus.environments.replay_source import ReplayPlan, ReplaySource
from hibiscus.environments.vector import VectorEnv
from hibiscus.evaluation import control as evidence
from hibiscus.losses import bellman_target, smooth_l1
from hibiscus.networks.registry import build_network
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["DQN"]


class Config(TrainingConfig):
    """Options of `dqn`."""

    epochs: int = Field(20, ge=1, description="epochs of `turns` turns; 20 are some 50,000 steps")
    batch_size: int = Field(64, ge=1, description="remembered steps in a batch")
    learning_rate: float = Field(2.3e-3, gt=0, description="learning rate at the start")
    schedule: Literal["constant", "cosine", "linear", "one-cycle", "steps"] = Field("linear", description="course of the learning rate")
    clip_grad_norm: float | None = Field(10.0, gt=0, description="largest norm of the whole gradient")
    precision: Literal["auto", "float32", "bfloat16"] = Field("float32", description="type of the matrix products")
    net: str = Field("mlp", description="network: a name from `hibiscus list`, or module.path:function")
    net_options: dict[str, Any] = Field(default_factory=dict, description="options of the network, written net.NAME=value")
    gamma: float = Field(0.97, ge=0, le=1, description="what a reward one step later is worth")
    num_envs: int = Field(8, ge=1, description="environments played side by side")
    steps_per_iteration: int = Field(256, ge=1, description="steps in a turn, over all environments")
    updates_per_iteration: int = Field(128, ge=1, description="batches in a turn")
    iterations_per_epoch: int = Field(10, ge=1, description="turns in an epoch")
    learning_starts: int = Field(1000, ge=0, description="steps before the first batch, all at random")
    buffer_size: int = Field(100_000, ge=1, description="steps that are remembered")
    target_update_interval: int = Field(1, ge=1, description="turns between two copies into the target network")
    final_epsilon: float = Field(0.04, ge=0, le=1, description="share of random actions in the end")
    exploration_fraction: float = Field(0.16, gt=0, le=1, description="share of the training in which random actions become so few")


class DQN(Method):
    """One player on remembered steps, and a target network that follows it."""

    name, title, family = "dqn", "Deep Q-network", "control"
    needs = frozenset({"environment"})
    selection_metric = SelectionMetric("mean_return")
    smoke_test = SmokeTest(
        "gym:CartPole-v1",
        {
            "epochs": 2,
            "iterations_per_epoch": 2,
            "updates_per_iteration": 2,
            "steps_per_iteration": 20,
            "learning_starts": 30,
            "buffer_size": 100,
            "num_envs": 3,
            "batch_size": 16,
        },
    )
    Config = Config

    network: nn.Module
    target: nn.Module
    epsilon = 1.0

    def networks(self) -> dict[str, nn.Module]:
        """Q, and the copy of it that targets are made of."""
        environment = self.preparation["environment"]
        network = build_network(self.config.net, environment.shape, environment.actions, **self.config.net_options)
        return {"network": network, "target": frozen_copy(network)}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, whose source plays by what was learned so far."""
        config, environment = self.config, self.preparation["environment"]
        vector_env = VectorEnv(environment.name, config.num_envs, data.values("environment", "train").tolist())
        memory = ReplayBuffer(config.buffer_size, environment.observed)
        plan = ReplayPlan(
            config.batch_size, config.steps_per_iteration, config.updates_per_iteration, config.learning_starts, config.iterations_per_epoch
        )
        source = ReplaySource(vector_env, memory, self.explore, plan, config.seed, data.device, self.wanted)
        player = config.player("agent", self.network, self.loss)
        copies = Follower(self.target, self.network, every=config.target_update_interval * config.updates_per_iteration)
        yield Stage([player], config.epochs, source, [copies], self.decay_epsilon)

    def decay_epsilon(self, progress: float) -> None:
        """Lets the share of random actions fall in a straight line from 1."""
        done = min(1.0, progress / self.config.exploration_fraction)
        self.epsilon = 1 - done * (1 - self.config.final_epsilon)

    def act(self, observation: Tensor) -> Tensor:
        """The best actions int64 `(items,)` for observations `(items, observed)`."""
        return self.network(observation.to(self.device)).argmax(1).cpu()

    def explore(self, observation: Tensor, generator: torch.Generator) -> Tensor:
        """The best actions, a share `epsilon` of them replaced by random ones."""
        drawn = torch.randint(self.preparation["environment"].actions, (len(observation),), generator=generator)
        at_random = torch.rand(len(observation), generator=generator) < self.epsilon
        return torch.where(at_random, drawn, self.act(observation))

    def wanted(self, batches: dict[str, Tensor]) -> dict[str, Tensor]:
        """Y for all batches of a turn at once, in which the target network stands still."""
        next_value = self.target(batches["next_observation"].flatten(0, 1)).amax(1).view_as(batches["reward"])
        return {"wanted": bellman_target(batches["reward"], batches["terminated"], next_value, self.config.gamma)}

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """How far Q of the taken actions is from reward and the target network's future."""
        value = self.network(batch.observation).gather(1, batch.action.unsqueeze(1)).squeeze(1).float()
        return smooth_l1(value, batch.wanted), {"value": value.detach().mean(), "recent_return": batch.recent_return}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The mean return over a part's starts, without random actions."""
        return evidence.validate_policy(self.act, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Returns beside random actions, and the mean that counts as solved where the environment names one."""
        return evidence.evaluate_policy(self.act, data, part)
