import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.networks.forecasting.forecast_shape import ForecastShape, past_inputs


def test_counts():
    shape = ForecastShape(5, 3, variables=4, targets=2, future=1, static=2, quantiles=3)
    assert (shape.others, shape.step_features, shape.outputs) == (2, 7, 18)
    values = torch.arange(36).view(2, 18)
    assert shape.forecast(values)[1, 2, 1, 0] == 18 + 2 * 6 + 1 * 3


def test_past_inputs_hold_nothing_of_the_horizon():
    series, future, static = torch.randn(2, 5, 1), torch.randn(2, 8, 2), torch.randn(2, 3)
    known = past_inputs(series, future, static)
    assert known.shape == (2, 5, 6)
    assert (known[:, :, 1:3] == future[:, :5]).all()
    assert (known[:, 4, 3:] == static).all()
    assert past_inputs(series, None, None) is series


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"input_length": 0}, "input_length=0"),
        ({"targets": 2}, "targets=2 of variables=1"),
        ({"future": -1}, "future=-1"),
        ({"quantiles": 0}, "quantiles=0"),
    ],
)
def test_refusals(sizes, words):
    with pytest.raises(ConfigError) as caught:
        ForecastShape(**{"input_length": 5, "horizon": 3, **sizes})
    assert words in str(caught.value)
