"""Two processes that divide each batch train the same networks as one; and one of them may be lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from hibiscus.data.batch import Batch
from hibiscus.errors import ProcessLostError
from hibiscus.sharding import Shard, shard_of, sharded
from hibiscus.training import distributed as processes

HIBISCUS = [sys.executable, "-m", "hibiscus"]  # hibiscus.__main__
TOGETHER = [
    sys.executable,
    "-m",
    "torch.distributed.run",
    "--standalone",
    "--nproc-per-node",
    "2",
    "-m",
    "hibiscus",
]
MLP = ["digits", "net=mlp", "net.hidden=32", "batch_size=50"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def train(start: list[str], out: Path, *words: str) -> subprocess.CompletedProcess:
    given = [*MLP, "precision=float32", *words]
    command = [*start, "train", "classify", *given, "--quiet", "--out", str(out)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)


def weights(out: Path) -> dict[str, torch.Tensor]:
    return {
        name: value
        for name, value in load_file(out / "checkpoints" / "last.safetensors").items()
        if name.startswith("network/")
    }


def relative_difference(first: Path, second: Path) -> float:
    """The norm of the difference of all weights and running statistics, relative to theirs."""
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    difference = sum((one[name].double() - other[name].double()).square().sum() for name in one)
    return float((difference / sum(value.double().square().sum() for value in one.values())).sqrt())


# Rounding alone makes large differences with Adam (other threads: 0.2 % after 20 rounds) and with a large
# learning rate, since hard negatives, maxima and ReLUs are discontinuous choices.
SGD = ["optimizer=sgd", "learning_rate=1e-3"]
SLOW_SGD = ["optimizer=sgd", "learning_rate=1e-4"]
SEMANTIC = ["semantic_weight=1", "semantic_epochs=1"]  # eight rounds for the classifier
METHODS = {
    "classify": ["digits", "net=cnn", "net.dropout=0.3", "flip=true", "batch_size=51", "loss=balanced", *SGD],
    "unet": ["scenes", "loss=dice", "batch_size=5", "width=4", "depth=2", *SGD],
    "ssd": ["scenes", "batch_size=5", "width=0.25", "levels=2", "anchors_per_cell=2", *SLOW_SGD],
    "vae": ["digits", "batch_size=51", "hidden=32", "latent_dim=4"],
    "iic": ["digits", "net=mlp", "net.hidden=16", "num_heads=2", "num_overclusters=12", "batch_size=51"],
    "dcgan": ["digits", "batch_size=51", "latent_dim=8", "width=8", "batch_norm=true"],
    "progan": ["digits", "batch_size=24", "latent_dim=8", "width=16", "initial_size=8", *SGD],
    "cyclegan": [
        "digits-inverted",
        "batch_size=85",
        "width=8",
        "pool_size=30",
        "dropout=0.3",
        *SEMANTIC,
        *SGD,
    ],
}
PYTHON = """
import json, sys
import hibiscus
from hibiscus.cli.arguments import read_options
for name, (data, *words) in json.loads(sys.argv[2]).items():
    options = read_options([*words, "epochs=3", "max_rounds=20", "log_every=1", "precision=float32"], None)
    hibiscus.train(name, data, out=f"{sys.argv[1]}/{name}", quiet=True, evaluate=False, **options)
"""


@pytest.mark.parametrize(
    "methods",
    [
        ("classify", "unet"),
        pytest.param(("ssd", "vae", "iic", "dcgan", "progan", "cyclegan"), marks=pytest.mark.slow),
    ],
    ids=lambda names: "-".join(names),
)
def test_two_processes_train_what_one_trains(methods, tmp_path):
    (tmp_path / "trains.py").write_text(PYTHON)
    started = []
    for start, out in (([sys.executable], "one"), (TOGETHER[:-2], "two")):
        words = [str(tmp_path / "trains.py"), str(tmp_path / out)]
        command = [*start, *words, json.dumps({name: METHODS[name] for name in methods})]
        started.append(subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True))
    for process in started:
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
    for name in methods:
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        assert relative_difference(one, two) < 1e-5, name
        logs = [(folder / "log.jsonl").read_text().splitlines() for folder in (one, two)]
        for alone, together in zip(*(map(json.loads, log) for log in logs), strict=True):
            for key in alone:
                if "loss" in key:  # the log has the loss of whole batches
                    assert alone[key] == pytest.approx(together[key], rel=1e-4, abs=1e-5), (name, key)


@pytest.mark.slow
def test_a_killed_process_ends_the_run_and_one_process_finishes_it(tmp_path):
    words = ["epochs=60", "checkpoint_interval=0", "log_every=5"]
    out = tmp_path / "two"
    command = [
        *TOGETHER,
        "train",
        "classify",
        *MLP,
        "precision=float32",
        *words,
        "--quiet",
        "--out",
        str(out),
    ]
    started = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (out / "checkpoints" / "last.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = [
        child
        for child in psutil.Process(started.pid).children(recursive=True)
        if child.environ().get("RANK") == "1"
    ]
    workers[-1].send_signal(signal.SIGKILL)
    _, said = started.communicate(timeout=120)
    assert started.returncode != 0
    assert "lost contact with another" in said
    assert "hibiscus resume" in said
    assert json.loads((out / "run.json").read_text())["status"] == "failed"
    resumed = subprocess.run(
        [*HIBISCUS, "resume", str(out), "--quiet"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert resumed.returncode == 0, resumed.stderr
    whole = train(HIBISCUS, tmp_path / "one", *words)
    assert whole.returncode == 0
    assert (
        relative_difference(tmp_path / "one", out) < 1e-4
    )  # hundreds of steps, and Adam makes much of small differences


@pytest.mark.slow
def test_another_number_of_processes_goes_on_with_a_run(tmp_path):
    """One process's run goes on in two, and the run of two in two, to the weights of one process alone."""
    for first, then, name in (
        (HIBISCUS, HIBISCUS, "one-one"),
        (HIBISCUS, TOGETHER, "one-two"),
        (TOGETHER, TOGETHER, "two-two"),
    ):
        begun = train(first, tmp_path / f"{name}-begun", "epochs=1")
        gone_on = train(then, tmp_path / name, "epochs=2", f"extend={tmp_path / f'{name}-begun'}")
        assert begun.returncode == gone_on.returncode == 0, gone_on.stderr
    assert relative_difference(tmp_path / "one-one", tmp_path / "one-two") < 1e-5
    assert relative_difference(tmp_path / "one-one", tmp_path / "two-two") < 1e-5


def test_a_process_by_itself_pays_for_nothing():
    batch = Batch(image=torch.zeros(6, 1))
    assert (processes.rank(), processes.world_size(), processes.is_main_process()) == (0, 1, True)
    assert (batch.shard, batch.total) == (None, 6)
    assert processes.any_process(True, False) == (True, False)
    assert processes.broadcast("run") == "run"
    norm = nn.Sequential(nn.BatchNorm1d(3))
    processes.convert_sync_batch_norm(norm)
    assert type(norm[0]) is nn.BatchNorm1d


def test_a_share_of_a_batch_draws_its_part_of_the_whole_ones_noise():
    torch.manual_seed(3)
    whole = Batch(x=torch.zeros(7, 1)).normal(4)
    parts = []
    for first, last in ((0, 3), (3, 7)):
        batch = Batch(x=torch.zeros(last - first, 1))
        torch.manual_seed(3)
        with sharded(Shard(first, last - first, 7, 2)):
            parts.append(batch.normal(4))
    assert torch.equal(torch.cat(parts), whole)
    assert sum(shard_of(7, rank, 2).weight for rank in (0, 1)) == pytest.approx(2)


def test_other_errors_are_not_called_a_lost_process():
    with pytest.raises(RuntimeError, match="shape") as caught, processes.raise_lost_process():
        raise RuntimeError("a wrong shape")
    assert not isinstance(caught.value, ProcessLostError)
