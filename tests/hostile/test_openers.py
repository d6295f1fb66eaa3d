"""Hostile data ends in a dataset or in an error that names it; `make fuzz` runs many more of these inputs."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hostile import fuzz, openers
from hostile.seeds import SEEDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and forks")
INPUTS = 1300
UNMUTATED = random.Random(1)


def test_hostile_data_ends_as_promised(tmp_path):
    command = [sys.executable, fuzz.__file__, "--kinds", "openers", "--inputs", str(INPUTS), "--seed", "7"]
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [*command, "--processes", "1", "--json"], env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.stdout, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["faults"] == []
    assert report["inputs"] == INPUTS
    assert (
        report["ends"]["DataError"] > INPUTS / 4 < sum(report["ends"].values()) - report["ends"]["DataError"]
    )


@pytest.mark.parametrize("name", SEEDS)
def test_valid_data_is_accepted(tmp_path, monkeypatch, name):
    """Otherwise the changes of it would all end in the same error."""
    monkeypatch.setattr(UNMUTATED, "random", lambda: 0.99)
    seed = SEEDS[name]
    path = seed.build(tmp_path)
    options = {
        key: str(tmp_path / value[1:]) if str(value).startswith("@") else value
        for key, value in seed.options.items()
    }
    case = openers.Case(Path(path), options, seed.kind)
    if options.get("only") == "inputs":
        assert openers._predict(case) == "inputs"
    else:
        assert openers._train(case, UNMUTATED) == "Dataset"
