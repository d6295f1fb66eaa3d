"""`train --config FILE`: options from a file, and a run that is repeated from its own `config.yaml`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from hibiscus.cli.config_file import read_command
from hibiscus.errors import ConfigError, DataError


def config_of(path) -> dict:
    return yaml.safe_load((Path(path) / "config.yaml").read_text(encoding="utf-8"))


def test_a_run_is_repeated_from_its_own_file(cli, iris_run):
    file = iris_run / "config.yaml"
    assert cli("train", "--config", file, "--no-evaluate", "--out", "again", "--json").code == 0
    assert config_of("again") == config_of(iris_run)
    logs = [(path / "log.jsonl").read_text().splitlines()[-1] for path in (Path("again"), iris_run)]
    assert logs[0].split('"seconds"')[0] == logs[1].split('"seconds"')[0]
    assert (
        cli("train", "classify", "wine", "epochs=1", "--config", file, "--no-evaluate", "--out", "b").code
        == 0
    )
    changed = {name for name, value in config_of("b").items() if config_of(iris_run)[name] != value}
    assert changed == {"data", "epochs"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "options.yaml")
    with pytest.raises(DataError, match=r"options\.yaml: cannot be read \(not a regular file\)"):
        read_command(str(tmp_path / "options.yaml"), None, None, {})


def test_what_is_typed_precedes_the_file(tmp_path):
    file = tmp_path / "options.yaml"
    file.write_text("method: classify\ndata: iris\nlr: 0.1\nbatch-size: 8\n")
    command = read_command(str(file), None, "wine", {"learning_rate": "0.2"})
    assert (command.method, command.data) == ("classify", "wine")
    assert command.options == {"learning_rate": "0.2", "batch_size": 8}
    assert read_command(None, "vae", None, {"a": 1}).options == {"a": 1}


def test_a_file_of_an_older_run_is_read_in_todays_names(tmp_path):
    (tmp_path / "config.yaml").write_text(
        "method: classify\ndata: d\nrate: 0.1\nmax_bad: 0.5\nnet: resnet50\n"
    )
    (tmp_path / "run.json").write_text("{}")
    options = read_command(str(tmp_path / "config.yaml"), None, None, {}).options
    assert options == {"learning_rate": 0.1, "max_bad_fraction": 0.5, "net": "resnet-cifar-50"}
    (tmp_path / "own.yaml").write_text("format: 3\nnet: resnet50\n")
    assert read_command(str(tmp_path / "own.yaml"), None, None, {}).options == {"net": "resnet50"}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("method: vae", ConfigError, "which holds options of vae"),
        ("- a\n- b", ConfigError, "holds no options"),
        ("a: [", ConfigError, "not YAML"),
        ("format: 99", ConfigError, "install a newer Hibiscus"),
        (None, DataError, "cannot be read"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, text, error, said):
    file = tmp_path / "options.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(error) as caught:
        read_command(str(file), "classify", "iris", {})
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_wrong_option_in_the_file(fails):
    Path("options.yaml").write_text("method: classify\ndata: iris\nepohcs: 3\n")
    fails(4, "did you mean epochs?", "train", "--config", "options.yaml")


def test_cross_validation_and_sweeps_take_a_file_too(cli, fails):
    Path("options.yaml").write_text("method: classify\ndata: iris\nepochs: 1\nseed: [0, 1]\n")
    assert len(cli("sweep", "--config", "options.yaml", "--out", "sweep", "--json").json["settings"]) == 1
    assert len(list(Path("sweep").glob("*seed=*/run.json"))) == 2
    Path("folds.yaml").write_text("method: classify\ndata: iris\nepochs: 1\nfolds: 2\n")
    assert (
        cli("crossval", "--config", "folds.yaml", "--out", "folds", "--json").json["crossval"]["folds"] == 2
    )
    fails(2, "crossval: no method", "crossval")
