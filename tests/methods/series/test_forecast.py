"""The formula of `forecast`; what it predicts; learning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from data.series.series_data import daily, prepared
from hibiscus import api
from hibiscus.data.series.grid import series_grid
from hibiscus.errors import ConfigError
from hibiscus.methods.series.forecast import Forecast


def waves(steps=200):
    days = np.arange(steps)
    return daily(steps, a=10 + np.sin(2 * np.pi * days / 7), b=np.cos(2 * np.pi * days / 7))


def method(data, **options):
    config = Forecast.resolve(Forecast.Config.model_validate({"net": "linear", **options}), data.preparation)
    torch.manual_seed(0)
    return Forecast(config, data.preparation)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "pinball"])
def test_the_objective_is_its_formula(loss):
    data = prepared(waves(), horizon=4)
    model = method(data, loss=loss, input_length=9)
    batch = model.windows(data).source("train", 16, 0).next()
    outputs = model.outputs(batch).detach().double().numpy()
    values = series_grid(data).values.astype(np.float64)
    errors = []
    for window, origin in enumerate(batch.origin.tolist()):
        for step in range(4):
            errors.append(values[origin + step][:, None] - outputs[window, step])
    errors = np.array(errors)
    size = np.abs(errors)
    levels = np.array([0.1, 0.5, 0.9])
    expected = {
        "mse": (errors**2).mean(),
        "mae": size.mean(),
        "huber": np.where(size < 1, errors**2 / 2, size - 0.5).mean(),
        "pinball": np.maximum(levels * errors, (levels - 1) * errors).mean(),
    }
    assert model.loss(batch)[0].item() == pytest.approx(expected[loss], rel=1e-5)


def test_missing_targets_do_not_count():
    frame = waves()
    frame.loc[50:52, "a"] = np.nan
    data = prepared(frame, horizon=4)
    model = method(data, input_length=9, loss="mse")
    windows = model.windows(data)
    batch = next(iter(windows.iterate(np.array([49]))))
    assert batch.observed[0, :, 0].tolist() == [True, False, False, False]
    outputs, target = model.outputs(batch)[..., 0], batch.target
    errors = (outputs - target).square()[batch.observed]
    assert model.loss(batch)[0].item() == pytest.approx(errors.mean().item(), rel=1e-5)


def test_the_forecast_begins_after_the_last_value_of_each_series():
    frame = pd.concat([waves().assign(shop="x"), waves(190).assign(shop="y")], ignore_index=True)
    data = prepared(frame, horizon=3, group="shop")
    model = method(data, input_length=9)
    assert "a_0.1" not in model.predict(data, "test")
    model.validate(data, "val")
    found = model.predict(data, "test")
    assert found["series"] == ["x"] * 3 + ["y"] * 3
    assert found["time"][:1] == ["2024-07-19"]
    assert found["time"][3:4] == ["2024-07-09"]
    assert found["id"][0] == "x, 2024-07-19"
    assert found["a"].shape == found["b_0.1"].shape == (6,)


def test_a_known_future_has_to_be_given_for_the_steps_to_forecast(tmp_path):
    frame = waves().assign(offer=np.arange(200) % 3)
    frame.to_csv(tmp_path / "sales.csv", index=False)
    run = api.train(
        "forecast", str(tmp_path / "sales.csv"), out=tmp_path / "run", quiet=True, net="linear", epochs=1,
        horizon=3, known_future="offer", input_length=9,
    )  # fmt: skip
    with pytest.raises(
        Exception, match=r"no offer for 3 steps after the last value \(2024-07-19 to 2024-07-21\)"
    ):
        run.predict(str(tmp_path / "sales.csv"))
    ahead = pd.DataFrame({"date": pd.date_range("2024-07-19", periods=3), "offer": [1, 0, 2]})
    pd.concat([frame, ahead]).to_csv(tmp_path / "longer.csv", index=False)
    found = run.predict(str(tmp_path / "longer.csv"))
    assert found["time"] == ["2024-07-19", "2024-07-20", "2024-07-21"]
    other = ahead.assign(offer=[0, 0, 0])
    pd.concat([frame, other]).to_csv(tmp_path / "other.csv", index=False)
    assert run.predict(str(tmp_path / "other.csv"))["a"].tolist() != found["a"].tolist()


def test_options_are_checked():
    data = prepared(waves(), horizon=4)
    for quantiles in ((0.5, 0.1), (0.1, 0.9), (0, 0.5)):
        with pytest.raises(ValueError, match="ascending numbers between 0 and 1"):
            Forecast.Config.model_validate({"quantiles": quantiles})
    with pytest.raises(ConfigError, match="net"):
        method(data, net="liner", input_length=9)
    assert method(data).config.input_length == 36


@pytest.mark.parametrize("difference", [0, 1])
def test_intervals_of_a_random_walk_grow_with_the_root_of_the_steps(difference):
    walk = np.cumsum(np.random.default_rng(0).normal(size=1200))
    data = prepared(daily(1200, x=walk), horizon=16, difference=difference)
    model = method(data, net="linear" if difference else "nlinear", input_length=8)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter.zero_()  # forecasts the last value, or no difference
    model.validate(data, "val")
    windows = model.windows(data)
    origins = windows.origins("test")
    _, quantiles = model.forecast_at(windows, origins)
    width = (quantiles[..., 2] - quantiles[..., 0]).mean(axis=0)[:, 0]
    assert width[0] == pytest.approx(2.56, rel=0.35)
    assert width[15] / width[0] == pytest.approx(4, rel=0.4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns(seed, tmp_path):
    """The bundled sales: better than the mean of the training part, and intervals that cover."""
    run = api.train("forecast", "sales", out=tmp_path / "run", quiet=True, seed=seed, epochs=20)
    assert run.evaluate()["test/standardized_mse"] < 0.6
