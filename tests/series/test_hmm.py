"""Hidden Markov models against their plain twins, and models that are found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import ConfigError, DataError
from hibiscus.scratch import hidden_markov as plain
from hibiscus.series.emissions import CategoricalEmissions, GaussianEmissions
from hibiscus.series.hmm import HiddenMarkovModel, fit_hmm, forward_backward, viterbi


def some_model(states, kind, seed, variables=1, categories=4):
    rng = np.random.default_rng(seed)
    if kind == "gaussian":
        shape = (states, variables)
        emissions = GaussianEmissions(rng.normal(size=shape), rng.uniform(0.2, 2, shape))
    else:
        emissions = CategoricalEmissions(rng.dirichlet(np.ones(categories), states))
    return HiddenMarkovModel(
        rng.dirichlet(np.ones(states)), rng.dirichlet(np.ones(states), states), emissions
    )


@settings(max_examples=40, deadline=None)
@given(
    steps=st.integers(1, 7),
    states=st.integers(1, 3),
    kind=st.sampled_from(["gaussian", "categorical"]),
    seed=st.integers(0, 99),
)
def test_probabilities_and_path_are_the_twins(steps, states, kind, seed):
    model = some_model(states, kind, seed)
    x, _ = model.sample(steps, seed)
    plain_model = (
        model.initial.tolist(), model.transition.tolist(), np.exp(model.emissions.log_densities(x)).tolist()
    )  # fmt: skip
    found = forward_backward(x, model)
    alpha = np.array(plain.forward(*plain_model))
    assert found.log_likelihood == pytest.approx(np.log(alpha[-1].sum()), abs=1e-9)
    np.testing.assert_allclose(found.filtered, alpha / alpha.sum(1, keepdims=True), atol=1e-9)
    gamma, counts = plain.posteriors(*plain_model)
    np.testing.assert_allclose(found.smoothed, gamma, atol=1e-9)
    np.testing.assert_allclose(found.transitions, counts, atol=1e-9)
    path, score = viterbi(x, model)
    expected, density = plain.viterbi(*plain_model)
    assert score == pytest.approx(np.log(density), abs=1e-9)
    if kind == "gaussian":  # categories have paths of equal probability
        assert path.tolist() == expected


@pytest.mark.parametrize("seed", range(3))
def test_an_iteration_is_the_twins(seed):
    x, _ = some_model(2, "gaussian", seed).sample(30, seed)
    one, two = (fit_hmm(x, 2, starts=1, iterations=n, tolerance=-1.0, seed=seed).model for n in (1, 2))
    before = (one.initial.tolist(), one.transition.tolist())
    emissions = one.emissions.means[:, 0].tolist(), one.emissions.variances[:, 0].tolist()
    initial, transition, means, variances = plain.baum_welch_step(x.tolist(), *before, *emissions)
    np.testing.assert_allclose(two.initial, initial, atol=1e-6)
    np.testing.assert_allclose(two.transition, transition, atol=1e-6)
    np.testing.assert_allclose(two.emissions.means[:, 0], means, atol=1e-6)
    np.testing.assert_allclose(two.emissions.variances[:, 0], variances, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_a_gaussian_model_is_found_again(seed):
    emissions = GaussianEmissions([[0, 0], [3, -2]], [[1, 1], [0.5, 2]])
    model = HiddenMarkovModel([0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]], emissions)
    x, states = model.sample(600, seed)
    fit = fit_hmm(x, 2, starts=2, iterations=40, tolerance=1e-4, seed=seed)
    assert fit.converged
    assert (np.diff(fit.history) >= -1e-6).all(), "the likelihood does not fall"
    np.testing.assert_allclose(fit.model.emissions.means, emissions.means, atol=0.5)
    np.testing.assert_allclose(fit.model.transition, model.transition, atol=0.12)
    assert (viterbi(x, fit.model)[0] == states).mean() > 0.9


def test_a_categorical_model_is_found_again():
    emissions = CategoricalEmissions([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    model = HiddenMarkovModel([0.5, 0.5], [[0.95, 0.05], [0.05, 0.95]], emissions)
    x, states = model.sample(800, 0)
    fit = fit_hmm(x, 2, emissions="categorical", starts=3, iterations=40, tolerance=1e-4, seed=0)
    path = viterbi(x, fit.model)[0]
    assert max((path == states).mean(), (path != states).mean()) > 0.9
    rows = fit.model.emissions.probabilities
    np.testing.assert_allclose(rows[np.argsort(-rows[:, 0])], emissions.probabilities, atol=0.1)


def test_long_series_do_not_underflow():
    model = some_model(2, "gaussian", 0)
    x, _ = model.sample(3000, 0)
    found = forward_backward(x, model)
    assert np.isfinite(found.log_likelihood)
    np.testing.assert_allclose(found.smoothed.sum(1), 1)
    far = forward_backward([0.0, 1e4, 0.0], model)  # densities of exp(-1e8)
    np.testing.assert_allclose(far.smoothed.sum(1), 1)


def test_several_series_do_not_touch_each_other():
    model = HiddenMarkovModel([1, 0], [[0.5, 0.5], [0, 1]], GaussianEmissions([0, 5], [0.1, 0.1]))
    series = [model.sample(20, seed)[0] for seed in range(20)]
    fit = fit_hmm(np.concatenate(series), 2, lengths=[20] * 20, starts=1, seed=0)
    np.testing.assert_allclose(fit.model.initial, [1, 0], atol=1e-6)
    assert fit.model.transition[1, 0] < 1e-6  # no return within a series


def test_filtered_is_causal_and_smoothed_is_not():
    model = some_model(3, "gaussian", 1)
    x, _ = model.sample(30, 1)
    changed = x.copy()
    changed[20:] = 4
    before, after = forward_backward(x, model), forward_backward(changed, model)
    np.testing.assert_allclose(before.filtered[:20], after.filtered[:20], rtol=1e-12)
    assert np.abs(before.smoothed[:20] - after.smoothed[:20]).max() > 1e-6


def test_a_constant_series_does_not_break_the_fit():
    fit = fit_hmm(np.full(20, 3.0), 2, starts=1, iterations=5, seed=0)
    np.testing.assert_allclose(fit.model.emissions.means, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_hmm([1.0], 2, seed=0), "at least as many steps as states"),
        (lambda: fit_hmm([1.0, 2], 1, lengths=[1], seed=0), "lengths"),
        (lambda: fit_hmm([0.5, 1], 1, emissions="categorical", seed=0), "whole numbers"),
        (lambda: forward_backward([[1, 2]], some_model(2, "gaussian", 0)), "2 variables"),
        (lambda: viterbi([7], some_model(2, "categorical", 0)), "category 7"),
        (lambda: HiddenMarkovModel([1.0], [[0.5]], GaussianEmissions([0], [1])), "sum to 1"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(DataError, match=words):
        call()


def test_unknown_emissions():
    with pytest.raises(ConfigError, match="emissions='poisson'"):
        fit_hmm([1.0], 1, emissions="poisson", seed=0)


def test_an_impossible_series():
    model = HiddenMarkovModel([1.0], [[1.0]], CategoricalEmissions([[1.0, 0.0]]))
    for function in (forward_backward, viterbi):
        with pytest.raises(DataError, match="impossible"):
            function([0, 1], model)
