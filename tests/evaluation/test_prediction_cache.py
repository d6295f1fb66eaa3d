"""Predictions are kept in files, and a damaged one is computed again."""

import numpy as np

from hibiscus.evaluation import prediction_cache
from hibiscus.evaluation.prediction_cache import cached_prediction


def test_a_damaged_file_is_fitted_again(tmp_path):
    path = tmp_path / "baselines" / "x.npy"
    path.parent.mkdir()
    path.write_bytes(b"\x93NUMPY half a file")
    result = prediction_cache._load_or_fit(path, lambda: np.arange(3.0))
    assert result.tolist() == [0, 1, 2] == np.load(path).tolist()
    assert [file.name for file in path.parent.iterdir()] == ["x.npy"]


def test_the_model_its_arrays_and_its_options_are_the_key():
    calls = []

    def fit(*arrays, power):
        calls.append(power)
        return arrays[0] ** power

    x = np.array([1.0, np.nan, 3.0])
    for model, power in (("a", 2), ("a", 2), ("b", 2), ("a", 3)):
        np.testing.assert_array_equal(cached_prediction(model, fit, x, power=power), x**power)
    cached_prediction("a", fit, x + 1, power=2)
    assert calls == [2, 2, 3, 2]
