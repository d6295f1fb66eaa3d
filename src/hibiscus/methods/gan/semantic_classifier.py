r"""A classifier that is trained before a GAN and then stays as it is, and the semantic loss computed with it.

    classifier_loss = - mean log p(label | x)
    semantic_loss   = - mean log p(argmax_c p(c | x) | translated x),    p = softmax(classifier(x))

The semantic loss is low if the classifier predicts the same class before and after the translation. It takes
predictions for the classes of the originals, not labels: the classifier learns from the labels of domain a
alone, and is right only about images of domain b that look similar.

Reference: Hoffman, Tzeng, Park, Zhu, Isola, Saenko, Efros, Darrell, "CyCADA: Cycle-Consistent Adversarial
Domain Adaptation", 2017, arXiv 1711.03213.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hibiscus.data.batch import Batch
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.errors import ConfigError, DataError
from hibiscus.losses import cross_entropy
from hibiscus.networks.stackedgan import Encoder
from hibiscus.training.player import Stage

__all__ = [
    "build",
    "check_classes",
    "classifier_accuracy",
    "classifier_loss",
    "classifier_stage",
    "domain_accuracy",
    "semantic_loss",
]

FEATURES = 256


def check_classes(config: Any, preparation: Preparation) -> None:
    """Raises ConfigError if there is a semantic loss, but no classes of the images besides their domains."""
    fields = preparation.fields
    if not config.semantic_weight:
        return
    if "label" not in fields or set(fields["label"].names) == set(fields["domain"].names):
        raise ConfigError(
            "semantic_weight: the images have no classes",
            "the same classes in both domains (the classifier learns from those of the first alone)",
            "photos/ target_domain=paintings/, each with a folder for each class, or semantic_weight=0",
        )


def build(preparation: Preparation) -> Encoder:
    """The classifier of the images' classes."""
    return Encoder(preparation["image"].shape, FEATURES, len(preparation["label"].names))


def classifier_stage(classifier: Encoder, config: Any, data: PreparedData) -> Stage:
    """The stage in which the classifier learns from the labeled images of domain a.

    Raises:
        DataError: they have fewer than two classes.
    """
    items = data.of_domain("train", 0)
    if len(np.unique(data.arrays["label"][items])) < 2:
        domain = data.preparation["domain"].names[0]
        raise DataError(
            f"{data.dataset.path}: all training images of {domain} have the same class",
            "at least two classes for semantic_weight",
            "more classes in the first domain, or semantic_weight=0",
        )
    source = data.source("train", config.batch_size, config.seed, items=items)
    player = config.player("classifier", classifier, partial(classifier_loss, classifier))
    return Stage([player], config.semantic_epochs, source)


def domain_accuracy(classifier: Encoder, data: PreparedData, part: str) -> dict[str, float]:
    """The accuracy of the classifier on the images of domain a in a part."""
    return {"classifier_accuracy": classifier_accuracy(classifier, data, data.of_domain(part, 0))}


def classifier_loss(classifier: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy of the classes, and the accuracy."""
    logits = classifier(batch.image).float()
    accuracy = (logits.argmax(1) == batch.label).float().mean()
    return cross_entropy(logits, batch.label), {"accuracy": accuracy}


@torch.no_grad()
def classifier_accuracy(classifier: nn.Module, data: PreparedData, items: np.ndarray) -> float:
    """The fraction of images that the classifier classifies correctly.

    Args:
        classifier: maps images to logits.
        data: the prepared data.
        items: indices into the whole dataset.
    """
    correct = []
    for start in range(0, len(items), 256):
        chosen = items[start : start + 256]
        predicted = classifier(data.images(data.arrays["image"][chosen])).argmax(1).cpu().numpy()
        correct.append(predicted == data.arrays["label"][chosen])
    return float(np.concatenate(correct).mean())


def semantic_loss(classifier: nn.Module, *translations: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy of the predictions for translated images from the classes predicted for the originals.

    Args:
        classifier: maps images to logits (batch, classes).
        translations: pairs of images (batch, channels, height, width) before and after a translation; the
            gradient flows through the images after it only. The losses of the pairs are added.

    Returns:
        A scalar in [0, inf), nats.
    """
    with torch.no_grad():
        predicted = [classifier(original).argmax(1) for original, _ in translations]
    logits = [classifier(translated).float() for _, translated in translations]
    return torch.stack([cross_entropy(*pair) for pair in zip(logits, predicted, strict=True)]).sum()
