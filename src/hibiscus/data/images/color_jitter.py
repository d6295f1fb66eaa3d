"""Changes of brightness, contrast, saturation and hue of images; see `BoxAugment` for the formula."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["jitter_colors"]

TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


def jitter_colors(images: Tensor, mean: Tensor, changes: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Images with changed colors, by one matrix and one offset per image, and their new means.

    Args:
        images: floating point (batch, channels, height, width), in [0, 1].
        mean: of the images, (batch, channels).
        changes: relative changes (batch,) of `brightness` and `contrast`, and for RGB images optionally of
            `saturation`, with the rotation of the `hue` in degrees.
    """
    light, contrast = 1 + changes["brightness"], 1 + changes["contrast"]
    gain = (light * contrast)[:, None]
    if "hue" not in changes:
        lift = (light * (1 - contrast) * mean.mean(1))[:, None]
        weight, bias = gain.to(images.dtype)[..., None, None], lift.to(images.dtype)[..., None, None]
        return torch.addcmul(bias, images, weight).clamp_(0, 1), (gain * mean + lift).clamp_(0, 1)
    chroma = _chroma(1 + changes["saturation"], torch.deg2rad(changes["hue"]))  # (batch, 3, 3)
    lift = light * (1 - contrast) * torch.bmm(chroma, mean[:, :, None]).mean((1, 2))
    matrix, lift = gain[..., None] * chroma, lift[:, None, None]
    mean = (torch.bmm(matrix, mean[:, :, None]) + lift).clamp_(0, 1)[..., 0]
    matrix, lift = matrix.to(images.dtype), lift.to(images.dtype)
    return torch.baddbmm(lift, matrix, images.contiguous().flatten(2)).clamp_(0, 1).view(images.shape), mean


def _chroma(stretch: Tensor, angle: Tensor) -> Tensor:
    """The matrices (batch, 3, 3) that scale and rotate the chroma of RGB and preserve the luma."""
    matrix = torch.zeros(len(stretch), 3, 3, device=stretch.device)
    matrix[:, 0, 0] = 1
    matrix[:, 1, 1] = matrix[:, 2, 2] = stretch * angle.cos()
    matrix[:, 2, 1] = stretch * angle.sin()
    matrix[:, 1, 2] = -matrix[:, 2, 1]
    to_yiq = TO_YIQ.to(stretch.device)
    return torch.linalg.inv(to_yiq) @ matrix @ to_yiq
