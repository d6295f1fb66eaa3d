r"""Deep Q-network (DQN): learns action values Q(s, a) from replayed transitions and acts greedily on them.

    loss = mean over sampled transitions of  smooth_l1(Q(s)[a] - y)
    y = r + gamma (1 - terminated) max over b of  Q_target(s')[b]

Q is fitted to a target that bootstraps from its own estimate for the next state. Two techniques keep this
stable: transitions are sampled from a replay buffer, so that the items of a batch are nearly uncorrelated,
and targets are computed by a target network, a copy of Q that is updated only at intervals. Actions are
epsilon-greedy, with epsilon decaying linearly from 1.

Use it for environments with discrete actions and episodes that are cheap to simulate. Returns fluctuate
during training; the network of the epoch with the best return on the validation seeds is kept. What most
often goes wrong is that the return rises and then collapses because Q diverges: try a smaller learning rate,
less frequent target updates (`target_update_interval=4`) or longer exploration.

Differences from the paper: an MLP on observation vectors instead of a convolutional network on frames; Adam
    with gradient clipping at norm 10 instead of RMSprop with a clipped error; each iteration collects 256
    steps from eight vectorized environments and then makes 128 updates. Defaults are those of rl-zoo for
    CartPole except for a linearly decaying learning rate and gamma 0.97 (rl-zoo: 0.99), chosen with seeds 0
    to 2; of three further seeds, one stayed below the solved threshold. With delayed rewards use
    `gamma=0.99`. If the time limit truncates an episode, the target still bootstraps; only a terminal state
    has value 0.

Reference: Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015; Raffin,
    rl-baselines3-zoo, 2020.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.environments.replay_buffer import ReplayBuffer
from hibiscus.environments.replay_source import ReplayPlan, ReplaySource
from hibiscus.environments.vector import VectorEnv
from hibiscus.evaluation.control import evaluate_policy, validate_policy
from hibiscus.losses import bellman_target, smooth_l1
from hibiscus.methods.augmentation import NetworkName, NetworkOptions
from hibiscus.networks.registry import build_network
from hibiscus.training.config import (
    BatchSize,
    ClipGradNorm,
    LearningRate,
    Precision,
    ScheduleName,
    TrainingConfig,
)
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Follower, Stage, frozen_copy

__all__ = ["DQN"]


class Config(TrainingConfig):
    """Options of `dqn`."""

    epochs: int = Field(
        20,
        ge=1,
        description="epochs of `iterations_per_epoch` iterations each; 20 epochs are 52,200 steps",
    )
    batch_size: BatchSize = 64
    learning_rate: LearningRate = 2.3e-3
    schedule: ScheduleName = "linear"
    clip_grad_norm: ClipGradNorm = 10.0
    precision: Precision = "float32"
    net: NetworkName = "mlp"
    net_options: NetworkOptions = Field(default_factory=dict)
    gamma: float = Field(0.97, ge=0, le=1, description="discount factor")
    num_envs: int = Field(8, ge=1, description="vectorized environments")
    steps_per_iteration: int = Field(
        256, ge=1, description="environment steps collected per iteration, over all environments"
    )
    updates_per_iteration: int = Field(128, ge=1, description="gradient steps per iteration")
    iterations_per_epoch: int = Field(10, ge=1, description="iterations per epoch")
    learning_starts: int = Field(
        1000, ge=0, description="steps collected with random actions before the first update"
    )
    buffer_size: int = Field(100_000, ge=1, description="capacity of the replay buffer, in transitions")
    target_update_interval: int = Field(
        1, ge=1, description="iterations between two updates of the target network"
    )
    final_epsilon: float = Field(0.04, ge=0, le=1, description="final probability of a random action")
    exploration_fraction: float = Field(
        0.16, gt=0, le=1, description="fraction of training over which epsilon decays"
    )


class DQN(Method):
    """One player, trained on transitions from the replay buffer, and a target network that follows it."""

    name = "dqn"
    title = "Deep Q-network"
    family = "control"
    summary = "reinforcement learning of action values for discrete actions"
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
        """The Q-network and the target network."""
        environment = self.preparation["environment"]
        network = build_network(
            self.config.net, environment.shape, environment.actions, **self.config.net_options
        )
        return {"network": network, "target": frozen_copy(network)}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage; its source collects transitions with the current policy."""
        config, environment = self.config, self.preparation["environment"]
        vector_env = VectorEnv(
            environment.create, config.num_envs, data.values("environment", "train").tolist()
        )
        replay_buffer = ReplayBuffer(config.buffer_size, environment.observed)
        plan = ReplayPlan(**{name: getattr(config, name) for name in ReplayPlan.__dataclass_fields__})
        source = ReplaySource(
            vector_env,
            replay_buffer,
            self.epsilon_greedy,
            plan,
            config.seed,
            data.device,
            self.compute_targets,
        )
        player = config.player("agent", self.network, self.loss)
        target_update = Follower(
            self.target, self.network, every=config.target_update_interval * config.updates_per_iteration
        )
        yield Stage([player], config.epochs, source, [target_update], self.decay_epsilon)

    def decay_epsilon(self, progress: float) -> None:
        """Lowers epsilon linearly from 1 to `final_epsilon`."""
        fraction = min(1.0, progress / self.config.exploration_fraction)
        self.epsilon = 1 - fraction * (1 - self.config.final_epsilon)

    def act(self, observation: Tensor) -> Tensor:
        """The greedy actions int64 `(items,)` for observations `(items, observed)`."""
        return self.network(observation.to(self.device)).argmax(1).cpu()

    def epsilon_greedy(self, observation: Tensor, generator: torch.Generator) -> Tensor:
        """Epsilon-greedy actions: each greedy action is replaced by a random one with probability epsilon."""
        random_actions = torch.randint(
            self.preparation["environment"].actions, (len(observation),), generator=generator
        )
        is_random = torch.rand(len(observation), generator=generator) < self.epsilon
        return torch.where(is_random, random_actions, self.act(observation))

    def compute_targets(self, batches: dict[str, Tensor]) -> dict[str, Tensor]:
        """The targets y for all batches of an iteration; the target network does not change in between."""
        next_value = self.target(batches["next_observation"].flatten(0, 1)).amax(1).view_as(batches["reward"])
        return {
            "target": bellman_target(batches["reward"], batches["terminated"], next_value, self.config.gamma)
        }

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The error between the values of the actions taken and their temporal-difference targets."""
        value = self.network(batch.observation).gather(1, batch.action.unsqueeze(1)).squeeze(1).float()
        return smooth_l1(value, batch.target), {
            "value": value.detach().mean(),
            "recent_return": batch.recent_return,
        }

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The mean return of the greedy policy over the seeds of a part."""
        return validate_policy(self.act, data, part)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """Returns compared with those of random actions, and with the solved threshold if there is one."""
        return evaluate_policy(self.act, data, part)
