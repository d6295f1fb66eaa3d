"""The harness counts what it is there to find."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hibiscus.errors import DataError
from hostile import harness, workers
from hostile.harness import STATE, Target, fuzz
from hostile.mutations import mutate_json, mutate_lines, mutate_xml
from hostile.structures import mutate_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and forks")


def _build(folder: Path, rng: random.Random) -> Path:
    (folder / "t.csv").write_text("a")
    return folder / "t.csv"


ACTS = {
    "good": lambda case: "opened",
    "refused": lambda case: _raise(DataError(f"{case}: damaged", "a table")),
    "escaped": lambda case: _raise(KeyError("x")),
    "unnamed": lambda case: _raise(DataError("a file is damaged")),
    "long": lambda case: _raise(DataError(f"{case}: " + "x" * 3000)),
    "killed": lambda case: os.kill(os.getpid(), signal.SIGSEGV),
    "hang": lambda case: time.sleep(60),
    "busy": lambda case: _busy(),
    "memory": lambda case: len(b"ab" * (60 << 20)),
    "changed": lambda case: case.write_text("b"),
    "outside": lambda case: (case.parents[1] / "outside" / "new.txt").write_text("b"),
    "code": lambda case: Path(os.environ[STATE]).touch(),
    "program": lambda case: subprocess.run(["true"]),
}
FAULTS = {
    "escaped": "KeyError escaped",
    "unnamed": "no file named",
    "long": "long message",
    "killed": "killed by SIGSEGV",
    "hang": "more than 2 s",
    "busy": "more than 2 s",
    "memory": "memory",
    "changed": "code run or file opened",
    "outside": "code run or file opened",
    "code": "code run or file opened",
    "program": "code run or file opened",
}


def _raise(error: Exception) -> None:
    raise error


def _busy() -> None:
    while True:
        pass


def test_every_kind_of_fault_is_named_once(monkeypatch):
    monkeypatch.setattr(harness, "MAX_GROWTH", 50 << 20)
    monkeypatch.setattr(harness, "MAX_MESSAGE", 1000)
    monkeypatch.setattr(workers, "MAX_SECONDS", 1.0)
    monkeypatch.setattr(workers, "MAX_BLOCKED", 1.5)
    targets = [
        Target(name, _build, lambda case, folder, rng, act=act: str(act(case))) for name, act in ACTS.items()
    ]
    outcome = fuzz(targets, len(ACTS), seed=3)
    assert outcome.inputs == len(ACTS)
    found = {fault.target: fault.kind for fault in reversed(outcome.faults)}
    assert found.keys() == FAULTS.keys()
    wrong = {name: kind for name, kind in found.items() if not kind.startswith(FAULTS[name][:9])}
    assert not wrong
    assert outcome.ends["good", "opened"] == outcome.ends["refused", "DataError"] == 1


@pytest.mark.parametrize("change", [mutate_lines, mutate_json, mutate_xml])
def test_a_change_is_determined_by_its_seed(change):
    data = b'{"a": [1, 2, {"b": "c"}], "d": "<x y=\\"z\\">1</x>"}\n' * 3
    changed = [change(data, random.Random(seed)) for seed in range(40)]
    assert changed == [change(data, random.Random(seed)) for seed in range(40)]
    assert len(set(changed)) > 20


def test_a_damaged_structure_is_changed_all_the_same():
    for name in ("a.png", "a.npz", "a.xlsx", "a.parquet", "a.tar.gz", "a-idx3-ubyte", "a.tif", "a.npy"):
        for seed in range(20):
            assert isinstance(mutate_file(name, b"not what it is named", random.Random(seed)), bytes)
