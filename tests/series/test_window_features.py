"""Features of windows by hand, against SciPy, and without the future."""

import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.window_features import FEATURES, rolling_features, series_features

NAMES = list(FEATURES)


def feature(x, name):
    return series_features([x])[0, NAMES.index(name)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", 3),
        ("minimum", 1),
        ("maximum", 6),
        ("median", 2.5),
        ("last_value", 6),
        ("slope", None),  # that of polyfit
        ("mean_change", 5 / 3),
        ("mean_absolute_change", (2 + 1 + 4) / 3),
        ("mean_absolute_curvature", (3 + 5) / 2),
        ("mean_crossings", 1 / 3),
        ("longest_run_above_mean", 1 / 4),
        ("position_of_maximum", 1),
        ("position_of_minimum", 0),
    ],
)
def test_by_hand(name, value):
    x = [1.0, 3.0, 2.0, 6.0]
    expected = np.polyfit(range(4), x, 1)[0] if name == "slope" else value
    assert feature(x, name) == pytest.approx(expected)


def test_moments_and_quartiles():
    x = np.random.default_rng(0).gamma(1.0, size=50)
    assert feature(x, "skewness") == pytest.approx(skew(x))
    assert feature(x, "kurtosis") == pytest.approx(kurtosis(x, fisher=False))
    assert feature(x, "standard_deviation") == pytest.approx(x.std())
    assert feature(x, "lower_quartile") == pytest.approx(np.quantile(x, 0.25))
    assert feature(x, "upper_quartile") == pytest.approx(np.quantile(x, 0.75))
    c = x - x.mean()
    assert feature(x, "autocorrelation_1") == pytest.approx(c[1:] @ c[:-1] / (c @ c))
    assert feature(x, "autocorrelation_2") == pytest.approx(c[2:] @ c[:-2] / (c @ c))


def test_frequencies():
    wave = np.sin(2 * np.pi * np.arange(40) / 8)
    assert feature(wave, "dominant_frequency") == pytest.approx(1 / 8)
    assert feature(wave, "spectral_entropy") == pytest.approx(0, abs=1e-9)
    assert feature(np.random.default_rng(0).normal(size=400), "spectral_entropy") > 0.85


def test_constant_windows_are_finite():
    assert np.isfinite(series_features(np.full((2, 6), 7.3))).all()


def test_windows_end_where_they_are_known():
    x = np.arange(12.0)
    features, ends = rolling_features(x, 5, 3)
    assert ends.tolist() == [4, 7, 10]
    assert features[:, NAMES.index("last_value")].tolist() == [4, 7, 10]
    assert features[:, NAMES.index("mean")].tolist() == [2, 5, 8]


def test_the_future_changes_nothing_in_the_past(monkeypatch):
    x = np.random.default_rng(1).normal(size=60)
    changed = x.copy()
    changed[40:] = 9
    before, ends = rolling_features(x, 8)
    np.testing.assert_array_equal(before[ends < 40], rolling_features(changed, 8)[0][ends < 40])
    monkeypatch.setattr("hibiscus.series.window_features.BLOCK", 1)
    np.testing.assert_allclose(rolling_features(x, 8)[0], before)


def test_what_is_refused():
    with pytest.raises(DataError, match="3 steps"):
        rolling_features(np.arange(9.0), 3)
    with pytest.raises(ConfigError, match="window=9"):
        rolling_features(np.arange(8.0), 9)
