"""A run begins in one of three ways, with the same checks whoever calls."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hibiscus.data.open import open_data
from hibiscus.errors import ConfigError, DataError, RunError
from hibiscus.run_format import FORMAT
from hibiscus.runs.info import read_info
from hibiscus.runs.session import Session
from hibiscus.runs.train import resume_run, train_run
from hibiscus.training.checkpoint import load_checkpoint, save_checkpoint

SMALL = {"net": "linear", "batch_size": 32}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session") / "run"
    train_run("classify", "iris", {**SMALL, "epochs": 2}, out=folder, quiet=True, evaluate=False)
    return folder


def test_a_new_session_writes_its_folder_before_the_first_step(tmp_path):
    parts = {"train": np.arange(0, 150, 2), "test": np.arange(1, 150, 2)}
    session = Session.new(
        "classify", open_data("iris"), {**SMALL, "lr": 0.5}, out=tmp_path / "run", parts=parts
    )
    session.write_folder(["hibiscus"])
    assert not session.validate
    assert session.config.learning_rate == 0.5
    info = read_info(session.folder)
    assert (info["format"], info["status"], info["validate"], info["name"]) == (
        FORMAT,
        "running",
        False,
        "run",
    )
    again = Session.resume(tmp_path / "run")
    assert again.config == session.config
    assert {part: items.tolist() for part, items in again.parts.items()} == {
        part: items.tolist() for part, items in parts.items()
    }
    with pytest.raises(RunError, match="already holds a run"):
        session.write_folder([])


def test_an_option_that_is_wrong_leaves_no_folder(tmp_path):
    for options in ({"net": "nothing"}, {"epochs": 0}, {"net.hidden": 3}):
        with pytest.raises(ConfigError):
            Session.new("classify", "iris", {**SMALL, **options}, out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


TOO_WIDE = {"way": 30, "eval_way": 2, "epochs": 1}  # only the source of the first stage sees that it is


def test_data_that_the_first_stage_refuses_leave_no_folder(tmp_path):
    with pytest.raises(DataError, match="30 such classes"):
        train_run("protonet", "digits", TOO_WIDE, out=tmp_path / "run", quiet=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_of_the_run_is_kept(tmp_path, monkeypatch):
    def refuse(self):
        (self.folder.path / "notes.txt").write_text("mine")
        raise ConfigError("net=x", "y", "z")

    monkeypatch.setattr(Session, "train", refuse)
    with pytest.raises(ConfigError):
        train_run("classify", "iris", SMALL, out=tmp_path / "run", quiet=True)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("error", [DataError, RunError, KeyboardInterrupt])
def test_a_folder_is_kept_after_the_first_round_and_when_another_process_uses_it(
    tmp_path, monkeypatch, error
):
    def fail(self):
        self.rounds_trained = int(error is DataError)
        raise error("stopped")

    monkeypatch.setattr(Session, "train", fail)
    with pytest.raises(error):
        train_run("classify", "iris", SMALL, out=tmp_path / "run", quiet=True)
    assert (tmp_path / "run" / "run.json").exists()


def test_a_resumed_run_is_kept_whatever_the_error(tmp_path, monkeypatch):
    session = Session.new("classify", "iris", SMALL, out=tmp_path / "run")
    session.write_folder([])

    def refuse(self):
        raise ConfigError("net=x", "y", "z")

    monkeypatch.setattr(Session, "train", refuse)
    with pytest.raises(ConfigError):
        resume_run(tmp_path / "run", quiet=True)
    assert (tmp_path / "run" / "run.json").exists()


def test_an_error_before_the_first_round_of_an_extension_leaves_no_folder(tmp_path, finished, monkeypatch):
    def refuse(*_):
        raise DataError("x", "y", "z")

    monkeypatch.setattr("hibiscus.runs.session.run_loop", refuse)
    options = {"epochs": 3, "extend": finished}
    with pytest.raises(DataError):
        train_run("classify", "iris", options, out=tmp_path / "longer", quiet=True)
    assert not (tmp_path / "longer").exists()
    assert (finished / "run.json").exists()


@pytest.mark.parametrize(
    ("method", "data", "options", "match"),
    [
        ("classify", "wine", {"epochs": 4}, "the data of that run, iris"),
        ("regress", "iris", {"epochs": 4}, "train classify"),
        ("classify", "iris", {"epochs": 4, "scaling": "range"}, "scaling together with extend="),
        ("classify", "iris", {"epochs": 4, "seed": 1, "bs": 8}, "batch_size, seed together with extend="),
        ("classify", "iris", {"epochs": 2}, "which has completed 2"),
    ],
)
def test_what_an_extension_cannot_change(tmp_path, finished, method, data, options, match):
    with pytest.raises(ConfigError, match=match):
        Session.extend(method, data, finished, options, out=tmp_path / "longer")
    assert not (tmp_path / "longer").exists()


def test_an_extension_takes_over_log_weights_and_parts(tmp_path, finished):
    session = Session.extend("classify", "iris", finished, {"epochs": 3}, out=tmp_path / "longer")
    assert session.config.epochs == 3
    assert (session.folder.log).read_bytes() == (finished / "log.jsonl").read_bytes()
    tensors, state = load_checkpoint(session.folder.checkpoints / "last.safetensors")
    assert state["stop_reason"] == ""
    assert {"optimizer/network/0/exp_avg", "random/cpu"} <= tensors.keys() or any(
        name.startswith("optimizer/") for name in tensors
    )
    assert set(state["lr_factors"]) == {
        name.split("/")[1] for name in tensors if name.startswith("optimizer/")
    }


def test_a_checkpoint_of_a_newer_format_is_refused(tmp_path):
    save_checkpoint(tmp_path / "last.safetensors", {}, {"format": FORMAT + 1})
    with pytest.raises(RunError, match=f"format {FORMAT + 1}"):
        load_checkpoint(tmp_path / "last.safetensors")


def test_everything_that_is_read_goes_through_the_upgrade(finished, monkeypatch):
    files = []
    monkeypatch.setattr("hibiscus.runs.folder.upgrade", lambda file, content: files.append(file) or content)
    from hibiscus.runs.run import Run

    run = Run(finished)
    assert [line["epoch"] for line in run.history] == [1, 2]
    assert run.preparation is not None
    assert {"run.json", "log.jsonl", "preparation.json"} <= set(files)
    assert json.loads((finished / "run.json").read_text())["format"] == FORMAT


def test_checkpoints_go_through_the_upgrade(finished, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "hibiscus.training.checkpoint.upgrade_tensors",
        lambda tensors, state: calls.append(state["epoch"]) or (tensors, state),
    )
    for name in ("best", "last"):
        load_checkpoint(finished / "checkpoints" / f"{name}.safetensors")
    assert len(calls) == 2
