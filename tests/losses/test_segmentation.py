"""Losses over pixels, held against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import cross_entropy, dice, pixel_cross_entropy, pixel_focal


def some(seed=0, classes=4, ignored=0.2):
    draw = np.random.default_rng(seed)
    logits, mask = draw.normal(size=(3, classes, 5, 7)), draw.integers(0, classes, (3, 5, 7))
    mask[draw.random(mask.shape) < ignored] = 255
    return logits.astype(np.float32), mask.astype(np.uint8)


def softmax(logits):
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def true_shares(logits, mask):
    """The probability of the true class of each known pixel, and that class."""
    image, row, column = np.nonzero(mask != 255)
    known = mask[image, row, column]
    return softmax(logits.astype(np.float64))[image, known, row, column], known


@pytest.mark.parametrize("weights", [None, [1.0, 0.5, 3.0, 2.0]])
def test_cross_entropy_is_its_formula(weights):
    logits, mask = some()
    p, known = true_shares(logits, mask)
    w = np.ones(4) if weights is None else np.array(weights)
    expected = -(w[known] * np.log(p)).sum() / w[known].sum()
    given = None if weights is None else torch.tensor(weights)
    assert pixel_cross_entropy(
        torch.from_numpy(logits), torch.from_numpy(mask), given
    ).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 2.0, 3.5])
def test_focal_is_its_formula(gamma):
    logits, mask = some(1)
    p, _ = true_shares(logits, mask)
    expected = (-((1 - p) ** gamma) * np.log(p)).mean()
    assert pixel_focal(torch.from_numpy(logits), torch.from_numpy(mask), gamma).item() == pytest.approx(
        expected, rel=1e-5
    )


def test_focal_has_a_gradient_where_it_is_sure_and_right():
    logits = torch.zeros(1, 2, 1, 1)
    logits[0, 0] = 60
    logits.requires_grad_()
    pixel_focal(logits, torch.zeros(1, 1, 1, dtype=torch.uint8), 0.5).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_dice_is_its_formula():
    logits, mask = some(2)
    mask[mask == 3] = 0  # a class that the batch does not hold
    q, known = softmax(logits.astype(np.float64)), mask != 255
    scores = []
    for number in range(3):
        true = mask == number
        scores.append((2 * q[:, number][true].sum() + 1) / (q[:, number][known].sum() + true.sum() + 1))
    assert dice(torch.from_numpy(logits), torch.from_numpy(mask)).item() == pytest.approx(
        1 - np.mean(scores), rel=1e-5
    )


def test_the_mean_over_pixels_is_that_over_items():
    logits, mask = some(3, ignored=0)
    flat = torch.from_numpy(logits).permute(0, 2, 3, 1).reshape(-1, 4)
    found = pixel_cross_entropy(torch.from_numpy(logits), torch.from_numpy(mask))
    torch.testing.assert_close(found, cross_entropy(flat, torch.from_numpy(mask).long().flatten()))


@pytest.mark.parametrize("loss", [pixel_cross_entropy, pixel_focal, dice])
def test_ignored_pixels_have_no_gradient_and_nothing_known_costs_nothing(loss):
    logits, mask = (torch.from_numpy(values) for values in some(4))
    logits.requires_grad_()
    loss(logits, mask).backward()
    assert logits.grad is not None
    assert not logits.grad.permute(0, 2, 3, 1)[mask == 255].any()
    nothing = loss(logits, torch.full_like(mask, 255))
    assert torch.isfinite(nothing)
    with pytest.raises(ConfigError, match="one size"):
        loss(logits, mask[:, :4])
