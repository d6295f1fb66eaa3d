"""Reference implementations in pure Python for one box at a time: IoU, matching, non-maximum suppression.

A box is (xmin, ymin, xmax, ymax). Every sum and product is computed in the order of the vectorized functions,
so that the results are bit-identical.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["decode", "encode", "iou", "match", "nms", "soft_nms"]

Box = Sequence[float]
DEVIATIONS = (0.1, 0.1, 0.2, 0.2)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]; 0 where both are empty."""
    inside = _inside(a, b)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inside
    return inside / union if union > 0 else 0.0


def encode(box: Box, anchor: Box, deviations: Sequence[float] = DEVIATIONS) -> list[float]:
    """The offsets of a box from an anchor: shift of the center and logarithm of the size, relative to the
    anchor, over the deviations.
    """
    (cx, cy, w, h), (ax, ay, aw, ah) = _center_and_size(box), _center_and_size(anchor)
    offsets = ((cx - ax) / aw, (cy - ay) / ah, math.log(w / aw), math.log(h / ah))
    return [offset / deviation for offset, deviation in zip(offsets, deviations, strict=True)]


def decode(offsets: Sequence[float], anchor: Box, deviations: Sequence[float] = DEVIATIONS) -> list[float]:
    """The box at given offsets from an anchor: the inverse of `encode`."""
    dx, dy, dw, dh = (offset * deviation for offset, deviation in zip(offsets, deviations, strict=True))
    ax, ay, aw, ah = _center_and_size(anchor)
    cx, cy, w, h = dx * aw + ax, dy * ah + ay, math.exp(dw) * aw, math.exp(dh) * ah
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]


def match(
    truth: Sequence[Sequence[float]],
    anchors: Sequence[Box],
    threshold: float = 0.5,
    negative_limit: float | None = None,
) -> tuple[list[int], list[int]]:
    """The true box to which each anchor of one image is matched.

    The pair with the highest IoU is matched first, then the best pair among the others, and so on, so that
    each true box gets an anchor; then every other anchor whose highest IoU exceeds `threshold` is matched
    too. Ties are resolved in favor of the first true box, then of the first anchor.

    Args:
        truth: rows of xmin, ymin, xmax, ymax, class; class -1 is padding, -2 a crowd: anchors with more than
            `threshold` of their area inside it are ignored.
        anchors: the anchors of the image.
        threshold: IoU threshold.
        negative_limit: unmatched anchors with a higher IoU are ignored; none are ignored if None.

    Returns:
        Labels (0 background, 1 + class, -1 ignored) and the row of the true box of each anchor (-1 for none).
    """
    real = [t for t, row in enumerate(truth) if row[4] >= 0]
    owner = _best_pairs({(t, a): iou(truth[t], anchor) for t in real for a, anchor in enumerate(anchors)})
    labels, owners = [], []
    for a, anchor in enumerate(anchors):
        overlaps = [(iou(truth[t], anchor), t) for t in real]
        best, row = max(overlaps, key=lambda pair: (pair[0], -pair[1]), default=(0.0, -1))
        matched = owner.get(a, row if best > threshold else -1)
        label = 1 + int(truth[matched][4]) if matched >= 0 else 0
        area = (anchor[2] - anchor[0]) * (anchor[3] - anchor[1])
        crowded = any(row[4] == -2 and _inside(row, anchor) > threshold * area for row in truth)
        if matched < 0 and (crowded or (negative_limit is not None and best > negative_limit)):
            label = -1
        labels.append(label)
        owners.append(matched)
    return labels, owners


def nms(
    boxes: Sequence[Box],
    scores: Sequence[float],
    threshold: float = 0.45,
    min_score: float = 0.0,
    max_kept: int | None = None,
) -> list[int]:
    """The boxes kept by non-maximum suppression, in the order of falling scores.

    Boxes of equal scores are processed in their order. Only scores above `min_score` are considered; at most
    `max_kept` boxes are kept.
    """
    remaining = sorted(
        (i for i, score in enumerate(scores) if score > min_score), key=lambda i: (-scores[i], i)
    )
    kept: list[int] = []
    while remaining and (max_kept is None or len(kept) < max_kept):
        best = remaining.pop(0)
        kept.append(best)
        remaining = [i for i in remaining if iou(boxes[best], boxes[i]) < threshold]
    return kept


def soft_nms(
    boxes: Sequence[Box],
    scores: Sequence[float],
    kind: str = "gaussian",
    sigma: float = 0.5,
    threshold: float = 0.3,
    min_score: float = 0.001,
    max_kept: int | None = None,
) -> list[tuple[int, float]]:
    """The boxes in the order in which Soft-NMS selects them, with their scores at that time.

    `gaussian` multiplies a score by exp(-iou**2 / sigma), `linear` by 1 - iou where iou >= threshold. Scores
    of `min_score` or less are discarded.
    """
    current = {i: score for i, score in enumerate(scores) if score > min_score}
    selected: list[tuple[int, float]] = []
    while current and (max_kept is None or len(selected) < max_kept):
        best = min(current, key=lambda i: (-current[i], i))
        selected.append((best, current.pop(best)))
        for i in list(current):
            overlap = iou(boxes[best], boxes[i])
            if kind == "gaussian":
                current[i] *= math.exp(-(overlap * overlap) / sigma)
            elif overlap >= threshold:
                current[i] *= 1 - overlap
            if current[i] <= min_score:
                del current[i]
    return selected


def _inside(a: Box, b: Box) -> float:
    """The area of the intersection of two boxes."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _center_and_size(box: Box) -> tuple[float, float, float, float]:
    """Center, width and height."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]


def _best_pairs(overlap: dict[tuple[int, int], float]) -> dict[int, int]:
    """The true box of each anchor by greedy one-to-one matching in the order of falling IoU."""
    owner: dict[int, int] = {}
    done: set[int] = set()
    for (t, a), value in sorted(overlap.items(), key=lambda item: (-item[1], item[0])):
        if value > 0 and t not in done and a not in owner:
            owner[a] = t
            done.add(t)
    return owner
