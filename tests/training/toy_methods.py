"""Small methods unlike a classifier: two players, a follower, and networks that grow between stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.training.callbacks import BestCheckpoint, Callback
from hibiscus.training.config import TrainingConfig
from hibiscus.training.log_file import LogFile
from hibiscus.training.loop import Loop
from hibiscus.training.method import Evaluation, Method, SelectionMetric
from hibiscus.training.player import Follower, Stage


def array_data(count: int = 70, seed: int = 0) -> PreparedData:
    values = np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)
    dataset = Dataset("toy", "toy", {"array": values}, [str(i) for i in range(count)], content_keys(values))
    parts = {"train": np.arange(count - 20), "val": np.arange(count - 20, count)}
    return PreparedData(dataset, Preparation({"array": ArrayPreparation.fit(values)}), parts)


class Lines(Callback):
    """Keeps the epochs' lines."""

    def __init__(self):
        self.lines = []

    def on_epoch(self, loop, line):
        self.lines.append(line)


class Game(Method):
    """A generator against a critic that takes three batches to its one, and an averaged generator."""

    name, title, family = "toy-game", "Toy game", "toys"
    needs = frozenset()
    selection_metric = SelectionMetric("distance", higher_is_better=False)
    Config = TrainingConfig

    def networks(self):
        generator = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 3))
        average = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 3)).requires_grad_(
            False
        )
        critic = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))
        return {"generator": generator, "critic": critic, "average": average}

    def stages(self, data):
        players = [
            self.config.player("critic", self.critic, self.critic_loss, batches_per_round=3),
            self.config.player("generator", self.generator, self.generator_loss, batches_per_round=0),
        ]
        source = data.source("train", self.config.batch_size, self.config.seed)
        yield Stage(players, self.config.epochs, source, [Follower(self.average, self.generator, 0.9)])

    def critic_loss(self, batch):
        fake = self.generator(torch.randn(batch.size, 2))
        return self.critic(fake).mean() - self.critic(batch.array).mean(), {}

    def generator_loss(self, batch):
        made = self.generator(torch.randn(batch.size, 2))
        return -self.critic(made).mean(), {"spread": made.detach().std()}

    def validate(self, data, part):
        return {"distance": float((self.average(torch.randn(50, 2)).mean(0)).norm())}

    def evaluate(self, data, part):
        return Evaluation(self.validate(data, part))


class Growing(Method):
    """One network that gets a layer more between two stages, as in progressive growing."""

    name, title, family = "toy-growing", "Toy growing", "toys"
    needs = frozenset()
    selection_metric = SelectionMetric("error", higher_is_better=False)
    Config = TrainingConfig

    def networks(self):
        return {"net": nn.Sequential(nn.Linear(3, 3))}

    def grow(self, stage):
        if stage:
            self.net.append(nn.Linear(3, 3))

    def stages(self, data):
        for extra in range(3):
            source = data.source("train", self.config.batch_size, self.config.seed + extra)
            yield Stage([self.config.player("net", self.net, self.loss)], self.config.epochs, source)

    def loss(self, batch):
        return (self.net(batch.array) - 2 * batch.array).square().mean(), {}

    def validate(self, data, part):
        return {"error": torch.stack([self.loss(batch)[0] for batch in data.iterate(part)]).mean().item()}

    def evaluate(self, data, part):
        return Evaluation(self.validate(data, part))


def make_loop(
    kind: type[Method], folder: Path, data: PreparedData | None = None, extra=(), **options
) -> Loop:
    """A loop as a run makes it, in a folder of its own."""
    data = data or array_data()
    config = kind.Config(**{"epochs": 2, "batch_size": 8, "precision": "float32", "log_every": 2, **options})
    torch.manual_seed(config.seed)
    method = kind(config, data.preparation)
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    best = BestCheckpoint(folder / "checkpoints" / "best.safetensors", method.selection_metric)
    callbacks = {"best": best, "log": LogFile(folder / "log.jsonl"), "history": Lines(), **dict(extra)}
    return Loop(method, data, callbacks, folder / "checkpoints", torch.device("cpu"))
