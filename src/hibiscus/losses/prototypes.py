r"""Classification by the nearest prototype: the mean embedding of the few examples of a class."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hibiscus.errors import ConfigError
from hibiscus.losses._validation import full_precision

__all__ = ["prototype_logits"]


def prototype_logits(
    query: Tensor, prototypes: Tensor, distance: str = "euclidean", scale: float = 10.0
) -> Tensor:
    r"""Logits of each query for each class by the distance of its embedding to the prototype of the class.

        euclidean: logits = -|query - prototype|^2;    cosine: logits = scale cos(query, prototype)

    Their softmax gives the probabilities; the cross-entropy against the class of the query is the loss of
    prototypical networks.

    Args:
        query: embeddings to be classified.
        prototypes: mean embedding of the support set of each class.
        distance: `euclidean` (squared, as in the paper: a Bregman divergence, for which the mean is the best
            prototype) or `cosine`.
        scale: cosine only: inverse temperature; the softmax of cosines in [-1, 1] would be too flat.

    Shapes:
        query (queries, dims), prototypes (classes, dims); returns (queries, classes), at least float32.

    Raises:
        ConfigError: an unknown distance, or embeddings of different dimensions.

    Reference: Snell, Swersky, Zemel, "Prototypical Networks for Few-shot Learning", 2017, arXiv 1703.05175,
        eq. 1 and 2.
    """
    if query.shape[-1] != prototypes.shape[-1]:
        received = (
            f"queries of dimension {query.shape[-1]} and prototypes of dimension {prototypes.shape[-1]}"
        )
        raise ConfigError(
            received, "embeddings of one network", "embed support and query sets with the same network"
        )
    query, prototypes = full_precision(query), full_precision(prototypes)
    with torch.autocast(
        query.device.type, enabled=False
    ):  # a difference of large squares, for which bfloat16 is too imprecise
        if distance == "euclidean":
            square = query.square().sum(1, keepdim=True) + prototypes.square().sum(1)
            return 2 * query @ prototypes.T - square
        if distance == "cosine":
            return scale * functional.normalize(query, dim=1) @ functional.normalize(prototypes, dim=1).T
    raise ConfigError(f"distance={distance}", "euclidean or cosine", "distance=euclidean")
