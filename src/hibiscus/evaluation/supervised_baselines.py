"""The baselines of classification and regression: which models are fitted, on how many rows, and their
metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.baseline_inputs import BaselineInputs, baseline_inputs
from hibiscus.evaluation.baselines import label_frequencies, mean_value, nearest_mean, random_guess
from hibiscus.evaluation.boosted_trees import (
    ROUNDS,
    affordable_rows,
    boosted_classifier,
    boosted_labels,
    boosted_regression,
)
from hibiscus.evaluation.items import Table
from hibiscus.evaluation.linear_models import linear_classifier, linear_labels, linear_regression
from hibiscus.evaluation.nearest_neighbors import (
    NEIGHBORS,
    affordable_neighbors,
    nearest_rows,
    neighbor_mean,
    neighbor_votes,
)
from hibiscus.evaluation.prediction_cache import cached_prediction
from hibiscus.evaluation.series_neighbors import NearestSeries, is_series, nearest_series
from hibiscus.evaluation.text_baselines import (
    text_class_baselines,
    text_label_baselines,
    text_target_baselines,
)
from hibiscus.evaluation.text_parts import is_text
from hibiscus.metrics.classification import classification_metrics
from hibiscus.metrics.label_metrics import best_threshold, multi_label_metrics
from hibiscus.metrics.regression import regression_metrics

__all__ = ["class_baselines", "label_baselines", "target_baselines"]

Metrics = dict[str, dict[str, float]]
Rule = Callable[[np.ndarray, np.ndarray], float]
SETTINGS = {
    "random guess": "a class drawn by its frequency in the training part; expected values",
    "majority class": "the most frequent class of the training part",
    "nearest mean": "the class whose mean of the training inputs is nearest",
    "label frequencies": "the frequency of each label in the training part",
    "mean of the training part": "the mean of the target",
    "linear model": "logistic regression (L-BFGS) on standardized inputs",
    "linear regression": "ridge regression on standardized inputs",
    "k-NN": f"the {NEIGHBORS} nearest neighbors",
    "boosted trees": f"histogram gradient boosting of scikit-learn, {ROUNDS} rounds, at most 31 leaves, on "
    "the columns as they are: categories and missing values are not encoded",
}


def class_baselines(
    data: PreparedData, part: str, classes: int, rule: Rule | None = None
) -> tuple[Metrics, Table]:
    """Random guess, majority class, nearest mean, a linear model, k-NN and, on tables, boosted trees; of
    series also the nearest one, by two distances.

    Texts have baselines of their own, here and below.

    Args:
        data: the prepared data.
        part: the name of the part.
        classes: the number of classes.
        rule: of two classes, the threshold that follows from probabilities and labels of the validation part.
    """
    if is_text(data):
        return text_class_baselines(data, part, classes, rule)
    label, all_labels = data.values("label", part), data.values("label", "train")
    tuned = data.training or data
    validated = rule is not None and "val" in tuned.parts
    inputs = baseline_inputs(data, part, validated)
    known = tuned.values("label", "val") if validated else label[:0]
    y, x, test, items = all_labels[inputs.rows], inputs.train_x, inputs.test_x, len(label)

    def metrics_of(p: np.ndarray) -> dict[str, float]:
        threshold = None if rule is None else rule(p[items:], known)
        return classification_metrics(p[:items], label, threshold=threshold)

    frequencies = np.bincount(all_labels, minlength=classes) / len(all_labels)
    metrics = {
        "random guess": random_guess(all_labels, label, classes),
        "majority class": metrics_of(np.tile(frequencies, (len(test), 1))),
        "nearest mean": metrics_of(nearest_mean(x, y, test, classes)),
    }
    linear = cached_prediction("linear", linear_classifier, x, y, test, classes=classes)
    metrics[f"linear model{inputs.suffix()}"] = metrics_of(linear)
    metrics[_neighbors_name(inputs)] = metrics_of(neighbor_votes(_neighbors(inputs), y, classes))
    series = nearest_series(inputs, y) if is_series(data) else []
    metrics |= {each.name: metrics_of(neighbor_votes(each.rows[:, None], y, classes)) for each in series}
    if inputs.is_table:
        arrays = inputs.trees.train_x, all_labels, inputs.trees.test_x

        def fit(*arrays: np.ndarray, classes: int) -> np.ndarray:
            return boosted_classifier(*arrays, classes=classes, categorical=inputs.trees.categorical)

        p = cached_prediction(_trees_key(inputs), fit, *arrays, classes=classes)
        metrics[_trees_name(inputs, classes if classes > 2 else 1)] = metrics_of(p)
    return metrics, _description(metrics, inputs, series)


def label_baselines(data: PreparedData, part: str, rule: Rule = best_threshold) -> tuple[Metrics, Table]:
    """The frequency of each label, a linear model, k-NN and, on tables, boosted trees.

    Args:
        data: the prepared data.
        part: the name of the part.
        rule: the threshold that follows from probabilities and labels of the validation part.
    """
    if is_text(data):
        return text_label_baselines(data, part, rule)
    labels, tuned = data.values("labels", part), data.training or data
    inputs = baseline_inputs(data, part, "val" in tuned.parts)
    validation = tuned.values("labels", "val") if "val" in tuned.parts else labels[:0]
    all_labels = data.values("labels", "train")
    y, x, both, items = all_labels[inputs.rows], inputs.train_x, inputs.test_x, len(labels)
    probabilities = {
        "label frequencies": label_frequencies(all_labels, len(both)),
        f"linear model{inputs.suffix()}": cached_prediction("linear labels", linear_labels, x, y, both),
        _neighbors_name(inputs): neighbor_mean(_neighbors(inputs), y),
    }
    if inputs.is_table:
        arrays = inputs.trees.train_x, all_labels, inputs.trees.test_x

        def fit(*arrays: np.ndarray) -> np.ndarray:
            return boosted_labels(*arrays, categorical=inputs.trees.categorical)

        name = _trees_name(inputs, all_labels.shape[1])
        probabilities[name] = cached_prediction(f"{_trees_key(inputs)} labels", fit, *arrays)
    metrics: Metrics = {}
    for name, p in probabilities.items():
        threshold = rule(p[items:], validation) if len(validation) else 0.5
        metrics[name] = multi_label_metrics(p[:items], labels, threshold)
    return metrics, _description(metrics, inputs)


def target_baselines(
    data: PreparedData, part: str, decode: Callable[[np.ndarray], np.ndarray]
) -> tuple[Metrics, Table]:
    """The mean of the training part, a linear regression, k-NN and, on tables, boosted trees."""
    if is_text(data):
        return text_target_baselines(data, part, decode)
    truth, all_targets = decode(data.values("target", part)), decode(data.values("target", "train"))
    inputs = baseline_inputs(data, part)
    y, x, test = all_targets[inputs.rows], inputs.train_x, inputs.test_x
    linear = cached_prediction("ridge", linear_regression, x, y, test)
    neighbors = neighbor_mean(_neighbors(inputs), y)
    metrics = {
        "mean of the training part": mean_value(all_targets, truth),
        f"linear regression{inputs.suffix()}": regression_metrics(linear.reshape(truth.shape), truth),
        _neighbors_name(inputs): regression_metrics(neighbors.reshape(truth.shape), truth),
    }
    series = nearest_series(inputs, y) if is_series(data) else []
    for each in series:
        metrics[each.name] = regression_metrics(y[each.rows].reshape(truth.shape), truth)
    if inputs.is_table:
        arrays = inputs.trees.train_x, all_targets, inputs.trees.test_x

        def fit(*arrays: np.ndarray) -> np.ndarray:
            return boosted_regression(*arrays, categorical=inputs.trees.categorical)

        trees = cached_prediction(f"{_trees_key(inputs)} regression", fit, *arrays)
        metrics[_trees_name(inputs, all_targets.shape[1])] = regression_metrics(trees, truth)
    return metrics, _description(metrics, inputs, series)


def _neighbors(inputs: BaselineInputs) -> np.ndarray:
    """The positions of the nearest training rows, among those used, for each evaluated item."""
    scaled = int(not inputs.is_image)
    return cached_prediction("neighbors", nearest_rows, inputs.train_x, inputs.test_x, standardize=scaled)


def _neighbors_name(inputs: BaselineInputs) -> str:
    rows, features = inputs.train_x.shape
    return f"k-NN{inputs.suffix(affordable_neighbors(rows, features, len(inputs.test_x)))}"


def _trees_key(inputs: BaselineInputs) -> str:
    """The name of the model in the cache, with the columns that are categories."""
    return "trees " + "".join("nc"[int(code)] for code in inputs.trees.categorical)


def _trees_name(inputs: BaselineInputs, outputs: int) -> str:
    rows, columns = inputs.trees.train_x.shape
    return f"boosted trees{inputs.suffix(affordable_rows(rows, columns, outputs))}"


def _description(metrics: Metrics, inputs: BaselineInputs, series: Sequence[NearestSeries] = ()) -> Table:
    """What was fitted, a line for each baseline."""
    scaled = "the pixels as they are" if inputs.is_image else "standardized inputs"
    settings = SETTINGS | {"k-NN": f"{SETTINGS['k-NN']} among the training rows, on {scaled}"}
    settings |= {each.name.partition(" (")[0]: f"the nearest series by {each.model}" for each in series}
    rows = [[name, settings[name.partition(" (")[0]]] for name in metrics]
    note = f"Fitted on the training part, {inputs.total:,} rows"
    return Table(
        "Baselines", ["baseline", "model"], rows, f"{note}, {inputs.note}." if inputs.note else f"{note}."
    )
