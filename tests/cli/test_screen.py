"""Output on the screen: a limited number of predictions."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.cli import predictions


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
