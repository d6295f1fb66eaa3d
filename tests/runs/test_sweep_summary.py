from __future__ import annotations

import json

import pytest

from hibiscus import api
from hibiscus.runs.sweep_summary import setting_text, summarize_sweep

SMALL = {"epochs": 2, "hidden": 16, "latent_dim": 2, "importance_samples": 2, "batch_size": 100}


def test_a_setting_is_written_as_it_is_typed():
    assert setting_text({"beta": 4, "seed": 0}) == "beta=4,seed=0"


def test_the_best_setting_is_that_of_the_validation_part(tmp_path):
    runs = {}
    for index, (validation, test) in enumerate([(0.9, 0.1), (0.8, 0.99), (0.7, 0.99)]):
        options = {"net": "linear", "epochs": 1, "seed": index, "batch_size": 50}
        run = api.train("classify", "iris", out=tmp_path / str(index), quiet=True, **options)
        run.folder.update(best={"epoch": 1, "value": validation})
        evaluation = run.folder.read("evaluation.json")
        evaluation["metrics"]["test/accuracy"] = test
        run.folder.write("evaluation.json", evaluation)
        runs[index] = api.load(run.path)
    settings = [{"width": 1, "seed": 0}, {"width": 1, "seed": 1}, {"width": 2, "seed": 0}]
    found = summarize_sweep(runs, settings)
    assert (found["metric"], found["best"]) == ("val/accuracy", "width=1")
    first = found["settings"][0]["metrics"]
    assert next(iter(first)) == "val/accuracy"
    assert first["val/accuracy"]["mean"] == pytest.approx(0.85)


def test_settings_with_other_selection_metrics_are_ranked_by_one(tmp_path):
    """With beta=1 a VAE selects by the ELBO, with another beta by its loss: the ELBO ranks both."""
    found = api.sweep("vae", "digits", out=tmp_path / "all", quiet=True, beta="1,4", **SMALL)
    assert found["metric"] == "val/neg_elbo"
    assert all("val/neg_elbo" in row["metrics"] for row in found["settings"])
    text = (tmp_path / "all" / "compare.html").read_text()
    assert "is best on validation" in text
    assert json.loads((tmp_path / "all" / "sweep.json").read_text())["best"] == found["best"]
