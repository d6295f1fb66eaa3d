"""When values are read as several labels, and how they are encoded."""

import numpy as np
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.label_sets import (
    MultiLabelPreparation,
    count_labels,
    label_sets,
    read_labels,
    split_labels,
    zeros_and_ones,
)
from hibiscus.errors import ConfigError, DataError


def read(values, **options):
    """The field that the values are read as, and the notes."""
    array = np.empty(len(values), object)
    array[:] = values
    data = Dataset("t", "t.csv", {"label": array}, list(map(str, range(len(values)))), np.arange(len(values)))
    data.roles = {"y": "target"}
    read_labels(data, **options)
    (name,) = data.fields
    return name, list(data.fields[name]), data.notes


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


@pytest.mark.parametrize(
    ("values", "sets"),
    [
        (["a;b", "a", "b", "b;c", "c"], [("a", "b"), ("a",), ("b",), ("b", "c"), ("c",)]),
        (["a|b", "b|c", "a|c"], [("a", "b"), ("b", "c"), ("a", "c")]),
        (['["a"]', '["a", "b"]', "[]"], [("a",), ("a", "b"), ()]),
        (["['a']", "['a', 'b']"], [("a",), ("a", "b")]),
        ([["a"], ["a", "b"], []], [("a",), ("a", "b"), ()]),
    ],
)
def test_several_labels_are_recognized_and_said(values, sets):
    name, read_as, notes = read(values)
    assert (name, read_as) == ("labels", sets)
    assert "multi_label=false" in notes[0]


@pytest.mark.parametrize("values", [["with;x", "without;y"], ["a;b"], ["cat;x", "dog;y", "bird;z"]])
def test_parts_that_hardly_occur_elsewhere_are_no_labels_and_that_is_said(values):
    name, read_as, notes = read(values)
    assert (name, read_as) == ("label", values)
    assert "label_separator=';'" in notes[0]


def test_commas_are_only_noted():
    name, _, notes = read(["a,b", "a", "b", "c,a"])
    assert name == "label"
    assert "label_separator=','" in notes[0]
    assert read(["Smith, John", "Doe, Jane"])[2] == []


def test_plain_labels_and_numbers_are_left_alone():
    assert read(["a", "b"]) == ("label", ["a", "b"], [])
    assert read([1, 2]) == ("label", [1, 2], [])


def test_options_decide():
    assert read(["a,b", "a"], separator=",")[:2] == ("labels", [("a", "b"), ("a",)])
    assert read(["a;b", "a", "b"], multi_label=False) == ("label", ["a;b", "a", "b"], [])
    assert read(["a", "b"], multi_label=True)[:2] == ("labels", [("a",), ("b",)])
    assert read(["a;b", "a", "b"], multi_label=True, separator="")[1][0] == ("a;b",)
    with pytest.raises(ConfigError, match="multi_label=false"):
        read(["a"], multi_label=False, separator=";")


def test_class_folders_are_never_divided(tmp_path):
    names = np.array(["a;b", "a", "b"])
    data = Dataset("t", str(tmp_path), {"label": names}, list("123"), np.arange(3))
    read_labels(data)
    assert list(data.fields) == ["label"]
    assert data.notes == []


def test_zeros_and_ones():
    fields = zeros_and_ones(np.array([[1, 0], [1, 1], [0, 0]]), ["p", "q"])
    assert list(fields["labels"]) == [("p",), ("p", "q"), ()]
    assert fields["target"].tolist() == [[1, 0], [1, 1], [0, 0]]
    assert list(zeros_and_ones(np.array([[1, 0], [1, 1]]))["labels"]) == [("0",), ("0", "1")]
    assert list(zeros_and_ones(np.array([[0, 1], [1, 0]]))["label"]) == [1, 0]
    assert list(zeros_and_ones(np.array([[0.5, 1], [1, 0]]))) == ["target"]


def of_columns(sets, **options):
    data = Dataset("t", "t.csv", {"labels": label_sets(sets)}, ["a.jpg", "b.jpg"], np.arange(2))
    read_labels(data, **options)
    return data


def test_exactly_one_label_for_each_item_is_a_class():
    data = of_columns([["p"], ["q"]])
    assert list(data.fields["label"]) == ["p", "q"]
    assert "multi_label=true" in data.notes[0]
    assert list(of_columns([["p"], ["q"]], multi_label=True).fields) == ["labels"]
    assert list(of_columns([["p"], ["p", "q"]]).fields) == ["labels"]
    with pytest.raises(DataError, match=r"b.jpg has 2 labels"):
        of_columns([["p"], ["p", "q"]], multi_label=False)


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
