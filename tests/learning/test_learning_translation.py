"""A translation between two image domains is learned without pairs. Slow: one training at a time, all
threads.
"""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus import api
from hibiscus.data.open import open_data

pytestmark = pytest.mark.slow


def test_digits_are_inverted_without_having_been_seen_in_both_ways(tmp_path):
    """The right translation is known here: 255 minus the image. No image lies in both domains."""
    run = api.train(
        "cyclegan", "digits-inverted", out=tmp_path / "run", quiet=True, epochs=30, width=16, residual=False
    )
    found = run.evaluation()
    assert found["metrics"]["test/frechet"] < 0.5 * min(
        baseline["test/frechet"] for baseline in found["baselines"].values()
    )
    assert found["metrics"]["test/cycle_error"] < 0.06
    assert found["metrics"]["test/domain_accuracy_b"] > 0.8
    assert found["metrics"]["test/domain_accuracy_a"] > 0.8
    assert found["baselines"]["untranslated images"]["test/domain_accuracy_b"] < 0.5
    images = open_data("digits").fields["image"]
    test = [int(name) for name in run.folder.read("split.json")["test"]]
    light = images[[item for item in test if item % 2 == 0]]
    made = run.predict(light)["image"]
    off = np.abs(made.astype(int) - (255 - light)).mean() / 255
    assert off < 0.1 < 0.5 < np.abs(light.astype(int) - (255 - light)).mean() / 255
