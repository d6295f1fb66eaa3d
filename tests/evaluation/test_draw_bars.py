import numpy as np

from hibiscus.evaluation.draw_bars import MINUS, PLUS, draw_bars


def columns_of(drawn, color):
    return np.flatnonzero((drawn == np.array(color)).all(2).any(0))


def test_bars_begin_at_zero_and_have_lengths_in_proportion():
    drawn = draw_bars(["a", "b"], [4.0, -1.0], "title")
    plus, minus = columns_of(drawn, PLUS), columns_of(drawn, MINUS)
    assert abs(minus.max() - plus.min()) <= 2
    assert abs(np.ptp(plus) - 4 * np.ptp(minus)) <= 6


def test_longer_charts_for_more_bars_and_nothing_for_zeros():
    one, many = draw_bars(["x"], [0.0], ""), draw_bars(["name" * 30] * 12, [0.0] * 12, "t" * 300, "note")
    assert many.shape[0] > one.shape[0]
    assert many.shape[1] == one.shape[1]
    assert len(columns_of(one, PLUS)) <= 1
