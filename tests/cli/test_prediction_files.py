"""Files of predictions: the columns of a table."""

import numpy as np
import pandas as pd

from hibiscus.cli.prediction_files import write_file
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.preparation import Preparation
from hibiscus.data.targets import TargetPreparation
from hibiscus.runs.inputs import label_predictions


def predicted(**targets):
    rows, frame = np.zeros((2, 1), np.float32), pd.DataFrame(targets)
    dataset = Dataset("t", "t", {"array": rows}, ["0", "1"], content_keys(rows))
    learned = Preparation({"target": TargetPreparation.fit(frame)})
    return label_predictions(dataset, {"values": frame.to_numpy()}, learned)


def test_values_of_several_targets_stand_under_their_names(tmp_path):
    write_file(predicted(height=[1.0, 2.0], mass=[30.0, 40.0]), tmp_path / "p.csv")
    frame = pd.read_csv(tmp_path / "p.csv")
    assert frame.columns.tolist() == ["id", "height", "mass"]
    assert frame["mass"].tolist() == [30, 40]


def test_values_of_one_target_are_named_value(tmp_path):
    write_file(predicted(height=[1.0, 2.0]), tmp_path / "p.csv")
    assert pd.read_csv(tmp_path / "p.csv").columns.tolist() == ["id", "value"]
