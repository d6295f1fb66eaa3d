from __future__ import annotations

import json

import pytest
from PIL import Image

from hibiscus.data.config import DataConfig
from hibiscus.errors import RunError
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.training_data import open_dataset, saved_parts


def test_parts_are_found_by_the_names_of_their_items(tmp_path):
    dataset = open_dataset("iris", DataConfig())
    assert open_dataset(dataset, DataConfig()) is dataset
    names = {"train": [dataset.ids[2], dataset.ids[0]], "val": [dataset.ids[1]]}
    (tmp_path / "split.json").write_text(json.dumps(names))
    parts = saved_parts(dataset, RunFolder(tmp_path))
    assert {part: items.tolist() for part, items in parts.items()} == {"train": [2, 0], "val": [1]}


@pytest.mark.parametrize("content", [{"train": ["nothing of this name"]}, {"train": 3}, []])
def test_missing_items_and_damaged_files_are_reported(tmp_path, content):
    (tmp_path / "split.json").write_text(json.dumps(content))
    with pytest.raises(RunError):
        saved_parts(open_dataset("iris", DataConfig()), RunFolder(tmp_path))


def test_a_folder_with_the_name_of_bundled_data_stays_that_folder(tmp_path, monkeypatch):
    for number in range(4):
        (tmp_path / "digits" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 40 * number).save(tmp_path / "digits" / "ab"[number % 2] / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    dataset = open_dataset("./digits", DataConfig())
    assert (len(dataset), dataset.path) == (4, str(tmp_path / "digits"))
    assert open_dataset("digits", DataConfig()).path == "digits"
