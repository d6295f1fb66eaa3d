"""Curves against their formulas, and the stopping epoch against curves whose turn is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import ConfigError, DataError
from hibiscus.metrics.learning_curves import mean_curve, smooth, stopping_epoch

EPOCHS = np.arange(1, 101)
FALLING = 2 * np.exp(-EPOCHS / 20)


def test_smooth_is_its_formula():
    values = np.random.default_rng(0).normal(size=30)
    factor, s = 0.8, [values[0]]
    for value in values[1:]:
        s.append(factor * s[-1] + (1 - factor) * value)
    np.testing.assert_allclose(smooth(values), s, rtol=1e-12)
    weights = 0.2 * 0.8 ** np.arange(30)[::-1]  # the closed form of its last value
    weights[0] /= 0.2
    assert smooth(values)[-1] == pytest.approx(weights @ values)


@given(st.lists(st.floats(-1e6, 1e6), max_size=40), st.floats(0, 0.99))
@settings(deadline=None)
def test_smooth_stays_between_the_extremes(values, factor):
    smoothed = smooth(values, factor)
    assert len(smoothed) == len(values)
    if values:
        slack = 1e-9 * max(map(abs, values))
        assert min(values) - slack <= smoothed.min() <= smoothed.max() <= max(values) + slack
    np.testing.assert_array_equal(smooth(values, 0), values)


def test_smooth_does_not_write_into_its_argument():
    values = np.arange(5.0)
    smooth(values)
    np.testing.assert_array_equal(values, np.arange(5))


def test_mean_curve():
    np.testing.assert_allclose(mean_curve([[1, 2, 3], [3, 4, 5]]), [2, 3, 4])
    np.testing.assert_allclose(mean_curve([[1, 2, 3], [3, 4], [5]]), [3, 3, 3])
    np.testing.assert_allclose(mean_curve([[1, 2, 3], [3, 4], [5]], at_least=2), [3, 3])
    np.testing.assert_allclose(mean_curve([[1, 2, 3], [3, 4], [5]], at_least=3), [3])
    np.testing.assert_allclose(mean_curve([[1, np.nan, 3], [3, np.nan, 5]]), [2, np.nan, 4])
    assert mean_curve([[], []]).shape == (0,)


SHAPES = {
    "early bowl": ((EPOCHS - 12) / 30) ** 2,
    "bowl": ((EPOCHS - 30) / 30) ** 2,
    "late bowl": ((EPOCHS - 60) / 30) ** 2,
    "vee": np.abs(EPOCHS - 40) / 30,
    "steep fall, slow climb": 2 * np.exp(-EPOCHS / 8) + 0.01 * EPOCHS,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(("noise", "share"), [(0.0, 1.0), (0.02, 0.9)])
def test_the_turn_is_found_within_two_epochs(shape, noise, share):
    rng, near = np.random.default_rng(0), []
    for _ in range(30):
        found = stopping_epoch(FALLING + noise * rng.normal(size=100), shape + noise * rng.normal(size=100))
        assert found is not None
        near.append(abs(found - (shape.argmin() + 1)) <= 2)
    assert np.mean(near) >= share


@pytest.mark.parametrize(("name", "allowed"), [("falling", 0.01), ("settling", 0.02), ("flat", 0.05)])
def test_noise_is_no_turn(name, allowed):
    t = np.arange(200)
    trend = {"falling": -0.01 * t, "settling": np.exp(-t / 10), "flat": 0 * t}[name]
    rng = np.random.default_rng(1)
    found = [stopping_epoch(np.exp(-t / 50), trend + 0.1 * rng.normal(size=200)) for _ in range(100)]
    assert np.mean([epoch is not None for epoch in found]) <= allowed


@given(st.lists(st.floats(0, 5), max_size=60))
@settings(deadline=None, max_examples=50)
def test_what_comes_later_does_not_move_it(later):
    shape, training = SHAPES["bowl"], FALLING
    expected = stopping_epoch(training, shape)
    assert expected == 30
    recovered = np.append(shape, later)
    assert stopping_epoch(np.append(training, np.zeros(len(later))), recovered) == expected


def test_the_gap_does_not_matter_and_a_common_rise_is_no_turn():
    bowl = SHAPES["bowl"]
    assert stopping_epoch(FALLING, bowl + 100) == stopping_epoch(FALLING, bowl)
    assert stopping_epoch(FALLING, np.exp(-EPOCHS / 20) + 5) is None
    assert stopping_epoch(bowl, bowl) is None
    assert stopping_epoch(np.zeros(100), bowl) == 30


@given(st.floats(1e-3, 1e3), st.floats(-10, 10))
@settings(deadline=None, max_examples=30)
def test_the_unit_does_not_matter(scale, level):
    noisy = SHAPES["vee"] + 0.05 * np.random.default_rng(2).normal(size=100)
    assert stopping_epoch(FALLING, scale * (noisy + level)) == stopping_epoch(FALLING, noisy)


def test_short_flat_and_broken_curves():
    assert stopping_epoch([], []) is None
    assert stopping_epoch([1.0], [1.0]) is None
    assert stopping_epoch([1, 2], [1, 2]) is None
    assert stopping_epoch(np.ones(50), np.ones(50)) is None
    broken = np.append(SHAPES["bowl"], [np.nan, 0.0])
    assert stopping_epoch(np.append(FALLING, [0, 0]), broken) == 30
    few = [1.0, 0.8, 0.7, 0.6, 0.65, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]
    assert stopping_epoch(np.linspace(1, 0, 12), few) in (3, 4, 5)


def test_errors():
    with pytest.raises(DataError, match="2 training and 3 validation"):
        stopping_epoch([1, 2], [1, 2, 3])
    with pytest.raises(DataError, match="shape"):
        smooth(np.zeros((2, 2)))
    with pytest.raises(DataError, match="no folds"):
        mean_curve([])
    for call in (
        lambda: smooth([1], 1),
        lambda: mean_curve([[1]], 2),
        lambda: stopping_epoch([1], [1], patience=0),
    ):
        with pytest.raises(ConfigError):
            call()
