"""A linear model on features: fitted on the training part, judged on the validation part."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hibiscus.evaluation.linear_probe import probe_score, probe_table

PARTS = {"train": np.arange(60), "val": np.arange(60, 90)}


def data(features, **targets):
    arrays = {"array": features, **targets}
    preparation = {name: SimpleNamespace(num_classes=2) for name in targets}
    values = lambda name, part: arrays[name][PARTS[part]]  # noqa: E731
    return SimpleNamespace(arrays=arrays, parts=PARTS, preparation=preparation, values=values)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=(90, 5)).astype(np.float32)


def test_classes_that_the_features_separate(noise):
    label = (noise[:, 1] > 0).astype(np.int64)
    assert probe_score(data(noise, label=label)) > 0.9
    other = np.random.default_rng(1).permutation(label)
    assert probe_score(data(noise, label=other)) < 0.75


def test_several_labels(noise):
    assert probe_score(data(noise, labels=(noise[:, :2] > 0).astype(np.float32))) > 0.9


def test_numbers(noise):
    assert probe_score(data(noise, target=noise[:, :1] * 2 + 1)) > 0.95


def test_the_table_names_the_trained_blocks():
    table = probe_table([0.25, 0.5, 0.75], 2)
    assert table.rows == ((1, 0.25, "no"), (2, 0.5, "yes"), (3, 0.75, "yes"))
