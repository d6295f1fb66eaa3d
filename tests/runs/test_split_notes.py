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
