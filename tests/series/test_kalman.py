"""Filter and smoother against the plain twin, statsmodels, and the conditional normal distribution."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import DataError
from hibiscus.scratch import state_space as plain
from hibiscus.series.kalman import StateSpace, kalman_filter, kalman_smoother


def some_model(states, variables, seed):
    rng = np.random.default_rng(seed)

    def covariance(n):
        root = rng.normal(size=(n, n))
        return root @ root.T + 0.1 * np.eye(n)

    transition = rng.normal(size=(states, states)) * 0.5
    observation = rng.normal(size=(variables, states))
    return StateSpace(
        transition,
        observation,
        covariance(states),
        covariance(variables),
        rng.normal(size=states),
        covariance(states),
    )


def with_gaps(steps, variables, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(steps, variables))
    x[rng.random(x.shape) < 0.25] = np.nan
    return x


@settings(max_examples=40, deadline=None)
@given(steps=st.integers(1, 15), states=st.integers(1, 3), seed=st.integers(0, 99))
def test_filter_is_the_twins(steps, states, seed):
    model, x = some_model(states, 1, seed), with_gaps(steps, 1, seed)
    means, covariances, total = plain.kalman_filter(
        [None if np.isnan(v) else v for v in x[:, 0].tolist()],
        model.transition.tolist(),
        model.observation[0].tolist(),
        model.state_noise.tolist(),
        float(model.observation_noise[0, 0]),
        (model.initial_mean.tolist(), model.initial_covariance.tolist()),
    )
    found = kalman_filter(x, model)
    np.testing.assert_allclose(found.means, means, atol=1e-8)
    np.testing.assert_allclose(found.covariances, covariances, atol=1e-8)
    assert found.log_likelihood == pytest.approx(total, abs=1e-8)


def of_statsmodels(x, model):
    ssm = sm.tsa.statespace.MLEModel(x, k_states=len(model.transition)).ssm
    ssm["design"], ssm["transition"] = model.observation, model.transition
    ssm["obs_cov"], ssm["state_cov"] = model.observation_noise, model.state_noise
    ssm["selection"] = np.eye(len(model.transition))
    ssm.initialize_known(model.initial_mean, model.initial_covariance)
    return ssm.smooth()


@pytest.mark.parametrize("variables", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_statsmodels_agrees(variables, seed):
    model, x = some_model(2, variables, seed), with_gaps(30, variables, seed)
    theirs = of_statsmodels(x, model)
    found, smooth = kalman_filter(x, model), kalman_smoother(x, model)
    np.testing.assert_allclose(found.means, theirs.filtered_state.T, atol=1e-6)
    np.testing.assert_allclose(found.covariances, np.moveaxis(theirs.filtered_state_cov, -1, 0), atol=1e-6)
    np.testing.assert_allclose(smooth.means, theirs.smoothed_state.T, atol=1e-6)
    np.testing.assert_allclose(smooth.covariances, np.moveaxis(theirs.smoothed_state_cov, -1, 0), atol=1e-6)
    assert found.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)


def test_forecasts_are_missing_values_at_the_end():
    model, x = some_model(2, 2, 0), with_gaps(20, 2, 0)
    means, covariances = kalman_filter(x, model).forecast(3)
    longer = kalman_filter(np.vstack([x, np.full((3, 2), np.nan)]), model)
    np.testing.assert_allclose(means, longer.predicted_means[20:] @ model.observation.T)
    expected = model.observation @ longer.predicted_covariances[-1] @ model.observation.T
    np.testing.assert_allclose(covariances[-1], expected + model.observation_noise)


def test_the_filter_is_causal_and_the_smoother_is_not():
    model, x = some_model(2, 1, 1), with_gaps(20, 1, 1)
    changed = x.copy()
    changed[12:] = 9
    np.testing.assert_array_equal(
        kalman_filter(x, model).means[:12], kalman_filter(changed, model).means[:12]
    )
    assert (kalman_smoother(x, model).means[:12] != kalman_smoother(changed, model).means[:12]).any()


def test_what_is_refused():
    with pytest.raises(DataError, match="2 variables"):
        kalman_filter(np.zeros((3, 2)), some_model(1, 1, 0))
    with pytest.raises(DataError, match=r"observation of the shape \(1, 3\)"):
        StateSpace(np.eye(2), np.ones((1, 3)), np.eye(2), np.eye(1), np.zeros(2), np.eye(2))
