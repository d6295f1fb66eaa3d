"""Precision, recall, density and coverage against plain loops, and all measures of made items in cases that
are known.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.errors import DataError
from hibiscus.metrics import precision_recall as module
from hibiscus.metrics.precision_recall import diversity, manifold_metrics, novelty


def twin(real, made, near=3, dense=5):
    """The papers' definitions, one pair after another."""

    def radius(items, place, k):
        return sorted(math.dist(items[place], other) for i, other in enumerate(items) if i != place)[k - 1]

    real_near, real_dense, made_near = (
        [radius(items, i, k) for i in range(len(items))]
        for items, k in ((real, near), (real, dense), (made, near))
    )
    return {
        "precision": np.mean(
            [any(math.dist(x, y) <= r for x, r in zip(real, real_near, strict=True)) for y in made]
        ),
        "recall": np.mean(
            [any(math.dist(x, y) <= r for y, r in zip(made, made_near, strict=True)) for x in real]
        ),
        "density": np.mean(
            [sum(math.dist(x, y) <= r for x, r in zip(real, real_dense, strict=True)) / dense for y in made]
        ),
        "coverage": np.mean(
            [any(math.dist(x, y) <= r for y in made) for x, r in zip(real, real_dense, strict=True)]
        ),
    }


@given(
    seed=st.integers(0, 10**6),
    items=st.integers(6, 25),
    others=st.integers(6, 25),
    features=st.integers(1, 5),
    block=st.integers(1, 30),
)
def test_against_plain_loops(seed, items, others, features, block):
    rng = np.random.default_rng(seed)
    real, made = (
        rng.normal(size=(items, features)),
        rng.normal(size=(others, features)) * rng.uniform(0.3, 2) + rng.uniform(-1, 1),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        assert manifold_metrics(real, made) == pytest.approx(twin(real, made))
        assert manifold_metrics(real, made, 1, 2) == pytest.approx(twin(real, made, 1, 2))


def modes(rng, count, kinds):
    """Clouds far from each other in four dimensions."""
    return 20 * np.eye(4)[rng.integers(0, kinds, count)] + rng.normal(size=(count, 4))


def test_two_sets_of_one_kind():
    rng = np.random.default_rng(0)
    found = manifold_metrics(modes(rng, 1000, 4), modes(rng, 1000, 4))
    assert found["precision"] > 0.8
    assert found["recall"] > 0.8
    assert found["density"] == pytest.approx(1, abs=0.1)
    assert found["coverage"] > 0.93


def test_a_dropped_mode_is_seen_by_recall_and_coverage_alone():
    rng = np.random.default_rng(1)
    real, made = modes(rng, 1000, 4), modes(rng, 1000, 2)
    found = manifold_metrics(real, made)
    assert found["precision"] > 0.8
    assert found["density"] == pytest.approx(1, abs=0.15)
    assert found["recall"] < 0.55
    assert found["coverage"] < 0.55
    assert diversity(real, made) < 0.9


def test_far_away_is_nought_throughout_and_equal_is_one():
    x = np.random.default_rng(2).normal(size=(100, 3))
    assert manifold_metrics(x, x + 100) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}
    same = manifold_metrics(x, x)
    assert (same["precision"], same["recall"], same["coverage"]) == (1, 1, 1)
    assert same["density"] == pytest.approx((5 + 1) / 5), "five neighbours and itself"


def test_one_outlier_fools_precision_more_than_density():
    """Naeem et al., figure 1: the ball of an outlier among the real is large enough for anything near it."""
    rng = np.random.default_rng(3)
    real = np.concatenate([rng.normal(size=(200, 2)), [[60.0, 0.0]]])
    found = manifold_metrics(real, rng.normal(size=(200, 2)) + np.array([30, 0]))
    assert found["precision"] == 1
    assert found["density"] < 0.25


def test_few_items_have_fewer_neighbours():
    real = np.array([[0.0], [1.0]])
    assert manifold_metrics(real, np.array([[0.5], [9.0]]))["precision"] == 0.5
    with pytest.raises(DataError):
        manifold_metrics(real, np.zeros((1, 1)))
    with pytest.raises(DataError):
        manifold_metrics(real, np.zeros((5, 2)))


def test_diversity_is_the_ratio_of_distances_between_two():
    rng = np.random.default_rng(4)
    real, made = rng.normal(size=(30, 3)), 0.4 * rng.normal(size=(20, 3))
    squares = [
        [math.dist(x, y) ** 2 for i, x in enumerate(items) for y in items[:i]] for items in (made, real)
    ]
    assert diversity(real, made) == pytest.approx(math.sqrt(np.mean(squares[0]) / np.mean(squares[1])))
    assert diversity(real, 0.1 * real + 7) == pytest.approx(0.1)
    assert diversity(real, np.ones((9, 3))) == 0
    assert math.isnan(diversity(np.ones((9, 3)), made))


def test_novelty_is_nought_for_copies_and_one_for_what_is_as_new_as_real():
    rng = np.random.default_rng(5)
    train, real, made = rng.normal(size=(500, 3)), rng.normal(size=(400, 3)), rng.normal(size=(300, 3))
    assert novelty(real, made, train) == pytest.approx(1, abs=0.15)
    assert novelty(real, train[:80], train) == 0
    assert novelty(real, train[:80] + 0.01, train) < 0.2
    by_hand = [np.median([min(math.dist(x, y) for y in train) for x in items]) for items in (made, real)]
    assert novelty(real, made, train) == pytest.approx(by_hand[0] / by_hand[1])
    assert math.isnan(novelty(train, made, train))
