"""The score threshold of a detector that balances precision and recall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hibiscus.metrics.voc_detection import precision_recall

__all__ = ["best_score_threshold"]


def best_score_threshold(
    truths: Sequence[np.ndarray], detections: Sequence[np.ndarray], classes: int, level: float = 0.5
) -> tuple[float, float] | None:
    r"""The score threshold with the highest F1 over the boxes of all classes, and that F1.

        F1 = 2 * hits / (detections + truths) = 2 * precision * recall / (precision + recall)

    The threshold is halfway between the lowest score that passes and the next lower one.

    Args:
        truths: true boxes of each image.
        detections: detections of each image.
        classes: number of classes.
        level: IoU threshold of a hit, in (0, 1].

    Shapes:
        truths (k, 6) xmin, ymin, xmax, ymax, class, crowd; detections (d, 6) xmin, ymin, xmax, ymax, score,
        class; returns two numbers, or None if there is no hit.

    Raises:
        DataError: when the arrays do not match.
        ConfigError: a level outside (0, 1].
    """
    curves = precision_recall(truths, detections, classes, (level,))
    scores = np.concatenate([curve.score for curve in curves])
    hits = np.concatenate(
        [np.diff(curve.precision * np.arange(1, len(curve.score) + 1), prepend=0) for curve in curves]
    )
    order = np.argsort(-scores, kind="stable")
    scores, hits = scores[order], np.rint(hits[order])
    last = np.append(scores[1:] != scores[:-1], True)[: len(scores)]  # boxes of equal scores pass together
    if not hits.any():
        return None
    count = np.arange(1, len(scores) + 1)
    f1 = np.where(last, 2 * hits.cumsum() / (count + sum(curve.truths for curve in curves)), -1.0)
    best = int(f1.argmax())
    lower = scores[best + 1] if best + 1 < len(scores) else scores[best]
    return float((scores[best] + lower) / 2), float(f1[best])
