import numpy as np
import pandas as pd
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.preparation import Preparation
from hibiscus.data.prepared import PreparedData
from hibiscus.data.text.preparation import TextPreparation
from hibiscus.evaluation import near_duplicate_texts
from hibiscus.evaluation.near_duplicate_texts import near_duplicate_table

WORDS = np.random.default_rng(0).permutation([f"{a}{b}" for a in "bdfgklmnprst" for b in "aeiou"] * 5)
TEXTS = [" ".join(WORDS[start : start + 10]) for start in range(0, 300, 10)]
TEXTS[25] = TEXTS[3].upper() + "!"  # test and training
TEXTS[21] = "<b>" + TEXTS[4]  # validation and training


def prepared(about=None, training=None):
    dataset = Dataset(
        "d",
        "d",
        {"table": pd.DataFrame({"text": TEXTS})},
        [f"row {i}" for i in range(30)],
        np.arange(30, dtype=np.uint64),
        roles={"text": "text"},
        about=about or {},
    )
    texts = TextPreparation.fit(TEXTS, column="text")
    parts = {"train": np.arange(20), "val": np.arange(20, 25), "test": np.arange(25, 30)}
    return PreparedData(dataset, Preparation({"text": texts}), parts, training=training)


def test_pairs_of_the_part_and_another_one():
    table = near_duplicate_table(prepared(), "test")
    assert [list(row[1:]) for row in table.rows] == [
        [f"test, row 25: {TEXTS[25]}", f"training, row 3: {TEXTS[3]}"]
    ]
    assert table.rows[0][0] == "100 %"
    assert table.note.startswith("1 of 5 texts of the test part is nearly equal to a text of another part")
    assert [row[1][:20] for row in near_duplicate_table(prepared(), "val").rows] == ["validation, row 21: "]


@pytest.mark.parametrize("case", ["continuous", "many", "other data"])
def test_where_nothing_is_compared(case, monkeypatch):
    data = prepared({"text": {"continuous": True}} if case == "continuous" else None)
    if case == "many":
        monkeypatch.setattr(near_duplicate_texts, "MAX_TEXTS", 29)
    if case == "other data":
        data = prepared(training=data)
    assert near_duplicate_table(data, "test") is None
