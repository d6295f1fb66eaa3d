"""Features of images from a network with published weights, in which sets of images are compared.

The features are the means over positions of the network's last map, of images that are resized to 160 x 160
pixels with an antialiasing filter, whatever their size, as the FID resizes them for Inception; a grayscale
image is repeated in each channel. The network has been trained on photos of ImageNet, so distances tell more
about photos than about drawings or digits. They are comparable between runs on the same data, and not with
the FID, whose features are Inception's.

Reference: Heusel et al., "GANs trained by a two time-scale update rule", 2017, arXiv 1706.08500 (FID); Tan
    and Le, "EfficientNet", 2019, arXiv 1905.11946.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hibiscus.data.lazy_rows import Rows
from hibiscus.errors import ConfigError
from hibiscus.networks.backbone import build_backbone
from hibiscus.networks.input_scaling import scale_inputs
from hibiscus.networks.loading import load_base
from hibiscus.training.pretrained import PRETRAINED, load_pretrained
from hibiscus.training.random_state import preserved_random_state

__all__ = ["SIDE", "check_pretrained", "is_pretrained", "pretrained_features"]

SIDE = 160  # pixels to which every image is resized
BATCH_SIZE = 32


def is_pretrained(features: str) -> bool:
    """Whether the value of `metric_features` is the name of a network with published weights."""
    return features in PRETRAINED


def check_pretrained(name: str, channels: int) -> None:
    """Checks before training that the features can be computed afterwards.

    Raises:
        MissingExtraError: the package with the weights is not installed.
        DataError: its file is not the published one.
        ConfigError: images that are neither grayscale nor RGB.
    """
    if channels not in (1, 3):
        raise ConfigError(
            f"metric_features={name} for images with {channels} channels",
            "1 or 3 channels",
            "channels=3, or leave metric_features out",
        )
    load_pretrained(name)


def pretrained_features(name: str, pixels: Rows) -> np.ndarray:
    """Features float32 `(items, values)` of images uint8 `(items, height, width, channels)`, in float32 on
    the CPU, so that they do not depend on the machine's other processors.

    Args:
        name: of the network: `efficientnet-lite0` has 1,280 values.
        pixels: the images, with 1 or 3 channels.
    """
    network, batches = _network(name), []
    for start in range(0, len(pixels), BATCH_SIZE):
        images = torch.from_numpy(np.ascontiguousarray(pixels[start : start + BATCH_SIZE]))
        images = images.permute(0, 3, 1, 2).float() / 255
        resized = functional.interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True)
        with torch.inference_mode():
            batches.append(network(resized.expand(-1, 3, -1, -1))[-1].mean((2, 3)).numpy())
    return np.concatenate(batches)


@functools.cache
def _network(name: str) -> nn.Module:
    """The network up to its last map, for pixels in [0, 1]."""
    with torch.inference_mode(False), preserved_random_state(0):
        network = build_backbone(name, (3, SIDE, SIDE), strides=None)
        load_base(network, load_pretrained(name), name)
        scale_inputs(network, (0.0,) * 3, (1.0,) * 3)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
