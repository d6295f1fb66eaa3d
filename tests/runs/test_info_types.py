"""The entries of JSON files of a run, each with another type."""

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


EVALUATION = {
    "part": "test", "metrics": {"test/accuracy": 0.5}, "baselines": {"linear model": {"test/accuracy": 0.4}},
    "selection_metric": {"name": "test/accuracy", "higher_is_better": True}, "data": "iris",
    "checkpoint": "best", "epoch": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("metrics", {"test/accuracy": "0.5"}), ("metrics", []), ("baselines", {"linear model": 0}),
        ("baselines", {"linear model": {"test/accuracy": None}}), ("selection_metric", "accuracy"),
        ("epoch", 0.5), ("part", None), ("advice", "none"),
    ],
)  # fmt: skip
def test_another_type_in_an_evaluation_is_refused_by_name(tmp_path, entry, value):
    folder = RunFolder(tmp_path)
    folder.write("evaluation.json", EVALUATION)
    assert folder.read("evaluation.json") == EVALUATION
    folder.write("evaluation.json", {**EVALUATION, entry: value})  # with the digest of what is changed
    with pytest.raises(RunError, match=rf"evaluation\.json: cannot be read \({entry}"):
        folder.read("evaluation.json")


CROSSVAL = {
    "folds": 2, "selection_metric": {"name": "accuracy", "higher_is_better": True}, "best_epoch": 1,
    "scores": [0.5, 0.25], "mean": 0.375, "sd": 0.125, "curve": {"train": [None], "val": [0.5]}, "failed": {},
}  # fmt: skip
SWEEP = {"method": "classify", "data": "iris", "options": {"seed": "0,1"}}


@pytest.mark.parametrize(
    ("name", "content", "entry", "value"),
    [
        ("crossval.json", CROSSVAL, "mean", "0.375"), ("crossval.json", CROSSVAL, "sd", [0.1]),
        ("crossval.json", CROSSVAL, "folds", -2), ("crossval.json", CROSSVAL, "failed", ["fold-1"]),
        ("crossval.json", CROSSVAL, "selection_metric", "accuracy"),
        ("crossval.json", CROSSVAL, "curve", {"train": [], "val": [{}]}),
        ("sweep.json", SWEEP, "options", "seed=0,1"), ("sweep.json", SWEEP, "data", None),
    ],
)  # fmt: skip
def test_another_type_in_a_file_of_several_trainings_is_refused(tmp_path, name, content, entry, value):
    folder = RunFolder(tmp_path)
    folder.write(name, content)
    assert folder.read(name) == content
    folder.write(name, {**content, entry: value})
    with pytest.raises(RunError, match=rf"{name}: cannot be read \({entry}"):
        folder.read(name)
