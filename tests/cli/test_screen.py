"""Output on the screen: a limited number of predictions, and a warning if runs cannot be compared."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hibiscus.cli import inspect, predictions
from report import sample_runs as sample


@pytest.mark.parametrize(("screen", "lines"), [(True, predictions.MAX_LINES + 2), (False, 121)])
def test_a_screen_gets_some_answers_and_a_pipe_all(screen, lines, monkeypatch, capsys):
    found = {
        "id": [f"{i}.png" for i in range(120)],
        "label": ["a"] * 120,
        "probability": np.full(120, 0.5),
        "skipped": [],
    }
    monkeypatch.setattr("sys.stdout.isatty", lambda: screen)
    predictions.predictions(found, None, as_json=False, quiet=False)
    text = capsys.readouterr().out.strip()
    assert text.count("\n") + 1 == lines
    assert ("70 more; --out predictions.csv" in text) == screen


def test_runs_on_other_data_are_told_apart(tmp_path, capsys):
    other = sample.make_info(name="b")
    other["data"]["fingerprint"] = "other"
    folders = [sample.complete(tmp_path / "a"), sample.write(tmp_path / "b", other)]
    inspect.compare(folders, str(tmp_path / "page.html"), as_json=False)
    assert "not trained on the same data" in capsys.readouterr().out
    inspect.compare([folders[0], folders[0]], str(tmp_path / "other.html"), as_json=True)
    assert json.loads(capsys.readouterr().out)["same_data"] is True
