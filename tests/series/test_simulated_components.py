"""Components add up to the series, and the truth says where something was changed."""

import numpy as np
import pytest

from hibiscus.errors import ConfigError
from hibiscus.series.simulated_components import (
    plant_anomalies,
    simulate_level_shifts,
    simulate_seasonality,
    simulate_trend_shifts,
)


def test_seasonality_by_hand():
    result = simulate_seasonality(4, 4, sine=[2.0], cosine=[0.0, 1.0], level=1, slope=10, seed=0)
    np.testing.assert_allclose(result.truth["seasonal"], [1, 2 - 1, 1, -2 - 1], atol=1e-12)
    np.testing.assert_allclose(result.series, [2, 12, 22, 28])


def test_components_add_up():
    result = simulate_seasonality(50, 7, scale=0.5, seed=1)
    total = sum(result.truth[name] for name in ("trend", "seasonal", "residual"))
    np.testing.assert_allclose(result.series, total)
    assert result.truth["residual"].std() == pytest.approx(0.5, rel=0.3)


def test_shifts_by_hand():
    level = simulate_level_shifts(6, [2, 4], [3, -1], level=1, scale=0, seed=0)
    assert level.series.tolist() == [1, 1, 4, 4, 3, 3]
    assert level.truth["change_points"] == (2, 4)
    trend = simulate_trend_shifts(6, [3], [-1], level=5, slope=2, scale=0, seed=0)
    assert trend.series.tolist() == [5, 7, 9, 11, 10, 9]  # bends at step 3


@pytest.mark.parametrize("kind", ["spike", "shift", "noise"])
@pytest.mark.parametrize("seed", range(5))
def test_only_the_anomalies_are_changed(kind, seed):
    clean = np.sin(np.arange(200.0))
    result = plant_anomalies(clean, 4, kind=kind, length=7, start=100, seed=seed)
    changed, anomalous = result.series != clean, result.truth["anomalous"]
    assert (changed == anomalous).all()
    assert not anomalous[:100].any()
    assert anomalous.sum() == 4 * (1 if kind == "spike" else 7)
    starts = np.flatnonzero(np.diff(anomalous.astype(int), prepend=0) == 1)
    assert [begin for begin, _ in result.truth["windows"]] == starts.tolist()
    if kind != "noise":
        np.testing.assert_allclose(np.abs(result.series - clean)[anomalous], 5 * clean.std())


def test_anomalies_fill_a_series_exactly():
    assert plant_anomalies(np.arange(8.0), 2, kind="shift", length=3, seed=0).truth["windows"] == [
        (0, 3),
        (4, 7),
    ]


def test_what_is_refused():
    with pytest.raises(ConfigError, match="at least 9 steps"):
        plant_anomalies(np.arange(8.0), 2, kind="shift", length=3, start=1, seed=0)
    with pytest.raises(ConfigError, match="kind='odd'"):
        plant_anomalies(np.arange(8.0), 2, kind="odd", seed=0)
    with pytest.raises(ConfigError, match="between 1 and 5"):
        simulate_level_shifts(6, [6], [1], seed=0)
