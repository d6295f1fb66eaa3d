r"""Mutual information between the cluster assignments of two views of the same items."""

from __future__ import annotations

import torch
from torch import Tensor

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import full_precision, not_empty
from hibiscus.sharding import global_rows, sum_over_shards

__all__ = ["invariant_information", "joint_distribution"]

MIN_PROBABILITY = 1e-8  # lower bound that keeps logarithms finite, as in the authors' code


def joint_distribution(first: Tensor, second: Tensor) -> Tensor:
    r"""The joint distribution of the clusters c and d of two views of an item.

        P = (Q + Q^T) / 2,    Q[c, d] = mean over items of  first[item, c] second[item, d]

    Shapes:
        first, second (..., items, clusters), rows that sum to one; returns (..., clusters, clusters), which
        sums to one.

    Raises:
        ConfigError: views of different shapes, or no items.

    Reference: Ji, Henriques, Vedaldi, "Invariant Information Clustering", 2019, arXiv 1807.06653, eq. 2 and
        the text below it.
    """
    if first.shape != second.shape or first.ndim < 2:
        received = f"views of shape {tuple(first.shape)} and {tuple(second.shape)}"
        raise ConfigError(
            received,
            "the same (items, clusters) for both",
            "pass the probabilities of both views of the same items",
        )
    not_empty(first)
    with torch.autocast(first.device.type, enabled=False):
        first, second = full_precision(first), full_precision(second)
        (joint,) = sum_over_shards(first.transpose(-1, -2) @ second)
        joint = joint / global_rows(first.shape[-2])
    return (joint + joint.transpose(-1, -2)) / 2


def invariant_information(first: Tensor, second: Tensor, entropy_weight: float = 1.0) -> Tensor:
    r"""The negative mutual information between the clusters of two views, in nats; the loss of IIC.

        loss = - sum over c, d of  P[c, d] (log P[c, d] - w log P[c] - w log P[d])
        P[c] = sum over d of P[c, d]

    At w = 1 this is -I(c; d), between -log(clusters) and 0: low where both views agree (small conditional
    entropy) and the clusters are of equal size (large entropy), so that neither a single cluster nor random
    assignments minimize it.

    Args:
        first: cluster probabilities of the items.
        second: those of the transformed items.
        entropy_weight: w; values above 1 favor clusters of equal size more strongly.

    Shapes:
        first, second (..., items, clusters); returns (...), one loss for each head, at least float32.

    Raises:
        ConfigError: views of different shapes, or no items.

    Reference: Ji, Henriques, Vedaldi, "Invariant Information Clustering", 2019, arXiv 1807.06653, eq. 3.
    """
    joint = joint_distribution(first, second)
    marginal = (
        joint.sum(-1).clamp_min(MIN_PROBABILITY).log()
    )  # (..., clusters); P is symmetric, so that both marginals are equal
    terms = joint.clamp_min(MIN_PROBABILITY).log() - entropy_weight * (
        marginal.unsqueeze(-1) + marginal.unsqueeze(-2)
    )
    return -(joint * terms).sum((-1, -2))
