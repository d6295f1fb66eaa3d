"""Evaluation of a generator with learned labels and codes: match with classes, effect on images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hibiscus.data.images.ops import image_grid
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.feature_network import feature_network
from hibiscus.evaluation.generation import Sampler, evaluate_generator, validate_generator
from hibiscus.evaluation.items import Gallery, Matrix, Table
from hibiscus.metrics.clustering import cluster_table, clustering_metrics, match_clusters
from hibiscus.metrics.stroke_shape import stroke_shapes
from hibiscus.training.method import Evaluation

__all__ = ["code_effects", "evaluate_codes", "latent_traversals", "validate_codes"]

STEPS, RANGE = 9, 2.0  # images of a traversal, from -RANGE to RANGE (as in figure 2 of Chen et al.)
MAX_ROWS = 20  # labels in a gallery

Sample = Callable[[int], dict[str, np.ndarray]]
Generate = Callable[
    [Tensor, Tensor], np.ndarray
]  # images of labels `(count,)` and codes `(count, codes)`, one noise


def validate_codes(sample: Sample, data: PreparedData, part: str) -> dict[str, float]:
    """The usual generator metrics and, for labeled data, how well the learned labels match the classes."""
    samples: dict[str, np.ndarray] = {}
    metrics = validate_generator(_recorded(sample, samples), data, part)
    network = feature_network(data)
    predicted = network.classify(data, samples["image"])
    return metrics | (clustering_metrics(samples["label"], predicted) if network.classes else {})


def evaluate_codes(
    sample: Sample,
    generate: Generate,
    predictions: dict[str, Any],
    data: PreparedData,
    part: str,
    features: str = "own",
    match: Mapping[int, int] | None = None,
) -> Evaluation:
    """The usual generator evaluation, and the effect of the labels and codes.

    Args:
        sample: the method's `sample`.
        generate: generates images that differ only in label and codes.
        predictions: of the method for the part, with `cluster`.
        data: prepared data, with classes if it is labeled.
        part: its name.
        features: as in `evaluate_generator`.
        match: the class of each label for real images; by default it is fitted on the part itself.
    """
    samples: dict[str, np.ndarray] = {}
    evaluation = evaluate_generator(_recorded(sample, samples), data, part, features)
    num_labels, network = int(samples["label"].max()) + 1, feature_network(data)
    names = [f"{number}" for number in range(num_labels)]
    if network.classes:
        predicted = network.classify(data, samples["image"])
        evaluation.metrics.update(clustering_metrics(samples["label"], predicted))
        if "label" in data.arrays:
            real = clustering_metrics(predictions["cluster"], data.values("label", part), match)
            evaluation.metrics.update({f"real_{name}": value for name, value in real.items()})
        counts = cluster_table(samples["label"], predicted, num_labels, len(network.classes))
        names = [f"{number} ({network.classes[best]})" for number, best in enumerate(counts.argmax(1))]
        evaluation.report_items.append(_classes_by_label(counts, names, network.classes))
    effects = code_effects(samples)
    for measure in next(iter(effects.values())):
        evaluation.metrics[f"{measure}_correlation"] = max(abs(row[measure]) for row in effects.values())
    evaluation.report_items.append(_effects_table(effects, len(samples["label"])))
    for code in range(len(effects)):
        evaluation.report_items.append(_traversals_by_label(generate, code, len(effects), names))
    return evaluation


def latent_traversals(
    title: str,
    decode: Callable[[np.ndarray], np.ndarray],
    codes: np.ndarray,
    components: Sequence[int],
    values: np.ndarray,
    captions: Sequence[str] = (),
    note: str = "",
) -> Gallery:
    """A grid in which each row varies one component of a latent code and fixes the others.

    Args:
        title: title of the gallery.
        decode: maps codes `(items, components)` to images uint8 `(items, height, width, channels)`, row after
            row.
        codes: the code of each row, float32 `(rows, components)`.
        components: the component that varies in each row.
        values: the values that it takes.
        captions: captions of the gallery.
        note: note of the gallery.
    """
    varied = np.repeat(codes[:, None], len(values), axis=1)
    varied[np.arange(len(codes)), :, components] = values
    pixels = decode(varied.reshape(-1, codes.shape[1]))
    return Gallery(title, [image_grid(pixels, len(values))], captions, note)


def code_effects(samples: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """The correlation of each code with each measure of stroke shape, within labels.

    Args:
        samples: `image`, `label` and the codes, as from the method's `sample`.
    """
    labels = samples["label"]
    shapes = {name: _centered(values, labels) for name, values in stroke_shapes(samples["image"]).items()}
    codes = {name: _centered(values, labels) for name, values in samples.items() if name.startswith("code")}
    return {
        code: {name: _cosine(values, shape) for name, shape in shapes.items()}
        for code, values in codes.items()
    }


def _centered(values: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Subtracts from each value the mean over its label."""
    mean = np.bincount(label, values) / np.maximum(np.bincount(label), 1)
    return values - mean[label]


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length > 0 else 0.0


def _recorded(sample: Sample, samples: dict[str, np.ndarray]) -> Sampler:
    """A sampler that stores its samples in `samples`; its labels are not the classes of the data."""

    def sampler(count: int) -> dict[str, Any]:
        samples.update(sample(count))
        return {"image": samples["image"]}

    return sampler


def _classes_by_label(counts: np.ndarray, names: list[str], classes: list[str]) -> Matrix:
    fractions = counts / counts.sum(1, keepdims=True)
    matches = match_clusters(counts)
    order = sorted(range(len(counts)), key=lambda number: matches.get(number, len(classes)))
    note = (
        "The fraction of each label's samples that a classifier assigns to each class; the labels are in the "
        "order of the classes that match them best."
    )
    return Matrix(
        "Classes by label", [names[number] for number in order], classes, fractions[order].round(2), note
    )


def _effects_table(effects: dict[str, dict[str, float]], count: int) -> Table:
    measures = list(next(iter(effects.values())))
    note = (
        f"Correlation of a code with a measure over {count} samples, within each label. Slant: pixels to the "
        "right per pixel upwards; thickness: mean stroke width, weighted by brightness. "
        "Without any effect it would "
        f"nearly always be within ±{2 / count**0.5:.2f}."
    )
    rows = [[code, *row.values()] for code, row in effects.items()]
    return Table("Effect of each code", ["code", *measures], rows, note)


def _traversals_by_label(generate: Generate, code: int, num_codes: int, names: list[str]) -> Gallery:
    """Traversals of one code with the same noise: one row per label; the other codes are 0."""
    rows, values = min(len(names), MAX_ROWS), torch.linspace(-RANGE, RANGE, STEPS).numpy()
    labels = torch.arange(rows).repeat_interleave(STEPS)
    caption = f"code{code + 1} from {-RANGE:g} to {RANGE:g}, left to right"
    note = (
        f"Labels from the top: {', '.join(names[:rows])}. The same noise for all, other codes 0. "
        "In training, codes are in [-1, 1]."
    )
    return latent_traversals(
        f"Traversals of code{code + 1}",
        lambda codes: generate(labels, torch.from_numpy(codes)),
        np.zeros((rows, num_codes), np.float32),
        [code] * rows,
        values,
        [caption],
        note,
    )
