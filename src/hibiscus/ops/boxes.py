"""Bounding boxes and anchors: intersection over union, offsets, and matching, for whole batches at once.

Boxes are corners (xmin, ymin, xmax, ymax) relative to the image. `hibiscus.scratch.detection` holds reference
implementations.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError

__all__ = ["CROWD", "DEVIATIONS", "check_scores", "decode", "encode", "iou", "iou_of_edges", "match"]

DEVIATIONS = (0.1, 0.1, 0.2, 0.2)  # assumed standard deviations, which scale the offsets to about 1
CROWD = -2
BLOCK = 1 << 17  # overlaps computed at a time, so that they stay in the cache


def iou(a: Tensor, b: Tensor) -> Tensor:
    r"""Intersection over union (the Jaccard index) of boxes.

        iou = inside / (area(a) + area(b) - inside),    0 where both are empty

    Shapes:
        a and b (..., 4), broadcast; returns (...), in [0, 1].
    """
    # Four times as fast with the coordinates in the first dimension.
    return iou_of_edges(a.movedim(-1, 0).contiguous(), b.movedim(-1, 0).contiguous())


def iou_of_edges(a: Tensor, b: Tensor) -> Tensor:
    """`iou` of boxes whose coordinates are the first dimension, (4, ...)."""
    ax, ay, aw, ah = a
    bx, by, bw, bh = b
    inside = (torch.minimum(aw, bw) - torch.maximum(ax, bx)).clamp_min_(0)
    inside = inside.mul_((torch.minimum(ah, bh) - torch.maximum(ay, by)).clamp_min_(0))
    union = ((aw - ax) * (ah - ay) + (bw - bx) * (bh - by)).sub_(inside)
    return inside.div_(union.clamp_min_(torch.finfo(union.dtype).tiny))


def encode(boxes: Tensor, anchors: Tensor, deviations: Sequence[float] | None = DEVIATIONS) -> Tensor:
    r"""The offsets of boxes from anchors, scaled to about 1, or their plain differences.

        ((cx - ax) / aw / 0.1,  (cy - ay) / ah / 0.1,  log(w / aw) / 0.2,  log(h / ah) / 0.2)
        (xmin, ymin, xmax, ymax) of the box - those of the anchor    where deviations is None

    Args:
        boxes: corners of boxes with a positive width and height.
        anchors: corners.
        deviations: assumed standard deviations of the four (SSD's code calls them variances); None for the
            differences of the edges.

    Shapes:
        boxes and anchors (..., 4), broadcast; returns (..., 4).

    Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325, eq. 2.
    """
    if deviations is None:
        return boxes - anchors
    center, size = _center_and_size(boxes)
    anchor_center, anchor_size = _center_and_size(anchors)
    offsets = torch.cat([(center - anchor_center) / anchor_size, (size / anchor_size).log()], -1)
    return offsets / offsets.new_tensor(deviations)


def decode(offsets: Tensor, anchors: Tensor, deviations: Sequence[float] | None = DEVIATIONS) -> Tensor:
    """The boxes at given offsets from the anchors: the inverse of `encode`.

    Shapes:
        offsets and anchors (..., 4), broadcast; returns (..., 4), corners.
    """
    if deviations is None:
        return offsets + anchors
    shift, growth = (offsets * offsets.new_tensor(deviations)).split(2, -1)
    anchor_center, anchor_size = _center_and_size(anchors)
    center, half = shift * anchor_size + anchor_center, growth.exp() * anchor_size / 2
    return torch.cat([center - half, center + half], -1)


def match(
    truth: Tensor,
    anchors: Tensor,
    threshold: float = 0.5,
    negative_limit: float | None = None,
    deviations: Sequence[float] | None = DEVIATIONS,
) -> tuple[Tensor, Tensor, Tensor]:
    """The training targets of each anchor of each image.

    The box and anchor with the highest IoU are matched first, then the best pair among the others, and so on,
    so that each box gets an anchor (if any remaining one overlaps it); then every other anchor whose highest
    IoU with a box exceeds `threshold` is matched to that box too. Ties are resolved in favor of the first
    box, then of the first anchor.

    Args:
        truth: xmin, ymin, xmax, ymax, class; class -1 is padding, class -2 or less is a crowd: background
            anchors with more than `threshold` of their own area inside it are ignored.
        anchors: the anchors of every image.
        threshold: IoU threshold (paper: 0.5).
        negative_limit: unmatched anchors whose IoU with a box exceeds this are ignored; none are ignored if
            None.
        deviations: as in `encode`.

    Shapes:
        truth (B, M, 5), anchors (A, 4); returns labels (B, A) int64 (0 background, 1 + class, -1 ignored),
        offsets (B, A, 4), 0 where not positive, and positive (B, A) bool, which anchors are matched.

    Raises:
        ConfigError: when the shapes do not match.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2 (matching strategy).
    """
    if (
        truth.ndim != 3
        or truth.shape[-1] != 5
        or anchors.ndim != 2
        or anchors.shape[-1] != 4
        or len(anchors) == 0
    ):
        raise ConfigError(
            f"boxes of shape {tuple(truth.shape)} and anchors of shape {tuple(anchors.shape)}",
            "(batch, boxes, 5) and (anchors, 4), with at least one anchor",
            "pad the boxes of each image to the same number with rows of class -1",
        )
    batch, num_boxes = truth.shape[:2]
    if num_boxes == 0:
        truth = truth.new_full((batch, 1, 5), -1)
    label = truth[..., 4]
    boxes = torch.where((label >= 0)[..., None], truth[..., :4], 0)  # an empty box overlaps nothing
    boxes = boxes.to(anchors.dtype)
    best, top, anchor = _overlaps(boxes, anchors)
    owner = _match_greedily(boxes, anchors, _owners(boxes, anchors, best > threshold), top, anchor)
    positive = owner >= 0
    labels = torch.where(positive, label.gather(1, owner.clamp_min(0)).long() + 1, 0)
    ignored = best > negative_limit if negative_limit is not None else torch.zeros_like(positive)
    if bool((label <= CROWD).any()):
        ignored = ignored | _crowded(
            torch.where((label <= CROWD)[..., None], truth[..., :4], 0), anchors, threshold
        )
    labels = torch.where(ignored & ~positive, -1, labels)
    image, anchor = positive.nonzero(as_tuple=True)
    offsets = anchors.new_zeros(batch, len(anchors), 4)
    offsets[image, anchor] = encode(boxes[image, owner[image, anchor]], anchors[anchor], deviations)
    return labels, offsets, positive


def check_scores(boxes: Tensor, scores: Tensor, threshold: float) -> None:
    """Raise where scores by class (batch, classes, boxes) do not match boxes (batch, boxes, 4), or the IoU
    threshold is invalid.
    """
    if (
        boxes.ndim != 3
        or boxes.shape[-1] != 4
        or scores.ndim != 3
        or scores.shape[::2] != boxes.shape[:2]
        or not 0 < threshold <= 1
    ):
        raise ConfigError(
            f"boxes {tuple(boxes.shape)}, scores {tuple(scores.shape)}, an IoU threshold of {threshold}",
            "boxes (batch, boxes, 4), scores (batch, classes, boxes) and 0 < threshold <= 1",
            "pass a score for each class and box; use a threshold of 0.45",
        )


def _center_and_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Centers and sizes, (..., 2) each."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return (low + high) / 2, high - low


def _overlaps(boxes: Tensor, anchors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The highest IoU of each anchor (B, A), and the highest IoU of each box with its anchor (B, M).

    Works on a block of anchors at a time, which stays in the cache, so that nothing of size B * M * A is
    stored.
    """
    batch, num_boxes = boxes.shape[:2]
    step = max(64, BLOCK // (batch * num_boxes))
    best, tops = anchors.new_empty(batch, len(anchors)), []
    for start in range(0, len(anchors), step):
        block = iou(boxes[:, :, None], anchors[start : start + step])
        best[:, start : start + step] = block.amax(1)
        tops.append(block.amax(2))
    top, which = torch.stack(tops, -1).max(-1)  # of ties the first block, and below the first anchor in it
    inside = which[..., None] * step + torch.arange(step, device=anchors.device)
    again = iou(boxes[:, :, None], anchors[inside.clamp_max(len(anchors) - 1)])
    return best, top, (which * step + again.argmax(-1)).clamp_max(len(anchors) - 1)


def _owners(boxes: Tensor, anchors: Tensor, over: Tensor) -> Tensor:
    """The row of the box with the highest IoU for each anchor (B, A) over the threshold, the first of ties;
    -1 for other anchors.
    """
    image, anchor = over.nonzero(as_tuple=True)
    owner = torch.full(over.shape, -1, device=over.device)
    step = max(64, BLOCK // boxes.shape[1])
    parts = zip(image.split(step), anchor.split(step), strict=True)
    owner[image, anchor] = torch.cat([iou(boxes[b], anchors[a][:, None]).argmax(1) for b, a in parts])
    return owner


def _match_greedily(boxes: Tensor, anchors: Tensor, owner: Tensor, top: Tensor, anchor: Tensor) -> Tensor:
    """Greedy one-to-one matching, written over `owner` (B, A); `top` and `anchor` are each box's highest IoU
    and its anchor.

    Pairs that are the best choice for both box and anchor are matched all at once; the others choose again
    among the remaining anchors. The result equals that of going through the pairs in the order of falling
    IoU, since no better pair can claim either.
    """
    count, rows = len(anchors), torch.arange(boxes.shape[1], device=owner.device)
    unmatched = top > 0
    taken = torch.zeros(len(boxes), count + 1, dtype=torch.bool, device=owner.device)
    while bool(unmatched.any()):
        # The IoU of the anchor chosen by each box with all boxes of the image: (B, choosing box, competing
        # box).
        competing = iou(boxes[:, None], anchors[anchor][:, :, None]).masked_fill(~unmatched[:, None], -1)
        matched = unmatched & (competing.argmax(2) == rows)
        owner = _write(owner, anchor, matched, rows)
        taken.scatter_(1, torch.where(matched, anchor, count), True)
        unmatched = unmatched & ~matched
        image, row = (unmatched & taken.gather(1, anchor)).nonzero(
            as_tuple=True
        )  # boxes whose anchor was matched to another box
        again = iou(boxes[image, row][:, None], anchors).masked_fill(taken[image, :count], -1)
        value, anchor[image, row] = again.max(1)
        unmatched[image, row] = value > 0
    return owner


def _write(owner: Tensor, anchor: Tensor, matched: Tensor, rows: Tensor) -> Tensor:
    """`owner` with the rows of matched boxes written at their anchors; other boxes write to a column that is
    dropped.
    """
    wide = torch.cat([owner, owner[:, :1]], 1)
    wide.scatter_(1, torch.where(matched, anchor, owner.shape[1]), rows.expand_as(anchor))
    return wide[:, :-1]


def _crowded(crowds: Tensor, anchors: Tensor, threshold: float) -> Tensor:
    """Which anchors (B, A) have more than the threshold of their area inside a crowd."""
    low = torch.maximum(crowds[:, :, None, :2], anchors[:, :2])
    high = torch.minimum(crowds[:, :, None, 2:], anchors[:, 2:])
    inside = (high - low).clamp_min(0).prod(-1)
    return (inside > threshold * (anchors[:, 2:] - anchors[:, :2]).prod(-1)).any(1)
