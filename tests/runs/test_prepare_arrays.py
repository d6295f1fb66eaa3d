import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.errors import ConfigError, DataError
from hibiscus.methods.classify.classify import Classify
from hibiscus.methods.registry import get_method
from hibiscus.runs.prepare_arrays import check_scaling, fit_array

SERIES = np.random.default_rng(0).normal(size=(6, 5, 2)).astype(np.float32)
PADDED = SERIES.copy()
PADDED[0, 3:] = np.nan


def test_only_the_training_part_decides():
    dataset = open_data((SERIES, np.arange(6) % 2))
    learned = fit_array(dataset, np.arange(3), Classify, "standard")
    np.testing.assert_allclose(learned.mean, SERIES[:3].reshape(-1, 2).mean(0), rtol=1e-5)
    assert not learned.padded
    assert fit_array(dataset, np.arange(3), Classify, "series").by_series


def test_padding_in_any_part_and_methods_without_it():
    dataset = open_data((PADDED, np.arange(6) % 2))
    assert fit_array(dataset, np.arange(1, 6), Classify, "standard").padded
    with pytest.raises(DataError, match="series of one length for gan-1d"):
        fit_array(dataset, np.arange(6), get_method("gan-1d"), "standard")


def test_scaling_each_series_needs_series():
    check_scaling(open_data(SERIES), "series")
    check_scaling(open_data(SERIES[:, :, 0]), "standard")
    with pytest.raises(ConfigError, match="scaling=series"):
        check_scaling(open_data(SERIES[:, :, 0]), "series")
