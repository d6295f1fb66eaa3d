"""Random changes of images, against a slow twin in NumPy, and with a gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.ops.diff_augment import DiffAugment


class Draws:
    """Uniform numbers that are remembered."""

    def __init__(self, batch, fixed=None):
        self.batch, self.fixed, self.seen = batch, fixed, []

    def __call__(self, *shape):
        drawn = (
            torch.rand(self.batch, *shape)
            if self.fixed is None
            else torch.full((self.batch, *shape), self.fixed)
        )
        self.seen.append(drawn.flatten(1).numpy()[:, 0])
        return drawn


def some(batch=5, channels=3, height=9, width=16, seed=0):
    return torch.from_numpy(
        np.random.default_rng(seed).normal(size=(batch, channels, height, width)).astype(np.float32)
    )


def test_color_is_its_formula():
    x, draws = some(), Draws(5)
    found = DiffAugment(["color"])(x, draws)
    for i, image in enumerate(x.numpy().astype(np.float64)):
        bright, saturation, contrast = (draw[i] for draw in draws.seen)
        y = image + bright - 0.5
        y = y.mean(0) + (y - y.mean(0)) * 2 * saturation
        y = y.mean() + (y - y.mean()) * (0.5 + contrast)
        np.testing.assert_allclose(found[i].numpy(), y, atol=1e-5)


def test_translation_moves_by_up_to_an_eighth_and_zero_comes_in():
    x, draws = some(batch=200), Draws(200)
    found = DiffAugment(["translation"])(x, draws).numpy()
    moves = set()
    for i, image in enumerate(x.numpy()):
        down, right = int(draws.seen[0][i] * 3) - 1, int(draws.seen[1][i] * 5) - 2
        moves.add((down, right))
        want = np.zeros_like(image)
        for row in range(9):
            for column in range(16):
                if 0 <= row + down < 9 and 0 <= column + right < 16:
                    want[:, row, column] = image[:, row + down, column + right]
        np.testing.assert_array_equal(found[i], want)
    assert len(moves) == 15


def test_cutout_takes_half_of_each_side_where_it_lies_within():
    x = torch.ones(1, 1, 8, 8)
    found = DiffAugment(["cutout"])(x, Draws(1, fixed=0.5))
    assert (found == 0).sum() == 16
    assert (DiffAugment(["cutout"])(x, Draws(1, fixed=0.0)) == 0).sum() == 4, (
        "a corner: the rest of it lies outside"
    )
    corner = (DiffAugment(["cutout"])(x, Draws(1, fixed=0.999)) == 0).sum()
    assert 4 <= corner <= 9


def test_all_images_alike_and_the_draws_differ():
    x = some(batch=1).repeat(6, 1, 1, 1)
    torch.manual_seed(0)
    found = DiffAugment(["color", "translation", "cutout"])(x, Draws(6))
    assert found.shape == x.shape
    assert len({found[i].sum().item() for i in range(6)}) == 6


def test_the_gradient_is_that_of_the_change():
    x = some(batch=2, height=6, width=6).double().requires_grad_()
    change = DiffAugment(["color", "translation", "cutout"])

    def fixed(values):
        torch.manual_seed(1)
        return change(values, lambda *shape: torch.rand(2, *shape, dtype=torch.float64))

    assert torch.autograd.gradcheck(fixed, (x,))


def test_an_unknown_change_is_named():
    with pytest.raises(ConfigError, match="diff_augment"):
        DiffAugment(["colour"])
