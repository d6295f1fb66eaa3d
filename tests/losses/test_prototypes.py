"""Distances to prototypes against NumPy."""

import numpy as np
import pytest
import torch

from hibiscus.errors import ConfigError
from hibiscus.losses import prototype_logits

RNG = np.random.default_rng(0)
QUERY, PROTOTYPES = RNG.normal(size=(7, 5)), RNG.normal(size=(3, 5))


def test_squared_distance():
    expected = -((QUERY[:, None] - PROTOTYPES[None]) ** 2).sum(-1)
    np.testing.assert_allclose(
        prototype_logits(torch.tensor(QUERY), torch.tensor(PROTOTYPES)).numpy(), expected, rtol=1e-9
    )


def test_cosine():
    expected = (
        10
        * (QUERY @ PROTOTYPES.T)
        / np.linalg.norm(QUERY, axis=1)[:, None]
        / np.linalg.norm(PROTOTYPES, axis=1)
    )
    np.testing.assert_allclose(
        prototype_logits(torch.tensor(QUERY), torch.tensor(PROTOTYPES), "cosine").numpy(), expected, rtol=1e-9
    )


def test_float32_under_autocast():
    query, prototypes = torch.tensor(QUERY).float() * 100, torch.tensor(PROTOTYPES).float() * 100
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = prototype_logits(query, prototypes)
    torch.testing.assert_close(found, prototype_logits(query, prototypes))


def test_wrong_distance_and_lengths_are_told():
    with pytest.raises(ConfigError, match="distance=manhattan"):
        prototype_logits(torch.tensor(QUERY), torch.tensor(PROTOTYPES), "manhattan")
    with pytest.raises(ConfigError, match="queries of dimension 5 and prototypes of dimension 4"):
        prototype_logits(torch.tensor(QUERY), torch.tensor(PROTOTYPES)[:, :4])
