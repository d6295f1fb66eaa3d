"""Known factors go through the preparation unchanged, and their names must be those of training."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.data.known_factors import FactorPreparation
from hibiscus.data.preparation import Preparation
from hibiscus.errors import DataError

VALUES = np.array([(0, 3), (2, 1)], [("shape", np.int64), ("x", np.int64)])


def test_factors_by_column_and_through_json():
    learned = FactorPreparation.fit(VALUES)
    assert learned.encode(VALUES).tolist() == [[0, 3], [2, 1]]
    saved = Preparation({"factors": learned}).to_json()
    assert Preparation.from_json(saved)["factors"] == learned


def test_other_names_are_told():
    with pytest.raises(DataError, match="factors shape, y"):
        FactorPreparation.fit(VALUES).encode(VALUES.astype([("shape", np.int64), ("y", np.int64)]))
    with pytest.raises(DataError, match="without names"):
        FactorPreparation.fit(VALUES).encode(np.zeros((2, 2), np.int64))
