r"""How well a heatmap agrees with known boxes: the fraction of its sum that lies inside them.

    mass = sum inside the boxes of  map / sum of map,    compared with the area of the boxes / area

A map that ignores the image is uniform, and its mass is the fraction of the area.

Reference: Wang et al., "Score-CAM", 2020, arXiv 1910.01279 (energy-based pointing game).
"""

from __future__ import annotations

import numpy as np

__all__ = ["mass_inside"]


def mass_inside(heatmap: np.ndarray, boxes: np.ndarray) -> tuple[float, float]:
    """The fraction of a heatmap inside boxes, and that of a uniform map.

    Args:
        heatmap: (height, width); negative values count as 0.
        boxes: rows of xmin, ymin, xmax, ymax as fractions of the sides; a pixel belongs to a box that covers
            its center.

    Returns:
        Both fractions; 0 for the first if the map is 0 everywhere.
    """
    height, width = heatmap.shape
    rows, columns = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    inside = np.zeros(heatmap.shape, bool)
    for left, top, right, bottom in np.asarray(boxes, np.float64).reshape(-1, 4):
        inside |= ((rows >= top) & (rows < bottom))[:, None] & ((columns >= left) & (columns < right))
    positive = np.maximum(heatmap, 0)
    total = float(positive.sum())
    return (float(positive[inside].sum()) / total if total else 0.0), float(inside.mean())
