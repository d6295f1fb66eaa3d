"""Drawn shapes: every combination once, each image as its factors say."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.builtin.shapes import FACTORS, draw_shapes
from hibiscus.data.open import open_data

IMAGES, KNOWN = draw_shapes()


def middle(images):
    """The centre of mass (x, y) of each."""
    shares = images[..., 0] / images.sum((1, 2, 3))[:, None, None]
    places = np.arange(32)
    return (shares.sum(1) * places).sum(1), (shares.sum(2) * places).sum(1)


def test_every_combination_stands_there_once():
    assert len(IMAGES) == np.prod(list(FACTORS.values()))
    assert len(np.unique(KNOWN)) == len(KNOWN)
    assert {name: len(np.unique(KNOWN[name])) for name in FACTORS} == FACTORS
    assert len(np.unique(IMAGES.reshape(len(IMAGES), -1), axis=0)) == len(IMAGES)


def test_no_shape_reaches_the_edge_and_edges_are_smooth():
    assert not IMAGES[:, [0, -1]].any()
    assert not IMAGES[:, :, [0, -1]].any()
    assert len(np.unique(IMAGES)) > 10


def test_places_are_in_pixels_from_the_middle():
    x, y = middle(IMAGES)
    square = (KNOWN["shape"] == 0) & (KNOWN["rotation"] == 0)
    np.testing.assert_allclose(x[square], 15.5 + KNOWN["x"][square] - 7, atol=1e-6)
    np.testing.assert_allclose(y[square], 15.5 + KNOWN["y"][square] - 4, atol=1e-6)
    assert np.abs(x - 15.5 - KNOWN["x"] + 7).max() < 1.2  # a heart's mass lies above its middle


def test_scale_is_a_length():
    area = [
        IMAGES[(KNOWN["shape"] == 0) & (KNOWN["scale"] == scale)].sum((1, 2, 3)).mean() / 255
        for scale in range(4)
    ]
    np.testing.assert_allclose(np.sqrt(area) / 1.6, [3.5, 4.5, 5.5, 6.5], rtol=0.02)


@pytest.mark.parametrize(("shape", "same"), [(0, True), (1, False), (2, False)])
def test_a_quarter_turn_brings_only_the_square_back(shape, same):
    """The square leans as much either way at a third of the quarter and at two thirds of it, mirrored."""
    one = IMAGES[
        (KNOWN["shape"] == shape)
        & (KNOWN["rotation"] == 2)
        & (KNOWN["scale"] == 3)
        & (KNOWN["x"] == 7)
        & (KNOWN["y"] == 4)
    ]
    other = IMAGES[
        (KNOWN["shape"] == shape)
        & (KNOWN["rotation"] == 4)
        & (KNOWN["scale"] == 3)
        & (KNOWN["x"] == 7)
        & (KNOWN["y"] == 4)
    ]
    assert (np.abs(one[:, :, ::-1].astype(int) - other).mean() < 1) == same


def test_opened_by_name_it_tells_its_factors():
    data = open_data("shapes")
    assert "known factors: shape (3), scale (4), rotation (6), x (15), y (9)" in repr(data)
    assert data.fields["image"].dtype == np.uint8
