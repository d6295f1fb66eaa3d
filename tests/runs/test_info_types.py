"""The entries of `run.json`, each with another type."""

import pytest

from hibiscus.errors import RunError
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.info import read_info

INFO = {
    "method": "classify", "status": "done", "config": {"seed": 0}, "data_options": {},
    "data": {"name": "iris", "path": "iris", "fingerprint": "0", "parts": {"train": 3},
             "classes": {"a": {"train": 3}}, "duplicates": {"inside": 0, "across": {}}, "skipped": []},
    "selection_metric": {"name": "accuracy", "higher_is_better": True},
    "best": {"epoch": 1, "value": 0.5}, "threads": 2, "seconds": 1.5,
}  # fmt: skip


def test_the_least_that_a_run_holds_is_read(tmp_path):
    RunFolder(tmp_path).write("run.json", {**INFO, "best": None})
    assert read_info(RunFolder(tmp_path))["best"] is None


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("method", None), ("status", 3), ("config", []), ("data_options", None), ("best", 0.5),
        ("threads", 10**9), ("threads", "2"), ("seconds", -1), ("seconds", float("nan")), ("data", {}),
        ("selection_metric", {"name": 1}),
        ("data", {**INFO["data"], "parts": {"train": -3}}), ("data", {**INFO["data"], "classes": {"a": 3}}),
        ("best", {"epoch": "1", "value": 0.5}), ("best", {"epoch": 1, "value": [0.5]}), ("order", -1),
    ],
)  # fmt: skip
def test_another_type_is_refused_by_name(tmp_path, entry, value):
    RunFolder(tmp_path).write("run.json", {**INFO, entry: value})
    with pytest.raises(RunError, match=rf"run\.json: cannot be read \({entry}"):
        read_info(RunFolder(tmp_path))
