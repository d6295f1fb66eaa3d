"""Bars and small multiples: what they check, and their copies read from JSON."""

import json

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.evaluation.chart_items import Bars, Multiples, Panel, Series
from hibiscus.evaluation.items import report_item_from_json


def test_items_equal_their_copies_from_json():
    bars = Bars("Importance", ["a", "b"], np.array([0.5, np.nan]), [0.1, 0.2], True, "note")
    lines = Panel("a", [Series("yes", [1, 2], [0.1, 0.2])])
    categories = Panel("b", [Series("", [0, 1], [0.1, 0.2])], ["x", "y"])
    plots = Multiples("Dependence", "probability", [lines, categories], "note")
    for item in (bars, plots):
        assert report_item_from_json(json.loads(json.dumps(item.to_json()))) == item
    assert bars.values == (0.5, None)


@pytest.mark.parametrize("fields", [{"values": [1]}, {"values": [1, 2], "deviations": [1]}])
def test_bars_that_do_not_match(fields):
    with pytest.raises(DataError, match="Importance"):
        Bars("Importance", ["a", "b"], **fields)
