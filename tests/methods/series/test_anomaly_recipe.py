"""What `anomaly` chooses: the longest season that the training part holds three times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.series.series_data import daily, prepared
from hibiscus.methods.series.anomaly import AnomalyDetection
from hibiscus.methods.series.anomaly_recipe import build_member, chosen_options
from hibiscus.networks.window_autoencoder import WindowAutoencoder


def hours(days):
    times = pd.date_range("2024-01-01", periods=24 * days, freq="h")
    return pd.DataFrame({"time": times, "x": np.sin(np.arange(24.0 * days))})


def chosen(frame, **options):
    learned = prepared(frame).preparation["series"]
    return chosen_options(AnomalyDetection.Config(**options), learned), learned


def test_the_input_is_a_week_where_three_are_known_and_a_day_otherwise():
    assert chosen(hours(40))[0]["input_length"] == 168
    assert chosen(hours(15))[0]["input_length"] == 24
    assert chosen(hours(15), input_length=7)[0]["input_length"] == 7


def test_labels_take_the_place_of_their_file(tmp_path):
    (tmp_path / "labels.csv").write_text("start,end\n2024-01-02,2024-01-03\n")
    options, _ = chosen(daily(100), anomalies=str(tmp_path / "labels.csv"))
    assert options["anomalies"] == (("2024-01-02", "2024-01-03", ""),)
    again = AnomalyDetection.Config(
        **AnomalyDetection.Config(anomalies=options["anomalies"]).model_dump(mode="json")
    )
    assert again.anomalies == options["anomalies"]


def test_members_are_forecasters_or_autoencoders():
    learned = chosen(daily(100))[1]
    config = AnomalyDetection.Config(input_length=8, score="reconstruction", net="conv1d")
    assert isinstance(build_member(config, learned), WindowAutoencoder)
    assert not isinstance(
        build_member(config.model_copy(update={"score": "forecast"}), learned), WindowAutoencoder
    )
