from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from hibiscus.data.open import open_data
from hibiscus.runs.announcement import count_parameters, describe_data, describe_training
from hibiscus.training.config import TrainingConfig


def test_data_its_parts_and_the_roles_of_its_columns():
    iris = open_data("iris")
    first, second = describe_data(iris, {"train": range(120), "val": range(30)}).splitlines()
    assert first.startswith("  data:    iris, 150 items, ")
    assert first.endswith("label: 3 classes; train 120, val 30")
    assert second.startswith("  columns: number sepal")
    digits = open_data("digits")
    assert len(describe_data(digits, {"train": range(3)}).splitlines()) == 1


def test_networks_device_and_folder():
    config = TrainingConfig(epochs=3, batch_size=7)
    text = describe_training(config, {"a": 1200, "b": 5}, torch.device("cpu"), "bfloat16", Path("runs/x"))
    assert "network: a (1,200 parameters), b (5 parameters); at most 3 epochs, batch size 7" in text
    assert ", bfloat16\n  run:     runs/x" in text


def test_networks_that_are_not_trained_do_not_count():
    copy, base = nn.Linear(2, 3).requires_grad_(False), nn.Linear(4, 2).requires_grad_(False)
    counts = count_parameters({"a": nn.Linear(2, 3), "b": copy, "c": nn.Sequential(base, nn.Linear(2, 3))})
    assert counts == {"a": 9, "c": 19}


def test_notes_on_doubtful_data_are_shown(tmp_path):
    (tmp_path / "t.csv").write_text("zip,y\n" + "01067,a\n80331,b\n" * 5)
    data = open_data(str(tmp_path / "t.csv"), target="y")
    assert "  note:    column 'zip' read as codes" in describe_data(data, {"train": range(10)})
