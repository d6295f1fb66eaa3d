r"""Forecasting: predicts the next values of one or many time series from those before them.

    loss = mean over windows, steps h and variables of  huber(f_h(x_1, ..., x_L) - x_{L+h}),  h = 1, ..., H

`f` is a network that sees the last `input_length` steps and forecasts all steps of the horizon at once.
Values are standardized by the training part. Huber's loss is that of squares up to 1 and linear beyond, so
that single peaks do not decide. Other choices of `loss`: `mse`, `mae`, and `pinball`, with which the network
forecasts quantiles. Every forecast has intervals that are calibrated on the validation
part. The parts follow one another in time, and the report compares the network with naive forecasts,
exponential smoothing and others; the first line says which is best.

Use it for sales, load, prices or sensors, with hundreds of steps or more; with fewer, a baseline of the
report is often better. What most often goes wrong is a network that forecasts the last value again: look at
the skill against the best baseline. A longer `input_length` that covers a season or two, `instance_norm=true`
for series whose level drifts, or a linear network help.

Differences from the paper: all networks take windows of the same form and are trained with the same recipe;
`known_future` columns and calendar features enter each of them.

Reference: Zeng et al., "Are Transformers Effective for Time Series Forecasting?", 2022, arXiv 2205.13504;
    Oreshkin et al., "N-BEATS", 2019, arXiv 1905.10437; Nie et al., "PatchTST", 2022, arXiv 2211.14730.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.series.series_windows import Windows
from hibiscus.evaluation.forecasting import evaluate_forecasts
from hibiscus.losses.quantiles import (
    observed_huber,
    observed_mean_absolute_error,
    observed_mean_squared_error,
    pinball,
)
from hibiscus.methods.augmentation import NetworkOptions
from hibiscus.methods.series.base import Calendar, InputLength, SeriesMethod
from hibiscus.methods.series.forecast_recipe import (
    Quantiles,
    SeriesBatchSize,
    SeriesEpochs,
    SeriesLearningRate,
    ascending_quantiles,
    build_network,
    fill_in,
)
from hibiscus.methods.series.future import forecast_rows, future_origins
from hibiscus.networks.forecast_intervals import ForecastIntervals, around
from hibiscus.training.config import ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["Forecast"]


class Config(TrainingConfig):
    """Options of `forecast`."""

    epochs: SeriesEpochs = None  # type: ignore[assignment]
    batch_size: SeriesBatchSize = None  # type: ignore[assignment]
    learning_rate: SeriesLearningRate = None  # type: ignore[assignment]
    schedule: ScheduleName = "cosine"
    net: str = Field(
        "auto",
        description="a network of `hibiscus explain forecast`; auto: dlinear, nlinear for short series",
    )
    net_options: NetworkOptions = Field(default_factory=dict)
    input_length: InputLength = None
    loss: Literal["mse", "mae", "huber", "pinball"] = Field("huber", description="the loss to minimize")
    quantiles: Quantiles = Field(
        (0.1, 0.5, 0.9), description="the quantiles of the intervals, in ascending order, with 0.5"
    )
    instance_norm: bool | None = Field(
        None,
        description="standardize each window by itself, for series whose level drifts; default: by network",
    )
    calendar: Calendar = False

    check_quantiles = field_validator("quantiles")(ascending_quantiles)


class Forecast(SeriesMethod):
    """One network and one player, trained on all windows of the training part."""

    name = "forecast"
    title = "Forecasting"
    family = "series"
    summary = "forecasts the next values of time series, with intervals"
    selection_metric = SelectionMetric("standardized_mae")
    smoke_test = SmokeTest("sales", {"net": "linear", "input_length": 14, "epochs": 2})
    Config = Config

    network: nn.Module
    intervals: ForecastIntervals

    @classmethod
    def resolve(cls, config: Any, preparation: Preparation, items: int | None = None) -> Config:
        """The options with what suits the series for those that were left out."""
        learned = preparation["series"]
        return config.model_copy(update=fill_in(config, learned, learned.training_cells))

    def networks(self) -> dict[str, nn.Module]:
        """The network, and the offsets of its intervals."""
        config, learned = self.config, self.learned
        network = build_network(config, learned)
        intervals = ForecastIntervals(learned.horizon, len(learned.targets), config.quantiles)
        return {"network": network, "intervals": intervals}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage on the windows of the training part."""
        config = self.config
        source = self.windows(data).source("train", config.batch_size, config.seed, data.share)
        yield Stage([config.player("forecaster", self.network, self.loss)], config.epochs, source)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the observed targets of a batch, standardized."""
        return self.loss_from_outputs(self.outputs(batch), batch.target, batch.observed), {}

    def outputs(self, batch: Batch) -> Tensor:
        """What the network forecasts (batch, horizon, targets, 1 or quantiles), standardized."""
        return self.network(batch.series, batch.get("future"), batch.get("static"))

    def loss_from_outputs(self, outputs: Tensor, target: Tensor, observed: Tensor) -> Tensor:
        """The loss of outputs (batch, horizon, targets, 1 or quantiles); scalar."""
        if self.config.loss == "pinball":
            return pinball(outputs, target, self.config.quantiles, observed)
        losses = {
            "mse": observed_mean_squared_error,
            "mae": observed_mean_absolute_error,
            "huber": observed_huber,
        }
        return losses[self.config.loss](outputs[..., 0], target, observed)

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """Standardized errors over all windows of a part; on validation they also calibrate the intervals."""
        windows, scale = self.windows(data), np.array(self.learned.scale)
        origins = windows.origins(part)
        outputs, target, observed = self._collect(windows, origins)
        values = windows.grid.targets_at(origins, windows.horizon)
        levels = self._levels(windows, outputs, origins)
        if part == "val":
            self.intervals.fit(levels, self.learned.transforms.powered(values))
        point = windows.grid.original(self.intervals.point(levels))
        errors = (point - values) / scale[: windows.grid.targets]
        return {
            "standardized_mse": float(np.nanmean(np.square(errors))),
            "standardized_mae": float(np.nanmean(np.abs(errors))),
            "loss": self.loss_from_outputs(outputs, target, observed).item(),
        }

    @torch.no_grad()
    def _collect(self, windows: Windows, origins: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        found = [
            (self.outputs(batch).float().cpu(), batch.target.cpu(), batch.observed.cpu())
            for batch in windows.iterate(origins)
        ]
        outputs, target, observed = (torch.cat(parts) for parts in zip(*found, strict=True))
        return outputs, target, observed

    def _levels(self, windows: Windows, outputs: Tensor, origins: np.ndarray) -> np.ndarray:
        """The outputs without differences, (origins, horizon, targets, 1 or quantiles)."""
        return np.stack([windows.grid.levels(each.numpy(), origins) for each in outputs.unbind(-1)], axis=3)

    def forecast_at(self, windows: Windows, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Forecasts from some origins in the unit of the data.

        Returns:
            The forecasts (origins, horizon, targets), and their quantiles on a further axis.
        """
        quantiles, original = self.config.quantiles, windows.grid.original
        levels = self._levels(windows, self._collect(windows, origins)[0], origins)
        point = original(self.intervals.point(levels))
        bounds = [original(each) for each in np.moveaxis(self.intervals.calibrated(levels), 3, 0)]
        return point, around(point, np.stack(bounds, axis=3), quantiles)

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The metrics beside those of the baselines, and the report."""
        windows, metric = self.windows(data), self.selection_metric.name
        origins = windows.origins(part)
        point, quantiles = self.forecast_at(windows, origins)
        intervals = (quantiles, self.config.quantiles) if self.intervals.is_fitted.all() else (None, ())
        return evaluate_forecasts(windows.grid, origins, point, *intervals, metric)

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """The forecast after the last value of each series of a part, as `forecast_rows` returns it."""
        windows = self.windows(data)
        origins, skipped = future_origins(windows.grid, part, self.config.input_length)
        data.dataset.skipped += [each for each in skipped if each not in data.dataset.skipped]
        forecasts, fitted = self.forecast_at(windows, origins), self.intervals.is_fitted.tolist()
        return forecast_rows(windows.grid, origins, *forecasts, self.config.quantiles, fitted)
