"""Evaluation of image-to-image translation: distance to the target domain, cycle error, domain accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from hibiscus.data.dataset import PART_NAMES
from hibiscus.data.lazy_rows import chunks
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.errors import DataError
from hibiscus.evaluation.external_features import external_distances
from hibiscus.evaluation.feature_network import feature_network
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.evaluation.sample_quality import compared_count
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.training.method import Evaluation

__all__ = ["OTHER", "domain_images", "evaluate_translation", "validate_translation"]

COMPARED, EVALUATED, CYCLES = 1000, 5000, 10  # images per domain: for distances, accuracies, the gallery
Domain = Literal["a", "b"]
Translate = Callable[[np.ndarray, Domain, PreparedData], np.ndarray]
OTHER: dict[Domain, Domain] = {"a": "b", "b": "a"}


def validate_translation(translate: Translate, data: PreparedData, part: str) -> dict[str, float]:
    """The Fréchet distances between translated and real images of a domain, and the cycle error.

    For each domain, distances are computed in the features of a network trained without labels; `frechet` is
    their mean. The cycle error is the mean absolute error of images translated to the other domain and back,
    as a fraction of the full scale; intermediate images are rounded to 8 bits, as for users. `frechet_items`
    is the number of images of each domain that are compared, and `frechet_floor` the mean distance of equally
    many training images to those of the part.
    """
    distances, errors, count = {}, [], _count(data, part)
    for target in OTHER:
        real, source = (domain_images(data, part, domain, count) for domain in (target, OTHER[target]))
        translated = translate(source, target, data)
        distances[f"frechet_to_{target}"] = _distance(data, target, translated, real)
        errors.append(_error(translate(translated, OTHER[target], data), source))
    return {
        "frechet": float(np.mean(list(distances.values()))),
        **distances,
        "frechet_floor": float(np.mean([_floor(data, part, target, count) for target in OTHER])),
        "frechet_items": float(count),
        "cycle_error": float(np.mean(errors)),
    }


def evaluate_translation(
    translate: Translate, data: PreparedData, part: str, features: str = "own"
) -> Evaluation:
    """Distances, errors and accuracies compared with untranslated images, and galleries of cycles.

    Args:
        translate: translates images to a domain.
        data: with the part and the training part.
        part: its name.
        features: `own`; with another network, see `open_features`, distances in its features are added.
    """
    names = list(data.preparation["domain"].names)
    metrics = translation_metrics(translate, data, part, features)
    simple: dict[str, Translate] = {
        "untranslated images": lambda pixels, target, _: pixels,
        "untranslated images with matched contrast": lambda pixels, target, _: _matched(pixels, data, target),
    }
    baselines = {
        name: translation_metrics(baseline, data, part, features) for name, baseline in simple.items()
    }
    report_items: list[Gallery | Table] = []
    for target in ("b", "a"):
        first, second = (names[0], names[1]) if target == "b" else (names[1], names[0])
        source = domain_images(data, part, OTHER[target], EVALUATED)[:CYCLES]
        translated = translate(source, target, data)
        back = translate(translated, OTHER[target], data)
        images = [image for cycle in zip(source, translated, back, strict=True) for image in cycle]
        captions = [first, f"as {second}", "and back"] * len(source)
        note = "Not selected. The third image should reproduce the first."
        report_items.append(Gallery(f"From {first} to {second}", images, captions, note, group=3))
    report_items.append(_table(names, metrics, baselines))
    return Evaluation(metrics, baselines, report_items)


def translation_metrics(
    translate: Translate, data: PreparedData, part: str, features: str = "own"
) -> dict[str, float]:
    """The validation metrics, distances in the features of another network (means of both directions), and
    the domain accuracies if both domains have the same labels.
    """
    metrics = validate_translation(translate, data, part)
    if features != "own":
        metrics |= _external_distances(translate, data, part, features)
    for target in OTHER:
        accuracy = _domain_accuracy(translate, data, part, target)
        metrics |= {} if accuracy is None else {f"domain_accuracy_{target}": accuracy}
    return metrics


def _table(names: list[str], metrics: dict[str, float], baselines: dict[str, dict[str, float]]) -> Table:
    columns, rows = {"translated": metrics, **baselines}, []
    for name in metrics:
        if name.startswith(("frechet_to", "domain_accuracy")):
            label = "Fréchet distance" if name.startswith("frechet") else "domain accuracy"
            domain = names["ab".index(name[-1])]
            rows.append([f"{label}, to {domain}", *(column[name] for column in columns.values())])
    note = (
        f"Fréchet distance to real images of the domain, {metrics['frechet_items']:,.0f} of each: lower is "
        f"better; that of training images is {metrics['frechet_floor']:.4g} on average. Domain accuracy: how "
        "often a classifier trained only on real images of the target domain predicts the original label; "
        "the translators are trained without labels."
    )
    return Table("Translated and untranslated images", ["", *columns], rows, note)


def domain_images(data: PreparedData, part: str, domain: Domain, count: int = COMPARED) -> np.ndarray:
    """At most `count` images of a domain in a part, evenly spaced, uint8."""
    return data.owner(part).arrays["image"][_items(data, part, domain, count)]


def _items(data: PreparedData, part: str, domain: Domain, count: int) -> np.ndarray:
    """Indices (into the whole dataset) of evenly spaced items of a domain in a part."""
    items = data.of_domain(part, "ab".index(domain))
    if not len(items):
        received = f"{data.dataset.path}: no images of one domain in the {PART_NAMES.get(part, part)} part"
        raise DataError(received, "images of both domains", "more data")
    return items[evenly_spaced(len(items), count)]


def _domain_only(data: PreparedData, domain: Domain, *fields: str) -> PreparedData:
    """The training part of one domain alone, with some of its fields."""
    owner = data.training or data
    parts = {"train": owner.of_domain("train", "ab".index(domain))}
    preparation = Preparation({name: owner.preparation[name] for name in fields})
    return PreparedData(owner.dataset, preparation, parts, owner.device)


def _distance(data: PreparedData, domain: Domain, translated: np.ndarray, real: np.ndarray) -> float:
    network = feature_network(_domain_only(data, domain, "image"))
    return frechet_distance(_two(network.features(data, translated)), _two(network.features(data, real)))


def _external_distances(
    translate: Translate, data: PreparedData, part: str, features: str
) -> dict[str, float]:
    """The means of both directions, see `external_distances`."""
    distances, count = [], _count(data, part)
    for target in OTHER:
        real, source = (domain_images(data, part, domain, count) for domain in (target, OTHER[target]))
        train = domain_images(data, "train", target, count)
        distances.append(external_distances(features, translate(source, target, data), real, train))
    return {name: float(np.mean([one[name] for one in distances])) for name in distances[0]}


def _two(features: np.ndarray) -> np.ndarray:
    """Repeats a single row, so that there are at least two."""
    return features if len(features) > 1 else np.repeat(features, 2, 0)


def _count(data: PreparedData, part: str) -> int:
    """How many images of each domain of a part are compared, the same for all parts of a run."""
    owners = (data.owner("train"), data)
    sizes = [_size(owner, name) for owner in owners for name in owner.parts]
    return compared_count(_size(data.owner(part), part), sizes, COMPARED)


def _size(data: PreparedData, part: str) -> int:
    """The number of images of a part in the smaller domain."""
    return min(len(data.of_domain(part, domain)) for domain in (0, 1))


def _floor(data: PreparedData, part: str, domain: Domain, count: int) -> float:
    """The distance of training images to those of a part, computed once."""
    network = feature_network(_domain_only(data, domain, "image"))
    key = f"{data.dataset.fingerprint}/{part}/{count}"
    if key not in network.floors:
        train, real = (domain_images(data, name, domain, count) for name in ("train", part))
        network.floors[key] = _distance(data, domain, train, real)
    return network.floors[key]


def _error(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(np.int16) - second).mean() / 255)


def _matched(pixels: np.ndarray, data: PreparedData, target: Domain) -> np.ndarray:
    """Matches the mean and standard deviation of each channel to the training images of the target domain."""
    source, real = (domain_images(data, "train", domain) for domain in (OTHER[target], target))
    scale = real.std((0, 1, 2)) / np.maximum(source.std((0, 1, 2)), 1e-6)
    matched = np.empty_like(pixels)
    for place, chunk in chunks(pixels):
        values = (chunk - source.mean((0, 1, 2))) * scale + real.mean((0, 1, 2))
        matched[place] = values.round().clip(0, 255).astype(np.uint8)
    return matched


def _domain_accuracy(translate: Translate, data: PreparedData, part: str, target: Domain) -> float | None:
    """How often a classifier of the target domain predicts the original label; None if labels differ."""
    owner = data.training or data
    if "label" not in owner.arrays or "label" not in data.arrays:
        return None
    labels = [set(owner.arrays["label"][owner.of_domain("train", domain)].tolist()) for domain in (0, 1)]
    if labels[0] != labels[1]:
        return None
    network = feature_network(_domain_only(data, target, "image", "label"))
    items = _items(data, part, OTHER[target], EVALUATED)
    predicted = network.classify(data, translate(data.arrays["image"][items], target, data))
    return float((predicted == data.arrays["label"][items]).mean())
