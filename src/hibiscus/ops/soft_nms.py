"""Soft-NMS, which lowers the scores of overlapping boxes instead of discarding them.

Boxes are corners (xmin, ymin, xmax, ymax). `hibiscus.scratch.detection` holds a reference implementation.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.ops.boxes import check_scores, iou

__all__ = ["soft_nms"]


def soft_nms(
    boxes: Tensor,
    scores: Tensor,
    kind: str = "gaussian",
    sigma: float = 0.5,
    threshold: float = 0.3,
    min_score: float = 0.001,
    max_kept: int | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Soft-NMS: lowers the scores of boxes that overlap a higher-scoring one instead of discarding them.

        score *= exp(-iou**2 / sigma)              gaussian
        score *= 1 - iou where iou >= threshold    linear

    The box with the highest current score is selected in each step, in all rows at once.

    Args:
        boxes: candidates of each row (an image and a class).
        scores: scores of the candidates.
        kind: `gaussian` or `linear`.
        sigma: width of the Gaussian (paper: 0.5).
        threshold: IoU threshold of the linear variant (paper: 0.3).
        min_score: boxes of this score or less are discarded.
        max_kept: largest number of boxes to select; all if None.

    Shapes:
        boxes (N, K, 4), scores (N, K); returns the indices of the boxes (N, n) int64, -1 for padding, and
        their scores (N, n), 0 for padding.

    Raises:
        ConfigError: when the shapes do not match, or an option is unknown or out of range.

    Reference: Bodla et al., "Soft-NMS: Improving Object Detection With One Line of Code", 2017, arXiv
        1704.04503.
    """
    check_scores(boxes, scores[:, None], threshold)
    if kind not in ("gaussian", "linear") or sigma <= 0:
        raise ConfigError(
            f"kind={kind!r}, sigma={sigma}",
            "gaussian or linear, and sigma > 0",
            "use gaussian with sigma=0.5",
        )
    current = torch.where(scores > min_score, scores, -1)
    selected, values = [], []
    for _ in range(scores.shape[1] if max_kept is None else min(max_kept, scores.shape[1])):
        top = current.amax(1, keepdim=True)
        if not bool((top > min_score).any()):
            break
        best = (current == top).to(torch.uint8).argmax(1, keepdim=True)  # the first of equal scores
        overlap = iou(boxes.gather(1, best[..., None].expand(-1, -1, 4)), boxes)
        weight = (
            torch.exp(-(overlap * overlap) / sigma)
            if kind == "gaussian"
            else torch.where(overlap >= threshold, 1 - overlap, 1)
        )
        current = current * weight
        current = torch.where(current > min_score, current, -1).scatter(1, best, -1)
        valid = top > min_score
        selected.append(torch.where(valid, best, -1))
        values.append(torch.where(valid, top, 0))
    if not selected:
        return scores.new_zeros(len(scores), 0, dtype=torch.int64), scores.new_zeros(len(scores), 0)
    return torch.cat(selected, 1), torch.cat(values, 1)
