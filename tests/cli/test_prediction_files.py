"""Files of predictions: the columns of a table."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hibiscus.cli.prediction_files import write_file
from hibiscus.data.dataset import Dataset
from hibiscus.data.keys import content_keys
from hibiscus.data.open import open_data
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


def test_a_csv_file_holds_no_formula_and_its_files_are_found_again(tmp_path):
    names = ["@2x.png", "=cmd.png", "-3.png", "b.png"]
    predicted = {"id": names, "label": ["=1+1", "-3.5", "+x", "cat"], "probability": np.full(4, -0.5)}
    predicted |= {"skipped": []}
    for ending in ("csv", "parquet", "json"):
        write_file(predicted, tmp_path / f"p.{ending}")
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[1:] == ["'@2x.png,'=1+1,-0.5", "'=cmd.png,-3.5,-0.5", "'-3.png,'+x,-0.5", "b.png,cat,-0.5"]
    assert pd.read_parquet(tmp_path / "p.parquet")["id"].tolist() == names
    assert json.loads((tmp_path / "p.json").read_text())["label"] == predicted["label"]
    for number, name in enumerate(names):
        Image.fromarray(np.full((4, 4), 10 * number, np.uint8)).save(tmp_path / name)
    opened = open_data(tmp_path / "p.csv", target="label")
    assert sorted(opened.fields["image"][:, 0, 0, 0].tolist()) == [0, 10, 20, 30]


@pytest.mark.parametrize("name", ["=cmd.png", "@2x.png"])
def test_a_label_file_from_guarded_names(tmp_path, name):
    (tmp_path / "metadata.csv").write_text(f"file_name,label\n'{name},a\nb.png,b\n")
    for file in (name, "b.png"):
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / file)
    assert open_data(tmp_path).ids == [name, "b.png"]
