"""Boxes drawn on pictures."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["drawn", "sure"]


def colour_of(number: int) -> tuple[int, int, int]:
    """A colour for a class number, well apart from those before."""
    red, green, blue = colorsys.hsv_to_rgb((0.08 + number * 0.618034) % 1.0, 0.85, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


def drawn(picture: np.ndarray, boxes: np.ndarray, names: Sequence[str], scale: int = 1) -> np.ndarray:
    """A picture uint8 `(height, width, 1 or 3)` with boxes over it, `(scale height, scale width, 3)`.

    Args:
        picture: the picture.
        boxes: rows of xmin, ymin, xmax, ymax in shares of the sides, class number last.
        names: what is written at each box.
        scale: times the picture's size, so that thin lines and small words can be read.
    """
    plain = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[..., :3]
    canvas = Image.fromarray(plain).resize((plain.shape[1] * scale, plain.shape[0] * scale), Image.Resampling.BILINEAR)
    pen = ImageDraw.Draw(canvas)
    for row, name in zip(boxes, names, strict=True):
        left, top, right, low = row[:4] * (canvas.width, canvas.height, canvas.width, canvas.height)
        colour = colour_of(int(row[-1]))
        pen.rectangle((left, top, max(left, right - 1), max(top, low - 1)), outline=colour, width=max(1, scale))
        if name:
            place = pen.textbbox((left + 2, max(0, top - 11)), name)
            pen.rectangle(place, fill=colour)
            pen.text((left + 2, max(0, top - 11)), name, fill=(0, 0, 0))
    return np.array(canvas)


def sure(rows: np.ndarray, classes: Sequence[str], score: float) -> tuple[np.ndarray, list[str]]:
    """The detections with a score or more, and what is written at them."""
    own = rows[(rows[:, 5] >= 0) & (rows[:, 4] >= score)]
    return own, [f"{classes[int(row[5])]} {row[4]:.0%}" for row in own]
