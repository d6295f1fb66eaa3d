"""From many overlapping boxes to one for each object: non-maximum suppression of all images and classes at once.

Boxes are corners (xmin, ymin, xmax, ymax). `hibiscus.scratch.detection` holds the plain twins, whose answers these give exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.ops.boxes import iou, iou_of_edges

__all__ = ["detect", "nms", "soft_nms"]

CHUNK = 128  # boxes settled at a time, the best first
ROWS = 4  # rows settled at a time: what stays in a core's cache


def nms(boxes: Tensor, scores: Tensor, threshold: float = 0.45, floor: float = 0.0, most: int | None = None) -> Tensor:
    r"""Which boxes stay: the best of a class is kept, all that overlap it by the threshold or more are dropped, and again.

        kept = not any(kept_j and score_j > score and iou_j >= threshold)

    Classes share the boxes and nothing else. For suppression across classes give one class: the best score of each box.

    Args:
        boxes: of each image.
        scores: of each class and box.
        threshold: of the overlap (SSD: 0.45), above 0.
        floor: only scores above it take part.
        most: how many of a class may be kept, the best; none keeps all.

    Shapes:
        boxes (B, K, 4), scores (B, C, K); returns (B, C, K) bool. Among equal scores the first box comes first.

    Raises:
        ConfigError: when the shapes do not fit, or an option is out of range.
    """
    _checked(boxes, scores, threshold)
    batch, classes, count = scores.shape
    rows = scores.reshape(batch * classes, count)
    order = rows.argsort(dim=1, descending=True, stable=True)[:, : int((rows > floor).sum(1).amax()) if rows.numel() else 0]
    kept = torch.zeros_like(rows, dtype=torch.bool)
    for some in torch.arange(len(rows), device=rows.device).split(ROWS):
        place = order[some]
        stays = _greedy(boxes[some[:, None] // classes, place], rows[some].gather(1, place) > floor, threshold, most=most)
        if most is not None:
            stays &= stays.cumsum(1) <= most
        kept[some] = torch.zeros_like(kept[some]).scatter_(1, place, stays)
    return kept.view(batch, classes, count)


def soft_nms(
    boxes: Tensor,
    scores: Tensor,
    kind: str = "gaussian",
    sigma: float = 0.5,
    threshold: float = 0.3,
    floor: float = 0.001,
    most: int | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Suppression that lowers the scores of boxes that overlap a better one, instead of dropping them.

        score *= exp(-iou**2 / sigma)              gaussian
        score *= 1 - iou where iou >= threshold    linear

    One box after another is taken, the best by its score of then; all rows at once.

    Args:
        boxes: candidates of each row (an image and a class).
        scores: of the candidates.
        kind: `gaussian` or `linear`.
        sigma: of the Gaussian (paper: 0.5).
        threshold: of the linear one (paper: 0.3).
        floor: scores of this or less are out.
        most: how many to take; none takes all.

    Shapes:
        boxes (N, K, 4), scores (N, K); returns which (N, n) int64, -1 where none is left, and their scores (N, n), 0 there.

    Raises:
        ConfigError: when the shapes do not fit, or an option is unknown or out of range.

    Reference: Bodla et al., "Soft-NMS: Improving Object Detection With One Line of Code", 2017, arXiv 1704.04503.
    """
    _checked(boxes, scores[:, None], threshold)
    if kind not in ("gaussian", "linear") or sigma <= 0:
        raise ConfigError(f"kind={kind!r}, sigma={sigma}", "gaussian or linear, and sigma > 0", "use gaussian with sigma=0.5")
    now = torch.where(scores > floor, scores, -1)
    taken, values = [], []
    for _ in range(scores.shape[1] if most is None else min(most, scores.shape[1])):
        top = now.amax(1, keepdim=True)
        if not bool((top > floor).any()):
            break
        best = (now == top).to(torch.uint8).argmax(1, keepdim=True)  # the first of equals
        overlap = iou(boxes.gather(1, best[..., None].expand(-1, -1, 4)), boxes)
        weight = torch.exp(-(overlap * overlap) / sigma) if kind == "gaussian" else torch.where(overlap >= threshold, 1 - overlap, 1)
        now = now * weight
        now = torch.where(now > floor, now, -1).scatter(1, best, -1)
        live = top > floor
        taken.append(torch.where(live, best, -1))
        values.append(torch.where(live, top, 0))
    if not taken:
        return scores.new_zeros(len(scores), 0, dtype=torch.int64), scores.new_zeros(len(scores), 0)
    return torch.cat(taken, 1), torch.cat(values, 1)


def detect(
    scores: Tensor,
    boxes: Tensor,
    score_threshold: float = 0.01,
    iou_threshold: float = 0.45,
    most_per_class: int | None = 400,
    keep: int = 200,
    soft: str = "",
    sigma: float = 0.5,
    across_classes: bool = False,
) -> Tensor:
    """The objects that a detector sees in each image.

    The best `keep` that stay only depend on better ones: as many of the best candidates of all classes are looked at as it takes.

    Args:
        scores: shares of background and of each class, after a softmax.
        boxes: decoded.
        score_threshold: only higher scores take part (SSD: 0.01).
        iou_threshold: of the suppression (SSD: 0.45).
        most_per_class: candidates of a class that take part, the best (SSD: 400); none takes all.
        keep: of an image, the best (SSD: 200).
        soft: `gaussian` or `linear` lowers scores instead of dropping boxes, see `soft_nms`.
        sigma: of the Gaussian.
        across_classes: a box also suppresses those of other classes.

    Shapes:
        scores (B, A, 1 + C), boxes (B, A, 4); returns (B, keep, 6): xmin, ymin, xmax, ymax, score, class 0 .. C - 1, the best first; then
        rows of zeros with class -1. Among equal scores the lower class comes first, then the first anchor.

    Raises:
        ConfigError: when the shapes do not fit, or an option is out of range.
    """
    value = scores[..., 1:].transpose(1, 2).float().contiguous()
    _checked(boxes, value, iou_threshold)
    batch, _, count = value.shape
    key = _keys(value.view(batch, -1), score_threshold).view_as(value)
    if most_per_class is not None and most_per_class < count:
        key = key.topk(most_per_class, -1).values
    if soft:
        return _detect_softly(key, boxes, value, keep, soft, sigma, iou_threshold, score_threshold, across_classes)
    key, look = key.view(batch, -1), 8 * keep
    while True:
        look = min(look, key.shape[1])
        index, score = _unpack(key.topk(look, -1).values, value)
        kind, own = index // count, boxes.gather(1, (index % count)[..., None].expand(-1, -1, 4))
        stays = _greedy(own, score > 0, iou_threshold, None if across_classes else kind, keep)
        if look == key.shape[1] or bool(((stays.sum(1) >= keep) | (score[:, -1] <= 0)).all()):
            return _padded(own, torch.where(stays, score, 0), kind, keep)
        look *= 4


def _checked(boxes: Tensor, scores: Tensor, threshold: float) -> None:
    if boxes.ndim != 3 or boxes.shape[-1] != 4 or scores.ndim != 3 or scores.shape[::2] != boxes.shape[:2] or not 0 < threshold <= 1:
        raise ConfigError(
            f"boxes of shape {tuple(boxes.shape)}, scores (by class) of shape {tuple(scores.shape)}, an overlap of {threshold}",
            "boxes (batch, boxes, 4), scores (batch, classes, boxes) and 0 < overlap <= 1",
            "give each box one score for each class; use an overlap of 0.45",
        )


def _greedy(boxes: Tensor, live: Tensor, threshold: float, kind: Tensor | None = None, most: int | None = None) -> Tensor:
    """Which boxes (R, N, 4) of each row stay, the best standing first, of those that are `live` (R, N); all rows at once.

    A chunk at a time: boxes that one kept earlier overlaps are dropped at once, and what is left is settled among itself. Boxes of
    another `kind` (R, N) leave each other alone. Stops once each row has `most`.
    """
    rows, count = live.shape
    edges = boxes.permute(2, 0, 1).contiguous()
    kept, number = torch.zeros_like(live), torch.zeros(rows, 1, dtype=torch.int64, device=boxes.device)
    store = edges.new_zeros(4, rows, count + 1)  # those kept, side by side; the last place takes the others
    kinds = None if kind is None else kind.new_zeros(rows, count + 1)
    for start in range(0, count, CHUNK):
        span = slice(start, start + CHUNK)
        full, now, open_ = int(number.max()), edges[:, :, span], live[:, span]
        own = None if kind is None else kind[:, span]
        if not bool(open_.any()) or (most is not None and int(number.min()) >= most):
            break
        if full:
            open_ = open_ & (_overlap(store[:, :, :full], now, kinds, own).amax(1) < threshold)
        stays = _settle(open_, (_overlap(now, now, own, own) >= threshold).float().triu_(1))
        kept[:, span] = stays
        place = torch.where(stays, number + stays.cumsum(1) - 1, count)
        store.scatter_(2, place.expand(4, -1, -1), now)
        if kinds is not None and own is not None:
            kinds.scatter_(1, place, own)
        number = number + stays.sum(1, keepdim=True)
    return kept


def _overlap(a: Tensor, b: Tensor, kind_a: Tensor | None, kind_b: Tensor | None) -> Tensor:
    """Of each box of `a` (4, R, N) with each of `b` (4, R, M): (R, N, M); 0 between kinds."""
    found = iou_of_edges(a[..., None], b[:, :, None])
    if kind_a is None or kind_b is None:
        return found
    return found.masked_fill_(kind_a[:, : a.shape[2], None] != kind_b[:, None], 0)


def _settle(live: Tensor, beats: Tensor) -> Tensor:
    """Which of a chunk (R, N) stay, where `beats` (R, N, N) is 1 if the earlier box would drop the later one.

    A box stays if none that stays beats it: what is asked again and again until nothing changes, which is after as many turns as the
    longest chain of boxes has links, and mostly after two or three.
    """
    stays = live
    while True:
        again = live & (torch.bmm(stays[:, None].to(beats.dtype), beats)[:, 0] == 0)
        if torch.equal(again, stays):
            return stays
        stays = again


def _keys(scores: Tensor, floor: float) -> Tensor:
    """Whole numbers in the order of the scores (B, n), among equals the first higher; 0 for scores that do not take part.

    A positive float32 read as an integer keeps its order, so one number holds the score and the place: topk gets exact on ties.
    """
    place = torch.arange(scores.shape[1], device=scores.device)
    key = scores.view(torch.int32).long().bitwise_left_shift_(32).bitwise_or_((1 << 32) - 1 - place)
    return key.masked_fill_(scores <= max(floor, 0.0), 0)


def _unpack(keys: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Place and score of each key; place 0 and score 0 where it is 0."""
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
    floor: float,
    across_classes: bool,
) -> Tensor:
    """`detect` with `soft_nms`: a row for each image and class, or for each image."""
    batch, _, count = value.shape
    index, score = _unpack(key if not across_classes else key.view(batch, 1, -1), value)
    own = boxes.gather(1, (index % count).view(batch, -1, 1).expand(-1, -1, 4)).view(*index.shape, 4)
    rows = batch * index.shape[1]
    which, now = soft_nms(own.view(rows, -1, 4), score.view(rows, -1), kind, sigma, threshold, floor, keep)
    at = which.clamp_min(0)
    own = own.view(rows, -1, 4).gather(1, at[..., None].expand(-1, -1, 4)).view(batch, -1, 4)
    return _padded(own, now.view(batch, -1), (index // count).view(rows, -1).gather(1, at).view(batch, -1), keep)


def _padded(boxes: Tensor, scores: Tensor, kind: Tensor, keep: int) -> Tensor:
    """The best `keep` rows of each image, (B, keep, 6); rows of score 0 have class -1."""
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    scores, order = scores[:, :keep], order[:, :keep]
    found = torch.cat([boxes.gather(1, order[..., None].expand(-1, -1, 4)), scores[..., None], kind.gather(1, order)[..., None]], -1)
    empty = found.new_tensor([0, 0, 0, 0, 0, -1])
    found = torch.where(scores[..., None] > 0, found, empty)
    return torch.cat([found, empty.expand(len(found), keep - found.shape[1], 6)], 1)
