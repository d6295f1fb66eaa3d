from __future__ import annotations

import pytest

from hibiscus.data.config import DataConfig
from hibiscus.errors import ConfigError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.runs.extension import check_extension, load_last
from hibiscus.runs.folder import RunFolder

CONFIG = get_method("classify").Config(epochs=4)
STATE = {"stage_round": 30, "stage_rounds": 40}  # three of four epochs


def check(options, method="classify", data="iris"):
    names = {"method": (method, "classify"), "data": (data, "iris")}
    old = DataConfig(target="x", image_size=28, test_data="/data/test")
    return check_extension(CONFIG, options, STATE, "runs/old", **names, data_options=old)


def test_epochs_and_other_options_may_change():
    assert check({"epochs": 6, "wd": 0.1, "target": "x"}).weight_decay == 0.1
    assert check({"epochs": 4}, data=None).epochs == 4
    with pytest.raises(ConfigError, match="which has completed 3"):
        check({"epochs": 3})


def test_options_of_the_data_may_be_repeated_but_not_changed():
    assert check({"epochs": 6, "image_size": "28", "test_data": "/data/../data/test"}).epochs == 6
    for name, value in (("image_size", "32"), ("target", "y"), ("test_data", "/other"), ("val", "0.2")):
        with pytest.raises(ConfigError, match=f"{name} together with extend=") as caught:
            check({"epochs": 6, name: value})
        assert f"{name}=" in caught.value.expected


def test_a_run_without_a_checkpoint_cannot_be_extended(tmp_path):
    with pytest.raises(RunError, match="no checkpoint to continue from"):
        load_last(RunFolder(tmp_path))
