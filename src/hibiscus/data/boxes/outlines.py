"""The axis-aligned boxes around outlines: polygons, rotated rectangles, circles and ellipses."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["box_around", "box_of_ellipse", "rotated_corners"]

Point = Sequence[float]


def box_around(points: Sequence[Point]) -> list[float]:
    """xmin, ymin, xmax, ymax of points (x, y); NaN if a coordinate is."""
    if not points or not all(math.isfinite(value) for point in points for value in point):
        return [math.nan] * 4
    x, y = zip(*points, strict=True)
    return [min(x), min(y), max(x), max(y)]


def rotated_corners(
    x: float, y: float, width: float, height: float, angle: float
) -> list[tuple[float, float]]:
    """The corners of a rectangle about its center (x, y), rotated by an angle in radians."""
    if not math.isfinite(angle):
        return [(math.nan, math.nan)] * 4
    cos, sin = math.cos(angle), math.sin(angle)
    halves = [
        (-width / 2, -height / 2),
        (width / 2, -height / 2),
        (width / 2, height / 2),
        (-width / 2, height / 2),
    ]
    return [(x + cos * dx - sin * dy, y + sin * dx + cos * dy) for dx, dy in halves]


def box_of_ellipse(x: float, y: float, radius_x: float, radius_y: float, angle: float = 0.0) -> list[float]:
    """The box around an ellipse about (x, y), rotated by an angle in radians."""
    if not math.isfinite(angle):
        return [math.nan] * 4
    half_width = math.hypot(radius_x * math.cos(angle), radius_y * math.sin(angle))
    half_height = math.hypot(radius_x * math.sin(angle), radius_y * math.cos(angle))
    return [x - half_width, y - half_height, x + half_width, y + half_height]
