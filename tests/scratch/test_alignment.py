"""The plain twins against values by hand."""

import pytest

from hibiscus.scratch.alignment import dtw, frechet, lcss, longest_common_subsequence


def column(*values):
    return [[value] for value in values]


def test_by_hand():
    assert dtw(column(0, 1, 1, 2), column(0, 1, 2)) == 0
    assert dtw(column(0, 0, 0), column(1, 1, 3)) == 5
    assert dtw(column(0, 0, 0), column(1, 1, 3), cost="squared") == pytest.approx(11**0.5)
    assert frechet(column(0, 5, 0), column(0, 0, 0)) == 5
    assert lcss(column(1, 2, 3), column(1, 3.05), epsilon=0.1) == 2
    assert lcss(column(1, 2, 3), column(1, 3.05), epsilon=0.1, window=0) == 1
    assert longest_common_subsequence("AGGTAB", "GXTXAYB") == list("GTAB")
    assert longest_common_subsequence("", "A") == []
