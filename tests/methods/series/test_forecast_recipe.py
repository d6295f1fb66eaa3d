"""What `forecast` chooses for the data."""

import numpy as np
import pytest
import torch

from data.series.series_data import daily, prepared
from hibiscus.errors import ConfigError
from hibiscus.methods.series.forecast import Config
from hibiscus.methods.series.forecast_recipe import build_network, input_length


def test_the_input_covers_three_seasons_and_at_most_a_third_of_the_series():
    learned = prepared(daily(200)).preparation["series"]
    assert input_length(None, learned) == 21
    assert input_length(5, learned) == 5
    short = prepared(daily(40)).preparation["series"]
    assert input_length(None, short) == (short.training_steps - short.horizon) // 3


def test_differences_need_their_past():
    learned = prepared(daily(200, x=np.arange(200.0) ** 2), seasonal_difference=1).preparation["series"]
    with pytest.raises(ConfigError, match="input_length=3 with differences of 7 steps"):
        input_length(3, learned)
    assert input_length(None, learned) == 21


@pytest.mark.parametrize(("loss", "outputs"), [("mse", 1), ("pinball", 3)])
def test_the_network_has_an_output_for_each_quantile(loss, outputs):
    learned = prepared(daily(100), horizon=4).preparation["series"]
    network = build_network(Config(**{"loss": loss, "input_length": 9, "net": "linear"}), learned)
    assert network(torch.zeros(2, 9, 1)).shape == (2, 4, 1, outputs)
