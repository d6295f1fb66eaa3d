from __future__ import annotations

import json

import numpy as np
import pytest

from hibiscus import api
from hibiscus.errors import ConfigError, DataError, RunError, TrainingError
from hibiscus.runs.cross_validation import _summary
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.session import Session
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint
from hibiscus.training.loop import Loop
from hibiscus.training.method import SelectionMetric

SMALL = {"net": "linear", "epochs": 4, "learning_rate": 0.05, "batch_size": 16}


def test_folds_refit_and_the_untouched_test_part(tmp_path):
    run = api.crossval("classify", "iris", folds=3, out=tmp_path / "cv", quiet=True, **SMALL)
    found = json.loads((tmp_path / "cv" / "crossval.json").read_text())
    splits = [json.loads((tmp_path / "cv" / f"fold-{k}" / "split.json").read_text()) for k in (1, 2, 3)]
    refit = json.loads((tmp_path / "cv" / "split.json").read_text())
    held_out = [set(split["val"]) for split in splits]
    assert set().union(*held_out) == set(refit["train"])
    assert sum(map(len, held_out)) == len(refit["train"])
    assert not set(refit["train"]) & set(refit["test"])
    assert all("test" not in split for split in splits)
    assert len(found["scores"]) == 3
    assert found["mean"] == pytest.approx(np.mean(found["scores"]))
    assert run.info["config"]["stop_after_epochs"] == found["best_epoch"] == len(run.history)
    assert "test/accuracy" in run.evaluate()
    assert (tmp_path / "cv" / "report.html").exists()


def test_each_fold_learns_its_preparation_from_its_own_training_items(tmp_path):
    api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **SMALL)
    means = {(tmp_path / "cv" / f"fold-{k}" / "preparation.json").read_text() for k in (1, 2)}
    assert len(means) == 2


def test_the_best_epoch_is_that_of_the_mean_curve_and_each_score_that_of_the_other_folds():
    histories = [[{"val/rmse": v} for v in values] for values in ([3.0, 1.0, 2.0], [3.0, 2.5, 1.5])]
    found = _summary(histories, SelectionMetric("rmse", higher_is_better=False))
    assert found["best_epoch"] == 2
    assert found["score_epochs"] == [3, 2]
    assert found["scores"] == [2.0, 2.5]
    assert found["sd"] == pytest.approx(np.std([2.0, 2.5], ddof=1))


def test_the_score_of_random_curves_is_chance():
    """Random labels: every epoch of every fold is a coin toss, and the best of 50 epochs is no better."""
    generator, means, chosen = np.random.default_rng(0), [], []
    for _ in range(100):
        curves = 0.5 + 0.05 * generator.standard_normal((5, 50))
        found = _summary([[{"val/accuracy": v} for v in c] for c in curves], SelectionMetric("accuracy"))
        means.append(found["mean"])
        chosen.append(max(found["curve"]["val"]))
    assert np.mean(means) == pytest.approx(0.5, abs=0.01)
    assert np.mean(chosen) > 0.54  # at the epoch that the folds themselves chose


def test_a_fold_that_diverges_is_recorded_and_passed_over(tmp_path, monkeypatch):
    step, calls = Loop._train_round, []

    def diverges(self, stage):
        calls.append(self.last.parent.parent.name)
        if self.last.parent.parent.name == "fold-2":
            raise TrainingError("loss is not a finite number", "finite losses", "a smaller learning rate")
        step(self, stage)

    monkeypatch.setattr(Loop, "_train_round", diverges)
    for _ in range(2):
        run = api.crossval("classify", "iris", folds=3, out=tmp_path / "cv", quiet=True, **SMALL)
        found = json.loads((run.path / "crossval.json").read_text())
        assert len(found["scores"]) == 2
        assert list(found["failed"]) == ["fold-2"]
        assert "not a finite number" in found["failed"]["fold-2"]
    assert calls.count("fold-2") == 1
    with pytest.raises(TrainingError, match="fold-2"):
        api.crossval("classify", "iris", folds=2, out=tmp_path / "two", quiet=True, **SMALL)


def test_the_refit_reduces_the_learning_rate_where_the_folds_did(tmp_path):
    options = {**SMALL, "epochs": 8, "reduce_lr_patience": 1, "reduce_lr_factor": 0.5, "schedule": "constant"}
    run = api.crossval("classify", "iris", folds=3, out=tmp_path / "cv", quiet=True, **options)
    after = json.loads((run.path / "crossval.json").read_text())["reduce_lr_after"]
    rates = [line["lr/classifier"] for line in run.history]
    reductions = [sum(epoch < number for epoch in after) for number in range(1, len(rates) + 1)]
    assert rates == [0.05 * 0.5**count for count in reductions]


def test_an_interrupted_cross_validation_goes_on(tmp_path, monkeypatch):
    whole = api.crossval("classify", "iris", folds=3, out=tmp_path / "whole", quiet=True, **SMALL)
    from hibiscus.runs.session import Session

    train, calls = Session.train, []

    def stopping(self):
        calls.append(self.folder.path.name)
        if len(calls) == 2:
            raise KeyboardInterrupt
        train(self)

    monkeypatch.setattr(Session, "train", stopping)
    with pytest.raises(KeyboardInterrupt):
        api.crossval("classify", "iris", folds=3, out=tmp_path / "parts", quiet=True, **SMALL)
    again = api.crossval("classify", "iris", folds=3, out=tmp_path / "parts", quiet=True, **SMALL)
    assert calls == ["fold-1", "fold-2", "fold-2", "fold-3", "parts"]
    assert again.evaluate() == whole.evaluate()


def test_interrupted_in_the_refit_it_goes_on_too(tmp_path, monkeypatch):
    from hibiscus.runs.session import Session

    train, calls = Session.train, []

    def stopping(self):
        calls.append(self.folder.path.name)
        if len(calls) == 3:
            raise KeyboardInterrupt
        train(self)

    options = {**SMALL, "net": "mlp", "net_options": {"hidden": (8,)}}
    monkeypatch.setattr(Session, "train", stopping)
    with pytest.raises(KeyboardInterrupt):
        api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **options)
    again = api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **options)
    assert calls == ["fold-1", "fold-2", "cv", "cv"]
    assert "test/accuracy" in again.evaluate()


def test_patience_does_not_touch_the_refit(tmp_path):
    run = api.crossval(
        "classify",
        "iris",
        folds=2,
        out=tmp_path / "cv",
        quiet=True,
        **SMALL,
        early_stopping_patience=3,
        reduce_lr_patience=1,
    )
    assert len(run.history) == run.info["config"]["stop_after_epochs"]


def test_fewer_than_two_folds_are_told(tmp_path):
    with pytest.raises(ConfigError, match="folds=1"):
        api.crossval("classify", "iris", folds=1, out=tmp_path / "cv", quiet=True, **SMALL)


def test_numbers_are_folded_too(tmp_path):
    run = api.crossval(
        "regress", "diabetes", folds=3, out=tmp_path / "cv", quiet=True, net="linear", epochs=2
    )
    assert len(json.loads((run.path / "crossval.json").read_text())["scores"]) == 3


def test_groups_stay_whole_in_folds(tmp_path):
    rows = ["x,group,y"] + [f"{i * 7 % 11},{i % 9},{i % 2}" for i in range(90)]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    api.crossval(
        "classify",
        tmp_path / "t.csv",
        folds=3,
        out=tmp_path / "cv",
        quiet=True,
        target="y",
        group="group",
        **SMALL,
    )
    groups = []
    for k in (1, 2, 3):
        ids = json.loads((tmp_path / "cv" / f"fold-{k}" / "split.json").read_text())["val"]
        groups.append({(int(name.split()[1]) - 1) % 9 for name in ids})
    assert sum(map(len, groups)) == len(set().union(*groups))


def test_a_cross_validation_that_cannot_start_leaves_no_folder(tmp_path):
    options = {"way": 30, "eval_way": 2, "epochs": 1}
    with pytest.raises(DataError):
        api.crossval("protonet", "digits", folds=2, out=tmp_path / "cv", quiet=True, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_fold_that_cannot_start_leaves_the_others(tmp_path, monkeypatch):
    train = Session.train

    def fail_in_the_second(self):
        if self.folder.path.name == "fold-2":
            raise DataError("x", "y", "z")
        train(self)

    monkeypatch.setattr(Session, "train", fail_in_the_second)
    with pytest.raises(DataError):
        api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **SMALL)
    assert (tmp_path / "cv" / "fold-1" / "run.json").exists()
    assert not (tmp_path / "cv" / "fold-2").exists()


def test_a_fold_whose_log_or_checkpoint_holds_something_else_is_named(tmp_path):
    api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **SMALL | {"epochs": 1})
    last = tmp_path / "cv" / "fold-1" / "checkpoints" / "last.safetensors"
    tensors, state = load_checkpoint(last)
    save_checkpoint(last, tensors, {**state, "callbacks": {"plateau": {"reductions": "often"}}})
    with pytest.raises(RunError, match=r"last\.safetensors: cannot be read"):
        api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **SMALL | {"epochs": 1})
    log = tmp_path / "cv" / "fold-2" / "log.jsonl"
    log.write_text("")
    info = RunFolder(log.parent).read("run.json")
    RunFolder(log.parent).write("run.json", {**info, "log_digest": None})
    with pytest.raises(RunError, match=r"log\.jsonl: an epoch without val/accuracy"):
        api.crossval("classify", "iris", folds=2, out=tmp_path / "cv", quiet=True, **SMALL | {"epochs": 1})


def test_folds_of_series_are_by_rolling_origin_and_the_forecast_has_no_intervals(tmp_path):
    options = {"net": "linear", "input_length": 14, "epochs": 1}
    run = api.crossval("forecast", "sales", folds=2, out=tmp_path / "cv", quiet=True, **options)
    folds = [json.loads((run.path / f"fold-{number}" / "split.json").read_text()) for number in (1, 2)]
    for fold in folds:
        assert max(map(int, fold["train"])) < min(map(int, fold["val"]))
    assert max(map(int, folds[0]["val"])) < min(map(int, folds[1]["val"]))
    assert "bread_0.1" not in run.predict("sales")
