from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))
DATA = {"detect_and_segment.py": "scenes"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs_on_bundled_data_and_is_short(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(path), DATA.get(path.name, "digits"), "1"])
    runpy.run_path(str(path), run_name="__main__")
    assert "report.html" in capsys.readouterr().out
    assert len(path.read_text().splitlines()) <= 60
