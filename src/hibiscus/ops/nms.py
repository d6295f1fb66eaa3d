"""Non-maximum suppression of all images and classes at once.

Boxes are corners (xmin, ymin, xmax, ymax). `hibiscus.scratch.detection` holds reference implementations with
exactly the same results.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hibiscus.ops.boxes import check_scores, iou_of_edges
from hibiscus.ops.soft_nms import soft_nms

__all__ = ["detect", "nms"]

CHUNK = 128  # boxes processed at a time, in the order of falling scores
ROWS = 4  # rows processed at a time, so that they stay in the cache


def nms(
    boxes: Tensor,
    scores: Tensor,
    threshold: float = 0.45,
    min_score: float = 0.0,
    max_kept: int | None = None,
) -> Tensor:
    r"""Non-maximum suppression: keeps boxes that no higher-scoring kept box of their class overlaps.

        kept = not any(kept_j and score_j > score and iou_j >= threshold)

    Each class is treated separately. For suppression across classes pass a single class with the highest
    score of each box.

    Args:
        boxes: boxes of each image.
        scores: score of each class and box.
        threshold: IoU threshold (SSD: 0.45), above 0.
        min_score: only scores above it are considered.
        max_kept: largest number of boxes of a class to keep; all if None.

    Shapes:
        boxes (B, K, 4), scores (B, C, K); returns (B, C, K) bool. Boxes of equal scores are processed in
        their order.

    Raises:
        ConfigError: when the shapes do not match, or an option is out of range.
    """
    check_scores(boxes, scores, threshold)
    batch, classes, count = scores.shape
    rows = scores.reshape(batch * classes, count)
    order = rows.argsort(dim=1, descending=True, stable=True)[
        :, : int((rows > min_score).sum(1).amax()) if rows.numel() else 0
    ]
    kept = torch.zeros_like(rows, dtype=torch.bool)
    for chunk in torch.arange(len(rows), device=rows.device).split(ROWS):
        index = order[chunk]
        candidate = rows[chunk].gather(1, index) > min_score
        chosen = _greedy(boxes[chunk[:, None] // classes, index], candidate, threshold, max_kept=max_kept)
        if max_kept is not None:
            chosen &= chosen.cumsum(1) <= max_kept
        kept[chunk] = torch.zeros_like(kept[chunk]).scatter_(1, index, chosen)
    return kept.view(batch, classes, count)


def detect(
    scores: Tensor,
    boxes: Tensor,
    score_threshold: float = 0.01,
    iou_threshold: float = 0.45,
    max_per_class: int | None = 400,
    keep: int = 200,
    soft: str = "",
    sigma: float = 0.5,
    across_classes: bool = False,
) -> Tensor:
    """The detections of each image after non-maximum suppression.

    Whether a box is kept depends only on higher-scoring ones, so that only as many of the best candidates are
    processed as are needed.

    Args:
        scores: probabilities of the background and of each class.
        boxes: decoded boxes.
        score_threshold: only higher scores are considered (SSD: 0.01).
        iou_threshold: IoU threshold (SSD: 0.45).
        max_per_class: number of highest-scoring candidates of a class (SSD: 400); all if None.
        keep: number of detections per image (SSD: 200).
        soft: `gaussian` or `linear` for `soft_nms`; empty for `nms`.
        sigma: width of the Gaussian of `soft_nms`.
        across_classes: whether a box also suppresses boxes of other classes.

    Shapes:
        scores (B, A, 1 + C), boxes (B, A, 4); returns (B, keep, 6): xmin, ymin, xmax, ymax, score, class 0 ..
        C - 1, in the order of falling scores, padded with rows of zeros with class -1. Ties are ordered by
        class, then by anchor.

    Raises:
        ConfigError: when the shapes do not match, or an option is out of range.
    """
    value = scores[..., 1:].transpose(1, 2).float().contiguous()
    check_scores(boxes, value, iou_threshold)
    batch, _, count = value.shape
    key = _keys(value.view(batch, -1), score_threshold).view_as(value)
    if max_per_class is not None and max_per_class < count:
        key = key.topk(max_per_class, -1).values
    if soft:
        return _detect_softly(
            key, boxes, value, keep, soft, sigma, iou_threshold, score_threshold, across_classes
        )
    key, candidates = key.view(batch, -1), 8 * keep
    while True:
        candidates = min(candidates, key.shape[1])
        index, score = _unpack(key.topk(candidates, -1).values, value)
        label, corners = index // count, boxes.gather(1, (index % count)[..., None].expand(-1, -1, 4))
        kept = _greedy(corners, score > 0, iou_threshold, None if across_classes else label, keep)
        if candidates == key.shape[1] or bool(((kept.sum(1) >= keep) | (score[:, -1] <= 0)).all()):
            return _padded(corners, torch.where(kept, score, 0), label, keep)
        candidates *= 4


def _greedy(
    boxes: Tensor,
    candidate: Tensor,
    threshold: float,
    label: Tensor | None = None,
    max_kept: int | None = None,
) -> Tensor:
    """Which `candidate` boxes (R, N) of each row of boxes (R, N, 4), in the order of falling scores, are
    kept.

    Works in chunks: boxes that overlap a box kept earlier are discarded at once, and the others are resolved
    among themselves. Boxes of another `label` (R, N) do not interact. Stops once each row has `max_kept`
    boxes.
    """
    rows, count = candidate.shape
    edges = boxes.permute(2, 0, 1).contiguous()
    kept, number = torch.zeros_like(candidate), torch.zeros(rows, 1, dtype=torch.int64, device=boxes.device)
    kept_edges = edges.new_zeros(
        4, rows, count + 1
    )  # the boxes kept so far; the last column takes all others
    kept_labels = None if label is None else label.new_zeros(rows, count + 1)
    for start in range(0, count, CHUNK):
        span = slice(start, start + CHUNK)
        num_kept, chunk, remaining = int(number.max()), edges[:, :, span], candidate[:, span]
        chunk_labels = None if label is None else label[:, span]
        if not bool(remaining.any()) or (max_kept is not None and int(number.min()) >= max_kept):
            break
        if num_kept:
            overlap = _overlap(kept_edges[:, :, :num_kept], chunk, kept_labels, chunk_labels)
            remaining = remaining & (overlap.amax(1) < threshold)
        suppresses = (_overlap(chunk, chunk, chunk_labels, chunk_labels) >= threshold).float().triu_(1)
        chosen = _resolve(remaining, suppresses)
        kept[:, span] = chosen
        column = torch.where(chosen, number + chosen.cumsum(1) - 1, count)
        kept_edges.scatter_(2, column.expand(4, -1, -1), chunk)
        if kept_labels is not None and chunk_labels is not None:
            kept_labels.scatter_(1, column, chunk_labels)
        number = number + chosen.sum(1, keepdim=True)
    return kept


def _overlap(a: Tensor, b: Tensor, label_a: Tensor | None, label_b: Tensor | None) -> Tensor:
    """IoU of all boxes of `a` (4, R, N) and `b` (4, R, M): (R, N, M); 0 between different labels."""
    overlap = iou_of_edges(a[..., None], b[:, :, None])
    if label_a is None or label_b is None:
        return overlap
    return overlap.masked_fill_(label_a[:, : a.shape[2], None] != label_b[:, None], 0)


def _resolve(candidate: Tensor, suppresses: Tensor) -> Tensor:
    """Which boxes of a chunk (R, N) are kept, where `suppresses` (R, N, N) is 1 if the earlier box suppresses
    the later one.

    A box is kept if no kept box suppresses it. This is iterated until nothing changes, which takes as many
    iterations as the longest chain of overlapping boxes has links, usually two or three.
    """
    kept = candidate
    while True:
        updated = candidate & (torch.bmm(kept[:, None].to(suppresses.dtype), suppresses)[:, 0] == 0)
        if torch.equal(updated, kept):
            return kept
        kept = updated


def _keys(scores: Tensor, min_score: float) -> Tensor:
    """Integers in the order of the scores (B, n), larger for the first of equal scores; 0 for scores that are
    not considered.

    The bits of positive float32 numbers are ordered like the numbers, so that one integer holds both score
    and index: topk is then exact on ties.
    """
    index = torch.arange(scores.shape[1], device=scores.device)
    key = scores.view(torch.int32).long().bitwise_left_shift_(32).bitwise_or_((1 << 32) - 1 - index)
    return key.masked_fill_(scores <= max(min_score, 0.0), 0)


def _unpack(keys: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Index and score of each key; both are 0 where the key is 0."""
    index = torch.where(keys > 0, (1 << 32) - 1 - (keys & ((1 << 32) - 1)), 0)
    return index, torch.where(keys > 0, value.flatten(1).gather(1, index.flatten(1)).view_as(index), 0)


def _detect_softly(
    key: Tensor,
    boxes: Tensor,
    value: Tensor,
    keep: int,
    kind: str,
    sigma: float,
    threshold: float,
    min_score: float,
    across_classes: bool,
) -> Tensor:
    """`detect` with `soft_nms`, with a row for each image and class, or across classes for each image."""
    batch, _, count = value.shape
    index, score = _unpack(key if not across_classes else key.view(batch, 1, -1), value)
    corners = boxes.gather(1, (index % count).view(batch, -1, 1).expand(-1, -1, 4)).view(*index.shape, 4)
    rows = batch * index.shape[1]
    selected, lowered = soft_nms(
        corners.view(rows, -1, 4), score.view(rows, -1), kind, sigma, threshold, min_score, keep
    )
    selected = selected.clamp_min(0)
    corners = corners.view(rows, -1, 4).gather(1, selected[..., None].expand(-1, -1, 4)).view(batch, -1, 4)
    label = (index // count).view(rows, -1).gather(1, selected).view(batch, -1)
    return _padded(corners, lowered.view(batch, -1), label, keep)


def _padded(boxes: Tensor, scores: Tensor, label: Tensor, keep: int) -> Tensor:
    """The `keep` highest-scoring rows of each image, (B, keep, 6); rows of score 0 get class -1."""
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    scores, order = scores[:, :keep], order[:, :keep]
    corners = boxes.gather(1, order[..., None].expand(-1, -1, 4))
    detections = torch.cat([corners, scores[..., None], label.gather(1, order)[..., None]], -1)
    padding = detections.new_tensor([0, 0, 0, 0, 0, -1])
    detections = torch.where(scores[..., None] > 0, detections, padding)
    return torch.cat([detections, padding.expand(len(detections), keep - detections.shape[1], 6)], 1)
