"""What a training needs before its first step: hibiscus.runs.training_setup."""

import numpy as np
import pytest

from hibiscus.errors import ConfigError
from hibiscus.runs.training_setup import set_up_training


def test_options_are_resolved_and_the_parts_are_those_given():
    setup = set_up_training("classify", "iris", {"epochs": 3, "seed": 4})
    assert (setup.config.epochs, setup.config.net, setup.config.seed) == (3, "realmlp", 4)
    assert setup.preparation["label"].num_classes == 3
    assert sum(map(len, setup.parts.values())) == 150
    parts = {"train": np.arange(100), "val": np.arange(100, 150)}
    assert set_up_training("classify", "iris", {}, parts).parts == parts


def test_an_unknown_option():
    with pytest.raises(ConfigError, match="no option 'epoch'"):
        set_up_training("classify", "iris", {"epoch": 3})
