"""When values are read as several labels."""

import numpy as np
import pytest

from hibiscus.data.dataset import Dataset
from hibiscus.data.label_reading import read_labels
from hibiscus.data.label_sets import label_sets
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


def test_sentences_are_no_labels_whatever_marks_they_hold():
    sentences = [f"sentence {i}; the words of {i}" if i % 50 == 7 else f"sentence {i}" for i in range(300)]
    assert read(sentences) == ("label", sentences, [])
