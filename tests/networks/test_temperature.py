"""The temperature against a search over the negative log-likelihood, and where there is none."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from hibiscus.networks.temperature import Temperature, fitted_temperature


def overconfident(classes, factor=3.0, items=4000):
    """Logits that are `factor` times those from which the labels are drawn."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(items, classes, generator=generator) * 1.5
    label = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
    return factor * logits, label


@pytest.mark.parametrize("classes", [2, 5])
def test_the_factor_of_overconfident_logits_is_found(classes):
    logits, label = overconfident(classes)
    found = fitted_temperature(logits, label)
    best = minimize_scalar(
        lambda t: cross_entropy(logits.double() / t, label).item(), bounds=(0.1, 20), method="bounded"
    )
    assert found == pytest.approx(best.x, rel=1e-3)
    assert found == pytest.approx(3, rel=0.1)


def test_one_output_and_several_labels_use_the_sigmoid():
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(3000, 4, generator=generator)
    labels = torch.bernoulli(logits.sigmoid(), generator=generator)
    for z, y, target in ((logits, labels, labels), (logits[:, :1], labels[:, 0].long(), labels[:, :1])):
        best = minimize_scalar(
            lambda t, z=z, target=target: binary_cross_entropy_with_logits(2 * z / t, target).item(),
            bounds=(0.1, 20),
            method="bounded",
        )
        assert fitted_temperature(2 * z, y) == pytest.approx(best.x, rel=1e-3)


def test_predictions_that_are_all_right_leave_the_temperature_at_one():
    assert fitted_temperature(4 * torch.eye(3), torch.arange(3)) == 1
    assert fitted_temperature(torch.full((3, 2), torch.nan), torch.zeros(3)) == 1


def test_predictions_worse_than_chance_get_the_highest_temperature():
    assert fitted_temperature(4 * torch.eye(3), torch.tensor([1, 2, 0])) == 100


def test_the_module_divides_by_its_buffer():
    logits, label = overconfident(3)
    temperature = Temperature()
    assert torch.equal(temperature(logits), logits)
    temperature.fit(logits, label)
    other = Temperature()
    other.load_state_dict(temperature.state_dict())
    torch.testing.assert_close(other(logits), logits / fitted_temperature(logits, label))
    assert np.array_equal(other(logits).argmax(1), logits.argmax(1))
