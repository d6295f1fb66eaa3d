from __future__ import annotations

import json

import pytest

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
