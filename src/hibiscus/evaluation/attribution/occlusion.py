r"""Occlusion: how much a score falls while a part of the image is covered.

    map[p] = mean over the patches that cover p of  score(x) - score(x with the patch covered)

A square patch moves over the image. The map is positive where the network needs the image, negative where it
is misled by it. It needs no gradients, so it also explains what gradients cannot see through.

Reference: Zeiler, Fergus, "Visualizing and Understanding Convolutional Networks", 2014, arXiv 1311.2901.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.evaluation.attribution.map_gradient import Score

__all__ = ["occlusion"]


def occlusion(
    score: Score, image: Tensor, size: int, stride: int | None = None, value: float = 0.0, batch: int = 32
) -> Tensor:
    """The occlusion map of one image.

    Args:
        score: maps images (copies, ...) to the score of each, (copies,).
        image: (1, channels, height, width), prepared as in training.
        size: side of the patch in pixels.
        stride: pixels between two patches; by default half the side.
        value: of the covered pixels; 0 is the mean of the training part for standardized images.
        batch: covered images at a time.

    Returns:
        float32 (height, width): the mean decrease of the score; edges are covered as well.

    Raises:
        ConfigError: more than one image, or a size or stride that is not positive.
    """
    stride = max(1, size // 2) if stride is None else stride
    if image.ndim != 4 or len(image) != 1 or size < 1 or not 1 <= stride <= size:
        received = f"occlusion of {tuple(image.shape)} with size={size}, stride={stride}"
        expected = "one image (1, channels, height, width), size >= stride >= 1"
        raise ConfigError(received, expected, "pass the images one at a time")
    height, width = image.shape[2:]
    patches = [(top, left) for top in _starts(height, size, stride) for left in _starts(width, size, stride)]
    total = torch.zeros(height, width, device=image.device)
    count = torch.zeros_like(total)
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        original = score(image)[0]
        for first in range(0, len(patches), batch):
            chosen = patches[first : first + batch]
            covered = image.repeat(len(chosen), 1, 1, 1)
            for copy, (top, left) in zip(covered, chosen, strict=True):
                copy[:, top : top + size, left : left + size] = value
            for (top, left), decrease in zip(chosen, original - score(covered), strict=True):
                total[top : top + size, left : left + size] += decrease
                count[top : top + size, left : left + size] += 1
    return total / count


def _starts(side: int, size: int, stride: int) -> list[int]:
    """The first pixels of the patches along a side; the last patch ends at the border."""
    last = max(0, side - size)
    return [*range(0, last, stride), last]
