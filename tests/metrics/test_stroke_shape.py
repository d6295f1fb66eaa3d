"""Slant, width and thickness against shapes of which they are known, drawn by Pillow, and against SciPy's own
moments.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from hibiscus.errors import DataError
from hibiscus.metrics.stroke_shape import stroke_shapes

SIDE, FINER = 64, 8


def drawn(draw):
    """An image drawn large and shrunk, so that its edges are smooth."""
    large = Image.new("L", (SIDE * FINER, SIDE * FINER))
    draw(ImageDraw.Draw(large))
    return np.asarray(large.resize((SIDE, SIDE), Image.Resampling.BOX))[None, :, :, None]


def stroke(slant, thickness):
    """A stroke from the bottom to the top, `thickness` pixels across."""
    middle, half, across = SIDE * FINER / 2, 200, thickness * FINER * np.sqrt(1 + slant**2) / 2
    corners = [
        (middle + side * across + up * slant, middle - up)
        for up, side in ((-half, -1), (-half, 1), (half, 1), (half, -1))
    ]
    return drawn(lambda on: on.polygon(corners, fill=255))


@pytest.mark.parametrize("slant", [-0.6, 0.0, 0.3])
def test_slant_is_how_far_right_a_stroke_goes_for_each_pixel_up(slant):
    assert stroke_shapes(stroke(slant, 5))["slant"][0] == pytest.approx(slant, abs=0.02)


@pytest.mark.parametrize("slant", [-0.6, 0.0, 0.3])
@pytest.mark.parametrize("thickness", [2, 4, 6])
def test_thickness_of_a_stroke(slant, thickness):
    """Its ends count as outline too, so it is a little thinner than it was drawn."""
    assert stroke_shapes(stroke(slant, thickness))["thickness"][0] == pytest.approx(thickness, rel=0.15)


def test_width_of_a_disc_is_its_diameter():
    disc = drawn(lambda on: on.ellipse([100, 100, 300, 300], fill=255))
    found = stroke_shapes(disc)
    assert found["width"][0] == pytest.approx(201 / FINER, rel=0.01)
    assert found["slant"][0] == pytest.approx(0, abs=1e-3)
    assert found["thickness"][0] == pytest.approx(201 / FINER / 2, rel=0.1)  # 2 pi r**2 / (2 pi r)


def test_moments_are_those_of_scipy_wherever_the_shape_stands():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 9, 14, 3), dtype=np.uint8)
    found = stroke_shapes(pixels)
    for i, p in enumerate(pixels.mean(3) / 255):
        cy, cx = ndimage.center_of_mass(p)
        y, x = np.mgrid[: p.shape[0], : p.shape[1]]
        moment = lambda a, b, p=p, x=x, y=y, cx=cx, cy=cy: ((x - cx) ** a * (y - cy) ** b * p).sum()  # noqa: E731
        assert found["slant"][i] == pytest.approx(-moment(1, 1) / moment(0, 2))
        assert found["width"][i] == pytest.approx(4 * np.sqrt(moment(2, 0) / p.sum()))
        assert found["brightness"][i] == pytest.approx(p.mean())
    moved = {
        name: stroke_shapes(np.pad(pixels, ((0, 0), (3, 1), (2, 5), (0, 0))))[name]
        for name in ("slant", "width", "thickness")
    }
    for name, values in moved.items():
        np.testing.assert_allclose(values, found[name])


def test_a_black_image_has_no_shape():
    assert all(
        values.tolist() == [0.0, 0.0] for values in stroke_shapes(np.zeros((2, 4, 4, 1), np.uint8)).values()
    )


def test_another_shape_is_told():
    with pytest.raises(DataError, match="images of shape"):
        stroke_shapes(np.zeros((4, 4), np.uint8))
