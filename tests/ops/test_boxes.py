"""Overlap, offsets and matching of whole batches against their plain twins, exactly."""

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.ops.boxes import decode, encode, iou, match
from hibiscus.scratch import detection as plain


def some_boxes(rng, count, grid=None):
    """Random boxes; on a coarse grid many are equal or tie."""
    if grid:
        low = rng.integers(0, grid - 1, (count, 2))
        return np.concatenate([low, low + rng.integers(1, grid, (count, 2))], 1) / grid
    low = rng.random((count, 2)) * 0.7
    return np.concatenate([low, low + 0.02 + rng.random((count, 2)) * 0.5], 1)


def some_truth(rng, batch, most, grid):
    truth = np.zeros((batch, most, 5))
    truth[..., 4] = -1
    for b in range(batch):
        count = rng.integers(0, most + 1)
        truth[b, :count, :4] = some_boxes(rng, count, grid)
        truth[b, :count, 4] = rng.choice([-2, 0, 1, 2, 3], count, p=[0.1, 0.3, 0.2, 0.2, 0.2])
    return truth


def test_iou_is_the_twins_to_the_bit():
    rng = np.random.default_rng(0)
    boxes = np.concatenate([some_boxes(rng, 30), some_boxes(rng, 20, 4), np.zeros((2, 4))])
    found = iou(torch.from_numpy(boxes)[:, None], torch.from_numpy(boxes))
    assert found.tolist() == [[plain.iou(a, b) for b in boxes.tolist()] for a in boxes.tolist()]
    assert torch.equal(found, found.T)


def test_encode_and_decode_are_the_formulas_and_undo_each_other():
    rng = np.random.default_rng(1)
    boxes, anchors = some_boxes(rng, 40), some_boxes(rng, 40)
    offsets = encode(torch.from_numpy(boxes), torch.from_numpy(anchors))
    assert np.allclose(
        offsets, [plain.encode(b, a) for b, a in zip(boxes, anchors, strict=True)], rtol=1e-12, atol=1e-12
    )
    back = decode(offsets, torch.from_numpy(anchors))
    assert np.allclose(back, boxes, atol=1e-12)
    assert np.allclose(plain.decode(offsets[0].tolist(), anchors[0]), boxes[0], atol=1e-12)


@pytest.mark.parametrize("limit", [None, 0.3])
@pytest.mark.parametrize("grid", [None, 4, 8])
def test_match_is_the_twins_exactly(grid, limit):
    rng = np.random.default_rng(2)
    for smoke_test in range(60):
        batch, most, count = int(rng.integers(1, 4)), int(rng.integers(0, 9)), int(rng.integers(1, 40))
        truth, anchors = some_truth(rng, batch, most, grid), some_boxes(rng, count, grid)
        if smoke_test % 5 == 0 and most:
            truth[:, :, :4] = truth[:, :1, :4]  # all boxes of an image equal
        labels, offsets, positive = match(torch.from_numpy(truth), torch.from_numpy(anchors), 0.5, limit)
        for b in range(batch):
            wanted, owners = plain.match(truth[b].tolist(), anchors.tolist(), 0.5, limit)
            assert labels[b].tolist() == wanted
            assert positive[b].tolist() == [owner >= 0 for owner in owners]
            for a, owner in enumerate(owners):
                own = plain.encode(truth[b, owner], anchors[a]) if owner >= 0 else [0.0] * 4
                assert np.allclose(offsets[b, a], own, rtol=1e-10, atol=1e-10)


def test_two_boxes_with_one_best_anchor_each_get_one():
    anchors = torch.tensor([[0.0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0.0, 0, 0.3, 0.3]])
    truth = torch.tensor([[[0.0, 0, 0.5, 0.5, 0], [0.0, 0, 0.5, 0.48, 1], [0, 0, 0, 0, -1]]])
    labels, _, positive = match(truth, anchors)
    assert labels.tolist() == [[1, 0, 2]]
    assert positive.tolist() == [[True, False, True]]


def test_no_boxes_at_all_and_a_crowd():
    anchors = torch.tensor([[0.0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]])
    assert match(torch.zeros(2, 0, 5), anchors)[0].tolist() == [[0, 0], [0, 0]]
    crowd = torch.tensor([[[0.0, 0, 0.6, 0.6, -2]]])
    labels, offsets, positive = match(crowd, anchors)
    assert labels.tolist() == [[-1, 0]]
    assert not positive.any()
    assert not offsets.any()


def test_blocks_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(3)
    truth, anchors = torch.from_numpy(some_truth(rng, 3, 6, 8)), torch.from_numpy(some_boxes(rng, 300, 8))
    whole = match(truth, anchors)
    monkeypatch.setattr("hibiscus.ops.boxes.BLOCK", 1)
    assert all(torch.equal(a, b) for a, b in zip(match(truth, anchors), whole, strict=True))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="boxes of shape"):
        match(torch.zeros(2, 3, 4), torch.zeros(5, 4))
