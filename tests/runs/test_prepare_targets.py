import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.errors import DataError
from hibiscus.methods.registry import get_method
from hibiscus.runs.prepare_targets import fit_targets

X = np.arange(24.0).reshape(12, 2)


def test_classes_are_those_of_the_training_part():
    dataset = open_data((X, ["a", "b", "c"] * 4))
    fields = fit_targets(dataset, np.array([0, 1, 3, 4]), get_method("classify"))
    assert fields["label"].names == ("a", "b")


def test_numbers_have_a_scale():
    dataset = open_data((X, [str(value) for value in range(12)]))
    fields = fit_targets(dataset, np.arange(10), get_method("regress"))
    assert fields["target"].mean == pytest.approx((4.5,))


def test_several_labels_where_the_method_takes_one():
    dataset = open_data((X, ["a;b", "a", "b;c"] * 4))
    with pytest.raises(DataError, match="several labels"):
        fit_targets(dataset, np.arange(12), get_method("autoencoder-classifier"))
