from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.labels import LabelNumbering, LabelPreparation
from hibiscus.data.tables.columns import missing_rows
from hibiscus.data.tables.read import read_table
from hibiscus.data.targets import TargetPreparation
from hibiscus.errors import DataError

TABULAR = Path(__file__).resolve().parents[3] / "shared" / "data" / "tabular"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([10, 2, 2, 1], ("1", "2", "10")),
        (np.array([7, 3], np.uint8), ("3", "7")),
        (["-1", "1", "-1"], ("-1", "1")),
        (["item10", "item2", "Item1"], ("Item1", "item2", "item10")),
        ([True, False], ("False", "True")),
        ([1.0, 0.0, float("nan")], ("0", "1")),
        (pd.Series(["b", " a", None, "a"]), ("a", "b")),
        ([0.5, 1.5, 0.5], ("0.5", "1.5")),
    ],
)
def test_names_are_in_natural_order(values, names):
    assert LabelPreparation.fit(values).names == names


def test_encode_decode_one_hot():
    labels = LabelPreparation.fit(["no", "yes", "maybe"])
    ids = labels.encode([" yes", "no.", "maybe", "yes . "])
    assert ids.dtype == np.int64
    assert ids.tolist() == [2, 1, 0, 2]
    assert labels.decode(ids) == ["yes", "no", "maybe", "yes"]
    hot = labels.one_hot(["no"])
    assert hot.dtype == np.float32
    assert hot.tolist() == [[0, 1, 0]]
    assert labels.encode([]).shape == (0,)


def test_full_stops():
    assert LabelPreparation.fit(["<=50K.", ">50K."]).encode(["<=50K", ">50K."]).tolist() == [0, 1]
    both = LabelPreparation.fit(["a", "a.", "b"])
    assert both.encode(["a", "a.", "b."]).tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="unknown label"):
        both.encode(["a.."])


def test_unknown_and_missing_labels():
    labels = LabelPreparation.fit(["cat", "dog"])
    with pytest.raises(
        DataError, match=r"(?s)row 2 has the unknown label 'dgo'.*cat, dog.*did you mean dog\?"
    ):
        labels.encode(["cat", "dgo"])
    with pytest.raises(DataError, match=r"(?s)row 2 has no label.*missing_rows"):
        labels.encode(["cat", None])
    with pytest.raises(DataError, match="class index 2"):
        labels.decode([0, 2])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a"] * 5, r"(?s)found only one class: a\n.*at least two"),
        ([None, ""], "found no labels"),
        (np.linspace(0, 1, 30), "train regress"),
        (np.arange(2000).repeat(2), "train regress"),
        ([f"id{k}" for k in range(40)], "choose another target column"),
        ([f"id{k % 1200}" for k in range(4000)], "1,200 distinct labels in 4,000 rows"),
    ],
)
def test_what_is_not_a_class(values, message):
    with pytest.raises(DataError, match=message):
        LabelPreparation.fit(values)


@given(
    st.lists(
        st.text(max_size=4) | st.integers(-(10**20), 10**20) | st.floats() | st.booleans() | st.none(),
        max_size=19,
    )
)
def test_labels_round_trip(values):
    kept = [value for at, value in enumerate(values) if at not in set(missing_rows(values).tolist())]
    try:
        labels = LabelPreparation.fit(kept)
    except DataError:
        return
    ids = labels.encode(kept)
    assert labels.encode(labels.decode(ids)).tolist() == ids.tolist()
    assert LabelPreparation.from_json(labels.to_json()) == labels
    assert len(set(ids.tolist())) == labels.num_classes


@pytest.mark.shared
@pytest.mark.skipif(not TABULAR.is_dir(), reason=f"the shared data sets are not at {TABULAR}")
def test_shared_labels_and_targets():
    train, test = (read_table(TABULAR / f"adult_{part}.csv.gz").frame["income"] for part in ("train", "test"))
    labels = LabelPreparation.fit(train)
    assert labels.names == ("<=50K", ">50K")
    assert test[0] == "<=50K."
    assert np.bincount(labels.encode(test)).tolist() == [12_435, 3_846]
    assert LabelPreparation.fit(read_table(TABULAR / "winequality_red.csv").frame["quality"]).names == tuple(
        "345678"
    )
    for name, column in (("california_housing", "median_house_value"), ("boston_housing", "medv")):
        values = read_table(TABULAR / f"{name}.csv").frame[column]
        with pytest.raises(DataError, match="train regress"):
            LabelPreparation.fit(values)
        encoded = TargetPreparation.fit(values).encode(values)
        np.testing.assert_allclose([encoded.mean(), encoded.std()], [0, 1], atol=1e-4)


def test_numbering_takes_whatever_classes_there_are():
    numbering = LabelNumbering()
    assert numbering.encode(["b", "item10", "item2", "b"]).tolist() == [0, 2, 1, 0]
    assert numbering.encode(np.array([30, 7])).tolist() == [1, 0]
    assert LabelNumbering.names_of(["b", "item10", "item2"]) == ["b", "item2", "item10"]
    assert LabelNumbering.from_json(numbering.to_json()) == numbering
    with pytest.raises(DataError, match="row 2 has no label"):
        numbering.encode(["a", None])


def test_what_is_read_as_another_label_is_told():
    learned = LabelPreparation(("<=50K", ">50K"))
    assert learned.match_variants(["<=50K", "<=50K.", ">50K", None, "other"]) == {"<=50K.": "<=50K"}
    assert learned.encode(["<=50K.", ">50K"]).tolist() == [0, 1]


def test_booleans_and_numbers_in_other_spellings():
    flags = LabelPreparation(("False", "True"))
    assert flags.encode(["TRUE", "false", "True"]).tolist() == [1, 0, 1]
    digits = LabelPreparation(("1", "2.5"))
    assert digits.encode(["1.0", "2.50", "1"]).tolist() == [0, 1, 0]
    with pytest.raises(DataError, match="unknown label '01'"):
        digits.encode(["01"])
    codes = LabelPreparation(("01", "1"))
    assert codes.encode(["1", "01"]).tolist() == [1, 0]
