"""The kernel distance against torchmetrics' matrices and against plain loops, and in cases that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.image.kid import poly_mmd

from hibiscus.errors import DataError
from hibiscus.metrics import kernel_distance as module
from hibiscus.metrics.kernel_distance import kernel_distance


@pytest.mark.parametrize("features", [1, 5, 40])
def test_against_torchmetrics(features):
    rng = np.random.default_rng(features)
    first, second = rng.normal(size=(120, features)), rng.normal(size=(120, features)) * 1.5 + 0.3
    expected = float(poly_mmd(torch.from_numpy(first), torch.from_numpy(second)))
    assert kernel_distance(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("block", [1, 4, 100])
def test_against_plain_loops_with_other_counts(block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(7, 3)), rng.normal(size=(11, 3)) - 1

    def kernel(x, y):
        return (sum(a * b for a, b in zip(x, y, strict=True)) / 3 + 1) ** 3

    among = [
        [kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j] for a in (first, second)
    ]
    between = [kernel(x, y) for x in first for y in second]
    expected = np.mean(among[0]) + np.mean(among[1]) - 2 * np.mean(between)
    assert kernel_distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_known_cases():
    rng = np.random.default_rng(0)
    pairs = [kernel_distance(*rng.normal(size=(2, 50, 6))) for _ in range(200)]
    assert abs(np.mean(pairs)) < 4 * np.std(pairs) / 200**0.5, (
        "without bias: about 0 where both are of one kind"
    )
    assert min(pairs) < 0 < max(pairs)
    x, y = rng.normal(size=(2, 1500, 6))
    assert kernel_distance(x, y) < 0.01
    assert kernel_distance(x, y + 0.3) > 0.05
    assert kernel_distance(x, y + 3) > 10 * kernel_distance(x, y + 0.3)
    points = np.array([[1.0], [1.0]]), np.array([[-1.0], [-1.0]])
    assert kernel_distance(*points) == 8 + 8 - 2 * 0


def test_fewer_features_than_needed_are_refused():
    with pytest.raises(DataError):
        kernel_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(DataError):
        kernel_distance(np.zeros((4, 3)), np.zeros((5, 2)))
