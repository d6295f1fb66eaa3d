"""The losses of forecasts against NumPy, with and without missing targets."""

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import (
    huber,
    observed_huber,
    observed_mean_absolute_error,
    observed_mean_squared_error,
    pinball,
)

QUANTILES = (0.1, 0.5, 0.9)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(5)
    prediction, target = (torch.randn(6, 4, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    observed = torch.rand(6, 4, 2, generator=generator) < 0.7
    return prediction, target, observed


LOSSES = {
    "mse": (observed_mean_squared_error, lambda e: e**2),
    "mae": (observed_mean_absolute_error, np.abs),
    "huber": (observed_huber, lambda e: np.where(abs(e) <= 1, e**2 / 2, abs(e) - 0.5)),
    "pinball": (
        lambda p, t, o=None: pinball(p[..., None], t, [0.3], o),
        lambda e: np.maximum(0.3 * e, -0.7 * e),
    ),
}


@pytest.mark.parametrize(("loss", "formula"), LOSSES.values(), ids=LOSSES)
def test_each_is_the_mean_of_its_formula_over_observed_targets(batch, loss, formula):
    prediction, target, observed = batch
    errors = formula((target - prediction).numpy())
    assert loss(prediction, target).item() == pytest.approx(errors.mean(), rel=1e-12)
    expected = errors[observed.numpy()].mean()
    assert loss(prediction, target, observed).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", [row[0] for row in LOSSES.values()], ids=LOSSES)
def test_what_is_not_observed_has_no_effect_even_as_nan(batch, loss):
    prediction, target, observed = batch
    prediction.requires_grad_()
    missing = torch.where(observed, target, torch.nan)
    value = loss(prediction, missing, observed)
    value.backward()
    assert value == loss(prediction, target, observed)
    assert prediction.grad.isfinite().all()
    assert (prediction.grad[~observed] == 0).all()
    assert (prediction.grad[observed] != 0).any()
    nothing = torch.zeros_like(observed)
    assert loss(prediction, missing, nothing) == 0


def test_several_quantiles_are_averaged(batch):
    prediction, target, observed = batch
    wide = torch.stack([prediction - 1, prediction, prediction + 1], dim=-1)
    error = target[..., None].numpy() - wide.numpy()
    levels = np.array(QUANTILES)
    expected = np.maximum(levels * error, (levels - 1) * error)[observed.numpy()].mean()
    assert pinball(wide, target, QUANTILES, observed).item() == pytest.approx(expected, rel=1e-12)


def test_the_best_constants_are_the_quantiles():
    target = torch.arange(1000.0)
    constants = torch.linspace(0, 999, 1000)
    for level in QUANTILES:
        losses = [pinball(c.expand(1000, 1), target, [level]).item() for c in constants]
        assert constants[int(np.argmin(losses))].item() == pytest.approx(level * 999, abs=1)


def test_huber_is_that_of_regression(batch):
    prediction, target, observed = batch
    for delta in (0.3, 2.0):
        expected = huber(prediction[observed], target[observed], delta)
        torch.testing.assert_close(observed_huber(prediction, target, observed, delta), expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(dtype):
    value = pinball(torch.full((8, 3), 1e4).to(dtype), torch.full((8,), -1e4), QUANTILES)
    assert value.dtype == torch.float32
    assert value.isfinite()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pinball(torch.zeros(4, 2), torch.zeros(4), QUANTILES), "for 3 quantiles"),
        (lambda: pinball(torch.zeros(4, 1), torch.zeros(4), [1.0]), "the quantile 1.0"),
        (lambda: observed_huber(torch.zeros(4), torch.zeros(4), delta=0), "delta=0"),
        (lambda: observed_mean_squared_error(torch.zeros(4, 2), torch.zeros(4)), "targets of shape"),
        (
            lambda: observed_mean_absolute_error(torch.zeros(4), torch.zeros(4), torch.ones(3).bool()),
            "observed of shape (3,)",
        ),
        (lambda: pinball(torch.zeros(0, 1), torch.zeros(0), [0.5]), "an empty batch"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ConfigError) as caught:
        call()
    assert words in str(caught.value)
    assert caught.value.fix
