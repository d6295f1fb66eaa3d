"""Evaluation of generated vectors and series: distances to real ones, baselines, and each column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hibiscus.data.prepared import PreparedData, evenly_spaced
from hibiscus.evaluation.baselines import principal_components
from hibiscus.evaluation.items import Curve, ReportItem, Scatter, Series, Table
from hibiscus.evaluation.sample_quality import compared_count
from hibiscus.metrics.frechet import frechet_distance
from hibiscus.metrics.precision_recall import diversity
from hibiscus.metrics.two_samples import correlation_error, kolmogorov_smirnov, sliced_wasserstein
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_rows", "row_metrics", "rows_of", "validate_rows"]

MAX_DIMENSIONS = 64  # wider rows are reduced to so many principal components for the Fréchet distance
MAX_COLUMNS, MAX_DOTS, MAX_LINES = 50, 500, 4
MEANINGS = {
    "sliced_wasserstein": "distance between the distributions along random directions",
    "frechet": "distance between means and covariances; 0 if they are equal",
    "ks_mean": "mean over columns of the Kolmogorov-Smirnov distance, from 0 to 1",
    "ks_max": "that of the worst column",
    "correlation_error": "mean absolute difference of the correlations between columns",
    "diversity": "how different they are from each other; 0: all equal, 1: like real rows",
}
Sample = Callable[[int], np.ndarray]  # standardized rows (count, ...)
Baseline = Callable[[np.ndarray, int], np.ndarray]  # from training rows (items, columns)


def rows_of(data: PreparedData, part: str, field: str, count: int) -> np.ndarray:
    """At most `count` evenly spaced items of a part as standardized rows `(items, columns)`."""
    values = data.rows(field, part)
    return values[evenly_spaced(len(values), count)].reshape(min(count, len(values)), -1)


def row_metrics(fake: np.ndarray, real: np.ndarray, train: np.ndarray) -> dict[str, float]:
    """All metrics of generated rows `(items, columns)`; the principal components are those of `train`."""
    ks = kolmogorov_smirnov(fake, real)
    mean, axes = principal_components(train, min(MAX_DIMENSIONS, *train.shape))
    return {
        "sliced_wasserstein": sliced_wasserstein(fake, real),
        "frechet": frechet_distance((fake - mean) @ axes.T, (real - mean) @ axes.T),
        "ks_mean": float(ks.mean()),
        "ks_max": float(ks.max()),
        "correlation_error": correlation_error(fake, real),
        "diversity": diversity(real, fake),
    }


def validate_rows(sample: Sample, data: PreparedData, part: str, field: str) -> dict[str, float]:
    """The metrics of as many samples as real items are compared, beside the floor of real training items."""
    count = _count(data, part)
    real, train = rows_of(data, part, field, count), rows_of(data, "train", field, count)
    metrics = row_metrics(sample(count).reshape(count, -1), real, train)
    floor = sliced_wasserstein(train, real)
    return {**metrics, "sliced_wasserstein_floor": floor, "frechet_items": float(count)}


def evaluate_rows(
    sample: Sample,
    data: PreparedData,
    part: str,
    field: str,
    names: Sequence[str],
    restore: Callable[[np.ndarray], np.ndarray],
) -> Evaluation:
    """Metrics of generated rows compared with training rows and baselines; each column; a scatter plot.

    Args:
        sample: generates standardized rows.
        data: with the part and the training part.
        part: its name.
        field: `array` or `table`.
        names: of the columns; those of one step for series.
        restore: maps standardized items to the units of the data.
    """
    count = _count(data, part)
    items = sample(count)
    fake, real = items.reshape(count, -1), rows_of(data, part, field, count)
    train, whole = rows_of(data, "train", field, count), rows_of(data, "train", field, 5000)
    metrics, floor = (row_metrics(rows, real, train) for rows in (fake, train))
    baselines = {name: row_metrics(draw(whole, count), real, train) for name, draw in BASELINES.items()}
    metrics |= {"sliced_wasserstein_floor": floor["sliced_wasserstein"], "frechet_items": float(count)}
    strongest = min(baselines, key=lambda name: baselines[name]["sliced_wasserstein"])
    rows = [
        [name.replace("_", " "), metrics[name], floor[name], baselines[strongest][name], meaning]
        for name, meaning in MEANINGS.items()
    ]
    note = (
        f"From {count:,} samples and {count:,} real items, in standard deviations of each column. "
        "The training rows show what real rows achieve; distances depend on the number of items. The "
        f"strongest baseline is “{strongest}”."
    )
    columns = ["metric", "samples", "training rows", strongest, "meaning"]
    report_items: list[ReportItem] = [
        Table("Distance to real rows", columns, rows, note),
        _principal_scatter(fake, real, whole),
    ]
    actual = data.rows(field, part)[data.subsample(part, count)]
    if items.ndim == 3:
        report_items.append(_lines(restore(items), restore(actual), names))
    report_items.append(_by_column(restore(items), restore(actual), names))
    return Evaluation(metrics, baselines, report_items)


def _count(data: PreparedData, part: str) -> int:
    """How many items of a part are compared, the same for the validation and the test part of a run."""
    sizes = (len(items) for owner in (data.owner("train"), data) for items in owner.parts.values())
    return compared_count(len(data.owner(part).parts[part]), sizes)


def _independent_columns(train: np.ndarray, count: int) -> np.ndarray:
    """Each value is that of another random training row: right in every column, without dependence."""
    rows = np.random.default_rng(0).integers(0, len(train), (count, train.shape[1]))
    return np.take_along_axis(train, rows, 0)


def _gaussian(train: np.ndarray, count: int) -> np.ndarray:
    """A normal distribution with the mean and the covariance of the training rows."""
    generator = np.random.default_rng(0)
    mean = train.mean(0)
    weights = generator.standard_normal((count, len(train))) / np.sqrt(max(1, len(train) - 1))
    return (mean + weights @ (train - mean)).astype(train.dtype)


def _means_of_two(train: np.ndarray, count: int) -> np.ndarray:
    """The mean of two random training rows."""
    first, second = np.random.default_rng(0).integers(0, len(train), (2, count))
    return (train[first] + train[second]) / 2


BASELINES: dict[str, Baseline] = {
    "independent columns": _independent_columns,
    "normal distribution": _gaussian,
    "mean of two training rows": _means_of_two,
}


def _principal_scatter(fake: np.ndarray, real: np.ndarray, train: np.ndarray) -> Scatter:
    """Real and generated rows along the two directions in which training rows differ most."""
    if train.shape[1] > 1 and len(train) > 2:
        mean, axes = principal_components(train, 2)
        labels = ("principal component 1", "principal component 2")
    else:
        mean, axes, labels = train.mean(0), np.ones((1, train.shape[1])), ("value", "")
    few = evenly_spaced(len(real), MAX_DOTS)
    points = np.concatenate([(rows[few] - mean) @ axes.T for rows in (real, fake)])
    vertical = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
    groups = ["real"] * len(few) + ["generated"] * len(few)
    return Scatter("Real and generated rows", *labels, points[:, 0], vertical, groups=groups)


def _lines(fake: np.ndarray, real: np.ndarray, names: Sequence[str]) -> Curve:
    """The first feature of a few generated and real series over time."""
    steps = np.arange(fake.shape[1])
    chosen = evenly_spaced(len(fake), MAX_LINES)
    series = [
        Series(f"{kind} {number + 1}", steps, values[index, :, 0])
        for kind, values in (("generated", fake), ("real", real))
        for number, index in enumerate(chosen)
    ]
    return Curve("Generated and real series", "step", names[0], series, note="Not selected.")


def _by_column(fake: np.ndarray, real: np.ndarray, names: Sequence[str]) -> Table:
    """Mean, standard deviation and Kolmogorov-Smirnov distance of each column, over all steps of series."""
    flat = [values.reshape(-1, values.shape[-1]) for values in (fake, real)]
    ks = kolmogorov_smirnov(*flat)
    order = np.argsort(-ks, kind="stable")[:MAX_COLUMNS]
    rows = [
        [names[i], *(float(f(values[:, i])) for f in (np.mean, np.std) for values in flat), float(ks[i])]
        for i in order
    ]
    columns = ["column", "mean, samples", "mean, real", "std, samples", "std, real", "KS distance"]
    return Table("Columns", columns, rows, "The columns that differ most come first.")
