"""Suppression of whole batches against its plain twins: 10,000 cases, exactly."""

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.ops.nms import detect, nms
from hibiscus.ops.soft_nms import soft_nms
from hibiscus.scratch import detection as plain


def some(rng, rows, count, tied):
    """Boxes (rows, count, 4) and scores (rows, count); many equal where `tied`."""
    if tied:
        low = rng.integers(0, 3, (rows, count, 2))
        return np.concatenate([low, low + rng.integers(0, 4, (rows, count, 2))], -1) / 4, rng.integers(
            0, 4, (rows, count)
        ) / 4
    low = rng.random((rows, count, 2)) * 0.6
    return np.concatenate([low, low + 0.05 + rng.random((rows, count, 2)) * 0.4], -1), rng.random(
        (rows, count)
    )


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("count", [1, 7, 12])
def test_nms_is_the_twins_in_6000_cases(count, tied):
    rng = np.random.default_rng(count)
    for threshold, most in ((0.45, None), (0.25, 3)):
        boxes, scores = some(rng, 250, count, tied)
        scores = np.stack([scores, rng.permuted(scores, axis=1)], 1)  # two classes
        kept = nms(torch.from_numpy(boxes), torch.from_numpy(scores), threshold, 0.1, most)
        for b, c in np.ndindex(250, 2):
            assert kept[b, c].nonzero()[:, 0].tolist() == sorted(
                plain.nms(boxes[b].tolist(), scores[b, c].tolist(), threshold, 0.1, most)
            )


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(("kind", "sigma"), [("gaussian", 0.5), ("linear", 0.5)])
def test_soft_nms_is_the_twins_in_4000_cases(kind, sigma, tied):
    rng = np.random.default_rng(5)
    boxes, scores = some(rng, 1000, 8, tied)
    for most in (None,):
        which, now = soft_nms(torch.from_numpy(boxes), torch.from_numpy(scores), kind, sigma, 0.3, 0.05, most)
        for b in range(1000):
            twin = plain.soft_nms(boxes[b].tolist(), scores[b].tolist(), kind, sigma, 0.3, 0.05, most)
            assert which[b][which[b] >= 0].tolist() == [i for i, _ in twin]
            assert now[b][: len(twin)].tolist() == pytest.approx([s for _, s in twin], rel=1e-12)


@pytest.mark.parametrize("tied", [False, True])
def test_many_boxes_in_blocks(tied):
    rng = np.random.default_rng(7)
    boxes, scores = some(rng, 2, 500, tied)
    boxes[..., 2:] = boxes[..., :2] + (boxes[..., 2:] - boxes[..., :2]) * rng.choice(
        [0.05, 0.3, 1], (2, 500, 1)
    )
    kept = nms(torch.from_numpy(boxes), torch.from_numpy(scores[:, None]), 0.45, 0.1)
    for b in range(2):
        assert kept[b, 0].nonzero()[:, 0].tolist() == sorted(
            plain.nms(boxes[b].tolist(), scores[b].tolist(), 0.45, 0.1)
        )


def slow_detect(scores, boxes, floor, threshold, most, keep, soft, across):
    """One image: candidates of each class, suppressed, then the best of all."""
    rows = []
    for c in range(scores.shape[1] - 1):
        order = sorted(
            (i for i in range(len(boxes)) if scores[i, c + 1] > floor), key=lambda i: -scores[i, c + 1]
        )[:most]
        rows += [(float(scores[i, c + 1]), c, i) for i in order]
    rows.sort(key=lambda row: (-row[0], row[1], row[2]))
    found = []
    for c in [None] if across else range(scores.shape[1] - 1):
        own = [row for row in rows if c is None or row[1] == c]
        mine, values = [boxes[i].tolist() for _, _, i in own], [s for s, _, _ in own]
        if soft:
            taken = plain.soft_nms(mine, values, soft, 0.5, threshold, floor, keep)
        else:
            taken = [(i, values[i]) for i in plain.nms(mine, values, threshold)]
        found += [(s, own[i][1], own[i][2]) for i, s in taken]
    found.sort(key=lambda row: (-row[0], row[1]))
    return found[:keep]


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("soft", ["", "gaussian", "linear"])
@pytest.mark.parametrize("most", [None, 15])
def test_detect_is_the_slow_one(most, soft, across):
    rng = np.random.default_rng(8)
    boxes, _ = some(rng, 3, 60, False)
    scores = torch.from_numpy(rng.normal(size=(3, 60, 5)) * 2).softmax(-1).float()
    scores[2, :, 0], scores[2, :, 1:] = 1, 0  # nothing in the last image
    boxes = torch.from_numpy(boxes)
    found = detect(scores, boxes, 0.05, 0.4, most, 12, soft, 0.5, across)
    assert found.shape == (3, 12, 6)
    for b in range(3):
        wanted = slow_detect(scores[b].numpy(), boxes[b], 0.05, 0.4, most, 12, soft, across)
        own = found[b][found[b, :, 5] >= 0]
        assert own[:, 5].tolist() == [c for _, c, _ in wanted]
        assert own[:, 4].tolist() == pytest.approx([s for s, _, _ in wanted], rel=1e-5)
        assert own[:, :4].tolist() == [boxes[b, i].tolist() for _, _, i in wanted]
        assert (found[b, len(wanted) :, :5] == 0).all()


def test_detect_looks_further_where_the_best_all_lie_together():
    boxes = torch.rand(1, 900, 2, generator=torch.Generator().manual_seed(0)) * 1e-3
    boxes = torch.cat([boxes, boxes + 0.5], -1)
    boxes[:, 890:, :2], boxes[:, 890:, 2:] = (
        torch.arange(10)[:, None] / 20 + 0.6,
        torch.arange(10)[:, None] / 20 + 0.64,
    )
    scores = torch.stack([torch.zeros(900), torch.linspace(0.9, 0.1, 900)], -1)[None]
    found = detect(scores, boxes, keep=11, max_per_class=None)
    assert (found[0, :, 5] >= 0).sum() == 11


def test_nothing_to_keep():
    assert detect(torch.zeros(2, 5, 3), torch.zeros(2, 5, 4), keep=4)[..., 5].eq(-1).all()
    assert soft_nms(torch.zeros(2, 5, 4), torch.zeros(2, 5))[0].shape == (2, 0)
    assert not nms(torch.zeros(2, 5, 4), torch.zeros(2, 3, 5)).any()


@pytest.mark.parametrize(
    "call",
    [
        lambda: nms(torch.zeros(2, 5, 4), torch.zeros(2, 5, 3)),
        lambda: nms(torch.zeros(2, 5, 4), torch.zeros(2, 3, 5), threshold=0),
        lambda: soft_nms(torch.zeros(2, 5, 4), torch.zeros(2, 5), "harsh"),
        lambda: soft_nms(torch.zeros(2, 5, 4), torch.zeros(2, 5), sigma=0),
    ],
)
def test_errors(call):
    with pytest.raises(ConfigError) as caught:
        call()
    assert caught.value.fix
