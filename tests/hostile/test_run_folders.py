"""Changed run folders give the same numbers, an error or a warning, and nothing else."""

from __future__ import annotations

import json
import random
import shutil
import sys

import pytest

from hostile import run_folders
from hostile.harness import Target, fuzz

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and forks")

INPUTS = 100  # of each run
TARGETS = [f"run-{name}" for name in run_folders.TRAINED] + [
    f"run-older-{name}" for name in run_folders.OLDER
]


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("runs")
        patch.setenv("HIBISCUS_CACHE", str(root / "cache"))
        yield {target.name: target for target in run_folders.prepare(root)}


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_runs(targets, name):
    outcome = fuzz([targets[name]], INPUTS, seed=1)
    assert outcome.inputs == INPUTS
    assert not outcome.faults, "\n".join(map(str, outcome.faults))


def test_numbers_that_change_silently_are_found(targets, tmp_path, monkeypatch):
    target = targets["run-classify"]

    def build(folder, rng):
        case = target.build(folder, random.Random(0))._replace(unnoticed=False)
        shutil.rmtree(case.run)
        shutil.copytree(tmp_path / "run", case.run)
        return case

    whole = target.build(tmp_path, Quiet())
    file = whole.run / "evaluation.json"
    content = json.loads(file.read_text())
    content["metrics"]["test/accuracy"] += 0.01
    file.write_text(json.dumps(content))
    changed = Target("changed", build, run_folders.act)
    assert not fuzz([changed], 20, seed=1).faults
    monkeypatch.setattr("hibiscus.runs.folder.without_digest", lambda content: (content, True))
    assert {fault.kind for fault in fuzz([changed], 20, seed=1).faults} == {"ServedSilently escaped"}


class Quiet(random.Random):
    """Random numbers by which nothing of a run is changed."""

    def choice(self, values):
        return 0 if values == (1, 1, 1, 2, 3) else super().choice(values)
