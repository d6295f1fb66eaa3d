"""What a generator draws in the course of its training: grids of samples from the same noise, so that each place can be followed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from hibiscus.data.images.ops import image_grid, save_image
from hibiscus.training.callbacks import Callback

if TYPE_CHECKING:
    from hibiscus.training.loop import Loop

__all__ = ["SampleGrids", "epochs_between"]

MOST = 30  # grids that a training leaves behind
SIDE = 512  # pixels of a grid's side, about
ROWS = 8  # at most
SHARE = 0.02  # of the training's time that may go into grids
NOISE = 20_140_610  # the seed of the noise; not the run's, so that runs of several seeds start from one noise


def epochs_between(epoch: int) -> int:
    """How many epochs lie between two grids that are kept after so many: the least power of two that leaves at most `MOST`."""
    between = 1
    while (epoch - 1) // between >= MOST:
        between *= 2
    return between


class SampleGrids(Callback):
    """Writes `epoch-0007.png` and so on: after the first epoch, after the last, and evenly between, fewer where drawing is slow.

    It leaves the training's random numbers and the networks' statistics as they were, so weights are the same with it and without.
    As nobody knows beforehand how long a training goes on, it draws often at first, and takes back every second grid when there are
    too many.

    Args:
        folder: where the grids go; made where it is missing.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.seconds = 0.0  # that may be spent
        self.cost = 0.0  # of the last grid
        self.drawn = 0  # the last epoch of which there is one

    def on_epoch(self, loop: Loop, line: dict[str, Any]) -> None:
        """Draws, if this epoch has its turn and the time that drawing took before is earned again."""
        self.seconds += SHARE * line["seconds"]
        between = epochs_between(loop.epoch)
        if (loop.epoch - 1) % between == 0 and self.cost <= self.seconds:
            self._draw(loop)
        for path in self.folder.glob("epoch-*.png"):
            if (int(path.stem.removeprefix("epoch-")) - 1) % between:
                path.unlink()

    def on_end(self, loop: Loop) -> None:
        """Draws what the last epoch makes, where the training ended with one."""
        assert loop.stage is not None
        if loop.epoch != self.drawn and loop.stage_round % loop.stage.rounds_per_epoch == 0:
            self._draw(loop)

    def _draw(self, loop: Loop) -> None:
        began = time.monotonic()
        shape = loop.method.preparation["image"].shape
        rows, columns = (max(2, min(ROWS, SIDE // side)) for side in shape[1:])
        cuda = [loop.device] if loop.device.type == "cuda" else []
        loop.method.train_mode(False)
        with torch.random.fork_rng(devices=cuda), torch.inference_mode():
            torch.manual_seed(NOISE)
            images = loop.method.sample(rows * columns)["image"]
        loop.method.train_mode()
        self.folder.mkdir(parents=True, exist_ok=True)
        save_image(image_grid(images, columns), self.folder / f"epoch-{loop.epoch:04d}.png", overwrite=True)
        if self.drawn:  # the first takes longer than any after it, and tells nothing of their time
            self.cost = time.monotonic() - began
            self.seconds -= self.cost
        self.drawn = loop.epoch
