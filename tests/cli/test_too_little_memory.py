"""Not enough memory ends every verb with an error that says what to lower, and the run can be resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hibiscus.methods.classify.classify import Classify

ALLOCATOR = (
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000 bytes. Error code 12"
)
TRAIN = [
    "train",
    "classify",
    "digits",
    "net=mlp",
    "epochs=1",
    "batch_size=64",
    "--no-evaluate",
    "--out",
    "run",
]


def fail(*_, **__):
    raise RuntimeError(ALLOCATOR)


def test_each_verb_names_the_options(cli, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Classify, "loss", fail)
        failed = cli(*TRAIN)
    assert failed.code == 1
    assert "not enough memory to train, 4.0 GB more were needed; batch_size=64 image_size=8,8" in failed.err
    assert "a smaller batch_size, smaller images (image_size), or a smaller network" in failed.err
    assert "not enough memory to train" in json.loads(Path("run/run.json").read_text())["error"]
    assert cli("resume", "run").code == 0
    with monkeypatch.context() as patch:
        patch.setattr(Classify, "predict", fail)
        patch.setattr(Classify, "evaluate", fail)
        for verb, words in (("evaluate", ["--again"]), ("predict", ["digit.npy"])):
            write_digit()
            failed = cli(verb, "run", *words, "--json")
            assert failed.code == 1
            assert failed.json["error"]["received"] == (
                f"not enough memory to {verb}, 4.0 GB more were needed; batch_size=64 image_size=8,8"
            )


def write_digit() -> None:
    import numpy as np

    np.save("digit.npy", np.zeros((2, 8, 8, 1), np.uint8))


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits of the address space")
def test_a_limit_of_the_system_is_no_traceback():
    command = [
        "ulimit -v 8000000; exec",
        sys.executable,
        "-m",
        "hibiscus",
        *TRAIN,
        "net.hidden=30000,3000000",
    ]
    ended = subprocess.run(
        " ".join(command),
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert ended.returncode == 1
    assert "not enough memory to train, 360.0 GB more were needed; batch_size=64" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not Path("run").exists()
