"""Environments as data: what is opened, which starts stand where, what is told of those that do not suit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hibiscus.data.environments.preparation import EnvironmentPreparation, start_name
from hibiscus.data.open import open_data
from hibiscus.errors import DataError, HibiscusWarning


def test_starts_are_items_and_no_start_stands_in_two_parts():
    data = open_data("gym:CartPole-v1")
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 880, "val": 20, "test": 100}
    assert len(np.unique(np.concatenate(list(data.parts.values())))) == 1000
    assert any("500 steps" in note and "475" in note for note in data.notes)
    assert data.describe_fields() == {"environment": "environment: CartPole-v1"}


def test_what_a_network_must_know():
    prepared = EnvironmentPreparation.fit(open_data("gym:CartPole-v1").fields["environment"])
    assert (prepared.shape, prepared.actions, prepared.limit, prepared.threshold) == ((4,), 2, 500, 475.0)
    assert prepared.encode([start_name("CartPole-v1", 3)]).tolist() == [3]
    assert EnvironmentPreparation.from_json(json.loads(json.dumps(prepared.to_json()))) == prepared
    with pytest.raises(DataError, match=r"starts of Acrobot-v1"):
        prepared.encode([start_name("Acrobot-v1", 3)])


@pytest.mark.parametrize(
    ("name", "word"),
    [("Pendulum-v1", "its actions are Box"), ("FrozenLake-v1", "its observations are Discrete")],
)
def test_what_does_not_suit_is_told(name, word):
    with pytest.raises(DataError, match=word):
        EnvironmentPreparation.fit(np.array([start_name(name, 0)]))


def test_an_environment_that_ignores_its_seed_is_told_and_noted(monkeypatch):
    monkeypatch.setattr("hibiscus.data.environments.open.first_difference", lambda environment: 3)
    with pytest.warns(HibiscusWarning, match="not deterministic: .* in step 3"):
        data = open_data("gym:CartPole-v1")
    assert any("a resumed run differs from an uninterrupted one" in note for note in data.notes)


def test_the_step_limit_is_an_option_that_the_preparation_keeps():
    starts = open_data("gym:CartPole-v1").fields["environment"]
    assert EnvironmentPreparation.fit(starts).create().limit == 500
    assert EnvironmentPreparation.fit(starts, 30).create().limit == 30
