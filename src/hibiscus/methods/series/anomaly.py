r"""Anomaly detection: scores each step of a series by how badly a network explains the steps up to it.

    e_o = mean over steps h and variables of |x_{o+h} - f(x_{o-L}, ..., x_{o-1})_h|,  h < horizon     forecast
    e_o = the same for the last steps of  |w - d(z(w))|,  w = x_{o-L}, ..., x_{o+horizon-1}   reconstruction
    score_t = mean of e_o over the windows that end in the last `smoothing` steps up to t
    threshold = exp(m + d Phi^-1(1 - false_alarm_rate)),    log score ~ normal(m, d) in normal operation

No score uses anything after its step. Training takes the beginning of the series, by default the first 15 %
(the last fifth of them for validation), which nobody has to label; the rest is evaluated. There are `folds`
networks: each leaves out one block of the training part, which is then scored by it like new data, and new
data are explained by the mean of all. So the threshold comes from errors on steps that were not trained on.
`anomalies` names a file of labeled windows, which are used for the metrics only.

Use it for sensors and loads with a long record of mostly normal operation. What most often goes wrong is a
season that the training part does not hold: a week needs three weeks of training, and holidays are anomalies
if none has been seen. Errors are averaged over the horizon and `smoothing`, so for spikes of a single step
set `horizon=1 smoothing=1`; `false_alarm_rate` trades missed anomalies for false alarms.

Differences from the paper: Malhotra et al. fit a Gaussian to the errors of a stacked LSTM and choose the
threshold with labeled anomalies; here the network may be any forecaster or autoencoder, errors are absolute,
and no labels are needed. Leaving out blocks follows cross-conformal prediction.

Reference: Malhotra et al., "Long Short Term Memory Networks for Anomaly Detection in Time Series", ESANN
2015; Malhotra et al., "LSTM-based Encoder-Decoder for Multi-sensor Anomaly Detection", 2016, arXiv
1607.00148; Barber et al., "Predictive Inference with the Jackknife+", 2021, arXiv 1905.02928.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.series.anomaly_labels import AnomalyWindow, check_labels, label_cells
from hibiscus.data.series.grid import SeriesGrid
from hibiscus.evaluation.anomaly_detection import evaluate_anomalies
from hibiscus.evaluation.scored_series import scored_series
from hibiscus.methods.augmentation import NetworkOptions
from hibiscus.methods.series.anomaly_recipe import UNKNOWN, build_member, chosen_options, known_threshold
from hibiscus.methods.series.base import Calendar, InputLength, SeriesMethod
from hibiscus.methods.series.step_scores import all_origins, fold_blocks, outside_blocks, step_scores
from hibiscus.methods.series.window_errors import explain, mean_error, window_errors
from hibiscus.networks.decision_threshold import DecisionThreshold
from hibiscus.series.anomaly_events import score_threshold_from
from hibiscus.training.config import BatchSize, LatentDim, LearningRate, ScheduleName, TrainingConfig
from hibiscus.training.method import Evaluation, SelectionMetric, SmokeTest
from hibiscus.training.player import Stage

__all__ = ["AnomalyDetection"]


class Config(TrainingConfig):
    """Options of `anomaly`."""

    batch_size: BatchSize = 32
    learning_rate: LearningRate = 3e-3
    schedule: ScheduleName = "one-cycle"
    score: Literal["forecast", "reconstruction"] = Field(
        "forecast", description="errors of forecasts, or of an autoencoder of windows"
    )
    net: str = Field(
        "mlp", description="a network of `hibiscus explain forecast`; for reconstruction conv1d, lstm or mlp"
    )
    net_options: NetworkOptions = Field(default_factory=dict)
    input_length: InputLength = None
    latent_dim: LatentDim = 8
    calendar: Calendar = False
    folds: int = Field(
        4, ge=1, le=20, description="networks, each of which leaves out one block of the training part"
    )
    smoothing: int | None = Field(
        None, ge=1, description="steps over which errors are averaged further; default: half of the horizon"
    )
    false_alarm_rate: float = Field(
        0.001, gt=0, lt=1, description="expected fraction of normal steps above the threshold"
    )
    merge: int | None = Field(
        None, ge=0, description="steps without an alarm within one event; default: the horizon"
    )
    anomalies: str | tuple[AnomalyWindow, ...] | None = Field(
        None,
        description="file of labeled windows, for evaluation only: JSON of NAB (FILE:KEY if it has several), "
        "or a table with start and end, or with times and a column of 0 and 1",
    )


class AnomalyDetection(SeriesMethod):
    """Networks that each leave out a block of the training part, trained by one player."""

    name = "anomaly"
    title = "Anomaly detection"
    family = "series"
    summary = "scores the steps of time series, with events above a threshold"
    selection_metric = SelectionMetric("standardized_mae")
    smoke_test = SmokeTest("sales", {"input_length": 14, "folds": 2, "epochs": 2})
    data_defaults: ClassVar[Mapping[str, Any]] = {"test": 0.85, "val": 0.03}
    Config = Config

    members: nn.ModuleList
    threshold: DecisionThreshold

    @classmethod
    def resolve(
        cls, config: TrainingConfig, preparation: Preparation, items: int | None = None
    ) -> TrainingConfig:
        """The lengths of windows for the data, and the labeled windows of the file."""
        return config.model_copy(update=chosen_options(config, preparation["series"]))

    def networks(self) -> dict[str, nn.Module]:
        """The members, and the threshold of their scores."""
        members = nn.ModuleList(build_member(self.config, self.learned) for _ in range(self.config.folds))
        threshold = DecisionThreshold()
        threshold.choose(UNKNOWN)
        return {"members": members, "threshold": threshold}

    def stages(self, data: PreparedData) -> Iterator[Stage]:
        """One stage on the windows of the training part; without validation, the threshold at its end."""
        config, windows = self.config, self.windows(data)
        check_labels(config.anomalies or (), windows.grid.index)
        outside = outside_blocks(windows, config.folds, config.score == "reconstruction")

        def loss(batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
            kept = outside[:, batch.origin.cpu().numpy()]
            return self.loss(batch, torch.from_numpy(kept).to(self.device)), {}

        source = windows.source("train", config.batch_size, config.seed, data.share)
        yield Stage([config.player("members", self.members, loss)], config.epochs, source)
        if not len(data.parts.get("val", ())):
            self.train_mode(False)
            self.choose_threshold(data)

    def loss(self, batch: Batch, kept: Tensor) -> Tensor:
        """The mean over members of the mean error of the windows that they do not leave out.

        Shapes: kept bool (members, batch); returns a scalar.
        """
        explained = [explain(member, batch, self.config.score) for member in self.members]
        errors = torch.stack([mean_error(*parts) for parts in explained])
        weights = kept.to(errors.dtype)
        return ((errors * weights).sum(1) / weights.sum(1).clamp(min=1)).mean()

    def window_errors(self, data: PreparedData, origins: np.ndarray, blocks: np.ndarray | None) -> np.ndarray:
        """The error of each window (windows,), see `window_errors`."""
        batches = self.windows(data).iterate(origins)
        return window_errors(self.members, batches, self.config.score, self.learned.horizon, blocks)

    def scores(self, data: PreparedData, parts: tuple[str, ...] = ()) -> np.ndarray:
        """The score of each cell, float64 (cells,); NaN where there is none, or in other parts than these."""
        grid, horizon = self.windows(data).grid, self.learned.horizon
        origins = all_origins(grid, self.config.input_length, horizon)
        if parts:
            chosen = [number for number, part in enumerate(grid.part_names) if part in parts]
            origins = origins[np.isin(grid.part[origins + horizon - 1], chosen)]
        errors = self.window_errors(data, origins, fold_blocks(grid, self.config.folds))
        return step_scores(grid, origins + horizon - 1, errors, self.config.smoothing)

    def choose_threshold(self, data: PreparedData) -> None:
        """Sets the threshold by the scores before the test part."""
        scores = self.scores(data, ("train", "val"))
        self.threshold.choose(score_threshold_from(scores, self.config.false_alarm_rate))

    def validate(self, data: PreparedData, part: str) -> dict[str, float]:
        """The mean error of the windows of a part; on validation it also sets the threshold."""
        if part == "val":
            self.choose_threshold(data)
        origins = self.windows(data).origins(part)
        return {"standardized_mae": float(self.window_errors(data, origins, None).mean())}

    def evaluate(self, data: PreparedData, part: str) -> Evaluation:
        """The metrics of the labeled windows beside those of other detectors, and the report."""
        grid = self.windows(data).grid
        windows = self.config.anomalies
        known = isinstance(windows, tuple)  # no file is opened that a run folder names
        labels = label_cells(windows if known else (), grid.index)
        series = scored_series(grid, self.scores(data), labels, part)
        own = self.validate(data, part)
        if "train" in data.parts and not len(data.parts.get("val", ())):
            self.choose_threshold(data)
        return evaluate_anomalies(
            series, float(self.threshold.value), own, self.config.merge, self.learned.season,
            self.learned.horizon, self.config.false_alarm_rate, known,
        )  # fmt: skip

    def predict(self, data: PreparedData, part: str) -> dict[str, Any]:
        """For each row `time`, `series` if there are several, `score`, `threshold` and `anomaly` (0 or 1)."""
        grid: SeriesGrid = self.windows(data).grid
        cells, threshold = grid.index.cells[data.parts[part]], known_threshold(self.threshold)
        scores = self.scores(data)[cells]
        columns: dict[str, Any] = {"time": grid.index.labels(cells)}
        if self.learned.group:
            columns["series"] = [grid.index.names[number] for number in grid.index.series_of(cells)]
        anomaly = (np.nan_to_num(scores, nan=-np.inf) > threshold).astype(np.int64)
        return columns | {"score": scores, "threshold": np.full(len(cells), threshold), "anomaly": anomaly}
