"""Drawn scenes: a few discs, squares and triangles on a ground, with the class of every pixel known; small, and the same for all."""

from __future__ import annotations

import numpy as np

__all__ = ["SCENE_CLASSES", "draw_scenes"]

SCENE_CLASSES = ("ground", "disc", "square", "triangle")
HEIGHT, WIDTH = 48, 64
LEAST_RADIUS, MOST_RADIUS = 6, 11


def draw_scenes(count: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 `(count, 48, 64, 3)` and their masks, class numbers uint8 `(count, 48, 64)`.

    One to three shapes a picture, in colours of their own whatever their kind, later ones over earlier ones; grain over all of it. So
    the class can be told by form alone.
    """
    draw = np.random.default_rng(seed)
    pictures, masks = np.empty((count, HEIGHT, WIDTH, 3), np.uint8), np.zeros((count, HEIGHT, WIDTH), np.uint8)
    down, right = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    for picture, mask in zip(pictures, masks, strict=True):
        canvas = np.broadcast_to(draw.uniform(40, 215, 3), (HEIGHT, WIDTH, 3)).copy()
        for _ in range(draw.integers(1, 4)):
            kind, radius = int(draw.integers(1, len(SCENE_CLASSES))), draw.uniform(LEAST_RADIUS, MOST_RADIUS)
            x, y = draw.uniform(radius, WIDTH - radius), draw.uniform(radius, HEIGHT - radius)
            inside = _inside(kind, (right - x) / radius, (down - y) / radius)
            canvas[inside] = _far_from(canvas[int(y), int(x)], draw)
            mask[inside] = kind
        picture[:] = np.clip(canvas + draw.normal(0, 12, canvas.shape), 0, 255)
    return pictures, masks


def _inside(kind: int, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether places lie in a shape that reaches from -1 to 1; v grows downwards."""
    if SCENE_CLASSES[kind] == "disc":
        return u**2 + v**2 <= 1
    if SCENE_CLASSES[kind] == "square":
        return np.maximum(np.abs(u), np.abs(v)) <= 0.85
    return (v <= 0.9) & (np.abs(u) <= (v + 1) / 1.9)


def _far_from(colour: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """A colour that can be told from another."""
    while True:
        found = draw.uniform(20, 235, 3)
        if np.abs(found - colour).sum() > 120:
            return found
