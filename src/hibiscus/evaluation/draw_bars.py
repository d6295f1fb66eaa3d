"""Drawing of a horizontal bar chart of signed values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from hibiscus.evaluation.draw_boxes import font_of

__all__ = ["draw_bars"]

WIDTH, ROW, MARGIN, NAMES, VALUES = 760, 24, 12, 220, 80  # pixels
INK, SOFT, PAPER = (28, 26, 29), (160, 156, 163), (255, 255, 255)
PLUS, MINUS = (178, 24, 43), (33, 102, 172)
MAX_NAME = 26  # characters


def draw_bars(names: Sequence[str], values: Sequence[float], title: str, note: str = "") -> np.ndarray:
    """Bars to the right for values above 0, to the left for those below.

    Args:
        names: of the bars, from top to bottom.
        values: finite numbers.
        title: above them.
        note: below them.

    Returns:
        uint8 (height, 760, 3).
    """
    font, height = font_of(14), (len(names) + 2) * ROW + 3 * MARGIN
    canvas = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), title[:90], fill=INK, font=font)
    high, low = max(0.0, *values, 0.0), min(0.0, *values, 0.0)
    span = (high - low) or 1.0
    left, right = MARGIN + NAMES, WIDTH - MARGIN - VALUES
    if low < 0:
        left += VALUES
    zero = left + (right - left) * -low / span
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        top = 2 * MARGIN + ROW * (row + 1)
        shown = name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
        pen.text((MARGIN, top + 2), shown, fill=INK, font=font)
        end = zero + (right - left) * value / span
        pen.rectangle(
            (min(zero, end), top + 3, max(zero, end), top + ROW - 5), fill=PLUS if value >= 0 else MINUS
        )
        text = f"{value:.3g}".replace("-", "−")
        start = end + 5 if value >= 0 else end - 5 - pen.textlength(text, font)
        pen.text((start, top + 2), text, fill=INK, font=font)
    pen.line((zero, 2 * MARGIN + ROW, zero, height - MARGIN - ROW), fill=SOFT)
    pen.text((MARGIN, height - MARGIN - ROW + 4), note[:110], fill=SOFT, font=font)
    return np.array(canvas)
