"""Synthetic scenes: a few discs, squares and triangles on a background, with the class of every pixel."""

from __future__ import annotations

import numpy as np

__all__ = ["SCENE_CLASSES", "draw_scene_instances", "draw_scenes"]

SCENE_CLASSES = ("ground", "disc", "square", "triangle")
COLORS = np.array(
    [[0, 0, 0], [205, 70, 60], [60, 165, 90], [75, 90, 200]]
)  # by class; the ground has a random color
HEIGHT, WIDTH = 48, 64
MIN_RADIUS, MAX_RADIUS, MAX_SHAPES = 6, 11, 3


def draw_scenes(count: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images uint8 `(count, 48, 64, 3)`, masks uint8 `(count, 48, 64)`, boxes float32 `(count, 3, 5)`.

    There are one to three shapes in an image. Later ones cover earlier ones, whose boxes include what is
    hidden, and noise covers everything. The color of a class varies little, that of the ground a lot.
    """
    return _draw(count, seed)[:3]


def draw_scene_instances(count: int = 400, seed: int = 0) -> np.ndarray:
    """The visible pixels of each shape of the same scenes, uint8 `(count, 48, 64)`: the row of its box, from
    1, and 0 for the ground.
    """
    return _draw(count, seed)[3]


def _draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    images, masks = np.empty((count, HEIGHT, WIDTH, 3), np.uint8), np.zeros((count, HEIGHT, WIDTH), np.uint8)
    instances = np.zeros((count, HEIGHT, WIDTH), np.uint8)
    boxes = np.zeros((count, MAX_SHAPES, 5), np.float32)
    boxes[..., 4] = -1
    down, right = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    for image, mask, numbers, rows in zip(images, masks, instances, boxes, strict=True):
        canvas = np.broadcast_to(draw.uniform(40, 215, 3), (HEIGHT, WIDTH, 3)).copy()
        for number, row in enumerate(rows[: draw.integers(1, MAX_SHAPES + 1)], 1):
            kind, radius = int(draw.integers(1, len(SCENE_CLASSES))), draw.uniform(MIN_RADIUS, MAX_RADIUS)
            x, y = draw.uniform(radius, WIDTH - radius), draw.uniform(radius, HEIGHT - radius)
            inside = _inside(kind, (right - x) / radius, (down - y) / radius)
            canvas[inside] = COLORS[kind] + draw.uniform(-30, 30, 3)
            mask[inside] = kind
            numbers[inside] = number
            across, along = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
            edges = np.array([across[0], along[0], across[-1] + 1, along[-1] + 1]) / (
                WIDTH,
                HEIGHT,
                WIDTH,
                HEIGHT,
            )
            row[:] = (*edges, kind - 1)
        image[:] = np.clip(canvas + draw.normal(0, 12, canvas.shape), 0, 255)
    return images, masks, boxes, instances


def _inside(kind: int, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether points lie inside a shape that extends from -1 to 1; v increases downward."""
    if SCENE_CLASSES[kind] == "disc":
        return u**2 + v**2 <= 1
    if SCENE_CLASSES[kind] == "square":
        return np.maximum(np.abs(u), np.abs(v)) <= 0.85
    return (v <= 0.9) & (np.abs(u) <= (v + 1) / 1.9)
