"""Suspected label errors: probabilities out of sample by cross-validation, and what they say about labels.

The network of a run has seen the labels of its training items, so its probabilities for them are worthless
here, and so is a model that is fitted on its embeddings. The probabilities of an item come from a model that
was fitted without the fold of the item, on features that no label has shaped:

- images of 64 pixels or more, with the extra `pretrained`: a logistic regression on the features of a network
  that was pretrained on other images;
- other images: a small convolutional network, trained once for each fold;
- tables, texts and series: the better of boosted trees and a logistic regression by the log loss on the
  held-out folds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hibiscus.data.lazy_rows import LazyRows, Rows
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.errors import MissingExtraError
from hibiscus.evaluation.boosted_trees import boosted_classifier
from hibiscus.evaluation.feature_network import feature_network
from hibiscus.evaluation.items import Table
from hibiscus.evaluation.linear_models import linear_classifier
from hibiscus.evaluation.pretrained_features import check_pretrained, pretrained_features
from hibiscus.metrics.confident_learning import (
    confident_classes,
    normalized_margins,
    suspected_label_errors,
)
from hibiscus.progress import step

__all__ = ["OutOfSample", "cross_validated", "label_error_table"]

MIN_PHOTO_SIDE = 64  # pixels from which features of photos are better than a network trained on few images
NETWORK = "efficientnet-lite0"
FEATURE_PENALTY = 0.1  # of the regression on 1,280 features; with less, it fits wrong labels
PART = "all"  # the items that are divided into folds
MAX_ROWS = 24  # of the table in the report

Fit = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class OutOfSample:
    """Probabilities `(items, classes)` of models that were fitted without the item.

    Args:
        probabilities: in the order of the items.
        model: what was fitted, for the reader.
    """

    probabilities: np.ndarray
    model: str


def cross_validated(data: PreparedData, folds: Sequence[np.ndarray], classes: int) -> OutOfSample:
    """Probabilities of all items of the part `all`, each by a model that was fitted on the other folds.

    Args:
        data: with the part `all` and labels.
        folds: the positions in the part that each fold holds out; together all of them.
        classes: the number of classes.
    """
    label, count = data.values("label", PART), len(folds)
    candidates = _models(data, label, classes)
    results = []
    for model, fit in candidates.items():
        probabilities = np.zeros((len(label), classes))
        with step(f"cross-validating: {model}", count) as progress:
            for held_out in folds:
                others = np.setdiff1d(np.arange(len(label)), held_out)
                probabilities[held_out] = fit(others, held_out)
                progress.advance()
        results.append(OutOfSample(probabilities, f"{model}, {count}-fold cross-validation"))
    return min(results, key=lambda result: _log_loss(result.probabilities, label))


def _models(data: PreparedData, label: np.ndarray, classes: int) -> dict[str, Fit]:
    """The models that are fitted, by their description; each maps positions of training and held-out items
    to the probabilities of the latter.
    """
    if [name for name in INPUTS if name in data.arrays] == ["image"]:
        if (features := _photo_features(data)) is not None:
            name = f"logistic regression on features of a pretrained {NETWORK}"
            linear = functools.partial(linear_classifier, penalty=FEATURE_PENALTY)
            return {name: _fit(linear, features, label, classes)}
        return {"a small convolutional network": lambda train, test: _network(data, train, test)}
    inputs = data.flat_rows(PART)
    models = {"logistic regression": _fit(linear_classifier, inputs, label, classes)}
    if "image" not in data.arrays:
        models["boosted trees"] = _fit(boosted_classifier, inputs, label, classes)
    return models


def _fit(model: Callable[..., np.ndarray], inputs: Rows, label: np.ndarray, classes: int) -> Fit:
    def fit(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        x, held_out = (LazyRows(inputs.__getitem__, rows) for rows in (train, test))
        return model(x, label[train], held_out, classes)

    return fit


def _photo_features(data: PreparedData) -> np.ndarray | None:
    """The features of the images in a pretrained network; None for small ones or without the extra."""
    _, height, width, channels = data.arrays["image"].shape
    if min(height, width) < MIN_PHOTO_SIDE or channels not in (1, 3):
        return None
    try:
        check_pretrained(NETWORK, channels)
    except MissingExtraError:
        return None
    return pretrained_features(NETWORK, data.rows("image", PART))


def _network(data: PreparedData, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    items = data.parts[PART]
    fold = PreparedData(data.dataset, data.preparation, {"train": items[train]}, data.device)
    return feature_network(fold).outputs(fold, LazyRows(data.rows("image", PART).__getitem__, test))[1]


def _log_loss(probabilities: np.ndarray, label: np.ndarray) -> float:
    return -float(np.log(np.maximum(probabilities[np.arange(len(label)), label], 1e-12)).mean())


def label_error_table(
    probabilities: np.ndarray, label: np.ndarray, ids: Sequence[str], classes: Sequence[str], model: str
) -> Table | None:
    """The most suspected labels as a report item; None if there are none.

    Args:
        probabilities: out of sample, `(items, classes)`.
        label: class numbers `(items,)`.
        ids: the readable name of each item.
        classes: the names of the classes.
        model: where the probabilities come from.
    """
    suspected = suspected_label_errors(probabilities, label)
    if not len(suspected):
        return None
    margins, suggested = normalized_margins(probabilities, label), confident_classes(probabilities, label)
    rows = [
        [
            ids[i],
            classes[int(label[i])],
            classes[int(suggested[i])],
            *(float(p) for p in probabilities[i, [label[i], suggested[i]]]),
            float(margins[i]),
        ]
        for i in suspected[:MAX_ROWS]
    ]
    columns = ["item", "label", "suggested", "probability of the label", "of the suggestion", "margin"]
    note = f"{len(suspected):,} of {len(label):,} labels, by confident learning; probabilities: {model}."
    return Table("Suspected label errors", columns, rows, f"{note} Check them: hard items are among them.")
