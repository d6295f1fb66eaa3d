"""The progress of a training on the screen: a bar with the remaining time, and a line for each epoch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from hibiscus.progress import progress_line, show_line, step
from hibiscus.training.callbacks import BestCheckpoint, Callback, LoopState

__all__ = ["Progress"]

MIN_SECONDS = 1.0  # of training, from which the remaining time is estimated


class Progress(Callback):
    """Shows the progress, if a command or `hibiscus.train` shows it at all; see `hibiscus.progress`."""

    def __init__(self) -> None:
        self.losses = ""  # of the last rounds that were logged
        self.first_round = -1  # of the epoch, or of the part of it that this process trains
        self.start = time.monotonic()  # of that round
        self.seconds_per_round = 0.0  # in the last complete epoch, with its validation

    def following(self, loop: LoopState) -> contextlib.AbstractContextManager[object]:
        """Shows the bar while it is entered."""
        return step("training", line=lambda: self._line(loop))

    def _line(self, loop: LoopState) -> str:
        stage = loop.stage
        if stage is None:
            return "preparing the training ..."
        rounds = loop.stage_round
        if self.first_round < 0:
            self.first_round, self.start = rounds, time.monotonic()
        fraction = rounds / stage.rounds
        return progress_line(_position(loop), fraction, self.losses, self._left(rounds, stage.rounds))

    def _left(self, done: int, of_rounds: int) -> float | None:
        """The remaining seconds of the stage, by the last complete epoch or by the rounds of this one."""
        seconds, rounds = time.monotonic() - self.start, done - self.first_round
        if self.seconds_per_round:
            return max(0.0, self.seconds_per_round * (of_rounds - done))
        return seconds / rounds * (of_rounds - done) if rounds > 0 and seconds > MIN_SECONDS else None

    def on_stage(self, loop: LoopState) -> None:
        """Starts a new estimate of the remaining time."""
        self.losses, self.seconds_per_round = "", 0.0
        self._start_epoch(loop)

    def _start_epoch(self, loop: LoopState) -> None:
        self.first_round, self.start = loop.stage_round, time.monotonic()

    def on_rounds(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Takes the losses of the last rounds."""
        self.losses = _losses(line)

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Shows the metrics of the epoch."""
        if 0 <= self.first_round < loop.stage_round:
            self.seconds_per_round = (time.monotonic() - self.start) / (loop.stage_round - self.first_round)
        self._start_epoch(loop)
        self.losses = _losses(line)
        parts = [
            f"{key} {value:.4f}"
            for key, value in line.items()
            if key.startswith(("train/", "val/")) and isinstance(value, float)
        ]
        best = [callback for callback in loop.callbacks.values() if isinstance(callback, BestCheckpoint)]
        selects = loop.config.selected_epoch == "best" and any(c.epoch == loop.epoch for c in best)
        mark = "  * best so far" if selects else ""
        speed = f"{line['items_per_second']:,.0f} items/s"
        show_line(f"  {_position(loop)}  {'  '.join(parts)}  {speed}{mark}")

    def on_end(self, loop: LoopState) -> None:
        """Shows an epoch that was not completed, and why the training ended early."""
        stage = loop.stage
        assert stage is not None
        if loop.stage_round % stage.rounds_per_epoch:
            means = {f"train/{name}": value for name, value in loop.meter.means().items()}
            rounds = f"round {loop.stage_round % stage.rounds_per_epoch} of {stage.rounds_per_epoch}"
            show_line(f"  {_position(loop)}  {rounds}  {_losses(means, 'train/')}".rstrip())
        if loop.stop_reason:
            show_line(f"  stopped early: {loop.stop_reason}")


def _losses(line: Mapping[str, Any], prefix: str = "") -> str:
    return "  ".join(
        f"{prefix}{key[6:]} {value:.4f}"
        for key, value in line.items()
        if key.startswith("train/") and key.endswith("loss") and isinstance(value, float)
    )


def _position(loop: LoopState) -> str:
    """The current epoch of its stage, and the stage if it is not the first."""
    assert loop.stage is not None
    epoch = max(1, -(-loop.stage_round // loop.stage.rounds_per_epoch))
    text = f"epoch {epoch:>3}/{loop.stage.epochs}"
    return f"stage {loop.stage_index + 1} {text}" if loop.stage_index else text
