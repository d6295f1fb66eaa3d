r"""Synthetic images of shapes in all combinations of five factors, which are known for each image.

    shape: square, ellipse, heart    scale: 4, 3.5 to 6.5 pixels    rotation: 6 in a quarter turn    x: 15
        y: 9

A quarter turn maps a square to itself, so within it no two images are equal. Edges are antialiased: the
brightness of a pixel is the fraction of its 25 sampling points that lie inside. The positions form a
rectangle rather than a square: in a square, a code could rotate x and y into each other without loss, so the
data would not determine the axes.

Reference: after dSprites (Matthey, Higgins, Hassabis, Lerchner, 2017), whose images are 64x64 and black and
white.
"""

from __future__ import annotations

import itertools

import numpy as np

__all__ = ["FACTORS", "draw_shapes"]

SIDE, POINTS = 32, 5  # pixels of a side, and sampling points along the side of a pixel
SHAPES, SCALES = ("square", "ellipse", "heart"), np.linspace(3.5, 6.5, 4)
TURNS = np.arange(6) * (np.pi / 2 / 6)
RIGHT, DOWN = np.arange(-7, 8), np.arange(-4, 5)  # pixels from the center; no shape reaches the edge
FACTORS = {
    "shape": len(SHAPES),
    "scale": len(SCALES),
    "rotation": len(TURNS),
    "x": len(RIGHT),
    "y": len(DOWN),
}


def draw_shapes() -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 `(items, 32, 32, 1)`, and factors, a structured array `(items,)` of integers from 0.

    The factors are named `shape`, `scale`, `rotation`, `x` and `y`; x increases to the right, y downward.
    """
    images = [
        np.roll(centered, (down, right), (0, 1))
        for shape, scale, turn in itertools.product(SHAPES, SCALES, TURNS)
        for centered in [_draw(shape, scale, turn)]
        for right, down in itertools.product(RIGHT, DOWN)
    ]
    combinations = np.indices(tuple(FACTORS.values())).reshape(len(FACTORS), -1)
    factors = np.zeros(len(images), [(name, np.int64) for name in FACTORS])
    for name, values in zip(FACTORS, combinations, strict=True):
        factors[name] = values
    return np.stack(images)[..., None], factors


def _draw(shape: str, scale: float, turn: float) -> np.ndarray:
    """One shape in the center: uint8 `(height, width)`."""
    points = (np.arange(SIDE * POINTS) + 0.5) / POINTS - SIDE / 2
    right, up = points[None, :] / scale, -points[:, None] / scale
    inside = _inside(
        shape, np.cos(turn) * right + np.sin(turn) * up, np.cos(turn) * up - np.sin(turn) * right
    )
    fractions = inside.reshape(SIDE, POINTS, SIDE, POINTS).mean((1, 3))
    return np.round(255 * fractions).astype(np.uint8)


def _inside(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether points lie inside a shape that extends from about -1 to 1."""
    if shape == "square":
        return np.maximum(np.abs(u), np.abs(v)) <= 0.8
    if shape == "ellipse":
        return u**2 + (v / 0.55) ** 2 <= 1
    u, v = 1.15 * u, 1.15 * v + 0.1
    return (u**2 + v**2 - 1) ** 3 <= u**2 * v**3
