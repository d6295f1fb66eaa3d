"""A perfect code, a rotated one, a random one; mutual information and gap against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import special_ortho_group
from sklearn.metrics import mutual_info_score

from hibiscus.errors import DataError
from hibiscus.metrics.disentanglement import (
    dci,
    factor_vae_score,
    mutual_information_gap,
    mutual_information_table,
)

RNG = np.random.default_rng(0)
FACTORS = np.stack([RNG.integers(0, count, 1500) for count in (3, 4, 6, 9, 9)], 1)
SCALED = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
PERFECT = np.concatenate(
    [-3 * SCALED[:, ::-1] + 0.01 * RNG.normal(size=FACTORS.shape), RNG.normal(size=(1500, 3))], 1
)
ROTATED = SCALED @ special_ortho_group.rvs(5, random_state=1)
RANDOM = RNG.normal(size=(1500, 5))


def everything(codes):
    return {
        "mig": mutual_information_gap(codes, FACTORS),
        "score": factor_vae_score(codes, FACTORS),
        **dci(codes, FACTORS),
    }


def test_a_perfect_code_scores_one_whatever_its_order_sign_and_scale_and_what_else_it_holds():
    assert all(value > 0.95 for value in everything(PERFECT).values())


def test_a_rotated_code_holds_the_factors_and_stands_for_none():
    found = everything(ROTATED)
    assert max(found["mig"], found["disentanglement"], found["completeness"]) < 0.25
    assert found["informativeness"] > 0.5


def test_a_random_code_scores_as_chance_does():
    found = everything(RANDOM)
    assert max(found["mig"], found["disentanglement"], found["completeness"]) < 0.05
    assert found["score"] < 0.35
    assert found["informativeness"] < 0.3


def test_information_is_scikit_learns():
    table = mutual_information_table(ROTATED, FACTORS)
    assert table.shape == (5, 5)
    for unit in range(5):
        edges = np.linspace(ROTATED[:, unit].min(), ROTATED[:, unit].max(), 21)
        binned = np.clip(np.searchsorted(edges, ROTATED[:, unit], "right") - 1, 0, 19)
        for factor, known in enumerate(FACTORS.T):
            expected = mutual_info_score(binned, known) / mutual_info_score(known, known)
            assert table[unit, factor] == pytest.approx(expected, abs=1e-9)
    ordered = np.sort(table, axis=0)
    assert mutual_information_gap(ROTATED, FACTORS) == pytest.approx((ordered[-1] - ordered[-2]).mean())


def test_disentanglement_and_completeness_are_different_things():
    """Two units for one factor: each stands for one factor, but not one unit for each. One unit for two: the
    other way round.
    """
    noisy = SCALED[:, [0]] + 0.5 * RNG.normal(size=(1500, 2))
    doubled = dci(np.concatenate([noisy, SCALED[:, 1:2]], 1), FACTORS[:, :2])
    assert doubled["disentanglement"] > 0.8
    assert doubled["completeness"] < doubled["disentanglement"] - 0.1
    mixed = dci(np.stack([SCALED[:, 3] * 10 + SCALED[:, 4], RNG.normal(size=1500)], 1), FACTORS[:, 3:])
    assert mixed["completeness"] > 0.9
    assert mixed["disentanglement"] < 0.2


def test_few_units():
    assert mutual_information_gap(SCALED[:, :1], FACTORS[:, :1]) == pytest.approx(1)
    assert dci(SCALED[:, :1], FACTORS)["completeness"] == 1
    none = everything(np.zeros((1500, 0)))
    assert set(none.values()) == {0.0}
    assert factor_vae_score(np.zeros((1500, 2)), FACTORS) == 0


def test_the_same_each_time():
    assert everything(ROTATED) == everything(ROTATED)


def test_what_does_not_fit_is_told():
    with pytest.raises(DataError, match=r"codes of shape \(3,\)"):
        mutual_information_gap(np.zeros(3), FACTORS)
    with pytest.raises(DataError, match="one row per item"):
        dci(np.zeros((3, 2)), FACTORS)
    with pytest.raises(DataError, match="factor 1 has one value"):
        factor_vae_score(np.zeros((3, 2)), np.array([[0, 1], [1, 1], [2, 1]]))
