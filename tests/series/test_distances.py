"""DTW and Fréchet of many pairs at once against their plain twins and against values by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import ConfigError, DataError
from hibiscus.scratch import alignment as plain
from hibiscus.series.distances import dtw_distance, dtw_matrix, dtw_path, frechet_distance, pearson_distance


def test_dtw_by_hand():
    # the 1 of the second series is matched with both 1s of the first, the step to 2 costs nothing
    assert dtw_distance([0, 1, 1, 2], [0, 1, 2]) == 0
    assert dtw_distance([0, 0, 0], [1, 1, 3]) == 5
    assert dtw_distance([0, 0, 0], [1, 1, 3], cost="squared") == pytest.approx(math.sqrt(11))
    assert dtw_distance([[0, 0], [1, 1]], [[0, 1], [1, 1]]) == 1


def test_a_band_of_zero_compares_step_by_step():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30))
    assert dtw_distance(a, b, band=0) == pytest.approx(np.abs(a - b).sum())
    assert dtw_distance(a, b, band=0, cost="squared") == pytest.approx(np.linalg.norm(a - b))


def test_path_by_hand():
    distance, path = dtw_path([0, 1, 1, 2], [0, 1, 2])
    assert distance == 0
    assert path == [(0, 0), (1, 1), (2, 1), (3, 2)]


sizes = st.integers(1, 9)


@settings(max_examples=60, deadline=None)
@given(
    n=sizes,
    m=sizes,
    steps=sizes,
    others=sizes,
    variables=st.integers(1, 3),
    slack=st.integers(0, 9),
    banded=st.booleans(),
    cost=st.sampled_from(["absolute", "squared"]),
    seed=st.integers(0, 99),
)
def test_dtw_is_the_twins(n, m, steps, others, variables, slack, banded, cost, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, steps, variables)), rng.normal(size=(m, others, variables))
    band = abs(steps - others) + slack if banded else None
    expected = [[plain.dtw(x.tolist(), y.tolist(), band, cost) for y in b] for x in a]
    np.testing.assert_allclose(dtw_matrix(a, b, band, cost), expected, atol=1e-9)
    assert frechet_distance(a[0], b[0]) == pytest.approx(plain.frechet(a[0].tolist(), b[0].tolist()))
    distance, path = dtw_path(a[0], b[0], band, cost)
    assert distance == pytest.approx(expected[0][0])
    power = 1 if cost == "absolute" else 2
    along = sum(np.sum(np.abs(a[0, i] - b[0, j]) ** power) for i, j in path)
    assert along ** (1 / power) == pytest.approx(distance)
    assert path[0] == (0, 0)
    assert path[-1] == (steps - 1, others - 1)


@pytest.mark.parametrize("block", [1, 50, 1 << 16])
def test_lengths_leave_padding_out(monkeypatch, block):
    monkeypatch.setattr("hibiscus.series.distances.BLOCK", block)
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(4, 8, 2)), rng.normal(size=(3, 6, 2))
    first, second = [8, 3, 5, 1], [6, 2, 4]
    found = dtw_matrix(a, b, lengths_a=first, lengths_b=second)
    expected = [[dtw_distance(x[:s], y[:t]) for y, t in zip(b, second)] for x, s in zip(a, first)]  # noqa: B905
    np.testing.assert_allclose(found, expected)


def test_frechet_is_the_shortest_leash():
    assert frechet_distance([0, 1, 2], [0, 1, 2, 2]) == 0
    assert frechet_distance([[0, 0], [1, 0]], [[0, 3], [1, 4]]) == 4
    assert frechet_distance([0, 5, 0], [0, 0, 0]) == 5


def test_pearson_ignores_level_and_scale():
    x = np.array([0.0, 1, 3, 2])
    assert pearson_distance(x, 5 * x + 7) == pytest.approx(0)
    assert pearson_distance(x, -x) == pytest.approx(2)
    y = np.array([1.0, 0, 2, 5])
    assert pearson_distance(x, y) == pytest.approx(1 - np.corrcoef(x, y)[0, 1])


def test_what_is_refused():
    with pytest.raises(ConfigError, match="differ by 3 steps"):
        dtw_distance(np.zeros(5), np.zeros(8), band=2)
    with pytest.raises(ConfigError, match="cost='cubed'"):
        dtw_distance([0.0], [0.0], cost="cubed")
    with pytest.raises(DataError, match="a is nan at step 1"):
        dtw_distance([0, math.nan], [0, 1])
    with pytest.raises(DataError, match="1 and 2 variables"):
        frechet_distance([0, 1], [[0, 1]])
    with pytest.raises(DataError, match="equal shapes"):
        pearson_distance([0, 1], [0, 1, 2])
    with pytest.raises(DataError, match="b is constant"):
        pearson_distance([0, 1], [3, 3])
    with pytest.raises(DataError, match="2 lengths between 1 and 3"):
        dtw_matrix(np.zeros((2, 3)), np.zeros((2, 3)), lengths_a=[4, 1])
