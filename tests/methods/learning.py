"""What the learning tests of all methods share: training as a person would, and the real data."""

from __future__ import annotations

from pathlib import Path

import pytest

from hibiscus import api

__all__ = ["SHARED", "learns_every_class", "learns_scenes", "needs_shared", "trained"]

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason=f"the real data sets are not at hand ({SHARED})"
)
BLENDS = "mean of two training images"


def trained(tmp_path, method, data, **options):
    """The evaluation of a method trained on data: its metrics and those of its baselines."""
    return api.train(method, str(data), out=tmp_path / "run", quiet=True, **options).evaluation()


def learns_every_class(tmp_path, method, conditional=False, **options):
    """Samples of digits are closer to real ones than blends of two real ones, and no class is missing."""
    evaluation = trained(tmp_path, method, "digits", **options)
    metrics, blends = evaluation["metrics"], evaluation["baselines"][BLENDS]
    assert metrics["test/frechet"] < 0.75 * blends["test/frechet"]
    assert metrics["test/classes_found"] == 10
    assert metrics["test/min_class_share"] > 0.03
    if conditional:
        assert metrics["test/conditional_accuracy"] > 0.9
        assert blends["test/conditional_accuracy"] < 0.2
    return evaluation


def learns_scenes(tmp_path, method, least, **options):
    """The class of each pixel of drawn scenes, far better than the most common class at each pixel."""
    evaluation = trained(tmp_path, method, "scenes", **options)
    assert evaluation["metrics"]["test/miou"] > least
    assert all(baseline["test/miou"] < 0.3 for baseline in evaluation["baselines"].values())
