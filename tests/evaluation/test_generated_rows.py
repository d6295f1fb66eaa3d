"""Evaluation of generated rows: real rows are at the floor, baselines lack what they are known to lack."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.dataset import Dataset, content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.generated_rows import evaluate_rows, rows_of, validate_rows


def prepared(values):
    dataset = Dataset("d", "d", {"array": values}, [str(i) for i in range(len(values))], content_keys(values))
    count = len(values)
    parts = {
        "train": np.arange(count // 2),
        "val": np.arange(count // 2, 3 * count // 4),
        "test": np.arange(3 * count // 4, count),
    }
    return PreparedData(dataset, Preparation({"array": ArrayPreparation.fit(values[: count // 2])}), parts)


def two_lines(count=2400):
    """Columns that are equal or opposite: no correlation, but a strong dependence."""
    rng = np.random.default_rng(0)
    first = rng.uniform(-1, 1, count)
    sign = rng.choice([-1, 1], count)
    noise = rng.normal(0, 0.05, (2, count))
    return np.stack([5 + first + noise[0], 10 * (first * sign + noise[1])], 1).astype(np.float32)


def evaluated(data, sample, names=("a", "b")):
    preparation = data.preparation["array"]
    restore = lambda values: values * np.array(preparation.std) + np.array(preparation.mean)  # noqa: E731
    return evaluate_rows(sample, data, "test", "array", names, restore)


def test_real_rows_are_at_the_floor_and_baselines_are_not():
    data = prepared(two_lines())
    evaluation = evaluated(data, lambda count: data.values("array", "val")[:count])
    metrics, baselines = evaluation.metrics, evaluation.baselines
    assert metrics["frechet_items"] == 600
    assert metrics["sliced_wasserstein"] < 2 * metrics["sliced_wasserstein_floor"]
    for name, row in baselines.items():
        assert row["sliced_wasserstein"] > 2 * metrics["sliced_wasserstein"], name
    assert baselines["independent columns"]["ks_max"] < 0.1
    assert baselines["normal distribution"]["frechet"] < 0.1
    assert metrics["diversity"] == pytest.approx(1, abs=0.1)


def test_validation_has_the_metrics_of_the_evaluation():
    data = prepared(two_lines())
    metrics = validate_rows(lambda count: rows_of(data, "train", "array", count), data, "val", "array")
    evaluation = evaluated(data, lambda count: rows_of(data, "train", "array", count))
    assert set(metrics) == set(evaluation.metrics)
    assert metrics["sliced_wasserstein"] == metrics["sliced_wasserstein_floor"]


def test_columns_are_in_the_units_of_the_data():
    data = prepared(two_lines())
    evaluation = evaluated(data, lambda count: 0 * data.values("array", "val")[:count])
    table = evaluation.report_items[-1]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["a"][0] == pytest.approx(5, abs=0.1)
    assert rows["b"][3] == pytest.approx(10 / 3**0.5, rel=0.1)
    strongest = evaluation.report_items[0].columns[3]
    assert strongest == min(
        evaluation.baselines, key=lambda name: evaluation.baselines[name]["sliced_wasserstein"]
    )


def test_series_are_drawn_over_time():
    steps = np.arange(20, dtype=np.float32)
    phase = np.random.default_rng(0).uniform(0, 6, (80, 1))
    data = prepared(np.sin(steps / 3 + phase).astype(np.float32)[..., None])
    evaluation = evaluated(data, lambda count: data.values("array", "train")[:count], ["level"])
    curve = evaluation.report_items[2]
    assert curve.y_label == "level"
    assert [len(series.y) for series in curve.series] == [20] * 8
    assert [row[0] for row in evaluation.report_items[-1].rows] == ["level"]


def test_a_single_column_and_very_wide_rows():
    for columns in (1, 300):
        values = np.random.default_rng(0).normal(size=(60, columns)).astype(np.float32)
        data = prepared(values)
        names = [f"column {i}" for i in range(columns)]
        metrics = evaluated(data, lambda count, data=data: data.values("array", "val")[:count], names).metrics
        assert all(np.isfinite(list(metrics.values()))), columns
