"""Boxes drawn on images."""

from __future__ import annotations

import colorsys
import functools
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["drawn", "sure"]


def color_of(number: int) -> tuple[int, int, int]:
    """A colour for a class number, well apart from those before."""
    red, green, blue = colorsys.hsv_to_rgb((0.08 + number * 0.618034) % 1.0, 0.85, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu, which has the letters of most languages and comes with Matplotlib, whose import is not worth it here."""
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return ImageFont.truetype(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def drawn(image: np.ndarray, boxes: np.ndarray, names: Sequence[str], scale: int = 1) -> np.ndarray:
    """An image uint8 `(height, width, 1 or 3)` with boxes over it, `(scale height, scale width, 3)`.

    Args:
        image: the image.
        boxes: rows of xmin, ymin, xmax, ymax in shares of the sides, class number last.
        names: what is written at each box.
        scale: times the image's size, so that thin lines and small words can be read.
    """
    plain = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image[..., :3]
    canvas = Image.fromarray(plain).resize((plain.shape[1] * scale, plain.shape[0] * scale), Image.Resampling.BILINEAR)
    pen, side = ImageDraw.Draw(canvas), min(canvas.size)
    line, font = max(1, scale, round(side / 200)), _font(max(10, round(side / 32)))
    places = [row[:4] * (canvas.width, canvas.height, canvas.width, canvas.height) for row in boxes]
    for (left, top, right, low), row in zip(places, boxes, strict=True):
        pen.rectangle((left, top, max(left, right - 1), max(top, low - 1)), outline=color_of(int(row[-1])), width=line)
    for (left, top, *_), row, name in zip(places, boxes, names, strict=True):  # words over all lines
        if name:
            within = max(0, min(left, canvas.width - pen.textlength(name, font) - 2 * line - 1))  # words end where the image does
            color, corner = color_of(int(row[-1])), (within + line, max(0, top - font.size - 1))
            x0, y0, x1, y1 = pen.textbbox(corner, name, font=font)
            pen.rectangle((x0 - line, y0 - line, x1 + line, y1 + line), fill=color)
            pen.text(corner, name, fill=(0, 0, 0) if np.dot(color, (0.3, 0.59, 0.11)) > 110 else (255, 255, 255), font=font)
    return np.array(canvas)


def sure(rows: np.ndarray, classes: Sequence[str], score: float) -> tuple[np.ndarray, list[str]]:
    """The detections with a score or more, and what is written at them."""
    own = rows[(rows[:, 5] >= 0) & (rows[:, 4] >= score)]
    return own, [f"{classes[int(row[5])]} {row[4]:.0%}" for row in own]
