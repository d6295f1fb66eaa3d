r"""Images between sRGB and CIE L*a*b* (D65) as tensors: what an image's lightness is, and its colour apart from it.

    L = 116 f(Y / Yn) - 16,    a = 500 (f(X / Xn) - f(Y / Yn)),    b = 200 (f(Y / Yn) - f(Z / Zn))

L alone is the image in grey; a and b are its chroma, 0 for grey. The formulas are those of `hibiscus.metrics.image_quality.rgb_to_lab`.

Reference: IEC 61966-2-1 (sRGB); CIE 15, "Colorimetry".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.image_quality import Maker
from hibiscus.metrics.image_quality import TO_XYZ, WHITE

__all__ = ["color_rivals", "lab_to_rgb", "mean_chroma", "rgb_to_lab"]

EDGE = 6 / 29
TRAIN_VALUES, AT_ONCE = 2**24, 2**21  # of training images for the rival, and in memory at once


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Images in [0, 1] `(batch, 3, height, width)` as L in [0, 100], a and b, of the same shape."""
    v = rgb.float()
    light = torch.where(v > 0.04045, ((v.clamp(min=0) + 0.055) / 1.055) ** 2.4, v / 12.92)
    t = torch.einsum("ij,bjhw->bihw", torch.tensor(TO_XYZ / WHITE[:, None], dtype=torch.float32, device=v.device), light)
    f = torch.where(t > EDGE**3, t.clamp(min=1e-9) ** (1 / 3), t / (3 * EDGE**2) + 4 / 29)
    x, y, z = f.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """L, a and b `(batch, 3, height, width)` as images in [0, 1]; colours that no screen shows are cut off."""
    lightness, a, b = lab.float().unbind(1)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=1)
    t = torch.where(f > EDGE, f**3, 3 * EDGE**2 * (f - 4 / 29))
    back = torch.tensor(TO_XYZ / WHITE[:, None], dtype=torch.float64).inverse().float().to(t.device)
    light = torch.einsum("ij,bjhw->bihw", back, t).clamp(0, 1)
    return torch.where(light > 0.0031308, 1.055 * light.clamp(min=1e-9) ** (1 / 2.4) - 0.055, 12.92 * light).clamp(0, 1)


def mean_chroma(data: PreparedData) -> Tensor:
    """The mean a and b of each lightness from 0 to 100 over the training part, `(101, 2)`; that of all pixels where none has it."""
    one = math.prod(data.preparation["image"].shape)
    rows, step = data.subsample("train", max(1, TRAIN_VALUES // one)), max(1, AT_ONCE // one)
    pixels = data.values("image", "train")
    total, count = torch.zeros(101, 2, dtype=torch.float64), torch.zeros(101, 1, dtype=torch.float64)
    for start in range(0, len(rows), step):
        lab = rgb_to_lab((data.images(pixels[rows[start : start + step]]) + 1) / 2).movedim(1, 3).reshape(-1, 3).cpu().double()
        level = lab[:, 0].round().clamp(0, 100).long()
        total.index_add_(0, level, lab[:, 1:])
        count.index_add_(0, level, torch.ones(len(lab), 1, dtype=torch.float64))
    return torch.where(count > 0, total / count.clamp(min=1), total.sum(0) / count.sum()).float()


def color_rivals(data: PreparedData) -> dict[str, Maker]:
    """From lightness `(batch, 1, height, width)` to colour without a network: none, and the mean colour of each lightness."""
    table = mean_chroma(data)

    def gray(given: Tensor, x: Tensor) -> Tensor:
        return lab_to_rgb(torch.cat([given, torch.zeros_like(given), torch.zeros_like(given)], dim=1))

    def usual(given: Tensor, x: Tensor) -> Tensor:
        chroma = table.to(given.device)[given[:, 0].round().clamp(0, 100).long()].movedim(3, 1)
        return lab_to_rgb(torch.cat([given, chroma], dim=1))

    return {"grey input": gray, "mean colour of each lightness": usual}
