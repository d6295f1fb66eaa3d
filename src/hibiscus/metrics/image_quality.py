"""Image quality: peak signal-to-noise ratio, structural similarity and color difference."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hibiscus.errors import DataError

__all__ = ["TO_XYZ", "WHITE", "ciede2000", "psnr", "rgb_to_lab", "ssim"]

Array = NDArray[np.float64]

K1, K2 = 0.01, 0.03  # keep the ratios of SSIM finite in constant regions (Wang et al.)
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ.sum(1)  # D65; computed from the matrix itself, so that the chroma of gray is exactly 0


def psnr(prediction: ArrayLike, target: ArrayLike, peak: float = 1.0, max_psnr: float = math.inf) -> Array:
    r"""The peak signal-to-noise ratio of each image; 10 dB more mean a tenth of the squared error.

        psnr = 10 log10(peak**2 / mean((prediction - target)**2))

    Args:
        prediction: images to assess.
        target: reference images.
        peak: the value of white.
        max_psnr: upper limit in dB, which images without any error get.

    Shapes:
        prediction and target of one shape (items, ...); returns (items,), dB.

    Raises:
        DataError: different shapes, or no images.
    """
    p, t = _checked(prediction, target, 2)
    error = ((p - t) ** 2).reshape(len(p), -1).mean(1)
    with np.errstate(divide="ignore"):
        return np.minimum(10 * np.log10(peak**2 / error), max_psnr)


def ssim(
    prediction: ArrayLike, target: ArrayLike, peak: float = 1.0, window: int = 11, sigma: float = 1.5
) -> Array:
    r"""The structural similarity of each image: luminance, contrast and structure in local windows.

        ssim = mean over windows of  (2 mx my + c1) (2 cov + c2) / ((mx**2 + my**2 + c1) (vx + vy + c2))
        c1 = (0.01 peak)**2,    c2 = (0.03 peak)**2
        m, v, cov: means, variances, covariance under a Gaussian window

    Only windows that lie within the image count. SSIM is computed for each color channel and averaged. In
    images smaller than the window, the window shrinks to the largest odd size that fits.

    Args:
        prediction: images to assess.
        target: reference images.
        peak: the value of white.
        window: side of the window in pixels, odd (Wang et al.: 11).
        sigma: standard deviation of the Gaussian in pixels (Wang et al.: 1.5).

    Shapes:
        prediction and target (items, height, width, channels); returns (items,), at most 1, for equal images.

    Raises:
        DataError: different shapes, other than four axes, or no images.

    Reference: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
    Similarity", IEEE Transactions on Image Processing 13, 2004.
    """
    x, y = _checked(prediction, target, 4)
    side = min(window, *x.shape[1:3])
    offsets = np.arange(side - (side + 1) % 2) - (side - 1) // 2
    taps = np.exp(-((offsets / sigma) ** 2) / 2)
    taps /= taps.sum()
    mx, my, xx, yy, xy = (_blur(values, taps) for values in (x, y, x * x, y * y, x * y))
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    luminance = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
    structure = (2 * (xy - mx * my) + c2) / (xx - mx**2 + yy - my**2 + c2)
    return (luminance * structure).reshape(len(x), -1).mean(1)


def _blur(values: Array, taps: Array) -> Array:
    """Values weighted by a separable window, at all positions where it lies within the image."""
    for axis in (1, 2):
        length = values.shape[axis] - len(taps) + 1
        shifted = [tap * values.take(range(i, i + length), axis) for i, tap in enumerate(taps)]
        shifted = [tap * values.take(range(i, i + length), axis) for i, tap in enumerate(taps)]
        values = sum(shifted)  # type: ignore[assignment]
    return values


def rgb_to_lab(rgb: ArrayLike) -> Array:
    r"""Converts sRGB colors to CIE L*a*b* under D65: lightness, green to red, blue to yellow.

        L = 116 f(Y / Yn) - 16,    a = 500 (f(X / Xn) - f(Y / Yn)),    b = 200 (f(Y / Yn) - f(Z / Zn))
        f(t) = t**(1 / 3) where t > (6 / 29)**3, else t / (3 (6 / 29)**2) + 4 / 29

    X, Y and Z are linear in the intensities that sRGB encodes: `((v + 0.055) / 1.055)**2.4` above 0.04045,
    else `v / 12.92`.

    Args:
        rgb: red, green and blue in [0, 1].

    Shapes:
        rgb (..., 3); returns (..., 3), L in [0, 100], a and b about -128 to 128.

    Raises:
        DataError: the last axis is not 3.

    Reference: IEC 61966-2-1 (sRGB); CIE 15, "Colorimetry".
    """
    v = np.asarray(rgb, np.float64)
    if v.shape[-1:] != (3,):
        raise DataError(
            f"colors of shape {v.shape}",
            "(..., 3): red, green, blue",
            "convert grayscale images to three channels first",
        )
    light = np.where(v > 0.04045, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4, v / 12.92)
    t = light @ TO_XYZ.T / WHITE
    edge = 6 / 29
    f = np.where(t > edge**3, np.cbrt(t), t / (3 * edge**2) + 4 / 29)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    )


def ciede2000(first: ArrayLike, second: ArrayLike) -> Array:
    r"""The perceived difference of two colors (CIEDE2000): about 1 is just noticeable, 10 is obvious.

        dE = sqrt((dL / SL)**2 + (dC / SC)**2 + (dH / SH)**2 + RT (dC / SC) (dH / SH))

    dL, dC and dH are the differences of lightness, chroma and hue, SL, SC and SH their weights, and RT
    rotates the axes in the blue region.

    Args:
        first: L, a, b.
        second: L, a, b.

    Shapes:
        first and second (..., 3); returns (...), in [0, inf).

    Raises:
        DataError: different shapes, or the last axis is not 3.

    Reference: Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary
    Test Data, and Mathematical Observations", Color Research and Application 30, 2005; CIE 142-2001.
    """
    first_lab, second_lab = (np.asarray(colors, np.float64) for colors in (first, second))
    if first_lab.shape != second_lab.shape or first_lab.shape[-1:] != (3,):
        raise DataError(
            f"colors of shape {first_lab.shape} and {second_lab.shape}",
            "the same shape (..., 3)",
            "give L, a and b of each color",
        )
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(first_lab, -1, 0), np.moveaxis(second_lab, -1, 0)
    stretch = 1.5 - 0.5 * _blueness((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)  # scales a at low chroma
    (c1, h1), (c2, h2) = (
        (np.hypot(stretch * a, b), np.degrees(np.arctan2(b, stretch * a)) % 360)
        for a, b in ((a1, b1), (a2, b2))
    )
    gray = c1 * c2 == 0  # one of the colors has no hue
    turn = np.where(gray, 0, (h2 - h1 + 180) % 360 - 180)  # the shorter arc
    turn = np.where((turn == -180) & (h2 > h1), 180, turn)
    hue = np.where(
        gray, h1 + h2, (h1 + h2) / 2 + np.where(np.abs(h1 - h2) > 180, np.where(h1 + h2 < 360, 180, -180), 0)
    )
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    wave = lambda factor, shift: np.cos(np.radians(factor * hue + shift))  # noqa: E731
    t = 1 - 0.17 * wave(1, -30) + 0.24 * wave(2, 0) + 0.32 * wave(3, 6) - 0.20 * wave(4, -63)
    dl = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    rotation = -2 * _blueness(chroma) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0))


def _blueness(chroma: Array) -> Array:
    """The term of CIEDE2000 that rises from 0 to 1 around a chroma of 25."""
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _checked(prediction: ArrayLike, target: ArrayLike, axes: int) -> tuple[Array, Array]:
    p, t = (np.asarray(values, np.float64) for values in (prediction, target))
    if p.shape != t.shape or p.ndim < axes or p.size == 0 or (axes == 4 and p.ndim != 4):
        expected = "the same shape (items, height, width, channels) for both, with at least one image"
        raise DataError(
            f"images of shape {p.shape} and {t.shape}",
            expected,
            "resize both to the same size, channels last",
        )
    return p, t
