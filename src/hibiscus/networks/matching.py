"""Which anchor answers for which box: overlap, offsets, and the matching of whole batches at once.

Boxes are corners (xmin, ymin, xmax, ymax) relative to the picture. `hibiscus.scratch.detection` holds the plain twins.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError

__all__ = ["CROWD", "DEVIATIONS", "decode", "encode", "iou", "match"]

DEVIATIONS = (0.1, 0.1, 0.2, 0.2)  # of the offsets, so that they are about 1 in size
CROWD = -2
BLOCK = 1 << 17  # overlaps computed at a time: what stays in a core's cache


def iou(a: Tensor, b: Tensor) -> Tensor:
    r"""Intersection over union (the Jaccard index) of boxes.

        iou = inside / (area(a) + area(b) - inside),    0 where both are empty

    Shapes:
        a and b (..., 4), broadcast; returns (...), in [0, 1].
    """
    ax, ay, aw, ah = a.movedim(-1, 0).contiguous()  # edges of one kind side by side: four times as fast
    bx, by, bw, bh = b.movedim(-1, 0).contiguous()
    inside = (torch.minimum(aw, bw) - torch.maximum(ax, bx)).clamp_min_(0)
    inside = inside.mul_((torch.minimum(ah, bh) - torch.maximum(ay, by)).clamp_min_(0))
    union = ((aw - ax) * (ah - ay) + (bw - bx) * (bh - by)).sub_(inside)
    return inside.div_(union.clamp_min_(torch.finfo(union.dtype).tiny))


def encode(boxes: Tensor, anchors: Tensor, deviations: Sequence[float] = DEVIATIONS) -> Tensor:
    r"""How boxes lie from anchors, in numbers of about one.

        ((cx - ax) / aw / 0.1,  (cy - ay) / ah / 0.1,  log(w / aw) / 0.2,  log(h / ah) / 0.2)

    Args:
        boxes: corners, with a width and a height.
        anchors: corners.
        deviations: assumed standard deviations of the four (SSD's code calls them variances).

    Shapes:
        boxes and anchors (..., 4), broadcast; returns (..., 4).

    Reference: Liu et al., "SSD: Single Shot MultiBox Detector", 2016, arXiv 1512.02325, eq. 2.
    """
    middle, size = _centred(boxes)
    anchor_middle, anchor_size = _centred(anchors)
    offsets = torch.cat([(middle - anchor_middle) / anchor_size, (size / anchor_size).log()], -1)
    return offsets / offsets.new_tensor(deviations)


def decode(offsets: Tensor, anchors: Tensor, deviations: Sequence[float] = DEVIATIONS) -> Tensor:
    """The boxes that lie so from the anchors: `encode` undone.

    Shapes:
        offsets and anchors (..., 4), broadcast; returns (..., 4), corners.
    """
    shift, growth = (offsets * offsets.new_tensor(deviations)).split(2, -1)
    anchor_middle, anchor_size = _centred(anchors)
    middle, half = shift * anchor_size + anchor_middle, growth.exp() * anchor_size / 2
    return torch.cat([middle - half, middle + half], -1)


def match(
    truth: Tensor, anchors: Tensor, threshold: float = 0.5, negative_limit: float | None = None, deviations: Sequence[float] = DEVIATIONS
) -> tuple[Tensor, Tensor, Tensor]:
    """What each anchor of each picture should answer.

    The pair of box and anchor that overlaps most is made first, then the next among those left, and so on, so that each box gets an
    anchor of its own (if any left touches it); then every other anchor whose best box overlaps more than `threshold` answers for
    that box too. Among equals the first box, then the first anchor.

    Args:
        truth: xmin, ymin, xmax, ymax, class; class -1 fills up, class -2 is a crowd: background anchors that lie in it to more than
            `threshold` of their own area are ignored.
        anchors: of every picture.
        threshold: of the overlap (paper: 0.5).
        negative_limit: anchors that overlap a box more than this and are not matched are ignored; none ignores none.
        deviations: as in `encode`.

    Shapes:
        truth (B, M, 5), anchors (A, 4); returns labels (B, A) int64 (0 background, 1 + class, -1 ignored), offsets (B, A, 4), 0 where
        not positive, and positive (B, A) bool.

    Raises:
        ConfigError: when the shapes do not fit.

    Reference: Liu et al., 2016, arXiv 1512.02325, section 2.2 (matching strategy).
    """
    if truth.ndim != 3 or truth.shape[-1] != 5 or anchors.ndim != 2 or anchors.shape[-1] != 4 or len(anchors) == 0:
        raise ConfigError(
            f"boxes of shape {tuple(truth.shape)} and anchors of shape {tuple(anchors.shape)}",
            "(batch, boxes, 5) and (anchors, 4), with an anchor or more",
            "fill up each picture's boxes to one number with rows of class -1",
        )
    batch, most = truth.shape[:2]
    if most == 0:
        truth, most = truth.new_full((batch, 1, 5), -1), 1
    kind = truth[..., 4]
    boxes = torch.where((kind >= 0)[..., None], truth[..., :4], 0)  # an empty box overlaps nothing
    overlap, best, owner = _overlaps(boxes, anchors)
    owner = torch.where(best > threshold, owner, -1)
    owner = _give_each_its_best(overlap, boxes, anchors, owner)
    positive = owner >= 0
    labels = torch.where(positive, kind.gather(1, owner.clamp_min(0)).long() + 1, 0)
    ignored = best > negative_limit if negative_limit is not None else torch.zeros_like(positive)
    if bool((kind == CROWD).any()):
        ignored = ignored | _crowded(torch.where((kind == CROWD)[..., None], truth[..., :4], 0), anchors, threshold)
    labels = torch.where(ignored & ~positive, -1, labels)
    picture, place = positive.nonzero(as_tuple=True)
    offsets = anchors.new_zeros(batch, len(anchors), 4)
    offsets[picture, place] = encode(truth[picture, owner[picture, place], :4].to(anchors.dtype), anchors[place], deviations)
    return labels, offsets, positive


def _centred(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Middles and sizes, (..., 2) each."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return (low + high) / 2, high - low


def _overlaps(boxes: Tensor, anchors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Overlap of boxes and anchors (B, M, A), and each anchor's best box: its overlap and its row (B, A).

    A block of anchors at a time: every step of the sum reads what the last one has just written.
    """
    batch, most = boxes.shape[:2]
    step = max(64, BLOCK // (batch * most))
    overlap = anchors.new_empty(batch, most, len(anchors))
    best, owner = anchors.new_empty(batch, len(anchors)), torch.empty(batch, len(anchors), dtype=torch.int64, device=anchors.device)
    for start in range(0, len(anchors), step):
        part = slice(start, start + step)
        block = iou(boxes.to(anchors.dtype)[:, :, None], anchors[part])
        overlap[..., part] = block
        value = block.amax(1)
        best[:, part] = value
        # argmax does not say which of equals it takes; the first of those that equal the best is looked for.
        owner[:, part] = (block == value[:, None]).to(torch.uint8).argmax(1)
    return overlap, best, owner


def _give_each_its_best(overlap: Tensor, boxes: Tensor, anchors: Tensor, owner: Tensor) -> Tensor:
    """The pairs made from the best down, written over `owner` (B, A).

    A pair that is the best of its box and of its anchor is made at once, all such together; the rest look again among what is left.
    That gives the same pairs as going through all from the best down, since no better pair can take either away.
    """
    batch, most, count = overlap.shape
    value, place = overlap.max(2)
    place = torch.where(value > 0, (overlap == value[..., None]).to(torch.uint8).argmax(2) if most else place, 0)
    left, rows = value > 0, torch.arange(most, device=owner.device)
    taken = torch.zeros(batch, count + 1, dtype=torch.bool, device=owner.device)
    while bool(left.any()):
        wanted = anchors[place]  # (B, M, 4): for each box the anchor that it likes best, against all boxes
        rival = iou(boxes.to(anchors.dtype)[:, None], wanted[:, :, None]).masked_fill(~left[:, None], -1)  # (B, wanting, rival)
        top = rival.amax(2)
        first = (rival == top[..., None]).to(torch.uint8).argmax(2)
        made = left & (first == rows)
        owner = _write(owner, place, made, rows)
        taken.scatter_(1, torch.where(made, place, count), True)
        left = left & ~made
        picture, row = (left & taken.gather(1, place)).nonzero(as_tuple=True)  # those whose anchor went to another
        again = overlap[picture, row].masked_fill(taken[picture, :count], -1)
        top, _ = again.max(1)
        place[picture, row] = (again == top[:, None]).to(torch.uint8).argmax(1)
        left[picture, row] = top > 0
    return owner


def _write(owner: Tensor, place: Tensor, made: Tensor, rows: Tensor) -> Tensor:
    """`owner` with the row written at the place of each pair that is made; the others write beside the array."""
    wide = torch.cat([owner, owner[:, :1]], 1)
    wide.scatter_(1, torch.where(made, place, owner.shape[1]), rows.expand_as(place))
    return wide[:, :-1]


def _crowded(crowds: Tensor, anchors: Tensor, threshold: float) -> Tensor:
    """Which anchors (B, A) lie in a crowd to more than the threshold of their area."""
    low = torch.maximum(crowds[:, :, None, :2], anchors[:, :2])
    high = torch.minimum(crowds[:, :, None, 2:], anchors[:, 2:])
    inside = (high - low).clamp_min(0).prod(-1)
    return (inside > threshold * (anchors[:, 2:] - anchors[:, :2]).prod(-1)).any(1)
