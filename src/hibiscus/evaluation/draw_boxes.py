"""Drawing of bounding boxes on images."""

from __future__ import annotations

import colorsys
import functools
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["above_score", "draw_boxes", "font_of"]


def color_of(number: int) -> tuple[int, int, int]:
    """A color for a class number, distinct from the colors of lower class numbers."""
    red, green, blue = colorsys.hsv_to_rgb((0.08 + number * 0.618034) % 1.0, 0.85, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


@functools.cache
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """Loads DejaVu, which covers most alphabets, from Matplotlib's folder without importing Matplotlib."""
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return ImageFont.truetype(
        Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf", size
    )


def draw_boxes(image: np.ndarray, boxes: np.ndarray, names: Sequence[str], scale: int = 1) -> np.ndarray:
    """Draws boxes onto an image uint8 `(height, width, 1 or 3)`; returns `(scale height, scale width, 3)`.

    Args:
        image: the image.
        boxes: rows of xmin, ymin, xmax, ymax as fractions of the sides, with the class number last.
        names: the text at each box.
        scale: factor by which the image is enlarged, so that lines and labels are legible.
    """
    rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image[..., :3]
    canvas = Image.fromarray(rgb).resize(
        (rgb.shape[1] * scale, rgb.shape[0] * scale), Image.Resampling.BILINEAR
    )
    pen, side = ImageDraw.Draw(canvas), min(canvas.size)
    line, font = max(1, scale, round(side / 200)), font_of(max(10, round(side / 32)))
    pixels = [row[:4] * (canvas.width, canvas.height, canvas.width, canvas.height) for row in boxes]
    for (left, top, right, bottom), row in zip(pixels, boxes, strict=True):
        pen.rectangle(
            (left, top, max(left, right - 1), max(top, bottom - 1)),
            outline=color_of(int(row[-1])),
            width=line,
        )
    for (left, top, *_), row, name in zip(
        pixels, boxes, names, strict=True
    ):  # labels are drawn over all lines
        if name:
            text_left = max(
                0, min(left, canvas.width - pen.textlength(name, font) - 2 * line - 1)
            )  # keeps the label inside the image
            color, corner = color_of(int(row[-1])), (text_left + line, max(0, top - font.size - 1))
            x0, y0, x1, y1 = pen.textbbox(corner, name, font=font)
            pen.rectangle((x0 - line, y0 - line, x1 + line, y1 + line), fill=color)
            pen.text(
                corner,
                name,
                fill=(0, 0, 0) if np.dot(color, (0.3, 0.59, 0.11)) > 110 else (255, 255, 255),
                font=font,
            )
    return np.array(canvas)


def above_score(detections: np.ndarray, classes: Sequence[str], score: float) -> tuple[np.ndarray, list[str]]:
    """The detections with at least the given score, and a label for each."""
    selected = detections[(detections[:, 5] >= 0) & (detections[:, 4] >= score)]
    return selected, [f"{classes[int(row[5])]} {row[4]:.0%}" for row in selected]
