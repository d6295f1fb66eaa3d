"""Whether data is still that of a run, and where it is now; see also test_evaluation_record.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hibiscus.data.config import DataConfig
from hibiscus.errors import HibiscusWarning, RunError
from hibiscus.runs.same_data import check_data, has_moved, items_digest, reopen_dataset
from hibiscus.runs.training_data import open_dataset


def test_only_annotations_may_change_for_an_evaluation():
    dataset = open_dataset("iris", DataConfig())
    info = {"data": {"fingerprint": dataset.fingerprint, "items_digest": items_digest(dataset)}}
    check_data(dataset, Path("run"), info)
    dataset.fields["label"] = np.roll(dataset.fields["label"], 1)
    with pytest.warns(HibiscusWarning, match="annotations have changed"):
        check_data(dataset, Path("run"), info, labels_may_change=True)
    with pytest.raises(RunError, match="annotations have changed"):
        check_data(dataset, Path("run"), info)
    dataset.keys = np.roll(dataset.keys, 1)
    with pytest.raises(RunError, match="the data has changed"):
        check_data(dataset, Path("run"), info, labels_may_change=True)


def test_only_files_that_are_gone_have_moved(tmp_path):
    (tmp_path / "here.csv").write_text("a,b\n1,2\n")
    gone = {"data": {"path": "gone.csv", "location": str(tmp_path / "gone.csv")}}
    assert has_moved(gone)
    assert not has_moved({"data": {"path": "here.csv", "location": str(tmp_path / "here.csv")}})
    assert not has_moved({"data": {"path": "iris"}})  # bundled
    with pytest.raises(RunError, match="no longer here"):
        reopen_dataset(tmp_path / "run", gone, DataConfig(), None)
    assert len(reopen_dataset(tmp_path / "run", gone, DataConfig(), "iris")) == 150
