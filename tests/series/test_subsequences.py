"""Common subsequences against their plain twins and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import ConfigError, DataError
from hibiscus.scratch import alignment as plain
from hibiscus.series.subsequences import lcss_distance, lcss_length, longest_common_subsequence


@settings(max_examples=60, deadline=None)
@given(
    steps=st.integers(1, 12),
    others=st.integers(1, 12),
    variables=st.integers(1, 2),
    epsilon=st.sampled_from([0.0, 0.3, 1.0]),
    window=st.none() | st.integers(0, 5),
    seed=st.integers(0, 99),
)
def test_lcss_is_the_twins(steps, others, variables, epsilon, window, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(steps, variables)).round(1), rng.normal(size=(others, variables)).round(1)
    expected = plain.lcss(a.tolist(), b.tolist(), epsilon, window)
    assert lcss_length(a, b, epsilon, window) == expected
    assert lcss_distance(a, b, epsilon, window) == 1 - expected / min(steps, others)


@settings(max_examples=60, deadline=None)
@given(st.text("abc", max_size=10), st.text("abc", max_size=10))
def test_exact_is_the_twins(a, b):
    pairs = longest_common_subsequence(list(a), list(b))
    assert len(pairs) == len(plain.longest_common_subsequence(a, b))
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in itertools.pairwise(pairs))


def test_by_hand():
    assert longest_common_subsequence([5, 1, 2, 3], [1, 9, 3]) == [(1, 0), (3, 2)]
    assert lcss_distance([0, 1, 2, 100], [0.05, 1, 2], epsilon=0.1) == 0  # the outlier costs nothing
    assert lcss_distance([0, 0], [5, 5, 5], epsilon=0.1) == 1


def test_what_is_refused():
    with pytest.raises(ConfigError, match="epsilon=-1"):
        lcss_length([1], [1], -1)
    with pytest.raises(DataError, match="1 and 2 variables"):
        lcss_length([1], [[1, 2]], 1)
    with pytest.raises(DataError, match="one value for each step"):
        longest_common_subsequence([[1]], [1])
