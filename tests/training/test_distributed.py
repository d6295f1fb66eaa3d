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
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
GAMES = {
    "classify": ["net=mlp", "net.hidden=32", "batch_size=50"],
    "dcgan": ["batch_size=50", "latent_dim=8", "width=8", "batch_norm=true"],
    "cyclegan": ["batch_size=25", "width=8", "pool_size=30"],
}
DATA = {"cyclegan": "digits-inverted"}
ROUNDS = {
    "cyclegan": 3
}  # its absolute errors have a kink, across which a difference in the last bit is soon a large one


def train(start: list[str], method: str, out: Path, *words: str) -> subprocess.CompletedProcess:
    given = [DATA.get(method, "digits"), *GAMES[method], "precision=float32", *words]
    command = [*start, "train", method, *given, "--quiet", "--out", str(out)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)


def weights(out: Path) -> dict[str, torch.Tensor]:
    return {
        name: value
        for name, value in load_file(out / "checkpoints" / "last.safetensors").items()
        if name.startswith("network/")
    }


def furthest(first: Path, second: Path) -> float:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    return max((one[name].double() - other[name].double()).abs().max().item() for name in one)


@pytest.mark.parametrize("method", GAMES)
def test_two_processes_train_what_one_trains(method, tmp_path):
    words = ["epochs=1", f"max_rounds={ROUNDS.get(method, 20)}", "log_every=1"]
    alone, together = (
        train(HIBISCUS, method, tmp_path / "one", *words),
        train(TOGETHER, method, tmp_path / "two", *words),
    )
    assert alone.returncode == together.returncode == 0, together.stderr
    assert furthest(tmp_path / "one", tmp_path / "two") < 1e-5
    logs = [(tmp_path / name / "log.jsonl").read_text().count("\n") for name in ("one", "two")]
    assert logs[0] == logs[1]
    assert (tmp_path / "two" / "report.html").exists()


@pytest.mark.slow
def test_a_killed_process_ends_the_run_and_one_process_finishes_it(tmp_path):
    words = ["epochs=60", "checkpoint_interval=0", "log_every=5"]
    out = tmp_path / "two"
    command = [
        *TOGETHER,
        "train",
        "classify",
        "digits",
        *GAMES["classify"],
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
    whole = train(HIBISCUS, "classify", tmp_path / "one", *words)
    assert whole.returncode == 0
    assert (
        furthest(tmp_path / "one", out) < 1e-4
    )  # hundreds of steps, and Adam makes much of small differences


@pytest.mark.slow
def test_another_number_of_processes_goes_on_with_a_run(tmp_path):
    """One process's run goes on in two, and the run of two in two, to the weights of one process alone."""
    for first, then, name in (
        (HIBISCUS, HIBISCUS, "one-one"),
        (HIBISCUS, TOGETHER, "one-two"),
        (TOGETHER, TOGETHER, "two-two"),
    ):
        begun = train(first, "classify", tmp_path / f"{name}-begun", "epochs=1")
        gone_on = train(then, "classify", tmp_path / name, "epochs=2", f"extend={tmp_path / f'{name}-begun'}")
        assert begun.returncode == gone_on.returncode == 0, gone_on.stderr
    assert furthest(tmp_path / "one-one", tmp_path / "one-two") < 1e-5
    assert furthest(tmp_path / "one-one", tmp_path / "two-two") < 1e-5


def test_a_process_by_itself_pays_for_nothing():
    batch = Batch(image=torch.zeros(6, 1))
    assert (processes.rank(), processes.world_size(), processes.is_main_process()) == (0, 1, True)
    assert (batch.weight, batch.total) == (1.0, 6)
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
        batch.share = (first, 7, 2)
        torch.manual_seed(3)
        parts.append(batch.normal(4))
    assert torch.equal(torch.cat(parts), whole)
    assert sum(part * 1.0 for part in (3 * 2 / 7, 4 * 2 / 7)) == pytest.approx(2)


def test_other_errors_are_not_called_a_lost_process():
    with pytest.raises(RuntimeError, match="shape") as caught, processes.raise_lost_process():
        raise RuntimeError("a wrong shape")
    assert not isinstance(caught.value, ProcessLostError)
