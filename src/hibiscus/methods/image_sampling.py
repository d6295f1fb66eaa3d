"""Sampling of images from a generative model, with optional interpolation between two noise vectors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import ImagePreparation

__all__ = ["InterpolatedBatch", "generate_images"]

BATCH_SIZE = 256


class InterpolatedBatch(Batch):
    """A batch whose random numbers interpolate between two samples, at fraction t = `interpolation`.

    Normal noise is interpolated along an arc, `cos(t pi / 2) first + sin(t pi / 2) second`, and so is
    standard normal at every t; uniform noise is interpolated linearly, `(1 - t) first + t second`, and stays
    within its range.
    """

    interpolation = 0.0

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        first, second = super()._draw(draw, shape), super()._draw(draw, shape)
        t = self.interpolation
        if draw is torch.randn:
            return math.cos(t * math.pi / 2) * first + math.sin(t * math.pi / 2) * second
        return (1 - t) * first + t * second


@torch.no_grad()
def generate_images(
    generate: Callable[[Batch], Tensor],
    count: int,
    preparation: ImagePreparation,
    device: torch.device,
    interpolation: float | None = None,
    **conditions: Tensor,
) -> np.ndarray:
    """Generates `count` images, uint8 `(count, height, width, channels)`, in batches to save memory.

    Args:
        generate: maps a batch to one image per item.
        count: the number of images.
        preparation: decodes the outputs of the network to pixels.
        device: the device for the computation.
        interpolation: position between two noise vectors, from 0 to 1; None for a single vector.
        **conditions: conditions of each image, `(count, ...)`; each is a field of the batches.
    """
    conditions = {name: values.to(device) for name, values in conditions.items()}
    pixels = np.zeros((count, preparation.height, preparation.width, preparation.channels), np.uint8)
    for start in range(0, count, BATCH_SIZE):
        end = min(count, start + BATCH_SIZE)
        fields = {name: values[start:end] for name, values in conditions.items()}
        batch = Batch(index=torch.empty(end - start, device=device), **fields)
        if interpolation is not None:
            batch = InterpolatedBatch(batch)
            batch.interpolation = interpolation
        pixels[start:end] = preparation.decode(generate(batch))
    return pixels
