"""The edges of one box held against its image: rejected, repaired, or sound."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hibiscus.data.boxes.faults import CLIPPED, NOT_A_NUMBER, OUTSIDE, REVERSED, ZERO

__all__ = ["check_edges"]

# pixels beyond the border that count as rounding: YOLO's six decimals make 0.0075 in 10,000 pixels
EDGE_SLACK = 0.01


def check_edges(
    edges: Sequence[float], size: tuple[int, int]
) -> tuple[list[float] | None, list[tuple[str, str]]]:
    """The edges inside the image, in order, and what was wrong with them: faults, each with a reason.

    Args:
        edges: xmin, ymin, xmax, ymax in pixels.
        size: (height, width) of the image.

    Returns:
        None in place of the edges if the box cannot be used.
    """
    edges = [float(edge) for edge in edges]
    if not all(map(math.isfinite, edges)):
        return None, [(NOT_A_NUMBER, f"the edges {formatted(edges)} are not all finite numbers")]
    ordered = [*map(min, edges[:2], edges[2:]), *map(max, edges[:2], edges[2:])]
    if ordered[0] == ordered[2] or ordered[1] == ordered[3]:
        return None, [(ZERO, f"the box {formatted(edges)} has no area")]
    height, width = size
    image = f"image of {width} x {height} pixels"
    limits = (width, height) * 2
    clipped = [min(max(edge, 0.0), float(top)) for edge, top in zip(ordered, limits, strict=True)]
    if clipped[0] >= clipped[2] or clipped[1] >= clipped[3]:
        return None, [(OUTSIDE, f"the box {formatted(edges)} is outside the {image}")]
    repairs = []
    if ordered != edges:
        repairs.append((REVERSED, f"the edges {formatted(edges)} were reversed and have been corrected"))
    if max(abs(new - old) for new, old in zip(clipped, ordered, strict=True)) > EDGE_SLACK:
        repairs.append((CLIPPED, f"the box {formatted(ordered)} was clipped to the {image}"))
    return clipped, repairs


def formatted(edges: Sequence[float]) -> str:
    """Edges as text."""
    return "(" + ", ".join(f"{edge:.6g}" for edge in edges) + ")"
