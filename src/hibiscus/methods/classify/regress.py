r"""Regression: learns from examples to predict a number.

    loss = mean over items of  (network(x) - y)^2,    y the target, standardised on the training part

Other choices of `loss`: `mae`, the mean of `|network(x) - y|`; `huber`, the square near zero and the absolute value
beyond `huber_delta`, for targets with outliers. Predictions and metrics are in the target's own unit.

Use it for prices, amounts, ages. What most often goes wrong is a network worse than a line: with few rows a small
network (`net.hidden=64,64`), weight decay and more epochs; and always read the linear regression beside it.

Departs: the target is standardised before training, so one learning rate fits every unit.

Reference: Goodfellow, Bengio, Courville, "Deep Learning", 2016, chapter 6; Huber, "Robust Estimation of a Location
Parameter", 1964.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import classification as evidence
from hibiscus.losses import huber, mean_absolute_error, mean_squared_error
from hibiscus.methods.supervised import (
    SupervisedConfig,
    build_supervised,
    forward,
    read_all,
    resolve_supervised,
    supervised_stage,
)
from hibiscus.training.config import TrainingConfig
from hibiscus.training.method import Evaluation, Method, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Regress"]


class Config(SupervisedConfig):
    """Options of `regress`."""

    epochs: int = Field(50, ge=1, description="passes over the training part")
    loss: Literal["mse", "mae", "huber"] = Field("mse", description="what is minimised")
    huber_delta: float = Field(1.0, gt=0, description="huber: where the square ends, in standard deviations of the target")


class Regress(Method):
    """One network with one output for each target column, and no activation on it."""

    name, title, family = "regress", "Regression", "classify"
    needs = frozenset({"target"})
    selection_metric = SelectionMetric("rmse")
    smoke_test = SmokeTest("diabetes", {"net": "mlp", "net_options": {"hidden": [16], "dropout": 0.2}, "epochs": 2, "batch_size": 50})
    Config = Config

    @classmethod
    def resolve(cls, config: TrainingConfig, preparation: Preparation, items: int | None = None) -> TrainingConfig:
        """The network for the data, and the optimizer's settings for the network, where they were left open."""
        return resolve_supervised(config, preparation, items)

    def networks(self) -> dict[str, nn.Module]:
        """The network, with as many outputs as target columns."""
        return build_supervised(self.config, self.preparation, self.preparation["target"].shape[0])

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage, one player."""
        yield supervised_stage(self.config, self.nets, data, self.loss, "regressor")

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, in standardised units."""
        return self.criterion(forward(self.nets["network"], batch), batch.target), {}

    def criterion(self, predicted: Tensor, target: Tensor) -> Tensor:
        """The loss of `predicted` against `target`, both (batch, columns); scalar."""
        if self.config.loss == "huber":
            return huber(predicted, target, delta=self.config.huber_delta)
        return {"mse": mean_squared_error, "mae": mean_absolute_error}[self.config.loss](predicted, target)

    def predict(self, data: PreparedData, part: str) -> dict[str, np.ndarray]:
        """The predicted values `(items, columns)` of a part, in the target's own unit."""
        network = self.nets.get("ema", self.nets["network"])
        outputs = read_all(network, data, part, lambda raw: raw, self.config.tta_flip).numpy()
        return {"values": self.preparation["target"].decode(outputs)}

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Root mean square error, mean absolute error and the loss on a part."""
        outputs = read_all(self.nets.get("ema", self.nets["network"]), data, part, lambda raw: raw, self.config.tta_flip)
        target = data.values("target", part)
        error = self.preparation["target"].decode(outputs.numpy()) - self.preparation["target"].decode(target)
        loss = self.criterion(outputs, torch.from_numpy(target)).item()
        return {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error))), "loss": loss}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics, beside the mean and a linear regression, with the evidence for the report."""
        return evidence.evaluate_regressor(self.predict(data, part)["values"], data, part, self.preparation["target"])
