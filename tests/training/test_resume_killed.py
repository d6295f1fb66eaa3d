"""Killed at 20 moments, also while saving, and resumed: bit-identical to an uninterrupted run."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal

import pytest
import torch

from hibiscus.training.checkpoint import load_checkpoint

OPTIONS = {
    "net": "mlp", "net_options": {"hidden": [16], "dropout": 0.3}, "epochs": 3, "batch_size": 64,
    "log_every": 3, "checkpoint_interval": 0.0, "translate": 0.2, "rotation": 10.0, "ema_decay": 0.9,
    "reduce_lr_patience": 1, "seed": 7, "weight_decay": 0.01, "optimizer": "adamw",
}  # fmt: skip
POINTS = (
    "step",
    "before the file",
    "before the flush",
    "before the rename",
    "after the rename",
    "in the log",
)


def train_or_resume(path: str, point: str, count: int) -> None:
    """Runs in a process of its own; kills itself at the `count`-th passing of a point."""
    torch.set_num_threads(1)
    from hibiscus import api
    from hibiscus.training import checkpoint, log_file, player

    passed = 0

    def passing(name):
        nonlocal passed
        if name == point:
            passed += 1
            if passed == count:
                os.kill(os.getpid(), signal.SIGKILL)

    save_file, fsync, replace, step, write = (
        checkpoint.save_file, os.fsync, os.replace, player.Player.step, log_file.LogFile._write,
    )  # fmt: skip

    def killing_replace(*names):
        passing("before the rename")
        replace(*names)
        passing("after the rename")

    def killing_write(self, line):
        passing("in the log")
        write(self, line)

    checkpoint.save_file = lambda *a, **k: (passing("before the file"), save_file(*a, **k))
    os.fsync = lambda number: (passing("before the flush"), fsync(number))
    os.replace = killing_replace
    player.Player.step = lambda self, *a: (passing("step"), step(self, *a))[1]
    log_file.LogFile._write = killing_write
    if os.path.exists(os.path.join(path, "run.json")):
        api.resume(path, quiet=True, evaluate=False)
    else:
        api.train("classify", "digits", out=path, quiet=True, evaluate=False, **OPTIONS)


@pytest.fixture(scope="module")
def start():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["hibiscus.api", "torch._dynamo", "hibiscus.methods.classify.classify"])

    def run(path, point="never", count=0):
        process = context.Process(target=train_or_resume, args=(str(path), point, count))
        process.start()
        process.join(120)
        return process.exitcode

    return run


def state_of(path):
    tensors, state = load_checkpoint(path / "checkpoints" / "last.safetensors")
    state["callbacks"].pop("log")  # the length of the file depends on how times are printed
    best, best_state = load_checkpoint(path / "checkpoints" / "best.safetensors")
    lines = [json.loads(line) for line in (path / "log.jsonl").read_text().splitlines()]
    log = [
        {key: value for key, value in line.items() if key not in ("seconds", "items_per_second", "digest")}
        for line in lines
    ]
    info = json.loads((path / "run.json").read_text())
    return tensors, best, (state, best_state, log, info["best"], info["status"])


def test_killed_twenty_times_and_resumed_to_the_same_bits(tmp_path, start):
    assert start(tmp_path / "whole") == 0
    tensors, best, rest = state_of(tmp_path / "whole")
    chance = random.Random(0)
    kills = 0
    number = 0
    while kills < 20:
        path = tmp_path / f"run-{number}"
        number += 1
        for _ in range(5):
            point = POINTS[kills % len(POINTS)]
            code = start(path, point, chance.randint(2, 9) if point == "step" else chance.randint(1, 6))
            kills += code == -signal.SIGKILL
            assert code in (0, -signal.SIGKILL)
            if code == 0:
                break
        if not path.exists() or json.loads((path / "run.json").read_text())["status"] != "done":
            assert start(path) == 0
        again, best_again, rest_again = state_of(path)
        assert rest == rest_again
        assert tensors.keys() == again.keys()
        assert all(torch.equal(tensors[name], again[name]) for name in tensors)
        assert all(torch.equal(best[name], best_again[name]) for name in best)
        assert not [name for name in os.listdir(path / "checkpoints") if name.endswith(".part")]
