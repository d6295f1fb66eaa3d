"""Which network of a trained method is explained, and by which scores.

A method of another package may define `explained(self, data) -> Explained`, which precedes the table here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from hibiscus.data.preparation import LabelNumbering
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import UsageError
from hibiscus.evaluation.attribution.scores import (
    ClassScores,
    DetectionScores,
    Explained,
    PixelScores,
    ValueScores,
)
from hibiscus.losses import prototype_logits
from hibiscus.training.ema import ema_or
from hibiscus.training.method import Method

__all__ = ["explained"]


def explained(method: Method, data: PreparedData) -> Explained:
    """The network of a method that is explained, with its scores.

    Args:
        method: with trained weights.
        data: the inputs; with the support set of a few-shot method.

    Raises:
        UsageError: nothing about the method can be explained.
    """
    build: Callable[..., Explained] | None = getattr(method, "explained", None)
    if build is not None:
        return build(data)
    if method.name not in EXPLAINED:
        received = f"{method.name} has no network whose scores or layers can be explained"
        expected = f"a run of {', '.join(sorted(EXPLAINED))}"
        raise UsageError(received, expected, "hibiscus list")
    return EXPLAINED[method.name](method, data)


def _classifier(method: Any, data: PreparedData) -> Explained:
    return Explained(ema_or(method.nets, "network"), ClassScores(method.classes, method.several))


def _regressor(method: Any, data: PreparedData) -> Explained:
    target = method.preparation["target"]
    return Explained(ema_or(method.nets, "network"), ValueScores(target.names, target.decode))


def _detector(method: Any, data: PreparedData) -> Explained:
    return Explained(ema_or(method.nets, "network"), DetectionScores(method.classes, method.score_threshold))


def _segmentation(method: Any, data: PreparedData) -> Explained:
    return Explained(ema_or(method.nets, "network"), PixelScores(method.classes))


def _clusters(method: Any, data: PreparedData) -> Explained:
    """The main head that is used for predictions."""
    count, head = method.config.num_clusters, method.best_head
    names = [f"cluster {number}" for number in range(count)]
    logits = ClassScores(names, logits=lambda outputs: outputs[:, head * count : (head + 1) * count])
    return Explained(method.network, logits)


def _prototypes(method: Any, data: PreparedData) -> Explained:
    """The logits of the classes of a support set; without one, only the layers can be shown."""
    support = data.training
    if support is None:
        return Explained(method.embedder)
    names = LabelNumbering.names_of(support.dataset.fields["label"])
    label = torch.from_numpy(support.values("label", "train"))
    with torch.no_grad():
        examples = torch.from_numpy(method.embed(support, "train"))
    prototypes = torch.stack([examples[label == number].mean(0) for number in range(len(names))])

    def logits(embedding: Tensor) -> Tensor:
        return prototype_logits(embedding, prototypes.to(embedding.device), method.config.distance)

    return Explained(method.embedder, ClassScores(names, logits=logits))


def _encoder(method: Any, data: PreparedData) -> Explained:
    """The encoder, which has no scores."""
    return Explained(method.nets["encoder"])


def _discriminator(method: Any, data: PreparedData) -> Explained:
    """The logit of an image being real."""
    return Explained(method.nets["discriminator"], ClassScores(["generated", "real"]))


EXPLAINED: dict[str, Callable[[Any, PreparedData], Explained]] = {
    "classify": _classifier,
    "regress": _regressor,
    "ssd": _detector,
    "unet": _segmentation,
    "fcn": _segmentation,
    "pspnet": _segmentation,
    "iic": _clusters,
    "protonet": _prototypes,
    "autoencoder": _encoder,
    "vae": _encoder,
    "beta-vae": _encoder,
    "dcgan": _discriminator,
}
