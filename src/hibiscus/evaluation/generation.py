"""Evaluation of generative image models: sample quality, classes found, copies of training images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hibiscus.data.lazy_rows import LazyRows, Rows
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.conditional_accuracy import conditional_accuracy, conditional_accuracy_table
from hibiscus.evaluation.external_features import external_distances
from hibiscus.evaluation.feature_network import FeatureNetwork, feature_network
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.evaluation.sample_quality import (
    BASELINES,
    compared_count,
    sample_metrics,
    sample_quality_table,
)
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.precision_recall import diversity
from hibiscus.training.method import Evaluation

__all__ = ["Sampler", "evaluate_generator", "validate_generator"]

SAMPLES, NEAREST = 64, 12  # samples in the galleries
TRAIN_IMAGES = 20_000  # training images among which copies are sought
MIN_RELATIVE_SHARE = 0.2  # a class is found if its fraction is at least this multiple of the true one

Sampler = Callable[
    [int], dict[str, Any]
]  # `image` and, for a conditional model, `condition`, the class numbers


def validate_generator(sample: Sampler, data: PreparedData, part: str) -> dict[str, float]:
    """The Fréchet distance to a part, and metrics that reveal mode collapse.

    The distance stands beside `frechet_floor`, that of equally many training images to the part, and
    `frechet_items`, their number. The other metrics are the diversity of the samples and, for labeled data,
    `classes_found`, the number of classes among the samples; for a conditional model also the conditional
    accuracy. All use the data's own feature network.
    """
    real = _images(data, part, _count(data, part))
    network, samples = feature_network(data), sample(len(real))
    features, probabilities = network.outputs(data, samples["image"])
    real_features, predicted = network.features(data, real), probabilities.argmax(1)
    metrics = {
        "frechet": frechet_distance(features, real_features),
        "frechet_floor": _floor(network, data, part, real_features),
        "frechet_items": float(len(real)),
        "diversity": diversity(real_features, features),
    }
    if _labeled(network, data, part):
        fractions = _class_fractions(network, predicted)
        expected = _class_fractions(network, _labels(data, part, len(real)))
        metrics["classes_found"] = float(_found(fractions, expected).sum())
    return {**metrics, **_conditional_metrics(predicted, samples.get("condition"))}


def evaluate_generator(sample: Sampler, data: PreparedData, part: str, features: str = "own") -> Evaluation:
    """Sample quality compared with training images and baselines; classes, samples and nearest images.

    Args:
        sample: generates images.
        data: with the part and the training part.
        part: its name.
        features: `own`; with `inception` or a file, distances in that feature space are added.
    """
    network, real = feature_network(data), _images(data, part, _count(data, part))
    samples = sample(len(real))
    pixels, conditions = samples["image"], samples.get("condition")
    train = _images(data, "train", TRAIN_IMAGES)
    rows = evenly_spaced(len(train), len(real))
    real_features, real_probabilities = network.outputs(data, real)
    train_features = network.features(data, train)

    def compute_metrics(images: Rows) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
        image_features, probabilities = network.outputs(data, images)
        quality = sample_metrics(image_features, real_features, train_features)
        metrics = {**quality, **_conditional_metrics(probabilities.argmax(1), conditions)}
        return metrics, image_features, probabilities

    floor = sample_metrics(train_features[rows], real_features, train_features)
    metrics, fake_features, probabilities = compute_metrics(pixels)
    metrics |= {"frechet_floor": floor["frechet"], "frechet_items": float(len(real))}
    if features != "own":
        metrics |= external_distances(features, pixels, real, LazyRows(train.__getitem__, rows))
    baselines = {name: compute_metrics(draw(train, len(real)))[0] for name, draw in BASELINES.items()}
    captions = () if conditions is None else [network.classes[number] for number in conditions[:SAMPLES]]
    report_items: list[Gallery | Table] = [
        Gallery("Samples", list(pixels[:SAMPLES]), captions, "Random samples, not selected."),
        sample_quality_table(metrics, floor, baselines, len(real)),
        _nearest_images(pixels, fake_features, train, train_features),
    ]
    if _labeled(network, data, part):
        labels, real_predicted = _labels(data, part, len(real)), real_probabilities.argmax(1)
        class_metrics, table = _classes_found(network, probabilities, real_predicted, labels)
        metrics |= class_metrics
        report_items.append(table)
        if conditions is not None:
            columns = {
                "generated images": (probabilities.argmax(1), conditions),
                "real images": (real_predicted, labels),
            }
            report_items.append(conditional_accuracy_table(network.classes, columns))
    return Evaluation(metrics, baselines, report_items)


def _count(data: PreparedData, part: str) -> int:
    """How many images of a part are compared, the same for the validation and the test part of a run."""
    sizes = (len(items) for owner in (data.owner("train"), data) for items in owner.parts.values())
    return compared_count(len(data.owner(part).parts[part]), sizes)


def _floor(network: FeatureNetwork, data: PreparedData, part: str, real_features: np.ndarray) -> float:
    """The Fréchet distance of equally many training images to the real images of a part, computed once."""
    key = f"{data.dataset.fingerprint}/{part}/{len(real_features)}"
    if key not in network.floors:
        train_features = network.features(data, _images(data, "train", len(real_features)))
        network.floors[key] = frechet_distance(train_features, real_features)
    return network.floors[key]


def _labeled(network: FeatureNetwork, data: PreparedData, part: str) -> bool:
    """Whether classes can be compared: the network predicts them, and the items of the part have labels."""
    return bool(network.classes) and "label" in data.owner(part).arrays


def _labels(data: PreparedData, part: str, count: int) -> np.ndarray:
    return data.values("label", part)[data.subsample(part, count)]


def _images(data: PreparedData, part: str, count: int) -> LazyRows:
    return LazyRows(data.rows("image", part).__getitem__, data.subsample(part, count))


def _nearest_images(
    pixels: np.ndarray, features: np.ndarray, train: Rows, train_features: np.ndarray
) -> Gallery:
    """Samples, each followed by its nearest training image in feature space."""
    distance = ((features[:NEAREST, None] - train_features[None]) ** 2).sum(2)
    images = [
        image for index, nearest in enumerate(distance.argmin(1)) for image in (pixels[index], train[nearest])
    ]
    captions = ["sample", "nearest"] * len(distance)
    note = (
        f"Among {len(train):,} training images. If samples equal them, the generator copies the "
        "training images instead of learning their distribution."
    )
    return Gallery("Samples and their nearest training images", images, captions, note, group=2)


def _class_fractions(network: FeatureNetwork, labels: np.ndarray) -> np.ndarray:
    """The fraction of each class among the class numbers."""
    return np.bincount(labels, minlength=len(network.classes)) / len(labels)


def _found(fractions: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Which classes are found, given the fraction of each class among the samples and among real images."""
    return (fractions > 0) & (fractions >= MIN_RELATIVE_SHARE * expected)


def _classes_found(
    network: FeatureNetwork, probabilities: np.ndarray, real_predicted: np.ndarray, labels: np.ndarray
) -> tuple[dict[str, float], Table]:
    fractions = _class_fractions(network, probabilities.argmax(1))
    expected = _class_fractions(network, labels)
    metrics = {
        "classes_found": float(_found(fractions, expected).sum()),
        "min_class_share": float(fractions.min()),
        "classifier_accuracy": float((real_predicted == labels).mean()),
        "classifier_confidence": float(probabilities.max(1).mean()),
    }
    rows = [[name, float(fractions[i]), float(expected[i])] for i, name in enumerate(network.classes)]
    note = (
        f"As predicted by a classifier whose accuracy on real images is {metrics['classifier_accuracy']:.1%}."
    )
    return metrics, Table("Classes among the samples", ["class", "samples", "real images"], rows, note)


def _conditional_metrics(predicted: np.ndarray, conditions: np.ndarray | None) -> dict[str, float]:
    """The conditional accuracy; empty for a model without conditions."""
    return {} if conditions is None else {"conditional_accuracy": conditional_accuracy(predicted, conditions)}
