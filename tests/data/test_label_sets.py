"""Label sets, and how they are encoded."""

import numpy as np
import pytest

from hibiscus.data.label_sets import (
    MultiLabelPreparation,
    count_labels,
    label_sets,
    split_labels,
    zeros_and_ones,
)
from hibiscus.errors import DataError


@pytest.mark.parametrize(
    ("value", "separator", "labels"),
    [
        ("a;b", ";", ("a", "b")),
        (" a ; ;b;a ", ";", ("a", "b")),
        ("a;b", "", ("a;b",)),
        ("a;b", "|", ("a;b",)),
        ('["a", "b"]', "list", ("a", "b")),
        ("['a', 'b']", "list", ("a", "b")),
        ("[1, 2]", "list", ("1", "2")),
        ("[]", ";", ()),
        (["a", None, "b"], ";", ("a", "b")),
        (np.array(["a", "b"]), "", ("a", "b")),
        (None, ";", None),
        ("  ", ";", None),
        (3, "", ("3",)),
    ],
)
def test_labels_of_one_value(value, separator, labels):
    assert split_labels(value, separator) == labels


def test_zeros_and_ones():
    fields = zeros_and_ones(np.array([[1, 0], [1, 1], [0, 0]]), ["p", "q"])
    assert list(fields["labels"]) == [("p",), ("p", "q"), ()]
    assert fields["target"].tolist() == [[1, 0], [1, 1], [0, 0]]
    assert list(zeros_and_ones(np.array([[1, 0], [1, 1]]))["labels"]) == [("0",), ("0", "1")]
    assert list(zeros_and_ones(np.array([[0, 1], [1, 0]]))["label"]) == [1, 0]
    assert list(zeros_and_ones(np.array([[0.5, 1], [1, 0]]))) == ["target"]


def test_preparation_encodes_and_decodes():
    sets = label_sets([["b10", "b2"], [], ["b2"]])
    learned = MultiLabelPreparation.fit(sets, "|")
    assert learned.names == ("b2", "b10")
    encoded = learned.encode(sets)
    assert encoded.tolist() == [[1, 1], [0, 0], [1, 0]]
    assert encoded.dtype == np.float32
    assert learned.decode(encoded) == ["b2|b10", "", "b2"]
    assert MultiLabelPreparation.from_json(learned.to_json()) == learned
    assert MultiLabelPreparation(("a", "b"), "list").decode(np.ones((1, 2))) == ["a;b"]


def test_other_data_is_read_as_in_training():
    learned = MultiLabelPreparation(("a", "b"), ";")
    assert learned.encode(np.array(["a", "b;a"], object)).tolist() == [[1, 0], [1, 1]]
    with pytest.raises(DataError, match=r"row 2 has the unknown label 'c'"):
        learned.encode(np.array(["a", "c"], object))


def test_labels_that_cannot_be_learned():
    with pytest.raises(DataError, match="no item of the training part has a label"):
        MultiLabelPreparation.fit(label_sets([[], []]))
    with pytest.raises(DataError, match="1,001 distinct labels"):
        MultiLabelPreparation.fit(label_sets([[str(i) for i in range(1001)]]))


def test_counts_of_labels():
    counts = count_labels(
        label_sets([["a", "b"], ["a"], []]), {"train": np.array([0]), "val": np.array([1, 2])}
    )
    assert counts == {"a": {"train": 1, "val": 1}, "b": {"train": 1, "val": 0}}
