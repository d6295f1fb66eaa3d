"""Tests of residuals against statsmodels and SciPy."""

import numpy as np
import pytest
from scipy import stats

from hibiscus.errors import DataError
from hibiscus.evaluation.residual_tests import residual_tests


def test_they_agree_with_statsmodels():
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.stats.stattools import durbin_watson

    e = np.random.default_rng(0).normal(size=200).cumsum()[::3]
    found = residual_tests(e, parameters=2, season=7)
    table = acorr_ljungbox(e, lags=[14], model_df=2)
    assert found.lags == 14
    assert found.ljung_box == pytest.approx(float(table["lb_pvalue"].iloc[0]))
    assert found.durbin_watson == pytest.approx(durbin_watson(e))
    assert found.shapiro_wilk == pytest.approx(stats.shapiro(e).pvalue)


def test_words_tell_white_noise_from_structure():
    rng = np.random.default_rng(3)
    white = residual_tests(rng.normal(size=500))
    assert white.durbin_watson == pytest.approx(2, abs=0.2)
    assert "no structure left" in white.words()
    walk = residual_tests(np.exp(rng.normal(size=500).cumsum() / 5))
    assert walk.durbin_watson < 0.5
    assert "structure is left" in walk.words()
    assert "not normal" in walk.words()


@pytest.mark.parametrize("values", [np.zeros(20), np.arange(5.0), np.full(20, np.nan)])
def test_errors(values):
    with pytest.raises(DataError, match="eight"):
        residual_tests(values)
