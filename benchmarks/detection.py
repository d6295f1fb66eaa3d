"""Matching of anchors and suppression of boxes against straightforward NumPy: milliseconds, their ratio, and
that the answers are equal.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/detection.py

NumPy goes through images and classes in Python and works on the boxes of each at once. Both sides run in turn
in one process; the figures are medians. `crowded` scores are a random network's, nearly all above 0.01;
`trained` ones are high about some objects only.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import torch

from hibiscus.ops.anchors import SSD_RATIOS, linear_scales, make_anchors
from hibiscus.ops.boxes import decode, match
from hibiscus.ops.nms import detect, nms

FOUR, SIX = SSD_RATIOS
TURNS = 7
DEVIATIONS = np.array([0.1, 0.1, 0.2, 0.2], dtype=np.float32)


def numpy_iou(a, b):
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    inside = np.prod(np.clip(high - low, 0, None), -1)
    union = np.prod(a[..., 2:] - a[..., :2], -1) + np.prod(b[..., 2:] - b[..., :2], -1) - inside
    return inside / union


def numpy_match(truth, anchors, threshold=0.5):
    """As SSD's own code: a matrix of overlaps for each image, the best pair again and again, then all above
    the threshold.
    """
    labels = np.zeros((len(truth), len(anchors)), dtype=np.int64)
    offsets = np.zeros((len(truth), len(anchors), 4), dtype=np.float32)
    size, middle = anchors[:, 2:] - anchors[:, :2], (anchors[:, :2] + anchors[:, 2:]) / 2
    for b, rows in enumerate(truth):
        rows = rows[rows[:, 4] >= 0]
        overlap = numpy_iou(rows[:, None, :4], anchors)
        owner = np.where(overlap.max(0) > threshold, overlap.argmax(0), -1)
        for _ in rows:
            t, a = np.unravel_index(overlap.argmax(), overlap.shape)
            if overlap[t, a] <= 0:
                break
            owner[a] = t
            overlap[t], overlap[:, a] = -1, -1
        hit = owner >= 0
        own = rows[owner[hit]]
        labels[b, hit] = 1 + own[:, 4].astype(np.int64)
        shift = ((own[:, :2] + own[:, 2:4]) / 2 - middle[hit]) / size[hit]
        offsets[b, hit] = (
            np.concatenate([shift, np.log((own[:, 2:4] - own[:, :2]) / size[hit])], 1) / DEVIATIONS
        )
    return labels, offsets


def numpy_nms(boxes, scores, threshold, floor, most=None):
    """As in the code of Fast R-CNN: the best of those left, its overlap with the rest, and again."""
    order = np.flatnonzero(scores > floor)
    order = order[np.argsort(-scores[order], kind="stable")][:most]
    area, kept = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        wide = np.maximum(
            0, np.minimum(boxes[best, 2], boxes[rest, 2]) - np.maximum(boxes[best, 0], boxes[rest, 0])
        )
        high = np.maximum(
            0, np.minimum(boxes[best, 3], boxes[rest, 3]) - np.maximum(boxes[best, 1], boxes[rest, 1])
        )
        inside = wide * high
        order = rest[inside / (area[best] + area[rest] - inside) < threshold]
    return np.array(kept, dtype=np.int64)


def numpy_detect(scores, boxes, most, keep):
    """The best `keep` of all classes: (score, class, anchor) rows."""
    rows = []
    for c in range(scores.shape[1] - 1):
        rows += [
            (-float(scores[i, c + 1]), c, int(i))
            for i in numpy_nms(boxes, scores[:, c + 1], 0.45, 0.01, most)
        ]
    return sorted(rows)[:keep]


def ssd300():
    sizes = [(n, n) for n in (38, 19, 10, 5, 3, 1)]
    return make_anchors(sizes, linear_scales(6), [FOUR, SIX, SIX, SIX, FOUR, FOUR], (300, 300))


def race(title, plain, ours, same):
    """Both in turn; the medians and their ratio, once the answers are found equal."""
    assert same(plain(), ours()), title
    times = ([], [])
    for _ in range(TURNS):
        for side, found in zip((plain, ours), times, strict=True):
            start = time.perf_counter()
            side()
            found.append(1000 * (time.perf_counter() - start))
    slow, fast = (statistics.median(found) for found in times)
    print(f"| {title} | {slow:.1f} | {fast:.1f} | {slow / fast:.1f} |", flush=True)


def matching(anchors, rng):
    low = rng.random((16, 50, 2)) * 0.8
    high = np.minimum(low + 0.03 + rng.random((16, 50, 2)) ** 2 * 0.6, 1)
    truth = np.concatenate([low, high, rng.integers(0, 20, (16, 50, 1))], -1).astype(np.float32)
    tensor = torch.from_numpy(truth)
    race(
        "match, 16 images, 8,732 anchors, 50 boxes each",
        lambda: numpy_match(truth, anchors.numpy()),
        lambda: match(tensor, anchors),
        lambda one, other: np.array_equal(one[0], other[0]) and np.allclose(one[1], other[1], atol=1e-4),
    )


def random_scores(rng):
    return rng.normal(size=(8732, 21))


def trained_scores(rng, boxes):
    """Logits that are high for the object that a box overlaps most, of twelve, and low elsewhere."""
    objects = boxes[rng.choice(len(boxes), 12)]
    overlap = numpy_iou(boxes[:, None], objects)
    logits = rng.normal(size=(len(boxes), 21))
    logits[:, 0] += 6
    for k, kind in enumerate(rng.integers(1, 21, 12)):
        logits[:, kind] += 10 * overlap[:, k]
    return logits


def suppression(anchors, rng):
    boxes = decode(torch.from_numpy(rng.normal(size=(8732, 4)).astype(np.float32)), anchors)
    for name, logits in (("crowded", random_scores(rng)), ("trained", trained_scores(rng, boxes.numpy()))):
        scores = torch.from_numpy(logits).float().softmax(-1)
        own, value, columns = boxes.numpy(), scores.numpy(), scores.T[1:].contiguous()
        race(
            f"nms, 8,732 x 20, {name}, no limit ({int((value[:, 1:] > 0.01).sum())} candidates)",
            lambda own=own, value=value: [numpy_nms(own, value[:, c + 1], 0.45, 0.01) for c in range(20)],
            lambda columns=columns: nms(boxes[None], columns[None], 0.45, 0.01),
            lambda one, other: all(
                np.array_equal(np.sort(one[c]), other[0, c].nonzero()[:, 0]) for c in range(20)
            ),
        )
        for most in (None, 400):
            race(
                f"detect, 8,732 x 20, {name}, best 200, "
                f"{'no limit' if most is None else f'{most} candidates'} a class",
                lambda own=own, value=value, most=most: numpy_detect(value, own, most, 200),
                lambda scores=scores, most=most: detect(scores[None], boxes[None], max_per_class=most),
                lambda one, other, own=own: (
                    [c for _, c, _ in one] == other[0, : len(one), 5].tolist()
                    and np.array_equal(own[[i for _, _, i in one]], other[0, : len(one), :4].numpy())
                    and bool((other[0, len(one) :, 5] < 0).all())
                ),
            )


def main():
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    anchors, rng = ssd300(), np.random.default_rng(0)
    print(f"{torch.get_num_threads()} threads\n| | NumPy ms | ours ms | ratio |\n|---|---|---|---|")
    matching(anchors, rng)
    suppression(anchors, rng)


if __name__ == "__main__":
    main()
