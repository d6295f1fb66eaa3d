"""A run is resumed with the number of threads with which it began: its bits depend on it."""

from __future__ import annotations

import os

import pytest
import torch

from hibiscus import api
from hibiscus.errors import InterruptedRunError, RunError
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.run import Run
from hibiscus.runs.threads import recorded_threads
from hibiscus.training.checkpoint import load_checkpoint
from hibiscus.training.loop import Loop

CPU = torch.device("cpu")
OPTIONS = {"net": "mlp", "net_options": {"hidden": [256]}, "epochs": 2, "precision": "float32"}


@pytest.fixture(autouse=True)
def _threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def train(path, threads: int):
    torch.set_num_threads(threads)
    api.train("classify", "digits", out=path, quiet=True, evaluate=False, **OPTIONS)
    return bits(path)


def bits(path):
    tensors = load_checkpoint(path / "checkpoints" / "last.safetensors")[0]
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def test_resumed_under_other_threads_to_the_same_bits(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole", 1)
    if os.cpu_count() > 1:  # otherwise the test could not fail
        assert train(tmp_path / "other", 2) != whole
    end_epoch = Loop._end_epoch

    def interrupted(self, stage):
        end_epoch(self, stage)
        raise InterruptedRunError("stop")

    monkeypatch.setattr(Loop, "_end_epoch", interrupted)
    with pytest.raises(InterruptedRunError):
        train(tmp_path / "run", 1)
    monkeypatch.undo()
    torch.set_num_threads(2)
    evaluated = []
    monkeypatch.setattr(Run, "evaluate", lambda self: evaluated.append(torch.get_num_threads()))
    assert api.resume(tmp_path / "run", quiet=True, evaluate=True).info["threads"] == 1
    assert (evaluated, torch.get_num_threads()) == ([1], 2)
    assert bits(tmp_path / "run") == whole


def test_a_machine_with_fewer_processors_is_noted(tmp_path, monkeypatch):
    folder, lines = RunFolder(tmp_path / "run"), []
    train(folder.path, 2)
    monkeypatch.setattr("hibiscus.runs.threads.show_line", lines.append)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    torch.set_num_threads(1)
    with recorded_threads(folder, CPU):
        assert torch.get_num_threads() == 2
    assert "2, as when the run began, instead of 1" in lines[0]
    assert "this machine has only 1 processor" in lines[0]
    with recorded_threads(folder, torch.device("meta")):  # as on a GPU: threads do not matter
        assert torch.get_num_threads() == 1


@pytest.mark.parametrize("threads", [0, -1, 10**9, "2", 1.5])
def test_a_damaged_number_is_refused(tmp_path, threads):
    folder = RunFolder(tmp_path / "run")
    train(folder.path, 1)
    folder.update(threads=threads)
    with pytest.raises(RunError, match="threads"), recorded_threads(folder, CPU):
        pass
