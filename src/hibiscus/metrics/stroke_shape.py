r"""Slant, width, stroke thickness and brightness of a bright shape on a dark background, from image moments.

    m    = sum over pixels of  p,    p = brightness from 0 to 1, x to the right, y down
    cx   = sum x p / m,    cy = sum y p / m
    u_ab = sum over pixels of  (x - cx)**a (y - cy)**b p

    slant      = - u_11 / u_02                      pixels to the right per pixel upwards; 0 if upright
    width      = 4 sqrt(u_20 / m)                   in pixels; that of a filled disc
    thickness  = 2 m / sum of |gradient of p|       in pixels; area over half the outline, for long strokes
    brightness = mean of p

The sum of the gradient norms of an image is the length of its outlines over all levels of brightness (the
coarea formula), so thickness needs no threshold: a blurred stroke is as thick as a sharp one of the same
area.

Reference: Hu, "Visual pattern recognition by moment invariants", 1962.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError

__all__ = ["stroke_shapes"]

EPSILON = 1e-9  # avoids a division by 0 where an image is black


def stroke_shapes(pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """`slant`, `width`, `thickness` and `brightness` of each image; all 0 where an image is black.

    Args:
        pixels: images; their channels are averaged.

    Shapes:
        pixels uint8 (N, height, width, channels); each measure (N,).

    Raises:
        DataError: another shape.
    """
    if np.ndim(pixels) != 4:
        raise DataError(
            f"images of shape {np.shape(pixels)}", "(items, height, width, channels)", "add the missing axis"
        )
    p = np.asarray(pixels, np.float64).mean(3) / 255
    y, x = np.arange(p.shape[1])[None, :, None], np.arange(p.shape[2])[None, None, :]
    mass = p.sum((1, 2))
    divisor = np.maximum(mass, EPSILON)
    dx = x - ((x * p).sum((1, 2)) / divisor)[:, None, None]
    dy = y - ((y * p).sum((1, 2)) / divisor)[:, None, None]
    u_20, u_11, u_02 = (((dx**a * dy**b) * p).sum((1, 2)) for a, b in ((2, 0), (1, 1), (0, 2)))
    padded = np.pad(p, ((0, 0), (1, 1), (1, 1)))  # a shape at the border ends there
    down, right = np.diff(padded, axis=1), np.diff(padded, axis=2)
    outline = (
        np.hypot(down[:, :, 1:] + down[:, :, :-1], right[:, 1:] + right[:, :-1]).sum((1, 2)) / 2
    )  # the gradient where four pixels meet
    return {
        "slant": -u_11 / np.maximum(u_02, EPSILON),
        "width": 4 * np.sqrt(u_20 / divisor),
        "thickness": 2 * mass / np.maximum(outline, EPSILON),
        "brightness": p.mean((1, 2)),
    }
