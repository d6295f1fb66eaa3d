"""One example per family, each run as a person would on bundled data."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from hibiscus.methods.registry import METHODS

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))
DATA = {
    "detect.py": "scenes",
    "segment.py": "scenes",
    "control.py": "gym:CartPole-v1",
    "translate.py": "number-words",
    "classify_texts.py": "",
    "forecast.py": "sales",
    "anomalies.py": "sales",
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs_on_bundled_data_and_is_short(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path), DATA.get(path.name, "digits"), "1"])
    runpy.run_path(str(path), run_name="__main__")
    assert "report.html" in capsys.readouterr().out
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


def test_every_family_has_an_example():
    used = {
        name
        for path in EXAMPLES
        for name in re.findall(r'hb\.train\(\s*"([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert {entry.family for entry in METHODS if entry.name in used} == {entry.family for entry in METHODS}
