"""LOWESS against statsmodels, by hand, and that it looks ahead."""

import numpy as np
import pytest
from statsmodels.nonparametric.smoothers_lowess import lowess as theirs

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.local_regression import lowess


@pytest.mark.parametrize("fraction", [0.1, 0.3, 2 / 3, 1.0])
@pytest.mark.parametrize("iterations", [0, 3])
@pytest.mark.parametrize("irregular", [False, True])
def test_statsmodels_agrees(fraction, iterations, irregular):
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.uniform(0.5, 2, 60)) if irregular else np.arange(60.0)
    y = np.sin(x / 8) + rng.normal(size=60) * 0.2
    y[20] += 5
    expected = theirs(y, x, frac=fraction, it=iterations, return_sorted=False)
    found = lowess(y, fraction, iterations, times=x if irregular else None)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_line_stays_a_line_and_an_outlier_is_ignored():
    line = 2 + 0.5 * np.arange(30)
    np.testing.assert_allclose(lowess(line, 0.3), line)
    outlier = line + np.random.default_rng(0).normal(size=30) * 0.1
    outlier[15] += 20
    np.testing.assert_allclose(lowess(outlier, 0.9), line, atol=0.2)


def test_it_looks_ahead():
    y = np.random.default_rng(0).normal(size=40)
    changed = y.copy()
    changed[25:] = 5
    assert (lowess(y, 0.5)[:25] != lowess(changed, 0.5)[:25]).any()


def test_blocks_change_nothing(monkeypatch):
    y = np.random.default_rng(0).normal(size=40)
    before = lowess(y, 0.5)
    monkeypatch.setattr("hibiscus.series.local_regression.BLOCK", 1)
    np.testing.assert_allclose(lowess(y, 0.5), before)


def test_what_is_refused():
    with pytest.raises(DataError, match="each line takes 2"):
        lowess(np.arange(10.0), 0.2)
    with pytest.raises(DataError, match="rising time"):
        lowess(np.arange(5.0), 1.0, times=[0, 1, 1, 2, 3])
    with pytest.raises(ConfigError, match=r"fraction=1\.5"):
        lowess(np.arange(5.0), 1.5)
