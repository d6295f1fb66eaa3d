"""Panoptic quality: worked by hand, against its definition over random maps, and the merging of boxes and
masks.
"""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.metrics.panoptic import PanopticMap, PanopticQuality, instance_panoptic, merge_panoptic


def test_boxes_and_stuff_are_merged():
    mask = np.zeros((10, 20), np.uint8)
    mask[2:8, 2:9] = 2  # one thing, and beside it another of the class
    mask[2:8, 9:16] = 2
    mask[0] = 1
    boxes = np.array([[0.1, 0.2, 0.5, 0.8, 0], [0.45, 0.2, 0.8, 0.8, 0], [0.0, 0.0, 0.1, 0.1, 0]])
    found = merge_panoptic(mask, boxes, {0: 2})
    assert found.classes == (2, 2, 0, 1)
    assert found.things == (True, True, False, False)
    assert (found.segments[2:8, 2:10] == 1).all()  # the first box comes first where both are
    assert (found.segments[2:8, 10:16] == 2).all()
    assert (found.segments[0] == 4).all()
    alone = merge_panoptic(mask, boxes[:1], {0: 2})
    assert (alone.segments[2:8, 10] == 1).all()  # a little outside the box
    assert (alone.segments[2:8, 11:16] == 0).all()  # of a thing's class, near no box
    strict = merge_panoptic(mask, boxes[:1], {0: 2}, margin=0)
    assert (strict.segments[2:8, 10:16] == 0).all()


def test_quality_is_that_worked_by_hand():
    true = PanopticMap(np.repeat([[1, 1, 2, 2, 3, 3]], 2, 0).astype(np.int32), (0, 1, 1), (False, True, True))
    given = PanopticMap(
        np.repeat([[1, 1, 2, 2, 2, 3]], 2, 0).astype(np.int32), (0, 1, 1), (False, True, True)
    )
    quality = PanopticQuality(2)
    quality.add(given, true)
    # of class 1: the first pair overlaps by 4 of 6, the second by 2 of 4, which is no more than a half
    np.testing.assert_allclose(quality.by_class()[0], [1, 1, 1])
    np.testing.assert_allclose(quality.by_class()[1], [4 / 6 / (1 + 0.5 + 0.5), 4 / 6, 0.5])
    assert quality.figures()["pq"] == pytest.approx((1 + 1 / 3) / 2)
    assert quality.figures([1])["rq"] == pytest.approx(0.5)


def by_definition(given, true, kind, known):
    pairs, used = [], set()
    for i, one in enumerate(true.classes):
        for j, other in enumerate(given.classes):
            a, b = (true.segments == i + 1) & known, (given.segments == j + 1) & known
            if one == other == kind and (a | b).any() and (a & b).sum() / (a | b).sum() > 0.5:
                pairs.append((a & b).sum() / (a | b).sum())
                used |= {("t", i), ("g", j)}
    missed = sum(
        c == kind and ((true.segments == i + 1) & known).any() and ("t", i) not in used
        for i, c in enumerate(true.classes)
    )
    false = sum(
        c == kind
        and ((given.segments == j + 1) & known).sum() > (given.segments == j + 1).sum() / 2
        and ("g", j) not in used
        for j, c in enumerate(given.classes)
    )
    return sum(pairs) / (len(pairs) + missed / 2 + false / 2) if len(pairs) + missed + false else np.nan


@pytest.mark.parametrize("seed", range(20))
def test_quality_is_its_definition(seed):
    draw = np.random.default_rng(seed)
    true = PanopticMap(
        np.kron(draw.integers(0, 5, (3, 4)), np.ones((3, 3), int)).astype(np.int32),
        (0, 1, 1, 2),
        (False, True, True, False),
    )
    moved = np.where(
        draw.random(true.segments.shape) < 0.15, draw.integers(0, 5, true.segments.shape), true.segments
    )
    given, known = (
        PanopticMap(moved.astype(np.int32), (0, 1, 2, 2), (False, True, True, True)),
        draw.random(moved.shape) < 0.9,
    )
    quality = PanopticQuality(4)
    quality.add(given, true, known)
    for kind in range(4):
        expected = by_definition(given, true, kind, known)
        assert quality.by_class()[kind, 0] == pytest.approx(expected, nan_ok=True)
    assert np.isnan(quality.by_class()[3]).all()


def test_what_lies_mostly_where_nothing_is_known_is_no_mistake():
    true = PanopticMap(np.ones((10, 10), np.int32), (0,), (False,))
    given, known = np.ones((10, 10), np.int32), np.ones((10, 10), bool)
    given[:5], known[:4] = 2, False
    quality = PanopticQuality(2)
    quality.add(PanopticMap(given, (0, 1), (False, True)), true, known)
    assert quality.counts.tolist() == [[1, 0, 0], [0, 0, 0]]


def test_perfect_maps_are_perfect_and_sizes_must_fit():
    one = PanopticMap(np.array([[1, 2], [0, 2]], np.int32), (0, 1), (False, True))
    quality = PanopticQuality(2)
    quality.add(one, one)
    assert quality.figures() == {"pq": 1.0, "sq": 1.0, "rq": 1.0}
    with pytest.raises(DataError, match="one size"):
        quality.add(one, PanopticMap(np.zeros((3, 2), np.int32), (), ()))


def test_the_map_of_annotated_objects():
    mask = np.array([[0, 1, 1, 1], [0, 1, 1, 255]], np.uint8)
    instances = np.array([[0, 1, 2, 3], [0, 1, 2, 0]])
    found = instance_panoptic(mask, instances, [0, 0, -2], {0: 1})
    assert found.segments.tolist() == [[3, 1, 2, 0], [3, 1, 2, 0]]
    assert (found.classes, found.things) == ((1, 1, 0), (True, True, False))
