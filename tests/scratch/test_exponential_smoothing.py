"""The plain twins by hand."""

from hibiscus.scratch.exponential_smoothing import holt_winters, simple_smoothing


def test_by_hand():
    assert simple_smoothing([10, 20, 30], 0.5, 10) == [10, 15, 22.5]
    levels, trends, cycle = holt_winters([5, 3], (0.5, 0.5, 0.5), 3.0, 1.0, [1.0, -1.0])
    assert levels == [4.0, 4.5]  # 0.5 (5 - 1) + 0.5 (3 + 1); 0.5 (3 + 1) + 0.5 (4 + 1)
    assert trends == [1.0, 0.75]
    assert cycle == [1.0, -1.5]  # 0.5 (5 - 4) + 0.5 1; 0.5 (3 - 5) - 0.5 1
