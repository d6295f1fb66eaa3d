r"""Images of shapes that are drawn here, every combination of five factors once, so that it is known what each image is made of.

    shape: square, ellipse, heart    scale: 4, reaching 3.5 to 6.5 pixels    rotation: 6 within a quarter turn    x: 15 places    y: 9

A quarter turn brings a square back to itself, so within it no two images are the same. Edges are smooth: a pixel's brightness is the
share of its 25 points that lie inside. Shapes lie in a rectangle, not in a square: in a square a code could turn x and y into each other
and lose nothing, so no data would tell the right axes from others.

Reference: after dSprites (Matthey, Higgins, Hassabis, Lerchner, 2017), whose images are 64x64 and black and white.
"""

from __future__ import annotations

import itertools

import numpy as np

__all__ = ["FACTORS", "draw_shapes"]

SIDE, POINTS = 32, 5  # pixels of a side, and points of a pixel's side that are looked at
SHAPES, SCALES = ("square", "ellipse", "heart"), np.linspace(3.5, 6.5, 4)
TURNS = np.arange(6) * (np.pi / 2 / 6)
RIGHT, DOWN = np.arange(-7, 8), np.arange(-4, 5)  # pixels from the middle; no shape reaches the edge
FACTORS = {"shape": len(SHAPES), "scale": len(SCALES), "rotation": len(TURNS), "x": len(RIGHT), "y": len(DOWN)}


def draw_shapes() -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 `(items, 32, 32, 1)`, and the factors of each, a structured array `(items,)` of whole numbers from 0.

    The factors are by name `shape`, `scale`, `rotation`, `x` and `y`; x grows rightwards, y downwards.
    """
    images = [
        np.roll(centred, (down, right), (0, 1))
        for shape, scale, turn in itertools.product(SHAPES, SCALES, TURNS)
        for centred in [_drawn(shape, scale, turn)]
        for right, down in itertools.product(RIGHT, DOWN)
    ]
    combinations = np.indices(tuple(FACTORS.values())).reshape(len(FACTORS), -1)
    factors = np.zeros(len(images), [(name, np.int64) for name in FACTORS])
    for name, values in zip(FACTORS, combinations, strict=True):
        factors[name] = values
    return np.stack(images)[..., None], factors


def _drawn(shape: str, scale: float, turn: float) -> np.ndarray:
    """One shape in the middle: uint8 `(height, width)`."""
    places = (np.arange(SIDE * POINTS) + 0.5) / POINTS - SIDE / 2
    right, up = places[None, :] / scale, -places[:, None] / scale
    inside = _inside(shape, np.cos(turn) * right + np.sin(turn) * up, np.cos(turn) * up - np.sin(turn) * right)
    shares = inside.reshape(SIDE, POINTS, SIDE, POINTS).mean((1, 3))
    return np.round(255 * shares).astype(np.uint8)


def _inside(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether points lie inside a shape that spans about -1 to 1."""
    if shape == "square":
        return np.maximum(np.abs(u), np.abs(v)) <= 0.8
    if shape == "ellipse":
        return u**2 + (v / 0.55) ** 2 <= 1
    u, v = 1.15 * u, 1.15 * v + 0.1
    return (u**2 + v**2 - 1) ** 3 <= u**2 * v**3
