"""StackedGAN learns something real to a stated threshold. Slow: one training at a time, all threads."""

from __future__ import annotations

import pytest

from hibiscus import api

pytestmark = pytest.mark.slow


def test_digits_are_made_as_asked_through_a_classifiers_features(tmp_path):
    """As a classifier reads them that is not the method's own, and nearer to the real ones than blends of two
    of them are.
    """
    run = api.train("stackedgan", "digits", out=tmp_path / "run", quiet=True, epochs=30, width=32)
    found = run.evaluation()
    assert found["metrics"]["test/encoder_accuracy"] > 0.95
    assert found["metrics"]["test/conditional_accuracy"] > 0.9
    assert found["baselines"]["mean of two training images"]["test/conditional_accuracy"] < 0.2
    assert (
        found["metrics"]["test/frechet"]
        < 0.75 * found["baselines"]["mean of two training images"]["test/frechet"]
    )
    assert found["metrics"]["test/classes_found"] == 10
