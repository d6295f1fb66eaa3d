r"""Regression: learns from examples to predict one or more numbers.

    loss = mean over items of  (network(x) - y)^2,    y the target, standardized on the training part

Minimizing the squared error makes the network estimate the mean of the target given the input. Other choices
of `loss`: `mae`, the mean of `|network(x) - y|`, which estimates the median; `huber`, quadratic up to
`huber_delta` and linear beyond, for targets with outliers. Predictions and metrics are in the original unit
of the target.

With several target columns, each metric is computed for each column and then averaged.

Use it to predict prices, quantities or ages. What most often goes wrong is that the network does worse than
linear regression: if there are few rows, use a small network (`net.hidden=64,64`), weight decay and more
epochs, and always compare with the linear baseline.

Differences from the paper: the target is standardized before training, so that the same learning rate works
whatever its unit.

Reference: Goodfellow, Bengio, Courville, "Deep Learning", 2016, chapter 6; Huber, "Robust Estimation of a
    Location Parameter", 1964.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.attribution.scores import Explained, ValueScores
from hibiscus.evaluation.classification import evaluate_regressor
from hibiscus.evaluation.table_explanation import ExplainedModel, table_items
from hibiscus.evaluation.value_texts import value_text_items
from hibiscus.losses import huber, mean_absolute_error, mean_squared_error
from hibiscus.methods.outputs import before_last, predict_part, predict_table, with_targets
from hibiscus.methods.supervised import (
    SupervisedConfig,
    build_supervised,
)
from hibiscus.methods.supervised_method import SupervisedMethod
from hibiscus.methods.transfer_stages import supervised_stages
from hibiscus.metrics.regression import regression_metrics
from hibiscus.training.config import Epochs
from hibiscus.training.ema import ema_or
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Regress"]


class Config(SupervisedConfig):
    """Options of `regress`."""

    epochs: Epochs = 50
    loss: Literal["mse", "mae", "huber"] = Field("mse", description="the loss to minimize")
    huber_delta: float = Field(
        1.0, gt=0, description="huber: error at which it becomes linear, in standard deviations of the target"
    )


class Regress(SupervisedMethod):
    """One network with one linear output per target column."""

    name = "regress"
    title = "Regression"
    family = "classify"
    summary = "regression on images, tables, texts and time series"
    needs = frozenset({"target"})
    selection_metric = SelectionMetric("rmse")
    smoke_test = SmokeTest(
        "diabetes",
        {"net": "mlp", "net_options": {"hidden": [16], "dropout": 0.2}, "epochs": 2, "batch_size": 50},
    )
    Config = Config

    network: nn.Module

    def networks(self) -> dict[str, nn.Module]:
        """The network, with one output per target column."""
        return build_supervised(self.config, self.preparation, self.preparation["target"].shape[0])

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage with one player; with a pretrained base, those of `transfer_stages`."""
        yield from supervised_stages(self.config, self.nets, data, self.loss, "regressor")

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, for standardized targets."""
        return self.loss_from_outputs(*with_targets(self.network, batch, "target")), {}

    def loss_from_outputs(self, predicted: Tensor, target: Tensor) -> Tensor:
        """The loss of `predicted` against `target`, both (batch, columns); scalar."""
        if self.config.loss == "huber":
            return huber(predicted, target, delta=self.config.huber_delta)
        return {"mse": mean_squared_error, "mae": mean_absolute_error}[self.config.loss](predicted, target)

    def predict(self, data: PreparedData, part: str) -> dict[str, np.ndarray]:
        """The predicted values `(items, columns)` of a part, in the unit of the target."""
        outputs = predict_part(ema_or(self.nets, "network"), data, part, tta_flip=self.config.tta_flip)
        return {"values": self.preparation["target"].decode(outputs.numpy())}

    def embed(self, data: PreparedData, part: str) -> np.ndarray:
        """The input of the network's last layer for each item, float32 `(items, features)`."""
        features = before_last(ema_or(self.nets, "network"))
        return predict_part(features, data, part, tta_flip=self.config.tta_flip).numpy()

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Root mean squared error, mean absolute error and loss on a part."""
        outputs = predict_part(ema_or(self.nets, "network"), data, part, tta_flip=self.config.tta_flip)
        target, decode = data.values("target", part), self.preparation["target"].decode
        metrics = regression_metrics(decode(outputs.numpy()), decode(target))
        loss = self.loss_from_outputs(outputs, torch.from_numpy(target)).item()
        return {"rmse": metrics["rmse"], "mae": metrics["mae"], "loss": loss}

    def evaluate_predictions(self, data: PreparedData, part: str) -> Evaluation:
        """All metrics and report items, with the mean, a linear regression and boosted trees as baselines."""
        target = self.preparation["target"]
        values = self.predict(data, part)["values"]
        evaluation = evaluate_regressor(values, data, part, target)
        items = table_items(self._explained(data), data)
        model = Explained(ema_or(self.nets, "network"), ValueScores(target.names, target.decode))
        true = target.decode(data.values("target", part))
        items += value_text_items(model, data, part, target.names, true, values)
        evaluation.report_items[-1:-1] = items  # before the baselines
        return evaluation

    def _explained(self, data: PreparedData) -> ExplainedModel:
        """The method as a function of the features of a table."""
        network, target = ema_or(self.nets, "network"), self.preparation["target"]

        def predict(rows: np.ndarray) -> np.ndarray:
            return target.decode(predict_table(network, rows, data.device).numpy())

        def score(values: np.ndarray, rows: np.ndarray) -> float:
            return regression_metrics(values, target.decode(data.values("target", "val")[rows]))["rmse"]

        return ExplainedModel(predict, score, "rmse", target.names, [0], f"predicted {target.names[0]}")
