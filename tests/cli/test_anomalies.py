"""`train anomaly` with labels, and `predict`, which gives a score for each row of a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SMALL = ("epochs=1", "folds=2", "input_length=24", "net=linear", "horizon=12")


@pytest.fixture
def load():
    hours = np.arange(24 * 30)
    values = np.sin(2 * np.pi * hours / 24) + np.random.default_rng(0).normal(0, 0.05, len(hours))
    values[500:520] += 9
    times = pd.date_range("2024-01-01", periods=len(hours), freq="h")
    pd.DataFrame({"time": times, "load": values}).to_csv("load.csv", index=False)
    window = [str(times[500]), str(times[519])]
    Path("labels.json").write_text(json.dumps({"load.csv": [window], "other.csv": []}))
    return times


def test_scores_of_the_rows_of_a_file(cli, load):
    trained = cli("train", "anomaly", "load.csv", "--out", "run", "anomalies=labels.json:load.csv", *SMALL)
    assert trained.code == 0
    assert "moving z-score, best threshold in hindsight" in trained.out
    assert json.loads(Path("run/run.json").read_text())["config"]["anomalies"] == [
        [*map(str, load[[500, 519]]), ""]
    ]
    assert cli("predict", "run", "load.csv", "--out", "scores.csv").code == 0
    scores = pd.read_csv("scores.csv")
    assert scores["time"].tolist() == [str(time) for time in load]
    assert scores["score"].isna().tolist() == [True] * 35 + [False] * 685
    above = scores["score"] > scores["threshold"]
    assert scores["anomaly"].tolist() == above.astype(int).tolist()
    assert above[500:520].any()


def test_a_file_of_several_series_of_labels_is_not_guessed(cli, load):
    answer = cli("train", "anomaly", "load.csv", "--out", "run", "anomalies=labels.json", *SMALL)
    assert answer.code == 3
    assert "anomalies=labels.json:NAME with the name of your file, such as load.csv" in answer.err
    assert not Path("run").exists()
