"""The conditional VAE learns something real to a stated threshold. Slow: one training at a time, all threads."""

from __future__ import annotations

import pytest

from hibiscus import api

pytestmark = pytest.mark.slow


def test_asked_digits_are_made_and_real_ones_are_read(tmp_path):
    """As a classifier reads them; given the class, pictures are likelier than class by class their pixels by themselves."""
    found = api.train("cvae", "digits", out=tmp_path / "run", quiet=True, epochs=150).evaluation()
    assert found["metrics"]["test/agreement"] >= 0.95
    assert found["metrics"]["test/accuracy"] >= 0.9
    assert found["metrics"]["test/nll_bound"] < 0.975 * found["baselines"]["independent pixels"]["test/nll_bound"]
