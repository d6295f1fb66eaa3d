"""Targets of value learning against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import bellman_target


def test_the_target_is_its_formula():
    rng = np.random.default_rng(0)
    reward, value, terminated = rng.normal(size=9), rng.normal(size=9), rng.integers(0, 2, 9).astype(float)
    found = bellman_target(torch.tensor(reward), torch.tensor(terminated), torch.tensor(value), 0.9)
    np.testing.assert_allclose(found.numpy(), reward + 0.9 * np.where(terminated, 0, value))


def test_shapes_and_range_are_checked():
    with pytest.raises(ConfigError, match="one shape"):
        bellman_target(torch.zeros(3), torch.zeros(3), torch.zeros(3, 2), 0.9)
    with pytest.raises(ConfigError, match="gamma"):
        bellman_target(torch.zeros(3), torch.zeros(3), torch.zeros(3), 1.5)
