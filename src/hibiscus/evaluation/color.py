r"""Conversion of image tensors between sRGB and CIE L*a*b* (D65), and the colorization baseline.

    L = 116 f(Y / Yn) - 16,    a = 500 (f(X / Xn) - f(Y / Yn)),    b = 200 (f(Y / Yn) - f(Z / Zn))

L alone is the grayscale image; a and b are its chroma, which is 0 for gray. The formulas are those of
`hibiscus.metrics.image_quality.rgb_to_lab`.

Reference: IEC 61966-2-1 (sRGB); CIE 15, "Colorimetry".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.image_quality import BaselineFn
from hibiscus.metrics.image_quality import TO_XYZ, WHITE

__all__ = ["color_baselines", "lab_to_rgb", "mean_chroma", "rgb_to_lab"]

EDGE = 6 / 29
MAX_TRAIN_VALUES, VALUES_AT_ONCE = (
    2**24,
    2**21,
)  # pixel values sampled from the training images, and processed at a time


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Converts images in [0, 1] `(batch, 3, height, width)` to L in [0, 100], a and b, in the same shape."""
    v = rgb.float()
    light = torch.where(v > 0.04045, ((v.clamp(min=0) + 0.055) / 1.055) ** 2.4, v / 12.92)
    t = torch.einsum(
        "ij,bjhw->bihw", torch.tensor(TO_XYZ / WHITE[:, None], dtype=torch.float32, device=v.device), light
    )
    f = torch.where(t > EDGE**3, t.clamp(min=1e-9) ** (1 / 3), t / (3 * EDGE**2) + 4 / 29)
    x, y, z = f.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Converts L, a and b `(batch, 3, height, width)` to images in [0, 1]; out-of-gamut colors are
    clipped.
    """
    lightness, a, b = lab.float().unbind(1)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=1)
    t = torch.where(f > EDGE, f**3, 3 * EDGE**2 * (f - 4 / 29))
    to_rgb = torch.tensor(TO_XYZ / WHITE[:, None], dtype=torch.float64).inverse().float().to(t.device)
    light = torch.einsum("ij,bjhw->bihw", to_rgb, t).clamp(0, 1)
    return torch.where(
        light > 0.0031308, 1.055 * light.clamp(min=1e-9) ** (1 / 2.4) - 0.055, 12.92 * light
    ).clamp(0, 1)


def mean_chroma(data: PreparedData) -> Tensor:
    """The mean a and b for each lightness from 0 to 100 in the training part, `(101, 2)`.

    For a lightness that does not occur it is the mean over all pixels.
    """
    values = math.prod(data.preparation["image"].shape)
    rows, step = data.subsample("train", max(1, MAX_TRAIN_VALUES // values)), max(1, VALUES_AT_ONCE // values)
    pixels = data.rows("image", "train")
    total, count = torch.zeros(101, 2, dtype=torch.float64), torch.zeros(101, 1, dtype=torch.float64)
    for start in range(0, len(rows), step):
        lab = (
            rgb_to_lab((data.images(pixels[rows[start : start + step]]) + 1) / 2)
            .movedim(1, 3)
            .reshape(-1, 3)
            .cpu()
            .double()
        )
        level = lab[:, 0].round().clamp(0, 100).long()
        total.index_add_(0, level, lab[:, 1:])
        count.index_add_(0, level, torch.ones(len(lab), 1, dtype=torch.float64))
    return torch.where(count > 0, total / count.clamp(min=1), total.sum(0) / count.sum()).float()


def color_baselines(data: PreparedData) -> dict[str, BaselineFn]:
    """Baselines, gray and the mean color of each lightness: they map lightness `(batch, 1, h, w)` to
    images.
    """
    table = mean_chroma(data)

    def gray(inputs: Tensor, x: Tensor) -> Tensor:
        return lab_to_rgb(torch.cat([inputs, torch.zeros_like(inputs), torch.zeros_like(inputs)], dim=1))

    def mean_color(inputs: Tensor, x: Tensor) -> Tensor:
        chroma = table.to(inputs.device)[inputs[:, 0].round().clamp(0, 100).long()].movedim(3, 1)
        return lab_to_rgb(torch.cat([inputs, chroma], dim=1))

    return {"grayscale input": gray, "mean color of each lightness": mean_color}
