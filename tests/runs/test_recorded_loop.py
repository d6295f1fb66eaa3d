from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest
import torch

from hibiscus.data.preparation import Preparation
from hibiscus.errors import InterruptedRunError, OutOfMemoryError, RunError, TrainingError
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.recorded_loop import build_callbacks, run_loop
from hibiscus.runs.run import Run
from hibiscus.runs.session import Session
from hibiscus.runs.trained_method import load_method
from hibiscus.training.callbacks import BestCheckpoint
from hibiscus.training.method import SelectionMetric


def test_callbacks_follow_from_the_options(tmp_path):
    options = {"net": "linear", "reduce_lr_patience": 2, "early_stopping_patience": 5}
    method = Session.new("classify", "iris", options, out=tmp_path / "run").build_method()
    best = BestCheckpoint(tmp_path / "best.safetensors", method.selection_metric)
    assert list(build_callbacks(method, best, RunFolder(tmp_path), quiet=True)) == [
        "best",
        "plateau",
        "early_stopping",
        "log",
    ]
    assert list(build_callbacks(method, best, RunFolder(tmp_path), quiet=False))[-1] == "progress"


class Loop:
    stop_reason, epoch, callbacks, device = "", 3, {}, torch.device("cpu")
    config, method = SimpleNamespace(batch_size=4), SimpleNamespace(preparation=Preparation({}))

    def __init__(self, error=None):
        self.error = error

    def run(self):
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, "done"), (InterruptedRunError("stop"), "interrupted"), (TrainingError("loss is nan"), "failed")],
)
def test_run_json_records_how_a_training_ended(tmp_path, error, status):
    (tmp_path / "run.json").write_text("{}")
    best = BestCheckpoint(tmp_path / "best.safetensors", SelectionMetric("accuracy", True))
    best.best, best.epoch = 0.9, 2
    with contextlib.nullcontext() if error is None else pytest.raises(type(error)):
        run_loop(Loop(error), best, RunFolder(tmp_path), 5.0)  # type: ignore[arg-type]
    info = json.loads((tmp_path / "run.json").read_text())
    assert (info["status"], info["epochs_done"], info["best"]) == (status, 3, {"epoch": 2, "value": 0.9})
    assert info["error"] == ("loss is nan" if status == "failed" else None)
    assert info["seconds"] >= 5


def test_too_little_memory_is_recorded_as_a_failure_that_may_not_recur(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    best = BestCheckpoint(tmp_path / "best.safetensors", SelectionMetric("accuracy", True))
    with pytest.raises(OutOfMemoryError, match="not enough memory to train; batch_size=4"):
        run_loop(Loop(MemoryError()), best, RunFolder(tmp_path), 0.0)  # type: ignore[arg-type]
    info = json.loads((tmp_path / "run.json").read_text())
    assert info["error"].startswith("not enough memory to train")
    assert info["training_failed"] is False


def test_a_run_without_a_best_checkpoint_uses_the_last(tmp_path):
    session = Session.new("classify", "iris", {"net": "linear", "epochs": 1}, out=tmp_path / "run")
    session.write_folder([])
    session.train()
    run = Run(tmp_path / "run")
    _, epoch = load_method(run.folder, run.info, run.preparation, "best")
    (run.folder.checkpoints / "best.safetensors").unlink()
    method, last = load_method(run.folder, run.info, run.preparation, "best")
    assert (epoch, last, method.name) == (1, 1, "classify")
    (run.folder.checkpoints / "last.safetensors").unlink()
    with pytest.raises(RunError, match="no checkpoint"):
        load_method(run.folder, run.info, run.preparation, "last")
