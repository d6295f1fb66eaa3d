"""What is learned of series, and how values are standardized and read again."""

import json

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus.data.preparation import Preparation
from hibiscus.errors import DataError, RunError


def test_scales_are_those_of_the_training_part():
    data = prepared(daily(100))
    learned = data.preparation["series"]
    assert learned.targets == ("x",)
    assert learned.mean == pytest.approx((37.0,))
    assert learned.std == pytest.approx((np.arange(75).std(),))
    assert learned.training_steps == learned.training_cells == 75
    assert learned.scale == learned.std
    assert learned.season == 7
    z = learned.standardized(np.arange(10.0)[:, None])
    np.testing.assert_allclose(z[:, 0], (np.arange(10) - 37) / np.arange(75).std(), rtol=1e-6)
    back = learned.levels(z[None].astype(np.float64), np.zeros((1, 0, 1)))
    np.testing.assert_allclose(back[0, :, 0], np.arange(10), atol=1e-5)


def test_a_target_leaves_other_numbers_as_covariates_and_text_is_read_as_in_training():
    frame = daily(60, sales=np.arange(60.0), price=np.arange(60) % 7 + 0.5)
    data = prepared(frame, target="sales")
    learned = data.preparation["series"]
    assert (learned.targets, learned.covariates) == (("sales",), ("price",))
    texts = pd.DataFrame({"price": ["1.5", ""], "sales": ["2", "3"], "date": ["2024-01-01", "2024-01-02"]})
    np.testing.assert_array_equal(learned.encode(texts), [[2, 1.5], [3, np.nan]])
    with pytest.raises(DataError, match="no column named sales"):
        learned.encode(texts.drop(columns="sales"))


def test_known_and_static_columns_survive_the_file():
    shops = [daily(60, x=np.random.default_rng(i).normal(size=60), day=np.arange(60) % 7) for i in (0, 1)]
    frame = pd.concat(
        [shop.assign(shop=name, size=size) for shop, name, size in zip(shops, "ab", (3, 4), strict=True)]
    )
    data = prepared(frame.reset_index(drop=True), group="shop", known_future="day")
    learned = data.preparation["series"]
    assert [column.name for column in learned.known.columns] == ["day"]
    assert [column.name for column in learned.static.columns] == ["size"]
    assert learned.targets == ("x",)
    text = json.dumps(data.preparation.to_json())
    assert Preparation.from_json(json.loads(text)) == data.preparation
    saved = json.loads(text)
    saved["fields"]["series"]["std"] = [0.0]
    with pytest.raises(RunError, match="std"):
        Preparation.from_json(saved)


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [("targets", 2, "variables to forecast"), ("lambdas", [], "1 powers"), ("season", 5, "one season")],
)
def test_damaged_transforms_are_named(entry, value, message):
    data = prepared(
        daily(100, x=np.exp(np.sin(np.arange(100.0)))), transform="box-cox", seasonal_difference=1
    )
    saved = json.loads(json.dumps(data.preparation.to_json()))
    saved["fields"]["series"]["transforms"][entry] = value
    with pytest.raises(RunError, match=message):
        Preparation.from_json(saved)
