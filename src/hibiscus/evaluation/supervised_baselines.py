"""The baselines of classification and regression: which models are fitted, on how many rows, and what was
predicted.

Predictions are kept in memory and in the cache folder, so that runs on the same data fit each model once.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hibiscus.data.images.cache import cache_folder
from hibiscus.data.lazy_rows import LazyRows, Rows, chunks, joined
from hibiscus.data.prepared import INPUTS, PreparedData
from hibiscus.evaluation.baselines import (
    label_frequencies,
    majority_class,
    mean_value,
    nearest_mean,
    random_guess,
)
from hibiscus.evaluation.boosted_trees import ROUNDS, affordable_rows, boosted_classifier, boosted_regression
from hibiscus.evaluation.items import Table
from hibiscus.evaluation.linear_models import linear_classifier, linear_labels, linear_regression
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.label_metrics import best_threshold, multi_label_metrics
from hibiscus.metrics.regression import regression_metrics
from hibiscus.temporary_files import replacing

__all__ = ["class_baselines", "label_baselines", "target_baselines"]

VERSION = 1  # of the models; a change makes cached predictions stale
MAX_VALUES = 150_000_000  # of the training inputs in memory, standardized as float32
MAX_FEATURES = 3_072  # kept of an image where there are too many values for all of its pixels

Metrics = dict[str, dict[str, float]]
_predictions: dict[str, np.ndarray] = {}


@dataclass(frozen=True)
class _Inputs:
    """Flat inputs of the training and of the evaluated part.

    `total` is the number of training rows, of which `rows` are used, `pixels` the largest number of values
    kept of an image; `note` says how many of its values that are, if not all.
    """

    data: PreparedData
    rows: np.ndarray
    train_x: LazyRows
    test_x: LazyRows
    total: int
    pixels: int
    note: str

    @property
    def suffix(self) -> str:
        """For the name of a model that was fitted on some of the rows only."""
        return "" if len(self.rows) == self.total else f" ({len(self.rows):,} of {self.total:,} rows)"

    @property
    def is_table(self) -> bool:
        """Whether the inputs are columns of a table alone, on which trees are the model to try first."""
        return [name for name in INPUTS if name in self.data.arrays] == ["table"]

    def trees_suffix(self, outputs: int) -> str:
        """As `suffix`, for boosted trees with so many outputs."""
        rows = affordable_rows(len(self.rows), self.train_x.shape[1], outputs)
        return "" if rows == self.total else f" ({rows:,} of {self.total:,} rows)"


def _predicted(model: str, fit: Callable[..., np.ndarray], *arrays: Rows, **options: int) -> np.ndarray:
    """`fit(*arrays, **options)`, from the cache if the model was fitted on the same arrays before."""
    key = _key(f"{model} {options}", arrays)
    if key not in _predictions:
        path = cache_folder() / "baselines" / f"{key}.npy"
        _predictions[key] = _load_or_fit(path, lambda: fit(*arrays, **options))
    return _predictions[key]


def class_baselines(data: PreparedData, part: str, classes: int) -> tuple[Metrics, Table]:
    """Random guess, majority class, nearest mean, a linear model and, on tables, boosted trees."""
    label, inputs = data.values("label", part), _inputs(data, part)
    all_labels = data.values("label", "train")
    y, x, test = all_labels[inputs.rows], inputs.train_x, inputs.test_x
    metrics = {
        "random guess": random_guess(all_labels, label, classes),
        "majority class": majority_class(all_labels, label, classes),
        "nearest mean": classification_metrics(nearest_mean(x, y, test, classes), label),
    }
    linear = _predicted("linear", linear_classifier, x, y, test, classes=classes)
    metrics[f"linear model{inputs.suffix}"] = classification_metrics(linear, label)
    if inputs.is_table:
        trees = _predicted("trees", boosted_classifier, x, y, test, classes=classes)
        name = f"boosted trees{inputs.trees_suffix(classes if classes > 2 else 1)}"
        metrics[name] = classification_metrics(trees, label)
    return metrics, _description(metrics, inputs)


def label_baselines(data: PreparedData, part: str) -> tuple[Metrics, Table]:
    """The frequency of each label, and a linear model; the threshold is that of the validation part."""
    labels, inputs, tuned = data.values("labels", part), _inputs(data, part), data.training or data
    y, x, test = data.values("labels", "train")[inputs.rows], inputs.train_x, inputs.test_x
    both, validation = test, np.zeros((0, labels.shape[1]))
    if "val" in tuned.parts:
        both = joined(test, tuned.flat_rows("val", None, inputs.pixels))
        validation = tuned.values("labels", "val")
    linear = _predicted("linear labels", linear_labels, x, y, both)
    frequency = label_frequencies(data.values("labels", "train"), len(both))
    metrics: Metrics = {}
    for name, probabilities in (("label frequencies", frequency), (f"linear model{inputs.suffix}", linear)):
        threshold = best_threshold(probabilities[len(test) :], validation) if len(validation) else 0.5
        metrics[name] = multi_label_metrics(probabilities[: len(test)], labels, threshold)
    return metrics, _description(metrics, inputs)


def target_baselines(
    data: PreparedData, part: str, decode: Callable[[np.ndarray], np.ndarray]
) -> tuple[Metrics, Table]:
    """The mean of the training part, a linear regression and, on tables, boosted trees."""
    truth, all_targets = decode(data.values("target", part)), decode(data.values("target", "train"))
    inputs = _inputs(data, part)
    y, x, test = all_targets[inputs.rows], inputs.train_x, inputs.test_x
    linear = _predicted("ridge", linear_regression, x, y, test)
    metrics = {
        "mean of the training part": mean_value(all_targets, truth),
        f"linear regression{inputs.suffix}": regression_metrics(linear.reshape(truth.shape), truth),
    }
    if inputs.is_table:
        trees = _predicted("regression trees", boosted_regression, x, y, test)
        name = f"boosted trees{inputs.trees_suffix(y.shape[1])}"
        metrics[name] = regression_metrics(trees, truth)
    return metrics, _description(metrics, inputs)


def _inputs(data: PreparedData, part: str) -> _Inputs:
    """All rows and features, or as many as memory allows: first fewer pixels of an image, then fewer rows."""
    owner = data.owner("train")
    total = len(owner.parts["train"])
    every = data.flat_inputs("train", np.arange(1), MAX_VALUES).shape[1]
    pixels = max(MAX_FEATURES, MAX_VALUES // total)
    features = data.flat_inputs("train", np.arange(1), pixels).shape[1]
    rows = data.subsample("train", max(1, MAX_VALUES // features))
    note = "" if features == every else f"{features:,} of {every:,} values of each item"
    train_x = data.flat_rows("train", rows, pixels)
    return _Inputs(data, rows, train_x, data.flat_rows(part, None, pixels), total, pixels, note)


def _description(metrics: Metrics, inputs: _Inputs) -> Table:
    """What was fitted, a line for each baseline."""
    settings = {
        "random guess": "a class drawn by its frequency in the training part; expected values",
        "majority class": "the most frequent class of the training part",
        "nearest mean": "the class whose mean of the training inputs is nearest",
        "label frequencies": "the frequency of each label in the training part",
        "mean of the training part": "the mean of the target",
        "linear model": "logistic regression (L-BFGS) on standardized inputs",
        "linear regression": "ridge regression on standardized inputs",
        "boosted trees": f"histogram gradient boosting of scikit-learn, {ROUNDS} rounds, at most 31 leaves",
    }
    rows = [[name, settings[name.partition(" (")[0]]] for name in metrics]
    note = f"Fitted on the training part, {inputs.total:,} rows"
    return Table(
        "Baselines", ["baseline", "model"], rows, f"{note}, {inputs.note}." if inputs.note else f"{note}."
    )


def _key(model: str, arrays: Sequence[Rows]) -> str:
    """A digest of everything that the predictions depend on."""
    state = hashlib.blake2b(f"{VERSION} {model}".encode(), digest_size=16)
    for array in arrays:
        state.update(f"{array.shape} {array.dtype}".encode() + b"|")
        for _, chunk in chunks(array):
            state.update(np.ascontiguousarray(chunk).data)
    return state.hexdigest()


def _load_or_fit(path: Path, fit: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in a file, or the result of `fit`, which is then written there."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not there, truncated or damaged
        predicted = fit()
    with contextlib.suppress(OSError):  # no space or no write permission: fit again next time
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, flush=False) as file:  # a reader never sees half a file
            np.save(file, predicted, allow_pickle=False)
    return predicted
