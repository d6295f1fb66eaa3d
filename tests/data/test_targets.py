import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.tables.columns import missing_rows
from hibiscus.data.targets import TargetPreparation
from hibiscus.errors import DataError


def test_targets():
    targets = TargetPreparation.fit(pd.Series([1.0, 2, 3, None], name="price"))
    assert (targets.names, targets.shape, targets.mean) == (("price",), (1,), (2.0,))
    encoded = targets.encode([1, 2, 3])
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded[:, 0], [-(1.5**0.5), 0, 1.5**0.5], rtol=1e-6)
    assert TargetPreparation.from_json(targets.to_json()) == targets
    two = TargetPreparation.fit(pd.DataFrame({"a": [1, 2], "b": ["3", "5"]}))
    assert two.names == ("a", "b")
    assert two.encode([[1, 5]]).tolist() == [[-1, 1]]
    assert TargetPreparation.fit(np.array([[1, 2], [3, 5]])).names == ("target_1", "target_2")


def test_targets_that_cannot_be():
    with pytest.raises(DataError, match=r"(?s)row 2: column 'target' contains 'dear'.*train classify"):
        TargetPreparation.fit([1, "dear"])
    with pytest.raises(DataError, match="the target 'y' is 4 in every training row"):
        TargetPreparation.fit(pd.Series([4, 4, 4], name="y"))
    with pytest.raises(DataError, match="found no target values"):
        TargetPreparation.fit([None, None])
    with pytest.raises(DataError, match=r"targets of shape \(1, 1, 1\)"):
        TargetPreparation.fit(np.zeros((1, 1, 1)))
    targets = TargetPreparation.fit([1, 2])
    with pytest.raises(DataError, match="2 rows have no target, the first is row 1"):
        targets.encode([np.nan, np.inf, 1])
    with pytest.raises(DataError, match="2 target columns"):
        targets.encode([[1, 2]])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_targets_round_trip(values):
    try:
        targets = TargetPreparation.fit(values)
    except DataError:
        return
    back = targets.decode(targets.encode(values))[:, 0]
    np.testing.assert_allclose(back, values, atol=1e-5 * (1 + max(map(abs, values))))


@given(st.lists(st.floats() | st.integers(), min_size=1, max_size=9))
def test_targets_are_always_finite(values):
    kept = np.delete(np.array(values, dtype=object), missing_rows(np.array([float(v) for v in values])))
    try:
        targets = TargetPreparation.fit(kept)
    except DataError:
        return
    assert np.isfinite(targets.encode(kept)).all()
    assert np.isfinite(targets.decode(targets.encode(kept))).all()
