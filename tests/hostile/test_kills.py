"""What the comparison of killed runs notices, and a small number of kills."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hibiscus import api
from hostile.kills import ROOT, Outcome, differences, summary

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")


@pytest.fixture(scope="module")
def twin(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("twin") / "run"
    api.train("classify", "iris", out=folder, quiet=True, net="linear", epochs=2)
    return folder


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_the_same_training_again_has_no_differences(twin, tmp_path):
    api.train("classify", "iris", out=tmp_path / "run", quiet=True, net="linear", epochs=2)
    assert differences(twin, tmp_path / "run") == []


@pytest.mark.parametrize(
    "name",
    [
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
        "preparation.json",
        "split.json",
        "config.yaml",
    ],
)
def test_one_changed_bit_is_noticed(twin, tmp_path, name):
    shutil.copytree(twin, tmp_path / "run")
    flip(tmp_path / "run" / name)
    assert differences(twin, tmp_path / "run") == [f"{name} differs"]


def test_changed_metrics_missing_files_and_leftovers_are_noticed(twin, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(twin, run)
    lines = (run / "log.jsonl").read_text().splitlines()
    line = json.loads(lines[0])
    loss = next(name for name in line if name.startswith("train/"))
    (run / "log.jsonl").write_text("\n".join([json.dumps({**line, loss: line[loss] + 1e-9}), *lines[1:]]))
    (run / "evaluation.json").unlink()
    (run / "checkpoints" / ".last.safetensors.0-1-0.part").mkdir()
    expected = ["evaluation.json differs", "log.jsonl differs", ".last.safetensors.0-1-0.part was left"]
    assert differences(twin, run) == expected


def test_the_summary_counts_kills_and_faults_by_family():
    outcomes = [Outcome("vae", "vae", 0, 3, 1, 2), Outcome("dcgan", "gan", 0, 4, 0, 0, ["log.jsonl differs"])]
    *_, gan, total = summary(outcomes).splitlines()
    assert gan.split() == ["gan", "1", "1", "4", "0", "0", "1"]
    assert total.split() == ["all", "2", "2", "7", "1", "2", "1"]


@pytest.mark.slow
def test_twenty_kills_of_five_families(tmp_path):
    words = ["--kills", "20", "--folder", str(tmp_path), "--methods", "classify,gan-1d,vae,dqn,protonet"]
    command = [sys.executable, str(ROOT / "tests" / "hostile" / "kills.py"), *words]
    answer = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    again = subprocess.run(command, capture_output=True, text=True)  # everything is in the tally
    assert again.stdout.splitlines()[-2:] == answer.stdout.splitlines()[-2:]
