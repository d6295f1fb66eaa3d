import numpy as np
import pytest
from statsmodels.tsa.stattools import grangercausalitytests
from statsmodels.tsa.vector_ar.var_model import VAR

from hibiscus.errors import DataError
from hibiscus.series import adjust_p_values, cointegration, granger_causality
from hibiscus.series.series_values import call_quietly


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=400), np.zeros(400)
    for t in range(2, 400):
        y[t] = 0.4 * y[t - 1] + 0.6 * x[t - 2] + rng.normal()
    return x, y


def test_the_direction_is_found(pair):
    test = granger_causality(*pair)
    assert test.forward < 1e-6
    assert test.backward > 0.05
    assert not test.differenced
    back = granger_causality(*pair[::-1])
    assert (back.forward, back.backward) == pytest.approx((test.backward, test.forward))


def test_p_values_and_order_are_those_of_statsmodels(pair):
    x, y = pair
    test = granger_causality(x, y, 8)
    both = np.column_stack([x, y])
    assert test.lags == VAR(both).select_order(8).aic
    other = call_quietly(grangercausalitytests, both[:, ::-1], [test.lags])[0]
    assert test.forward == pytest.approx(other[test.lags][0]["ssr_ftest"][1], abs=1e-9)


def test_unit_roots_are_differenced_first():
    rng = np.random.default_rng(1)
    walks = rng.normal(size=(2, 300)).cumsum(1)
    test = granger_causality(*walks)
    assert test.differenced
    assert min(test.forward, test.backward) > 0.01


def test_cointegration():
    rng = np.random.default_rng(0)
    walk = rng.normal(size=300).cumsum()
    assert cointegration(walk, 2 * walk + rng.normal(size=300)).rejects
    assert not cointegration(walk, rng.normal(size=300).cumsum()).rejects


def test_holm():
    assert adjust_p_values([0.04, 0.01, 0.03]).tolist() == pytest.approx([0.06, 0.03, 0.06])
    assert adjust_p_values([0.9, 0.8]).tolist() == [1, 1]
    assert adjust_p_values([]).tolist() == []


def test_constants_are_named(pair):
    with pytest.raises(DataError, match="a constant series"):
        granger_causality(pair[0], np.ones(400))


def test_a_series_without_noise_is_named(pair):
    with pytest.raises(DataError, match="without an error"):
        granger_causality(pair[0], np.resize([1.0, 2.0, 4.0], 400), 4, (False, False))
