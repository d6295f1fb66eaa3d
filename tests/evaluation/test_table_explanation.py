"""Which columns are tested and drawn, and what the notes say."""

import numpy as np
import pandas as pd
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import LabelPreparation, Preparation, TablePreparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation import permutation_importance
from hibiscus.evaluation.table_explanation import ExplainedModel, table_items

RNG = np.random.default_rng(0)
N = 300
FRAME = pd.DataFrame(
    {
        "noise": RNG.normal(size=N),
        "size": RNG.normal(size=N) * 5 + 100,
        "shop": RNG.choice(["a", "b", "c"], N),
        "text": RNG.choice(["good soup", "bad tea"], N),
    }
)
ROLES = {"noise": "number", "size": "number", "shop": "category", "text": "text"}


def prepared(parts):
    learned = TablePreparation.fit(FRAME, ROLES)
    fields = {"table": FRAME, "label": np.array(["0", "1"])[(FRAME["size"] > 100).astype(int)]}
    dataset = Dataset("d", "d", fields, list(map(str, range(N))), content_keys(FRAME.to_numpy(str)))
    return PreparedData(
        dataset, Preparation({"table": learned, "label": LabelPreparation(("0", "1"))}), parts
    )


PARTS = {"train": np.arange(100), "val": np.arange(100, 250), "test": np.arange(250, 300)}


def model(data, metric="accuracy"):
    """The second class where the size is large; the shop matters a little."""
    names = data.preparation["table"].feature_names
    size, shop = names.index("size"), names.index("shop=a")

    def predict(rows):
        second = 1 / (1 + np.exp(-(6 * rows[:, size] + 2 * rows[:, shop])))
        return np.stack([1 - second, second], 1)

    def score(outputs, rows):
        return float((outputs.argmax(1) == data.values("label", "val")[rows]).mean())

    return ExplainedModel(predict, score, metric, ["0", "1"], [1], "probability of 1")


def test_the_column_that_decides_is_the_most_important_one():
    data = prepared(PARTS)
    bars, plots = table_items(model(data), data)
    assert bars.names[0] == "size"
    assert set(bars.names) == set(ROLES)
    assert bars.values[0] > 0.3
    assert bars.values[bars.names.index("noise")] == 0
    assert bars.percent
    assert bars.note.startswith(
        "Decrease of the accuracy in percentage points on the validation part (150 rows)"
    )
    assert plots.panels[0].title == "size"
    assert "text" not in [panel.title for panel in plots.panels]  # a text has no values in an order
    size = plots.panels[0].series[0]
    assert size.y[0] < 0.1 < 0.9 < size.y[-1]
    shop = next(panel for panel in plots.panels if panel.title == "shop")
    by_name = dict(zip(shop.categories, shop.series[0].y, strict=True))
    assert by_name["a"] > by_name["b"] == pytest.approx(by_name["c"])


def test_an_error_increases():
    data = prepared(PARTS)
    explained = model(data, "rmse")
    bars, _ = table_items(explained, data)
    assert min(bars.values) < -0.3  # the score above is no error
    assert bars.note.startswith("Increase of the root mean squared error")
    assert not bars.percent


def test_what_is_left_out_is_said(monkeypatch):
    monkeypatch.setattr(permutation_importance, "BUDGET", 150)
    monkeypatch.setattr(permutation_importance, "MIN_ROWS", 10)
    data = prepared(PARTS)
    bars, _ = table_items(model(data), data)
    assert len(bars.names) == 3
    assert "(10 of 150 rows)" in bars.note
    assert "for the first 3 of 4 columns" in bars.note


def test_data_without_a_table_or_a_validation_part_is_not_explained():
    data = prepared({"train": np.arange(100), "test": np.arange(250, 300)})
    assert table_items(model(data), data) == []
    other = prepared(PARTS)
    other.arrays["image"] = np.zeros((N, 2, 2, 1), np.uint8)
    assert table_items(model(other), other) == []
