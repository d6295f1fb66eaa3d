"""A run folder is data: the code that it names is loaded only for its own user, or with `trust`."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from pathlib import Path

import pytest
import torch

from hibiscus import api
from hibiscus.errors import ConfigError, DataError, HibiscusWarning, RunError
from hibiscus.runs.folder import RunFolder
from hibiscus.runs.info import read_info
from hibiscus.runs.trust import check_options_file, check_run, run_signature

STORED = Path(__file__).parent / "stored"
SMALL = {"epochs": 2, "batch_size": 32, "evaluate": False, "quiet": True}
MODULE = """
from pathlib import Path

import gymnasium
from torch import nn

with Path("executed").open("a") as file:
    file.write("x")


def build(input_shape, outputs, width=4):
    return nn.Sequential(nn.Linear(input_shape[0], width), nn.Linear(width, outputs))
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working directory with a module that leaves a trace when it is imported."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "trust_nets.py").write_text(MODULE)
    monkeypatch.chdir(folder)
    yield folder
    _forget()


def _forget():
    for name in [module for module in sys.modules if module.startswith("trust_")]:
        del sys.modules[name]


def _was_executed(folder) -> bool:
    return (folder / "executed").exists()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with a network of a module of the user."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "trust_nets.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        api.train("classify", "iris", net="trust_nets:build", out=folder / "run", **SMALL)
    _forget()
    return folder / "run"


@pytest.fixture
def own(trained, tmp_path):
    return Path(shutil.copytree(trained, tmp_path / "own"))


def _edit(run, **changes):
    """Changes `run.json`: `config` and `data` by entry."""
    info = json.loads((run / "run.json").read_text())
    for name, value in changes.items():
        merge = isinstance(info.get(name), dict) and isinstance(value, dict)
        info[name] = {**info[name], **value} if merge else value
    RunFolder(run).write("run.json", info)
    return run


def _refused(run, *words):
    with pytest.raises(RunError) as caught:
        api.load(run)
    text = str(caught.value)
    assert all(word in text for word in (str(run), "--trust", "trust=True", *words)), text
    assert len(text) < 2000
    return text


def _stranger(tmp_path, method="classify-iris", **changes):
    return _edit(Path(shutil.copytree(STORED / method, tmp_path / "stranger")), **changes)


def test_a_run_that_names_no_code_needs_no_signature(tmp_path):
    run = api.train("classify", "iris", net="linear", out=tmp_path / "run", **SMALL)
    assert "signature" not in run.info
    assert api.load(_stranger(tmp_path)).networks


def test_ones_own_run_is_used_without_trust(own, here):
    assert len(json.loads((own / "run.json").read_text())["signature"]["value"]) == 64
    run = api.load(own)
    assert not _was_executed(here)
    assert "test/accuracy" in run.evaluate()
    assert _was_executed(here)


def test_ones_own_run_is_resumed_extended_and_repeated_without_trust(own, tmp_path, here):
    moved = own.rename(tmp_path / "moved")
    _edit(moved, status="interrupted")
    (moved / "checkpoints" / "best.safetensors").unlink()
    assert api.resume(moved, quiet=True, evaluate=True).info["status"] == "done"
    longer = api.train(
        "classify",
        "iris",
        extend=moved,
        out=tmp_path / "longer",
        **{**SMALL, "epochs": 3},
        net="trust_nets:build",
    )
    assert api.load(longer.path).evaluate()
    assert api.resume(longer.path, quiet=True).path == longer.path


def test_several_trainings_of_ones_own_are_continued_without_trust(tmp_path, here):
    options = {"net": "trust_nets:build", "epochs": 1, "batch_size": 32, "quiet": True}
    for _ in range(2):
        api.crossval("classify", "iris", folds=2, out=tmp_path / "folds", **options)
        api.sweep("classify", "iris", out=tmp_path / "sweep", learning_rate="0.1,0.01", **options)
    assert api.load(tmp_path / "folds").evaluate()
    assert api.load(next((tmp_path / "sweep").glob("01*"))).evaluate()


def test_a_name_that_a_stranger_wrote_is_not_imported(tmp_path, here):
    run = _stranger(tmp_path, config={"net": "trust_nets:build", "net_options": {}})
    _refused(run, "net=trust_nets:build would import the module trust_nets and call its build")
    for use in (
        lambda: api.resume(run, quiet=True),
        lambda: api.train("classify", "iris", extend=run, out=tmp_path / "out", **SMALL),
        lambda: api.panoptic(run, run, "photos"),
    ):
        with pytest.raises(RunError, match="would import the module trust_nets"):
            use()
    assert not _was_executed(here)
    assert not (tmp_path / "out").exists()


def test_trust_allows_it(own, tmp_path, monkeypatch, here):
    monkeypatch.setenv("HIBISCUS_KEY", str(tmp_path / "other.key"))  # another user, or another machine
    _refused(own, "trained by another user or on another machine", "trust_nets")
    assert not _was_executed(here)
    assert api.load(own, trust=True).evaluate()
    assert _was_executed(here)
    _edit(own, status="interrupted")
    assert api.resume(own, trust=True, quiet=True).info["status"] == "done"
    with pytest.raises(RunError):
        api.load(own)  # trust is given for one call


def test_an_extension_of_a_trusted_run_is_ones_own(own, tmp_path, monkeypatch):
    monkeypatch.setenv("HIBISCUS_KEY", str(tmp_path / "other.key"))
    options = {**SMALL, "epochs": 3, "net": "trust_nets:build"}
    with pytest.raises(RunError, match="trust_nets"):
        api.train("classify", "iris", extend=own, out=tmp_path / "out", **options)
    run = api.train("classify", "iris", extend=own, out=tmp_path / "out", trust=True, **options)
    assert api.load(run.path).evaluate()


@pytest.mark.parametrize(
    "changes",
    [
        {"config": {"net": "subprocess:Popen"}},
        {"config": {"net_options": {"width": 5}}},
        {"config": {"seed": 1}},
        {"method": "regress"},
        {"data_options": {"test_data": "gym:trust_nets:E-v0"}},
        {"data": {"location": "gym:trust_nets:E-v0"}},
        {"signature": None},
        {"signature": {"files": [], "value": 3}},
        {"signature": {"files": {}, "value": "é" * 64}},
    ],
    ids=str,
)
def test_ones_own_run_that_a_stranger_changed_is_refused(own, changes, here):
    _refused(_edit(own, **changes), "would import")
    assert not _was_executed(here)


def test_what_is_handed_to_the_code_is_signed(own, here):
    file = own / "preparation.json"
    file.write_text(file.read_text().replace("setosa", "rm -rf ."))
    _refused(own, "was changed after its training")


def test_a_signature_of_another_run_is_worth_nothing(own, tmp_path):
    signature = json.loads((own / "run.json").read_text())["signature"]
    run = _stranger(tmp_path, config={"net": "subprocess:Popen"}, signature=signature)
    _refused(run, "subprocess")


def test_a_module_in_the_run_folder_is_not_imported(own, tmp_path, here, monkeypatch):
    shutil.copy(here / "trust_nets.py", own)  # the stranger returns a run of the user with a module in it
    monkeypatch.chdir(own)
    _refused(".", "trust_nets", "modules that lie in the folder of a run")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(own)
    _refused(own, "modules that lie in the folder of a run")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(own)])
    folder = own.rename(tmp_path / "trust_nets")  # the folder itself as a package without __init__.py
    _refused(folder, "modules that lie in the folder of a run")
    assert not any(_was_executed(place) for place in (folder, tmp_path, here))
    monkeypatch.chdir(here)
    assert api.load(folder).evaluate()


def test_a_run_in_its_own_project_folder_is_used(trained, monkeypatch):
    monkeypatch.chdir(trained.parent)
    assert api.load("run").evaluate()


def test_a_changed_torchscript_file_is_refused(tmp_path):
    file = tmp_path / "features.pt"
    file.write_bytes(b"network")
    run = _stranger(tmp_path, "dcgan")
    folder = RunFolder(run)
    _edit(run, config={"features": str(file)})  # the name of version 1
    _refused(run, f"metric_features={file} would load the TorchScript file {file}")
    info = read_info(folder)
    folder.update(**run_signature(info, folder.read("preparation.json")))
    check_run(folder, read_info(folder))
    file.write_bytes(b"changed")
    _refused(run, f"{file} has changed since the training")
    file.unlink()  # nothing can be loaded: what needs it says so
    check_run(folder, read_info(folder))


def _with_environment(run, where):
    """A run of an environment whose name a stranger has changed, so that it imports a module."""
    environment = "trust_nets:CartPole-v1"
    if where == "preparation":
        file = run / "preparation.json"
        file.write_text(file.read_text().replace("CartPole-v1", environment))
        return run
    option = {"data": "location", "data_options": "test_data"}[where]
    return _edit(run, **{where: {option: f"gym:{environment}"}})


@pytest.mark.parametrize("where", ["data_options", "data", "preparation"])
def test_the_environment_of_a_stranger_is_not_imported(tmp_path, here, where):
    run = _with_environment(_stranger(tmp_path, "dqn"), where)
    _refused(run, "trust_nets:CartPole-v1 would import the module trust_nets")
    with pytest.raises(RunError, match="would import"):
        api.resume(run, quiet=True)
    assert not _was_executed(here)
    trusted = api.load(run, trust=True)
    with contextlib.suppress(DataError):  # it is not the environment that the run was trained in
        trusted.preparation["environment"].create() if where == "preparation" else trusted.evaluate()
    assert _was_executed(here)


def test_the_torchscript_file_of_a_stranger_is_not_loaded(tmp_path, monkeypatch, here):
    monkeypatch.setattr(torch.jit, "load", lambda *args, **options: (here / "executed").touch())
    run = _stranger(tmp_path, "dcgan")
    (run / "f.pt").write_bytes(b"network")
    _edit(run, config={"features": str(run / "f.pt")})  # the name of version 1
    _refused(run, f"would load the TorchScript file {run / 'f.pt'}")
    with pytest.raises(RunError, match="would load"):
        api.resume(run, quiet=True)
    assert not _was_executed(here)
    assert api.load(run, trust=True).info["config"]["metric_features"] == str(run / "f.pt")


def test_an_unreadable_key_is_told_when_a_run_is_signed(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HIBISCUS_KEY", str(tmp_path / "file" / "run.key"))
    with pytest.warns(HibiscusWarning, match="only with --trust"):
        run = api.train(
            "classify", "iris", net="trust_nets:build", out=tmp_path / "run", **{**SMALL, "evaluate": True}
        )
    assert "signature" not in run.info
    assert _refused(run.path, "no signature")


def test_a_file_of_options(own, tmp_path, here):
    def check(file, **options):
        check_options_file(Path(file), options, ("test_data",))

    check(tmp_path / "x.yaml", net="cnn", data="iris")
    check(own / "config.yaml", net="trust_nets:build", epochs=5)
    for options in (
        {"net": "trust_nets:other"},
        {"net": "trust_nets:build", "net_options": {"width": 9}},
        {"net": "trust_nets:build", "net.width": 9},
        {"net": "trust_nets:build", "net_options": 9},
        {"metric_features": "f.pt"},
        {"data": "gym:trust_nets:E-v0"},
        {"test_data": "gym:trust_nets:E-v0"},
    ):
        with pytest.raises(ConfigError, match=r"would (import|load)"):
            check(own / "config.yaml", **options)
    with pytest.raises(ConfigError, match="--trust"):
        check(tmp_path / "x.yaml", net="trust_nets:build")
    _edit(own, config={"net_options": {"width": 9}})
    with pytest.raises(ConfigError):
        check(own / "config.yaml", net="trust_nets:build", net_options={"width": 9})
    (own / "run.json").write_text("[]")
    with pytest.raises(ConfigError):
        check(own / "config.yaml", net="trust_nets:build")
