import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.diagnostic import breaks_cusumolsresid, recursive_olsresiduals

from hibiscus.series import change_points, cusum, long_run_variance, ols_cusum, ols_mosum


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=500)


def shifted(noise):
    return noise + np.where(np.arange(len(noise)) < 300, 0.0, 1.5)


def test_ols_cusum_is_that_of_statsmodels(noise):
    statistic, _, critical = breaks_cusumolsresid(noise - noise.mean(), ddof=1)
    own = ols_cusum(noise)
    assert own.statistic == pytest.approx(statistic, abs=1e-9)
    assert own.critical_values == pytest.approx({f"{level}%": value for level, value in critical}, abs=0.005)


def test_cusum_has_the_recursive_residuals_of_statsmodels(noise):
    result = recursive_olsresiduals(OLS(noise, np.ones(500)).fit(), skip=1)
    standardized = result[3][1:]
    np.testing.assert_allclose(
        cusum(noise).process[1:], np.cumsum(standardized) / standardized.std(ddof=1), atol=1e-8
    )


def test_mosum_is_the_sum_over_a_window(noise):
    own = ols_mosum(noise, 0.1)
    e = noise - noise.mean()
    sums = [e[t : t + 50].sum() for t in range(451)]
    np.testing.assert_allclose(own.process, sums / (noise.std(ddof=1) * np.sqrt(500)), atol=1e-12)


@pytest.mark.parametrize("test", [cusum, ols_cusum, ols_mosum])
def test_a_level_shift_is_found_and_noise_is_not_one(test, noise):
    assert not test(noise).rejects
    assert test(shifted(noise)).rejects


def test_the_size_of_the_tests_is_right():
    rng = np.random.default_rng(3)
    draws = [rng.normal(size=200) for _ in range(400)]
    for test in (cusum, ols_cusum, ols_mosum):
        assert 0.01 < np.mean([test(draw).rejects for draw in draws]) < 0.09


def test_dependence_is_not_taken_for_a_change(noise):
    series = np.zeros(500)
    for t in range(1, 500):
        series[t] = 0.8 * series[t - 1] + noise[t]
    assert ols_cusum(series).rejects
    assert not ols_cusum(series, dependent=True).rejects
    assert len(change_points(series)) == 0
    assert long_run_variance(series, 60) > 5 * np.var(series)


def test_change_points_are_where_the_level_changes(noise):
    assert change_points(shifted(noise)) == pytest.approx([300], abs=5)
    long = np.repeat([0.0, 5.0, 2.0], 5000) + np.random.default_rng(1).normal(size=15000)
    assert change_points(long) == pytest.approx([5000, 10000], abs=8)
    assert change_points(long, penalty=1e9).tolist() == []


def test_a_penalty_means_the_same_in_blocks(noise):
    values = np.repeat(np.where(np.arange(500) < 300, 0.0, 1.0), 12)  # 6,000 steps, one in two is averaged
    cost = ((values - values.mean()) ** 2).sum()
    assert len(change_points(values, penalty=0.9 * cost)) == 1
    assert len(change_points(values, penalty=1.1 * cost)) == 0


def test_constants_and_short_series_have_none():
    assert change_points(np.ones(50)).tolist() == []
    assert change_points([1.0, 2.0, 3.0]).tolist() == []
    assert not ols_cusum(np.ones(10)).rejects
    assert not cusum(np.ones(10)).rejects
