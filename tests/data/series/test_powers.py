import numpy as np
import pytest
from scipy.stats import boxcox_llf, boxcox_normmax

from hibiscus.data.series.powers import fit_box_cox, power, power_inverse


def test_box_cox_is_its_definition():
    values = np.array([[1.0, 2.0], [4.0, 8.0]])
    lambdas, scales = np.array([0.5, 0.0]), np.array([2.0, 4.0])
    expected = [[(0.5**0.5 - 1) / 0.5, np.log(0.5)], [(2**0.5 - 1) / 0.5, np.log(2)]]
    assert power(values, "box-cox", lambdas, scales) == pytest.approx(np.array(expected))


def test_lambda_maximizes_the_likelihood():
    values = np.random.default_rng(0).lognormal(1.0, 0.5, 500) ** 1.5
    exponent, scale = fit_box_cox(values)
    assert exponent == pytest.approx(boxcox_normmax(values, method="mle"), abs=1e-4)
    assert scale == pytest.approx(np.exp(np.log(values).mean()))
    assert boxcox_llf(exponent, values) > max(boxcox_llf(exponent + d, values) for d in (-0.05, 0.05))


def test_lambda_of_a_power_of_normal_values_is_its_inverse():
    values = np.random.default_rng(1).normal(10, 1, 5000) ** 2
    assert fit_box_cox(values)[0] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("column", [np.full(9, 3.0), np.array([3.0]), np.array([np.nan])])
def test_constant_and_missing_values_are_not_transformed(column):
    assert fit_box_cox(column)[0] == 1.0


@pytest.mark.parametrize("kind", ["log", "sqrt", "box-cox"])
@pytest.mark.parametrize("value", [-1e6, 1e6])
def test_forecasts_outside_the_range_stay_finite(kind, value):
    values = power_inverse(np.full((1, 2), value), kind, np.array([-1.0, 0.5]), np.ones(2))
    assert np.isfinite(values).all()
    assert (values >= 0).all()
