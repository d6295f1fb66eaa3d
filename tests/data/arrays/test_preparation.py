import json

import numpy as np
import pytest

from hibiscus.data.arrays.preparation import ArrayPreparation
from hibiscus.errors import DataError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(50, 4), (50, 7, 4)])
def test_standardized_over_items_and_steps(shape):
    values = RNG.normal([1, -5, 100, 3], [1, 2, 50, 0], shape).astype(np.float32)
    encoded = ArrayPreparation.fit(values).encode(values).reshape(-1, 4)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(encoded.std(0), [1, 1, 1, 0], atol=1e-4)


def test_learned_values_are_used_unchanged():
    prepared = ArrayPreparation.fit(np.array([[0.0], [2.0]], np.float32))
    assert prepared.encode(np.array([[5.0]])).tolist() == [[4.0]]


def test_through_json():
    prepared = ArrayPreparation.fit(RNG.normal(size=(9, 3, 2)))
    assert ArrayPreparation.from_json(json.loads(json.dumps(prepared.to_json()))) == prepared


def test_another_shape_is_told():
    with pytest.raises(DataError, match=r"items of shape \(3,\)") as caught:
        ArrayPreparation.fit(np.eye(4)).encode(np.eye(3))
    assert "(4,), as in training" in str(caught.value)
    assert caught.value.fix


def test_padding_is_left_out_of_the_scale_and_stays():
    values = np.array([[[1], [3], [np.nan]], [[5], [7], [9]]], np.float32)
    learned = ArrayPreparation.fit(values, padded=True)
    assert learned.mean == (5.0,)
    encoded = learned.encode(values[:1, :2])
    np.testing.assert_allclose(encoded[0, :, 0], [-4 / 8**0.5, -2 / 8**0.5, np.nan])
    assert ArrayPreparation.from_json(learned.to_json()) == learned
    with pytest.raises(DataError, match="at most"):
        learned.encode(np.zeros((1, 4, 1), np.float32))
    with pytest.raises(DataError, match="series of different lengths"):
        ArrayPreparation.fit(values[1:]).encode(values)


def test_each_series_by_itself():
    values = np.array([[[1], [3], [np.nan]], [[5], [5], [5]]], np.float32)
    learned = ArrayPreparation.fit(values, padded=True, by_series=True)
    np.testing.assert_array_equal(learned.encode(values)[:, :, 0], [[-1, 1, np.nan], [0, 0, 0]])
    assert ArrayPreparation.from_json(learned.to_json()) == learned


def test_what_only_series_have_is_not_read_for_vectors():
    with pytest.raises(ValueError, match="of series"):
        ArrayPreparation.from_json({"shape": [2], "mean": [0.0, 0.0], "std": [1.0, 1.0], "padded": True})
