import numpy as np

from hibiscus.data.dataset import Dataset
from hibiscus.runs.split_notes import note_split


def test_classes_that_a_part_lacks_are_named():
    labels = np.array(["a"] * 6 + ["b"])
    data = Dataset("d", "d", {"label": labels}, [str(i) for i in range(7)], np.arange(7, dtype=np.uint64))
    note_split(data, {"train": np.array([0, 1, 2, 6]), "val": np.array([3, 4, 5])}, "auto", True)
    assert data.notes == ["the validation part has no item of b (1 in all)"]
    note_split(data, {"train": np.array([0]), "val": np.array([3, 6])}, "auto", True)
    assert len(data.notes) == 1


def test_several_labels_that_a_part_lacks_are_named():
    labels = np.empty(4, object)
    labels[:] = [("red", "rare"), ("red",), ("red",), ()]
    data = Dataset("d", "d", {"labels": labels}, list("0123"), np.arange(4, dtype=np.uint64))
    note_split(data, {"train": np.array([0, 3]), "val": np.array([1]), "test": np.array([2])}, "auto", True)
    assert data.notes == [
        "the validation part has no item of rare (1 in all)",
        "the test part has no item of rare (1 in all)",
    ]


def test_data_without_labels_lacks_none():
    data = Dataset("d", "d", {"image": np.zeros((3, 2, 2, 1))}, list("012"), np.arange(3, dtype=np.uint64))
    note_split(data, {"train": np.array([0]), "val": np.array([1]), "test": np.array([2])}, "auto", True)
    assert data.notes == []
