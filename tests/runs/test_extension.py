from __future__ import annotations

import pytest

from hibiscus.errors import ConfigError, RunError
from hibiscus.methods.registry import get_method
from hibiscus.runs.extension import check_extension, load_last
from hibiscus.runs.folder import RunFolder

CONFIG = get_method("classify").Config(epochs=4)
STATE = {"stage_round": 30, "stage_rounds": 40}  # three of four epochs


def check(options, method="classify", data="iris"):
    names = {"method": (method, "classify"), "data": (data, "iris")}
    return check_extension(CONFIG, options, STATE, "runs/old", **names)


def test_epochs_and_other_options_may_change():
    assert check({"epochs": 6, "wd": 0.1, "target": "x"}).weight_decay == 0.1
    assert check({"epochs": 4}, data=None).epochs == 4
    with pytest.raises(ConfigError, match="which has completed 3"):
        check({"epochs": 3})


def test_a_run_without_a_checkpoint_cannot_be_extended(tmp_path):
    with pytest.raises(RunError, match="no checkpoint to continue from"):
        load_last(RunFolder(tmp_path))
