from __future__ import annotations

import json

import numpy as np
import pytest

from hibiscus import api
from hibiscus.errors import ConfigError, DataError, RunError, TrainingError
from hibiscus.methods.registry import get_method
from hibiscus.runs.session import Session
from hibiscus.runs.sweep import folder_name, settings_of

SMALL = {"net": "linear", "epochs": 2, "learning_rate": 0.05, "batch_size": 16}
CLASSIFY, REGRESS = get_method("classify").Config, get_method("regress").Config


def test_every_combination_the_last_option_fastest():
    found = settings_of(
        CLASSIFY,
        {"learning_rate": "0.1,0.2", "target": "a,b", "seed": [0, 1], "epochs": "3", "net.hidden": [8, 8]},
    )
    assert found == [{"learning_rate": rate, "seed": seed} for rate in ("0.1", "0.2") for seed in (0, 1)]
    assert folder_name(2, found[1]) == "02-learning_rate=0.1,seed=1"
    assert folder_name(1, {"net": "my/mod:f g"}) == "01-net=my-mod-f-g"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"epochs": 3}, "no option with several values"),
        ({"epochs": "3,x"}, "epochs=x"),
        ({"epochs": "3,3"}, "each value once"),
        ({"epoch": "3,4"}, "there is no option"),
        ({"seed": list(range(2000))}, "more than 1000"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_trained(options, match):
    with pytest.raises(ConfigError, match=match):
        settings_of(CLASSIFY, options)


def test_one_run_for_each_combination_and_seeds_taken_together(tmp_path):
    found = api.sweep(
        "classify", "iris", out=tmp_path / "all", quiet=True, **{**SMALL, "epochs": "1,3", "seed": [0, 1]}
    )
    names = sorted(path.name for path in (tmp_path / "all").iterdir() if path.is_dir())
    assert names == ["01-epochs=1,seed=0", "02-epochs=1,seed=1", "03-epochs=3,seed=0", "04-epochs=3,seed=1"]
    assert [one["setting"] for one in found["settings"]] == ["epochs=1", "epochs=3"]
    values = [api.load(run).evaluate()["test/accuracy"] for run in found["settings"][1]["runs"]]
    figure = found["settings"][1]["metrics"]["test/accuracy"]
    assert figure == {
        "mean": pytest.approx(np.mean(values)),
        "sd": pytest.approx(np.std(values, ddof=1)),
        "count": 2,
    }
    best = [api.load(run).info["best"]["value"] for run in found["settings"][0]["runs"]]
    assert next(iter(found["settings"][0]["metrics"])) == "val/accuracy"
    assert found["settings"][0]["metrics"]["val/accuracy"]["mean"] == pytest.approx(np.mean(best))
    assert json.loads((tmp_path / "all" / "sweep.json").read_text())["settings"] == found["settings"]
    page = (tmp_path / "all" / "compare.html").read_text()
    assert all(name in page for name in names)


def test_an_interrupted_sweep_goes_on_and_ends_as_if_it_had_not_been(tmp_path, monkeypatch):
    options = {**SMALL, "learning_rate": "0.05,0.1"}
    whole = api.sweep("classify", "iris", out=tmp_path / "whole", quiet=True, **options)
    train, calls = Session.train, []

    def stopping(self):
        calls.append(self.folder.path.name)
        if len(calls) == 2:
            raise KeyboardInterrupt
        train(self)

    monkeypatch.setattr(Session, "train", stopping)
    with pytest.raises(KeyboardInterrupt):
        api.sweep("classify", "iris", out=tmp_path / "parts", quiet=True, **options)
    again = api.sweep("classify", "iris", out=tmp_path / "parts", quiet=True, **options)
    assert calls == ["01-learning_rate=0.05", "02-learning_rate=0.1", "02-learning_rate=0.1"]
    assert [one["metrics"] for one in again["settings"]] == [one["metrics"] for one in whole["settings"]]


def test_another_sweep_or_a_run_in_the_same_folder_is_refused(tmp_path):
    api.sweep("classify", "iris", out=tmp_path / "one", quiet=True, **{**SMALL, "seed": "0,1"})
    with pytest.raises(ConfigError, match="other options"):
        api.sweep("classify", "iris", out=tmp_path / "one", quiet=True, **{**SMALL, "seed": "0,2"})
    with pytest.raises(RunError, match="already holds a run"):
        api.sweep(
            "classify", "iris", out=tmp_path / "one" / "01-seed=0", quiet=True, **{**SMALL, "seed": "0,1"}
        )


@pytest.mark.parametrize(
    ("method", "data", "options"),
    [
        ("protonet", "digits", {"way": 30, "eval_way": 2, "epochs": 1, "seed": "0,1"}),
        ("classify", "nowhere", {"seed": "0,1"}),
    ],
)
def test_a_sweep_that_cannot_start_leaves_no_folder(tmp_path, method, data, options):
    with pytest.raises(DataError):
        api.sweep(method, data, out=tmp_path / "all", quiet=True, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_cannot_start_leaves_the_others(tmp_path):
    options = {"way": "30,2", "eval_way": 2, "epochs": 1, "episodes": 1, "eval_episodes": 2}
    found = api.sweep("protonet", "digits", out=tmp_path / "all", quiet=True, **options)
    assert [row["setting"] for row in found["settings"]] == ["way=2"]
    assert [row["setting"] for row in found["failed"]] == ["way=30"]
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert names == {"02-way=2", "sweep.json", "compare.html"}


def test_a_training_that_diverges_is_recorded_and_passed_over(tmp_path, monkeypatch):
    train, calls = Session.train, []

    def counted(self):
        calls.append(self.folder.path.name)
        train(self)

    monkeypatch.setattr(Session, "train", counted)
    options = {**SMALL, "optimizer": "sgd", "learning_rate": "1e38,0.05", "schedule": "constant"}
    for _ in range(2):
        found = api.sweep("regress", "diabetes", out=tmp_path / "all", quiet=True, **options)
        assert found["best"] == "learning_rate=0.05"
        assert [row["setting"] for row in found["failed"]] == ["learning_rate=1e38"]
        assert "not a finite number" in found["failed"][0]["reason"]
    assert calls == ["01-learning_rate=1e38", "02-learning_rate=0.05"]
    stored = json.loads((tmp_path / "all" / "sweep.json").read_text())
    assert stored["failed"] == found["failed"]


def test_a_sweep_of_which_every_training_fails_raises_the_first_error(tmp_path):
    options = {**SMALL, "optimizer": "sgd", "learning_rate": "1e38,2e38", "schedule": "constant"}
    with pytest.raises(TrainingError, match="not a finite number"):
        api.sweep("regress", "diabetes", out=tmp_path / "all", quiet=True, **options)
