"""Variances of structural models are recovered and equal those of statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm

from hibiscus.errors import DataError
from hibiscus.series.kalman import kalman_filter
from hibiscus.series.structural_models import fit_structural, local_level, local_linear_trend


def walk(level_std, noise_std, steps=300, seed=0):
    rng = np.random.default_rng(seed)
    return 50 + np.cumsum(rng.normal(size=steps)) * level_std + rng.normal(size=steps) * noise_std


def test_fit_is_that_of_statsmodels():
    x = walk(0.5, 1.0, steps=80)
    x[40:44] = np.nan
    theirs = sm.tsa.UnobservedComponents(x, "llevel").fit(disp=False)
    ours = fit_structural(x)
    assert ours.observation_noise[0, 0] == pytest.approx(theirs.params[0], rel=0.02)
    assert ours.state_noise[0, 0] == pytest.approx(theirs.params[1], rel=0.02)
    assert kalman_filter(x, ours).log_likelihood == pytest.approx(theirs.llf, abs=0.02)


def test_local_level_of_large_noise_ratio_follows_exponential_smoothing():
    x = walk(1.0, 1.0)
    ratio = 1.0  # variance of the level over that of the noise: alpha = (sqrt(q^2 + 4 q) - q) / 2
    alpha = (np.sqrt(ratio**2 + 4 * ratio) - ratio) / 2
    states = kalman_filter(x, local_level(1.0, 1.0, scale=50)).means[:, 0]
    expected = states[49]
    for value in x[50:]:
        expected = alpha * value + (1 - alpha) * expected
    assert states[-1] == pytest.approx(expected, abs=1e-6)


def test_a_line_is_continued():
    line = 3 + 2.0 * np.arange(30)
    means, _ = kalman_filter(line, local_linear_trend(0.01, 0.01, 0.01, scale=50)).forecast(3)
    np.testing.assert_allclose(means[:, 0], [63, 65, 67], atol=1e-3)


def test_a_slope_is_found():
    x = 0.5 * np.arange(40) + np.random.default_rng(0).normal(size=40)
    fitted = kalman_filter(x, fit_structural(x, trend=True))
    assert fitted.means[-1, 1] == pytest.approx(0.5, abs=0.1)


def test_what_is_refused():
    with pytest.raises(DataError, match="not all equal"):
        fit_structural(np.full(10, 3.0))
