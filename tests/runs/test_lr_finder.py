"""The learning-rate finder: hibiscus.runs.lr_finder."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from hibiscus import api
from hibiscus.errors import ConfigError, RunError
from hibiscus.runs.lr_finder import suggest


def test_suggestions_lie_where_the_loss_falls():
    rates = np.geomspace(1e-6, 1, 61)
    losses = 3 - 2 / (1 + np.exp(-4 * (np.log10(rates) + 3)))  # falls about 1e-3
    losses[-9:] += np.arange(9) ** 2
    valley, steepest = suggest(rates.tolist(), losses.tolist())
    assert valley is not None
    assert steepest is not None
    assert 1e-4 < valley < 3e-3
    assert steepest == pytest.approx(1e-3, rel=0.3)


def test_no_suggestion_where_the_loss_hardly_falls():
    rates = np.geomspace(1e-6, 1, 60).tolist()
    assert suggest(rates, [2.3 - 1e-4 * i for i in range(60)]) == (None, None)
    assert suggest(rates[:8], [2.3, 2.0, 1.0, 0.9, 0.8, 0.7, 0.6, 9.0]) == (None, None)


@pytest.mark.parametrize(
    ("method", "data", "options"),
    [
        ("classify", "iris", {"net": "mlp", "net_options": {"hidden": [16]}, "batch_size": 32}),
        ("regress", "diabetes", {"net": "mlp", "net_options": {"hidden": [16]}, "batch_size": 64}),
    ],
)
def test_suggestion_plot_and_file(tmp_path, method, data, options):
    result = api.lr_find(method, data, out=tmp_path / "lr", quiet=True, **options)
    assert 1e-5 < result["suggestion"] < 0.3
    assert result["configured"] == 2e-3
    assert len(result["rates"]) == len(result["losses"]) > 40
    assert sorted(path.name for path in (tmp_path / "lr").iterdir()) == ["lr-find.json", "lr-find.png"]
    assert json.loads((tmp_path / "lr" / "lr-find.json").read_text()) == result
    with Image.open(tmp_path / "lr" / "lr-find.png") as plot:
        assert plot.width > 500
    again = api.lr_find(method, data, out=tmp_path / "again", quiet=True, **options)
    assert again["losses"] == result["losses"]


def test_what_it_refuses(tmp_path):
    with pytest.raises(ConfigError, match="lr-find dcgan: its losses do not show"):
        api.lr_find("dcgan", "digits", out=tmp_path / "lr", quiet=True)
    assert not (tmp_path / "lr").exists()
    with pytest.raises(ConfigError, match="no option 'epoch'"):
        api.lr_find("classify", "iris", out=tmp_path / "lr", quiet=True, epoch=3)
    run = api.train("classify", "iris", out=tmp_path / "run", quiet=True, evaluate=False, epochs=1)
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    with pytest.raises(RunError):
        api.lr_find("classify", "iris", out=run.path, quiet=True)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
