"""Partial dependence against scikit-learn's, and the values at which it is computed."""

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.inspection import partial_dependence as peer

from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.evaluation.partial_dependence import CATEGORIES, GRID, column_grid, partial_dependence

RNG = np.random.default_rng(0)


def test_the_curve_is_that_of_scikit_learn():
    x = RNG.normal(size=(200, 3))
    model = GradientBoostingRegressor(n_estimators=20, random_state=0).fit(x, x[:, 0] ** 2 + x[:, 1])
    theirs = peer(model, x, [0], method="brute", kind="average", grid_resolution=15)
    grid = theirs["grid_values"][0]
    ours = partial_dependence(lambda rows: model.predict(rows)[:, None], x, slice(0, 1), grid[:, None])
    np.testing.assert_allclose(ours[:, 0], theirs["average"][0])


def test_numbers_have_quantiles_in_the_scale_of_the_network():
    frame = pd.DataFrame({"a": RNG.exponential(100, 500)})
    column = TablePreparation.fit(frame, {"a": "number"}).columns[0]
    frame.loc[3, "a"] = np.nan
    positions, names, encoded = column_grid(column, frame["a"])
    assert len(positions) == GRID
    assert list(names) == []
    np.testing.assert_allclose(positions[[0, -1]], frame["a"].quantile([0.01, 0.99]))
    np.testing.assert_allclose(encoded[:, 0] * column.scale + column.center, positions, rtol=1e-5)


def test_few_distinct_numbers_are_all_of_them():
    frame = pd.DataFrame({"a": [3.0, 1.0, 3.0, 2.0]})
    column = TablePreparation.fit(frame, {"a": "number"}).columns[0]
    assert column_grid(column, frame["a"])[0].tolist() == [1, 2, 3]


def test_the_most_frequent_categories_come_first():
    names = [f"c{k:02}" for k in range(20) for _ in range(20 - k)]
    frame = pd.DataFrame({"a": [*names, None]})
    column = TablePreparation.fit(frame, {"a": "category"}).columns[0]
    positions, shown, encoded = column_grid(column, frame["a"])
    assert list(shown) == [f"c{k:02}" for k in range(CATEGORIES)]
    assert positions.tolist() == list(range(CATEGORIES))
    np.testing.assert_array_equal(encoded, np.eye(len(column.features))[:CATEGORIES])


def test_times_are_drawn_in_years():
    frame = pd.DataFrame({"t": pd.to_datetime(["2000-01-01", "2010-01-01", "2020-01-01"])})
    column = TablePreparation.fit(frame, {"t": "time"}).columns[0]
    positions, _, encoded = column_grid(column, frame["t"])
    np.testing.assert_allclose(positions, [2000, 2010, 2020], atol=0.01)
    expected = TablePreparation.fit(frame, {"t": "time"}).encode(frame)
    np.testing.assert_allclose(encoded, expected)


def test_a_column_without_values_has_no_grid():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    column = TablePreparation.fit(frame, {"a": "number"}).columns[0]
    assert len(column_grid(column, pd.Series([np.nan, np.nan]))[0]) == 0
