"""From many overlapping boxes to one for each object: non-maximum suppression of all pictures and classes at once.

Boxes are corners (xmin, ymin, xmax, ymax). `hibiscus.scratch.detection` holds the plain twins, whose answers these give exactly.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.networks.matching import iou, iou_of_edges

__all__ = ["detect", "nms", "soft_nms"]

BLOCK = 16  # boxes that stand together when pairs are looked for
CELLS = 64  # a side of the grid that neighbours are sorted by
AT_ONCE = 1024  # pairs of blocks computed at a time: what stays in a core's cache


def nms(boxes: Tensor, scores: Tensor, threshold: float = 0.45, floor: float = 0.0, most: int | None = None) -> Tensor:
    r"""Which boxes stay: the best of a class is kept, all that overlap it by the threshold or more are dropped, and again.

        kept = not any(kept_j and score_j > score and iou_j >= threshold)

    Classes share the boxes and nothing else. For suppression across classes give one class: the best score of each box. The pairs that
    overlap enough are found once for all classes, only among blocks of boxes that can touch; then all boxes that no stronger one
    still threatens are settled together, until none is left.

    Args:
        boxes: of each picture.
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
    first, second = _pairs(boxes, threshold, torch.zeros_like(boxes[..., 0], dtype=torch.int64))
    table = scores.transpose(1, 2).reshape(batch * count, classes)
    one, other = table[first], table[second]
    column = torch.arange(classes, device=boxes.device)
    wins = one >= other  # first < second, so the first of equals
    strong, weak = torch.where(wins, first[:, None], second[:, None]), torch.where(wins, second[:, None], first[:, None])
    both = torch.minimum(one, other) > floor
    strong, weak = (strong * classes + column)[both], (weak * classes + column)[both]
    kept = (table > floor) & ~_settle(strong, weak, table.numel()).view_as(table)
    kept = kept.view(batch, count, classes).transpose(1, 2)
    return kept if most is None else kept & (_rank(scores.masked_fill(~kept, -1)) < most)


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
        boxes: candidates of each row (a picture and a class).
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
    """The objects that a detector sees in each picture.

    The best `keep` that stay only depend on better ones: as many of the best candidates of all classes are looked at as it takes.

    Args:
        scores: shares of background and of each class, after a softmax.
        boxes: decoded.
        score_threshold: only higher scores take part (SSD: 0.01).
        iou_threshold: of the suppression (SSD: 0.45).
        most_per_class: candidates of a class that take part, the best (SSD: 400); none takes all.
        keep: of a picture, the best (SSD: 200).
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
    key, look = key.view(batch, -1), 2 * keep
    while True:
        look = min(look, key.shape[1])
        index, score = _unpack(key.topk(look, -1).values, value)
        kind, own = index // count, boxes.gather(1, (index % count)[..., None].expand(-1, -1, 4))
        first, second = _pairs(own, iou_threshold, torch.zeros_like(kind) if across_classes else kind)
        live = (score > 0).flatten()
        fits = live[first] & live[second]
        stays = (score > 0) & ~_settle(first[fits], second[fits], score.numel()).view_as(score)
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


def _settle(strong: Tensor, weak: Tensor, count: int) -> Tensor:
    """Which of `count` candidates are dropped, given every pair of which the strong one would drop the weak one."""
    dropped = torch.zeros(count, dtype=torch.bool, device=strong.device)
    while len(strong):
        threatened = torch.zeros_like(dropped).index_fill_(0, weak, True)
        dropped.index_fill_(0, weak[~threatened[strong]], True)
        open_still = ~(dropped[strong] | dropped[weak])
        strong, weak = strong[open_still], weak[open_still]
    return dropped


def _pairs(boxes: Tensor, threshold: float, kind: Tensor) -> tuple[Tensor, Tensor]:
    """All pairs of one picture and kind (B, K) that overlap by the threshold or more, first < second, numbered through the batch.

    Boxes of like size and place stand together in blocks; only blocks whose outlines let two boxes overlap enough are compared.
    """
    batch, count = boxes.shape[:2]
    size = BLOCK if count > 2 * BLOCK else max(count, 1)
    order = _neighbours_together(boxes, kind) if count > 2 * BLOCK else torch.arange(count, device=boxes.device).expand(batch, count)
    blocks = -(-count // size)
    order = torch.cat([order, order[:, -1:].expand(-1, blocks * size - count)], 1)  # the last one again; those pairs are left out
    own = boxes.gather(1, order[..., None].expand(-1, -1, 4)).view(batch, blocks, size, 4)
    number = torch.arange(blocks * size, device=boxes.device).expand(batch, -1).reshape(batch * blocks, size)
    real = number < count
    label = (order + count * torch.arange(batch, device=boxes.device)[:, None]).view(batch * blocks, size)
    kinds = kind.gather(1, order).view(batch * blocks, size)
    left, right = _blocks_that_may_touch(own, kinds.view(batch, blocks, size), threshold)
    edges = own.view(batch * blocks, size, 4).permute(2, 1, 0).contiguous()  # (4, size, blocks): the pairs of blocks stand innermost
    found = []
    for start in range(0, len(left), AT_ONCE):
        a, b = left[start : start + AT_ONCE], right[start : start + AT_ONCE]
        overlap = iou_of_edges(edges[:, :, a][:, :, None], edges[:, :, b][:, None])
        hit = (overlap >= threshold).flatten().nonzero()[:, 0]
        block, place = hit % len(a), hit // len(a)
        row, column, a, b = place // size, place % size, a[block], b[block]
        once = ((a != b) | (row < column)) & real[a, row] & real[b, column] & (kinds[a, row] == kinds[b, column])
        found.append(torch.stack([label[a, row], label[b, column]])[:, once])
    pair = torch.cat(found, 1) if found else left.new_zeros(2, 0)
    return pair.amin(0), pair.amax(0)


def _neighbours_together(boxes: Tensor, kind: Tensor) -> Tensor:
    """An order (B, K) in which boxes of one kind stand together, among them those of like size, and then those that lie near each other."""
    wide = (boxes[..., 2:] - boxes[..., :2]).clamp_min(1e-6)
    octave = torch.log2(wide / wide.amax()).floor().clamp_min(-15).long() + 15
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    low, high = middle.amin((0, 1)), middle.amax((0, 1))
    x, y = ((middle - low) / (high - low).clamp_min(1e-12) * (CELLS - 1)).long().unbind(-1)
    curve = sum(((x >> bit & 1) << 2 * bit) + ((y >> bit & 1) << 2 * bit + 1) for bit in range(6))  # Morton's
    return (((kind * 16 + octave[..., 0]) * 16 + octave[..., 1]) * CELLS**2 + curve).argsort(1)


def _blocks_that_may_touch(blocks: Tensor, kinds: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Numbers of the blocks (B, n, size, 4) of kinds (B, n, size), first <= second, of which two boxes may overlap enough.

    The overlap of two boxes is never more than that of their shadows on an axis, and shadows a and b overlap by t or more only where
    their middles are no further apart than (a + b) / 2 * (1 - t) / (1 + t) and neither is shorter than t times the other.
    """
    count = blocks.shape[1]
    middle, wide = (blocks[..., :2] + blocks[..., 2:]) / 2, blocks[..., 2:] - blocks[..., :2]
    (low, high), (least, most) = middle.aminmax(dim=2), wide.aminmax(dim=2)
    rounding = 8 * torch.finfo(blocks.dtype).eps * blocks.abs().amax()
    reach = (1 - threshold) / (1 + threshold) * 1.001 / 2 * most + rounding
    apart = torch.maximum(low[:, :, None] - high[:, None], low[:, None] - high[:, :, None])
    near = apart <= reach[:, :, None] + reach[:, None]
    alike = torch.minimum(most[:, :, None], most[:, None]) + rounding >= threshold * torch.maximum(least[:, :, None], least[:, None])
    last = kinds.amax(2)
    same = torch.minimum(last[:, :, None], last[:, None]) >= torch.maximum(kinds.amin(2)[:, :, None], kinds.amin(2)[:, None])
    picture, first, second = ((near & alike).all(-1) & same).triu().nonzero(as_tuple=True)
    return picture * count + first, picture * count + second


def _rank(scores: Tensor) -> Tensor:
    """The place of each score in its row, the best 0; the first of equals first."""
    order = scores.argsort(dim=-1, descending=True, stable=True)
    return torch.empty_like(order).scatter_(-1, order, torch.arange(order.shape[-1], device=order.device).expand_as(order))


def _keys(scores: Tensor, floor: float) -> Tensor:
    """Whole numbers in the order of the scores (B, n), among equals the first higher; 0 for scores that do not take part.

    A positive float32 read as an integer keeps its order, so one number holds the score and the place: topk gets exact on ties.
    """
    place = torch.arange(scores.shape[1], device=scores.device)
    key = (scores.view(torch.int32).long() << 32) | ((1 << 32) - 1 - place)
    return torch.where(scores > max(floor, 0.0), key, 0)


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
    """`detect` with `soft_nms`: a row for each picture and class, or for each picture."""
    batch, _, count = value.shape
    index, score = _unpack(key if not across_classes else key.view(batch, 1, -1), value)
    own = boxes.gather(1, (index % count).view(batch, -1, 1).expand(-1, -1, 4)).view(*index.shape, 4)
    rows = batch * index.shape[1]
    which, now = soft_nms(own.view(rows, -1, 4), score.view(rows, -1), kind, sigma, threshold, floor, keep)
    at = which.clamp_min(0)
    own = own.view(rows, -1, 4).gather(1, at[..., None].expand(-1, -1, 4)).view(batch, -1, 4)
    return _padded(own, now.view(batch, -1), (index // count).view(rows, -1).gather(1, at).view(batch, -1), keep)


def _padded(boxes: Tensor, scores: Tensor, kind: Tensor, keep: int) -> Tensor:
    """The best `keep` rows of each picture, (B, keep, 6); rows of score 0 have class -1."""
    scores, order = scores.sort(dim=1, descending=True, stable=True)
    scores, order = scores[:, :keep], order[:, :keep]
    found = torch.cat([boxes.gather(1, order[..., None].expand(-1, -1, 4)), scores[..., None], kind.gather(1, order)[..., None]], -1)
    empty = found.new_tensor([0, 0, 0, 0, 0, -1])
    found = torch.where(scores[..., None] > 0, found, empty)
    return torch.cat([found, empty.expand(len(found), keep - found.shape[1], 6)], 1)
