"""GANs that are asked for a class, or find their own, learn to obey. Slow: one training at a time, all
threads.
"""

from __future__ import annotations

import pytest

from hibiscus import api

pytestmark = pytest.mark.slow


def test_digits_are_made_of_the_class_that_is_asked_for(tmp_path):
    found = api.train(
        "acgan", "digits", out=tmp_path / "run", quiet=True, epochs=60, width=32, learning_rate=1e-3
    ).evaluation()
    assert (
        found["metrics"]["test/frechet"]
        < 0.75 * found["baselines"]["mean of two training images"]["test/frechet"]
    )
    assert found["metrics"]["test/classes_found"] == 10
    assert found["metrics"]["test/conditional_accuracy"] > 0.9
    assert found["baselines"]["mean of two training images"]["test/conditional_accuracy"] < 0.2


def test_a_label_and_codes_that_nobody_gave_tell_digits_apart(tmp_path):
    """Chance is below 0.2 for the label; a code that does nothing correlates by 0.12 at most with 270
    images.
    """
    run = api.train(
        "infogan",
        "digits",
        out=tmp_path / "run",
        quiet=True,
        epochs=60,
        width=32,
        batch_size=32,
        learning_rate=4e-4,
    )
    found = run.evaluation()
    assert (
        found["metrics"]["test/frechet"]
        < 0.5 * found["baselines"]["mean of two training images"]["test/frechet"]
    )
    assert found["metrics"]["test/cluster_accuracy"] > 0.7
    assert (
        max(found["metrics"][f"test/{validate}_correlation"] for validate in ("slant", "width", "thickness"))
        > 0.3
    )
