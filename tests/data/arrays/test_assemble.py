"""A Dataset from arrays; whole files are tested in test_open and tests/cases/test_array_cases."""

import numpy as np

from hibiscus.data.arrays.assemble import dataset_from_arrays


def test_parts_follow_one_another():
    rows = np.arange(12.0).reshape(6, 2)
    parts = {
        "train": {"image": rows, "label": np.arange(6) % 2},
        "test": {"image": rows[:2], "label": np.zeros(2, int)},
    }
    data = dataset_from_arrays("a", "a.npz", parts, ["no", "yes"])
    assert data.ids[-1] == "test/1"
    assert data.parts["test"].tolist() == [6, 7]
    assert data.fields["label"].tolist() == ["no", "yes"] * 3 + ["no"] * 2
    assert (data.keys[6:] == data.keys[:2]).all()
