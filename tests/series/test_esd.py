"""The generalized ESD test against Rosner's example and a slow twin, and S-H-ESD on a planted season."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.esd import generalized_esd, seasonal_hybrid_esd, seasonal_residual

# The data of Rosner (1983), as in the NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.5.17.3.
ROSNER = np.array([
    -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56,
    1.58, 1.65, 1.69, 1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10,
    2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92,
    2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
])  # fmt: skip
STATISTICS = (3.118, 2.942, 3.179, 2.810, 2.815, 2.848, 2.279, 2.310, 2.101, 2.067)
CRITICAL = (3.158, 3.151, 3.143, 3.136, 3.128, 3.120, 3.111, 3.103, 3.094, 3.085)


def test_rosners_example_has_three_outliers():
    found = generalized_esd(ROSNER, 10)
    assert np.allclose(found.statistics, STATISTICS, atol=1e-3)
    assert np.allclose(found.critical_values, CRITICAL, atol=1e-3)
    assert ROSNER[found.outliers].tolist() == [6.01, 5.42, 5.34]


@pytest.mark.parametrize("robust", [False, True])
def test_it_removes_what_a_loop_over_all_values_removes(robust):
    values = np.random.default_rng(3).standard_t(2, 80)
    left, expected = list(range(80)), []
    for _ in range(12):
        rest = values[left]
        center = np.median(rest) if robust else rest.mean()
        spread = 1.4826 * np.median(abs(rest - center)) if robust else rest.std(ddof=1)
        deviation = abs(rest - center) / spread
        expected.append(deviation.max())
        del left[int(deviation.argmax())]
    assert np.allclose(generalized_esd(values, 12, robust=robust).statistics, expected)


def test_normal_values_rarely_have_an_outlier():
    random = np.random.default_rng(0)
    found = [len(generalized_esd(random.normal(size=60), 3, alpha=0.05).outliers) > 0 for _ in range(400)]
    assert 0.02 < np.mean(found) < 0.09


def seasonal(spike: float = 4.0):
    steps = np.arange(24 * 20)
    values = 10 * np.sin(2 * np.pi * steps / 24) + np.random.default_rng(1).normal(0, 0.5, len(steps))
    values[[100, 333]] += (-spike, spike)  # within the range of the season
    return values


@pytest.mark.parametrize("residual", ["median", "stl"])
def test_shesd_finds_spikes_that_the_season_hides(residual):
    assert sorted(seasonal_hybrid_esd(seasonal(), 24, residual=residual).outliers) == [100, 333]
    assert not len(generalized_esd(seasonal(), 9, robust=True).outliers)


def test_the_residual_is_the_series_without_its_median_season():
    season = np.array([1.0, 5.0, -6.0])
    values = np.tile(season, 7) + 2
    values[4] += 3
    rest = seasonal_residual(values, 3)
    assert rest[4] == pytest.approx(rest[1] + 3)
    assert np.allclose(np.delete(rest, 4), np.delete(rest, 4)[0])


def test_equal_values_have_no_outlier():
    assert not len(generalized_esd(np.ones(20), 5).outliers)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(DataError, match="5 values and max_outliers=4"):
        generalized_esd(np.arange(5), 4)
    with pytest.raises(ConfigError, match="alpha=0"):
        generalized_esd(ROSNER, 3, alpha=0)
    with pytest.raises(ConfigError, match="residual='stll'"):
        seasonal_residual(ROSNER, 2, "stll")
    with pytest.raises(DataError, match="54 steps and season=30"):
        seasonal_hybrid_esd(ROSNER, 30)
    with pytest.raises(DataError, match="step 2"):
        generalized_esd([1, 2, np.nan, 4, 5, 6], 1)
