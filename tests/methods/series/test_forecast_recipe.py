"""What `forecast` chooses for the data."""

import numpy as np
import pytest
import torch

from data.series.series_data import daily, prepared
from hibiscus.errors import ConfigError
from hibiscus.methods.series.forecast import Config
from hibiscus.methods.series.forecast_recipe import build_network, fill_in, input_length


def test_the_input_covers_14_seasons_and_at_most_a_quarter_of_the_training_part():
    learned = prepared(daily(1000)).preparation["series"]
    assert input_length(None, learned) == 14 * 7
    assert input_length(5, learned) == 5
    short = prepared(daily(40)).preparation["series"]
    assert input_length(None, short) == (short.training_steps - short.horizon) // 4
    without = prepared(daily(1000), season=1, horizon=10).preparation["series"]
    assert input_length(None, without) == 30


def test_a_short_series_gets_a_network_without_a_level_and_more_epochs():
    learned = prepared(daily(144)).preparation["series"]
    short = fill_in(Config(), learned, 108)
    assert (short["net"], short["batch_size"], short["learning_rate"]) == ("nlinear", 8, 2e-2)
    assert short["epochs"] == 43  # of 14 batches
    assert fill_in(Config(), learned, 20)["epochs"] == 200
    long = fill_in(Config(), learned, 8640)
    assert (long["net"], long["batch_size"], long["learning_rate"]) == ("dlinear", 128, 1e-3)
    assert (long["epochs"], long["precision"]) == (10, "float32")


def test_what_is_given_stays():
    learned = prepared(daily(144)).preparation["series"]
    given = {"net": "lstm", "input_length": 9, "batch_size": 32, "learning_rate": 3e-3, "epochs": 2}
    assert fill_in(Config(**given), learned, 108) == {**given, "precision": "auto"}
    assert fill_in(Config(net="lstm"), learned, 108)["learning_rate"] == 1e-3


def test_differences_need_their_past():
    learned = prepared(daily(200, x=np.arange(200.0) ** 2), seasonal_difference=1).preparation["series"]
    with pytest.raises(ConfigError, match="input_length=3 with differences of 7 steps"):
        input_length(3, learned)
    assert input_length(None, learned) == 35


@pytest.mark.parametrize(("loss", "outputs"), [("mse", 1), ("pinball", 3)])
def test_the_network_has_an_output_for_each_quantile(loss, outputs):
    learned = prepared(daily(100), horizon=4).preparation["series"]
    network = build_network(
        Config.model_validate({"loss": loss, "input_length": 9, "net": "linear"}), learned
    )
    assert network(torch.zeros(2, 9, 1)).shape == (2, 4, 1, outputs)
