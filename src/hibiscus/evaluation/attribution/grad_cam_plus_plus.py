r"""Grad-CAM++: as Grad-CAM, with weights that also show several objects of the class, or large ones whole.

    g_k = dscore / dA_k,    alpha_k = g_k^2 / (2 g_k^2 + (sum over positions of A_k) g_k^3)
    weight_k = sum over positions of  alpha_k relu(g_k),    map = relu(sum over k of  weight_k A_k)

These are the paper's weights for the score `exp(logit)`: its derivatives are `exp(logit)` times the powers of
`g_k`, if second derivatives of the network vanish, as those of ReLU networks do. The common factor
`exp(logit)` is left out; it would overflow and does not change the map but for its scale.

Reference: Chattopadhyay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks",
    2018, arXiv 1710.11063.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hibiscus.evaluation.attribution.map_gradient import Score, map_gradient

__all__ = ["class_activation_plus_plus", "grad_cam_plus_plus"]


def grad_cam_plus_plus(score: Score, layer: nn.Module, images: Tensor, local: bool = False) -> Tensor:
    """The Grad-CAM++ map of each image; arguments, result and errors are those of `grad_cam`."""
    return class_activation_plus_plus(*map_gradient(score, layer, images), local)


def class_activation_plus_plus(maps: Tensor, gradient: Tensor, local: bool = False) -> Tensor:
    """The Grad-CAM++ map; arguments and result are those of `class_activation`."""
    denominator = 2 * gradient**2 + maps.sum((2, 3), keepdim=True) * gradient**3
    alpha = torch.where(denominator != 0, gradient**2 / denominator.where(denominator != 0, 1.0), 0.0)
    weights = alpha * gradient.relu()
    if not local:
        weights = weights.sum((2, 3), keepdim=True)
    return (weights * maps).sum(1).relu()
