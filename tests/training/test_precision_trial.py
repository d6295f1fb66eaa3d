from __future__ import annotations

import time

import pytest
import torch

from hibiscus.training import precision_trial
from hibiscus.training.precision_trial import faster_in_bfloat16


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("seconds", "faster"), [(0.5, True), (0.97, False), (1.2, False)])
def test_the_measured_choice_is_remembered(monkeypatch, seconds, faster):
    calls = []
    monkeypatch.setattr(
        precision_trial,
        "_measure",
        lambda *sizes: calls.append(sizes) or {torch.float32: 1.0, torch.bfloat16: seconds},
    )
    assert faster_in_bfloat16([(8, 4), (4, 2)], 10, "a machine") is faster
    assert faster_in_bfloat16([(4, 2), (8, 4)], 10, "a machine") is faster
    assert len(calls) == 1
    faster_in_bfloat16([(8, 4)], 10, "a machine")
    faster_in_bfloat16([(8, 4)], 10, "another machine")
    assert len(calls) == 3


def test_a_damaged_memory_is_measured_again(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "precision.json").write_text("{")
    assert faster_in_bfloat16([(8, 4)], 10, "a machine") in (True, False)


def test_the_trial_is_short_and_changes_no_generator():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    start = time.perf_counter()
    seconds = precision_trial._measure([(256, 256), (256, 10)], 128)
    assert time.perf_counter() - start < 10  # on a busy machine; 0.8 seconds are allowed for large layers
    assert all(0 < value < 10 for value in seconds.values())
    assert torch.equal(torch.rand(1), expected)
