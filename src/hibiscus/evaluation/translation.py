"""What the report shows of a method that translates images between two domains: how near they come, what is kept, and images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.errors import DataError
from hibiscus.evaluation.feature_network import get_feature_network
from hibiscus.evaluation.items import Gallery, Table
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.training.method import Evaluation

__all__ = ["OTHER", "evaluate_translation", "some_images", "validate_translation"]

MEASURED, EXAMINED, SHOWN = 1000, 5000, 10
Domain = Literal["a", "b"]
Translate = Callable[[np.ndarray, Domain, PreparedData], np.ndarray]
OTHER: dict[Domain, Domain] = {"a": "b", "b": "a"}


def validate_translation(translate: Translate, data: PreparedData, part: str) -> dict[str, float]:
    """The Fréchet distances of translated images to the real ones of their new domain, and the error of there and back again.

    Distances are in the features of a judge of each domain that learned without labels; their mean decides. The error is the mean
    absolute one in shares of the full scale, and the way there ends in 8-bit images, as a person gets them.
    """
    found, cycle = {}, []
    for to in OTHER:
        real, given = some_images(data, part, to), some_images(data, part, OTHER[to])
        made = translate(given, to, data)
        found[f"frechet_to_{to}"] = _distance(data, to, made, real)
        cycle.append(_error(translate(made, OTHER[to], data), given))
    return {"frechet": float(np.mean(list(found.values()))), **found, "cycle_error": float(np.mean(cycle))}


def evaluate_translation(translate: Translate, data: PreparedData, part: str) -> Evaluation:
    """Distances, errors and readings beside those of images left as they are, and images there and back again."""
    names = list(data.preparation["domain"].names)
    ways: dict[str, Translate] = {
        "": translate,
        "untranslated images": lambda pixels, to, _: pixels,
        "untranslated images with matched contrast": lambda pixels, to, _: _matched(pixels, data, to),
    }
    metrics = {name: _measured(way, data, part) for name, way in ways.items()}
    own = metrics.pop("")
    own["frechet_floor"] = float(np.mean([_floor(data, part, to) for to in OTHER]))
    report_items: list[Gallery | Table] = []
    for to in ("b", "a"):
        first, second = (names[0], names[1]) if to == "b" else (names[1], names[0])
        given = some_images(data, part, OTHER[to], EXAMINED)[:SHOWN]
        made = translate(given, to, data)
        back = translate(made, OTHER[to], data)
        rows = [image for trio in zip(given, made, back, strict=True) for image in trio]
        captions = [first, f"as {second}", "and back"] * len(given)
        report_items.append(Gallery(f"From {first} to {second}", rows, captions, "Not chosen. The way back must show the first again."))
    report_items.append(_table(names, own, metrics))
    return Evaluation(own, metrics, report_items)


def _measured(way: Translate, data: PreparedData, part: str) -> dict[str, float]:
    found = validate_translation(way, data, part)
    for to in OTHER:
        read = _agreement(way, data, part, to)
        found |= {} if read is None else {f"domain_accuracy_{to}": read}
    return found


def _table(names: list[str], own: dict[str, float], baselines: dict[str, dict[str, float]]) -> Table:
    ways, rows = {"translated": own, **baselines}, []
    for name in own:
        if name.startswith(("frechet_to", "conditional_accuracy")):
            said = name.rsplit("_to_")[0].replace("frechet", "distance")
            rows.append([f"{said}, to {names['ab'.index(name[-1])]}", *(each[name] for each in ways.values())])
    note = "Distance: to real images, less is better. Agreement: how often a classifier trained on real images of the new domain alone"
    return Table("Translated and not", ["", *ways], rows, f"{note} reads the label that the image had; labels take no part in training.")


def some_images(data: PreparedData, part: str, domain: Domain, most: int = MEASURED) -> np.ndarray:
    """Evenly spaced images of a domain in a part, uint8; as many as there are, or `most`."""
    return data.owner(part).arrays["image"][_items(data, part, domain, most)]


def _items(data: PreparedData, part: str, domain: Domain, most: int) -> np.ndarray:
    """Evenly spaced items of a domain in a part, as indices into the whole data set."""
    items = data.of_domain(part, "ab".index(domain))
    if not len(items):
        raise DataError(f"{data.dataset.path}: no images of one domain in the {part} part", "some of both", "more data")
    return items[evenly_spaced(len(items), most)]


def _domain_only(data: PreparedData, domain: Domain, *fields: str) -> PreparedData:
    """The training part of one domain by itself, with some of its fields."""
    owner = data.training or data
    parts = {"train": owner.of_domain("train", "ab".index(domain))}
    preparation = Preparation({name: owner.preparation[name] for name in fields})
    return PreparedData(owner.dataset, preparation, parts, owner.device)


def _distance(data: PreparedData, domain: Domain, made: np.ndarray, real: np.ndarray) -> float:
    judge = get_feature_network(_domain_only(data, domain, "image"))
    return frechet_distance(_two(judge.look(data, made)[0]), _two(judge.look(data, real)[0]))


def _two(features: np.ndarray) -> np.ndarray:
    """At least two rows, for a part with one image."""
    return features if len(features) > 1 else np.repeat(features, 2, 0)


def _floor(data: PreparedData, part: str, domain: Domain) -> float:
    real = some_images(data, part, domain)
    return _distance(data, domain, some_images(data, "train", domain, len(real)), real)


def _error(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(np.int16) - second).mean() / 255)


def _matched(pixels: np.ndarray, data: PreparedData, to: Domain) -> np.ndarray:
    """Each channel with the mean and deviation of the training images of its new domain."""
    old, new = (some_images(data, "train", domain) for domain in (OTHER[to], to))
    scale = new.std((0, 1, 2)) / np.maximum(old.std((0, 1, 2)), 1e-6)
    return ((pixels - old.mean((0, 1, 2))) * scale + new.mean((0, 1, 2))).round().clip(0, 255).astype(np.uint8)


def _agreement(way: Translate, data: PreparedData, part: str, to: Domain) -> float | None:
    """How often a classifier of the new domain reads the old label; None without labels, or where the domains have others."""
    owner = data.training or data
    if "label" not in owner.arrays or "label" not in data.arrays:
        return None
    sets = [set(owner.arrays["label"][owner.of_domain("train", domain)].tolist()) for domain in (0, 1)]
    if sets[0] != sets[1]:
        return None
    judge, items = get_feature_network(_domain_only(data, to, "image", "label")), _items(data, part, OTHER[to], EXAMINED)
    read = judge.look(data, way(data.arrays["image"][items], to, data))[1].argmax(1)
    return float((read == data.arrays["label"][items]).mean())
