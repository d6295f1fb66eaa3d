r"""Synthetic time series: two years of the daily sales of two products, and the price of one of them.

sales_t = (level + trend t) week_{t mod 7} year_t exp(-elasticity log(price_t / price)) + noise
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["daily_sales"]

DAYS, FIRST_DAY = 730, "2023-01-02"  # a Monday
WEEK = {"bread": (0.9, 0.85, 0.85, 0.95, 1.15, 1.35, 0.95), "ice cream": (0.8, 0.8, 0.9, 0.9, 1.1, 1.4, 1.1)}
LEVEL, TREND, YEAR, NOISE = (
    {"bread": 200.0, "ice cream": 80.0},
    {"bread": 0.05, "ice cream": 0.02},
    {"bread": 0.03, "ice cream": 0.4},
    {"bread": 9.0, "ice cream": 6.0},
)
PRICE, OFFER, OFFERS, ELASTICITY = 3.0, 0.8, 0.1, 1.5


def daily_sales() -> DataFrame:
    """The columns `date`, `bread`, `ice cream` and `ice cream price`, one row for each day."""
    import pandas as pd

    random, day = np.random.default_rng(0), np.arange(DAYS)
    price = np.where(random.random(DAYS) < OFFERS, OFFER * PRICE, PRICE)
    columns: dict[str, object] = {"date": pd.date_range(FIRST_DAY, periods=DAYS, freq="D")}
    for name, week in WEEK.items():
        summer = 1 - YEAR[name] * np.cos(2 * np.pi * (day - 20) / 365.25)
        sales = (LEVEL[name] + TREND[name] * day) * np.array(week)[day % 7] * summer
        if name == "ice cream":
            sales = sales * (price / PRICE) ** -ELASTICITY
        columns[name] = np.round(np.maximum(0, sales + random.normal(0, NOISE[name], DAYS)), 1)
    columns["ice cream price"] = price
    return pd.DataFrame(columns)
