from __future__ import annotations

import pytest

from hibiscus.data.foreign_data import data_hint
from hibiscus.data.open import open_data
from hibiscus.errors import DataError


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CartPole-v1", "gym:CartPole-v1"),
        ("ALE/Pong-v5", "gym:ALE/Pong-v5"),
        ("MNIST", "digits, which are bundled"),
        ("cifar-10", "hf:uoft-cs/cifar10"),
        ("coco", "annotations/"),
    ],
)
def test_names_that_are_no_paths(name, hint):
    with pytest.raises(DataError) as caught:
        open_data(name)
    assert hint in caught.value.fix


@pytest.mark.parametrize("name", ["photos", "cartpole", "v1", "my-model-v1"])
def test_other_names_have_no_hint(name):
    assert data_hint(name) == ""
