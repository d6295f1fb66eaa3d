import pandas as pd
import pytest

from hibiscus.data.tables.target_columns import split_target, target_fields
from hibiscus.errors import DataError


@pytest.mark.parametrize(
    ("target", "names"),
    [(None, []), ("a", ["a"]), ("a,b", ["a", "b"]), ("a, b", ["a", "b"]), ("x,y", ["x,y"]), ("a,z", ["a,z"])],
)
def test_columns_that_a_target_names(target, names):
    assert split_target(target, ["a", "b", "x,y", "x", "y"]) == names


def test_zeros_and_ones_are_numbers_and_labels():
    fields = target_fields(
        pd.DataFrame({"red": [1, 0, 1], "big": ["yes", "no", "no"], "c": [5, 6, 7]}), ["red", "big"]
    )
    assert fields["target"].tolist() == [[1, 1], [0, 0], [1, 0]]
    assert fields["labels"].tolist() == [("red", "big"), (), ("red",)]
    one = target_fields(pd.DataFrame({"red": [True, False], "big": [False, True]}), ["red", "big"])
    assert one["labels"].tolist() == [("red",), ("big",)]


def test_other_numbers_are_numbers_only():
    fields = target_fields(pd.DataFrame({"x": [1.5, 2], "y": [0, 1]}), ["x", "y"])
    assert list(fields) == ["target"]


def test_text_is_refused():
    with pytest.raises(DataError, match="the target column 'b' contains 'maybe'"):
        target_fields(pd.DataFrame({"a": [1, 0], "b": ["yes", "maybe"]}), ["a", "b"])


def test_one_column_is_the_label_as_it_is():
    frame = pd.DataFrame({"a": ["x", "y"]})
    assert target_fields(frame, ["a"])["label"].tolist() == ["x", "y"]
    assert target_fields(frame, []) == {}
