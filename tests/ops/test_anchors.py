"""Anchors against the counts and formulas of their papers."""

import math

import pytest
import torch

from hibiscus.errors import ConfigError, DataError
from hibiscus.ops.anchors import (
    SSD_RATIOS,
    anchor_sizes,
    fit_anchors,
    linear_scales,
    make_anchors,
    place_anchors,
)

FOUR, SIX = SSD_RATIOS
MAPS = [(n, n) for n in (38, 19, 10, 5, 3, 1)]


def test_ssd300_has_8732_anchors():
    anchors = make_anchors(MAPS, linear_scales(6), [FOUR, SIX, SIX, SIX, FOUR, FOUR], (300, 300))
    assert anchors.shape == (8732, 4)
    assert anchors.dtype == torch.float32


def test_count_is_the_books_formula():
    # 640 x 480, fourth map, three ratios: 40 * 30 * 4 = 4,800.
    assert len(make_anchors([(480 // 2**4, 640 // 2**4)], [0.2, 0.3], [FOUR], (480, 640))) == 4800
    assert (
        len(make_anchors([(7, 3), (2, 5)], [0.2, 0.3, 0.4], [FOUR, (1,)], (70, 30))) == 7 * 3 * 4 + 2 * 5 * 2
    )


def test_scales_are_linear_with_one_more():
    assert linear_scales(6) == pytest.approx([0.2, 0.34, 0.48, 0.62, 0.76, 0.9, 1.04])
    assert len(linear_scales(1)) == 2


def test_ratio_is_of_pixels_also_in_a_image_that_is_not_square():
    height, width = 100, 300
    (sizes,) = anchor_sizes([0.5, 0.72], [(1, 2, 1 / 2)], (height, width))
    pixels = sizes * torch.tensor([width, height])
    assert (pixels[:, 0] / pixels[:, 1]).tolist() == pytest.approx([1, 2, 0.5, 1])
    assert pixels.prod(1).sqrt().tolist() == pytest.approx([50, 50, 50, 100 * math.sqrt(0.5 * 0.72)])


def test_anchors_lie_about_the_cells_in_the_order_of_a_convolution():
    sizes = torch.tensor([[0.2, 0.1], [0.4, 0.4]])
    anchors = place_anchors([(2, 3)], [sizes]).view(2, 3, 2, 4)
    middle = (anchors[..., :2] + anchors[..., 2:]) / 2
    assert middle[1, 2, 0].tolist() == pytest.approx([5 / 6, 3 / 4])
    assert middle[0, 1, 1].tolist() == pytest.approx([1 / 2, 1 / 4])
    assert (anchors[..., 2:] - anchors[..., :2])[1, 1].flatten().tolist() == pytest.approx(
        sizes.flatten().tolist()
    )


def test_fitted_anchors_find_the_clusters_and_put_small_ones_on_fine_maps():
    generator = torch.Generator().manual_seed(0)
    middles = torch.tensor([[0.05, 0.08], [0.2, 0.1], [0.5, 0.6]])
    sizes = (middles[:, None] * torch.empty(3, 200, 2).uniform_(0.9, 1.1, generator=generator)).reshape(-1, 2)
    fine, coarse = fit_anchors(sizes, [2, 1])
    assert torch.cat([fine, coarse]).flatten().tolist() == pytest.approx(middles.flatten().tolist(), rel=0.05)
    assert all(torch.equal(a, b) for a, b in zip(fit_anchors(sizes, [2, 1]), (fine, coarse), strict=True))
    overlap = [torch.cat(fit_anchors(sizes, [n])) for n in (1, 2, 3)]
    fit = [(1 - _distance(sizes, centres)).mean().item() for centres in overlap]
    assert fit == sorted(fit)


def _distance(sizes, centres):
    inside = torch.minimum(sizes[:, None], centres).prod(-1)
    return 1 - (inside / (sizes.prod(-1)[:, None] + centres.prod(-1) - inside)).max(1).values


def test_fewer_boxes_than_anchors_give_some_twice():
    found = torch.cat(fit_anchors(torch.tensor([[0.1, 0.2], [0.3, 0.3]]), [2, 3]))
    assert found.shape == (5, 2)
    assert {tuple(round(v, 3) for v in row) for row in found.tolist()} == {(0.1, 0.2), (0.3, 0.3)}


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: linear_scales(0), ConfigError),
        (lambda: linear_scales(3, 0.9, 0.2), ConfigError),
        (lambda: make_anchors(MAPS[:2], [0.1, 0.2], [FOUR, FOUR], (300, 300)), ConfigError),
        (lambda: make_anchors(MAPS[:1], [0.1, 0.2], [(1, -2)], (300, 300)), ConfigError),
        (lambda: make_anchors(MAPS[:2], [0.1, 0.2], [FOUR], (300, 300)), ConfigError),
        (lambda: fit_anchors(torch.zeros(0, 2), [3]), DataError),
        (lambda: fit_anchors(torch.zeros(4, 2), [3]), DataError),
        (lambda: fit_anchors(torch.ones(4, 2), [3, 0]), ConfigError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error) as caught:
        call()
    assert caught.value.expected
    assert caught.value.fix
