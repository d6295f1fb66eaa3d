"""The features and texts of items beside their predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.evaluation.item_content import content_columns


def prepared(columns, roles):
    frame = pd.DataFrame(columns)
    rows = np.arange(len(frame))
    dataset = Dataset("t", "t", {"table": frame}, [f"row {i}" for i in rows], content_keys(rows), roles=roles)
    return PreparedData(dataset, Preparation({}), {"train": rows[:1], "test": rows[1:]})


def test_texts_stand_first_and_numbers_are_numbers():
    columns = {
        "age": ["1", "2.5", "NA"],
        "review": ["good", "bad film", "long"],
        "kind": ["01", "02", "03"],
        "id": ["a", "b", "c"],
        "y": ["0", "1", "1"],
    }
    roles = {"age": "number", "review": "text", "kind": "category", "id": "identifier", "y": "target"}
    names, values, note = content_columns(prepared(columns, roles), "test", [1, 0])
    assert names == ["review", "age", "kind"]
    assert values == [["long", "NA", "03"], ["bad film", 2.5, "02"]]
    assert note == ""


def test_only_the_first_columns_are_shown_and_the_note_says_so():
    columns = {f"c{number}": [1.0, 2.0, np.nan] for number in range(11)}
    names, values, note = content_columns(prepared(columns, dict.fromkeys(columns, "number")), "test", [1])
    assert len(names) == 8
    assert values == [[None] * 8]
    assert note == "Shown are 8 of 11 columns."


def test_items_without_a_table_have_no_columns():
    dataset = Dataset("t", "t", {}, ["a", "b"], content_keys(np.arange(2)))
    data = PreparedData(dataset, Preparation({}), {"test": np.arange(2)})
    assert content_columns(data, "test", [0, 1]) == ([], [[], []], "")
