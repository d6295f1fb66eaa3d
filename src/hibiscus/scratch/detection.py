"""Boxes one at a time in pure Python: overlap, matching, suppression; what the fast functions on whole batches must equal.

A box is (xmin, ymin, xmax, ymax). Every sum and product is done in the order of the fast ones, so that results agree to the bit.
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
    """How a box lies from an anchor: shift of the centre in the anchor's sizes, logarithm of the sizes, each over its deviation."""
    (cx, cy, w, h), (ax, ay, aw, ah) = _centred(box), _centred(anchor)
    offsets = ((cx - ax) / aw, (cy - ay) / ah, math.log(w / aw), math.log(h / ah))
    return [offset / deviation for offset, deviation in zip(offsets, deviations, strict=True)]


def decode(offsets: Sequence[float], anchor: Box, deviations: Sequence[float] = DEVIATIONS) -> list[float]:
    """The box that lies so from an anchor: `encode` undone."""
    dx, dy, dw, dh = (offset * deviation for offset, deviation in zip(offsets, deviations, strict=True))
    ax, ay, aw, ah = _centred(anchor)
    cx, cy, w, h = dx * aw + ax, dy * ah + ay, math.exp(dw) * aw, math.exp(dh) * ah
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]


def match(
    truth: Sequence[Sequence[float]], anchors: Sequence[Box], threshold: float = 0.5, negative_limit: float | None = None
) -> tuple[list[int], list[int]]:
    """Which truth each anchor answers for, in one image.

    The pair that overlaps most is made first, then the next among those left, and so on, so that each truth gets an anchor of its
    own; then every anchor left over whose best truth overlaps more than `threshold` answers for it too. Among equals the first truth,
    then the first anchor.

    Args:
        truth: rows of xmin, ymin, xmax, ymax, class; class -1 is no row, -2 a crowd: anchors that lie in it to more than `threshold` of
            their area are ignored.
        anchors: of the image.
        threshold: of the overlap.
        negative_limit: anchors that overlap more than this, and are not matched, are ignored; none ignores none.

    Returns:
        Labels (0 background, 1 + class, -1 ignored) and the row of the truth of each anchor (-1 for none).
    """
    real = [t for t, row in enumerate(truth) if row[4] >= 0]
    owner = _best_pairs({(t, a): iou(truth[t], anchor) for t in real for a, anchor in enumerate(anchors)})
    labels, owners = [], []
    for a, anchor in enumerate(anchors):
        overlaps = [(iou(truth[t], anchor), t) for t in real]
        best, which = max(overlaps, key=lambda pair: (pair[0], -pair[1]), default=(0.0, -1))
        mine = owner.get(a, which if best > threshold else -1)
        label = 1 + int(truth[mine][4]) if mine >= 0 else 0
        area = (anchor[2] - anchor[0]) * (anchor[3] - anchor[1])
        crowded = any(row[4] == -2 and _inside(row, anchor) > threshold * area for row in truth)
        if mine < 0 and (crowded or (negative_limit is not None and best > negative_limit)):
            label = -1
        labels.append(label)
        owners.append(mine)
    return labels, owners


def nms(boxes: Sequence[Box], scores: Sequence[float], threshold: float = 0.45, floor: float = 0.0, most: int | None = None) -> list[int]:
    """The boxes that stay, highest score first: keep the highest, drop all that overlap it by `threshold` or more, and again.

    Among equal scores the first comes first. Only scores above `floor` take part; at most `most` are kept.
    """
    left = sorted((i for i, score in enumerate(scores) if score > floor), key=lambda i: (-scores[i], i))
    kept: list[int] = []
    while left and (most is None or len(kept) < most):
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if iou(boxes[best], boxes[i]) < threshold]
    return kept


def soft_nms(
    boxes: Sequence[Box],
    scores: Sequence[float],
    kind: str = "gaussian",
    sigma: float = 0.5,
    threshold: float = 0.3,
    floor: float = 0.001,
    most: int | None = None,
) -> list[tuple[int, float]]:
    """The boxes in the order in which they are taken, with the scores they have by then: overlap lowers a score instead of dropping it.

    `gaussian` multiplies it by exp(-iou**2 / sigma), `linear` by 1 - iou where iou >= threshold. Scores of `floor` or less are out.
    """
    now = {i: score for i, score in enumerate(scores) if score > floor}
    taken: list[tuple[int, float]] = []
    while now and (most is None or len(taken) < most):
        best = min(now, key=lambda i: (-now[i], i))
        taken.append((best, now.pop(best)))
        for i in list(now):
            overlap = iou(boxes[best], boxes[i])
            if kind == "gaussian":
                now[i] *= math.exp(-(overlap * overlap) / sigma)
            elif overlap >= threshold:
                now[i] *= 1 - overlap
            if now[i] <= floor:
                del now[i]
    return taken


def _inside(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _centred(box: Box) -> tuple[float, float, float, float]:
    """Centre and sizes."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1]


def _best_pairs(overlap: dict[tuple[int, int], float]) -> dict[int, int]:
    """Each anchor's truth when the pairs are made from the best down, each truth and each anchor once."""
    owner: dict[int, int] = {}
    done: set[int] = set()
    for (t, a), value in sorted(overlap.items(), key=lambda item: (-item[1], item[0])):
        if value > 0 and t not in done and a not in owner:
            owner[a] = t
            done.add(t)
    return owner
