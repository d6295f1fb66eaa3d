import numpy as np
import pytest

from hibiscus.data.series.imputation import IMPUTATIONS, check_look_ahead, impute
from hibiscus.errors import ConfigError

NAN = np.nan
VALUES = [NAN, 1.0, 2.0, NAN, 4.0, NAN, NAN, 8.0, NAN]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("forward", [-1, 1, 2, 2, 4, 4, 4, 8, 8]),
        ("past-mean", [-1, 1, 2, 1.5, 4, 7 / 3, 7 / 3, 8, 15 / 4]),
        ("window-mean", [-1, 1, 2, 1.5, 4, 3, 4, 8, 8]),
        ("seasonal", [-1, 1, 2, 2, 4, 2, 4, 8, 2]),
        ("linear", [-1, 1, 2, 3, 4, 16 / 3, 20 / 3, 8, 8]),
    ],
)
def test_rules(rule, expected):
    filled = impute(np.array(VALUES)[:, None], rule, 3, np.array([-1.0]))
    assert filled[:, 0] == pytest.approx(expected)


def test_seasonal_takes_the_same_position_of_the_last_season():
    values = np.array([1.0, 2, 3, NAN, 5, NAN, NAN, NAN])[:, None]
    assert impute(values, "seasonal", 3, np.zeros(1))[:, 0].tolist() == [1, 2, 3, 1, 5, 3, 1, 5]


@pytest.mark.parametrize("rule", IMPUTATIONS)
def test_variables_are_filled_by_themselves(rule):
    values = np.random.default_rng(0).normal(size=(50, 3))
    values[values > 0.8] = NAN
    filled = impute(values, rule, 7, np.arange(3.0))
    assert np.isfinite(filled).all()
    assert np.array_equal(filled[~np.isnan(values)], values[~np.isnan(values)])
    for variable in range(3):
        alone = impute(values[:, [variable]], rule, 7, np.array([float(variable)]))
        assert np.array_equal(alone[:, 0], filled[:, variable])


@pytest.mark.parametrize("rule", IMPUTATIONS)
def test_a_variable_without_values_gets_the_fallback(rule):
    values = np.full((4, 1), NAN)
    assert (impute(values, rule, 2, np.array([7.0])) == 7).all()
    assert np.isnan(values).all()  # the values of the caller are not changed


def test_infinite_values_are_missing():
    values = np.array([1.0, np.inf, 3.0])[:, None]
    assert impute(values, "forward", 1, np.zeros(1))[:, 0].tolist() == [1, 1, 3]


def test_a_rule_that_looks_ahead_needs_permission():
    check_look_ahead("linear", allowed=True)
    for rule in set(IMPUTATIONS) - {"linear"}:
        check_look_ahead(rule, allowed=False)
    with pytest.raises(ConfigError, match="from after it") as caught:
        check_look_ahead("linear", allowed=False)
    assert "look_ahead=true" in caught.value.fix
    assert "linear" not in caught.value.expected


def test_unknown_rules_are_refused():
    with pytest.raises(ConfigError, match="impute=foward") as caught:
        impute(np.ones((2, 1)), "foward", 1, np.ones(1))
    assert "forward" in caught.value.fix
