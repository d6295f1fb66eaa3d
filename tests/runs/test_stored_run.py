"""A run folder as an earlier Hibiscus wrote it (`hibiscus train classify iris net=mlp net.hidden=4 epochs=3`) is read, and goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hibiscus import api

STORED = Path(__file__).parent / "stored" / "classify-iris"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(STORED, tmp_path / "run"))


def test_it_answers_as_it_did(folder):
    kept = json.loads((STORED / "evaluation.json").read_text())["metrics"]
    found = api.load(folder).evaluation(again=True)["metrics"]
    assert found == pytest.approx(kept, abs=1e-5)


def test_it_goes_on_with_the_state_of_its_optimizer(folder, tmp_path):
    run = api.train("classify", "iris", out=tmp_path / "longer", epochs=5, extend=folder, quiet=True, evaluate=False)
    assert [line["epoch"] for line in run.history] == [1, 2, 3, 4, 5]
    assert run.history[:3] == api.load(folder).history
    assert run.history[3]["train/loss"] < run.history[0]["train/loss"]
