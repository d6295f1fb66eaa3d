"""Likeness of images against torchmetrics, and colour difference against the published pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from hibiscus.errors import DataError
from hibiscus.metrics.image_quality import ciede2000, psnr, rgb_to_lab, ssim

RNG = np.random.default_rng(0)

# L1, a1, b1, L2, a2, b2 and their difference: Sharma, Wu, Dalal, 2005, table 1
PAIRS = np.array([
    (50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425), (50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615),
    (50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412), (50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000),
    (50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000), (50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000),
    (50, 0, 0, 50, -1, 2, 2.3669), (50, -1, 2, 50, 0, 0, 2.3669),
    (50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792), (50, 2.4900, -0.0010, 50, -2.4900, 0.0010, 7.1792),
    (50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195), (50, 2.4900, -0.0010, 50, -2.4900, 0.0012, 7.2195),
    (50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045), (50, -0.0010, 2.4900, 50, 0.0010, -2.4900, 4.8045),
    (50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461), (50, 2.5, 0, 50, 0, -2.5, 4.3065),
    (50, 2.5, 0, 73, 25, -18, 27.1492), (50, 2.5, 0, 61, -5, 29, 22.8977),
    (50, 2.5, 0, 56, -27, -3, 31.9030), (50, 2.5, 0, 58, 24, 15, 19.4535),
    (50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000), (50, 2.5, 0, 50, 3.2972, 0, 1.0000),
    (50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000), (50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
])  # fmt: skip


def pair(*shape, noise=0.2):
    first = RNG.random(shape)
    return first, np.clip(first + noise * RNG.standard_normal(shape), 0, 1)


def channels_first(x):
    return torch.from_numpy(x.transpose(0, 3, 1, 2))


def test_psnr_is_that_of_torchmetrics():
    first, second = pair(5, 12, 9, 3)
    expected = peak_signal_noise_ratio(
        channels_first(first), channels_first(second), data_range=1.0, reduction="none", dim=(1, 2, 3)
    )
    np.testing.assert_allclose(psnr(first, second), expected, rtol=1e-6)
    np.testing.assert_allclose(psnr(255 * first, 255 * second, peak=255), expected, rtol=1e-6)


def test_psnr_by_hand_and_of_equal_images():
    assert psnr(np.full((1, 4), 0.5), np.full((1, 4), 0.4)).tolist() == pytest.approx([20])
    assert psnr(np.zeros((2, 3)), np.zeros((2, 3))).tolist() == [np.inf, np.inf]
    assert psnr(np.zeros((2, 3)), np.zeros((2, 3)), max_psnr=60).tolist() == [60, 60]


@pytest.mark.parametrize("shape", [(4, 32, 32, 1), (3, 24, 17, 3), (2, 11, 11, 3)])
@pytest.mark.parametrize("noise", [0.02, 0.5])
def test_ssim_is_that_of_torchmetrics_over_windows_within_the_image(shape, noise):
    """Its own mean counts windows about the edge too, which see the image mirrored."""
    first, second = pair(*shape, noise=noise)
    _, windows = structural_similarity_index_measure(
        channels_first(first),
        channels_first(second),
        data_range=1.0,
        reduction="none",
        return_full_image=True,
    )
    np.testing.assert_allclose(ssim(first, second), windows[..., 5:-5, 5:-5].mean((1, 2, 3)), atol=1e-6)


def test_ssim_of_one_window_is_its_formula():
    """An image as large as the window: weighted means, variances and covariance by hand."""
    first, second = pair(2, 11, 11, 1)
    weight = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    weight = (weight[:, None] * weight).ravel() / weight.sum() ** 2
    for found, x, y in zip(ssim(first, second), first.reshape(2, -1), second.reshape(2, -1), strict=True):
        mx, my = weight @ x, weight @ y
        vx, vy, cov = weight @ (x - mx) ** 2, weight @ (y - my) ** 2, weight @ ((x - mx) * (y - my))
        expected = (2 * mx * my + 1e-4) * (2 * cov + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))
        assert found == pytest.approx(expected)


def test_ssim_of_small_and_of_equal_images():
    first, second = pair(3, 8, 8, 1)
    assert np.array_equal(ssim(first, second), ssim(first, second, window=7))
    np.testing.assert_allclose(ssim(first, first), 1)
    assert ssim(*pair(1, 1, 1, 1)).shape == (1,)


def test_known_colors_in_lab():
    rgb = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]]
    expected = [
        [53.24, 80.09, 67.20],
        [87.73, -86.18, 83.18],
        [32.30, 79.19, -107.86],
        [100, 0, 0],
        [0, 0, 0],
    ]
    np.testing.assert_allclose(rgb_to_lab(rgb), expected, atol=0.01)


@given(st.floats(0, 1))
@settings(deadline=None)
def test_gray_has_no_color(level):
    np.testing.assert_allclose(rgb_to_lab([level] * 3)[1:], 0, atol=1e-9)


def test_color_difference_of_the_published_pairs():
    assert len(PAIRS) == 34
    first, second, expected = PAIRS[:, :3], PAIRS[:, 3:6], PAIRS[:, 6]
    np.testing.assert_allclose(ciede2000(first, second), expected, atol=6e-5)
    np.testing.assert_allclose(ciede2000(second, first), expected, atol=6e-5)


@given(st.lists(st.floats(-100, 100), min_size=6, max_size=6))
@settings(deadline=None)
def test_color_difference_is_symmetric_and_finite(numbers):
    first, second = np.array(numbers[:3]), np.array(numbers[3:])
    found = ciede2000(first, second)
    assert np.isfinite(found)
    assert found >= 0
    assert found == pytest.approx(ciede2000(second, first), abs=1e-6)
    assert ciede2000(first, first) == 0


def test_what_does_not_fit_is_told():
    for call in (
        lambda: psnr(np.zeros((2, 3)), np.zeros((2, 4))),
        lambda: ssim(np.zeros((2, 8, 8)), np.zeros((2, 8, 8))),
    ):
        with pytest.raises(DataError, match="shape"):
            call()
    with pytest.raises(DataError, match="shape"):
        rgb_to_lab(np.zeros((4, 1)))
    with pytest.raises(DataError, match="shape"):
        ciede2000(np.zeros((4, 3)), np.zeros((3, 3)))
