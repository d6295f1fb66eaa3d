"""Which anchor answers for which box: overlap, offsets, and the matching of whole batches at once.

Boxes are corners (xmin, ymin, xmax, ymax) relative to the image. `hibiscus.scratch.detection` holds the plain twins.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hibiscus.errors import ConfigError

__all__ = ["CROWD", "DEVIATIONS", "decode", "encode", "iou", "iou_of_edges", "match"]

DEVIATIONS = (0.1, 0.1, 0.2, 0.2)  # of the offsets, so that they are about 1 in size
CROWD = -2
BLOCK = 1 << 17  # overlaps computed at a time: what stays in a core's cache


def iou(a: Tensor, b: Tensor) -> Tensor:
    r"""Intersection over union (the Jaccard index) of boxes.

        iou = inside / (area(a) + area(b) - inside),    0 where both are empty

    Shapes:
        a and b (..., 4), broadcast; returns (...), in [0, 1].
    """
    # Edges of one kind side by side: four times as fast.
    return iou_of_edges(a.movedim(-1, 0).contiguous(), b.movedim(-1, 0).contiguous())


def iou_of_edges(a: Tensor, b: Tensor) -> Tensor:
    """`iou` of boxes whose four edges stand first, (4, ...)."""
    ax, ay, aw, ah = a
    bx, by, bw, bh = b
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
    """What each anchor of each image should answer.

    The pair of box and anchor that overlaps most is made first, then the next among those left, and so on, so that each box gets an
    anchor of its own (if any left touches it); then every other anchor whose best box overlaps more than `threshold` answers for
    that box too. Among equals the first box, then the first anchor.

    Args:
        truth: xmin, ymin, xmax, ymax, class; class -1 fills up, class -2 or less is a crowd: background anchors that lie in it to more than
            `threshold` of their own area are ignored.
        anchors: of every image.
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
            "fill up each image's boxes to one number with rows of class -1",
        )
    batch, most = truth.shape[:2]
    if most == 0:
        truth, most = truth.new_full((batch, 1, 5), -1), 1
    kind = truth[..., 4]
    boxes = torch.where((kind >= 0)[..., None], truth[..., :4], 0)  # an empty box overlaps nothing
    boxes = boxes.to(anchors.dtype)
    best, top, place = _overlaps(boxes, anchors)
    owner = _give_each_its_best(boxes, anchors, _owners(boxes, anchors, best > threshold), top, place)
    positive = owner >= 0
    labels = torch.where(positive, kind.gather(1, owner.clamp_min(0)).long() + 1, 0)
    ignored = best > negative_limit if negative_limit is not None else torch.zeros_like(positive)
    if bool((kind <= CROWD).any()):
        ignored = ignored | _crowded(torch.where((kind <= CROWD)[..., None], truth[..., :4], 0), anchors, threshold)
    labels = torch.where(ignored & ~positive, -1, labels)
    image, place = positive.nonzero(as_tuple=True)
    offsets = anchors.new_zeros(batch, len(anchors), 4)
    offsets[image, place] = encode(boxes[image, owner[image, place]], anchors[place], deviations)
    return labels, offsets, positive


def _centred(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Middles and sizes, (..., 2) each."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return (low + high) / 2, high - low


def _overlaps(boxes: Tensor, anchors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each anchor's best overlap (B, A), and each box's best overlap and its anchor (B, M).

    A block of anchors at a time: every step of the sum reads what the last one has just written, and nothing of size B * M * A is kept.
    """
    batch, most = boxes.shape[:2]
    step = max(64, BLOCK // (batch * most))
    best, tops = anchors.new_empty(batch, len(anchors)), []
    for start in range(0, len(anchors), step):
        block = iou(boxes[:, :, None], anchors[start : start + step])
        best[:, start : start + step] = block.amax(1)
        tops.append(block.amax(2))
    top, which = torch.stack(tops, -1).max(-1)  # the first block of equals, then the first anchor in it
    inside = which[..., None] * step + torch.arange(step, device=anchors.device)
    again = iou(boxes[:, :, None], anchors[inside.clamp_max(len(anchors) - 1)])
    return best, top, (which * step + again.argmax(-1)).clamp_max(len(anchors) - 1)


def _owners(boxes: Tensor, anchors: Tensor, over: Tensor) -> Tensor:
    """The row of the best box of each anchor (B, A) that is over the threshold, -1 elsewhere; the first of equals."""
    image, place = over.nonzero(as_tuple=True)
    owner = torch.full(over.shape, -1, device=over.device)
    step = max(64, BLOCK // boxes.shape[1])
    parts = zip(image.split(step), place.split(step), strict=True)
    owner[image, place] = torch.cat([iou(boxes[b], anchors[a][:, None]).argmax(1) for b, a in parts])
    return owner


def _give_each_its_best(boxes: Tensor, anchors: Tensor, owner: Tensor, top: Tensor, place: Tensor) -> Tensor:
    """The pairs made from the best down, written over `owner` (B, A); `top` and `place` are each box's best overlap and anchor.

    A pair that is the best of its box and of its anchor is made at once, all such together; the rest look again among what is left.
    That gives the same pairs as going through all from the best down, since no better pair can take either away.
    """
    count, rows = len(anchors), torch.arange(boxes.shape[1], device=owner.device)
    left = top > 0
    taken = torch.zeros(len(boxes), count + 1, dtype=torch.bool, device=owner.device)
    while bool(left.any()):
        # For each box the anchor that it likes best, against all boxes of the image: (B, wanting, rival).
        baseline = iou(boxes[:, None], anchors[place][:, :, None]).masked_fill(~left[:, None], -1)
        made = left & (baseline.argmax(2) == rows)
        owner = _write(owner, place, made, rows)
        taken.scatter_(1, torch.where(made, place, count), True)
        left = left & ~made
        image, row = (left & taken.gather(1, place)).nonzero(as_tuple=True)  # those whose anchor went to another
        again = iou(boxes[image, row][:, None], anchors).masked_fill(taken[image, :count], -1)
        value, place[image, row] = again.max(1)
        left[image, row] = value > 0
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
