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
