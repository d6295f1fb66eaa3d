"""Sampling images from a generative model, with noise that may be interpolated between two draws."""

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
    """A batch whose random numbers lie between two draws, at a fraction t = `interpolation` of the path.

    Normal noise follows an arc, `cos(t pi / 2) first + sin(t pi / 2) second`, and stays standard normal on
    the whole path; uniform noise follows a straight line, `(1 - t) first + t second`, and stays within its
    range.
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
    """Generates `count` images, uint8 `(count, height, width, channels)`, a batch at a time to save memory.

    Args:
        generate: maps a batch to as many images as it holds items.
        count: the number of images.
        preparation: decodes the outputs of the network to pixels.
        device: where they are computed.
        interpolation: where between two draws of noise, from 0 to 1; None for a single draw.
        **conditions: conditions of each image, `(count, ...)`; each is a field of the batches.
    """
    conditions = {name: values.to(device) for name, values in conditions.items()}
    pixels = []
    for start in range(0, count, BATCH_SIZE):
        end = min(count, start + BATCH_SIZE)
        fields = {name: values[start:end] for name, values in conditions.items()}
        batch = Batch(index=torch.empty(end - start, device=device), **fields)
        if interpolation is not None:
            batch = InterpolatedBatch(batch)
            batch.interpolation = interpolation
        pixels.append(preparation.decode(generate(batch)))
    return np.concatenate(pixels)
