"""The bundled series have the trend, the season and the effect of prices that they are said to have."""

import numpy as np

from hibiscus.data.builtin.daily_sales import daily_sales


def test_sales_have_a_week_a_summer_and_an_effect_of_offers():
    frame = daily_sales()
    assert frame.equals(daily_sales())
    assert len(frame) == 730
    bread = frame["bread"].to_numpy()
    assert bread[365:].mean() - bread[:365].mean() > 10
    weekly = np.array([bread[day::7].mean() for day in range(7)])
    assert weekly.argmax() == 5
    ice = frame["ice cream"].to_numpy()
    assert ice[150:240].mean() > 1.5 * ice[:60].mean()
    offer = frame["ice cream price"].to_numpy() < 3
    assert 40 < offer.sum() < 110
    assert ice[offer].mean() > 1.15 * ice[~offer].mean()
