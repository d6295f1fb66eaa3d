"""Callbacks: best checkpoint, learning-rate reduction, early stopping."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from typing_extensions import TypedDict

from hibiscus.errors import ConfigError
from hibiscus.metrics.catalog import get_metric
from hibiscus.run_format import FORMAT
from hibiscus.training.checkpoint import save_checkpoint
from hibiscus.training.config import TrainingConfig
from hibiscus.training.meter import Meter
from hibiscus.training.method import Method, SelectionMetric
from hibiscus.training.player import Stage
from hibiscus.typed_values import Count, Number, typed_value

__all__ = [
    "BestCheckpoint",
    "Callback",
    "EarlyStopping",
    "LoopState",
    "ReduceLROnPlateau",
]


class BestState(TypedDict, total=False):
    """The state of `BestCheckpoint` in a checkpoint."""

    best: Number | None
    loss: Number | None
    epoch: Count


class PatienceState(TypedDict, total=False):
    """The state of `ReduceLROnPlateau` and `EarlyStopping` in a checkpoint."""

    best: Number | None
    waited: Count
    reductions: list[Count]


class LoopState(Protocol):
    """The part of the training loop that callbacks may read, and the reason to stop, which they may set."""

    method: Method
    config: TrainingConfig
    device: torch.device
    stage: Stage | None
    stage_index: int
    stage_round: int
    round: int
    epoch: int
    stop_reason: str
    meter: Meter
    files: dict[str, str]

    @property
    def callbacks(self) -> Mapping[str, Callback]:
        """All callbacks by name."""
        ...

    def check_finite(self) -> None:
        """Raises TrainingError if a weight is not finite."""


class Callback:
    """An observer of the training loop; `state` holds what it needs when a run is resumed."""

    def on_stage(self, loop: LoopState) -> None:
        """Called before the first round of a stage, but not when a run is resumed within the stage."""

    def on_rounds(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Called every `log_every` rounds with the line of the log."""

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Called after every epoch with the line of the log: terms, metrics, learning rates, times."""

    def on_end(self, loop: LoopState) -> None:
        """Called after the last epoch."""

    def state(self) -> dict[str, Any]:
        """The state for a resumed run, as plain JSON values."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` returned."""


class BestCheckpoint(Callback):
    """Writes `best.safetensors` whenever the selection metric has a new best value on the validation part.

    Ties are broken by the smaller validation loss. With `selected_epoch=last` it is written after each epoch.
    """

    def __init__(self, path: Path, selection_metric: SelectionMetric):
        self.path, self.selection_metric = path, selection_metric
        self.best: float | None = None
        self.loss = math.inf
        self.epoch = 0

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Compares with the best value so far, and saves if it is better."""
        value, loss = line.get(f"val/{self.selection_metric.name}", math.nan), line.get("val/loss", math.inf)
        is_better = self.selection_metric.better(value, self.best) or (
            value == self.best and loss < self.loss
        )
        if is_better or (loop.config.selected_epoch == "last" and math.isfinite(value)):
            self.best, self.loss, self.epoch = value, loss, loop.epoch
            loop.check_finite()
            state = {"format": FORMAT, "files": loop.files, "stage": loop.stage_index}
            state |= {"epoch": loop.epoch, "value": value}
            save_checkpoint(self.path, loop.method.tensors(), state)

    def on_stage(self, loop: LoopState) -> None:
        """Starts over: the best checkpoint comes from the last stage, whose networks are complete; or from a
        stage before it, if the last one refines what was complete.
        """
        if loop.stage is not None and loop.stage.refines:
            return
        self.best, self.loss, self.epoch = None, math.inf, 0

    def state(self) -> dict[str, Any]:
        """The best value, its loss and its epoch."""
        return {
            "best": self.best,
            "loss": self.loss if math.isfinite(self.loss) else None,
            "epoch": self.epoch,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` returned."""
        typed_value(BestState, state)
        self.best, self.epoch = state.get("best"), state.get("epoch", 0)
        self.loss = math.inf if state.get("loss") is None else state["loss"]


class _Patience(Callback):
    """Counts the epochs since a value of the log last improved.

    Args:
        selection_metric: the selection metric, which is the value on validation by default.
        patience: epochs without improvement.
        watched: another value of the log, such as `val/loss` or `train/loss`; lower is better, unless the
            catalog of metrics says otherwise.
    """

    def __init__(self, selection_metric: SelectionMetric, patience: int, watched: str = "selection"):
        self.metric, self.patience, self.key = selection_metric, patience, f"val/{selection_metric.name}"
        self.optional = watched in (
            "selection",
            self.key,
        )  # the epochs of some stages are validated otherwise
        if not self.optional:
            self.metric = SelectionMetric(watched, bool(get_metric(watched).higher_is_better))
            self.key = watched
        self.best: float | None = None
        self.waited = 0

    def exhausted(self, line: dict[str, Any]) -> bool:
        """Whether the patience is exhausted; an epoch without validation does not count.

        Raises:
            ConfigError: the log has no such value.
        """
        if self.key not in line and self.optional:
            return False
        if self.key not in line:
            names = [key for key in line if key.startswith(("train/", "val/"))]
            raise ConfigError(
                f"reduce_lr_metric={self.key}", f"one of: {', '.join(names)}", "choose one of them"
            )
        if self.metric.better(line[self.key], self.best):
            self.best, self.waited = line[self.key], 0
            return False
        self.waited += 1
        return self.waited >= self.patience

    def on_stage(self, loop: LoopState) -> None:
        """Starts over: values of an earlier stage are not comparable."""
        self.best, self.waited = None, 0

    def state(self) -> dict[str, Any]:
        """The best value and the number of epochs since."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` returned."""
        typed_value(PatienceState, state)
        self.best, self.waited = state.get("best"), state.get("waited", 0)


class ReduceLROnPlateau(_Patience):
    """Multiplies all learning rates by a factor if a value of the log has not improved for `patience` epochs.

    The factor multiplies the schedule instead of replacing its value, so a schedule never undoes it.

    Args:
        selection_metric: the selection metric.
        patience: epochs without improvement.
        factor: of each reduction.
        minimum: base learning rate below which it is not reduced.
        watched: `selection`, or another value of the log.
        after: reduce after these epochs instead of watching a value: those of other runs.
    """

    def __init__(
        self,
        selection_metric: SelectionMetric,
        patience: int,
        factor: float,
        minimum: float = 0.0,
        watched: str = "selection",
        after: Sequence[int] | None = None,
    ):
        super().__init__(selection_metric, patience, watched)
        self.factor, self.minimum, self.after = factor, minimum, after
        self.reductions: list[int] = []  # the epochs after which it reduced the learning rate

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Reduces the learning rate if the patience is exhausted."""
        if not (self.exhausted(line) if self.after is None else loop.epoch in self.after):
            return
        self.waited = 0
        self.reductions.append(loop.epoch)
        for player in loop.stage.players if loop.stage else ():
            lowest = min(player.lr_factor, self.minimum / player.settings.lr)
            player.lr_factor = max(player.lr_factor * self.factor, lowest)

    def state(self) -> dict[str, Any]:
        """The best value, the number of epochs since, and the epochs of the reductions."""
        return {**super().state(), "reductions": self.reductions}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes over what `state` returned."""
        super().restore(state)
        self.reductions = list(state.get("reductions", []))


class EarlyStopping(_Patience):
    """Stops training if the selection metric has not improved for `patience` epochs."""

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Stops the training if the patience is exhausted."""
        if self.exhausted(line):
            loop.stop_reason = f"{self.metric.name} on validation has not improved for {self.patience} epochs"
