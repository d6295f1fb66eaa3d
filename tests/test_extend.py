"""A finished or interrupted run is extended, whatever ended it, and whatever interrupts the extension."""

from __future__ import annotations

import json

import pytest
import torch

from hibiscus import api
from hibiscus.runs.session import Session
from hibiscus.training.checkpoint import load_checkpoint

SMALL = {
    "net": "mlp",
    "net_options": {"hidden": [8]},
    "batch_size": 32,
    "schedule": "constant",
    "quiet": True,
    "evaluate": False,
}


def weights(path):
    tensors, _ = load_checkpoint(path / "checkpoints" / "last.safetensors")
    return {name: value for name, value in tensors.items() if name.startswith("network/")}


def test_extended_equals_trained_at_once_under_a_constant_rate(tmp_path):
    api.train("classify", "iris", out=tmp_path / "short", epochs=2, **SMALL)
    api.train("classify", "iris", out=tmp_path / "long", epochs=5, **SMALL)
    run = api.train(
        "classify", "iris", out=tmp_path / "extended", epochs=5, extend=tmp_path / "short", **SMALL
    )
    assert [line["epoch"] for line in run.history] == [1, 2, 3, 4, 5]
    whole, extended = weights(tmp_path / "long"), weights(tmp_path / "extended")
    assert all(torch.equal(whole[name], extended[name]) for name in whole)
    assert len(api.load(tmp_path / "short").history) == 2  # the old run is as it was


def test_an_extension_killed_before_its_first_checkpoint_goes_on_from_the_old_run(tmp_path, monkeypatch):
    api.train("classify", "iris", out=tmp_path / "short", epochs=2, **SMALL)
    train = Session.train
    monkeypatch.setattr(Session, "train", lambda self: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        api.train("classify", "iris", out=tmp_path / "killed", epochs=4, extend=tmp_path / "short", **SMALL)
    monkeypatch.setattr(Session, "train", train)
    run = api.resume(tmp_path / "killed", quiet=True, evaluate=False)
    first, second = (
        json.loads((tmp_path / name / "log.jsonl").read_text().splitlines()[0])
        for name in ("short", "killed")
    )
    assert first == second
    assert [line["epoch"] for line in run.history] == [1, 2, 3, 4]


def test_a_run_that_stopped_early_can_be_extended(tmp_path):
    options = {**SMALL, "learning_rate": 1e-9, "early_stopping_patience": 2}
    run = api.train("classify", "iris", out=tmp_path / "short", epochs=20, **options)
    assert len(run.history) == 3
    longer = api.train(
        "classify",
        "iris",
        out=tmp_path / "longer",
        extend=tmp_path / "short",
        **{**options, "early_stopping_patience": 5},
    )
    assert len(longer.history) > 5


def test_decay_may_change_in_an_extension(tmp_path):
    api.train("classify", "iris", out=tmp_path / "short", epochs=2, weight_decay=0.0, **SMALL)
    run = api.train(
        "classify",
        "iris",
        out=tmp_path / "long",
        epochs=4,
        extend=tmp_path / "short",
        weight_decay=0.1,
        **SMALL,
    )
    assert run.history[-1]["train/loss"] < run.history[0]["train/loss"]
