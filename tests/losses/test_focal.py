"""Class weights of the focal losses; test_classification compares their formulas with other losses."""

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import balanced_weights, binary_focal, focal


def test_weights_of_both_classes_of_a_single_output():
    z = np.array([-2.0, 0.5, 3.0, 0.1])
    y = np.array([0, 1, 0, 1])
    p = 1 / (1 + np.exp(-z))
    error = np.where(y == 1, 1 - p, p)
    expected = (np.array([0.6, 7.0])[y] * error**2 * -np.log(1 - error)).mean()
    value = focal(torch.tensor(z), torch.tensor(y), [0.6, 7.0])
    assert value.item() == pytest.approx(expected, rel=1e-12)


def test_a_single_output_and_a_softmax_agree_with_the_same_weights():
    generator = torch.Generator().manual_seed(0)
    z, y = torch.randn(30, generator=generator, dtype=torch.float64), torch.arange(30) % 5 // 4
    weights = balanced_weights(torch.bincount(y))
    two = focal(torch.stack([torch.zeros_like(z), z], 1), y, weights)
    torch.testing.assert_close(focal(z, y, weights), two)


def test_a_number_stands_for_both_weights():
    z, y = torch.linspace(-3, 3, 8), torch.arange(8) % 2
    torch.testing.assert_close(focal(z, y, 0.2), focal(z, y, [0.8, 0.2]))


def test_one_alpha_per_label():
    z, y = torch.tensor([[0.3, -1.0], [2.0, 0.4]]), torch.tensor([[1, 0], [0, 1]])
    columns = [binary_focal(z[:, i], y[:, i], alpha) for i, alpha in enumerate((0.25, 0.9))]
    torch.testing.assert_close(binary_focal(z, y, torch.tensor([0.25, 0.9])), sum(columns) / 2)


def test_alpha_outside_its_range_is_refused():
    with pytest.raises(ConfigError, match="alpha between"):
        binary_focal(torch.zeros(3, 2), torch.zeros(3, 2), torch.tensor([0.5, 1.5]))
