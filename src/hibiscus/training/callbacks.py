"""What watches a training: the log, the best checkpoint, a plateau, an early end, progress on the screen."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hibiscus.training.checkpoint import save_checkpoint
from hibiscus.training.method import SelectionMetric

if TYPE_CHECKING:
    from hibiscus.training.loop import Loop

__all__ = ["BestCheckpoint", "Callback", "EarlyStop", "LogFile", "Progress", "ReduceOnPlateau"]


class Callback:
    """Something that watches a training. What it must remember goes through `state` and `restore`."""

    def on_stage(self, loop: Loop) -> None:
        """Before the first round of a stage; not on a resumption within it."""

    def on_rounds(self, loop: Loop, line: dict[str, Any]) -> None:
        """After every interval of rounds, with the line of the log."""

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """After every epoch, with the line of the log: terms, metrics, rates, times."""

    def on_end(self, loop: Loop) -> None:
        """After the last epoch."""

    def state(self) -> dict[str, Any]:
        """What a resumed run needs to know, as plain JSON values."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes what `state` gave."""


class LogFile(Callback):
    """Writes `log.jsonl`. A resumed run cuts it back to what its checkpoint knows, so no line stands twice."""

    def __init__(self, path: Path):
        self.path = path

    def on_rounds(self, loop: Loop, line: dict[str, Any]) -> None:
        """Writes the line."""
        self._write({key: value for key, value in line.items() if key != "of_rounds"})

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """Writes the line."""
        self._write(line)

    def _write(self, line: dict[str, Any]) -> None:
        plain = {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in line.items()}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(plain) + "\n")

    def state(self) -> dict[str, Any]:
        """How long the file is."""
        return {"bytes": self.path.stat().st_size if self.path.exists() else 0}

    def restore(self, state: dict[str, Any]) -> None:
        """Cuts the file back to that length."""
        if self.path.exists():
            os.truncate(self.path, min(state["bytes"], self.path.stat().st_size))


class BestCheckpoint(Callback):
    """Writes `best.safetensors` whenever the metric that decides is better on validation than ever before.

    Of equal epochs the one with the smaller validation loss is better.
    """

    def __init__(self, path: Path, selection_metric: SelectionMetric):
        self.path, self.selection_metric = path, selection_metric
        self.best: float | None = None
        self.loss = math.inf
        self.epoch = 0

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """Compares, and saves."""
        value, loss = line.get(f"val/{self.selection_metric.name}", math.nan), line.get("val/loss", math.inf)
        if self.selection_metric.better(value, self.best) or (value == self.best and loss < self.loss):
            self.best, self.loss, self.epoch = value, loss, loop.epoch
            loop.check_finite()
            state = {"format": 1, "stage": loop.stage_index, "epoch": loop.epoch, "value": value}
            save_checkpoint(self.path, loop.method.tensors(), state)

    def on_stage(self, loop: Loop) -> None:
        """The best is looked for in the last stage; the networks of earlier ones are not finished."""
        self.best, self.loss, self.epoch = None, math.inf, 0

    def state(self) -> dict[str, Any]:
        """The best value, its loss and its epoch."""
        return {"best": self.best, "loss": self.loss if math.isfinite(self.loss) else None, "epoch": self.epoch}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes what `state` gave."""
        self.best, self.epoch = state.get("best"), state.get("epoch", 0)
        self.loss = math.inf if state.get("loss") is None else state["loss"]


class _Patience(Callback):
    """Counts epochs since the metric that decides was last better."""

    def __init__(self, selection_metric: SelectionMetric, patience: int):
        self.selection_metric, self.patience = selection_metric, patience
        self.best: float | None = None
        self.waited = 0

    def lost(self, line: dict[str, Any]) -> bool:
        """Whether the patience is at its end with this epoch; an epoch that was not measured does not count."""
        if f"val/{self.selection_metric.name}" not in line:
            return False
        value = line[f"val/{self.selection_metric.name}"]
        if self.selection_metric.better(value, self.best):
            self.best, self.waited = value, 0
            return False
        self.waited += 1
        return self.waited >= self.patience

    def on_stage(self, loop: Loop) -> None:
        """Another stage, another course: what was best before does not count."""
        self.best, self.waited = None, 0

    def state(self) -> dict[str, Any]:
        """The best value and how long it is ago."""
        return {"best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes what `state` gave."""
        self.best, self.waited = state.get("best"), state.get("waited", 0)


class ReduceOnPlateau(_Patience):
    """Multiplies every player's learning rate when validation has not become better for some epochs.

    The factor multiplies the schedule instead of replacing its value, so a schedule never undoes it.
    """

    def __init__(self, selection_metric: SelectionMetric, patience: int, factor: float):
        super().__init__(selection_metric, patience)
        self.factor = factor

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """Looks, and reduces."""
        if self.lost(line):
            self.waited = 0
            for player in loop.stage.players if loop.stage else ():
                player.rate_factor *= self.factor


class EarlyStop(_Patience):
    """Ends the training when validation has not become better for some epochs."""

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """Looks, and stops."""
        if self.lost(line):
            loop.stop_reason = f"no better {self.selection_metric.name} on validation for {self.patience} epochs"


class Progress(Callback):
    """Shows where the training is: a moving line on a terminal, a line for each epoch elsewhere."""

    def __init__(self) -> None:
        self.moving = sys.stderr.isatty()
        self.start = time.monotonic()
        self.first_round: int | None = None

    def on_rounds(self, loop: Loop, line: dict[str, Any]) -> None:
        """Shows the loss so far and the time that is left."""
        if not self.moving:
            return
        first = self.first_round if self.first_round is not None else loop.round - loop.config.log_every
        self.first_round, done = first, loop.round - first
        left = (time.monotonic() - self.start) / done * max(0, line["of_rounds"] - loop.stage_round)
        losses = "  ".join(f"{key[6:]} {value:.4f}" for key, value in line.items() if key.startswith("train/") and key.endswith("loss"))
        print(f"\r\033[K  {_place(loop)}  {losses}  {_clock(left)} left", end="", file=sys.stderr, flush=True)  # noqa: T201

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """Shows the epoch's line."""
        parts = [f"{key} {value:.4f}" for key, value in line.items() if key.startswith(("train/", "val/")) and isinstance(value, float)]
        mark = ""
        for callback in loop.callbacks.values():
            if isinstance(callback, BestCheckpoint) and callback.epoch == loop.epoch:
                mark = "  * best so far"
        text = f"  {_place(loop)}  " + "  ".join(parts) + f"  {line['items_per_second']:,.0f} items/s{mark}"
        print(("\r\033[K" if self.moving else "") + text, file=sys.stderr, flush=True)  # noqa: T201

    def on_end(self, loop: Loop) -> None:
        """Takes away the moving line of an epoch that was not played to its end."""
        if self.moving:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201


def _place(loop: Loop) -> str:
    """The epoch of the stage that is being played, or was just ended; and the stage, after the first."""
    assert loop.stage is not None
    text = f"epoch {-(-loop.stage_round // loop.stage.rounds_per_epoch):>3}/{loop.stage.epochs}"
    return f"stage {loop.stage_index + 1} {text}" if loop.stage_index else text


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
