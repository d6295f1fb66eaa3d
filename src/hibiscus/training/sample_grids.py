"""Grids of samples during training, from fixed noise, so that each cell can be followed over epochs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch

from hibiscus.data.images.ops import image_grid, save_image
from hibiscus.progress import step
from hibiscus.training.callbacks import Callback, LoopState
from hibiscus.training.random_state import preserved_random_state

__all__ = ["SampleGrids", "epochs_between"]

MAX_GRIDS = 30  # maximum number of grids after training
SIDE = 512  # approximate side of a grid in pixels
MAX_ROWS = 8
TIME_FRACTION = 0.02  # fraction of the training time that may be spent on grids
# not the seed of the run, so that runs with different seeds start from the same noise
NOISE_SEED = 20_140_610


def epochs_between(epoch: int) -> int:
    """The epochs between two grids: the smallest power of two that leaves at most `MAX_GRIDS` so far."""
    between = 1
    while (epoch - 1) // between >= MAX_GRIDS:
        between *= 2
    return between


class SampleGrids(Callback):
    """Writes `epoch-0007.png` and so on: after the first and the last epoch, and at regular intervals.

    It changes neither the random state nor the batch statistics, so training is the same with and without it.
    Since the length of training is not known in advance, it samples often at first, and deletes every second
    grid when there are too many.

    Args:
        folder: the folder of the grids, created when needed.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.seconds = 0.0  # time that may be spent
        self.cost = 0.0  # time that the last grid took
        self.last_epoch = 0  # the last epoch with a grid

    def on_epoch(self, loop: LoopState, line: dict[str, Any]) -> None:
        """Writes a grid if this epoch is due and the time that sampling took before has been earned back."""
        self.seconds += TIME_FRACTION * line["seconds"]
        between = epochs_between(loop.epoch)
        if (loop.epoch - 1) % between == 0 and self.cost <= self.seconds:
            self._write_grid(loop)
        for path in self.folder.glob("epoch-*.png"):
            number = path.stem.removeprefix("epoch-")
            if number.isdecimal() and (int(number) - 1) % between:  # other files are not its own
                path.unlink()

    def on_end(self, loop: LoopState) -> None:
        """Writes the grid of the last epoch, if that epoch was completed."""
        assert loop.stage is not None
        if loop.epoch != self.last_epoch and loop.stage_round % loop.stage.rounds_per_epoch == 0:
            self._write_grid(loop)

    def _write_grid(self, loop: LoopState) -> None:
        began = time.monotonic()
        shape = loop.method.preparation["image"].shape
        rows, columns = (max(2, min(MAX_ROWS, SIDE // side)) for side in shape[1:])
        loop.method.train_mode(False)
        with step("sampling a grid"), preserved_random_state(NOISE_SEED), torch.inference_mode():
            images = loop.method.sample(rows * columns)["image"]
        loop.method.train_mode()
        self.folder.mkdir(parents=True, exist_ok=True)
        save_image(image_grid(images, columns), self.folder / f"epoch-{loop.epoch:04d}.png", overwrite=True)
        if self.last_epoch:  # the first grid takes longer than all others, so its time does not count
            self.cost = time.monotonic() - began
            self.seconds -= self.cost
        self.last_epoch = loop.epoch
