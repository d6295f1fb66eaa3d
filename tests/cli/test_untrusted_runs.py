"""No verb imports, calls or loads what the run of a stranger names, unless `--trust` is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
from pathlib import Path
from torch import nn

Path("executed").touch()


def build(input_shape, outputs):
    return nn.Linear(input_shape[0], outputs)
"""
NAME = "untrusted_nets"
REFUSED = f"net={NAME}:build would import the module {NAME} and call its build"


@pytest.fixture
def stranger(copied, iris_run):
    """A run that names a module, which lies in the working directory and in the run folder."""
    config = json.loads((iris_run / "run.json").read_text())["config"]
    run = copied(iris_run, "stranger", status="interrupted", config={**config, "net": f"{NAME}:build"})
    (run / "config.yaml").write_text(f"method: classify\ndata: iris\nepochs: 1\nnet: {NAME}:build\n")
    for folder in (Path(), run):
        (folder / f"{NAME}.py").write_text(MODULE)
    yield run
    sys.modules.pop(NAME, None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, ["evaluate", "RUN"]),
        (3, ["evaluate", "RUN", "--data", "iris", "--checkpoint", "last", "--again"]),
        (3, ["predict", "RUN", "iris.csv"]),
        (3, ["embed", "RUN", "iris.csv"]),
        (3, ["sample", "RUN"]),
        (3, ["resume", "RUN"]),
        (3, ["panoptic", "photos", "--things", "RUN", "--stuff", "RUN"]),
        (3, ["train", "classify", "iris", "extend=RUN", "epochs=3"]),
        (4, ["train", "--config", "RUN"]),
        (4, ["train", "--config", "RUN/config.yaml", "seed=1"]),
        (4, ["crossval", "--config", "RUN"]),
        (4, ["sweep", "--config", "RUN", "seed=0,1"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_verb_refuses_what_a_stranger_names(fails, stranger, code, words):
    Path("iris.csv").write_text("a,b\n1,2\n")
    text = fails(code, [REFUSED, "--trust"], *(word.replace("RUN", str(stranger)) for word in words))
    assert len(text) < 2000
    assert not Path("executed").exists()
    assert not Path("runs").exists()


def test_folders_of_several_trainings_are_checked_when_they_are_continued(cli, fails, copied):
    options = ["epochs=1", "batch_size=32", "--quiet"]
    assert cli("crossval", "classify", "iris", "folds=2", *options, "--out", "folds").code == 0
    assert cli("sweep", "classify", "iris", "seed=0,1", *options, "--out", "sweep").code == 0
    for run in ("folds", "sweep/01-seed=0"):
        info = json.loads(Path(run, "run.json").read_text())
        info["config"]["net"] = "subprocess:Popen"
        Path(run, "run.json").write_text(json.dumps(info))
    fails(3, ["subprocess"], "crossval", "classify", "iris", "folds=2", *options, "--out", "folds")
    fails(3, ["subprocess"], "sweep", "classify", "iris", "seed=0,1", *options, "--out", "sweep")


def test_verbs_that_need_no_code_import_nothing(cli, stranger, iris_run):
    for words in (["report", stranger], ["compare", stranger, iris_run], ["list"], ["explain", "classify"]):
        answer = cli(*words)
        assert answer.code == 0, answer.err
    assert not Path("executed").exists()
    assert NAME not in sys.modules


def test_trust_allows_a_file_of_options(cli, stranger):
    answer = cli("train", "--config", stranger, "--trust", "--no-evaluate", "--quiet", "--out", "own")
    assert answer.code == 0, answer.err
    assert Path("executed").exists()
    # The new run is the user's own, and so is its file of options.
    assert cli("evaluate", "own", "--quiet").code == 0
    assert cli("train", "--config", "own", "--no-evaluate", "--quiet", "--out", "again").code == 0
    assert cli("train", "--config", "own", "net=linear", "--no-evaluate", "--quiet", "--out", "c").code == 0


def test_a_file_of_options_cannot_trust_itself(fails):
    for name in ("trust", "--trust", "net-options"):
        Path("options.yaml").write_text(f"method: classify\ndata: iris\nnet: {NAME}:build\n{name}: true\n")
        fails(4, ["would import", "--trust"], "train", "--config", "options.yaml")


def test_a_typed_option_replaces_that_of_the_file(cli, stranger):
    answer = cli("train", "--config", stranger, "net=linear", "--no-evaluate", "--quiet", "--out", "own")
    assert answer.code == 0, answer.err
    assert not Path("executed").exists()


def test_an_environment_without_a_module_needs_no_file_of_the_working_directory(tmp_path):
    """`gym:Ant-v5` imports mujoco, which must not come from the folder that the user happens to be in."""
    Path("mujoco.py").write_text("open('executed', 'w')")
    code = """
import sys
sys.path[:] = [entry for entry in sys.path if entry]
from hibiscus.data.environments.create import make_environment
from hibiscus.errors import DataError
try:
    make_environment("Ant-v5")
except DataError:
    pass
"""
    source = str(Path(__file__).parents[2] / "src")
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": source, "HOME": str(tmp_path)}
    )
    assert not Path("executed").exists()
