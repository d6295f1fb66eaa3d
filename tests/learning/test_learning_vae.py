"""Conditional and beta-VAE learn something real to a stated threshold. Slow: one training at a time, all
threads.
"""

from __future__ import annotations

import pytest

from hibiscus import api

pytestmark = pytest.mark.slow


def test_asked_digits_are_made_and_real_ones_are_read(tmp_path):
    """As a classifier reads them; given the class, images are likelier than class by class their pixels by
    themselves.
    """
    found = api.train("cvae", "digits", out=tmp_path / "run", quiet=True, epochs=150).evaluation()
    assert found["metrics"]["test/conditional_accuracy"] >= 0.95
    assert found["metrics"]["test/accuracy"] >= 0.9
    assert (
        found["metrics"]["test/neg_elbo"] < 0.975 * found["baselines"]["independent pixels"]["test/neg_elbo"]
    )


def test_units_come_to_stand_for_known_factors(tmp_path):
    """A price on the code gives units of their own to x, y and scale; a plain VAE spreads each over
    several.
    """
    options = {"epochs": 40, "hidden": 256, "importance_samples": 5}
    plain, priced = (
        api.train("beta-vae", "shapes", out=tmp_path / f"{beta}", quiet=True, beta=beta, **options).evaluate()
        for beta in (1, 8)
    )
    assert priced["test/mig"] > max(0.15, plain["test/mig"])
    assert priced["test/factor_vae_score"] > 0.4
    assert priced["test/active_units"] <= plain["test/active_units"]
