"""Drawing of heatmaps over images, with a color bar and a caption, and of grids of small images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from hibiscus.evaluation.draw_boxes import font_of

__all__ = ["draw_grid", "draw_heatmap", "heat_colors", "overlay_heat"]

# Points of Matplotlib's color maps inferno (from 0 to the maximum) and RdBu (from minus to plus).
SEQUENTIAL = ("000004", "1b0c41", "4a0c6b", "781c6d", "a52c60", "cf4446", "ed6925", "fb9b06", "f7d13d")
DIVERGING = ("2166ac", "4393c3", "92c5de", "f7f7f7", "f4a582", "d6604d", "b2182b")
SIDE, MARGIN, BAR, TEXT = 360, 10, 14, 15  # pixels: longer side of an image, borders, color bar, text
INK, PAPER = (28, 26, 29), (255, 255, 255)
OPACITY, FADED = 0.8, 0.45
PERCENTILE = 99.5  # of the absolute values of a signed map, which the ends of its color bar stand for


def heat_colors(values: np.ndarray, signed: bool = False) -> np.ndarray:
    """Colors uint8 `(..., 3)` of values in [0, 1], or in [-1, 1] if they are signed."""
    points = np.array(
        [[int(name[i : i + 2], 16) for i in (0, 2, 4)] for name in (DIVERGING if signed else SEQUENTIAL)]
    )
    position = np.clip((values + 1) / 2 if signed else values, 0, 1) * (len(points) - 1)
    colors = [np.interp(position, np.arange(len(points)), points[:, channel]) for channel in range(3)]
    return np.round(np.stack(colors, -1)).astype(np.uint8)


def overlay_heat(image: np.ndarray, heatmap: np.ndarray, signed: bool = False) -> tuple[np.ndarray, float]:
    """A heatmap drawn over an image; where the map is near 0, the image stays visible.

    Args:
        image: uint8 (height, width, 1 or 3).
        heatmap: (rows, columns), resized to the image.
        signed: whether values below 0 count: they are blue, those above red, and the image gray.

    Returns:
        uint8 (height, width, 3), and the value at the end of the color bar; 0 for a map without values.
    """
    rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image[..., :3]
    small = Image.fromarray(np.asarray(heatmap, np.float32))
    heat = np.array(small.resize((rgb.shape[1], rgb.shape[0]), Image.Resampling.BILINEAR))
    limit = float(np.percentile(np.abs(heat), PERCENTILE)) if signed else float(heat.max(initial=0))
    limit = limit or float(np.abs(heat).max(initial=0))
    if not limit > 0:
        return rgb.copy(), 0.0
    heat = np.clip(heat / limit, -1 if signed else 0, 1)
    gray = rgb @ np.array([0.299, 0.587, 0.114])
    ground = 255 - FADED * (255 - gray[..., None]) if signed else rgb
    opacity = OPACITY * np.abs(heat)[..., None] ** (0.7 if signed else 0.9)
    return np.round((1 - opacity) * ground + opacity * heat_colors(heat, signed)).astype(np.uint8), limit


def draw_heatmap(
    image: np.ndarray, heatmap: np.ndarray, caption: Sequence[str], signed: bool = False
) -> np.ndarray:
    """An image, beside it the same image under a heatmap, the color bar, and a caption below.

    Args:
        image: uint8 (height, width, 1 or 3).
        heatmap: (rows, columns).
        caption: its lines.
        signed: see `overlay_heat`.

    Returns:
        uint8 (height, width, 3).
    """
    drawn, limit = overlay_heat(image, heatmap, signed)
    left, right = _enlarged(image), _enlarged(drawn)
    font = font_of(TEXT)
    width = 2 * left.width + 4 * MARGIN + BAR + 70
    canvas = Image.new("RGB", (width, left.height + 2 * MARGIN + len(caption) * (TEXT + 6) + 4), PAPER)
    canvas.paste(left, (MARGIN, MARGIN))
    canvas.paste(right, (2 * MARGIN + left.width, MARGIN))
    pen = ImageDraw.Draw(canvas)
    ends = np.linspace(1, -1 if signed else 0, left.height)
    bar = Image.fromarray(np.repeat(heat_colors(ends, signed)[:, None], BAR, axis=1))
    bar_left = 3 * MARGIN + 2 * left.width
    canvas.paste(bar, (bar_left, MARGIN))
    bottom = MARGIN + left.height - TEXT - 2
    for top, value in ((MARGIN, limit), (bottom, -limit if signed else 0.0)):
        pen.text((bar_left + BAR + 5, top), _number(value), fill=INK, font=font)
    if signed:
        pen.text((bar_left + BAR + 5, (MARGIN + bottom) // 2), "0", fill=INK, font=font)
    for number, line in enumerate(caption):
        top = left.height + 2 * MARGIN + number * (TEXT + 6)
        pen.text((MARGIN, top), _fitting(line, pen, font, width - 2 * MARGIN), fill=INK, font=font)
    return np.array(canvas)


def draw_grid(
    tiles: Sequence[np.ndarray], names: Sequence[str], title: str, columns: int = 8, side: int = 96
) -> np.ndarray:
    """Small images in rows, each with its name below, under a title.

    Args:
        tiles: uint8 (height, width) or (height, width, 3), all of one size.
        names: one for each.
        title: above them.
        columns: images in a row.
        side: pixels up to which images are enlarged; larger ones are reduced to them.
    """
    height, width = tiles[0].shape[:2]
    scale = side / max(height, width)
    scale = float(int(scale)) if scale > 1 else scale
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    columns = min(columns, len(tiles))
    cell = (shape[0] + 6, shape[1] + TEXT + 6)
    font, small = font_of(TEXT), font_of(11)
    rows = -(-len(tiles) // columns)
    size = (max(columns * cell[0] + 2 * MARGIN, 420), rows * cell[1] + 2 * MARGIN + TEXT + 8)
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    pen.text((MARGIN, MARGIN), _fitting(title, pen, font, size[0] - 2 * MARGIN), fill=INK, font=font)
    for number, (tile, name) in enumerate(zip(tiles, names, strict=True)):
        left = MARGIN + number % columns * cell[0]
        top = MARGIN + TEXT + 8 + number // columns * cell[1]
        big = Image.fromarray(np.ascontiguousarray(tile)).convert("RGB")
        resampling = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
        canvas.paste(big.resize(shape, resampling), (left, top))
        pen.text((left, top + shape[1] + 1), name, fill=INK, font=small)
    return np.array(canvas)


def _enlarged(image: np.ndarray) -> Image.Image:
    """The image with a longer side of about SIDE pixels; few pixels stay squares."""
    plain = Image.fromarray(np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image[..., :3])
    factor = SIDE / max(plain.size)
    if factor >= 2:
        factor = round(factor)
    size = max(1, round(plain.width * factor)), max(1, round(plain.height * factor))
    return plain.resize(size, Image.Resampling.NEAREST if factor >= 4 else Image.Resampling.BICUBIC)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−") if value else "0"


def _fitting(text: str, pen: ImageDraw.ImageDraw, font: object, width: int) -> str:
    """The text, without its middle if it is too long for a line."""
    text = " ".join(text[:400].split())
    shown = text
    while shown and pen.textlength(shown, font) > width:  # type: ignore[arg-type]
        text = text[:-1]
        shown = text[: len(text) // 2] + " … " + text[-(len(text) // 4) :] if len(text) > 12 else text
    return shown
