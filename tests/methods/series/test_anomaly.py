"""The formulas of `anomaly`; scores that do not look ahead; learning from series with planted anomalies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from data.series.series_data import daily, prepared
from hibiscus import api
from hibiscus.data.prepared import PreparedData
from hibiscus.data.series.grid import series_grid
from hibiscus.errors import ConfigError, UsageError
from hibiscus.methods.series.anomaly import AnomalyDetection
from hibiscus.methods.series.step_scores import fold_blocks, outside_blocks
from hibiscus.runs.training_setup import set_up_training
from hibiscus.series.anomaly_events import score_threshold_from


def waves(steps=200, **columns):
    days = np.arange(steps)
    noise = np.random.default_rng(0).normal(0, 0.1, (2, steps))
    a, b = np.sin(2 * np.pi * days / 7) + noise[0], np.cos(2 * np.pi * days / 7) + noise[1]
    return daily(steps, a=10 + a, b=b, **columns)


def method(data, **options):
    config = AnomalyDetection.Config(**{"folds": 2, "input_length": 9, "net": "linear", **options})
    torch.manual_seed(0)
    return AnomalyDetection(AnomalyDetection.resolve(config, data.preparation), data.preparation)


def outputs_of(model, member, batch):
    if model.config.score == "forecast":
        return member(batch.series)[..., 0].detach().double().numpy(), batch.target.double().numpy()
    window = torch.cat([batch.series[:, :, :2], batch.target], 1)
    return member(window).detach().double().numpy(), window.double().numpy()


@pytest.mark.parametrize("score", ["forecast", "reconstruction"])
def test_the_objective_is_its_formula(score):
    data = prepared(waves(), horizon=4)
    model = method(data, score=score, net="mlp")
    model.train_mode(False)
    windows = model.windows(data)
    batch = windows.source("train", 64, 0).next()
    kept = outside_blocks(windows, 2, score == "reconstruction")[:, batch.origin.numpy()]
    assert not kept.all()
    losses = []
    for member, own in zip(model.members, kept, strict=True):
        outputs, target = outputs_of(model, member, batch)
        losses.append(np.abs(outputs - target).mean((1, 2))[own].mean())
    assert model.loss(batch, torch.from_numpy(kept)).item() == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("score", ["forecast", "reconstruction"])
def test_the_score_of_a_step_is_the_mean_error_of_the_windows_that_end_there(score):
    data = prepared(waves(), horizon=4)
    model = method(data, score=score, net="mlp", smoothing=3)
    model.train_mode(False)
    values, found = series_grid(data).values, model.scores(data)
    step = 190  # in the test part: the mean of all members
    errors = []
    for end in (step - 2, step - 1, step):
        past = torch.from_numpy(values[end - 12 : end - 3])[None]
        window = torch.from_numpy(values[end - 12 : end + 1])[None]
        inputs = past if score == "forecast" else window
        outputs = [member(inputs).detach() for member in model.members]
        outputs = [output[..., 0] if score == "forecast" else output[:, -4:] for output in outputs]
        target = torch.from_numpy(values[end - 3 : end + 1])
        errors.append((torch.stack(outputs).mean(0)[0] - target).abs().mean())
    assert found[step] == pytest.approx(float(torch.stack(errors).mean()), rel=1e-5)
    assert np.isnan(found[:12]).all()
    assert np.isfinite(found[12:200]).all()


def test_the_training_part_is_scored_by_the_member_that_left_the_block_out():
    data = prepared(waves(), horizon=4)
    model = method(data, smoothing=1)
    model.train_mode(False)
    batch = next(iter(model.windows(data).iterate(np.array([20]))))
    error = (model.members[0](batch.series)[..., 0] - batch.target).abs().mean()
    assert fold_blocks(series_grid(data), 2)[20] == 0
    assert model.scores(data)[23] == pytest.approx(error.item(), rel=1e-5)


@pytest.mark.parametrize("score", ["forecast", "reconstruction"])
def test_scores_do_not_look_ahead(score):
    frame, later = waves(), waves()
    later.loc[180:, ["a", "b"]] = 99.0
    parts = [prepared(table, horizon=4, val=0.1, test=0.2) for table in (frame, later)]
    models = [method(data, score=score, net="mlp") for data in parts]
    for model in models:
        model.train_mode(False)
    first, second = (model.scores(data)[:180] for model, data in zip(models, parts, strict=True))
    assert np.array_equal(first, second, equal_nan=True)


def test_a_gap_of_a_series_and_several_series():
    frame = pd.concat([waves().assign(shop="x"), waves(190).assign(shop="y")], ignore_index=True)
    frame.loc[100:110, ["a", "b"]] = np.nan
    data = prepared(frame, horizon=3, group="shop")
    model = method(data)
    model.train_mode(False)
    with pytest.raises(UsageError, match="no threshold"):
        model.predict(data, "test")
    model.validate(data, "val")
    found = model.predict(data, "test")
    assert set(found["series"]) == {"x", "y"}
    assert len(found["score"]) == len(data.parts["test"])
    assert set(found["anomaly"].tolist()) <= {0, 1}
    assert model.evaluate(data, "test").baselines


@pytest.mark.parametrize(("steps", "value"), [(10, 1.0), (200, np.nan)])
def test_a_series_that_is_too_short_or_has_no_values_has_no_scores(steps, value):
    other = waves(steps).assign(shop="y", a=value, b=value)
    other["date"] = waves().date.tail(steps).to_numpy()
    data = prepared(pd.concat([waves().assign(shop="x"), other], ignore_index=True), horizon=4, group="shop")
    model = method(data)
    model.train_mode(False)
    model.choose_threshold(data)
    found = model.evaluate(data, "test")
    assert len(found.baselines) == 4
    assert "Without scores, since they are too short or have no values: y" in found.report_items[-1].note
    predicted = model.predict(data, "test")
    own = np.array(predicted["series"]) == "y"
    assert np.isnan(predicted["score"][own]).all()
    assert not predicted["anomaly"][own].any()
    assert np.isfinite(predicted["score"][~own]).all()


def test_what_is_chosen_for_the_data():
    data = prepared(waves(), horizon=4)
    chosen = method(data, input_length=None).config
    assert (chosen.input_length, chosen.smoothing, chosen.merge) == (7, 2, 4)
    assert method(data, merge=0, net="mlp").config.net_options == {"hidden": 64}
    with pytest.raises(ConfigError, match="net=gru with score=reconstruction"):
        method(data, net="gru", score="reconstruction")
    with pytest.raises(ConfigError, match="input_length=1"):
        method(prepared(waves(), horizon=4, difference=2), input_length=1)


def test_without_a_validation_part_the_threshold_comes_from_the_training_part(tmp_path):
    rows = np.arange(200)
    parts = {"train": rows[:150], "test": rows[150:]}
    waves().to_csv(tmp_path / "waves.csv", index=False)
    setup = set_up_training("anomaly", str(tmp_path / "waves.csv"), {"horizon": 4, "epochs": 1}, parts)
    data = PreparedData(setup.dataset, setup.preparation, parts)
    model = AnomalyDetection(setup.config, setup.preparation)
    assert len(list(model.stages(data))) == 1
    scores = model.scores(data, ("train",))
    assert np.isnan(scores[150:]).all()
    assert float(model.threshold.value) == pytest.approx(score_threshold_from(scores, 0.001))


def planted(path, seed):
    """Four months of hours with a daily season, and three planted anomalies after the training part."""
    random, hours = np.random.default_rng(seed), np.arange(24 * 120)
    values = 100 + 20 * np.sin(2 * np.pi * hours / 24) + random.normal(0, 2, len(hours))
    starts = (900, 1600, 2300)
    values[900:948] += 12  # a level shift
    values[1600:1648] = values[1612:1660]  # half a day out of phase
    values[2300:2348] = values[2300:2348].mean()  # a flat line
    times = pd.date_range("2024-01-01", periods=len(hours), freq="h")
    pd.DataFrame({"time": times, "load": values}).to_csv(path / "load.csv", index=False)
    labels = pd.DataFrame({"start": times[list(starts)], "end": times[[start + 47 for start in starts]]})
    labels.to_csv(path / "labels.csv", index=False)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_learns(seed, tmp_path):
    planted(tmp_path, seed)
    run = api.train(
        "anomaly", str(tmp_path / "load.csv"), out=tmp_path / "run", quiet=True, seed=seed,
        anomalies=str(tmp_path / "labels.csv"),
    )  # fmt: skip
    found = run.evaluate()
    assert found["test/window_recall"] == 1
    assert found["test/window_precision"] >= 0.5
    scores = run.predict(str(tmp_path / "load.csv"))
    assert scores["anomaly"][900:1000].any()
    assert len(scores["time"]) == 24 * 120


def test_the_first_steps_are_the_training_part_unless_options_say_otherwise():
    sizes = {name: len(rows) for name, rows in set_up_training("anomaly", "sales", {}).parts.items()}
    total = sum(sizes.values())
    assert sizes["test"] == pytest.approx(0.85 * total, abs=1)
    assert sizes["val"] < sizes["train"] < 0.15 * total
    given = set_up_training("anomaly", "sales", {"test": 0.5}).parts
    assert len(given["test"]) == pytest.approx(0.5 * total, abs=1)
