"""What the report shows of a method that makes images: how far they are from real ones, what they show, what they copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.external_features import given_distances
from hibiscus.evaluation.feature_network import FeatureNetwork, get_feature_network
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.evaluation.sample_quality import BASELINES, compared, nearness_table
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.precision_recall import diversity
from hibiscus.training.method import Evaluation

__all__ = ["Sampler", "evaluate_generator", "validate_generator"]

MEASURED, EXAMINED = 1000, 5000  # images made for a measure after each epoch, and for the final one
SHOWN, COMPARED = 64, 12
KNOWN = 20_000  # training images that copies are looked for among
FOUND = 0.2  # share of its fair one that a class must have to count as found

Sampler = Callable[[int], dict[str, Any]]  # `image`, and `asked`, class numbers, where it was told what each image shall show


def validate_generator(sample: Sampler, data: PreparedData, part: str) -> dict[str, float]:
    """The Fréchet distance between made images and a part, as many of each, and what tells of a collapse: their diversity and `classes_found`.

    All are in the features of the data's own judge. `classes_found` is the number of classes that the judge finds among the samples, where
    there are labels. Where the sampler was told what to make, also how often the judge reads that.
    """
    real = _some(data, part, MEASURED)
    judge, made = get_feature_network(data), sample(len(real))
    features, read = judge.look(data, made["image"])
    truth, _ = judge.look(data, real)
    metrics = {"frechet": frechet_distance(features, truth), "diversity": diversity(truth, features)}
    if judge.classes:
        metrics["classes_found"] = float(_found(_shares(judge, read.argmax(1)), _shares(judge, _labels(data, part, len(real)))).sum())
    return {**metrics, **_agreement(read, made.get("asked"))}


def evaluate_generator(sample: Sampler, data: PreparedData, part: str, features: str = "own") -> Evaluation:
    """How near made images are to a part, beside training images (the floor) and rivals; classes; samples, and what they copy.

    Args:
        sample: makes images.
        data: with the part and the training part.
        part: which.
        features: `own`; `inception` or the file of a network: distances are told in its features too.
    """
    judge, real = get_feature_network(data), _some(data, part, EXAMINED)
    made = sample(len(real))
    pixels, asked = made["image"], made.get("asked")
    seen, read = judge.look(data, pixels)
    truth, true_read = judge.look(data, real)
    train = _some(data, "train", KNOWN)
    known, _ = judge.look(data, train)
    floor = compared(known[evenly_spaced(len(known), len(real))], truth, known)
    metrics = {**compared(seen, truth, known), "frechet_floor": floor["frechet"], **_agreement(read, asked)}
    if features != "own":
        metrics |= given_distances(features, pixels, real, train[evenly_spaced(len(train), len(real))])
    baselines = {}
    for name, images in BASELINES.items():
        its_seen, its_read = judge.look(data, images(train, len(real)))
        baselines[name] = {**compared(its_seen, truth, known), **_agreement(its_read, asked)}
    captions = () if asked is None else [judge.classes[number] for number in asked[:SHOWN]]
    report_items: list[Gallery | Table] = [
        Gallery("Samples", list(pixels[:SHOWN]), captions, "Drawn one after another, not chosen."),
        nearness_table(metrics, floor),
        _nearest(pixels, seen, train, known),
    ]
    if judge.classes:
        label = _labels(data, part, len(real))
        counted, table = _classes(judge, read, true_read, label)
        metrics |= counted
        report_items += [table] if asked is None else [table, _obedience(judge, asked, read, label, true_read)]
    return Evaluation(metrics, baselines, report_items)


def _labels(data: PreparedData, part: str, count: int) -> np.ndarray:
    return data.values("label", part)[data.subsample(part, count)]


def _some(data: PreparedData, part: str, most: int) -> np.ndarray:
    return data.values("image", part)[data.subsample(part, most)]


def _nearest(pixels: np.ndarray, features: np.ndarray, train: np.ndarray, known: np.ndarray) -> Gallery:
    """Samples, each followed by the training image nearest to it in the judge's features."""
    chosen = features[:COMPARED]
    distance = ((chosen[:, None] - known[None]) ** 2).sum(2)
    pairs = [image for i, near in enumerate(distance.argmin(1)) for image in (pixels[i], train[near])]
    captions = [word for _ in chosen for word in ("sample", "nearest")]
    note = f"Of {len(train):,} training images. If a sample and its neighbour are the same, the generator copies instead of learning."
    return Gallery("Samples and their nearest training images", pairs, captions, note)


def _shares(judge: FeatureNetwork, numbers: np.ndarray) -> np.ndarray:
    """The share of each class among class numbers."""
    return np.bincount(numbers, minlength=len(judge.classes)) / len(numbers)


def _found(shares: np.ndarray, fair: np.ndarray) -> np.ndarray:
    """Which classes are found, given the share of each among samples and among real images."""
    return (shares > 0) & (shares >= FOUND * fair)


def _classes(judge: FeatureNetwork, read: np.ndarray, true_read: np.ndarray, label: np.ndarray) -> tuple[dict[str, float], Table]:
    shares, fair = _shares(judge, read.argmax(1)), _shares(judge, label)
    metrics = {
        "classes_found": float(_found(shares, fair).sum()),
        "min_class_share": float(shares.min()),
        "classifier_accuracy": float((true_read.argmax(1) == label).mean()),
        "classifier_confidence": float(read.max(1).mean()),
    }
    rows = [[name, float(shares[i]), float(fair[i])] for i, name in enumerate(judge.classes)]
    note = f"As a classifier reads them that is right in {metrics['classifier_accuracy']:.1%} of real images."
    return metrics, Table("Classes among the samples", ["class", "share of samples", "share of real images"], rows, note)


def _agreement(read: np.ndarray, asked: np.ndarray | None) -> dict[str, float]:
    """How often the judge reads the class that was asked for; nothing where none was."""
    return {} if asked is None else {"conditional_accuracy": float((read.argmax(1) == asked).mean())}


def _obedience(judge: FeatureNetwork, asked: np.ndarray, read: np.ndarray, label: np.ndarray, true_read: np.ndarray) -> Table:
    """For each class, how often made images are read as asked for, beside real ones read as labelled."""
    made, real = read.argmax(1) == asked, true_read.argmax(1) == label
    present = [number for number in range(len(judge.classes)) if (asked == number).any() and (label == number).any()]
    rows = [[judge.classes[number], float(made[asked == number].mean()), float(real[label == number].mean())] for number in present]
    note = "More is not better beyond real images: a generator may please the classifier with the plainest images of a class."
    return Table("Read as asked for", ["class asked for", "samples read so", "real images read so"], rows, note)
