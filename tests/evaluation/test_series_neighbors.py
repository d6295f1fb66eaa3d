import numpy as np
import pytest

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.data.open import open_data
from hibiscus.data.preparation import LabelPreparation, Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import series_neighbors
from hibiscus.evaluation.baseline_inputs import baseline_inputs
from hibiscus.evaluation.series_neighbors import best_band, is_series, nearest_series
from hibiscus.evaluation.supervised_baselines import class_baselines, target_baselines

PARTS = {"train": np.arange(20), "val": np.arange(20, 24), "test": np.arange(24, 40)}


def pulses(items=40, steps=40, padded=False):
    """Series with a pulse anywhere: upwards then downwards, or downwards first."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.05, (items, steps, 1)).astype(np.float32)
    label = np.arange(items) % 2
    for item in range(items):
        start, sign = rng.integers(0, 28), 1 if label[item] else -1
        values[item, start : start + 4] += sign
        values[item, start + 4 : start + 8] -= sign
        if padded:
            values[item, rng.integers(36, 41) :] = np.nan
    return values, label


def prepared(padded=False):
    values, label = pulses(padded=padded)
    dataset = open_data((values, label))
    learned = {"array": ArrayPreparation.fit(values[:20], padded), "label": LabelPreparation(("0", "1"))}
    return PreparedData(dataset, Preparation(learned), PARTS)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path))


@pytest.mark.parametrize("padded", [False, True])
def test_warping_finds_shifted_shapes(padded):
    data = prepared(padded)
    metrics, table = class_baselines(data, "test", 2)
    assert metrics["1-NN DTW"]["accuracy"] == 1
    assert metrics["1-NN Euclidean"]["accuracy"] < 1 or padded
    models = dict(table.rows)
    assert "of 40 steps, chosen by leave-one-out" in models["1-NN DTW"]
    assert models["1-NN Euclidean"] == "the nearest series by the Euclidean distance"


def test_a_distance_equals_the_slow_search():
    data = prepared()
    label = data.values("label", "train")
    euclidean, _ = nearest_series(baseline_inputs(data, "test"), label)
    train, test = data.values("array", "train"), data.values("array", "test")
    slow = [((train - series) ** 2).sum((1, 2)).argmin() for series in test]
    assert euclidean.rows.tolist() == slow


def test_the_band_is_chosen_by_leave_one_out():
    values, label = pulses()
    assert best_band(values[:20], label[:20])[0] > 0
    level = values.copy()
    level[:, :, 0] += 5 * label[:, None]
    assert best_band(level[:20], label[:20])[0] == 0  # of equal merit, the narrowest
    assert best_band(values[:1], label[:1])[0] == 0
    shorter = values[:20].copy()
    shorter[0, 20:] = np.nan
    assert best_band(shorter, label[:20])[0] >= 12  # otherwise no path joins it to the others


def test_large_data_is_compared_with_few_series_or_not_at_all(monkeypatch):
    data = prepared()
    label = data.values("label", "train")
    monkeypatch.setattr(series_neighbors, "CELLS", 16 * 40 * 17 * 12)
    names = [each.name for each in nearest_series(baseline_inputs(data, "test"), label)]
    assert names == ["1-NN Euclidean", "1-NN DTW (12 of 20 rows)"]
    monkeypatch.setattr(series_neighbors, "CELLS", 16 * 40 * 17 * 9)
    assert len(nearest_series(baseline_inputs(data, "test"), label)) == 1


def test_numbers_are_predicted_as_well():
    data = prepared()
    data.arrays["target"] = data.arrays["label"][:, None].astype(np.float32)
    metrics, _ = target_baselines(data, "test", lambda target: target)
    assert metrics["1-NN DTW"]["r2"] > 0.5
    assert is_series(data)
